"""Dropout: in training, numbers are left out at random. Read next: `channels`."""

from __future__ import annotations

import copy
from typing import Self

import numpy as np

from scratchnet.layers.base import Layer
from scratchnet.support.validation import Array, number


class Dropout(Layer):
    """out = x · mask / (1 − ratio),  mask is 0 with probability `ratio` and else 1, new in each forward pass

        dx = dout · mask / (1 − ratio)

    The division keeps the mean of x, so in evaluation out = x. (This is called inverted dropout. The book does not divide,
    and multiplies by 1 − ratio in evaluation instead.) The masks come from the layer's own stream of the network's seed.
    Srivastava et al. 2014. PyTorch calls the ratio p, Keras rate.
    """

    def __init__(self, ratio: float = 0.5) -> None:
        self.ratio = number("ratio", ratio, least=0, below=1)
        self.start(np.random.default_rng())

    def start(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def forward(self, x: Array) -> Array:
        if not self.training:
            self.mask = np.ones(1, x.dtype)
            return x
        kept = self.rng.random(x.shape, np.float32) >= self.ratio
        self.mask = kept / np.asarray(1 - self.ratio, x.dtype)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask

    def twin(self, training: bool = False) -> Self:
        twin = super().twin(training)
        twin.rng = copy.deepcopy(self.rng)  # so that the twin's draws do not change this layer's
        return twin
