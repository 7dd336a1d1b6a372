"""Small batches that a step of training may take, with labels that any network can learn. Read next: `train_step`."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from scratchnet.support.validation import Array

ROWS = 10  # of a batch
Batch = tuple[Array, Array]


def separable(shape: tuple[int, ...], classes: int, rng: np.random.Generator) -> Batch:
    """Rows, and labels that a linear network can tell apart: of many rows those that are furthest from the borders."""
    many = (30 * shape[0], *shape[1:])
    x = rng.standard_normal(many)
    if math.prod(shape[1:]) == 784:
        x = rng.random(many) * (rng.random(many) < 0.2)  # as bright as MNIST
    flat = x.reshape(len(x), -1)
    scores = (flat - flat.mean(axis=0)) @ rng.standard_normal((flat.shape[1], classes))
    margin = np.diff(np.sort(scores, axis=1)[:, -2:], axis=1)[:, 0]
    labels, chosen = scores.argmax(axis=1), list[int]()
    for i in range(shape[0]):
        own = [int(row) for row in np.argsort(-margin) if labels[row] == i % classes and row not in chosen]
        chosen.append(own[0] if own else int(next(row for row in np.argsort(-margin) if row not in chosen)))
    order = rng.permutation(chosen)
    return x[order].astype(np.float32), labels[order]


def batches(arrays: Mapping[str, Array], in_shape: tuple[int, ...] | None) -> Iterator[Batch]:
    """Batches that a step may take, the likeliest first."""
    rng = np.random.default_rng(0)
    tables = [array for array in arrays.values() if array.ndim == 2]
    shapes = [(ROWS, 784), (ROWS, 28, 28, 1), (ROWS, 1, 28, 28)]
    shapes += [(ROWS, width) for array in tables for width in array.shape]
    widths = [n for array in reversed(tables) for n in (array.shape[-1], array.shape[0])] + [10, 5, 3, 2, 1]
    if tables and len(widths) > 1:
        shapes = [(ROWS, tables[0].shape[0]), (ROWS, tables[0].shape[1]), *shapes]
    for shape in [tuple(in_shape)] if in_shape else dict.fromkeys(shapes):
        rows = shape[0] if in_shape else max(min(ROWS, math.prod(shape[1:])), 4)
        shape = (rows, *shape[1:])
        for width in dict.fromkeys(widths):
            x, labels = separable(shape, max(min(width, 5), 2), rng)
            if width == 1:
                yield x, (labels[:, None] % 2).astype(np.float32)
                yield x, (labels % 2).astype(np.float32)
                continue
            yield x, labels
            yield x, np.eye(width, dtype=np.float32)[labels]
        yield x, rng.standard_normal((rows, 1)).astype(np.float32)
