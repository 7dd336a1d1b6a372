"""Losses against steps and accuracies against epochs: curves, bands, crosses and labels, read back from the figures."""

import math

import numpy as np
import pytest
from plots.drawn import markers, words_in
from plots.test_plots import ACCURACIES, CURVES

import scratchnet as sn
from scratchnet import plots
from scratchnet.plots.curves import running_mean

# Losses.


@pytest.mark.parametrize("part", [1, 3, 10])
@pytest.mark.parametrize("n", [1, 2, 7, 33, 200])
def test_the_running_mean_is_the_mean_of_the_last_values_also_behind_a_huge_one(n, part):
    values = np.random.default_rng(n).uniform(1, 3, n)
    values[n // 5] = 1e30  # with a difference of sums, all that follows would be 0
    for window in (1, 2, 5, 8, 500):
        counts = [min(window, math.ceil(end / part)) for end in range(1, n + 1)]
        expected = [values[end - count : end].mean() for end, count in enumerate(counts, 1)]
        np.testing.assert_allclose(running_mean(values, window, part), expected, rtol=1e-12)
    assert len(running_mean(np.array([]), 3)) == 0


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


def test_a_training_of_one_step_can_be_seen():
    figure = plots.loss_curves({"He": [[2.4], [2.5]], "wild": [[2.4, math.nan]]})
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["He"].get_marker() == "." and lines["wild"].get_marker() == "." and lines["He"].get_ydata()[0] == 2.45


def test_the_loss_of_a_guess_is_marked():
    assert any("ln 10 = 2.303" in text for text in words_in(plots.loss_curves(CURVES)))
    assert any("ln 4 = 1.386" in text for text in words_in(plots.loss_curves(CURVES, classes=4)))


def test_labels_of_equal_curves_do_not_lie_on_each_other():
    figure = plots.loss_curves({f"init {i}": [[2.3, 2.3]] for i in range(5)})
    figure.draw_without_rendering()
    labels = [text for text in figure.axes[0].texts if text.get_text().startswith("init")]
    places = sorted(text.get_window_extent().y0 for text in labels)
    height = labels[0].get_window_extent().height
    assert len(labels) == 5 and min(np.diff(places)) > 0.9 * height


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


def test_a_predicted_loss_ends_where_theory_does_on_a_log_axis_of_steps():
    predicted = {"He": sn.LossPrediction((0, 1, 2), (2.4, 2.1, 1.5), (0.1,) * 3, 2), "std 0.01": sn.LossPrediction()}
    axes = plots.loss_curves(CURVES, predicted=predicted).axes[0]
    assert axes.get_xscale() == "log"
    lines = [line for line in axes.lines if line.get_color() == "black" and len(line.get_xdata()) > 1]
    assert [(list(line.get_xdata()), list(line.get_ydata())) for line in lines] == [([1, 2, 3], [2.4, 2.1, 1.5])]
    assert axes.get_legend() and plots.loss_curves(CURVES).axes[0].get_xscale() == "linear"


# Accuracies.


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
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    words = [axes.xaxis.label.get_window_extent() for axes in figure.axes]
    assert not any(legend.overlaps(word) for word in words)
