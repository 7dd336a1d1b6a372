"""The floor: only a step's matrix products, on arrays at hand. No library that multiplies with this BLAS undercuts it."""

from itertools import pairwise

import numpy as np
from workloads import Array, Train, Workload


def build(workload: Workload) -> Train:
    """x W and xᵀ dout of every layer, and dout Wᵀ of all but the first, in the order of a training step."""
    rng = np.random.default_rng(0)

    def draw(rows: int, columns: int) -> Array:
        return rng.standard_normal((rows, columns), dtype=np.float32)

    layers = [(draw(workload.batch, n), draw(n, m), draw(workload.batch, m)) for n, m in pairwise(workload.widths)]

    def train(steps: range) -> list[float]:
        for _ in steps:
            for x, W, _ in layers:
                x @ W
            for x, W, dout in reversed(layers[1:]):
                x.T @ dout
                dout @ W.T
            x, _, dout = layers[0]
            x.T @ dout
        return []

    return train
