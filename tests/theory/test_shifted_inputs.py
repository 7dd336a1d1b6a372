"""Constant biases of either sign: numbers agree with drawn networks, and where those differ too much a note says so."""

import numpy as np
import pytest
from theory.agreement import predicted_and_measured, squares_and_error

import scratchnet as sn

SEEDS, OWN = 30, {"std": 0.03, "within_std": 0.03, "rms": 0.03, "grad_rms": 0.15}


class Clipped(sn.Layer):
    """out = x − 0.5 between 0 and 1"""

    def forward(self, x):
        self.inside = (x > 0.5) & (x < 1.5)
        return np.clip(x - 0.5, 0, 1)

    def backward(self, dout):
        return dout * self.inside


class Shrunk(sn.Layer):
    """out = x ∓ 0.3 outside of ±0.3, and 0 inside"""

    def forward(self, x):
        self.outside = np.abs(x) > 0.3
        return self.outside * (x - 0.3 * np.sign(x))

    def backward(self, dout):
        return dout * self.outside


CASES = [
    *((sn.ReLU, bias) for bias in (-0.5, -0.2, 0.3)),
    *((Clipped, bias) for bias in (-0.3, 0.4)),
    (Shrunk, 0.0),
    (sn.GELU, -0.5),
]


def flagged_from(spread):
    """The layer from which the spread itself says that single networks differ too much."""
    return next((note.split()[1] for note in spread.notes if "single networks differ so much" in note), None)


@pytest.mark.parametrize(("kind", "bias"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_a_constant_bias(kind, bias):
    rng = np.random.default_rng(0)
    x, t = rng.random(30) + 0.7 * rng.random((20, 30)), np.arange(20) % 4

    def net(seed):
        hidden = [layer for i in range(3) for layer in (sn.Affine(80 if i else 30, 80, sn.He(), sn.Constant(bias)), kind())]
        return sn.Network([*hidden, sn.Affine(80, 4, sn.LeCun())], seed)

    predicted, measured = predicted_and_measured(net, x, t, SEEDS)
    start = flagged_from(predicted)
    for layer in predicted.layers:
        assert layer.correlation is None or -1 <= layer.correlation <= 1
        assert layer.std > 0 and layer.grad_rms > 0
        for quantity, own in OWN.items():
            squares, error = squares_and_error(measured, layer.name, quantity)
            wrong = getattr(layer, quantity) ** 2 - squares.mean()
            assert start or abs(wrong) < 4 * error + 2 * own * squares.mean(), f"{quantity} of {layer.name}"
            rare = squares.std() > 2.5 * squares.mean()  # one or two of the networks have nearly all of it
            assert (start and rare) or abs(wrong) < 5 * error + 0.4 * squares.mean(), f"{quantity} of {layer.name}"
