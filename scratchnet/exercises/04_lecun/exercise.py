"""04. How large must weights be for a sum of n_in products to stay as large as its inputs?"""

import math
from dataclasses import dataclass

import numpy as np

import scratchnet as sn


def variance_of_sum(fan_in, var_w, mean_square_x):
    """Var(Σᵢ wᵢ xᵢ) over i = 1 … fan_in, where the wᵢ are independent, of mean 0 and variance var_w, and E[xᵢ²] is given."""
    raise NotImplementedError


@dataclass(frozen=True)
class LeCun(sn.Initializer):
    """W = σ z,  z ~ N(0, 1), with the σ that makes `variance_of_sum` as large as E[x²]."""

    def std(self, fans):
        """σ, from fans.fan_in, how many inputs feed one unit, and fans.fan_out, how many units one input feeds"""
        raise NotImplementedError
