"""Arrays that have a gradient beside them, but are no parameters: training would never move them.

The book's own layers keep `self.W` and set `self.dW`; others write `grad_W`, `W.grad` in a dictionary, or lists. They are
found by their names, and their gradients are checked as those of parameters. Read next: `layer_under_test`.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.validation import Array

PATTERNS = ("d{}", "d_{}", "D{}", "grad_{}", "grad{}", "{}_grad", "{}grad", "g_{}", "delta_{}", "{}_gradient", "gradient_{}")
PAIRS = {"params": "grads", "parameters_": "gradients", "weights": "grads", "params_": "grads_"}


@dataclass(frozen=True)
class Unnoted:
    """An array that is no parameter, and its gradient: attributes of the layer, or what stands in them under a key."""

    attribute: str
    gradient_attribute: str
    key: Any = None

    @property
    def name(self) -> str:
        return self.attribute if self.key is None else f"{self.attribute}[{self.key!r}]"

    @property
    def gradient_name(self) -> str:
        return self.gradient_attribute if self.key is None else f"{self.gradient_attribute}[{self.key!r}]"

    def array(self, layer: Any) -> Array:
        found = getattr(layer, self.attribute)
        return np.asarray(found if self.key is None else found[self.key])

    def gradient(self, layer: Any) -> Any:
        try:
            found = getattr(layer, self.gradient_attribute, None)
            return found if self.key is None or found is None else found[self.key]
        except (KeyError, IndexError):
            return None

    def put(self, layer: Any, array: Array) -> None:
        if self.key is None:
            setattr(layer, self.attribute, array)
        else:
            kept = copy.copy(getattr(layer, self.attribute))
            kept[self.key] = array
            setattr(layer, self.attribute, kept)


def is_float_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0


def find_unnoted(built: Layer, after: Layer) -> list[Unnoted]:
    """Those of a layer as it was built, by what is there after a pass forward and back."""
    found = []
    attributes = {name.lower(): name for name in vars(after)}
    for name, value in vars(built).items():
        if name in built.specs or name in ("x", "out", "y"):
            continue
        names = [pattern.format(stem) for stem in (name, name.rstrip("s")) for pattern in PATTERNS]
        names += [PAIRS[name]] if name in PAIRS else []
        beside = next(
            (attributes[one.lower()] for one in names if one.lower() in attributes and one.lower() != name.lower()), None
        )
        if beside is None or (beside[:1] == "d" and beside[1:] in built.specs):
            continue
        keys: list[Any] = []
        if is_float_array(value) and is_float_array(getattr(after, beside)):
            keys = [None]
        elif isinstance(value, list):
            keys = list(range(len(value)))
        elif isinstance(value, dict):
            keys = list(value)
        for key in keys:
            one = Unnoted(name, beside, key)
            if is_float_array(one.array(built)) and one.gradient(after) is not None:
                noted = {id(getattr(built, name)) for name in built.specs}
                if id(value if key is None else value[key]) not in noted:
                    found.append(one)
    return found


def with_unnoted(layer: Layer, found: list[Unnoted]) -> Layer:
    """A copy of the layer whose parameters() have the arrays that are no parameters, too."""
    if not found or isinstance(layer, Network):
        return layer
    kind = type(layer)

    def parameters(self: Layer) -> list[tuple[str, Array, Array | None]]:
        return kind.parameters(self) + [(one.name, one.array(self), one.gradient(self)) for one in found]

    made = copy.deepcopy(layer)
    made.__class__ = changed(kind, parameters=parameters, unnoted_arrays=tuple(found))
    return made


def changed(kind: type[Any], **attributes: Any) -> type[Any]:
    """A class of the same name in which some attributes differ."""
    kept = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    return type(kind.__name__, (kind,), {**kept, **attributes})
