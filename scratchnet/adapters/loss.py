"""A reader's loss in other forms, as an object with forward(scores, t) and backward(). Read next: `adapt`."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from scratchnet.adapters.calls import chosen, required
from scratchnet.adapters.slots import arrays_in, changed_slots, kind_name
from scratchnet.support.validation import Array, InputError


class FunctionLoss:
    """cs231n's form: loss, dx = softmax_loss(x, y)."""

    function: Callable[..., Any]

    def forward(self, scores: Array, t: Array) -> Any:
        returned = self.function(scores, t)
        if not (isinstance(returned, tuple) and len(returned) == 2):
            raise InputError(
                f"{type(self).__name__} returns {type(returned).__name__}, but a loss and dx are needed: loss, dx"
            )
        value, self.dx = returned
        return value

    def backward(self) -> Any:
        return self.dx


class TargetsAgainLoss:
    """nnfs's form: backward(outputs, targets), which sets self.dinputs. The mean is taken of a loss for each row."""

    inner: Any

    def forward(self, scores: Array, t: Array) -> Any:
        value, self.scores, self.t = self.inner.forward(scores, t), scores, t
        return np.mean(value) if np.ndim(value) == 1 else value

    def backward(self) -> Any:
        output: Any = getattr(self.inner, "output", None)
        before = arrays_in(self.inner)
        returned = self.inner.backward(self.scores if np.shape(output) != np.shape(self.scores) else output, self.t)
        if returned is not None:
            return returned
        name = chosen(changed_slots(self.inner, before), ("dinputs", "dx"))
        return None if name is None else getattr(self.inner, name)


def adapted_loss(thing: Any) -> Any:
    """A loss with forward(scores, t) and backward(), of an object or a function in one of the other forms."""
    if not hasattr(thing, "forward"):
        kind = loss_class(FunctionLoss, kind_name_of(thing), thing.__module__)
        made = kind()
        made.function = thing
        return made
    if len(required(thing.backward)) == 2:
        made = loss_class(TargetsAgainLoss, kind_name(thing), type(thing).__module__)()
        made.inner = thing
        return made
    if len(required(thing.backward)) == 1:
        made = loss_class(DoutLoss, kind_name(thing), type(thing).__module__)()
        made.inner = thing
        return made
    return thing


class DoutLoss:
    """A loss whose backward needs dout, as a layer's does: it gets 1."""

    inner: Any

    def forward(self, scores: Array, t: Array) -> Any:
        return self.inner.forward(scores, t)

    def backward(self) -> Any:
        return self.inner.backward(1.0)


def kind_name_of(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


@functools.cache
def loss_class(base: type, name: str, module: str) -> Any:
    """A class that goes by the name of the reader's own."""
    return type(name, (base,), {"__module__": module, "__doc__": base.__doc__})
