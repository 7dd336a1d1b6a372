"""Where an object keeps its arrays, and which of them is the gradient of which. Read next: `calls`.

An array stands in an attribute (`self.W`), or in a dictionary or a list in one (`self.params["W"]`, `self.grads[0]`). An
array that backward sets is a gradient. It belongs to the array whose name is in its name, or to the array of its shape.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.support.validation import Array, InputError


@dataclass(frozen=True)
class Slot:
    """A place in an object: an attribute, or what stands under a key in the dictionary or the list in it."""

    attribute: str
    key: Any = None

    @property
    def name(self) -> str:
        """A name for the array as an attribute of a layer: W, and params0 for params[0]."""
        if self.key is None:
            return self.attribute
        text = str(self.key)
        return text if text.isidentifier() else f"{self.attribute}{text}"

    def get(self, thing: Any) -> Any:
        found = vars(thing).get(self.attribute)
        try:
            return found if self.key is None or found is None else found[self.key]
        except (KeyError, IndexError):
            return None

    def put(self, thing: Any, array: Array) -> None:
        if self.key is None:
            setattr(thing, self.attribute, array)
        else:
            vars(thing)[self.attribute][self.key] = array


@dataclass(frozen=True)
class Pair:
    """A parameter, with all places that hold this array, and the place of its gradient.

    The gradient is in a slot, or it is what backward returns at a place of its tuple, or it is not found (None).
    """

    slots: tuple[Slot, ...]
    gradient: Slot | int | None

    @property
    def name(self) -> str:
        return self.slots[0].name


def slots_of(thing: Any) -> list[Slot]:
    """All places that hold an array of floats, in the order in which they were made."""
    found = []
    for attribute, value in vars(thing).items():
        if is_floats(value):
            found.append(Slot(attribute))
        elif isinstance(value, dict | list):
            keys = value if isinstance(value, dict) else range(len(value))
            found += [Slot(attribute, key) for key in keys if is_floats(value[key])]
    return found


def is_floats(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim > 0 and value.size > 0


def arrays_in(thing: Any) -> dict[Slot, tuple[Array, Array]]:
    """For each place its array and a copy of that, to see later what has changed."""
    return {slot: (slot.get(thing), slot.get(thing).copy()) for slot in slots_of(thing)}


def changed_slots(thing: Any, before: Mapping[Slot, tuple[Array, Array]]) -> list[Slot]:
    """The places whose array is a new one, or has other numbers than before."""
    return [
        slot
        for slot in slots_of(thing)
        if slot not in before
        or slot.get(thing) is not before[slot][0]
        or not np.array_equal(slot.get(thing), before[slot][1], equal_nan=True)
    ]


def parameter_groups(thing: Any) -> list[tuple[Slot, ...]]:
    """The places of an object as it was built; those that hold one array, as in self.params = [self.W], go together."""
    groups: dict[int, list[Slot]] = {}
    for slot in slots_of(thing):
        groups.setdefault(id(slot.get(thing)), []).append(slot)
    return [tuple(sorted(group, key=lambda slot: slot.key is not None)) for group in groups.values()]


GRADIENT_NAMES: tuple[str, ...] = ("d{}", "d_{}", "grad_{}", "grad{}", "{}_grad", "{}grad", "g_{}", "g{}")
GRADIENT_NAMES += ("delta_{}", "{}_gradient")
GRADIENT_NAMES += ("gradient_{}", "{}_d", "dl_d{}", "dldd{}", "dl{}")


def is_gradient_name(gradient: str, name: str) -> bool:
    """Does this name mean the gradient of that one, in any case: dW, grad_W, W_grad, dweights of weights or weight?"""
    stems = {name.lower(), name.lower().rstrip("s"), name.lower().strip("_")}
    return gradient.lower().strip("_") in {form.format(stem) for stem in stems for form in GRADIENT_NAMES}


def named_gradient(slot: Slot, candidates: Iterable[Slot]) -> Slot | None:
    """Among the candidates the gradient of the array in this slot, by its name."""
    for one in candidates:
        same_place = slot.key is not None and one.key == slot.key and one.attribute != slot.attribute
        if same_place or is_gradient_name(one.name, slot.name):
            return one
    return None


def find_pairs(
    thing: Any,
    after: Any,
    groups: Sequence[tuple[Slot, ...]],
    set_by_backward: Sequence[Slot],
    returned: Sequence[Array],
    is_read: Mapping[Slot, bool],
    given: Mapping[str, str],
) -> list[Pair]:
    """The parameters of `thing`, each with its gradient, as found in `after`, a copy that has gone forward and back.

    `returned` are the arrays that backward returns behind dx. `given` names a gradient for some parameters. A parameter
    that forward reads and that has no gradient is a pair without one. Two that could be meant are an InputError.
    """
    for name, gradient in given.items():
        if name not in {slot.name for group in groups for slot in group}:
            there = ", ".join(group[0].name for group in groups) or "none"
            raise InputError(f"gradients names {name!r}, but the arrays of {kind_name(thing)} are: {there}")
        if gradient not in {slot.name for slot in slots_of(after)}:
            raise InputError(f"gradients says {gradient!r}, but after backward {kind_name(thing)} has no such array")
    taken: set[Slot] = set()
    pairs: dict[tuple[Slot, ...], Slot | int | None] = {}
    for group in groups:
        named = [slot for slot in slots_of(after) if any(slot.name == given.get(one.name) for one in group)]
        candidates = [slot for slot in set_by_backward if slot not in group and slot not in taken]
        found = named[0] if named else next(filter(None, (named_gradient(slot, candidates) for slot in group)), None)
        if found:
            pairs[group] = found
            taken.add(found)
    left = [
        group
        for group in groups
        if group not in pairs and not taken.intersection(group) and is_read.get(group[0]) and not is_running(group[0].name)
    ]
    if returned:  # in the order of the parameters
        for place, group in enumerate(left[: len(returned)]):
            pairs[group] = place
        left = left[len(returned) :]
    inside = {slot for group in groups for slot in group if group in pairs or group in left}
    for group in left:
        shape = group[0].get(thing).shape
        free = [slot for slot in set_by_backward if slot not in taken | inside and slot.get(after).shape == shape]
        alike = [other for other in left if other not in pairs and other[0].get(thing).shape == shape]
        if free and len(free) + len(alike) > 2:
            names = ", ".join(slot.name for slot in free)
            raise InputError(
                f"{kind_name(thing)}: the gradient of {group[0].name} may be {names}: say which by "
                f'gradients={{"{group[0].name}": "{free[0].name}"}}'
            )
        pairs[group] = free[0] if free else None
        taken.update(free)
    return [Pair(group, pairs[group]) for group in groups if group in pairs]


def is_running(name: str) -> bool:
    """Statistics that a layer keeps from batch to batch have no gradient."""
    return any(word in name.lower() for word in ("running", "moving", "mask"))


def kind_name(thing: Any) -> str:
    return str(getattr(thing, "kind_name", None) or type(thing).__name__)


def copied(thing: Any) -> Any:
    """A copy with arrays of its own; a sentence if there is none."""
    try:
        return copy.deepcopy(thing)
    except Exception as error:
        raise InputError(f"{kind_name(thing)} cannot be copied: {type(error).__name__}: {error}") from error
