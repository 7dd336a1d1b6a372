"""A small set of images, a command in this process, and one comparison that many tests only read."""

import contextlib
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli.commands import QUICK
from matplotlib.figure import Figure
from small import draw_nothing, write_empty_page, write_idx_folder

from scratchnet import plots
from scratchnet.cli.main import main


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return str(write_idx_folder(tmp_path_factory.mktemp("idx")))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def nothing_drawn(monkeypatch):
    """One empty figure and an empty page, where they do not matter."""
    draw_nothing(monkeypatch.setattr)


@pytest.fixture
def empty_figures(monkeypatch):
    """All files under their names, but the page and all figures except the map of accuracies are empty."""
    write_empty_page(monkeypatch.setattr)
    for name in (
        "loss_curves",
        "activation_histograms",
        "spread_by_depth",
        "update_ratios",
        "singular_values",
        "trainability",
    ):
        monkeypatch.setattr(plots, name, lambda *_, **__: Figure())


@pytest.fixture
def run(data, capsys):
    """Exit code, standard output and standard error of a command on the small set."""

    def run(verb, *options):
        where = [] if "--data" in options or "randn" in options else ["--data", data]
        return main([verb, *where, *options]), *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def comparison(data, tmp_path_factory):
    """One default comparison, by two processes, with all its figures, to be read and not written to."""
    folder = tmp_path_factory.mktemp("comparison") / "here"
    argv = ["scratchnet", "compare", *QUICK, "--jobs", "2", "--data", data, "--out", str(folder)]
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", argv)
        code = main()
    return SimpleNamespace(folder=Path(folder), code=code, out=out.getvalue(), err=err.getvalue())
