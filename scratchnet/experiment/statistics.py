"""The paired t interval: how certain a difference between two initializers is, from a few seeds.

Read next: `result`.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet.support.quadrature import bisect, legendre


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences and half the width of its 95 % interval, which is nan with fewer than two pairs."""

    mean: float
    half_width: float
    pairs: int

    @property
    def significant(self) -> bool:
        """Is 0 outside the interval?"""
        return abs(self.mean) > self.half_width


def paired(a: Sequence[float], b: Sequence[float]) -> Difference:
    """mean(a − b) ± t s / √n, with s the std of the n differences and t Student's 97.5 % point for n − 1 degrees.

    A pair is two runs with the same seed. They see the same batches, so the effect of the batches cancels.
    """
    differences = np.array(a, np.float64) - np.array(b, np.float64)
    n = len(differences)
    half_width = student(n - 1) * float(differences.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return Difference(float(differences.mean()) if n else math.nan, half_width, n)


@functools.cache
def student(degrees: int) -> float:
    """t with P(|T| < t) = .95 for Student's T, whose density is proportional to (1 + x²/ν)^(−(ν + 1)/2)."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def inside(t: float) -> float:
        x, w = legendre(tuple(np.linspace(0, t, 41)), 10)
        return 2 * scale * float(w @ (1 + x * x / degrees) ** (-(degrees + 1) / 2))

    return bisect(lambda t: inside(t) - 0.95, 1.9, 13.0)
