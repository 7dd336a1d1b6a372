"""How a reader's two methods are called, and where they leave their results. Read next: `probing`.

forward may return out, or (out, cache), or set it as nnfs does, in self.output. It may take `training` too, under any of
its usual names. backward may return dx, or (dx, dw, db), or set self.dinputs.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scratchnet.adapters.slots import Slot, arrays_in, changed_slots, kind_name
from scratchnet.support.validation import Array, InputError

TRAINING_NAMES = ("training", "train", "train_flg", "train_flag", "is_training", "is_train", "istraining", "train_mode")
OUT_NAMES = ("output", "out", "outputs", "y", "result", "a", "activation", "z")
DX_NAMES = ("dinputs", "dinput", "dx", "grad_input", "dX", "din", "grad_x", "dinp")


@dataclass(frozen=True)
class Calls:
    """What was found out by calling: names of further arguments, and the attributes that hold results."""

    training_argument: str | None = None
    out_attribute: str | None = None
    takes_cache: bool = False
    dx_attribute: str | None = None
    dx_place: int = 0  # in the tuple that backward returns
    returned_places: tuple[int, ...] = field(default=())  # of the gradients in that tuple, in the order of the parameters

    def forward(self, thing: Any, xs: tuple[Array, ...], training: bool) -> tuple[Any, Any]:
        """out, and the cache that backward takes."""
        more = {} if self.training_argument is None else {self.training_argument: training}
        if isinstance(vars(thing).get("training"), bool):
            thing.training = training
        returned = thing.forward(*xs, **more)
        if self.out_attribute is not None:
            return getattr(thing, self.out_attribute), None
        if self.takes_cache and isinstance(returned, tuple) and len(returned) > 1:
            return returned[0], returned[1] if len(returned) == 2 else returned[1:]
        return returned, None

    def backward(self, thing: Any, dout: Array, cache: Any) -> tuple[Any, list[Any]]:
        """dx, and the gradients that are returned beside it."""
        returned = thing.backward(dout, cache) if self.takes_cache else thing.backward(dout)
        if self.dx_attribute is not None:
            return getattr(thing, self.dx_attribute), []
        if isinstance(returned, tuple) and self.returned_places and len(returned) > self.dx_place:
            return returned[self.dx_place], [returned[i] for i in self.returned_places if i < len(returned)]
        return returned, []


def required(function: Callable[..., Any]) -> list[str]:
    """The names of the arguments that have no default."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in parameters if one.kind in kinds and one.default is one.empty]


def arguments(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def arrays_of_forward(thing: Any) -> int:
    """How many arrays forward takes."""
    return max(len([name for name in required(thing.forward) if name.lower() not in TRAINING_NAMES]), 1)


def find_forward(thing: Any, xs: tuple[Array, ...], training: bool = True) -> tuple[Calls, Any, Any]:
    """How forward is called, the output, and the cache. `thing` keeps what forward sets."""
    names = arguments(thing.forward)
    training_argument = next((name for name in names[len(xs) :] if name.lower() in TRAINING_NAMES), None)
    takes_cache = len(required(thing.backward)) == 2
    calls, before = Calls(training_argument, takes_cache=takes_cache), arrays_in(thing)
    out, cache = calls.forward(thing, xs, training)
    if out is not None:
        return calls, out, cache
    changed = [slot for slot in changed_slots(thing, before) if not any(slot.get(thing) is x for x in xs)]
    attribute = chosen(changed, OUT_NAMES)
    if attribute is None:
        return calls, None, cache
    return Calls(training_argument, attribute, takes_cache), getattr(thing, attribute), cache


def find_backward(thing: Any, calls: Calls, xs: tuple[Array, ...], dout: Array, cache: Any) -> tuple[Calls, list[Slot], Any]:
    """How backward is called, the places that it sets, and what it returns. Raises what backward raises."""
    before = arrays_in(thing)
    returned = thing.backward(dout, cache) if calls.takes_cache else thing.backward(dout)
    changed = changed_slots(thing, before)
    kept = calls.training_argument, calls.out_attribute, calls.takes_cache
    if isinstance(returned, tuple) and len(xs) == 1 and returned:
        fitting = [i for i, one in enumerate(returned) if np.shape(one) == xs[0].shape]
        place = 0 if 0 in fitting or not fitting else fitting[0]
        rest = tuple(i for i in range(len(returned)) if i != place)
        return Calls(*kept, None, place, rest), changed, returned
    if returned is None:
        fitting_slots = [slot for slot in changed if slot.get(thing).shape == xs[0].shape and slot.get(thing) is not dout]
        return Calls(*kept, chosen(fitting_slots, DX_NAMES) or chosen(changed, DX_NAMES, alone=False)), changed, None
    dx_slots = [slot for slot in changed if slot.get(thing) is returned]
    return calls, [slot for slot in changed if slot not in dx_slots or slot.get(thing).shape != xs[0].shape], returned


def chosen(slots: list[Slot], names: tuple[str, ...], alone: bool = True) -> str | None:
    """The attribute among these with a known name, or the only one."""
    plain = [slot.attribute for slot in slots if slot.key is None]
    known = next((name for name in names if name in plain), None)
    return known or (plain[0] if alone and len(plain) == 1 else None)


def is_out(out: Any, xs: tuple[Array, ...]) -> bool:
    """Can this be an output for these inputs: an array of numbers, one row for each row?"""
    return isinstance(out, np.ndarray) and out.ndim > 0 and len(out) == len(xs[0]) and out.dtype.kind == "f"


def check_methods(thing: Any) -> None:
    for name in ("forward", "backward"):
        if not callable(getattr(thing, name, None)):
            raise InputError(f"{kind_name(thing)} has no method {name}: a layer has forward(x) and backward(dout)")
