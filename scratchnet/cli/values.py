"""From the text of an option to its value, or to one sentence that says what is wrong with the text.

The functions under `option_type` are argparse's `type=`: a wrong text is a usage error. Read next: `compare`.
"""

import argparse
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from scratchnet import layers, optimizers
from scratchnet.initializers import Fans, init_label, initializer
from scratchnet.initializers.names import DRAWS
from scratchnet.layers import ACTIVATIONS, Layer
from scratchnet.support.parse_call import parse
from scratchnet.support.readers_file import load
from scratchnet.support.validation import InputError, number

LABELS = {"book.xavier": "Xavier (book: 1/n)", "xavier": "Xavier (Glorot)", "glorot": "Xavier (Glorot)"}

Value = TypeVar("Value")


@dataclass(frozen=True)
class Given:
    """A value and the text that it was read from."""

    text: str
    value: Any


def option_type(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """`read` as an argparse type: its InputError becomes argparse's usage error, with the same sentence."""

    @functools.wraps(read)
    def read_option(text: str) -> Value:
        try:
            return read(text)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read_option


def whole_number(least: int = 1, most: int | None = None) -> Callable[[str], int]:
    """The type of a whole number within limits."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            limit = "" if most is None else f" and at most {most:,}"
            raise InputError(f"{text!r} is given, but a whole number of at least {least}{limit} is needed")
        return value

    return option_type(read)


@option_type
def learning_rate(text: str) -> float:
    """A finite number above 0."""
    try:
        return number("the learning rate", float(text) if is_number(text) else text, above=0)
    except InputError:
        raise InputError(f"{text!r} is given, but a finite number above 0 is needed") from None


def is_number(text: str) -> bool:
    """Is `text` something that `float` reads?"""
    try:
        float(text)
    except ValueError:
        return False
    return True


@option_type
def widths(text: str) -> list[int]:
    """The hidden widths in 100x4, or in 100,50; "0" alone is no hidden layer."""
    parts = [part for part in text.split(",") if part]
    if parts == ["0"]:
        return []
    found: list[int] = []
    for part in parts:
        match = re.fullmatch(r"(\d+)(?:x(\d+))?", part)
        if not match:
            raise InputError(f"{part!r} is given, but widths are needed, such as 100,50, or 100x4 for four of 100")
        if "0" in (match[1], match[2]):
            raise InputError(f"{part!r} is given, but no width and no count is 0: write 0 alone for no hidden layer")
        found += [int(match[1])] * int(match[2] or 1)
    if not found:
        raise InputError(f"{text!r} has no widths: write 100x4, for example, or 0 for no hidden layer")
    return found


@option_type
def batch_shape(text: str) -> tuple[int, ...]:
    """The shape of a batch in 4,7 or in 4x7."""
    try:
        return tuple(int(part) for part in text.replace("x", ",").split(","))
    except ValueError:
        raise InputError(f"{text!r} is given, but a shape of a batch is needed, rows first, such as 4,7") from None


bias_initializer = option_type(initializer)


@option_type
def optimizer(text: str) -> Given:
    """The optimizer that `text` names."""
    return Given(text, optimizers.optimizer(text))


@option_type
def activation(text: str) -> Callable[[], Layer]:
    """What makes the activation that `text` names. It is made once here, so that a mistake shows at once."""
    if not from_file(text):
        return layers.activation(text)
    name, call, thing = load_call(text)
    if not callable(thing):
        raise InputError(f"{name} is {thing!r}, but a class of layers, or a function that makes a layer, is needed")
    return layers.activation(call, {name: thing})


@option_type
def network_initializer(text: str) -> Given:
    """The initializer that `text` names. One from a reader's file draws once here, so that a mistake shows at once."""
    return Given(text, readers_initializer(text) if from_file(text) else initializer(text, ACTIVATIONS))


def readers_initializer(text: str) -> Any:
    """The initializer that my.py:MyInit names."""
    name, call, thing = load_call(text)
    is_class = isinstance(thing, type)
    if not is_class and "(" in call:
        raise InputError(f"{name} in {text} is not a class and cannot be called with arguments: write it without brackets")
    made = parse("initializer", call, {name: thing}, {**DRAWS, **ACTIVATIONS}) if is_class else thing
    try:
        drawn = np.shape(initializer(made)((4, 3), Fans(4, 3), np.random.default_rng(0)))
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{text} cannot be drawn from: {type(error).__name__}: {error}") from error
    if drawn != (4, 3):
        raise InputError(f"{text} returns an array of shape {drawn}, but (4, 3) was asked for: return one of that shape")
    return made


def by_label(given: Sequence[Given]) -> dict[str, Any]:
    """The initializers by label. The labels say whose "Xavier" is meant."""
    found: dict[str, Any] = {}
    for one in given:
        label = initializer_label(one)
        if from_file(one.text) and label in found:
            label = one.text
        if label in found:
            raise InputError(f"--init names {one.text} twice: give each initializer once")
        found[label] = one.value
    return found


def initializer_label(given: Given) -> str:
    """The label in the tables and figures: std 0.01, Xavier (book: 1/n), He(draw=uniform), MyInit(0.2)."""
    if from_file(given.text):
        return given.text.rpartition(".py:")[2].removesuffix("()")
    if is_number(given.text):
        return f"std {given.value.sigma:g}"
    return LABELS.get(given.text.lower()) or init_label(given.value)


def from_file(text: str) -> bool:
    """Does `text` name something in a reader's file, as my.py:MyInit or my.py:MyInit(0.2) do?"""
    return ".py:" in text


def load_call(text: str) -> tuple[str, str, Any]:
    """From my.py:MyInit(0.2): the name MyInit, the call MyInit(0.2), and what has that name in my.py."""
    file, _, call = text.rpartition(".py:")
    name = call.partition("(")[0].strip()
    return name, call, load(f"{file}.py:{name}")


def try_out(label: str, work: Callable[[], object]) -> None:
    """Do a little of the work with code from a reader's file, so that a mistake in it shows at once, in one sentence."""
    try:
        work()
    except InputError as error:
        raise InputError(f"{label}: {error}") from error
    except Exception as error:
        raise InputError(f"{label}: {type(error).__name__}: {error}") from error
