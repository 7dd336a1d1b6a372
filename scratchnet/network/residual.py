"""A residual branch: a network that adds its output to its input. Read next: `models`."""

from __future__ import annotations

from typing import Any

from scratchnet.network.network import Network
from scratchnet.support.validation import Array, InputError


class Residual(Network):
    """out = x + branch(x),  where the branch is the layers one after the other

        dx = dout + branch.backward(dout)

    The branch's output must have the shape of its input. A Residual is used as a layer of a Network, and its layers are
    named "Residual1.Affine1" and so on. He et al. 2016.
    """

    def forward(self, x: Array) -> Array:
        branch = super().forward(x)
        if branch.shape != x.shape:
            raise InputError(
                f"the branch makes {branch.shape} of an x of shape {x.shape}, but both must have one shape to be added"
            )
        return x + branch

    def backward(self, dout: Array) -> Array | None:
        dx = super().backward(dout)
        return None if dx is None else dout + dx

    def onnx_nodes(self, graph: Any, x: str) -> str:
        return graph.node("Add", x, super().onnx_nodes(graph, x))
