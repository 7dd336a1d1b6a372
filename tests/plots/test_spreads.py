"""Spreads as measured: histograms, spread against depth, steps and singular values, read back from the figures."""

import functools

import numpy as np
import pytest
from plots.drawn import dots, noise, spreads, words_in

import scratchnet as sn
from scratchnet import plots
from scratchnet.spread import LayerSpread, Spread


@pytest.mark.parametrize("activation", [sn.Tanh, sn.Sigmoid, sn.ReLU, sn.LeakyReLU], ids=lambda kind: kind.__name__)
def test_histograms_share_one_axis_and_say_what_lies_beyond(activation):
    figure = plots.activation_histograms(spreads(activation))
    panels = np.array(figure.axes).reshape(2, 3)
    ((low, high),) = {panel.get_xlim() for panel in figure.axes}
    for row, spread in zip(panels, spreads(activation).values(), strict=True):
        for panel, layer in zip(row, spread.activations, strict=True):
            (drawn,) = panel.patches
            values, edges, _ = drawn.get_data()
            assert (edges[0], edges[-1]) == (low, high)
            first, last = layer.histogram.limits
            own = np.ldexp(layer.histogram.first + np.arange(len(layer.histogram.counts)), layer.histogram.exponent)
            inside = np.array(layer.histogram.counts)[(own >= low) & (own < high)].sum() / sum(layer.histogram.counts)
            assert values.sum() == pytest.approx(inside) and (inside == 1) == (low <= first and last <= high)
            (said,) = (text.get_text() for text in panel.texts)
            assert ("beyond" in said) == (inside < 1 - 5e-4)


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


def positive(values):
    return [value for value in values if value is not None and 0 < value < np.inf]


def known(rows):
    return [sorted(row[np.isfinite(row)]) for row in rows]


@functools.cache
def odd(case):
    """The spreads of a case, and for each label [spread]."""
    made = ODD[case]()
    return made, {label: [spread] for label, spread in made.items()}


@pytest.mark.parametrize("predicted", ["none", "of other labels", "the same"])
@pytest.mark.parametrize("case", ODD)
def test_odd_spreads_are_drawn_without_a_warning_as_far_as_they_have_numbers(case, predicted):
    made, each = odd(case)
    theory = {"none": None, "of other labels": {}, "the same": made}[predicted]
    texts = []

    figure = plots.spread_by_depth(each, predicted=theory)
    for label, spread in made.items():
        layers = spread.activations or spread.layers
        for quantity, axes, hollow in (("std", 0, False), ("within_std", 0, True), ("grad_rms", -1, False)):
            if quantity != "grad_rms" or len(figure.axes) == 2:
                expected = positive(getattr(layer, quantity) for layer in layers)
                assert known(dots(figure.axes[axes], label, hollow, made)) == [sorted(expected)], quantity
    texts.append(words_in(figure))

    figure = plots.update_ratios(each, predicted=theory)
    for label, spread in made.items():
        ratios = [layer.update_ratio for layer in spread.layers if layer.update_ratio is not None]
        assert known(dots(figure.axes[0], label, among=made)) == [sorted(ratios)]
    texts.append(words_in(figure))

    figure = plots.singular_values(made, predicted=theory)
    for label, spread in made.items():
        (line,) = (line for line in figure.axes[0].lines if line.get_label().startswith(label))
        values = positive(spread.jacobian.values if spread.jacobian else ())
        expected = [value for value in values if value > 1e-8 * max(values)]
        assert known([np.array(line.get_ydata(), float)]) == [sorted(expected)]
    texts.append(words_in(figure))

    figure = plots.activation_histograms(made, predicted=theory)
    layers = [layer for spread in made.values() for layer in (spread.activations or spread.layers)[-8:]]
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert len(panels) == len(layers)
    for axes in panels:
        (bars,) = axes.patches
        said = axes.texts[0].get_text()
        whole = "beyond" not in said and "no finite number" not in said
        assert (bars.get_data().values.sum() == pytest.approx(1, abs=1e-3)) == whole
        assert len(axes.lines) == (predicted == "the same")
    texts.append(words_in(figure))

    assert all(any(text.startswith(label) for text in words) for words in texts for label in made)
