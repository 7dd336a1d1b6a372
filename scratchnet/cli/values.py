"""From the text of an option to its value, or to one sentence that says what is wrong with the text.

The functions under `option_type` are argparse's `type=`: a wrong text is a usage error. Read next: `compare`.
"""

import argparse
import functools
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from scratchnet import layers, optimizers
from scratchnet.adapters import adapt
from scratchnet.initializers import Fans, init_label, initializer
from scratchnet.initializers.names import DRAWS
from scratchnet.layers import ACTIVATIONS, Layer
from scratchnet.network import Network
from scratchnet.support.parse_call import parse
from scratchnet.support.readers_file import load, readers_code
from scratchnet.support.validation import InputError, number, shown

MOST_LAYERS, MOST_UNITS = 1000, 1_000_000
MOST_NUMBERS = 1_000_000  # of the batch that a layer is checked with
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


def whole_number(least: int = 1, most: int = 10**9) -> Callable[[str], int]:
    """The type of a whole number within limits."""

    def read(text: str) -> int:
        value = int(text) if re.fullmatch("[0-9]{1,50}", text) else least - 1
        if not least <= value <= most:
            limits = f"at least {least} and at most {most:,}"
            raise InputError(f"{shown(text)} is given, but a whole number of {limits} is needed")
        return value

    return option_type(read)


@option_type
def learning_rate(text: str) -> float:
    """A finite number above 0."""
    try:
        return number("the learning rate", float(text) if is_number(text) else text, above=0)
    except InputError:
        raise InputError(f"{shown(text)} is given, but a finite number above 0 is needed") from None


def is_number(text: str) -> bool:
    """Is `text` something that `float` reads, in plain digits?"""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text


@option_type
def widths(text: str) -> list[int]:
    """The hidden widths in 100x4, or in 100,50; "0" alone is no hidden layer."""
    if text == "0":
        return []
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch("0*([0-9]{1,9})(?:x0*([0-9]{1,9}))?", part)
        if not match:
            raise InputError(f"{shown(part)} is given, but widths are needed, such as 100,50, or 100x4 for four of 100")
        width, count = int(match[1]), int(match[2] or 1)
        if not width or not count:
            raise InputError(f"{shown(part)} is given, but no width and no count is 0: write 0 alone for no hidden layer")
        if width > MOST_UNITS or len(found) + count > MOST_LAYERS:
            raise InputError(
                f"{shown(text)} is given, but at most {MOST_LAYERS:,} layers of at most {MOST_UNITS:,} units are allowed"
            )
        found += [width] * count
    return found


@option_type
def batch_shape(text: str) -> tuple[int, ...]:
    """The shape of a batch in 4,7 or in 4x7."""
    if not re.fullmatch("[0-9]{1,9}([,x][0-9]{1,9}){0,9}", text):
        raise InputError(f"{shown(text)} is given, but a shape of a batch is needed, rows first, such as 4,7")
    shape = tuple(int(part) for part in text.replace("x", ",").split(","))
    if math.prod(shape) > MOST_NUMBERS:
        raise InputError(f"{shown(text)} is given, but a batch of at most {MOST_NUMBERS:,} numbers is needed")
    return shape


@option_type
def folder(text: str) -> str:
    """The name of a folder, which need not exist."""
    if not text:
        raise InputError("'' is given, but the name of a folder is needed")
    try:
        os.lstat(text)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # too long, say, or with a character 0
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{shown(text)} cannot be the name of a folder ({why}): choose another one") from error
    return text


@option_type
def dask_address(text: str) -> str:
    """The address of a Dask scheduler."""
    if not re.fullmatch(r"([a-z]+://)?[!-~]{1,200}:[0-9]{1,5}/?", text):
        raise InputError(f"{shown(text)} is given, but an address is needed, such as tcp://127.0.0.1:8786")
    return text


def std_or_call(text: str) -> Any:
    """The initializer that a text names which has nothing to do with files."""
    if is_number(text) and text.strip().startswith("-"):
        raise InputError(f"{shown(text)} is given, but a std of at least 0 is needed, or the name of an initializer")
    return initializer(text, ACTIVATIONS)


bias_initializer = option_type(std_or_call)


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
    with readers_code(f"{shown(text)} makes no layer"):
        if not callable(thing):
            raise InputError(
                f"{shown(name)} is {shown(thing)}, but a class of layers, or a function that makes a layer, is needed"
            )
        plain = isinstance(thing, type) and hasattr(thing, "forward") and hasattr(thing, "backward")
        return layers.activation(call, {name: adapt(thing) if plain else thing})


@option_type
def network(text: str) -> Callable[..., Network] | None:
    """The function that makes the networks; None for mlp, whose widths and activation are options."""
    if not from_file(text):
        from scratchnet.experiment.networks import network_named  # not for --help, which need not wait for it

        return network_named(text)
    thing = load(text)
    if isinstance(thing, type) or not callable(thing):
        raise InputError(
            f"{shown(text)} is {shown(thing)}, but a function is needed: def make(init, seed): return a Network"
        )
    made: Callable[..., Network] = thing
    return made


@option_type
def network_initializer(text: str) -> Given:
    """The initializer that `text` names. One from a reader's file draws once here, so that a mistake shows at once."""
    return Given(text, readers_initializer(text) if from_file(text) else std_or_call(text))


def readers_initializer(text: str) -> Any:
    """The initializer that my.py:MyInit names."""
    name, call, thing = load_call(text)
    where = shown(text)
    with readers_code(f"{where} cannot be drawn from"):
        is_class = isinstance(thing, type)
        if not is_class and "(" in call:
            raise InputError(f"{where} does not name a class and cannot be called with arguments: write it without brackets")
        made = parse("initializer", call, {name: thing}, {**DRAWS, **ACTIVATIONS}) if is_class else thing
        drawn = np.shape(initializer(made)((4, 3), Fans(4, 3), np.random.default_rng(0)))
        if drawn != (4, 3):
            raise InputError(
                f"{where} returns an array of shape {drawn}, but (4, 3) was asked for: return one of that shape"
            )
        return made


def by_label(given: Sequence[Given]) -> dict[str, Any]:
    """The initializers by label. The labels say whose "Xavier" is meant."""
    found: dict[str, Any] = {}
    for one in given:
        label = initializer_label(one)
        if from_file(one.text) and label in found:
            label = one.text
        if label in found:
            raise InputError(f"--init names {shown(one.text)} twice: give each initializer once")
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


def try_out(label: str, work: Callable[[], Value]) -> Value:
    """Do work with code from a reader's file, so that a mistake in it is one sentence, which starts with the label."""
    try:
        with readers_code(label):
            return work()
    except InputError as error:
        raise error if str(error).startswith(label) else InputError(f"{label}: {error}") from error
