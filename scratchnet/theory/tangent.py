"""The neural tangent kernel: how far one step of training on one input moves the scores of another.

    Θ[i, j] = Σ over all parameters θ of E ∂f(xᵢ)/∂θ ∂f(xⱼ)/∂θ,     f one of the scores

It comes from the same walk as a predicted spread. Jacot et al. 2018. Read next: `mixing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scratchnet.layers import Affine, Convolution, Dropout, Layer, LayerNorm
from scratchnet.network import Network
from scratchnet.support.validation import Array
from scratchnet.theory.gradient import Backward, Gradient, run_backward
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.predict import Prediction
from scratchnet.theory.signal import OutOfReach, Signal, Step


@dataclass(frozen=True, eq=False)
class Place:
    """A layer in the walk: what it does, and the signal that it reads. `trunk` is False inside a residual branch."""

    layer: Any
    step: Step
    before: Signal
    trunk: bool

    @property
    def has_weights(self) -> bool:
        return isinstance(self.layer, Affine | Convolution)

    def first(self, rows: int) -> Place:
        """The same layer for the first few inputs alone."""
        return replace(self, step=replace(self.step, out=self.step.out.first(rows)), before=self.before.first(rows))

    def share(self, G: Pairs) -> Array:
        """Σ over this layer's parameters of the products (B, B) of two inputs' gradients, for G after the layer."""
        after = G.table.array
        if self.has_weights:
            units, fan_in, back, k = self.units, self.fan_in, self.through_window(after), self.before.products
        else:
            units, fan_in, back = self.step.out.units, 1, after
            k = (self.step.out.products - float(self.layer.beta[0]) ** 2) / float(self.layer.gamma[0]) ** 2
        return units * G.factor * (fan_in * np.einsum("pij,pij->ij", k, back) + after.sum(axis=0))

    @property
    def units(self) -> int:
        return int(self.layer.n_out if isinstance(self.layer, Convolution) else self.layer.W.shape[1])

    @property
    def fan_in(self) -> int:
        layer = self.layer
        return int(layer.n_in // layer.groups if isinstance(layer, Convolution) else layer.W.shape[0])

    def through_window(self, G: Array) -> Array:
        """G at the places that the layer reads: for a convolution the sum over the windows that a place is in."""
        return self.step.backward(G)[0] if isinstance(self.layer, Convolution) else G


Visit = Callable[[Place, Pairs], Array | None]


class TangentWalk(Prediction):
    """A prediction whose way back visits the layers with parameters, and so adds up what each contributes to Θ.

    For a unit gradient at one score, with k the mean products of a layer's inputs and G those of the gradients after it,
    elementwise over pairs of inputs:

        Affine       n_out G (n_in k + 1)
        Convolution  the same, summed over places, with k summed over the window
        LayerNorm    n G (k + 1), with k the mean products after the division

    The 1 is the bias, or beta. Raises OutOfReach where theory has no answer.
    """

    def __init__(self, net: Network, x: Array) -> None:
        super().__init__(net, x, 0.0)
        self.places: list[Place] = []
        self.visits: list[Visit] = []  # the one of the way back that is being walked
        if any(isinstance(layer, Dropout) and layer.ratio for _, layer in net.walk()):
            raise OutOfReach("the kernel of a network with Dropout differs from step to step")
        self.forward()
        if self.backwards is None:
            raise OutOfReach(self.notes[0])
        if self.signal.grid or not isinstance(net.layers[-1], Affine):
            raise OutOfReach("the network does not end in an Affine layer")

    def forward_layer(self, name: str, layer: Layer) -> Backward:
        before = self.signal
        backward = super().forward_layer(name, layer)
        if isinstance(layer, Network):
            return backward
        place = Place(layer, self.records[name].step, before, "." not in name)
        self.places.append(place)
        if not layer.specs:
            return backward
        if not isinstance(layer, Affine | Convolution | LayerNorm):
            raise OutOfReach(f"the tangent kernel of {type(layer).__name__} is not known", name)

        visits = self.visits  # and not self: in a circle, the large tables would wait for the garbage collector

        def visited(gradient: Gradient, keep: bool) -> Gradient:
            more = visits[0](place, gradient.products)
            below = backward(gradient, keep)
            return below if more is None else replace(below, products=Pairs.of(below.products.array + more))

        return visited

    def check(self, layer: Layer, out: Signal) -> None:
        """The kernel, a mean over all weights, is right within a few per cent if sums are not quite normal."""

    def go_back(self, G: Array, visit: Visit) -> None:
        """Start from the mean products G of the scores' gradients, of all inputs (B, B) or of the first few.

        What a visit returns is added below its layer.
        """
        assert self.backwards is not None
        self.visits[:] = [visit]
        try:
            run_backward(self.backwards, Gradient(Pairs.of(G[None])), record=False)
        finally:
            self.visits.clear()

    def shares(self) -> dict[Place, Array]:
        """What each layer with parameters contributes to Θ (B, B)."""
        rows, found = len(self.x), dict[Place, Array]()

        def visit(place: Place, G: Pairs) -> None:
            found[place] = place.share(G)

        self.go_back(np.full((rows, rows), 1 / self.signal.units), visit)
        return found

    def kernel(self) -> Array:
        """Θ (B, B)"""
        return sum_of(self.shares())


def sum_of(shares: Mapping[Place, Array]) -> Array:
    """Θ (B, B)"""
    return np.add.reduce([*shares.values()])
