"""Figures with theory: lines and bands are the predicted numbers, dots the measured ones, each in its place."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from plots.drawn import dots, noise, words_in

import scratchnet as sn
from scratchnet import plots
from scratchnet.spread import Histogram, Jacobian, LayerSpread, Spread
from scratchnet.support.colours import looks

INITS = {"std 1": 1.0, "LeCun": sn.LeCun()}
SEEDS = 3


def net(init, seed=0):
    return sn.mlp(20, [30, 30, 30], 5, sn.Tanh, init, seed=seed)


@functools.cache
def both():
    """(measured, predicted) of two initializers."""
    x, t = noise(60), np.arange(60) % 5
    measured = {label: [sn.measure_spread(net(init, s), x, t) for s in range(SEEDS)] for label, init in INITS.items()}
    return measured, {label: sn.predict_spread(net(init), x, t) for label, init in INITS.items()}


def activations(spread, quantity):
    return [getattr(layer, quantity) for layer in spread.activations]


def lines(axes, kind):
    """The theory's lines of a style, in the order of the labels."""
    return [line for line in axes.lines if line.get_label() == "_theory" and line.get_linestyle() == kind]


def test_lines_are_the_predicted_stds_and_dots_the_measured_ones():
    measured, predicted = both()
    forward, backward = plots.spread_by_depth(measured, predicted=predicted).axes
    for i, label in enumerate(INITS):
        for axes, quantity, kind in ((forward, "std", "-"), (forward, "within_std", "--"), (backward, "grad_rms", "-")):
            line = lines(axes, kind)[i]
            assert list(line.get_xdata()) == [1, 2, 3] and line.get_color() == looks(INITS)[label].colour
            np.testing.assert_allclose(line.get_ydata(), activations(predicted[label], quantity), rtol=1e-12)
            expected = [activations(one, quantity) for one in measured[label]]
            np.testing.assert_allclose(dots(axes, label, quantity == "within_std", INITS), expected, rtol=1e-12)


def test_bands_are_those_of_the_pooled_std_and_of_the_gradient():
    measured, predicted = both()
    for axes, quantity in zip(plots.spread_by_depth(measured, predicted=predicted).axes, ("std", "grad_rms"), strict=True):
        assert len(axes.collections) == len(INITS)
        for band, label in zip(axes.collections, INITS, strict=True):
            edge = np.concatenate([path.vertices for path in band.get_paths()])
            for place, layer in enumerate(predicted[label].activations, 1):
                there = edge[edge[:, 0] == place, 1]
                assert (there.min(), there.max()) == pytest.approx(layer.bands[quantity], rel=1e-12)


def test_without_a_prediction_lines_go_through_the_means():
    measured, _ = both()
    figure = plots.spread_by_depth(measured)
    forward = figure.axes[0]
    line = next(line for line in forward.lines if line.get_label() == "LeCun")
    expected = np.exp(np.mean([np.log(activations(one, "std")) for one in measured["LeCun"]], axis=0))
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert not forward.collections and not lines(forward, "-") and "theory" not in words_in(figure)


def test_the_legend_says_what_is_theory_and_how_many_networks_a_band_holds():
    measured, predicted = both()
    told = words_in(plots.spread_by_depth(measured, predicted=predicted))
    assert {"theory", "95 % of networks", *INITS} <= set(told)
    told = words_in(plots.update_ratios(measured, predicted=predicted))
    assert {"theory", *INITS} <= set(told) and "95 % of networks" not in told


def test_a_label_that_theory_does_not_know_has_dots_alone():
    measured, predicted = both()
    forward, _ = plots.spread_by_depth(measured, predicted={"LeCun": predicted["LeCun"]}).axes
    assert len(forward.collections) == 1 and dots(forward, next(iter(INITS)), False, INITS).shape == (SEEDS, 3)
    assert not np.isfinite(lines(forward, "-")[0].get_ydata()).any()
    np.testing.assert_allclose(lines(forward, "-")[1].get_ydata(), activations(predicted["LeCun"], "std"))


