"""The neural tangent kernel against that of neural-tangents (golden/make_tangent_kernels.py), and what is made of it."""

import functools
import math
from pathlib import Path

import numpy as np
import pytest
from meanfield.test_one_input import Erf, Sin

import scratchnet as sn
from scratchnet.theory.growth import Growth
from scratchnet.theory.mixing import class_matrices
from scratchnet.theory.tangent import TangentWalk

WIDTHS = [40, 70] * 5
CASES = {  # activation, sigma_w2, sigma_b2
    "ReLU": (sn.ReLU, 2.0, 0.0),
    "ReLU+bias": (sn.ReLU, 1.5, 0.09),
    "GELU+bias": (sn.GELU, 2.0, 0.1),
    "erf+bias": (Erf, 1.7, 0.05),
    "sin+bias": (Sin, 1.5, 0.05),
}


@functools.cache
def golden():
    with np.load(Path(__file__).parents[1] / "golden" / "tangent_kernels.npz") as file:
        return dict(file)


def laws(sigma_w2, sigma_b2):
    return sn.VarianceScaling(sigma_w2), sn.Normal(math.sqrt(sigma_b2)) if sigma_b2 else sn.Zeros()


def assert_kernel(layers, x, theta):
    net = sn.Network(layers, seed=0, dtype=np.float64)
    size = np.sqrt(np.diag(theta))
    error = np.abs(TangentWalk(net.twin(), x).kernel() - theta) / np.outer(size, size)
    assert error.max() < 0.001, error.max()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("depth", [1, 2, 3, 6, 10])
def test_the_kernel_of_rows(case, depth):
    kind, *sigmas = CASES[case]
    x, layers, n_in = golden()[f"{case}.x"], [], 20
    for width in WIDTHS[:depth]:
        layers += [sn.Affine(n_in, width, *laws(*sigmas)), kind()]
        n_in = width
    assert_kernel([*layers, sn.Affine(n_in, 10, *laws(*sigmas))], x, golden()[f"{case}.theta"][depth - 1])


def test_the_kernel_of_a_residual_network():
    def block():
        return sn.Residual([sn.Affine(40, 80, *laws(2, 0.01)), sn.ReLU(), sn.Affine(80, 40, *laws(1, 0.01))])

    ends = sn.Affine(20, 40, *laws(1.5, 0.01)), sn.Affine(40, 10, *laws(1, 0.01))
    layers = [ends[0], block(), block(), block(), sn.ReLU(), ends[1]]
    assert_kernel(layers, golden()["residual.x"], golden()["residual.theta"])


def test_the_kernel_of_a_convolution_network():
    convolutions = sn.Convolution(3, 20, 3, 1, 1, 1, *laws(2, 0.01)), sn.Convolution(20, 30, 3, 2, 1, 1, *laws(2, 0.01))
    last = sn.Affine(30 * 4 * 5, 10, *laws(1, 0.01))
    layers = [convolutions[0], sn.ReLU(), convolutions[1], sn.ReLU(), sn.Flatten(), last]
    assert_kernel(layers, golden()["convolution.x"], golden()["convolution.theta"])


def inputs(rows=12):
    return np.random.default_rng(0).standard_normal((rows, 8)) + 0.5


def gradients(net, x, D):
    """∂(D·f)/∂θ of every parameter, in one vector."""
    net.forward(x)
    net.backward(D)
    return np.concatenate([dw.ravel() for _, _, dw in net.parameters()])


def test_the_kernel_is_the_mean_over_networks_with_layer_norm_too():
    x, D = inputs(), np.random.default_rng(1).standard_normal((12, 3))

    def make(seed):
        layers = [sn.Affine(8, 60), sn.LayerNorm(60), sn.Tanh(), sn.Affine(60, 3)]
        return sn.Network(layers, seed, np.float64)

    squares = [np.sum(gradients(make(seed), x, D) ** 2) for seed in range(60)]
    expected = np.vdot(D @ D.T, TangentWalk(make(0).twin(), x).kernel())
    assert expected == pytest.approx(np.mean(squares), rel=0.05)


def test_growth_is_exact_for_one_hidden_layer_without_an_activation():
    """The second derivative of |∇(D·f)|² along the movement, by differences, averaged over networks."""
    x, rng = inputs(), np.random.default_rng(1)
    D, M = rng.standard_normal((12, 3)), rng.standard_normal((12, 3))

    def make(seed):
        return sn.Network([sn.Affine(8, 200), sn.LeakyReLU(1.0), sn.Affine(200, 3)], seed, np.float64)

    found = []
    for seed in range(60):
        net = make(seed)
        movement = -1e-3 * gradients(net, x, M)
        start = np.concatenate([w.ravel() for _, w, _ in net.parameters()])
        squares = []
        for sign in (-1, 0, 1):
            values = np.split(start + sign * movement, np.cumsum([w.size for _, w, _ in net.parameters()])[:-1])
            for (_, w, _), value in zip(net.parameters(), values, strict=True):
                w[...] = value.reshape(w.shape)
            squares.append(np.sum(gradients(net, x, D) ** 2))
        found.append((squares[0] + squares[2] - 2 * squares[1]) / 2e-6)
    walk = TangentWalk(make(0).twin(), x)
    square, growth = Growth(walk, len(x)).of(D, M)
    assert square == pytest.approx(np.vdot(D @ D.T, walk.kernel()), rel=1e-12)
    assert growth == pytest.approx(np.mean(found), rel=0.03)


def test_classes_are_mixed_as_in_networks_of_that_width():
    """S is the identity in the mean, and the spread of its numbers is that of δᵀδ of single networks."""
    x = inputs(1)

    def make(seed):
        return sn.Network([sn.Affine(8, 20), sn.ReLU(), sn.Affine(20, 3)], seed, np.float64)

    measured = []
    for seed in range(150):
        J = np.stack([gradients(make(seed), x, np.eye(3)[[c]]) for c in range(3)])
        measured.append(J @ J.T)
    walk = TangentWalk(make(0).twin(), x)
    S = class_matrices(walk, walk.shares(), 400, np.random.default_rng(0))
    np.testing.assert_allclose(S.mean(axis=0), np.eye(3), atol=0.05)
    theta = float(walk.kernel()[0, 0])
    off_diagonal = np.std([one[np.triu_indices(3, 1)] for one in measured]) / theta
    share = 1 - float(next(iter(walk.shares().values()))[0, 0]) / theta  # of the first layer, whose gradients are mixed
    assert share * math.sqrt(2 / 20) == pytest.approx(off_diagonal, rel=0.15)
