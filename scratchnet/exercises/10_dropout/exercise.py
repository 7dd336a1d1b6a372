"""10. What does dropout do to the size of a signal?"""

import math
from dataclasses import dataclass

import numpy as np

import scratchnet as sn


class Dropout(sn.Layer):
    """out = x · mask / (1 − ratio),  mask 0 with probability `ratio`, else 1, anew in each forward pass

    In evaluation (self.training is False) out = x. Backward goes through the mask that forward drew.
    """

    def __init__(self, ratio=0.5):
        self.ratio = ratio
        self.start(np.random.default_rng())

    def start(self, rng):
        self.rng = rng

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError


@dataclass(frozen=True)
class DropoutHe(sn.Initializer):
    """W = σ z,  z ~ N(0, 1), with fan_in · σ² · E[out²] = 1 where x is a ReLU's output: E[x²] = 1/2 before the dropout."""

    ratio: float = 0.5

    def std(self, fans):
        """σ, from fans.fan_in and self.ratio"""
        raise NotImplementedError


def relu_dropout():
    """Given, for "See it": ReLU and your Dropout behind it, as one layer."""
    return sn.Network([sn.ReLU(), Dropout(0.5)])
