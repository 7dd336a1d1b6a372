"""A gradient on its way back through the layers, and what is kept of it at each. Read next: `residual`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.finite import gradient_share_variance
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import BEYOND, Passed, Step

Shared = Callable[[], Array] | None  # products, computed where they are needed
Backward = Callable[["Gradient", bool], "Gradient"]  # the bool says whether the layers' records are to keep it


@dataclass(frozen=True)
class Gradient:
    """A gradient on its way back.

    products      G (P, B, B), the mean products of two inputs' gradients
    log_variance  variance of ln G over networks
    of_scores     whether this is the gradient of the loss with respect to the scores, whose sum is 0
    counted       whether log_variance has the part that comes from the number of units
    shared        for each Residual around: the mean products of the gradient after it and this one, None if they are 0
    """

    products: Pairs
    log_variance: float = 0.0
    of_scores: bool = False
    counted: bool = False
    shared: tuple[Shared, ...] = ()

    @property
    def square(self) -> float:
        G = self.products
        mean = G.factor * float(np.trace(G.table.array, axis1=1, axis2=2).mean()) / G.table.array.shape[1]
        return max(mean, 0.0)  # rounding makes a 0 negative


@dataclass
class LayerRecord:
    """What was predicted at one layer."""

    step: Step
    grad_square: float | None = None
    grad_log_variance: float = 0.0
    dw_square: float | None = None

    def add_gradient(self, gradient: Gradient) -> Array:
        """Keep the gradient's mean square and log variance here; returns gradients of some units."""
        of_units = self.step.out.sample.gradient(gradient.products)
        self.grad_square, self.grad_log_variance = gradient.square, self.with_units(gradient, of_units)
        if not math.isfinite(self.grad_square):
            raise OverflowError(BEYOND)
        return of_units

    def with_units(self, gradient: Gradient, of_units: Array) -> float:
        """The log variance with the part that comes from the number of this layer's units."""
        own = 0.0 if gradient.counted else gradient_share_variance(of_units) / self.step.out.units
        return gradient.log_variance + own


def run_backward(backwards: Sequence[Backward], gradient: Gradient, record: bool = True) -> Gradient:
    for backward in reversed(backwards):
        gradient = backward(gradient, record)
    return gradient


def passed(shared: Shared, through: Passed) -> Shared:
    """What a layer leaves of products with its inputs."""
    return None if shared is None or through is None else lambda: through(shared())


def added(one: Shared, other: Shared) -> Shared:
    if one is None or other is None:
        return one or other
    return lambda: one() + other()
