"""Theory in the page against theory in Python, and what the charts draw of it."""

import json
import re

import numpy as np
import pytest
from report.markup import Chart

import scratchnet as sn
from scratchnet.playground.tables import step_table

LAWS = {"std": sn.Normal, "fan_in": lambda size: sn.VarianceScaling(size**2, "in")}
LAWS["fan_avg"] = lambda size: sn.VarianceScaling(size**2, "avg")


def setting_with(data, activation):
    """The place of the first setting with this activation."""
    names = [one["name"] for one in data["playground"]["activations"]]
    return [names[one["activation"]] for one in data["playground"]["settings"]].index(activation)


@pytest.mark.parametrize(
    ("law", "activation", "size", "depth", "width"),
    [
        ("std", "Tanh", 0.1, 4, 30),
        ("std", "ReLU", 0.05, 2, 30),
        ("fan_in", "Tanh", 1.5, 10, 100),
        ("fan_in", "ReLU", 1.0, 3, 30),
        ("fan_avg", "Tanh", 0.5, 1, 30),
        ("fan_avg", "ReLU", 1.5, 8, 30),
    ],
)
def test_its_theory_is_that_of_python(page, data, result, law, activation, size, depth, width):
    kind = setting_with(data, activation)
    net = sn.mlp(784, [width] * depth, 10, getattr(sn, activation), init=LAWS[law](size), seed=0)
    python = sn.predict_spread(net, *result.train[:1000], data["playground"]["settings"][kind]["lr"])
    setting = f"{{...playground.settings[{kind}], hidden: [{width}]}}"
    script = page().execute_script(f"return predict(playground, {setting}, {law!r}, {size}, {depth})")
    assert not script["narrow"] and not any("sampled" in note for note in python.notes)
    # The page uses pairs of inputs of the mean size, and Python each pair's own sizes. The distance of two inputs
    # accumulates the difference from layer to layer, and so do the steps.
    for key, name, tolerance in (("std", "std", 2e-3), ("gradient", "grad_rms", 1e-2), ("within", "within_std", 0.13)):
        expected = [getattr(layer, name) for layer in python.activations]
        np.testing.assert_allclose([one[key] for one in script["activations"]], expected, rtol=tolerance, err_msg=key)
    ratios = [layer.update_ratio for layer in python.layers if layer.update_ratio is not None]
    np.testing.assert_allclose([one["ratio"] for one in script["steps"]], ratios, atol=0.065)
    assert script["firstLoss"] == pytest.approx(python.first_loss, rel=0.01)
    number = r"Affine\d+|-?[\d.,]+\d"
    assert re.sub(number, "", script["outlook"]) == re.sub(number, "", python.outlook())


@pytest.mark.parametrize(
    ("size", "depth", "width"), [(1.5, 10, 30), (2.5, 20, 100), (2.5, 10, 50), (1.5, 10, 100), (1.0, 10, 30)]
)
def test_where_python_samples_narrow_layers_the_page_says_so(page, data, result, size, depth, width):
    net = sn.mlp(784, [width] * depth, 10, sn.Tanh, init=LAWS["fan_in"](size), seed=0)
    notes = sn.predict_spread(net, *result.train[:1000]).notes
    setting = f"{{...playground.settings[{setting_with(data, 'Tanh')}], hidden: [{width}]}}"
    script = page().execute_script(f"return predict(playground, {setting}, 'fan_in', {size}, {depth})")
    assert script["narrow"] == any("narrow for so many inputs" in note for note in notes)


@pytest.mark.parametrize("optimizer", [sn.Adam(), sn.Momentum(0.01), sn.RMSprop(0.0005), sn.AdaGrad(0.5)], ids=repr)
def test_its_steps_are_those_of_the_optimizer(page, data, result, optimizer):
    kind = setting_with(data, "ReLU")
    net = sn.mlp(784, [30] * 3, 10, init=LAWS["fan_in"](1.0), seed=0)
    python = sn.predict_spread(net, *result.train[:1000]).with_optimizer(optimizer, net)
    setting = f"{{...playground.settings[{kind}], lr: {optimizer.lr}, step: {json.dumps(step_table(optimizer))}}}"
    script = page().execute_script(f"return predict(playground, {setting}, 'fan_in', 1.0, 3)")
    ratios = [layer.update_ratio for layer in python.layers if layer.update_ratio is not None]
    np.testing.assert_allclose([one["ratio"] for one in script["steps"]], ratios, atol=0.065)
    number = r"Affine\d+|-?[\d.,]+\d"
    assert re.sub(number, "", script["outlook"]) == re.sub(number, "", python.outlook())


@pytest.mark.parametrize(("law", "size", "depth"), [("fan_in", 1.5, 10), ("fan_in", 1.3, 3), ("std", 0.05, 6)])
def test_the_charts_draw_the_prediction_and_what_was_measured(page, data, law, size, depth):
    kind = setting_with(data, "ReLU")
    browser = page(f"#setting={kind}&law={law}&size={size}&depth={depth}&racers=")
    expected = browser.execute_script(f"return predict(playground, playground.settings[{kind}], {law!r}, {size}, {depth})")
    tables = data["playground"]
    labels = [one["label"] for one in tables["settings"] if one["activation"] == tables["settings"][kind]["activation"]]
    for chart, keys, measured in (("std", ("within", "std"), "std"), ("gradient", ("gradient",), "grad_rms")):
        drawn = Chart(browser, f"{chart}-chart", log=True)
        assert len(drawn.lines) == len(keys) and len(drawn.marks) == len(labels)
        tolerance = 0.1 * abs(drawn.y_scale[0]) + 1e-9  # paths are written to a tenth of a pixel
        for key, line in zip(keys, drawn.lines, strict=True):
            values = [layer[key] for layer in expected["activations"]]
            np.testing.assert_allclose(line[:, 0], range(1, depth + 1), atol=0.05)
            np.testing.assert_allclose(line[:, 1], np.log10(values), atol=tolerance)
        for label, marks in zip(labels, drawn.marks, strict=True):
            values = [value for value in tables["measured"][label][measured] if value]
            if 0 < len(marks) == len(values):  # all are inside the limits of the axis, and each shape is one path
                shape = 6 * abs(drawn.y_scale[0])  # a mark begins less than 6 pixels from its middle
                np.testing.assert_allclose(marks[:, 1], np.log10(values), atol=shape)
    ratios = [step["ratio"] for step in expected["steps"]]
    drawn = Chart(browser, "ratio-chart", log=False)
    np.testing.assert_allclose(drawn.lines[0][:, 1], ratios, atol=0.1 * abs(drawn.y_scale[0]) + 1e-9)
