"""Right layers that look odd."""

import numpy as np
from check.corpus.cases import Table

import scratchnet as sn

RIGHT = Table("layer")
GENERATOR = np.random.default_rng(0)


def layer(forward, backward, name="Mine", **more):
    """A layer without parameters, or with those that `make` notes."""
    make = more.pop("make", None)
    if make:
        more["__init__"] = make
    return type(name, (sn.Layer,), {"forward": forward, "backward": backward, **more})


class OutIn(sn.Layer):
    """A weight stored (out, in)."""

    def __init__(self, n_in=7, n_out=3):
        self.W = self.parameter("W", (n_out, n_in), sn.He(), sn.Fans(n_in, n_out))
        self.b = self.parameter("b", (n_out,), sn.Zeros())

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, dout):
        self.dW, self.db = dout.T @ self.x, dout.sum(axis=0)
        return dout @ self.W


class GlobalDropout(sn.Layer):
    def __init__(self, ratio=0.3):
        self.ratio = ratio

    def forward(self, x):
        if not self.training:
            self.mask = np.ones_like(x)
            return x
        self.mask = ((np.random.rand(*x.shape) > self.ratio) / (1 - self.ratio)).astype(x.dtype)  # noqa: NPY002
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class ModuleDropout(GlobalDropout):
    def forward(self, x):
        if not self.training:
            self.mask = np.ones_like(x)
            return x
        self.mask = ((GENERATOR.random(x.shape) > self.ratio) / (1 - self.ratio)).astype(x.dtype)
        return x * self.mask


class FreshDropout(GlobalDropout):
    def forward(self, x):
        if not self.training:
            self.mask = np.ones_like(x)
            return x
        self.mask = ((np.random.default_rng().random(x.shape) > self.ratio) / (1 - self.ratio)).astype(x.dtype)
        return x * self.mask


class BookDropout(GlobalDropout):
    """Not inverted: it multiplies in evaluation."""

    def forward(self, x):
        if self.training:
            self.mask = (np.random.rand(*x.shape) > self.ratio).astype(x.dtype)  # noqa: NPY002
        else:
            self.mask = np.full_like(x, 1 - self.ratio)
        return x * self.mask


class Noise(sn.Layer):
    mean = 0.0

    def forward(self, x):
        return x + np.random.normal(self.mean, 0.5, x.shape).astype(x.dtype) if self.training else x  # noqa: NPY002

    def backward(self, dout):
        return dout


class GaussianDropout(sn.Layer):
    def forward(self, x):
        self.z = np.random.normal(1, 0.5, x.shape).astype(x.dtype) if self.training else np.ones_like(x)  # noqa: NPY002
        return x * self.z

    def backward(self, dout):
        return dout * self.z


class DropConnect(sn.Layer):
    def __init__(self, n_in=7, n_out=3):
        self.W = self.parameter("W", (n_in, n_out), sn.He(), sn.Fans(n_in, n_out))
        self.start(np.random.default_rng(0))

    def start(self, rng):
        self.rng = rng

    def forward(self, x):
        self.x = x
        kept = (self.rng.random(self.W.shape) > 0.4) / 0.6 if self.training else np.ones(self.W.shape)
        self.mask = kept.astype(x.dtype)
        return x @ (self.W * self.mask)

    def backward(self, dout):
        self.dW = self.x.T @ dout * self.mask
        return dout @ (self.W * self.mask).T


class Embedding(sn.Layer):
    def __init__(self, n=9, size=4):
        self.W = self.parameter("W", (n, size), sn.Normal(0.1))

    def forward(self, x):
        self.ids = x
        return self.W[x]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.ids, dout)


class Bilinear(sn.Layer):
    """Two inputs."""

    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class Attention(sn.Layer):
    def __init__(self, d=4, causal=False):
        self.d, self.causal = d, causal
        for name in ("Q", "K", "V"):
            setattr(self, name, self.parameter(name, (d, d), sn.LeCun(), sn.Fans(d, d)))

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = x @ self.Q, x @ self.K, x @ self.V
        s = self.q @ self.k.swapaxes(-1, -2) / x.dtype.type(self.d**0.5)
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        self.a = e / e.sum(axis=-1, keepdims=True)
        return self.a @ self.v

    def scores(self, da):
        return self.a * (da - (da * self.a).sum(axis=-1, keepdims=True))

    def backward(self, dout):
        dv, da = self.a.swapaxes(-1, -2) @ dout, dout @ self.v.swapaxes(-1, -2)
        ds = self.scores(da) / dout.dtype.type(self.d**0.5)
        dq, dk = ds @ self.k, ds.swapaxes(-1, -2) @ self.q
        flat = self.x.reshape(-1, self.d).T
        self.dQ, self.dK, self.dV = (flat @ g.reshape(-1, self.d) for g in (dq, dk, dv))
        return dq @ self.Q.T + dk @ self.K.T + dv @ self.V.T


