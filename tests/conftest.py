"""One BLAS thread for each process of the tests, which share the cores; no test skipped where that would hide a hole; and a
real browser, with a page opened in it.
"""

import os
import shutil

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


@pytest.fixture(scope="session")
def browser():
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium: install chromium and chromium-driver to test the page")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1200,900"):
        options.add_argument(word)
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield found
    found.quit()


@pytest.fixture
def show(browser):
    """Opens a page, with a hash if one is given, as if for the first time."""

    def show(path, hash="", scheme="light", width=1200, motion="no-preference"):
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get("about:blank")
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        browser.get(path.as_uri() + hash)
        return browser

    yield show
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
