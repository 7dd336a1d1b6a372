"""Where a network's numbers leave the floats: the layer at which a training diverged. Read next: `jacobian`."""

import numpy as np

from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array


@quiet
def first_not_finite(net: Network, x: Array) -> str | None:
    """The first layer, in the order of forward, with a parameter or an output for x that is not finite.

    None if there is none. The network is not changed, and a Dropout draws another mask than in the step before.
    """
    twin = net.twin(net.training)
    twin.keep_in_one_piece()  # so that the watched layers themselves get the numbers
    layers, found = list(twin.walk()), list[str]()

    def watch(name: str, layer: Layer) -> None:
        forward = layer.forward

        def watched(x: Array) -> Array:
            out = forward(x)
            if not all(np.isfinite(array).all() for array in (out, *(w for _, w, _ in layer.parameters()))):
                found.append(name)
            return out

        layer.forward = watched  # type: ignore[method-assign]

    for name, layer in layers:
        watch(name, layer)
    try:
        twin.forward(x)
    finally:
        for _, layer in layers:
            del layer.forward  # a layer that refers to itself would stay until the garbage collector runs
    return found[0] if found else None
