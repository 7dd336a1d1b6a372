"""Images in pieces: how a network sends a batch of images through its convolutions on all cores.

Where the rows of a batch do not depend on each other, layers may take the batch piece by piece. A network replaces each
stretch of such layers that holds a convolution by one `InPieces`; a network without convolutions has none. Read next:
`summary`.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scratchnet.layers import Convolution, Layer
from scratchnet.support.threads import on_threads, pieces, threads_for_pieces
from scratchnet.support.validation import Array, InputError


class InPieces:
    """A stretch of layers that takes a batch piece by piece, on all cores. `part` is a network of these layers.

    Each piece goes through a twin of the part. The twins share the part's parameters, and keep what their backward needs. A
    gradient is the sum of the twins' gradients. A batch of one piece goes through the part itself.
    """

    def __init__(self, part: Layer) -> None:
        self.part = part
        self.twins: Sequence[Layer] = ()

    def __getstate__(self) -> dict[str, Any]:
        return {"part": self.part, "twins": ()}  # a copy or a pickle leaves out what the last forward kept

    @property
    def needs_dx(self) -> bool:
        return self.part.layers[0].needs_dx

    def forward(self, x: Array) -> Array:
        rows = pieces(len(x))
        self.twins = ()
        if len(rows) == 1:
            return self.part.forward(x)
        twins = [self.part.twin(self.part.training) for _ in rows]
        try:
            outs = on_threads(lambda i: twins[i].forward(x[rows[i]]), range(len(rows)))
        except InputError:
            self.part.forward(x)  # raises the same, about all of x
            raise
        self.twins = twins
        return np.concatenate(outs)

    def backward(self, dout: Array) -> Array | None:
        if not self.twins:
            return self.part.backward(dout)
        twins, rows = self.twins, pieces(len(dout))
        if len(rows) != len(twins):
            raise InputError(f"dout has {len(dout)} rows, but the x of the last forward had another number")
        dxs: list[Any] = on_threads(lambda i: twins[i].backward(dout[rows[i]]), range(len(rows)))
        add_up_gradients(self.part, twins)
        return None if dxs[0] is None else np.concatenate(dxs)


def add_up_gradients(layer: Layer, twins: Sequence[Layer]) -> None:
    """Set the gradients of a layer, and of the layers inside it, to the sums of its twins' gradients."""
    for name in layer.specs:
        setattr(layer, "d" + name, sum(getattr(twin, "d" + name) for twin in twins))
    for inner, *inner_twins in zip(layer.layers, *(twin.layers for twin in twins), strict=True):
        add_up_gradients(inner, inner_twins)


def in_pieces(net: Any) -> Sequence[Any]:
    """The layers of a network, with an `InPieces` in place of each stretch that holds a convolution."""
    all_layers: Sequence[Layer] = net.layers
    if not net.has_convolution:
        return all_layers
    chain: list[Any] = []
    for stretch in stretches(all_layers):
        layers = all_layers[stretch]
        chain += [InPieces(net.part(stretch))] if layers[0].rowwise and has_convolution(layers) else layers
    return chain


def stretches(layers: Sequence[Layer]) -> list[slice]:
    """The layers in stretches: neighbours that are `rowwise` together, each other layer by itself."""
    found: list[slice] = []
    for i, layer in enumerate(layers):
        if i and layer.rowwise and layers[i - 1].rowwise:
            found[-1] = slice(found[-1].start, i + 1)
        else:
            found.append(slice(i, i + 1))
    return found


def has_convolution(layers: Sequence[Layer]) -> bool:
    return any(isinstance(layer, Convolution) or has_convolution(layer.layers) for layer in layers)


def on_all_cores(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a network's forward or backward: where it has convolutions, the pieces have the cores, not the BLAS."""

    @functools.wraps(method)
    def on_cores(net: Any, array: Array) -> Any:
        if not net.has_convolution:
            return method(net, array)
        with threads_for_pieces():
            return method(net, array)

    return on_cores
