"""A residual branch: a network that adds to its input instead of replacing it. Read next: `models`."""

from scratchnet.network.network import Network
from scratchnet.support.validation import Array, InputError


class Residual(Network):
    """out = x + branch(x),  the branch being the layers one after the other

        dx = dout + what the branch's backward makes of dout

    The branch must give back the shape that it gets. A Residual is a layer of a Network, whose layers are named
    "Residual1.Affine1" and so on. He et al. 2016.
    """

    def forward(self, x: Array) -> Array:
        branch = super().forward(x)
        if branch.shape != x.shape:
            raise InputError(
                f"the branch makes {branch.shape} of an x of shape {x.shape}, but what is added to x must have its shape"
            )
        return x + branch

    def backward(self, dout: Array) -> Array | None:
        dx = super().backward(dout)
        return None if dx is None else dout + dx
