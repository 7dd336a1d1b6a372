"""When the kernel stops being enough: how far training itself would change it, predicted from the kernel alone.

Read next: `balance`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.tangent import Place, TangentWalk


class Growth:
    """How much |∇L|² = DᵀΘD grows if the weights move as the kernel says.

    D (B, C) is the loss's gradient with respect to the scores, M (B, C) the sum of all lr D so far. Each weight has then
    moved by −Σ h δᵀ over the inputs: h is what the layer reads, and δ the gradient of M·f. With that movement

        each layer sends other gradients back:    −X h,     X_ij = (D_i · M_j) n_out G_ij,   mean products X k Xᵀ
        each layer sends other numbers forward:   −K δ,     K = n_in k + 1,                  mean products K (MMᵀ ∘ G) K

    where ∘ multiplies element by element. So the layers below and above have larger gradients. The sum over them is exact
    for one hidden layer without an activation. Of L layers of weights, L − 1 change the gradient of each in the same
    direction, so the sum is multiplied by L − 1.
    """

    def __init__(self, walk: TangentWalk, rows: int) -> None:
        """For the first few rows of the walk."""
        self.walk, self.zero, self.kernel = walk, np.zeros((rows, rows)), np.zeros((rows, rows))
        self.few = {place: place.first(rows) for place in walk.places}
        self.gradients: dict[Place, Array] = {}

        def visit(place: Place, G: Pairs) -> None:
            few = self.few[place]
            self.gradients[few] = place_units(few) * G.array[0]
            self.kernel += few.share(G)

        walk.go_back(np.full((rows, rows), 1 / walk.signal.units), visit)
        self.others = max(1, sum(place.has_weights for place in walk.places) - 1)

    def of(self, D: Array, M: Array) -> tuple[float, float]:
        """(|∇L|², by how much it grows)"""
        weights, movement, moved = D @ D.T, D @ M.T, M @ M.T
        more = 0.0

        def backward(place: Place, V: Pairs) -> Array | None:
            nonlocal more
            place = self.few[place]
            more += float(place.share(V).sum())
            if not place.has_weights:
                return None
            X = movement * self.gradients[place]
            turned: Array = X @ place.before.products[0] @ X.T
            return turned[None]

        def forward(place: Place, U: Pairs) -> Array | None:
            nonlocal more
            place = self.few[place]
            if not place.has_weights:
                return None
            K = place.fan_in * place.before.products[0] + 1
            more += float(np.vdot(K @ (self.gradients[place] * moved) @ K, U.array[0]))
            return (self.gradients[place] * weights)[None]

        self.walk.go_back(self.zero, backward)
        self.walk.go_back(self.zero, forward)
        return float(np.vdot(weights, self.kernel)), self.others * more


def place_units(place: Place) -> int:
    return place.units if place.has_weights else place.step.out.units