def test_where_theory_stops_the_line_ends():
    images, t = noise(12, 64).reshape(12, 8, 8, 1), np.arange(12) % 3
    fixed = sn.Convolution(4, 4, 2, 2, init=sn.Dirac())  # no random weights
    layers = [sn.Convolution(1, 4, 3), sn.ReLU(), fixed, sn.Flatten(), sn.Affine(36, 3, sn.He())]
    convnet = sn.Network(layers, 0)
    measured, predicted = sn.measure_spread(convnet, images, t), sn.predict_spread(convnet, images, t)
    known = [dataclasses.replace(layer, grad_rms=None, update_ratio=None) for layer in predicted.layers[:2]]
    predicted = dataclasses.replace(predicted, layers=known, jacobian=None)  # as where theory stops at Convolution2
    forward, backward = plots.spread_by_depth({"He": [measured]}, predicted={"He": predicted}).axes
    (line,) = lines(forward, "-")  # known at one place alone, it is drawn a little to both sides
    assert list(line.get_xdata()) == [0.75, 1.25] and list(line.get_ydata()) == [predicted["ReLU1"].std] * 2
    assert forward.collections[0].get_paths()[0].vertices[:, 1].max() == pytest.approx(predicted["ReLU1"].bands["std"][1])
    assert not np.isfinite(lines(backward, "-")[0].get_ydata()).any()
    figure = plots.activation_histograms({"He": measured}, predicted={"He": predicted})
    assert [bool(panel.lines) for panel in figure.axes] == [True, False]
    for figure in (
        plots.update_ratios({"He": [measured]}, predicted={"He": predicted}),
        plots.singular_values({"He": measured}, predicted={"He": predicted}),
    ):
        assert not any("theory" in text for text in words_in(figure))


def layer(name="ReLU1", **values):
    return LayerSpread(name, **values)


def test_neither_a_wide_band_nor_what_dies_flattens_the_rest():
    wide = {"std": (1e-30, 1e30)}
    alive = [Spread([layer(f"ReLU{i}", std=0.8, within_std=0.5, bands=wide) for i in range(1, 6)])]
    dying = [Spread([layer(f"ReLU{i}", std=0.1**i, within_std=0.1 ** (5 * i)) for i in range(1, 6)])]
    dead = [Spread([layer(f"ReLU{i}", std=10.0 ** (-30 * i), within_std=0.0) for i in range(1, 6)])]
    (axes,) = plots.spread_by_depth({"a": alive}, predicted={"a": alive[0]}).axes
    assert axes.get_ylim() == pytest.approx((0.05 / 1.6, 8 * 1.6))
    (axes,) = plots.spread_by_depth({"a": alive, "b": dying, "c": dead}).axes
    low, high = axes.get_ylim()
    assert 1e-10 < low < 0.1**5 and 0.8 < high < 2
    (axes,) = plots.spread_by_depth({"c": dead}).axes  # alone it is what is looked at
    assert axes.get_ylim()[0] < 1e-30 < axes.get_ylim()[1]


def test_gradients_are_looked_at_from_the_end_where_they_start():
    steep = Spread([layer(f"ReLU{i}", std=1.0, within_std=1.0, grad_rms=1e-3 * 10.0 ** (3 * (i - 5))) for i in range(1, 6)])
    _, backward = plots.spread_by_depth({"a": [steep]}).axes
    assert backward.get_ylim() == pytest.approx((1e-9 / 1.6, 1e-3 * 1.6))


def test_update_ratios_are_predicted_lines_and_measured_dots():
    measured, predicted = both()
    (axes,) = plots.update_ratios(measured, predicted=predicted).axes
    for i, label in enumerate(INITS):
        expected = [layer.update_ratio for layer in predicted[label].layers if layer.w_rms is not None]
        line = lines(axes, "-")[i]
        assert list(line.get_xdata()) == [1, 2, 3, 4] and line.get_color() == looks(INITS)[label].colour
        np.testing.assert_allclose(line.get_ydata(), expected)
        for row, one in zip(dots(axes, label, False, INITS), measured[label], strict=True):
            np.testing.assert_allclose(row, [one[f"Affine{k}"].update_ratio for k in range(1, 5)])
    (without,) = plots.update_ratios(measured).axes
    line = next(line for line in without.lines if line.get_label() == "LeCun")
    mean = np.mean([[one[f"Affine{k}"].update_ratio for k in range(1, 5)] for one in measured["LeCun"]], axis=0)
    np.testing.assert_allclose(line.get_ydata(), mean)


@pytest.mark.parametrize("ratio", [-3.1, -7.0, 2.0, -40.0, None])
def test_the_guide_is_at_minus_three_and_always_in_sight(ratio):
    spread = Spread([layer("Affine1", w_rms=1.0, update_ratio=ratio)])
    figure = plots.update_ratios({"He": [spread]})
    (axes,) = figure.axes
    (guide,) = (line for line in axes.lines if line.get_label() == "_guide")
    assert list(guide.get_ydata()) == [-3, -3]
    low, high = axes.get_ylim()
    assert low <= -4 and high >= -2
    told = " ".join(words_in(figure))
    assert "about 10⁻³" in told and "lr 0.01" in told and "one step of SGD" in told
    if ratio is not None:
        assert (low < ratio < high) != (f"He (off the axis: {ratio:.2g})" in told)


