"""Networks of finite width: how much the kernel of a single network mixes the classes.

In an infinitely wide network a step for one class moves the score of no other. With n units the products W Wᵀ (C, C) of
the last weights are those of n random numbers, a Wishart matrix, and only their mean is the identity. Some directions of the
scores then learn fast and others slowly, and the loss falls more slowly than the mean kernel says. Read next: `growth`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scratchnet.layers import Dropout, Flatten
from scratchnet.meanfield import Elementwise
from scratchnet.meanfield.one_input import normal_nodes
from scratchnet.support.validation import Array
from scratchnet.theory.tangent import Place, TangentWalk


def class_matrices(walk: TangentWalk, shares: Mapping[Place, Array], count: int, rng: np.random.Generator) -> Array:
    """(count, C, C): for each of `count` networks the matrix S by which Θ ⊗ S replaces Θ ⊗ 1.

    S is the mean over layers, weighted by their shares in Θ, of products of Wishart matrices: one for each activation
    between a layer and the scores, of n (E φ'²)² / E φ'⁴ degrees of freedom.
    """
    classes = walk.signal.units
    rows = walk.signal.q.shape[1]
    # What all inputs have in common is learnt first, and soon counts no more: so without the pairs of two inputs.
    weights = {place: (1 + 1 / rows) * float(np.trace(one)) / rows - float(one.mean()) for place, one in shares.items()}
    total = max(sum(weights.values()), 1e-300)
    S = np.broadcast_to(np.eye(classes), (count, classes, classes))
    mean = np.zeros((count, classes, classes))
    for place in reversed(walk.places):
        if place in weights:
            mean += weights[place] / total * S
        elif place.trunk and place.before.normal and not isinstance(place.layer, Dropout | Flatten):
            freedom = max(1, round(degrees_of_freedom(place)))
            if freedom < 10_000:
                numbers = rng.standard_normal((count, classes, freedom))
                root = square_root(S)
                S = root @ (numbers @ numbers.swapaxes(1, 2) / freedom) @ root
    return mean


def degrees_of_freedom(place: Place) -> float:
    """n (E φ'²)² / E φ'⁴ of an activation of n units."""
    z, w = normal_nodes()
    shift = float(place.before.mean.mean())
    size = np.sqrt(max(float(place.before.q.mean()) - shift**2, 0))
    slopes = Elementwise(place.layer, place.step.out.units).slopes(size * z + shift) ** 2
    fourth = float(slopes**2 @ w)
    return place.step.out.units * float(slopes @ w) ** 2 / fourth if fourth else float(place.step.out.units)


def square_root(S: Array) -> Array:
    values, vectors = np.linalg.eigh(S)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))[:, None, :]) @ vectors.swapaxes(1, 2))
