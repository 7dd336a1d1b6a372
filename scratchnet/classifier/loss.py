"""The loss of MLPClassifier: cross-entropy with a weight for each row, and L2 regularization. Read next: `stopping`."""

from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.utils.validation import _check_sample_weight

from scratchnet.layers import Affine
from scratchnet.network import Network
from scratchnet.support.validation import Array, InputError


class WeightedLoss:
    """(Σᵢ wᵢ · −ln yᵢ[tᵢ] + α/2 · Σ W²) / Σᵢ wᵢ,  y = softmax(scores)

    A row of t is a class number tᵢ and a weight wᵢ. The sum of W² is over the weights of all Affine layers, not over their
    biases. `backward` is the gradient of the first term; `decay`, a hook of the optimizer, adds that of the second.
    """

    def __init__(self, net: Network, alpha: float) -> None:
        self.net, self.alpha = net, alpha

    def forward(self, scores: Array, t: Array) -> float:
        rows, classes, weights = np.arange(len(t)), t[:, 0].astype(np.int64), t[:, 1]
        self.total = float(weights.sum())
        log_y = log_softmax(scores, axis=1)
        self.dscores = np.exp(log_y)
        self.dscores[rows, classes] -= 1
        self.dscores *= (weights / self.total).astype(scores.dtype)[:, None]
        squares = sum(float(np.vdot(W, W)) for W in affine_arrays(self.net, "W"))
        return (float(weights @ -log_y[rows, classes]) + self.alpha / 2 * squares) / self.total

    def backward(self) -> Array:
        return self.dscores

    def decay(self, triples: list[Any]) -> list[Any]:
        weights = {id(W) for W in affine_arrays(self.net, "W")}
        strength = self.alpha / self.total
        return [(name, w, dw + strength * w if id(w) in weights else dw) for name, w, dw in triples]


def affine_arrays(net: Network, name: str) -> list[Array]:
    """The array of this name in each Affine layer, from the first to the last."""
    return [getattr(layer, name) for _, layer in net.walk() if isinstance(layer, Affine)]


def row_weights(given: Any, X: Array) -> Array:
    """A user's `sample_weight` as an array, or ones."""
    if given is None:
        return np.ones(len(X))
    weights: Array = _check_sample_weight(given, X, dtype=np.float64)
    if (weights < 0).any():
        raise InputError(f"sample_weight has the negative number {weights.min():g}, but numbers of at least 0 are needed")
    if not weights.any():
        raise InputError("sample_weight is 0 for all rows, so there is nothing to train on: give numbers above 0")
    return weights
