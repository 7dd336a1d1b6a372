"""What goes into a layer that is checked: the shape of its batch, x and dout. Read next: `layer`."""

import contextlib
import copy
import math
from typing import Any

import numpy as np

from scratchnet.check.inputs import arrays_taken, packed, with_whole_numbers
from scratchnet.check.layer_under_test import LayerUnderTest
from scratchnet.check.report import IsWrong, made_of, name_of, shortened
from scratchnet.check.unnoted import find_unnoted, with_unnoted
from scratchnet.layers import Layer
from scratchnet.support.validation import Array, InputError, whole


def prepare(subject: LayerUnderTest, rng: np.random.Generator) -> None:
    """Find out what the layer takes and draws, which arrays have gradients; choose dout, and parameters without zeros."""
    try:
        out = subject.fresh().forward(subject.x.copy())
    except (IndexError, TypeError):
        embedding = with_whole_numbers(subject.layer, subject.x.shape)
        if embedding is None:
            raise
        subject.layer = embedding[0]
        out = subject.fresh().forward(subject.x.copy())
    except ValueError as error:
        raise in_shape_is_wrong(subject, error) or error from None
    if isinstance(out, np.ndarray) and not np.isfinite(out).all():
        positive = np.abs(subject.x) + 0.1
        if np.isfinite(subject.fresh().forward(positive.copy())).all():
            subject.x, subject.positive = positive, True
            out = subject.fresh().forward(subject.x.copy())
    again = [np.asarray(subject.fresh().forward(subject.x.copy())) for _ in range(4)]
    subject.repeatable = all(same(again[0], one) for one in again)
    subject.chance.used = subject.chance.moved()
    subject.dout = rng.standard_normal(np.shape(an_array(out)))
    after = subject.fresh(exact=False)
    after.forward(subject.x.copy())
    with contextlib.suppress(Exception):  # check_passes says what is wrong
        after.backward(subject.dout.copy())
    subject.layer = with_unnoted(subject.layer, find_unnoted(subject.layer, after))
    for _, w, _ in subject.layer.parameters():
        if w.ndim < 2 or not w.any():  # ones and zeros would hide a mistake
            w += 0.3 * rng.standard_normal(w.shape)


def in_shape_is_wrong(subject: LayerUnderTest, error: Exception) -> Exception | None:
    """That x does not fit the weights, if its last axis is none of theirs."""
    weights = [(name, w.shape) for name, w, _ in subject.layer.parameters() if w.ndim > 1]
    weights += [(name, value.shape) for name, value in vars(subject.layer).items() if np.ndim(value) > 1]
    if not weights or "matmul" not in str(error) or any(subject.x.shape[-1] in shape for _, shape in weights):
        return None
    name, shape = weights[0]
    fits = f"whose last number is {shape[0]} or {shape[-1]}"
    return IsWrong("in-shape", f"x has shape {subject.x.shape}, but {name} has {shape}: give an in_shape {fits}.")


def same(one: Array, other: Array) -> bool:
    return one.shape == other.shape and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


MOST = 20_000  # numbers in a batch that is checked: each is changed by itself


def as_one_array(layer: Layer, in_shape: Any) -> tuple[Layer, tuple[int, ...]]:
    """The layer, packed if it takes several arrays or whole numbers, and the shape of its batch."""
    count = arrays_taken(layer)
    several = (
        isinstance(in_shape, tuple | list) and bool(in_shape) and all(isinstance(one, tuple | list) for one in in_shape)
    )
    if count > 1 and not (several and len(in_shape) == count):
        raise InputError(
            f"{type(layer).__name__}.forward takes {count} arrays: give a shape for each, such as in_shape="
            f"[{', '.join(['(4, 7)'] * count)}]"
        )
    if several:
        return packed(layer, [a_shape(one) for one in in_shape])
    if isinstance(in_shape, tuple | list) and len(in_shape) == 1:
        embedding = with_whole_numbers(layer, a_shape(in_shape, axes=1))
        if embedding:
            return embedding
    return layer, a_shape(in_shape)


def a_shape(given: Any, axes: int = 2) -> tuple[int, ...]:
    """The shape of a batch."""
    if not isinstance(given, tuple | list) or len(given) < axes or len(given) > 32:
        raise InputError(f"in_shape is {shortened(given)}, but the shape of a batch is needed, rows first, such as (4, 7)")
    shape = tuple(whole("an axis of in_shape", axis) for axis in given)
    if math.prod(shape) > MOST:
        raise InputError(f"in_shape is {shortened(shape)}, with more than {MOST:,} numbers: a small batch will do")
    return shape


def right_layer(right: Any, shape: tuple[int, ...]) -> Layer:
    """A layer to compare with, which takes a batch of this shape."""
    made = a_layer("right", right)
    try:
        copy.deepcopy(made).forward(np.ones(shape, np.float32))
    except (InputError, ValueError) as error:
        raise InputError(
            f"right is {name_of(made)}, but it takes no x of shape {shape}: {shortened(str(error), 99)}"
        ) from error
    return made


def a_layer(name: str, given: Any) -> Layer:
    """A layer, or what a class or a function makes without arguments."""
    if not isinstance(given, Layer) and callable(given):
        given = made_of(name, given)
    if not isinstance(given, Layer):
        raise InputError(f"{name} is {shortened(given)}, but an object whose class derives from sn.Layer is needed")
    return given


def an_array(out: Any) -> Array:
    if out is None:
        raise IsWrong("returns-nothing", "forward returns None, but an array is needed: is a return missing?")
    if isinstance(out, tuple):
        raise IsWrong("returns-a-tuple", "forward returns a tuple: return out alone, and keep the rest in self.")
    if not isinstance(out, np.ndarray):
        raise IsWrong("not-an-array", f"forward returns a {type(out).__name__}, but an array is needed.")
    return out


def dout_of(out: Array) -> Array:
    return np.ones_like(an_array(out))
