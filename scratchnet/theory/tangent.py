"""The neural tangent kernel: how far one step of training on one input moves the scores of another.

    Θ[i, j] = Σ over all parameters θ of E ∂f(xᵢ)/∂θ ∂f(xⱼ)/∂θ,     f one of the scores

It comes from the same walk as a predicted spread. Jacot et al. 2018. Read next: `training`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.layers import Affine, Convolution, Layer, LayerNorm
from scratchnet.network import Network
from scratchnet.support.validation import Array
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.predict import Backward, Gradient, Prediction, run_backward
from scratchnet.theory.signal import OutOfReach, Signal, Step


class TangentWalk(Prediction):
    """A prediction whose way back also adds up what the parameters of each layer contribute to Θ.

    For a unit gradient at one score, with k the mean products of a layer's inputs and G those of the gradients after it,
    elementwise over pairs of inputs:

        Affine       n_out G (n_in k + 1)
        Convolution  the same, summed over places, with k summed over the window
        LayerNorm    n G (k + 1), with k the mean products after the division

    The 1 is the bias, or beta.
    """

    def __init__(self, net: Network, x: Array) -> None:
        super().__init__(net, x, 0.0)
        self.kernel = np.zeros((len(x), len(x)))

    def forward_layer(self, name: str, layer: Layer) -> Backward:
        before = self.signal
        backward = super().forward_layer(name, layer)
        if isinstance(layer, Network) or not layer.specs:
            return backward
        if not isinstance(layer, Affine | Convolution | LayerNorm):
            raise OutOfReach(f"theory stops at {name}: the tangent kernel of {type(layer).__name__} is not known")
        step = self.records[name].step

        def with_share(gradient: Gradient, keep: bool) -> Gradient:
            self.kernel += share(layer, step, before, gradient.products)
            return backward(gradient, keep)

        return with_share

    def compute(self) -> Array:
        """Θ (B, B). Raises OutOfReach where theory has no answer."""
        self.forward()
        if self.backwards is None:
            raise OutOfReach(self.notes[0])
        if self.signal.grid or not isinstance(self.net.layers[-1], Affine):
            raise OutOfReach("the tangent kernel is known for a network that ends in an Affine layer, which makes its scores")
        self.kernel[:] = 0
        rows = len(self.x)
        unit = np.full((1, rows, rows), 1 / self.signal.units)
        run_backward(self.backwards, Gradient(Pairs.of(unit)), record=False)
        return self.kernel


def share(layer: Layer, step: Step, before: Signal, G: Pairs) -> Array:
    """What the parameters of one layer contribute to Θ."""
    after = G.table.array
    if isinstance(layer, LayerNorm):
        units, fan_in, back = step.out.units, 1, after
        k = (step.out.products - float(layer.beta[0]) ** 2) / float(layer.gamma[0]) ** 2
    else:
        k = before.products
        n_in, units = (layer.n_in // layer.groups, layer.n_out) if isinstance(layer, Convolution) else layer.W.shape
        fan_in, back = n_in, step.backward(after)[0] if isinstance(layer, Convolution) else after
    return units * G.factor * (fan_in * np.einsum("pij,pij->ij", k, back) + after.sum(axis=0))
