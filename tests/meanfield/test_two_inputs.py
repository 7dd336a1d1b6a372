"""Two inputs through an activation: against closed forms, and against a sum over a fine grid of the plane."""

import math

import numpy as np
import pytest
from meanfield.test_one_input import Erf, Sin, average, leaky, product, through

import scratchnet as sn
from scratchnet.meanfield import Elementwise, TwoInputs
from scratchnet.meanfield.two_inputs import plane_nodes


def arc_cosine(q, p, c):
    """E max(u, 0) max(v, 0) and E [u > 0][v > 0], Cho & Saul 2009."""
    theta = np.arccos(c)
    return np.sqrt(q * p) / (2 * math.pi) * (np.sin(theta) + (math.pi - theta) * c), (math.pi - theta) / (2 * math.pi)


def erf_pair(q, p, c):
    """Williams 1997; the slope by d/dk of it, k = c √(q p)."""
    k, size = c * np.sqrt(q * p), np.sqrt((1 + 2 * q) * (1 + 2 * p))
    return 2 / math.pi * np.arcsin(2 * k / size), 4 / math.pi / np.sqrt(size**2 - 4 * k**2)


def sin_pair(q, p, c):
    k = c * np.sqrt(q * p)
    return np.exp(-(q + p) / 2) * np.sinh(k), np.exp(-(q + p) / 2) * np.cosh(k)


def leaky_pair(q, p, c, slope=0.2):
    """φ(x) = x⁺ − slope (−x)⁺"""
    same, same_sides = arc_cosine(q, p, c)
    other, other_sides = arc_cosine(q, p, -c)
    return (1 + slope**2) * same - 2 * slope * other, (1 + slope**2) * same_sides + 2 * slope * other_sides


PAIRS = {sn.ReLU: arc_cosine, leaky: leaky_pair, Erf: erf_pair, Sin: sin_pair}


def maps_of(kind, q, d, shift=0.0):
    sizes = np.sqrt(q)
    farthest = math.sqrt(min(1.0, float(d.max()) / (2 * float(q.min()))))
    return TwoInputs(Elementwise(kind), (sizes.min(), sizes.max()), farthest, shift).distances_and_slopes(q, d)