def test_the_learning_rate_is_named_if_there_is_one():
    spread = Spread([layer("Affine1", w_rms=1.0, update_ratio=-3.0)], lr=0.5)
    other = dataclasses.replace(spread, lr=0.1)
    assert "lr 0.5" in plots.update_ratios({"He": [spread]}).axes[0].get_ylabel()
    assert "lr 0." not in plots.update_ratios({"He": [spread], "LeCun": [other]}).axes[0].get_ylabel()


def test_a_histogram_has_the_predicted_one_on_it_in_the_same_bins():
    counts, name = (2, 6, 4, 0, 8), "Tanh1"
    measured = Spread([layer(name, std=0.5, within_std=0.4, histogram=Histogram(-2, -2, counts))])
    theory = Spread([layer(name, std=0.25, within_std=0.125, histogram=Histogram(-3, -4, (3, 1, 0, 4, 2, 0)))])
    (panel,) = plots.activation_histograms({"a": measured}, predicted={"a": theory}).axes
    (line,) = panel.lines
    edges, heights = np.array(line.get_xdata()), np.array(line.get_ydata())
    share = {edge: height for edge, height in zip(edges, heights, strict=True) if height}
    assert share == {-0.5: 0.4, -0.25: 0.4, 0.0: 0.2} and line.get_drawstyle() == "steps-post"
    (bars,) = panel.patches
    values, bins, _ = bars.get_data()
    assert np.array_equal(bins, edges) and values.sum() == pytest.approx(1) and values[0] == 0.1
    assert panel.get_title() == "Tanh1\nstd 0.5, within 0.4\ntheory 0.25, 0.12"
    assert panel.get_ylim()[1] > 0.4


def test_each_row_has_the_prediction_of_its_label():
    measured, predicted = both()
    first = {label: seeds[0] for label, seeds in measured.items()}
    figure = plots.activation_histograms(first, predicted=predicted)
    assert "theory" in words_in(figure)
    for panel, (label, k) in zip(figure.axes, [(label, k) for label in INITS for k in (1, 2, 3)], strict=True):
        (line,) = panel.lines
        x, y = np.array(line.get_xdata()), np.array(line.get_ydata())
        middle = (x[1:] + x[:-1]) / 2
        assert y[:-1].sum() == pytest.approx(1)
        mean = middle @ y[:-1]
        std = math.sqrt((middle - mean) ** 2 @ y[:-1])
        width = x[1] - x[0]  # a sample's std, of bins; Sheppard: they add width² / 12
        assert std == pytest.approx(math.hypot(predicted[label][f"Tanh{k}"].std, width / math.sqrt(12)), rel=0.05)
    assert not any(panel.lines for panel in plots.activation_histograms(first).axes)


def test_of_many_layers_eight_are_shown_from_the_first_to_the_last():
    some = [layer(f"ReLU{i}", std=1.0, within_std=1.0, histogram=Histogram(0, 0, (1,))) for i in range(1, 21)]
    names = [axes.get_title().split("\n")[0] for axes in plots.activation_histograms({"a": Spread(some)}).axes]
    assert len(names) == 8 and names[0] == "ReLU1" and names[-1] == "ReLU20"
    assert len(plots.activation_histograms({"a": Spread(some[:8])}).axes) == 8


def test_singular_values_are_drawn_from_the_largest_on_beside_their_rms():
    measured, predicted = both()
    first = {label: seeds[0] for label, seeds in measured.items()}
    figure = plots.singular_values(first, predicted=predicted)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log" and "theory, of the rms" in words_in(figure)
    for i, label in enumerate(INITS):
        jacobian = first[label].jacobian
        line = next(line for line in axes.lines if line.get_label() == label)
        assert list(line.get_xdata()) == [1, 2, 3, 4, 5] and list(line.get_ydata()) == list(jacobian.values)
        assert list(np.diff(line.get_ydata()) <= 0) == [True] * 4
        assert list(dots(axes, label, True, INITS).ravel()) == [jacobian.rms]
        assert list(lines(axes, "-")[i].get_ydata()) == [predicted[label].jacobian.rms] * 2


def test_singular_values_that_are_rounding_are_left_out_and_dead_networks_named():
    spreads = {
        "alive": Spread([], jacobian=Jacobian(0.9, 2.0, 0.5, (2.0, 0.5, 1e-17))),
        "small": Spread([], jacobian=Jacobian(1e-25, 1e-25, 1e-25, (1e-25, 1e-26, 0.0))),
        "dead": Spread([], jacobian=Jacobian(0.0, 0.0, 0.0, (0.0, 0.0, 0.0))),
        "none": Spread([]),
    }
    figure = plots.singular_values(spreads)
    (axes,) = figure.axes
    assert axes.get_ylim() == pytest.approx((0.5 / 1.6, 2 * 1.6))
    told = words_in(figure)
    assert {"alive", "dead (0, or not known)", "none (0, or not known)"} <= set(told)
    assert any(text.startswith("small (off the axis: ") and "e-26" in text for text in told)
    line = next(line for line in axes.lines if line.get_label() == "alive")
    assert list(line.get_ydata()[:2]) == [2.0, 0.5] and np.isnan(line.get_ydata()[2])


