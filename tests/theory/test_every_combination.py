"""Every size of weights, with every depth, activation and bias: a number or None with a note, never an exception."""

import itertools
import math
from dataclasses import asdict

import numpy as np
import pytest

import scratchnet as sn


def pair(name, forward, slope):
    """A reader's activation that warns of nothing."""

    def go_forward(self, x):
        self.x = x
        with np.errstate(all="ignore"):
            return forward(x)

    def go_back(self, dout):
        with np.errstate(all="ignore"):
            return dout * slope(self.x)

    return type(name, (sn.Layer,), {"forward": go_forward, "backward": go_back})


ACTIVATIONS = [
    *(sn.ReLU, sn.Tanh, sn.Sigmoid, sn.GELU),
    pair("FastSine", lambda x: np.sin(30 * x), lambda x: 30 * np.cos(30 * x)),
    pair("Exponential", np.exp, np.exp),
    pair("Square", np.square, lambda x: 2 * x),
    pair("Sign", np.sign, lambda x: np.abs(x) < 1),
    pair("Reciprocal", lambda x: 1 / x, lambda x: -1 / x**2),
    pair("Constant", np.ones_like, np.zeros_like),
]
SIZES = [sn.Zeros(), *map(sn.Normal, (1e-160, 0.01, 1e30)), sn.He()]
BIASES = [sn.Zeros(), *map(sn.Constant, (-0.3, 0.5, 1e9)), sn.Normal(0.3)]
# Each two of the four together: one more combination of the other two for each activation and size.
COMBINATIONS = [
    (kind, init, (1, 2)[(i + j) % 2], BIASES[(i + 2 * j) % 5])
    for (i, kind), (j, init) in itertools.product(enumerate(ACTIVATIONS), enumerate(SIZES))
]
X, T = np.random.default_rng(0).random((5, 4)), np.arange(5) % 3


def numbers(value):
    """All numbers in a nested structure."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for one in value for number in numbers(one)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.__name__)
def test_a_number_or_none_with_a_note(kind):
    for _, init, depth, bias in (one for one in COMBINATIONS if one[0] is kind):
        layers = [layer for i in range(depth) for layer in (sn.Affine(5 if i else 4, 5, init, bias), kind())]
        net = sn.Network([*layers, sn.Affine(5, 3, sn.He())], seed=0)
        spread = sn.predict_spread(net, X, T)
        case = f"{kind.__name__}, {init}, {depth}, {bias}"
        assert all(map(math.isfinite, numbers(asdict(spread)))), case
        assert all(layer.correlation is None or -1 <= layer.correlation <= 1 for layer in spread.layers), case
        missing = any(layer.std is None or layer.grad_rms is None for layer in spread.layers)
        assert spread.notes or not missing, case
        assert str(spread) and spread.outlook() and isinstance(spread.findings(), list)
