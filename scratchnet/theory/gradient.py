"""A gradient on its way back through the layers, and what is kept of it at each. Read next: `residual`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.finite import gradient_share_variance, more_squared_cosine
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
    excess        mean squared cosine of two inputs' gradients in one network, minus that of G
    places        of an image, at how many places these gradients are independent
    counted       whether log_variance and excess have the part that comes from the number of units
    before_norm   by which a BatchNorm passes back more of it, since it goes with the norm's outputs
    shared        for each Residual around: the mean products of the gradient after it and this one, None if they are 0
    """

    products: Pairs
    log_variance: float = 0.0
    of_scores: bool = False
    counted: bool = False
    excess: float = 0.0
    places: int = 1
    before_norm: float = 1.0
    shared: tuple[Shared, ...] = ()

    @property
    def square(self) -> float:
        G = self.products
        mean = G.factor * float(np.trace(G.table.array, axis1=1, axis2=2).mean()) / G.table.array.shape[1]
        return max(mean, 0.0)  # rounding makes a 0 negative

    @property
    def squared_cosine(self) -> float:
        """Mean squared cosine of two inputs, over all places: Σ G² / (tr G)²"""
        table = self.products.table.array
        trace = float(np.trace(table, axis1=1, axis2=2).sum())
        return float(np.vdot(table / trace, table / trace)) if trace > 0 else 0.0


@dataclass
class LayerRecord:
    """What was predicted at one layer."""

    step: Step
    grad_square: float | None = None
    grad_log_variance: float = 0.0
    dw_square: float | None = None

    def add_gradient(self, gradient: Gradient) -> Array:
        """Keep the gradient's mean square and log variance here; returns gradients of some units."""
        of_units = self.step.out.sample.gradient(gradient.products, gradient.excess)
        self.grad_square = gradient.square
        self.grad_log_variance = self.count_units(gradient, of_units).log_variance
        if not math.isfinite(self.grad_square):
            raise OverflowError(BEYOND)
        return of_units

    def count_units(self, gradient: Gradient, of_units: Array) -> Gradient:
        """The gradient with the part of log_variance and excess that comes from the number of this layer's units."""
        if gradient.counted:
            return gradient
        share, n = gradient_share_variance(of_units), self.step.out.units * gradient.places
        excess = gradient.excess + more_squared_cosine(gradient.squared_cosine + gradient.excess, share, n)
        return replace(gradient, log_variance=gradient.log_variance + share / n, excess=excess, counted=True)

    def through(self, gradient: Gradient, of_units: Array) -> Gradient:
        """The gradient with what the layer adds to log_variance and excess on its way back; the products are still those
        after the layer."""
        step, n = self.step, self.step.out.units * gradient.places
        added = step.gradient_log_variance(of_units, gradient.places)
        if step.gradient_covariance is None:  # random weights, so units are drawn anew
            gradient = self.count_units(gradient, of_units)
            return replace(gradient, log_variance=gradient.log_variance + added, counted=False)
        excess = gradient.excess * step.excess_passed
        if step.counts_units and gradient.counted:
            share, passed_cosine = gradient_share_variance(of_units), gradient.squared_cosine * step.excess_passed
            own = more_squared_cosine(gradient.squared_cosine, share, n) * step.excess_passed  # which is counted
            excess += max(more_squared_cosine(passed_cosine, added * n, n) - own, 0.0)
            added = max(added - share / n, 0.0)
        elif step.counts_units:
            excess += more_squared_cosine(gradient.squared_cosine * step.excess_passed + excess, added * n, n)
        counted = gradient.counted or step.counts_units
        return replace(gradient, log_variance=gradient.log_variance + added, excess=excess, counted=counted)


def run_backward(backwards: Sequence[Backward], gradient: Gradient, record: bool = True) -> Gradient:
    for backward in reversed(backwards):
        gradient = backward(gradient, record)
    return gradient


def of_sum(after: Gradient, inner: Gradient, products: Array, units: int) -> Gradient:
    """The gradient before a residual block: what comes after it, plus what the branch makes of that.

    Both are counted. What deviates after the block does so in the branch as well; only the rest is the branch's own.
    """
    G = Pairs.of(products)
    before = replace(after, products=G, shared=())
    if not before.square:
        return before
    skip, branch = after.square / before.square, inner.square / before.square
    of_branch = min(max(branch, 1 - skip), 1.0)
    of_products = max(before.squared_cosine - skip**2 * after.squared_cosine - branch**2 * inner.squared_cosine, 0.0)
    own = max(inner.log_variance - after.log_variance, 0), max(inner.excess - after.excess, 0)
    return replace(
        before,
        log_variance=after.log_variance + of_branch**2 * own[0] + 2 * of_products / units / after.places,
        excess=after.excess + of_branch**2 * own[1] + 2 * skip * branch / units / after.places,
    )


def passed(shared: Shared, through: Passed) -> Shared:
    """What a layer leaves of products with its inputs."""
    return None if shared is None or through is None else lambda: through(shared())


def added(one: Shared, other: Shared) -> Shared:
    if one is None or other is None:
        return one or other
    return lambda: one() + other()
