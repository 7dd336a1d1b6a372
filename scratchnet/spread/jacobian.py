"""How a network, and each of its layers, stretches the directions of its input: the singular values of Jacobians.

It needs no labels. A Jacobian is exact: one backward pass on a batch that holds a copy of the input for each output, whose
gradient is 1 at that output. Read next: `measure`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.layers import BatchNorm, Dropout, Layer
from scratchnet.network import ROWS, Network, as_network
from scratchnet.spread_values.values import Jacobian, root_mean_square
from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array, no_pixels

MOST = 4_000_000  # numbers in a Jacobian


def network_jacobian(twin: Network, x: Array, outputs: int) -> Jacobian | None:
    """∂scores/∂x at the one input in x; None if an output depends on other rows or on chance, or if there are too many."""
    return None if outputs > ROWS else jacobian_of(twin, x, (outputs,))


def jacobian_of(layer: Layer, x: Array, out_shape: tuple[int, ...]) -> Jacobian | None:
    """∂out/∂x of a twin of a layer or network at the one input in x, for outputs of this shape."""
    parts = [one for _, one in layer.walk()] if isinstance(layer, Network) else [layer]
    n_out = int(np.prod(out_shape))
    if n_out * x.size > MOST or any(isinstance(one, BatchNorm | Dropout) and one.training for one in parts):
        return None
    for one in [layer, *parts]:
        one.needs_dx = True
    layer.forward(np.repeat(x, n_out, axis=0))
    dx = layer.backward(np.eye(n_out, dtype=x.dtype).reshape(n_out, *out_shape))
    if dx is None or not np.isfinite(dx).all():
        return None
    values = np.linalg.svd(dx.reshape(n_out, -1).astype(np.float64), compute_uv=False)
    return Jacobian(root_mean_square(values), float(values[0]), float(np.median(values)), tuple(values.tolist()))


@quiet
def measure_jacobians(net: Network, x: Array) -> dict[str, Jacobian | None]:
    """The singular values of ∂out/∂in of each layer, at what the first row of x is there: {name: Jacobian}.

    The product of the Jacobians of a chain of layers is that of the network, `measure_spread(net, x).jacobian`. The network
    is in evaluation, since BatchNorm and Dropout have no Jacobian of one input in training. None: one that is
    not finite or has more than four million numbers. A layer of images has one output for each place and channel.
    """
    net = as_network(net)
    twin = net.twin()
    twin.keep_in_one_piece()
    ends: dict[str, tuple[Array, tuple[int, ...]]] = {}
    for name, layer in twin.walk():
        _note_ends(name, layer, ends)
    twin.forward(no_pixels("x", net.as_rows(x))[:1])
    return {name: jacobian_of(layer.twin(), *ends[name]) for name, layer in net.walk()}


def _note_ends(name: str, layer: Layer, ends: dict[str, tuple[Array, tuple[int, ...]]]) -> None:
    forward = layer.forward

    def noting(x: Array) -> Array:
        out = forward(x)
        ends[name] = x, out.shape[1:]
        return out

    layer.forward = noting  # type: ignore[method-assign]
