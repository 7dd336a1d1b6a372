"""Right layers of random kinds and sizes, and random compositions of them."""

import numpy as np
from check.corpus import right_layers as odd

import scratchnet as sn

ACTIVATIONS = [sn.ReLU, sn.LeakyReLU, sn.ELU, sn.SELU, sn.Sigmoid, sn.Tanh, sn.Softsign, sn.Softplus, sn.SiLU]
ACTIVATIONS += [sn.Mish, sn.GELU, sn.Identity]


class Gate(sn.Layer):
    """out = a · sigmoid(b), a and b the halves of x."""

    def forward(self, x):
        self.a, b = np.split(x, 2, axis=-1)
        self.s = odd.sigmoid(b)
        return self.a * self.s

    def backward(self, dout):
        return np.concatenate([dout * self.s, dout * self.a * self.s * (1 - self.s)], axis=-1)


class Scale(sn.Layer):
    def __init__(self, n):
        self.n = n
        self.gamma = self.parameter("gamma", (n,), sn.Ones())

    def forward(self, x):
        self.x = x
        return x * self.gamma

    def backward(self, dout):
        self.dgamma = (dout * self.x).reshape(-1, self.n).sum(axis=0)
        return dout * self.gamma


class Piecewise(sn.Layer):
    """A kink at each of some places, 0 among them."""

    def __init__(self, kinks, slopes):
        self.kinks, self.slopes = kinks, slopes

    def forward(self, x):
        self.x = x
        return sum(slope * np.maximum(x - kink, 0) for kink, slope in zip(self.kinks, self.slopes, strict=True))

    def backward(self, dout):
        slopes = sum(slope * (self.x > kink) for kink, slope in zip(self.kinks, self.slopes, strict=True))
        return dout * slopes.astype(dout.dtype)


class Maxout(sn.Layer):
    """The greatest of each pair of columns."""

    def forward(self, x):
        self.shape = x.shape
        pairs = x.reshape(*x.shape[:-1], -1, 2)
        self.first = pairs[..., 0] >= pairs[..., 1]
        return np.where(self.first, pairs[..., 0], pairs[..., 1])

    def backward(self, dout):
        return np.stack([dout * self.first, dout * ~self.first], axis=-1).reshape(self.shape)


class Zeros(sn.Layer):
    """x · 0 + x² / 2 where a mask is 1."""

    def forward(self, x):
        self.x = x
        return 0.5 * x**2 * (np.arange(x.shape[-1]) % 2).astype(x.dtype)

    def backward(self, dout):
        return dout * self.x * (np.arange(self.x.shape[-1]) % 2).astype(dout.dtype)


def piece(rng, n):
    """A layer that takes n numbers, and how many it makes."""
    kind = rng.integers(12)
    m = int(rng.integers(1, 7))
    if kind == 0:
        return sn.Affine(n, m, init=sn.Normal(float(rng.uniform(0.01, 3))), bias_init=sn.Normal(0.5)), m
    if kind == 1:
        return rng.choice(ACTIVATIONS)(), n
    if kind == 2:
        return sn.LeakyReLU(float(rng.uniform(0.01, 0.9))), n
    if kind == 3:
        return sn.PReLU(n), n
    if kind == 4 and n > 1:
        return sn.LayerNorm(n, float(10 ** rng.uniform(-6, -1))), n
    if kind == 5:
        return sn.BatchNorm(n, float(rng.uniform(0.5, 0.99))), n
    if kind == 6:
        return sn.Dropout(float(rng.uniform(0, 0.8))), n
    if kind == 7:
        return Scale(n), n
    if kind == 8:
        return Piecewise([0.0, float(rng.normal())], [float(rng.normal()), float(rng.normal())]), n
    if kind == 9 and n % 2 == 0:
        return rng.choice([Gate, Maxout])(), n // 2
    if kind == 10:
        return sn.Residual([sn.Affine(n, n), rng.choice(ACTIVATIONS)()]), n
    return rng.choice([odd.Softmax, odd.Noise, odd.GlobalDropout, odd.GaussianDropout, Zeros])(), n


def random_layer(seed):
    """A right layer and the shape of a batch for it."""
    rng = np.random.default_rng(seed)
    rows, n = int(rng.integers(2, 7)), int(rng.integers(1, 9))
    kind = rng.integers(10)
    if kind < 5:
        layer, _ = piece(rng, n)
        return layer, (rows, n)
    if kind == 5:
        size = int(rng.integers(1, 4))
        return sn.Convolution(2, n, size, pad=int(rng.integers(0, size))), (2, 4, 5, 2)
    if kind == 6:
        return rng.choice([sn.MaxPool, sn.AveragePool])(2), (2, 4, 6, 2)
    if kind == 7:
        return odd.Attention(4), (2, int(rng.integers(2, 4)), 4)
    width, layers = n, []
    for _ in range(int(rng.integers(2, 4))):
        layer, width = piece(rng, width)
        layers.append(layer)
    return sn.Network(layers, seed=seed, dtype=rng.choice([np.float32, np.float64])), (rows, n)
