"""All figures: which panels, words and curves each has, without a window and the same bytes twice."""

import functools
import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from plots.drawn import content, dots, spreads, words_in
from small import made_up

import scratchnet as sn
from scratchnet import plots
from scratchnet.support.colours import looks
from scratchnet.support.tables import short

CURVES = {"He": [[2.4, 2.0, 1.5, 1.0], [2.3, 2.1, 1.4, 1.1]], "std 0.01": [[2.303] * 4, [2.303] * 4]}
ACCURACIES = {"He": {"train": [0.5, 0.9, 1.0], "test": [0.4, 0.8, 0.85]}, "std 0.01": {"test": [0.1, 0.1, 0.1]}}
MAP = {"Normal(0.01)": {"1": 0.9, "10": 0.1135}, "He()": {"1": 0.95}}

PREDICTED = {
    "He": sn.LossPrediction((0, 1, 4), (2.4, 2.3, 2.0), (0.1, 0.1, 0.2), 4, "the end", classes=10),
    "not He": sn.LossPrediction(reason="not predicted"),
}
FIGURES = {
    "loss_curves": lambda figure=None: plots.loss_curves(CURVES, figure=figure),
    "predicted_losses": lambda figure=None: plots.predicted_losses(PREDICTED, figure=figure),
    "activation_histograms": lambda figure=None: plots.activation_histograms(spreads(), figure=figure),
    "spread_by_depth": lambda figure=None: plots.spread_by_depth({k: [v, v] for k, v in spreads().items()}, figure=figure),
    "accuracy_panels": lambda figure=None: plots.accuracy_panels(ACCURACIES, figure=figure),
    "accuracy_map": lambda figure=None: plots.accuracy_map(MAP, xlabel="depth", figure=figure),
    "update_ratios": lambda figure=None: plots.update_ratios({k: [v, v] for k, v in spreads().items()}, figure=figure),
    "singular_values": lambda figure=None: plots.singular_values(spreads(), figure=figure),
    "trainability": lambda figure=None: plots.trainability(sn.ReLU, {"Xavier": (1.0, 3), "std 1": (5.5, 3)}, figure=figure),
}
each_figure = pytest.mark.parametrize("name", FIGURES)

# The number of panels, and the words of titles and axes, of the figure and of its panels.
HEADINGS = {
    "loss_curves": (
        1,
        ["Training loss: median of 2 seeds, band from least to greatest"],
        ["step"],
        ["cross-entropy"],
    ),
    "predicted_losses": (1, ["Predicted loss"], ["step"], ["cross-entropy"]),
    "activation_histograms": (
        6,
        ["Activations before training"],
        ["output of the activation"],
        ["share of outputs, by initializer", "std 1", "Xavier"],
    ),
    "spread_by_depth": (
        2,
        ["Spread before training", "forward: pooled (filled), within a unit (hollow)", "backward: gradients"],
        ["layer"],
        ["std of activations", "rms of ∂loss/∂activation"],
    ),
    "accuracy_panels": (2, ["Accuracy", "He", "std 0.01"], ["epoch"], ["accuracy"]),
    "accuracy_map": (2, ["Test accuracy, mean over seeds"], ["depth"], ["initializer", "test accuracy"]),
    "update_ratios": (
        1,
        ["Steps before training", "how far one step of SGD moves each weight"],
        ["layer with a weight"],
        ["log10(lr · rms(dW) / rms(W)), lr 0.01"],
    ),
    "singular_values": (
        1,
        ["Stretch before training", "singular values of ∂scores/∂input at one input"],
        ["singular value, from the largest on"],
        ["stretch of a direction"],
    ),
    "trainability": (
        2,
        ["Where a network can be trained: ReLU"],
        ["σ_w, the weights' std times √fan_in"],
        ["depth, in layers", "depth / ξ: less is better, above 6 training fails"],
    ),
}
# What the legend, the labels at curves or the rows name.
NAMED = {
    "loss_curves": ["He", "std 0.01"],
    "predicted_losses": ["He", "not He: not predicted"],
    "accuracy_panels": ["train", "test"],
    "accuracy_map": ["Normal(0.01)", "He()", "1", "10", "0.900", "0.114", "0.950"],
    "trainability": ["Xavier", "std 1", "you are here", "depth = ξ", "depth = 6 ξ", "critical σ_w = 1.41"],
}


@functools.cache
def drawn(name):
    return FIGURES[name]()


@each_figure
def test_panels_titles_and_axes(name):
    figure = drawn(name)
    panels, titles, x, y = HEADINGS[name]
    assert type(figure) is plots.NotebookFigure and len(figure.axes) == panels
    found = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    if name == "activation_histograms":  # whose panels are named after layers
        found = found[:1]
    assert [text for text in found if text] == titles
    assert {text for text in [figure.get_supxlabel(), *(axes.get_xlabel() for axes in figure.axes)] if text} == set(x)
    assert [text for text in [figure.get_supylabel(), *(axes.get_ylabel() for axes in figure.axes)] if text] == y


@each_figure
def test_all_that_is_compared_is_named(name):
    assert set(NAMED.get(name, ["Xavier", "std 1"])) <= set(words_in(drawn(name)))


@each_figure
def test_a_figure_of_ones_own_is_drawn_into(name):
    own = Figure(dpi=120)
    assert FIGURES[name](own) is own
    assert content(own) == content(drawn(name))