class CrossAttention(sn.Layer):
    def forward(self, q, k, v):
        self.q, self.k, self.v = q, k, v
        s = q @ k.swapaxes(-1, -2)
        e = np.exp(s - s.max(axis=-1, keepdims=True))
        self.a = e / e.sum(axis=-1, keepdims=True)
        return self.a @ v

    def backward(self, dout):
        da = dout @ self.v.swapaxes(-1, -2)
        ds = self.a * (da - (da * self.a).sum(axis=-1, keepdims=True))
        return ds @ self.k, ds.swapaxes(-1, -2) @ self.q, self.a.swapaxes(-1, -2) @ dout


class Softmax(sn.Layer):
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y

    def backward(self, dout):
        return self.y * (dout - (dout * self.y).sum(axis=-1, keepdims=True))


class RMSNorm(sn.Layer):
    eps = 1e-6

    def __init__(self, n=7):
        self.gamma = self.parameter("gamma", (n,), sn.Ones())

    def forward(self, x):
        self.root = np.sqrt((x**2).mean(axis=-1, keepdims=True) + x.dtype.type(self.eps))
        self.x_hat = x / self.root
        return self.gamma * self.x_hat

    def backward(self, dout):
        self.dgamma = (dout * self.x_hat).reshape(-1, len(self.gamma)).sum(axis=0)
        g = self.gamma * dout
        return (g - self.x_hat * (g * self.x_hat).mean(axis=-1, keepdims=True)) / self.root


class InstanceNorm(sn.Layer):
    def forward(self, x):
        self.std = np.sqrt(x.var(axis=(1, 2), keepdims=True) + x.dtype.type(1e-5))
        self.x_hat = (x - x.mean(axis=(1, 2), keepdims=True)) / self.std
        return self.x_hat

    def backward(self, dout):
        a = (1, 2)
        means = dout.mean(axis=a, keepdims=True), (dout * self.x_hat).mean(axis=a, keepdims=True)
        return (dout - means[0] - self.x_hat * means[1]) / self.std


class BatchNormTorch(sn.Layer):
    """PyTorch's momentum, an unbiased running variance, other names."""

    def __init__(self, n=7, momentum=0.1, eps=1e-5):
        self.momentum, self.eps = momentum, eps
        self.weight = self.parameter("weight", (n,), sn.Ones())
        self.bias = self.parameter("bias", (n,), sn.Zeros())
        self.moving_mean, self.moving_var = np.zeros(n, np.float32), np.ones(n, np.float32)

    def forward(self, x):
        mean, var = self.moving_mean, self.moving_var
        if self.training:
            mean, var, n = x.mean(axis=0), x.var(axis=0), len(x)
            self.moving_mean = (1 - self.momentum) * self.moving_mean + self.momentum * mean
            self.moving_var = (1 - self.momentum) * self.moving_var + self.momentum * var * n / max(n - 1, 1)
        self.std = np.sqrt(var + x.dtype.type(self.eps))
        self.x_hat = (x - mean) / self.std
        return self.weight * self.x_hat + self.bias

    def backward(self, dout):
        self.dweight, self.dbias = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)
        g = dout * self.weight
        if self.training:
            g = g - g.mean(axis=0) - self.x_hat * (g * self.x_hat).mean(axis=0)
        return g / self.std


class Plain(sn.Layer):
    """A fixed matrix, which is no parameter and has no gradient."""

    def __init__(self):
        self.R = np.random.default_rng(0).standard_normal((7, 5)).astype(np.float32)

    def forward(self, x):
        return x @ self.R.astype(x.dtype)

    def backward(self, dout):
        return dout @ self.R.T.astype(dout.dtype)


def elementwise(f, derivative, name="Mine", **more):
    def forward(self, x):
        self.x = x
        return f(self, x)

    return layer(forward, lambda self, dout: dout * derivative(self, self.x), name, **more)


def gelu(self, x):
    return 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))


def gelu_slope(self, x):
    c = (2 / np.pi) ** 0.5
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)


def sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2))


