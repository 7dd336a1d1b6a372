"""Integrals by quadrature, and where a function is 0."""

import functools
from collections.abc import Callable

import numpy as np

from scratchnet.support.validation import Array


@functools.cache
def legendre(edges: tuple[float, ...], count: int) -> tuple[Array, Array]:
    """Places and weights of Gauss and Legendre: `count` in each panel between two edges."""
    t, w = np.polynomial.legendre.leggauss(count)
    starts, halves = np.array(edges[:-1]), np.diff(edges) / 2
    return (starts[:, None] + halves[:, None] * (t + 1)).ravel(), (halves[:, None] * w).ravel()


def bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """Where f changes its sign between low and high."""
    at_low = f(low)
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if (f(middle) > 0) == (at_low > 0) else (low, middle)
    return (low + high) / 2
