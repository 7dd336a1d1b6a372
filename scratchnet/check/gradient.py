"""Is a backward pass right? Change every number a little and see what the output does.

`check_gradient` takes any layer, one of your own too, and a whole network. Read next: `known_mistakes`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.chance import Chance
from scratchnet.check.report import name_of, shortened
from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.tables import Table
from scratchnet.support.validation import Array, InputError, finite, float_array, number, whole


def numerical_gradient(f: Callable[[Array], float], x: Array, step: float = 1e-5) -> Array:
    """∂f/∂x by centred differences, (f(x + h) − f(x − h)) / 2h for every element, in float64.

    f takes an array of the shape of x and returns a number. x holds floats: on integers x + h would be x again.
    """
    if not callable(f):
        raise InputError(f"f is {f!r}, but a function of x that returns a number is needed")
    ahead, behind = differences(f, float_array("x", x, np.float64), number("step", step, above=0))
    return (ahead + behind) / 2


def differences(f: Callable[[Array], float], x: Array, step: float = 1e-5) -> tuple[Array, Array]:
    """(f(x + h) − f(x)) / h and (f(x) − f(x − h)) / h for every element: they differ where f has a kink."""
    x = x.copy()
    ahead, behind, here = np.empty_like(x), np.empty_like(x), f(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + step
        ahead[i] = (f(x) - here) / step
        x[i] = kept - step
        behind[i] = (here - f(x)) / step
        x[i] = kept
    return ahead, behind


@dataclass(frozen=True)
class Comparison:
    """One gradient of a layer against the numerical one. `worst` is the place where they differ most."""

    name: str
    ok: bool
    worst: tuple[int, ...]
    yours: float
    numeric: float


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradient` found: `ok`, and a comparison for dx and for the gradient of each parameter."""

    layer: str
    comparisons: list[Comparison]

    @property
    def ok(self) -> bool:
        return all(comparison.ok for comparison in self.comparisons)

    def __repr__(self) -> str:
        wrong = [one.name for one in self.comparisons if not one.ok]
        names = ", ".join(one.name for one in self.comparisons)
        return f"<GradientReport: {self.layer}, {f'WRONG in {wrong}' if wrong else f'right in {names}'}>"

    def table(self) -> Table:
        rows = [
            [c.name, "right" if c.ok else "WRONG", str(list(c.worst)), f"{c.yours:.6g}", f"{c.numeric:.6g}"]
            for c in self.comparisons
        ]
        return Table([self.layer, "verdict", "worst at", "yours", "numeric"], rows)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def check_gradient(layer: Layer, x: Array, tolerance: float = 1e-6, seed: int = 0) -> GradientReport:
    """Compare `layer.backward` with centred differences, every element of x and of each parameter, in float64.

    The scalar that is differentiated is Σ dout · out, with a random dout. A gradient is right if it differs from the
    numerical one by at most `tolerance` times the greatest element of either. The layer itself is not changed. Choose
    an x away from kinks, such as ReLU's at 0: there no difference quotient can tell.
    """
    if not isinstance(layer, Layer):
        raise InputError(f"the layer is {shortened(layer)}, but an object whose class derives from sn.Layer is needed")
    x = finite("x", float_array("x", x, np.float64)).copy()
    tolerance = number("tolerance", tolerance, above=0)
    untouched = in_float64(layer)
    try:
        out = copy.deepcopy(untouched).forward(x.copy())
    except ValueError as error:
        raise InputError(f"{name_of(layer)} cannot take an x of shape {x.shape}: {shortened(str(error), 160)}") from error
    if not isinstance(out, np.ndarray):
        raise InputError(f"{type(layer).__name__}.forward returned {out!r}, but an array is needed: is a return missing?")
    dout = np.random.default_rng(whole("seed", seed, least=0)).standard_normal(out.shape)
    chance = Chance(untouched)
    gradients, arrays = own_gradients(untouched, x, dout, chance)
    comparisons = []
    for label, array in arrays.items():
        yours = gradients[label]
        if yours is None:
            where = "backward returned None: return dx" if label == "dx" else f"backward left self.{label} unset"
            raise InputError(f"{type(layer).__name__}.{where}")
        if np.shape(yours) != array.shape:
            raise InputError(
                f"{type(layer).__name__}: {label} has shape {np.shape(yours)}, but what it is the gradient of has "
                f"{array.shape}"
            )
        ahead, behind = by_differences(untouched, x, dout, label, chance=chance)
        comparisons.append(_compare(label, np.array(yours), (ahead + behind) / 2, tolerance))
    chance.rewind()
    return GradientReport(name_of(layer), comparisons)


def own_gradients(
    untouched: Layer, x: Array, dout: Array, chance: Chance | None = None
) -> tuple[dict[str, Any], dict[str, Array]]:
    """dx and the gradient of each parameter as the layer's own backward has them, and what they are the gradients of."""
    layer = copy.deepcopy(untouched)
    if chance:
        chance.rewind()
    layer.forward(x.copy())
    gradients: dict[str, Any] = {"dx": layer.backward(dout.copy())} | gradients_of(layer)
    arrays = {"dx": x} | dict(zip(gradients_of(layer), (w for _, w, _ in untouched.parameters()), strict=True))
    return gradients, arrays


def gradients_of(layer: Layer) -> dict[str, Any]:
    """The gradient of each parameter, as the last backward left it: dW for W, Affine1.dW for Affine1.W."""
    places = ((name.rpartition("."), dw) for name, _, dw in layer.parameters())
    return {f"{prefix}{dot}d{last}": dw for (prefix, dot, last), dw in places}


def by_differences(
    untouched: Layer, x: Array, dout: Array, label: str, step: float = 1e-5, chance: Chance | None = None
) -> tuple[Array, Array]:
    """The same gradient of Σ dout · out from above and from below. Nothing that is given has changed afterwards."""
    layer, x = copy.deepcopy(untouched), x.copy()
    array = x
    if label != "dx":
        prefix, dot, last = label.rpartition(".")
        array = next(w for name, w, _ in layer.parameters() if name == f"{prefix}{dot}{last[1:]}")

    def objective(values: Array) -> float:
        kept = array.copy()
        array[...] = values
        again = copy.deepcopy(layer)  # each time the same random numbers, and nothing remembered
        array[...] = kept
        if chance:
            chance.rewind()
        return float((again.forward((values if array is x else x).copy()) * dout).sum())

    return differences(objective, array, step)


def _compare(label: str, yours: Array, numeric: Array, tolerance: float) -> Comparison:
    difference = np.abs(yours - numeric)
    difference[~np.isfinite(difference)] = np.inf
    scale = max(float(np.abs(numeric).max()), 1e-3)
    worst = tuple(int(i) for i in np.unravel_index(difference.argmax(), difference.shape))
    return Comparison(label, bool(difference.max() <= tolerance * scale), worst, float(yours[worst]), float(numeric[worst]))


def in_float64(layer: Layer) -> Layer:
    """A copy that computes in float64, dx too."""
    layer = copy.deepcopy(layer)
    inside = [one for _, one in layer.walk()] if isinstance(layer, Network) else []
    for one in [layer, *inside]:
        one.needs_dx = True
        if isinstance(one, Network):
            one.dtype = np.dtype(np.float64)
        for name in one.specs:
            setattr(one, name, getattr(one, name).astype(np.float64))
        for unnoted in getattr(one, "unnoted_arrays", ()):
            unnoted.put(one, unnoted.array(one).astype(np.float64))
    return layer