RIGHT.group = "weights and inputs"
RIGHT.right("a weight (out, in)", OutIn(), (4, 7))
RIGHT.right("a weight (out, in), square", OutIn(5, 5), (4, 5))
RIGHT.right("a weight (out, in) named Affine", type("Affine", (OutIn,), {})(7, 3), (4, 7))
RIGHT.right("a square one named Linear", type("Linear", (OutIn,), {})(5, 5), (4, 5))
RIGHT.right("a weight (out, in) beside ours", OutIn(), (4, 7), right=sn.Affine(7, 3))
RIGHT.right("an embedding", Embedding(), (5,))
RIGHT.right("an embedding of sentences", Embedding(), (3, 4))
RIGHT.right("two inputs", Bilinear(), [(4, 7), (4, 7)])
RIGHT.right("attention", Attention(), (2, 3, 4))
RIGHT.right("attention with three inputs", CrossAttention(), [(2, 3, 4), (2, 5, 4), (2, 5, 6)])
RIGHT.right("a fixed matrix", Plain(), (4, 7))
RIGHT.group = "chance"
RIGHT.right("dropout from np.random", GlobalDropout(), (4, 7))
RIGHT.right("dropout from np.random, named Dropout", type("Dropout", (GlobalDropout,), {})(), (4, 7))
RIGHT.right("dropout from a module's generator", ModuleDropout(), (4, 7))
RIGHT.right("dropout from a generator made anew", FreshDropout(), (4, 7))
RIGHT.right("the book's dropout", BookDropout(), (4, 7))
RIGHT.right("noise", Noise(), (4, 7))
RIGHT.right("noise of a mean", type("Noise", (Noise,), {"mean": 0.4})(), (4, 7))
RIGHT.right("Gaussian dropout", GaussianDropout(), (4, 7))
RIGHT.right("DropConnect", DropConnect(), (4, 7))
RIGHT.right("dropout, then an activation", sn.Network([sn.Affine(7, 5), sn.Dropout(0.4), sn.Tanh()], seed=0), (4, 7))
RIGHT.group = "kinks and constants"
RIGHT.right("clip", elementwise(lambda o, x: np.clip(x, 0, 1), lambda o, x: (x > 0) & (x < 1)), (4, 7))
RIGHT.right("|x|", elementwise(lambda o, x: np.abs(x), lambda o, x: np.sign(x)), (4, 7))
RIGHT.right("ReLU with ≥", elementwise(lambda o, x: np.maximum(x, 0), lambda o, x: x >= 0, "ReLU"), (4, 7))
RIGHT.right("GELU with tanh", elementwise(gelu, gelu_slope, "GELU"), (4, 7))
RIGHT.right(
    "LeakyReLU with .2",
    elementwise(lambda o, x: np.where(x > 0, x, x / 5), lambda o, x: np.where(x > 0, x * 0 + 1, x * 0 + 1 / 5), "LeakyReLU"),
    (4, 7),
)
RIGHT.right(
    "ELU with alpha",
    elementwise(
        lambda o, x: np.where(x > 0, x, o.alpha * np.expm1(np.minimum(x, 0))),
        lambda o, x: np.where(x > 0, x * 0 + 1, o.alpha * np.exp(np.minimum(x, 0))),
        "ELU",
        alpha=0.5,
    ),
    (4, 7),
)
RIGHT.right(
    "SELU, constants cut",
    elementwise(
        lambda o, x: np.where(x > 0, 1.0507 * x, 1.0507 * 1.67326 * np.expm1(np.minimum(x, 0))),
        lambda o, x: np.where(x > 0, 1.0507 + 0 * x, 1.0507 * 1.67326 * np.exp(np.minimum(x, 0))),
        "SELU",
    ),
    (4, 7),
)
RIGHT.right(
    "Swish", elementwise(lambda o, x: x * sigmoid(x), lambda o, x: sigmoid(x) * (1 + x * (1 - sigmoid(x))), "Swish"), (4, 7)
)
RIGHT.right("a logarithm", elementwise(lambda o, x: np.log(x), lambda o, x: 1 / x, "Log"), (4, 7))
RIGHT.right("a root", elementwise(lambda o, x: np.sqrt(x), lambda o, x: 0.5 / np.sqrt(x), "Root"), (4, 7))
RIGHT.right("1/x", elementwise(lambda o, x: 1 / x, lambda o, x: -1 / x**2, "Reciprocal"), (4, 7))
RIGHT.group = "norms and others"
RIGHT.right("softmax", Softmax(), (4, 7))
RIGHT.right("RMSNorm", RMSNorm(), (4, 7))
RIGHT.right("RMSNorm of sentences", RMSNorm(), (2, 3, 7))
RIGHT.right("InstanceNorm", InstanceNorm(), (2, 3, 4, 2))
RIGHT.right("BatchNorm as PyTorch's", BatchNormTorch(), (4, 7))
RIGHT.right("the same, named BatchNorm", type("BatchNorm", (BatchNormTorch,), {})(), (4, 7))
RIGHT.right("the same, named BatchNorm1d", type("BatchNorm1d", (BatchNormTorch,), {})(7, 0.2, 1e-3), (6, 7))
RIGHT.right("the library's own network, float64", sn.Network([sn.Affine(7, 3), sn.ReLU()], seed=0, dtype=np.float64), (4, 7))
