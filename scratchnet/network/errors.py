"""What a network says when one of its layers fails: which layer it was, what that layer got, and what to do.

Read next: `in_pieces`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchnet.layers import Layer
from scratchnet.support.validation import Array, InputError, beyond_memory, shown

Named = Sequence[tuple[str, Layer]]
FAILURES = (ValueError, TypeError, IndexError, ZeroDivisionError, MemoryError)  # of a layer that cannot take an array


def name_of(named: Named, layer: Any) -> str | None:
    """The name of a layer; None for layers in pieces, whose errors bear the name of the layer among them already."""
    return next((name for name, one in named if one is layer), None)


def forward_error(named: Named, chain: Sequence[Any], layer: Any, x: Any, error: Exception) -> Exception:
    """The error for a layer whose forward cannot take x."""
    name = name_of(named, layer)
    if isinstance(error, InputError):
        return error if name is None else InputError(f"{name}: {error}")
    if isinstance(error, MemoryError):
        return beyond_memory(f"{name or 'x'}, for an x", x.shape)
    if not isinstance(x, np.ndarray):
        return no_array(name_of(named, chain[chain.index(layer) - 1]), x)
    if name is None:
        return error
    fans = next((spec.fans for spec in layer.specs.values() if spec.fans), None)
    if fans and x.ndim > 2 and math.prod(x.shape[1:]) == fans.n_in:
        return InputError(
            f"{name} takes rows of width {fans.n_in}, but got images of shape {x.shape}: put a Flatten() before it"
        )
    if fans and x.shape[-1] != fans.n_in:
        return InputError(
            f"{name} takes rows of width {fans.n_in}, but got an array of shape {x.shape}: give x that "
            f"width, or build the layer as {type(layer).__name__}({x.shape[-1]}, {fans.n_out})"
        )
    return InputError(f"{name} cannot take an array of shape {x.shape}: {error}")


def no_array(name: str | None, out: Any) -> InputError:
    return InputError(f"{name or 'a layer'} returned {shown(out)} from forward: it must return an array")


def check_output(named: Named, chain: Sequence[Any], out: Any) -> None:
    """Raise InputError unless the last layer returned an array."""
    if not isinstance(out, np.ndarray):
        raise no_array(name_of(named, chain[-1]), out)


def backward_error(named: Named, layer: Any, dout: Any, error: Exception) -> Exception:
    """The error for a layer whose backward cannot take dout."""
    name = name_of(named, layer)
    if isinstance(error, MemoryError):
        return beyond_memory(f"{name or 'x'}, for a dout", dout.shape)
    if name is None:
        return error
    if isinstance(error, InputError):
        return InputError(f"{name}: {error}")
    if isinstance(error, AttributeError):
        return InputError(f"{name}: {error}: backward comes after forward, which keeps what it needs")
    if not isinstance(dout, np.ndarray):
        return InputError(f"{name} got {shown(dout)} for dout: the layer after it must return an array from backward")
    return InputError(f"{name} cannot take a dout of shape {dout.shape} after its last x: {error}")


def check_gradients(named: Named, last: Any, dx: Array | None) -> None:
    """Raise InputError if the last layer that was asked returned no dx where one is needed, or a gradient is unset."""
    if dx is None and last.needs_dx:
        kind = type(last).__name__
        raise InputError(f"{name_of(named, last)} returned no dx: {kind}.backward must return it")
    for name, layer in named:
        for parameter in layer.specs:
            if getattr(layer, "d" + parameter, None) is None:
                kind = type(layer).__name__
                raise InputError(f"{name}.{parameter} got no gradient: {kind}.backward must set self.d{parameter}")
