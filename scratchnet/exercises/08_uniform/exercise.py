"""08. Uniform or normal: does the law matter, or the variance alone?"""

import math
from dataclasses import dataclass

import numpy as np

import scratchnet as sn


def unit_uniform(shape, rng):
    """z ~ U(−a, a), an array of that shape, with the a for which its variance is 1."""
    raise NotImplementedError


@dataclass(frozen=True)
class UniformHe(sn.Initializer):
    """Given, for "See it": W = σ z with He's σ = √(2 / fan_in), and z by `unit_uniform`."""

    draw = staticmethod(unit_uniform)

    def std(self, fans):
        return np.sqrt(2 / fans.fan_in)
