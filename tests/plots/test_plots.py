"""The figures: what is drawn, in words and within limits, without a window and the same bytes twice."""

import functools
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from small import made_up

import scratchnet as sn
from scratchnet import plots
from scratchnet.spread import LayerSpread, Spread

CURVES = {"He": [[2.4, 2.0, 1.5, 1.0], [2.3, 2.1, 1.4, 1.1]], "std 0.01": [[2.303] * 4, [2.303] * 4]}
ACCURACIES = {"He": {"train": [0.5, 0.9, 1.0], "test": [0.4, 0.8, 0.85]}, "std 0.01": {"test": [0.1, 0.1, 0.1]}}


def noise(rows=200, width=20):
    return np.random.default_rng(0).standard_normal((rows, width)).astype(np.float32)


@functools.cache
def spreads(activation=sn.Tanh, labels=True, value=None):
    x, t = noise(), np.arange(200) % 5 if labels else None
    inits = {"std 1": 1.0, "Xavier": sn.LeCun()} if value is None else {"all": sn.Constant(value)}
    return {
        label: sn.measure_spread(sn.mlp(20, [30, 30, 30], 5, activation, init, seed=0), x, t)
        for label, init in inits.items()
    }


@functools.cache
def comparison():
    data = tuple(sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(200, 1), made_up(50, 2)))
    settings = {"hidden": [5, 5], "steps": 20, "seeds": 2, "batch_size": 16, "progress": False}
    return sn.compare({"std 0.01": 0.01, "He": sn.He()}, data=data, **settings)


FIGURES = {
    "loss_curves": lambda figure=None: plots.loss_curves(CURVES, figure=figure),
    "activation_histograms": lambda figure=None: plots.activation_histograms(spreads(), figure=figure),
    "spread_by_depth": lambda figure=None: plots.spread_by_depth({k: [v, v] for k, v in spreads().items()}, figure=figure),
    "accuracy_panels": lambda figure=None: plots.accuracy_panels(ACCURACIES, figure=figure),
    "update_ratios": lambda figure=None: plots.update_ratios({k: [v, v] for k, v in spreads().items()}, figure=figure),
    "singular_values": lambda figure=None: plots.singular_values(spreads(), figure=figure),
    "trainability": lambda figure=None: plots.trainability(sn.Tanh, {"Xavier": (1.0, 3), "std 1": (5.5, 3)}, figure=figure),
}
each_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=list(FIGURES))


def words_in(figure):
    """All texts of a figure, once it is drawn."""
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text().strip()]


def markers(axes, kind):
    return [line for line in axes.lines if line.get_marker() == kind]


@each_figure
def test_a_figure_is_returned(draw):
    figure = draw()
    assert type(figure) is Figure and figure.axes


@each_figure
def test_a_figure_of_ones_own_is_drawn_into(draw):
    own = Figure()
    assert draw(own) is own and own.axes


@each_figure
def test_axes_are_labelled_in_words(draw):
    figure = draw()
    x = [figure.get_supxlabel(), *(axes.get_xlabel() for axes in figure.axes)]
    y = [figure.get_supylabel(), *(axes.get_ylabel() for axes in figure.axes)]
    title = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    for texts in (x, y, title):
        assert any(len(text) >= 4 and text[0].isalpha() for text in texts)


@each_figure
def test_all_that_is_compared_is_named(draw):
    told = " ".join(words_in(draw()))
    assert "Xavier" in told or ("He" in told and "std 0.01" in told)


COMPARED = ["loss", "activations", "activations_after", "spread", "update_ratios"]


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_has_its_figures(name):
    figures = comparison().figures()
    assert type(figures[name]) is Figure and set(figures) == set(COMPARED)
    assert "He" in " ".join(words_in(figures[name]))


