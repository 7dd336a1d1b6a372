"""Layers one after the other: through which a network sends its input, images in pieces.

Read next: `network`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchnet.layers import Convolution, Layer
from scratchnet.support.threads import on_threads, pieces
from scratchnet.support.validation import Array, InputError

Named = Sequence[tuple[str, Layer]]


def cut_into_runs(layers: Named) -> list["Run"]:
    """Runs of layers that are `rowwise`, and each other layer by itself. Those with a convolution go in pieces."""
    runs: list[list[tuple[str, Layer]]] = []
    for name, layer in layers:
        if runs and layer.rowwise and runs[-1][-1][1].rowwise:
            runs[-1].append((name, layer))
        else:
            runs.append([(name, layer)])
    return [(RunInPieces if run[0][1].rowwise and has_convolution(run) else Run)(run) for run in runs]


def has_convolution(layers: Named) -> bool:
    return any(isinstance(layer, Convolution) or has_convolution([("", one) for one in layer.layers]) for _, layer in layers)


class Run:
    """forward from the first of some layers to the last, backward from the last to the first."""

    def __init__(self, layers: Named) -> None:
        self.layers = layers

    def forward(self, x: Array) -> Array:
        for name, layer in self.layers:
            x = forward_through(name, layer, x)
        return x

    def backward(self, dout: Array) -> Array | None:
        """Sets the gradients of all parameters, and returns dx, or None if no layer before has parameters."""
        dx: Array | None = dout
        for name, layer in reversed(self.layers):
            if dx is not None:
                dx = backward_through(name, layer, dx)
        return dx


class RunInPieces(Run):
    """The same piece by piece, on all cores: each piece of the batch through twins of the layers.

    The twins have the layers' parameters, and keep what their backward needs. A gradient is the sum of theirs.
    """

    twins: Sequence[Run] = ()

    def forward(self, x: Array) -> Array:
        rows = pieces(len(x))
        self.twins = ()
        if len(rows) == 1:
            return super().forward(x)
        twins = [Run([(name, layer.twin(layer.training)) for name, layer in self.layers]) for _ in rows]
        try:
            outs = on_threads(lambda i: twins[i].forward(x[rows[i]]), range(len(rows)))
        except InputError:
            super().forward(x)  # raises the same, about all of x
            raise
        self.twins = twins
        return np.concatenate(outs)

    def backward(self, dout: Array) -> Array | None:
        if not self.twins:
            return super().backward(dout)
        twins, rows = self.twins, pieces(len(dout))
        if len(rows) != len(twins):
            raise InputError(f"dout has {len(dout)} rows, but the x of the last forward had another number")
        dxs: list[Any] = on_threads(lambda i: twins[i].backward(dout[rows[i]]), range(len(rows)))
        for (_, layer), *named_twins in zip(self.layers, *(twin.layers for twin in twins), strict=True):
            add_up_gradients(layer, [twin for _, twin in named_twins])
        return None if dxs[0] is None else np.concatenate(dxs)


def add_up_gradients(layer: Layer, twins: Sequence[Layer]) -> None:
    for name in layer.specs:
        setattr(layer, "d" + name, sum(getattr(twin, "d" + name) for twin in twins))
    for inner, *inner_twins in zip(layer.layers, *(twin.layers for twin in twins), strict=True):
        add_up_gradients(inner, inner_twins)


def forward_through(name: str, layer: Layer, x: Array) -> Array:
    """forward of a layer, which is named if it cannot take x."""
    try:
        return layer.forward(x)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except ValueError as error:
        fans = next((spec.fans for spec in layer.specs.values() if spec.fans), None)
        if fans and x.ndim > 2 and math.prod(x.shape[1:]) == fans.n_in:
            raise InputError(
                f"{name} takes rows of width {fans.n_in}, but got images of shape {x.shape}: put a Flatten() before it"
            ) from error
        if fans and x.shape[-1] != fans.n_in:
            raise InputError(
                f"{name} takes rows of width {fans.n_in}, but got an array of shape {x.shape}: give x that "
                f"width, or build the layer as {type(layer).__name__}({x.shape[-1]}, {fans.n_out})"
            ) from error
        raise InputError(f"{name} cannot take an array of shape {x.shape}: {error}") from error


def backward_through(name: str, layer: Layer, dout: Array) -> Array | None:
    """backward of a layer, with a look at whether it did its part."""
    try:
        dx = layer.backward(dout)
    except AttributeError as error:
        raise InputError(f"{name}: {error}: backward comes after forward, which keeps what it needs") from error
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except ValueError as error:
        raise InputError(f"{name} cannot take a dout of shape {dout.shape} after its last x: {error}") from error
    if dx is None and layer.needs_dx:
        raise InputError(f"{name} returned no dx: {type(layer).__name__}.backward must return it")
    for parameter in layer.specs:
        if getattr(layer, "d" + parameter, None) is None:
            raise InputError(
                f"{name}.{parameter} got no gradient: {type(layer).__name__}.backward must set self.d{parameter}"
            )
    return dx
