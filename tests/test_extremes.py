"""Settings from the ends of their ranges, combined at random: everything works, without a warning or a wrong word."""

import itertools
import math
import random
from dataclasses import asdict

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import OPTIMIZERS

VALUES = {
    "lr": [1e-300, 1e-30, 1e-8, 1.0, 1e10, 1e30],
    "std": [0.0, 1e-300, 1e-30, 1e-8, 1.0, 100.0, 1e8, 1e30],
    "depth": [1, 2, 7],
    "activation": list(ACTIVATIONS.values()),
    "optimizer": list(OPTIMIZERS.values()),
    "width": [1, 2, 3, 5],
    "n_in": [1, 4],
    "classes": [1, 2, 4],
    "rows": [1, 2, 8],
    "scale": [0.0, 1e-40, 1.0, 1e30],
    "bias": [0.0, 0.0, 1.0, 1e30],
    "dtype": [np.float32, np.float64],
}


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return list(itertools.chain.from_iterable(map(numbers, value)))
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("draw", range(24))
def test_any_extremes_together(draw):
    choose = random.Random(draw)
    case = {name: choose.choice(values) for name, values in VALUES.items()}
    rng, rows = np.random.default_rng(draw), case["rows"]
    x = (rng.standard_normal((rows, case["n_in"])) * case["scale"]).astype(case["dtype"])
    t = rng.integers(0, case["classes"], rows)
    widths = case["n_in"], [case["width"]] * case["depth"], case["classes"]
    net = sn.mlp(*widths, case["activation"], case["std"], case["bias"], draw, case["dtype"])

    predicted, measured = sn.predict_spread(net, x, t, case["lr"]), sn.measure_spread(net, x, t, case["lr"])
    assert all(map(math.isfinite, numbers(asdict(predicted)))), case
    assert predicted.notes or all(layer.std is not None for layer in predicted.layers), case
    for spread in (predicted, measured):
        assert str(spread) and spread.outlook() and spread._repr_html_() and spread.beside(predicted), case

    for layer in measured.layers:
        assert layer.in_range() or any(map(math.isnan, numbers(asdict(layer)))), case

    trainer = sn.Trainer(net, case["optimizer"](case["lr"]), batch_size=choose.randint(1, rows))
    history = trainer.fit((x, t), steps=3, test=(x[:1], t[:1]), spread_at=[0, 3])
    assert str(history), case
    assert (history.diverged_at is None) == all(map(math.isfinite, history.loss)), case