@each_figure
def test_the_same_figure_is_saved_as_the_same_bytes(name, tmp_path):
    for stem in ("one", "other"):
        plots.save(FIGURES[name](), tmp_path / stem)
    for ending in ("png", "svg"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"other.{ending}").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "one.svg").read_bytes()


def test_a_name_with_a_dot_keeps_it(tmp_path):
    plots.save(drawn("loss_curves"), str(tmp_path / "lr_0.01"))
    assert {path.name for path in tmp_path.iterdir()} == {"lr_0.01.png", "lr_0.01.svg"}


def test_an_svg_is_written_if_it_is_wanted_or_there_is_an_old_one(tmp_path):
    (path,) = plots.save(Figure(), tmp_path / "a", svg=False)
    assert path.name == "a.png" and not (tmp_path / "a.svg").exists()
    (tmp_path / "a.svg").write_text("old")
    assert [path.name for path in plots.save(Figure(), tmp_path / "a", svg=False)] == ["a.png", "a.svg"]
    assert "<svg" in (tmp_path / "a.svg").read_text()


def test_no_window_and_no_pyplot_are_needed(tmp_path):
    code = """if True:
        import sys, numpy as np, scratchnet as sn
        from scratchnet import plots
        x = np.random.default_rng(0).standard_normal((50, 4))
        spread = sn.measure_spread(sn.mlp(4, [5, 5], 3, seed=0), x, np.arange(50) % 3)
        plots.save(plots.loss_curves({"He": [[2.3, 2.0]]}), sys.argv[1] + "/loss")
        for figure in (
            plots.activation_histograms({"He": spread}),
            plots.spread_by_depth({"He": [spread]}),
            plots.accuracy_panels({"He": {"test": [0.5, 0.9]}}),
            plots.accuracy_map({"He": {"1": 0.5}}),
            plots.update_ratios({"He": [spread]}),
            plots.singular_values({"He": spread}),
            plots.trainability(sn.ReLU, {"He": (1.414, 2)}),
        ):
            figure.draw_without_rendering()
        sys.exit("matplotlib.pyplot" in sys.modules)
    """
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    finished = subprocess.run(command, env=clean, capture_output=True, text=True)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"loss.png", "loss.svg"}


def test_a_map_of_accuracies_has_a_cell_for_each_with_its_number():
    axes, bar = drawn("accuracy_map").axes
    (cells,) = axes.collections
    np.testing.assert_array_equal(cells.get_array().filled(-1), [[0.9, 0.1135], [0.95, -1]])
    assert {text.get_position(): text.get_text() for text in axes.texts} == {
        (0.5, 0.5): "0.900",
        (1.5, 0.5): "0.114",
        (0.5, 1.5): "0.950",
    }
    assert [text.get_text() for text in axes.get_yticklabels()] == list(MAP) and axes.yaxis_inverted()
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "10"]
    assert bar.get_ylim() == (0, 1)


# The figures of a comparison: each has the numbers of its runs.


@functools.cache
def comparison():
    data = tuple(sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(200, 1), made_up(50, 2)))
    settings = {"hidden": [5, 5], "steps": 20, "seeds": 2, "batch_size": 16, "progress": False}
    return sn.compare({"std 0.01": 0.01, "He": sn.He()}, data=data, **settings)


@functools.cache
def compared():
    return comparison().figures()


def results():
    """The results of each label, a seed each."""
    labels = dict.fromkeys(result.label for result in comparison().results)
    return {label: [result for result in comparison().results if result.label == label] for label in labels}


def test_a_comparison_has_five_figures():
    assert set(compared()) == {"loss", "activations", "activations_after", "spread", "update_ratios"}
    assert all(type(figure) is plots.NotebookFigure for figure in compared().values())


def test_a_comparison_draws_the_losses_of_its_runs():
    (axes,) = compared()["loss"].axes
    for label, runs in results().items():
        (line,) = (line for line in axes.lines if line.get_label() == label)
        assert list(line.get_xdata()) == list(range(1, 21)) and line.get_color() == looks(results())[label].colour
        np.testing.assert_allclose(line.get_ydata(), np.median([result.loss for result in runs], axis=0), rtol=1e-12)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_comparison_draws_the_activations_of_its_first_seed(when):
    figure = compared()["activations" if when == "before" else "activations_after"]
    layers = [layer for runs in results().values() for layer in getattr(runs[0], when).activations]
    assert (
        [axes.get_title().split("\n")[0] for axes in figure.axes]
        == [layer.name for layer in layers]
        == ["ReLU1", "ReLU2"] * 2
    )
    for axes, layer in zip(figure.axes, layers, strict=True):
        assert axes.get_title().split("\n")[1] == f"std {short(layer.std, 2)}, within {short(layer.within_std, 2)}"
        assert bool(axes.lines) == (when == "before")  # the predicted density


def test_a_comparison_draws_the_spreads_of_all_its_runs():
    forward, backward = compared()["spread"].axes
    (steps,) = compared()["update_ratios"].axes
    for label, runs in results().items():
        for axes, quantity, hollow in (
            (forward, "std", False),
            (forward, "within_std", True),
            (backward, "grad_rms", False),
        ):
            expected = [[getattr(layer, quantity) for layer in result.before.activations] for result in runs]
            np.testing.assert_allclose(dots(axes, label, hollow, results()), expected, rtol=1e-12)
        expected = [[result.before[f"Affine{k}"].update_ratio for k in (1, 2, 3)] for result in runs]
        np.testing.assert_allclose(dots(steps, label, among=results()), expected, rtol=1e-12)
