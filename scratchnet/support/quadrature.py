"""Nodes and weights for integrals, and the root of a function by bisection."""

import functools
from collections.abc import Callable

import numpy as np

from scratchnet.support.validation import Array


@functools.cache
def leggauss(count: int) -> tuple[Array, Array]:
    """Nodes and weights on [−1, 1]. They take eigenvalues to find, and most calls have the same count."""
    return np.polynomial.legendre.leggauss(count)


@functools.lru_cache(maxsize=64)
def legendre(edges: tuple[float, ...], count: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre quadrature, `count` in each panel between two edges: ∫ f = Σ w f(x)."""
    t, w = leggauss(count)
    starts, halves = np.array(edges[:-1]), np.diff(edges) / 2
    return (starts[:, None] + halves[:, None] * (t + 1)).ravel(), (halves[:, None] * w).ravel()


def bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """The x between low and high where f changes its sign."""
    at_low = f(low)
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if (f(middle) > 0) == (at_low > 0) else (low, middle)
    return (low + high) / 2
