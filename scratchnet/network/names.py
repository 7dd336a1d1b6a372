"""What the layers of a network are called: by kind and count, as in the book. Read next: `drawing`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from scratchnet.layers import Layer
from scratchnet.support.validation import InputError, shown


def names_of(layers: Sequence[Layer]) -> list[str]:
    """The names of the layers: "Affine1", "ReLU1", "Affine2", … Raises InputError if one of them is no layer."""
    count: Counter[str] = Counter()
    names: list[str] = []
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            made = f"{layer.__name__}()" if isinstance(layer, type) else "a Layer"
            raise InputError(f"layer {i + 1} of the network is {shown(layer)}, which is not a layer: give {made}")
        kind = type(layer).__name__
        count[kind] += 1
        names.append(f"{kind}{count[kind]}")
    return names


def refuse_repeats(named: Iterable[tuple[str, Layer]]) -> None:
    """Raise InputError if a layer stands in a network twice."""
    places: dict[int, str] = {}
    for name, layer in named:
        if id(layer) in places:
            raise InputError(
                f"{places[id(layer)]} and {name} of the network are the same layer {layer!r}: "
                "make a second layer, since each layer remembers its own input"
            )
        places[id(layer)] = name


def refuse_shared(named: Sequence[tuple[str, Layer]]) -> None:
    """Raise InputError if two layers have one array, or views of one: the network would give each an array of its own."""
    places: dict[int, str] = {}
    for layer_name, layer in named:
        for name in layer.specs:
            array: Any = getattr(layer, name, None)
            where = f"{layer_name}.{name}"
            while isinstance(getattr(array, "base", None), np.ndarray):
                array = array.base
            if array is None:
                continue
            if id(array) in places:
                raise InputError(
                    f"{places[id(array)]} and {where} share one array, but in a network each layer has arrays of its own: "
                    "write one layer that uses the weight in both places, and adds the two gradients in backward"
                )
            places[id(array)] = where
