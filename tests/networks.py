"""Networks to save, load and copy, and what it means that two are the same."""

import numpy as np
import pytest
from small import digits

import scratchnet as sn

each_suffix = pytest.mark.parametrize("suffix", [".npz", ".safetensors"])


class Sine(sn.Layer):
    """A layer as a reader writes it."""

    def __init__(self, n, init=sn.Ones()):
        self.n = n
        self.f = self.parameter("f", (n,), init)

    def forward(self, x):
        self.x = x
        return np.sin(self.f * x)

    def backward(self, dout):
        slope = np.cos(self.f * self.x)
        self.df = (dout * self.x * slope).sum(axis=0)
        return dout * self.f * slope


def own_law(shape, fans, rng):
    return 0.1 * rng.standard_normal(shape)


def branches():
    inner = sn.Network([sn.Affine(12, 12), sn.GELU()], dtype=np.float64)
    branch = [sn.Affine(12, 12), sn.BatchNorm(12, momentum=0.8), sn.Tanh(), inner]
    layers = [sn.Affine(784, 12, init=sn.ExactGain(sn.Tanh)), sn.Residual(branch), sn.Dropout(0.1)]
    return sn.Network([*layers, sn.Affine(12, 10, bias_init=sn.Normal(0.1))], seed=5)


NETWORKS = {
    "mlp": lambda: sn.mlp(784, [12, 8], 10, normalization=sn.BatchNorm, dropout=0.2, seed=3),
    "float64": lambda: sn.mlp(
        784,
        [12, 8],
        10,
        activation=lambda: sn.LeakyReLU(0.2),
        normalization=lambda n: sn.LayerNorm(n, epsilon=1e-3),
        init=sn.Xavier(sn.uniform),
        dtype=np.float64,
    ),
    "float16": lambda: sn.mlp(784, [12], 10, seed=1, dtype=np.float16),
    "own layer": lambda: sn.mlp(784, [12], 10, activation=lambda: Sine(12), seed=1),
    "own initializer": lambda: sn.mlp(784, [12], 10, init=own_law, seed=1),
    "lsuv": lambda: sn.mlp(784, [12], 10, init=sn.LSUV(), seed=1, images=digits()[0][:100][0]),
    "convnet": lambda: sn.simple_convnet(maps=3, hidden=8, activation=sn.PReLU, seed=2),
    "deep": lambda: sn.deep_convnet((2, 2, 2), 6, seed=2),
    "branches": branches,
}
each_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=list(NETWORKS))


def data_for(net):
    return digits(flatten=not net.has_convolution)


def trained(make, steps=3):
    net = make()
    sn.Trainer(net, sn.SGD(0.01), batch_size=20).fit(data_for(net)[0], steps=steps, progress=False)
    return net


def assert_same(net, other):
    assert repr(other).replace(repr(own_law), "own_law") == repr(net).replace(repr(own_law), "own_law")
    assert other.names == net.names
    assert (other.seed, other.dtype) == (net.seed, net.dtype)
    for (name, w, _), (other_name, v, _) in zip(net.parameters(), other.parameters(), strict=True):
        assert (name, w.dtype, w.tobytes()) == (other_name, v.dtype, v.tobytes())
    x = data_for(net)[1][:50][0]
    for one, two in zip(net.scores(x), other.scores(x), strict=True):
        assert one.tobytes() == two.tobytes()
