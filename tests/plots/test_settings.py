"""Figures do not depend on the reader's own settings of Matplotlib, and their texts hold nothing that XML forbids."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import scratchnet as sn
from scratchnet import plots
from scratchnet.report.svg import to_svg

CURVES = {"He": [[2.0, 1.0, 0.5]], "std 0.01": [[2.3, 2.3, 2.2]]}


def files_of(folder, curves=CURVES):
    folder.mkdir()
    figure = plots.loss_curves(curves, classes=10)
    return [path.read_bytes() for path in plots.save(figure, folder / "loss")], to_svg(figure, "loss")


SETTINGS = {
    "TeX": {"text.usetex": True},
    "a dark style": {"figure.facecolor": "black", "axes.facecolor": "black", "text.color": "white", "axes.grid": True},
    "other lines": {"lines.linewidth": 9.0, "axes.prop_cycle": matplotlib.cycler(color=["red"]), "font.size": 30.0},
    "another layout": {"figure.autolayout": True, "savefig.bbox": "tight", "savefig.dpi": 33.0, "figure.dpi": 33.0},
    "other files": {"svg.fonttype": "none", "svg.hashsalt": "theirs", "savefig.transparent": True},
}


@pytest.mark.parametrize("theirs", SETTINGS.values(), ids=list(SETTINGS))
def test_a_figure_has_the_same_bytes_whatever_the_readers_settings(theirs, tmp_path):
    expected = files_of(tmp_path / "expected")
    with matplotlib.rc_context(theirs):
        assert files_of(tmp_path / "found") == expected
        assert {name: matplotlib.rcParams[name] for name in theirs} == theirs  # and they are still the reader's


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "foo", "agg", ""])
def test_a_backend_that_is_inherited_stops_nothing(backend, tmp_path):
    code = (
        "from pathlib import Path; from scratchnet import plots; import os\n"
        f"plots.save(plots.loss_curves({CURVES!r}), Path('loss')); print(os.environ['MPLBACKEND'])"
    )
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\ntext.usetex: True\nfigure.dpi: 33\n")
    environment = os.environ | {"MPLBACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{backend}\n", "")
    (png, svg), _ = files_of(tmp_path / "expected")
    assert ((tmp_path / "loss.png").read_bytes(), (tmp_path / "loss.svg").read_bytes()) == (png, svg)


LABELS = ["\x1b[31mHe", "a\x00b", "\x07", "\x7f\x9b", "‮he", "<b>&amp;</b>", "￾"]


@pytest.mark.parametrize("label", LABELS, ids=ascii)
def test_a_label_with_control_characters_makes_a_well_formed_svg(label, tmp_path):
    (_, svg), page = files_of(tmp_path / "found", {label: [[2.0, 1.0]]})
    ET.fromstring(svg)
    text = ET.fromstring(f'<svg xmlns:xlink="x">{page.content}</svg>')
    shown = "".join(text.itertext())
    assert (label in shown) == (label == "<b>&amp;</b>")


def test_texts_of_several_lines_keep_their_lines():
    figure = Figure()
    text = figure.text(0, 0, "one\ntwo\x1b")
    plots.plain_texts(figure)
    assert text.get_text() == "one\ntwo\\x1b"


@pytest.mark.parametrize("label", [r"$x^2$", r"$\frac{", "$5 and $6", "_he", "重み", "\U0001f600"])
def test_a_label_is_shown_as_it_is(label, tmp_path):
    """No formula, no error on half of one, and no warning for characters that the font does not have."""
    _, page = files_of(tmp_path / "found", {label: [[2.0, 1.0]]})
    text = ET.fromstring(f'<svg xmlns:xlink="x">{page.content}</svg>')
    assert label in "".join(text.itertext())


def test_a_legend_leaves_no_label_out():
    panels = {"title": {"_he": [0.1, 0.2], "He": [0.2, 0.3]}}
    (legend,) = plots.accuracy_panels(panels, 2).legends
    assert [text.get_text().lstrip("\u200b") for text in legend.get_texts()] == ["_he", "He"]
    spreads = {label: [sn.measure_spread(sn.mlp(4, [3, 3], 2, seed=1), np.ones((2, 4)))] for label in ("_theory", "He")}
    for figure in (plots.spread_by_depth(spreads), plots.singular_values({"_x": spreads["He"][0]})):
        (legend,) = figure.legends
        assert legend.get_texts()[0].get_text().lstrip("\u200b").startswith("_")
