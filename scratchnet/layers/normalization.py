"""Normalization: it brings every unit, or every row, to mean 0 and variance 1, and then to a scale that is learnt.

The last axis holds the units, or the channels of an image. Read next: `dropout`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.initializers import InitLike, Ones, Zeros
from scratchnet.layers.base import Layer
from scratchnet.support.validation import Array, InputError, number, whole


class BatchNorm(Layer):
    """out = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε),  with mean μ and variance σ² of each unit over the batch

        dγ = Σ dout x̂        dβ = Σ dout        dx = γ / √(σ² + ε) · (dout − mean(dout) − x̂ mean(dout x̂))

    Sums and means run over all axes but the last: over the batch or, for images, over the batch and all places.
    In evaluation μ and σ² are the running ones, which are constants: dx = γ / √(σ² + ε) · dout. In training, each running
    one becomes momentum · running + (1 − momentum) · the batch's. Shapes: x (N, n) or (N, H, W, n); gamma, beta (n,).

    Ioffe & Szegedy 2015. momentum is the book's, and Keras' (.99); PyTorch's momentum is 1 − this one, and its running
    variance is larger by m / (m − 1), where m is the number of values of a unit in a batch.
    """

    def __init__(
        self,
        n: int,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        init: InitLike = Ones(),
        bias_init: InitLike = Zeros(),
    ) -> None:
        self.n = whole("n", n)
        self.momentum = number("momentum", momentum, least=0, below=1)
        self.epsilon = number("epsilon", epsilon, above=0)
        self.gamma = self.parameter("gamma", (n,), init)
        self.beta = self.parameter("beta", (n,), bias_init)
        self.start(np.random.default_rng())

    def start(self, rng: np.random.Generator) -> None:
        self.running_mean = np.zeros_like(self.gamma)
        self.running_var = np.ones_like(self.gamma)

    def forward(self, x: Array) -> Array:
        check_units(self, x)
        mean, var = self.running_mean, self.running_var
        if self.training:
            if x.size <= self.n:
                raise InputError(
                    f"x has shape {x.shape}: one number per unit has no spread to normalize by, so train on batches of at "
                    "least two rows"
                )
            mean = over_batch(x)
            var = over_batch((x - mean) ** 2)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        self.std = np.sqrt(var + self.epsilon)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout: Array) -> Array:
        count = dout.size // self.n
        mean, mean_x_hat = over_batch(dout), over_batch(dout * self.x_hat)
        self.dgamma = count * mean_x_hat
        self.dbeta = count * mean
        if self.training:
            dout = dout - mean - self.x_hat * mean_x_hat
        return self.gamma / self.std * dout


class LayerNorm(Layer):
    """out = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε),  with mean μ and variance σ² of each row over its units

        dγ = Σ dout x̂        dβ = Σ dout        dx = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε),  g = γ dout

    The sums run over the batch, the means over the units, which are the last axis: each pixel of an image is a row by
    itself. No row depends on another, so training and evaluation are the same. Shapes: x (…, n); gamma, beta (n,).
    Ba et al. 2016. PyTorch's LayerNorm(n) on channels last, and Keras', are the same.
    """

    rowwise = True

    def __init__(
        self,
        n: int,
        epsilon: float = 1e-5,
        init: InitLike = Ones(),
        bias_init: InitLike = Zeros(),
    ) -> None:
        self.n = whole("n", n)
        self.epsilon = number("epsilon", epsilon, above=0)
        self.gamma = self.parameter("gamma", (n,), init)
        self.beta = self.parameter("beta", (n,), bias_init)

    def forward(self, x: Array) -> Array:
        check_units(self, x)
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)
        self.x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout: Array) -> Array:
        count = dout.size // self.n
        self.dgamma = count * over_batch(dout * self.x_hat)
        self.dbeta = count * over_batch(dout)
        g = self.gamma * dout
        mean, mean_x_hat = (a.mean(axis=-1, keepdims=True) for a in (g, g * self.x_hat))
        return (g - mean - self.x_hat * mean_x_hat) / self.std


def check_units(layer: BatchNorm | LayerNorm, x: Array) -> None:
    """Raise InputError unless the last axis of x has as many units as the layer."""
    if x.shape[-1:] != (layer.n,):
        raise InputError(
            f"x has shape {x.shape}, but the last axis must have {layer.n} units: give x that many, or build the layer as "
            f"{type(layer).__name__}({x.shape[-1] if x.ndim else 1})"
        )


def over_batch(a: Array) -> Array:
    """The mean over all axes but the last; over the batch first, since that sum is the fast one."""
    if not a.size:
        return np.zeros(a.shape[-1], a.dtype)  # np.mean would warn
    return a.mean(axis=0).reshape(-1, a.shape[-1]).mean(axis=0)
