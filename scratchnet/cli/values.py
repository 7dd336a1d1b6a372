"""Options of the command line: from a word to the object that it means, or to one sentence that says what is wrong."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scratchnet import layers, optimizers
from scratchnet.initializers import Fans, init_label, initializer
from scratchnet.initializers.names import DRAWS
from scratchnet.layers import ACTIVATIONS, Layer
from scratchnet.optimizers import Optimizer
from scratchnet.support.parse_call import parse
from scratchnet.support.readers_file import load
from scratchnet.support.validation import InputError

LABELS = {"book.xavier": "Xavier (book: 1/n)", "xavier": "Xavier (Glorot)", "glorot": "Xavier (Glorot)"}


def initializers(words: Sequence[str]) -> dict[str, Any]:
    """Label and initializer of each word; the labels say whose "Xavier" is meant."""
    found: dict[str, Any] = {}
    for word in words:
        if from_file(word):
            label, init = readers_initializer(word)
            label = word if label in found else label
        else:
            init = initializer(word, ACTIVATIONS)
            label = LABELS.get(word.lower()) or (f"std {init.sigma:g}" if is_number(word) else init_label(init))
        if label in found:
            raise InputError(f"--init names {word} twice: give each initializer once")
        found[label] = init
    return found


def from_file(word: str) -> bool:
    """Is it something that a reader has written: my.py:MyInit, or my.py:MyInit(0.2)?"""
    return ".py:" in word


def loaded(word: str) -> tuple[str, str, Any]:
    """Of my.py:MyInit(0.2) the name MyInit, the call MyInit(0.2), and what bears that name in my.py."""
    file, _, call = word.rpartition(".py:")
    name = call.partition("(")[0].strip()
    return name, call, load(f"{file}.py:{name}")


def readers_initializer(word: str) -> tuple[str, Any]:
    """Label and initializer of my.py:MyInit, which is drawn from once, so that a mistake shows at once."""
    name, call, thing = loaded(word)
    is_class = isinstance(thing, type)
    if not is_class and "(" in call:
        raise InputError(f"{name} in {word} is no class, and is not called with arguments: write it without brackets")
    made = parse("initializer", call, {name: thing}, {**DRAWS, **ACTIVATIONS}) if is_class else thing
    try:
        drawn = np.shape(initializer(made)((4, 3), Fans(4, 3), np.random.default_rng(0)))
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{word} cannot be drawn from: {type(error).__name__}: {error}") from error
    if drawn != (4, 3):
        raise InputError(f"{word} makes an array of shape {drawn} where (4, 3) is asked for: return one of that shape")
    return call.removesuffix("()"), made


def activation(word: str) -> Callable[[], Layer]:
    """What makes the activation that `word` names; it is made once here, so that a mistake shows at once."""
    kinds: dict[str, Any] = dict(ACTIVATIONS)
    if from_file(word):
        name, word, thing = loaded(word)
        if not callable(thing):
            raise InputError(f"{name} is {thing!r}, but a class of layers, or a function that makes a layer, is needed")
        kinds = {name: thing}
    return layers.activation(word, kinds)


def optimizer(word: str, lr: str | None) -> Optimizer:
    """The optimizer that `word` names, with the learning rate of --lr if that is given."""
    if lr is not None and "(" in word:
        raise InputError(f"the learning rate stands in --lr {lr} and may stand in --optimizer {word}: give one of them")
    return optimizers.optimizer(word if lr is None else f"{word}(lr={real('--lr', lr)!r})")


def networks(words: Sequence[str]) -> list[list[int]]:
    """The widths of each network: of 100x4 100-50 those of two."""
    return [widths(word) for word in words]


def widths(word: str) -> list[int]:
    """100x4, or 100,50; "0" alone for no hidden layer."""
    parts = [part for part in word.split(",") if part]
    if parts == ["0"]:
        return []
    found: list[int] = []
    for part in parts:
        match = re.fullmatch(r"(\d+)(?:x(\d+))?", part)
        if not match:
            raise InputError(f"--hidden has {part!r}, but widths are needed, such as 100,50, or 100x4 for four of 100")
        if "0" in (match[1], match[2]):
            raise InputError(f"--hidden has {part!r}, but no width and no count is 0: write 0 alone for no hidden layer")
        found += [int(match[1])] * int(match[2] or 1)
    if not found:
        raise InputError("--hidden has no widths: write 100x4, say, or 0 for no hidden layer")
    return found


def integer(flag: str, word: str, least: int = 1, most: int | None = None) -> int:
    """The whole number that a flag is given."""
    try:
        value = int(word)
    except ValueError:
        value = least - 1
    if value < least or (most is not None and value > most):
        limit = "" if most is None else f" and at most {most:,}"
        raise InputError(f"{flag} is {word!r}, but a whole number of at least {least}{limit} is needed")
    return value


def real(flag: str, word: str) -> float:
    """The number that a flag is given."""
    if not is_number(word) or not math.isfinite(float(word)):
        raise InputError(f"{flag} is {word!r}, but a finite number is needed")
    return float(word)


def is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
