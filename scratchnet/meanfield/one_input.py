"""One input: what goes into a unit of a wide layer is a sum of many random numbers, so it is a normal number √q z.

Everything here is an average over z ~ N(0, 1), by quadrature, of an activation's own forward and backward. So it works for
a reader's own activation as well as for ReLU. Read next: `two_inputs`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from scratchnet.support.quadrature import bisect, legendre
from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array, InputError, number, shown

PANELS, NODES, REACH = 24, 20, 12.0


@functools.cache
def normal_nodes() -> tuple[Array, Array]:
    """Nodes z and weights w with E f(z) = Σ w f(z): panels on [−12, 12] with an edge at 0, where activations have kinks."""
    z, w = legendre(tuple(np.linspace(-REACH, REACH, PANELS + 1)), NODES)
    return z, w * normal_density(z)


def normal_density(z: Array) -> Array:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


class Elementwise:
    """An activation as a function: `values(x)` is φ(x), `slopes(x)` is φ'(x), for an array of any shape.

    `activation` is a layer, or a class or function that makes one, such as ReLU; `units` is the width that the layer needs.
    """

    def __init__(self, activation: Any, units: int = 1) -> None:
        if isinstance(activation, type) or not hasattr(activation, "forward"):
            if not callable(activation):
                raise InputError(
                    f"activation is {shown(activation)}, but what makes a layer is needed, such as the class ReLU"
                )
            try:
                made = activation()
            except TypeError as error:
                raise InputError(
                    f"activation is {shown(activation)}, but what makes a layer is needed, such as the class ReLU: {error}"
                ) from error
            activation = made
        if not all(hasattr(activation, method) for method in ("forward", "backward", "twin")):
            raise InputError(
                f"activation makes {shown(activation)}, which is not a layer: give the class ReLU, or one like it"
            )
        self.layer, self.units = activation.twin(), units
        self.name = type(activation).__name__
        x = np.linspace(-2.1, 1.9, 4 * units)
        # The same numbers at other units, and some of them with other numbers in their row and in their column.
        out, reversed_out, some = self.values(x), self.values(x[::-1])[::-1], self.values(x[: 2 * units + 1])
        if not np.allclose(np.append(reversed_out, some), np.append(out, out[: some.size]), rtol=1e-6, atol=1e-9):
            raise InputError(f"{self.name} is no activation: each of its outputs must depend on one input alone")

    def values(self, x: Array) -> Array:
        return self._through(self.layer.forward, x)

    def slopes(self, x: Array) -> Array:
        self.values(x)
        return self._through(self.layer.backward, np.ones_like(x))

    def _through(self, function: Callable[[Array], Any], x: Array) -> Array:
        missing = -x.size % self.units  # from the last row: numbers from the start fill it
        rows = np.concatenate([x.ravel(), np.resize(x, missing)]) if missing else x.flatten()  # copies: a layer may keep it
        rows = rows.reshape(-1, self.units)
        try:
            with np.errstate(all="ignore"):
                out = np.asarray(function(rows), np.float64)
        except (ValueError, TypeError) as error:
            raise InputError(f"{self.name} is no activation: it cannot take any array: {error}") from error
        if out.shape != rows.shape:
            raise InputError(f"{self.name} is no activation: it makes {out.shape} of {rows.shape}")
        return out.ravel()[: x.size].reshape(x.shape)


class MeanField:
    """An activation φ in a wide network whose weights have variance σ_w²/fan_in and whose biases have variance σ_b².

        q ← σ_w² V(q) + σ_b²,    V(q) = E φ(√q z)²

    is what a layer makes of q, the variance of what goes into a unit. `activation` is what makes the layer, such as the
    class Tanh, or a class of your own. Poole et al. 2016, Schoenholz et al. 2017. Everything is in float64.
    """

    def __init__(self, activation: Any) -> None:
        self.phi = activation if isinstance(activation, Elementwise) else Elementwise(activation)

    def __repr__(self) -> str:
        return f"MeanField({self.phi.name})"

    @quiet
    def average(self, f: Callable[[Array], Array], q: Any, shift: float = 0.0) -> Any:
        """E f(√q z + shift), for a number q or an array of them."""
        z, w = normal_nodes()
        return f(np.sqrt(np.asarray(q, np.float64))[..., None] * z + shift) @ w

    def mean(self, q: Any, shift: float = 0.0) -> Any:
        """E φ(√q z)"""
        return self.average(self.phi.values, q, shift)

    def second_moment(self, q: Any, shift: float = 0.0) -> Any:
        """V(q) = E φ(√q z)²"""
        return self.average(lambda x: self.phi.values(x) ** 2, q, shift)

    def squared_slope(self, q: Any, shift: float = 0.0) -> Any:
        """E φ'(√q z)²"""
        return self.average(lambda x: self.phi.slopes(x) ** 2, q, shift)

    def gain(self, q: float = 1.0) -> float:
        """The σ_w that keeps q (without biases): σ_w² = q / V(q). √2 for ReLU."""
        q = number("q", q, above=0)
        kept = float(self.second_moment(q))
        if not 0 < kept < math.inf:
            raise InputError(f"{self.phi.name} makes {kept:g} of a variance of {q:g}: no gain keeps that")
        return math.sqrt(q / kept)

    @quiet
    def chi_1(self, sigma_w2: float, q: float) -> float:
        """χ₁ = σ_w² E φ'(√q z)²: the factor by which a layer scales a small squared distance, and a squared gradient."""
        return float(sigma_w2 * self.squared_slope(q))

    @quiet
    def chi_q(self, sigma_w2: float, q: float) -> float:
        """χ_q = σ_w² V'(q),  V'(q) = E (z² − 1) φ(√q z)² / 2q: the factor by which a layer scales a small change of q."""
        z, w = normal_nodes()
        return float(sigma_w2 * (self.phi.values(math.sqrt(q) * z) ** 2 @ (w * (z * z - 1))) / (2 * q))

    @quiet
    def kappa_4(self, q: float) -> float:
        """κ₄ = E φ⁴ / V² − 1: the relative variance of one unit's square. For the mean over n units, divide it by n."""
        return float(self.average(lambda x: self.phi.values(x) ** 4, q) / self.second_moment(q) ** 2 - 1)

    @quiet
    def fixed_point(self, sigma_w2: Any, sigma_b2: Any = 0.0, q: Any = 1.0, steps: int = 2000) -> Any:
        """q*, where q = σ_w² V(q) + σ_b²: what q becomes after `steps` layers, 0 or inf if it has no limit."""
        q, sigma_w2, sigma_b2 = (
            np.array(one, np.float64) for one in np.broadcast_arrays(q, sigma_w2, sigma_b2, subok=False)
        )
        moving = np.ones(q.shape, bool)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                before = q[moving]
                after = sigma_w2[moving] * self.second_moment(np.clip(before, 1e-30, 1e30)) + sigma_b2[moving]
                q[moving] = after
                moving[moving] = ~((np.abs(after - before) <= 1e-15 * after) | (after < 1e-30) | (after > 1e30))
                if not moving.any():
                    break
        q = np.where(q <= 1.01e-30, 0.0, np.where(q > 1e30, np.inf, q))
        return q if q.ndim else float(q)

    @quiet
    def critical(self, sigma_b2: float = 0.0) -> tuple[float, float]:
        """(σ_w², q*) with χ₁ = 1 at the fixed point: gradients neither vanish nor explode, however deep the network.

        Each q has one σ_w² = 1 / E φ'², and then σ_b² = q − σ_w² V(q). Of those with the given σ_b² the result is the
        smallest q that attracts (χ_q ≤ 1). Without biases that is q* = 0 for ReLU and tanh.
        """
        sigma_b2 = number("sigma_b²", sigma_b2, least=0)
        grid = np.logspace(-8, 3, 441)
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = self._critical_bias(grid) - sigma_b2
        found = []
        if sigma_b2 == 0 and abs(self.phi.values(np.zeros(1))[0]) < 1e-12:
            found.append(1e-16)
        for i in np.flatnonzero(np.isfinite(excess[:-1] * excess[1:]) & (excess[:-1] * excess[1:] < 0)):
            if max(abs(excess[i]), abs(excess[i + 1])) > 1e-9 * grid[i]:  # rounding changes the sign of a 0 too
                found.append(bisect(lambda q: float(self._critical_bias(q)) - sigma_b2, grid[i], grid[i + 1]))
        for q in found:
            sigma_w2 = 1 / max(float(self.squared_slope(q)), 1e-300)
            if self.chi_q(sigma_w2, max(q, 1e-4)) < 1 + (1e-6 if q == 1e-16 else 1e-3):
                return sigma_w2, 0.0 if q == 1e-16 else float(q)
        raise InputError(f"{self.phi.name} has no critical point at sigma_b² = {sigma_b2:g}: {self._critical_hint()}")

    def _critical_hint(self) -> str:
        try:
            return f"give {self.half_stable()[1]:.4g} or more"
        except InputError:
            return "give another, such as 0 for ReLU"

    def _critical_bias(self, q: Any) -> Any:
        return q - self.second_moment(q) / self.squared_slope(q)

    @quiet
    def half_stable(self) -> tuple[float, float, float]:
        """(σ_w², σ_b², q*) where χ₁ = χ_q = 1: for GELU and SiLU, whose fixed point attracts from one side only.

        Roberts, Yaida & Hanin 2022, section 5.3.
        """

        def excess(q: float) -> float:
            return self.chi_q(1 / float(self.squared_slope(q)), q) - 1

        grid = np.logspace(-2, 4, 241)
        values = [excess(q) for q in grid]
        for low, high, a, b in zip(grid, grid[1:], values, values[1:], strict=False):
            if a * b < 0 and max(abs(a), abs(b)) > 1e-9:
                q = bisect(excess, low, high)
                sigma_b2 = float(self._critical_bias(q))
                if sigma_b2 >= 0:
                    return 1 / float(self.squared_slope(q)), sigma_b2, float(q)
        raise InputError(f"{self.phi.name} has no q at which χ₁ and χ_q are both 1")
