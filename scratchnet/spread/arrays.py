"""The spreads of arrays that a reader's own code has made. Read next: `steps`."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from scratchnet.network import ROWS
from scratchnet.network.network import IMAGES
from scratchnet.spread.sums import LayerSums
from scratchnet.spread_values.values import LayerSpread
from scratchnet.support.quiet import quiet
from scratchnet.support.threads import cut
from scratchnet.support.validation import Array, InputError, finite, float_array


def as_numpy(value: Any) -> Any:
    """A tensor of PyTorch as an array, without its history; anything else as it is."""
    for method in ("detach", "cpu", "numpy"):
        if not callable(getattr(value, method, None)):
            return value
        value = getattr(value, method)()
    return value


def loss_number(value: Any) -> Any:
    """A loss, also as a tensor or an array of one number."""
    value = as_numpy(value)
    return value.item() if isinstance(value, np.ndarray | np.generic) and value.size == 1 else value


@quiet
def rows_of_arrays(
    activations: Mapping[str, Any],
    gradients: Mapping[str, Any],
    weights: Mapping[str, Any],
    weight_gradients: Mapping[str, Any],
    bounds: Mapping[str, tuple[float, float]],
    lr: float,
) -> list[LayerSpread]:
    """A LayerSpread for each activation, and for each weight that has a name of its own."""
    outs = _arrays("activations", activations, '{"h1": h1, "h2": h2}')
    ws, grads = _arrays("weights", weights, '{"W1": W1}'), _arrays("gradients", gradients, '{"h1": dh1, "W1": dW1}')
    dws = _arrays("weight_gradients", weight_gradients, '{"Affine1": dW}')
    if not outs:
        raise InputError('there are no activations: give at least one array by name, such as {"h1": h1}')
    _check_rows(outs)
    dws = {**{name: grad for name, grad in grads.items() if name in ws and name not in outs}, **dws}
    grads = {name: grad for name, grad in grads.items() if name in outs or name not in ws}
    _check_pairs("gradients", grads, outs, "activation or weight")
    _check_pairs("weight_gradients", dws, ws, "weight")
    ranges = {name: _range(name, limits, outs) for name, limits in _mapping("bounds", bounds, '{"h1": (-1, 1)}').items()}
    found = []
    own = iter([name for name in ws if name not in outs])
    for name, out in outs.items():
        found += [_weight_row(one, ws[one], dws.get(one), lr) for one in _next(own)]
        sums = LayerSums(ranges.get(name), ws.get(name))
        for rows in cut(len(out), math.ceil(len(out) / (IMAGES if out.ndim > 2 else ROWS))):
            sums.add_outputs(out[rows])
        if name in grads:
            sums.add_gradient(grads[name])
        if name in dws:
            sums.add_weight_gradient(dws[name])
        found.append(sums.layer_spread(name, lr))
    return found + [_weight_row(one, ws[one], dws.get(one), lr) for one in own]


def _next(names: Iterator[str]) -> list[str]:
    name = next(names, None)
    return [] if name is None else [name]


def _weight_row(name: str, w: Array, dw: Array | None, lr: float) -> LayerSpread:
    sums = LayerSums(None, w)
    if dw is not None:
        sums.add_weight_gradient(dw)
    return LayerSpread(name, **sums.of_weight(lr))


def _mapping(name: str, given: Any, such_as: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise InputError(f"{name} is a {type(given).__name__}, but a dictionary by name is needed, such as {such_as}")
    return given


def _arrays(what: str, given: Any, such_as: str) -> dict[str, Array]:
    """The arrays by name, each of floats, with two axes or more, and finite."""
    found = {}
    for name, value in _mapping(what, given, such_as).items():
        if value is None:
            raise InputError(f"{name} in {what} is None: leave it out, or call it after backward")
        array = float_array(name, as_numpy(value))
        if array.ndim < 2:
            remedy = "leave biases out" if what.startswith("weight") else "give the whole batch, one row for each input"
            raise InputError(f"{name} in {what} has shape {array.shape}, but two axes or more are needed: {remedy}")
        found[name] = finite(name, array)
    return found


def _check_rows(outs: Mapping[str, Array]) -> None:
    first, *others = outs
    for name in others:
        if len(outs[name]) != len(outs[first]):
            raise InputError(
                f"{name} has {len(outs[name])} rows, but {first} has {len(outs[first])}: activations are of one batch, and "
                f"weights go into weights={{{name!r}: {name}}}"
            )


def _check_pairs(what: str, grads: Mapping[str, Array], arrays: Mapping[str, Array], kind: str) -> None:
    for name, grad in grads.items():
        if name not in arrays:
            raise InputError(f"{what} has {name!r}, but there is no {kind} of this name: there are {', '.join(arrays)}")
        if grad.shape != arrays[name].shape:
            raise InputError(
                f"the gradient of {name} has shape {grad.shape}, but {name} has {arrays[name].shape}: give ∂loss/∂{name}"
            )


def _range(name: str, limits: Any, outs: Mapping[str, Array]) -> tuple[float, float]:
    if name not in outs:
        raise InputError(f"bounds has {name!r}, but there is no activation of this name: there are {', '.join(outs)}")
    try:
        low, high = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        low = high = math.nan
    if not low < high or not math.isfinite(high - low):
        raise InputError(f"the bounds of {name} are {limits!r}, but two numbers are needed, the lower first: (-1, 1)")
    return low, high