def test_no_window_and_no_pyplot_are_needed(tmp_path):
    code = """if True:
        import sys, numpy as np, scratchnet as sn
        from scratchnet import plots
        x = np.random.default_rng(0).standard_normal((50, 4))
        spread = sn.measure_spread(sn.mlp(4, [5, 5], 3, seed=0), x, np.arange(50) % 3)
        plots.save(plots.loss_curves({"He": [[2.3, 2.0]]}), sys.argv[1] + "/loss")
        plots.save(plots.activation_histograms({"He": spread}), sys.argv[1] + "/activations")
        plots.save(plots.spread_by_depth({"He": [spread]}), sys.argv[1] + "/spread")
        plots.save(plots.accuracy_panels({"He": {"test": [0.5, 0.9]}}), sys.argv[1] + "/accuracy")
        plots.save(plots.update_ratios({"He": [spread]}), sys.argv[1] + "/update_ratios")
        plots.save(plots.singular_values({"He": spread}), sys.argv[1] + "/singular_values")
        plots.save(plots.trainability(sn.ReLU, {"He": (1.414, 2)}), sys.argv[1] + "/trainability")
        sys.exit("matplotlib.pyplot" in sys.modules)
    """
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
    words = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    done = subprocess.run(words, env=clean, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("activation", [sn.Tanh, sn.Sigmoid, sn.ReLU, sn.LeakyReLU], ids=lambda kind: kind.__name__)
def test_histograms_share_their_limits_within_a_row_and_show_all_values(activation):
    figure = plots.activation_histograms(spreads(activation))
    panels = np.array(figure.axes).reshape(2, 3)
    for row, spread in zip(panels, spreads(activation).values(), strict=True):
        limits = {panel.get_xlim() for panel in row}
        assert len(limits) == 1
        low, high = limits.pop()
        assert low <= min(layer.histogram.limits[0] for layer in spread.activations)
        assert high >= max(layer.histogram.limits[1] for layer in spread.activations)
        for panel in row:
            (drawn,) = panel.patches
            values, edges, _ = drawn.get_data()
            assert values.sum() == pytest.approx(1)
            assert edges[np.flatnonzero(values)[0]] >= low and edges[np.flatnonzero(values)[-1] + 1] <= high


def test_the_negative_half_of_tanh_is_shown():
    panel = plots.activation_histograms(spreads(sn.Tanh)).axes[0]
    values, edges, _ = panel.patches[0].get_data()
    assert panel.get_xlim()[0] <= -1
    assert values[edges[1:] <= 0].sum() == pytest.approx(0.5, abs=0.1)


def test_histograms_say_their_std_and_what_is_dead_or_saturated():
    told = " ".join(words_in(plots.activation_histograms(spreads(sn.Tanh))))
    layer = spreads(sn.Tanh)["std 1"]["Tanh1"]
    assert f"std {layer.std:.2g}, within {layer.within_std:.2g}" in told
    assert f"saturated {100 * layer.saturated:.1f} %" in told
    told = " ".join(words_in(plots.activation_histograms(spreads(sn.ReLU))))
    assert f"zero {100 * spreads(sn.ReLU)['std 1']['ReLU1'].zero:.1f} %" in told


def test_a_loss_that_diverged_gets_a_cross_and_a_word():
    figure = plots.loss_curves({"He": [[2.4, 2.0, 1.5, 1.0]], "wild": [[30.0, 300.0, math.nan]]})
    (cross,) = markers(figure.axes[0], "X")
    assert cross.get_xdata()[0] == 2  # after the second step
    told = words_in(figure)
    assert "wild (diverged)" in told and "He" in told and "He (diverged)" not in told


def test_losses_that_did_not_diverge_get_no_cross():
    figure = plots.loss_curves(CURVES)
    assert not markers(figure.axes[0], "X")
    assert not any("diverged" in text for text in words_in(figure))


def test_one_seed_of_two_that_diverged_gets_a_cross():
    figure = plots.loss_curves({"half": [[2.3, 2.0, 1.5, 1.0], [2.3, 50.0, math.inf]]})
    assert len(markers(figure.axes[0], "X")) == 1
    assert "half (diverged)" not in words_in(figure)


def test_an_explosion_does_not_flatten_the_others():
    figure = plots.loss_curves({"He": [[2.4, 1.0, 0.5]], "wild": [[3.0, 1e9, math.nan]]})
    assert figure.axes[0].get_ylim()[1] <= 9.0 + 1e-9
    assert figure.axes[0].get_yscale() == "log"


def test_the_loss_is_the_median_in_a_band():
    axes = plots.loss_curves({"He": [[1.0, 4.0], [2.0, 5.0], [6.0, 6.0]]}).axes[0]
    (line,) = (line for line in axes.lines if line.get_label() == "He")
    assert line.get_xdata().tolist() == [1, 2] and line.get_ydata().tolist() == [2, 5]
    (band,) = axes.collections
    assert band.get_paths()[0].vertices[:, 1].min() == 1 and band.get_paths()[0].vertices[:, 1].max() == 6


def test_the_loss_of_a_guess_is_marked():
    assert any("ln 10 = 2.303" in text for text in words_in(plots.loss_curves(CURVES)))
    assert any("ln 4 = 1.386" in text for text in words_in(plots.loss_curves(CURVES, classes=4)))


def test_labels_of_equal_curves_do_not_lie_on_each_other():
    figure = plots.loss_curves({f"init {i}": [[2.3, 2.3]] for i in range(5)})
    figure.canvas.draw()
    labels = [text for text in figure.axes[0].texts if text.get_text().startswith("init")]
    places = sorted(text.get_window_extent().y0 for text in labels)
    height = labels[0].get_window_extent().height
    assert len(labels) == 5 and min(np.diff(places)) > 0.9 * height


def test_colour_dash_and_marker_tell_curves_apart():
    figure = plots.spread_by_depth({f"init {i}": [spreads()["Xavier"]] for i in range(7)})
    lines = [line for line in figure.axes[0].lines if line.get_label().startswith("init")]
    assert len({line.get_color() for line in lines}) == len({line.get_marker() for line in lines}) == 7


def test_spread_by_depth_shows_each_layers_std():
    forward, backward = plots.spread_by_depth({"Xavier": [spreads()["Xavier"]]}).axes
    layers = spreads()["Xavier"].activations
    line = next(line for line in forward.lines if line.get_label() == "Xavier")
    assert line.get_ydata() == pytest.approx([layer.std for layer in layers])
    line = next(line for line in backward.lines if line.get_label() == "Xavier")
    assert line.get_ydata() == pytest.approx([layer.grad_rms for layer in layers])


def test_without_labels_there_is_no_panel_of_gradients():
    assert len(plots.spread_by_depth({"a": [spreads(labels=False)["Xavier"]]}).axes) == 1


@pytest.mark.parametrize("value", np.geomspace(1e-3, 1, 7))
def test_a_single_layer_has_room_above_and_below(value):
    layer = LayerSpread("ReLU1", std=value, within_std=value, grad_rms=value)
    for axes in plots.spread_by_depth({"He": [Spread([layer])]}).axes:
        low, high = axes.get_ylim()
        assert low < 0.99 * value and high > 1.01 * value


def test_accuracies_stand_in_panels_on_the_same_axes():
    figure = plots.accuracy_panels(ACCURACIES)
    panels = {axes.get_title(): axes for axes in figure.axes}
    assert list(panels) == ["He", "std 0.01"]
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1
    drawn = [(list(line.get_xdata()), list(line.get_ydata())) for line in panels["He"].lines]
    assert drawn == [([1, 2, 3], curve) for curve in ACCURACIES["He"].values()]
    assert not any("diverged" in text for text in words_in(figure))


def test_a_label_looks_alike_in_every_panel():
    he, small = plots.accuracy_panels(ACCURACIES).axes
    looks = [(line.get_color(), line.get_linestyle()) for line in (*he.lines, *small.lines)]
    assert looks[1] == looks[2] != looks[0]


def test_an_accuracy_that_ends_early_gets_a_cross():
    figure = plots.accuracy_panels({"a": {"with": [0.2, 0.4, 0.5], "without": [0.3]}, "b": {"without": []}})
    (first,), (second,) = (markers(axes, "X") for axes in figure.axes)
    assert (first.get_xdata()[0], first.get_ydata()[0]) == (2, 0.3)
    assert (second.get_xdata()[0], second.get_ydata()[0]) == (1, 0)
    assert "diverged" in words_in(figure)


@pytest.mark.parametrize("count", range(1, 8))
def test_panels_that_are_not_needed_are_empty_and_each_column_has_its_axis_named(count):
    figure = plots.accuracy_panels({f"panel {i}": {"test": [0.5, 0.9]} for i in range(count)}, columns=3)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == count
    assert sum(axes.get_xlabel() == "epoch" for axes in shown) == min(count, 3)


def test_the_legend_hides_no_word():
    figure = plots.accuracy_panels(ACCURACIES)
    figure.canvas.draw()
    legend = figure.legends[0].get_window_extent()
    words = [axes.xaxis.label.get_window_extent() for axes in figure.axes]
    assert not any(legend.overlaps(word) for word in words)


@functools.cache
def nan_spreads():
    x = noise(20, 4)
    net = sn.mlp(4, [5, 5], 3, seed=0)
    for _, w, _ in net.parameters():
        w[...] = np.nan
    with np.errstate(invalid="ignore"):
        return {"nan": sn.measure_spread(net, x, np.arange(20) % 3)}


def a_single_layer():
    x = noise(20, 4)
    return {"one": sn.measure_spread(sn.mlp(4, [], 3, seed=0), x, np.arange(20) % 3)}


ODD = {
    "all NaN": nan_spreads,
    "all zero": lambda: spreads(value=0.0),
    "zero beside others": lambda: spreads() | spreads(value=0.0),
    "NaN beside others": lambda: nan_spreads() | spreads(),
    "one affine layer": a_single_layer,
    "one hidden layer": lambda: {"one": sn.measure_spread(sn.mlp(20, [30], 5, seed=0), noise(), np.arange(200) % 5)},
    "a signal that dies": lambda: {"deep": sn.measure_spread(sn.mlp(20, [30] * 25, 5, sn.Tanh, 0.01, seed=0), noise())},
    "dead units": lambda: spreads(sn.ReLU, value=-1.0),
    "huge values": lambda: spreads(sn.ReLU, value=1e9),
    "tiny values": lambda: spreads(sn.ReLU, value=1e-12),
}


@pytest.mark.parametrize("make", ODD.values(), ids=list(ODD))
def test_odd_spreads_are_drawn_without_a_warning(make):
    each = {label: [spread] for label, spread in make().items()}
    for draw, measured in (
        *((draw, make()) for draw in (plots.activation_histograms, plots.singular_values)),
        *((draw, each) for draw in (plots.spread_by_depth, plots.update_ratios)),
    ):
        assert words_in(draw(measured))
        assert words_in(draw(measured, predicted=make()))
        assert words_in(draw(measured, predicted={}))


ODD_CURVES = {
    "one step": {"He": [[2.3]]},
    "one diverges at once": {"He": [[math.nan]], "Xavier": [[2.3, 2.0]]},
    "all diverge at once": {"He": [[math.nan]], "Xavier": [[math.inf]]},
    "all diverge": {"He": [[2.3, 1e30, math.inf]]},
    "learnt to the last": {"He": [[2.3, 0.1, 0.0, 0.0]]},
    "nothing but zero": {"He": [[0.0, 0.0]]},
    "no two of a length": {"He": [[2.3] * 5, [2.3, math.nan]], "Xavier": [[2.3, 2.0, math.nan]]},
}


@pytest.mark.parametrize("curves", ODD_CURVES.values(), ids=list(ODD_CURVES))
def test_odd_curves_are_drawn_without_a_warning(curves):
    told = words_in(plots.loss_curves(curves))
    assert all(any(text.startswith(label) for text in told) for label in curves)


@each_figure
def test_the_same_figure_is_saved_as_the_same_bytes(draw, tmp_path):
    for name in ("one", "other"):
        plots.save(draw(), tmp_path / name)
    for ending in ("png", "svg"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"other.{ending}").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "one.svg").read_bytes()


def test_a_name_with_a_dot_keeps_it(tmp_path):
    plots.save(plots.loss_curves(CURVES), str(tmp_path / "lr_0.01"))
    assert {path.name for path in tmp_path.iterdir()} == {"lr_0.01.png", "lr_0.01.svg"}