HOLLOW = Spread([LayerSpread("ReLU1"), LayerSpread("Affine1", w_rms=1.0)])
INFINITE = Spread(
    [
        LayerSpread("ReLU1", std=math.inf, within_std=math.nan, grad_rms=math.inf, bands={"std": (0.0, math.inf)}),
        LayerSpread("Affine1", std=0.0, w_rms=1.0, update_ratio=math.inf),
    ],
    jacobian=Jacobian(math.inf, math.inf, math.nan, (math.inf, math.nan, 0.0)),
)
FINE = Spread(
    [
        LayerSpread("ReLU1", std=1.0, within_std=0.5, grad_rms=0.1, histogram=Histogram(-3, 0, (3, 2, 1))),
        LayerSpread("Affine1", std=1.0, w_rms=1.0, update_ratio=-3.0),
    ],
    jacobian=Jacobian(1.0, 2.0, 1.0, (2.0, 1.0, 0.5)),
)


@pytest.mark.parametrize("predicted", [None, {}, {"a": HOLLOW}, {"a": INFINITE}, {"a": FINE}, {"a": Spread([])}])
@pytest.mark.parametrize("spread", [HOLLOW, INFINITE, FINE, Spread([LayerSpread("Affine1", w_rms=1.0)]), Spread([])])
def test_what_is_missing_or_infinite_is_left_out_without_a_warning(spread, predicted):
    histograms = plots.activation_histograms({"a": spread}, predicted=predicted)
    sizes = plots.spread_by_depth({"a": [spread, spread]}, predicted=predicted)
    steps = plots.update_ratios({"a": [spread, spread]}, predicted=predicted)
    singular = plots.singular_values({"a": spread}, predicted=predicted)
    for figure in (histograms, sizes, steps, singular):
        assert any(text.startswith("a") for text in words_in(figure))

    def finite(values):
        values = np.array(values, float).ravel()
        return sorted(values[np.isfinite(values)])

    fine = spread is FINE
    assert finite(dots(sizes.axes[0], "a")) == ([1.0, 1.0] if fine else [])
    assert finite(dots(sizes.axes[0], "a", True)) == ([0.5, 0.5] if fine else [])
    assert finite(dots(steps.axes[0], "a")) == ([-3.0, -3.0] if fine else [])
    (line,) = (line for line in singular.axes[0].lines if line.get_label().startswith("a"))
    assert finite(line.get_ydata()) == ([0.5, 1.0, 2.0] if fine else [])
    bars = [axes.patches[0].get_data().values.sum() for axes in histograms.axes if axes.get_visible()]
    assert bars == ([pytest.approx(1)] if fine else [0] * len(spread.activations or spread.layers))
    said = predicted is not None and predicted.get("a") is FINE
    expected = [1.0] * 2 if said and spread.layers else []  # known at one place alone, drawn to both sides
    assert finite([line.get_ydata() for line in lines(sizes.axes[0], "-")]) == expected


@pytest.mark.parametrize("draw", [plots.activation_histograms, plots.singular_values])
def test_nothing_at_all_is_drawn_as_an_empty_figure(draw):
    figure = draw({})
    assert figure.get_suptitle() in words_in(figure)
    labels = [line.get_label() for axes in figure.axes if axes.get_visible() for line in axes.lines]
    assert all(label.startswith("_") for label in labels)  # lines that guide the eye
    assert not any(axes.patches for axes in figure.axes) and not figure.legends


@pytest.mark.parametrize("draw", [plots.spread_by_depth, plots.update_ratios])
def test_a_label_without_a_seed_is_named(draw):
    figure = draw({"a": []})
    assert "a (0 or not finite)" in words_in(figure) or "a" in words_in(figure)
    assert not dots(figure.axes[0], "a").size
    empty = draw({}, predicted={})
    assert words_in(empty) and not empty.legends


@pytest.mark.parametrize("count", [1, 4, 7])
@pytest.mark.parametrize("length", [2, 22, 50])
def test_the_legend_lies_within_the_figure(count, length):
    named = {f"{i}" * length: [FINE] for i in range(count)}
    for figure in (plots.spread_by_depth(named), plots.update_ratios(named, predicted={"0" * length: FINE})):
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width
