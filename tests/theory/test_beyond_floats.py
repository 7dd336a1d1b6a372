"""Networks whose numbers leave the floats, or that have nothing to tell apart: no traceback, no warning, no wrong number."""

import functools
import math
from dataclasses import asdict

import numpy as np
import pytest
from small import made_up

import scratchnet as sn


def data(rows=20, classes=4):
    images, t = made_up(rows, 1, classes)
    return images.reshape(rows, -1).astype(np.float32) / np.float32(255), t


class Breaks(sn.Layer):
    """A layer of a reader's that cannot take what theory gives it."""

    def forward(self, x):
        if len(x) > 20:
            raise IndexError("no such unit")
        return x

    def backward(self, dout):
        return dout


CASES = {
    **{f"{depth} layers of std {std}": (std, depth, sn.ReLU) for depth in (2, 60, 200) for std in (0.01, 1.0)},
    **{f"20 layers of {init!r}": (init, 20, sn.ReLU) for init in (sn.Zeros(), sn.Ones(), 1e-30, 1e30)},
    **{f"60 layers of tanh, std {std}": (std, 60, sn.Tanh) for std in (1e-3, 0.01, 1.0, 100.0)},
    "sigmoids": (0.01, 100, sn.Sigmoid),
    "a reader's layer that raises": (sn.He(), 2, Breaks),
}


def numbers(value):
    """All numbers in a nested structure."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for one in value for number in numbers(one)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize(("init", "depth", "activation"), CASES.values(), ids=list(CASES))
def test_a_prediction_is_a_number_or_none_with_a_note(init, depth, activation, monkeypatch):
    monkeypatch.setattr("scratchnet.theory.sampling.MOST", 16)  # networks: their numbers are not what counts here
    x, t = data()
    net = sn.mlp(36, [20] * depth, 4, activation=activation, init=init, seed=0)
    spread = sn.predict_spread(net, x, t)
    assert all(map(math.isfinite, numbers(asdict(spread))))
    if any(layer.std is None for layer in spread.layers) or spread.layers[0].grad_rms is None:
        assert spread.notes
    assert spread.outlook() and isinstance(spread.findings(), list) and str(spread)


@functools.cache
def layers_of(depth, size):
    return sn.predict_spread(sn.mlp(20, [20] * depth, 4, init=size, seed=0), data()[0][:, :20]).layers


@pytest.mark.parametrize(("depth", "std"), [(30, 0.01), (60, 0.01), (70, 0.01), (30, 1.0), (60, 1.0)])
def test_a_tiny_or_huge_signal_is_that_of_a_network_of_another_size_scaled(depth, std):
    """ReLU is homogeneous: std/He times as much a layer, and all shares, correlations and ranks stay."""
    he = math.sqrt(2 / 20)
    for i, (small, usual) in enumerate(zip(layers_of(depth, std), layers_of(70, he), strict=False)):
        if small.w_rms is not None:
            continue
        factor = (std / he) ** (i // 2 + 1)
        assert small.std == pytest.approx(usual.std * factor, rel=1e-6)
        assert small.within_std == pytest.approx(usual.within_std * factor, rel=1e-6)
        for name in ("correlation", "rank", "zero", "dead"):
            assert getattr(small, name) == pytest.approx(getattr(usual, name), rel=1e-5, abs=1e-9), (small.name, name)


def test_one_class_costs_nothing_and_moves_nothing():
    x, _ = data()
    t = np.zeros(20, int)
    net = sn.mlp(36, [20, 20], 1, seed=0)
    spread = sn.predict_spread(net, x, t)
    assert spread.first_loss == 0 and "ln 1 = 0.000" in str(spread)
    assert all(abs(layer.dw_rms) < 1e-9 for layer in spread.layers if layer.w_rms is not None)


@pytest.mark.parametrize("rows", [1, 2])
def test_few_inputs_are_predicted(rows):
    x, t = data(rows)
    spread = sn.predict_spread(sn.mlp(36, [20, 20], 4, seed=0), x, t)
    assert all(map(math.isfinite, numbers(asdict(spread)))) and spread.first_loss > 1
