"""Layers that take something else than one array of real numbers: several arrays, whole numbers, positive numbers.

Such a layer is packed, so that all checks can give it one array of floats: the arrays side by side in one, or whole numbers
that stay the same. Read next: `unnoted`.
"""

import copy
import inspect
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchnet.check.unnoted import changed
from scratchnet.layers import Layer
from scratchnet.support.validation import Array, InputError

Shape = tuple[int, ...]


def arrays_taken(layer: Layer) -> int:
    """How many arrays forward takes that have no default."""
    try:
        parameters = list(inspect.signature(layer.forward).parameters.values())
    except (TypeError, ValueError):
        return 1
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return 1
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return sum(one.default is one.empty for one in positional)


def packed(layer: Layer, shapes: Sequence[Shape]) -> tuple[Layer, Shape]:
    """A layer that takes several arrays, as one that takes them side by side, and the shape of that."""
    rows = shapes[0][0]
    if any(shape[0] != rows for shape in shapes):
        raise InputError(f"in_shape is {list(shapes)}, but all arrays need as many rows: such as [(4, 7), (4, 3)]")
    sizes = [math.prod(shape[1:]) for shape in shapes]
    ends = np.cumsum(sizes)
    kind = type(layer)

    def forward(self: Any, x: Array) -> Any:
        parts = np.split(x, ends[:-1], axis=1)
        return kind.forward(self, *(part.reshape(len(x), *shape[1:]) for part, shape in zip(parts, shapes, strict=True)))

    def backward(self: Any, dout: Array) -> Any:
        parts = kind.backward(self, dout)
        if not isinstance(parts, tuple | list) or len(parts) != len(shapes):
            raise InputError(
                f"backward returns {type(parts).__name__}, but {len(shapes)} arrays are needed, one for each input"
            )
        flat = [np.asarray(part) for part in parts]
        for i, (part, shape) in enumerate(zip(flat, shapes, strict=True)):
            if part.shape[1:] != shape[1:]:
                raise InputError(f"the gradient of input {i} has shape {part.shape}, but the input has (…, {shape[1:]})")
        return np.concatenate([part.reshape(len(part), -1) for part in flat], axis=1)

    made = copy.deepcopy(layer)
    made.__class__ = changed(kind, forward=forward, backward=backward)
    return made, (rows, int(ends[-1]))


def with_whole_numbers(layer: Layer, shape: Shape, seed: int = 0) -> tuple[Layer, Shape] | None:
    """An embedding, which takes whole numbers, as a layer that takes any floats and ignores them; None if it is none."""
    tables = [w for _, w, _ in layer.parameters() if w.ndim > 1]
    tables += [value for value in vars(layer).values() if isinstance(value, np.ndarray) and value.ndim > 1]
    if not tables:
        return None
    numbers = np.random.default_rng(seed).integers(0, max(min(len(table) for table in tables) - 1, 1), shape)
    numbers.flat[-1] = numbers.flat[0]  # one number twice
    kind = type(layer)

    def asked(x: Array) -> Array:
        repeats = -(-len(x) // len(numbers))
        return np.concatenate([numbers] * repeats)[: len(x)].copy()

    def forward(self: Any, x: Array) -> Any:
        return kind.forward(self, asked(x))

    def backward(self: Any, dout: Array) -> Any:
        kind.backward(self, dout)
        return np.zeros((len(dout), *(shape[1:] or (1,))), dout.dtype)

    try:
        copy.deepcopy(layer).forward(numbers.copy())
    except Exception:
        return None
    made = copy.deepcopy(layer)
    made.__class__ = changed(kind, forward=forward, backward=backward, takes_whole_numbers=True)
    return made, shape if len(shape) > 1 else (*shape, 1)
