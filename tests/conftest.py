"""One BLAS thread for each process of the tests, which share the cores; and no test skipped where that would hide a hole."""

import os

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported


def _skipped(config):
    """The reports of what was skipped, from all processes."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    return [] if terminal is None else terminal.stats.get("skipped", [])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """With SCRATCHNET_NO_SKIPS=1, as in CI, a skipped test is a failure: the browser or an extra is missing there."""
    if os.environ.get("SCRATCHNET_NO_SKIPS") == "1" and session.exitstatus == 0 and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if os.environ.get("SCRATCHNET_NO_SKIPS") == "1" and _skipped(config):
        terminalreporter.section("skipped, which SCRATCHNET_NO_SKIPS=1 does not allow", red=True)
        for report in _skipped(config):
            terminalreporter.line(report.nodeid)