@pytest.mark.parametrize("kind", PAIRS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(("spread", "error"), [(1.0, 3e-7), (1.5, 1e-5), (3.0, 2e-4)])
def test_two_inputs_by_closed_forms(kind, spread, error):
    """Of sizes √q that are alike, and of such as are from 1 to 3 times the least."""
    pair, rng = PAIRS[kind], np.random.default_rng(0)
    q = 0.4 * rng.uniform(1, spread**2, (2, 12))
    x = rng.standard_normal((2, 12, 4))  # of all correlations, negative ones too
    c = np.clip(x @ x.swapaxes(1, 2) / np.linalg.norm(x, axis=2)[:, :, None] / np.linalg.norm(x, axis=2)[:, None], -1, 1)
    a, b = q[:, :, None], q[:, None, :]
    d = np.maximum((a + b) / 2 - c * np.sqrt(a * b), 0)
    distances, slopes = maps_of(kind, q, d)
    own = pair(q, q, 1.0)[0]
    expected, expected_slopes = pair(a, b, c)
    expected_distance = (own[:, :, None] + own[:, None, :]) / 2 - expected
    assert c.min() < -0.8
    np.testing.assert_allclose(slopes, expected_slopes, rtol=error, atol=error / 10)
    np.testing.assert_allclose(distances, expected_distance, rtol=error, atol=1e-7)


@pytest.mark.parametrize("kind", [sn.Tanh, sn.Sigmoid, sn.GELU, sn.Mish, sn.Softplus], ids=lambda kind: kind.__name__)
def test_two_inputs_by_a_sum_over_the_plane(kind):
    phi = Elementwise(kind)
    q, places = np.array([[0.3, 0.8, 2.0]]), np.triu_indices(3, 1)
    c = np.array([0.9, -0.7, 0.2])
    d = np.zeros((1, 3, 3))
    for i, j, correlation in zip(*places, c, strict=True):
        d[0, i, j] = d[0, j, i] = (q[0, i] + q[0, j]) / 2 - correlation * math.sqrt(q[0, i] * q[0, j])
    distances, slopes = maps_of(kind, q, d)
    own = [product(phi.values, one, one, 1) for one in q[0]]
    for i, j, correlation in zip(*places, c, strict=True):
        expected = (own[i] + own[j]) / 2 - product(phi.values, q[0, i], q[0, j], correlation)
        assert distances[0, [i, j], [j, i]] == pytest.approx([expected, expected], rel=2e-5)
        expected = product(phi.slopes, q[0, i], q[0, j], correlation)
        assert slopes[0, [i, j], [j, i]] == pytest.approx([expected, expected], rel=2e-5)


@pytest.mark.parametrize("tiny", [1e-6, 1e-12, 1e-20])
def test_inputs_that_are_nearly_one_keep_the_digits_of_their_distance(tiny):
    q, d = np.full((1, 2), 0.7), 0.7 * tiny * (1 - np.eye(2))[None]
    for kind in (sn.Tanh, sn.Sigmoid, Sin):
        distances, slopes = maps_of(kind, q, d)
        slope = through(kind)[1]
        expected = average(lambda z, f=slope: f(math.sqrt(0.7) * z) ** 2)
        assert distances[0, 0, 1] / d[0, 0, 1] == pytest.approx(expected, rel=2e-5)
        assert slopes[0, 0, 1] == pytest.approx(expected, rel=2e-5)
    # Of ReLU ½ d − (√q √p / 2π)(sin θ − θ cos θ), where sin θ − θ cos θ = θ³/3 − θ⁵/30 + …
    distances, slopes = maps_of(sn.ReLU, q, d)
    theta = 2 * math.asin(math.sqrt(tiny / 2))
    expected = d[0, 0, 1] / 2 + 0.7 / (2 * math.pi) * -(theta**3 / 3 - theta**5 / 30)
    assert distances[0, 0, 1] == pytest.approx(expected, rel=2e-5)
    assert slopes[0, 0, 1] == pytest.approx((math.pi - theta) / (2 * math.pi), rel=2e-5)


@pytest.mark.parametrize("shift", [0.3, -1.1])
def test_two_inputs_with_a_constant_bias(shift):
    q, d = np.array([[0.5, 1.4]]), np.array([[[0, 0.9], [0.9, 0]]])
    distances, slopes = maps_of(Sin, q, d, shift)
    # sin u sin v = ½ (cos(u − v) − cos(u + v)), and u − v has variance 2d
    turned = math.cos(2 * shift)
    own = (1 - turned * np.exp(-2 * q[0])) / 2
    less, more = math.exp(-0.9), turned * math.exp(-(0.5 + 1.4) + 0.9)
    assert distances[0, 0, 1] == pytest.approx(own.mean() - (less - more) / 2, rel=2e-5)
    assert slopes[0, 0, 1] == pytest.approx((less + more) / 2, rel=2e-5)


def test_black_inputs_stay_at_the_value_and_the_slope_of_0():
    q, d = np.array([[0, 0.8, 0]]), np.array([[[0, 0.4, 0], [0.4, 0, 0.4], [0, 0.4, 0]]])
    for kind in (sn.ReLU, sn.Sigmoid, sn.Tanh):
        maps = TwoInputs(Elementwise(kind), (math.sqrt(0.8),) * 2)
        slopes = maps.distances_and_slopes(q, d)[1]
        slope = through(kind)[1]
        moving = average(lambda z, f=slope: f(math.sqrt(0.8) * z))
        assert slopes[0, 0, 2] == pytest.approx(slope(0) ** 2)
        assert slopes[0, 0, 1] == slopes[0, 1, 2] == pytest.approx(slope(0) * moving, rel=1e-6)


@pytest.mark.parametrize("q", [1, 30, 1000])
def test_of_inputs_that_have_nothing_in_common_a_steep_activation_keeps_all_the_distance(q):
    """u and v independent and φ odd: ½ E (φ(u) − φ(v))² = V."""
    phi = Elementwise(sn.Tanh)
    maps = TwoInputs(phi, (math.sqrt(q) * 0.9, math.sqrt(q) * 1.1), farthest=0.75)  # c from −.125 on
    distances, _ = maps.distances_and_slopes(np.full((1, 2), float(q)), np.array([[[0.0, q], [q, 0.0]]]))
    assert distances[0, 0, 1] == pytest.approx(sn.MeanField(sn.Tanh).second_moment(q), rel=1e-3)


def test_a_long_row_of_angles_does_not_fill_the_memory():
    for theta in np.linspace(0.1, 3, 50):
        plane_nodes(theta)
    assert plane_nodes.cache_info().currsize < 50
