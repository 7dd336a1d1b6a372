"""06. ReLU throws half away: half of what?"""

import math
from dataclasses import dataclass

import numpy as np

import scratchnet as sn


def kept(slope):
    """E[φ(z)²] for z ~ N(0, 1) and φ(z) = z where z > 0, else slope · z. (With slope 0 that is ReLU.)"""
    raise NotImplementedError


@dataclass(frozen=True)
class He(sn.Initializer):
    """W = σ z,  z ~ N(0, 1), with fan_in · σ² · kept(slope) = 1   (He et al. 2015)"""

    slope: float = 0.0

    def std(self, fans):
        """σ, from fans and self.slope"""
        raise NotImplementedError
