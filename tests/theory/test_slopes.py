"""A backward that is not the slope of forward: sizes come from forward, gradients from backward, and a note says so."""

import numpy as np
import pytest
from meanfield.test_one_input import Sin
from theory.agreement import assert_sizes_agree, predicted_and_measured

import scratchnet as sn
from scratchnet.meanfield import Elementwise
from scratchnet.theory.activations import NotItsSlope, check_slopes
from scratchnet.theory.signal import OutOfReach

SEEDS, OWN = 16, {"std": 0.02, "within_std": 0.02, "rms": 0.02, "grad_rms": 0.1, "dw_rms": 0.25}


def pair(name, forward, slope):
    def go_forward(self, x):
        self.x = x
        return forward(x)

    return type(name, (sn.Layer,), {"forward": go_forward, "backward": lambda self, dout: dout * slope(self.x)})


ESTIMATED = [
    pair("Sign", np.sign, lambda x: np.abs(x) < 1),
    pair("Flat", lambda x: np.where(x > 0.2, 1.0, 0.0), np.zeros_like),
    pair("Rounded", np.round, np.ones_like),
    pair("CheapTanh", np.tanh, lambda x: np.maximum(1 - x * x, 0)),
    pair("Halved", lambda x: np.maximum(x, 0), lambda x: 0.5 * (x > 0)),
]


@pytest.mark.parametrize("kind", ESTIMATED, ids=lambda kind: kind.__name__)
def test_sizes_follow_forward_and_gradients_backward(kind):
    rng = np.random.default_rng(0)
    x, t = rng.random(30) + 0.7 * rng.random((20, 30)), np.arange(20) % 4

    def net(seed):
        hidden = [layer for i in range(2) for layer in (sn.Affine(80 if i else 30, 80, sn.LeCun()), kind())]
        return sn.Network([*hidden, sn.Affine(80, 4, sn.Normal(0.05))], seed)

    predicted, measured = predicted_and_measured(net, x, t, SEEDS)
    name = kind.__name__
    said = f"{name}1, {name}2: backward is not the slope of forward, so training does not follow forward"
    assert said in predicted.notes
    for layer in predicted.layers:
        assert_sizes_agree(layer, measured, OWN)


SMOOTH = [sn.Tanh, sn.Sigmoid, sn.GELU, sn.SiLU, sn.Mish, sn.Softplus, sn.Softsign, Sin]


@pytest.mark.parametrize("size", [0.0, 1e-12, 1.0, 30.0, 1e8])
def test_an_activation_with_its_own_slope_is_never_suspected(size):
    for kind in [sn.ReLU, sn.LeakyReLU, sn.ELU, sn.SELU, *SMOOTH]:
        for shift in (0.0, -0.7 * size, 5.0):
            try:
                check_slopes(Elementwise(kind), size, shift)
            except NotItsSlope:
                pytest.fail(f"{kind.__name__} with a bias of {shift}")
            except OutOfReach:  # it swings too fast
                assert kind is Sin and size > 1e3
