"""05. Forward asks for 1 / fan_in, backward for 1 / fan_out: what does one take?"""

import math
from dataclasses import dataclass

import numpy as np

import scratchnet as sn


@dataclass(frozen=True)
class Xavier(sn.Initializer):
    """W = σ z,  z ~ N(0, 1), with σ² = 1 / (the mean of fan_in and fan_out)   (Glorot & Bengio 2010)"""

    def std(self, fans):
        """σ"""
        raise NotImplementedError


def limit(fans):
    """The a for which W ~ U(−a, a) has the same variance."""
    raise NotImplementedError
