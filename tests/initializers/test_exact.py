"""ExactGain and Critical: what they promise, held in wide networks that are drawn and by scipy's quadrature."""

import copy
import math
import pickle

import numpy as np
import pytest
from scipy import integrate, optimize, stats

import scratchnet as sn
from scratchnet.initializers import initializer
from scratchnet.layers import ACTIVATIONS


class Bump(sn.Layer):
    """out = x e^(−x²/2), as a reader would write it."""

    def forward(self, x):
        self.x = x
        return x * np.exp(-(x**2) / 2)

    def backward(self, dout):
        return dout * (1 - self.x**2) * np.exp(-(self.x**2) / 2)


def average(f):
    return integrate.quad(lambda z: f(z) * stats.norm.pdf(z), -12, 12, points=[0], epsabs=1e-12, limit=300)[0]


def through(kind):
    """φ and φ' of numbers, through a layer."""
    layer = kind()

    def values(x):
        return float(layer.forward(np.array([[x]]))[0, 0])

    def slopes(x):
        layer.forward(np.array([[x]]))
        return float(layer.backward(np.ones((1, 1)))[0, 0])

    return values, slopes


@pytest.mark.parametrize("q", [0.3, 1, 4])
@pytest.mark.parametrize("kind", [*ACTIVATIONS.values(), Bump], ids=lambda kind: kind.__name__)
def test_the_gain_keeps_q(kind, q):
    phi, _ = through(kind)
    expected = math.sqrt(q / average(lambda z: phi(math.sqrt(q) * z) ** 2))
    assert sn.ExactGain(kind, q).gain == pytest.approx(expected, rel=1e-8)
    assert sn.ExactGain(kind, q).std(sn.Fans(50, 7)) == pytest.approx(expected / math.sqrt(50), rel=1e-8)


@pytest.mark.parametrize("kind", [sn.Tanh, sn.GELU, sn.Sigmoid, Bump], ids=lambda kind: kind.__name__)
def test_a_deep_network_that_is_drawn_keeps_it(kind):
    """q_l+1 = gain² V(q_l): after ten layers of 1,000 within what so many units let it stray."""
    width, depth = 1000, 10
    layers = [layer for _ in range(depth) for layer in (sn.Affine(width, width, sn.ExactGain(kind)), kind())][:-1]
    gain = sn.ExactGain(kind).gain
    x = np.random.default_rng(0).standard_normal((20, width)) / gain
    q = np.mean([np.mean(sn.Network(layers, seed).forward(x) ** 2) for seed in range(4)])
    kappa = max(sn.MeanField(kind).kappa_4(1), 2)
    assert abs(q - 1) < 4 * math.sqrt(kappa * depth / width / 4)


@pytest.mark.parametrize("sigma_b", [0.1, math.sqrt(0.05), 0.6])
def test_at_a_critical_point_a_small_difference_is_kept(sigma_b):
    phi, slope = through(sn.Tanh)
    init = sn.Critical(sn.Tanh, sigma_b)

    def excess(q):
        sigma_w2 = 1 / average(lambda z: slope(math.sqrt(q) * z) ** 2)
        return sigma_w2 * average(lambda z: phi(math.sqrt(q) * z) ** 2) + sigma_b**2 - q

    q = optimize.brentq(excess, 1e-4, 20)
    assert init.gain**2 == pytest.approx(1 / average(lambda z: slope(math.sqrt(q) * z) ** 2), rel=1e-6)


def test_the_critical_points_that_are_known():
    assert sn.Critical(sn.Tanh).gain == pytest.approx(1)
    assert sn.Critical(sn.Tanh, math.sqrt(0.05)).gain ** 2 == pytest.approx(1.7610, abs=5e-5)
    assert sn.Critical(sn.ReLU).gain ** 2 == pytest.approx(2)
    assert sn.Critical(sn.ReLU) != sn.Critical(sn.ReLU, draw=sn.uniform) != sn.ExactGain(sn.ReLU)
    with pytest.raises(sn.InputError, match=r"ReLU has no critical point at sigma_b² = 0\.01"):
        sn.Critical(sn.ReLU, 0.1)


def test_ten_layers_of_sigmoid_keep_inputs_apart_at_criticality_alone():
    x = np.random.default_rng(0).standard_normal((50, 100)).astype(np.float32)

    def last(init):
        net = sn.Network([layer for _ in range(10) for layer in (sn.Affine(100, 100, init), sn.Sigmoid())], seed=0)
        return sn.measure_spread(net, x)["Sigmoid10"]

    for init in (sn.LeCun(), sn.ExactGain(sn.Sigmoid)):
        assert last(init).within_std < 1e-3 * last(init).std
    assert last(sn.Critical(sn.Sigmoid)).within_std > 0.3 * last(sn.Critical(sn.Sigmoid)).std


@pytest.mark.parametrize("kind", [sn.ExactGain, sn.Critical])
def test_they_are_values_as_the_others_are(kind):
    init = kind(sn.Tanh)
    assert repr(init) == f"{kind.__name__}(Tanh)"
    assert init == kind(sn.Tanh) == copy.deepcopy(init) == pickle.loads(pickle.dumps(init))
    assert hash(init) == hash(kind(sn.Tanh)) and init != kind(sn.ReLU)
    assert initializer(repr(init), ACTIVATIONS) == init
    drawn = init((400, 300), sn.Fans(400, 300), np.random.default_rng(0))
    assert drawn.std() == pytest.approx(init.std(sn.Fans(400, 300)), rel=5 / math.sqrt(2 * drawn.size))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sn.ExactGain(sn.ReLU()), r"ExactGain got the layer ReLU\(\): give its class, such as ReLU"),
        (lambda: sn.Critical("Tanh"), "what makes a layer is needed"),
        (lambda: sn.ExactGain(sn.Tanh, 0), "q is 0"),
        (lambda: sn.Critical(sn.Tanh, -0.1), "sigma_b"),
        (lambda: sn.ExactGain(lambda: sn.Affine(3, 3)), "Affine is no activation"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(sn.InputError, match=words):
        call()
