"""From plain JSON values back to dataclasses, with every type checked."""

import dataclasses
import functools
import math
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from scratchnet.support.validation import InputError

_fields = functools.cache(get_type_hints)


def read_as(kind: Any, value: Any, name: str) -> Any:
    """`value`, read from JSON, as a `kind`; InputError names the field that is something else.

    A kind is int, float, bool, str, a dataclass, `X | None`, or a list, tuple or mapping of such. JSON has no NaN and no
    infinity: null stands for them, and is read as NaN where a float is needed.
    """
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if value is None else read_as(next(one for one in inside if one is not NoneType), value, name)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, name)
    if origin in (list, tuple):
        return _sequence(origin, inside, value, name)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _wrong(name, value, "an object")
        return {read_key(inside[0], key, name): read_as(inside[1], one, f"{name}.{key}") for key, one in value.items()}
    if kind is float and value is None:
        return math.nan
    allowed = {float: (float, int)}.get(kind, (kind,))
    if type(value) not in allowed:
        raise _wrong(name, value, WORDS[kind])
    try:
        result = kind(value)
    except OverflowError as error:
        raise _wrong(name, value, WORDS[kind]) from error
    if kind is float and not math.isfinite(result):
        raise _wrong(name, value, "a finite number")
    return result


WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}


def read_key(kind: Any, key: str, name: str) -> Any:
    """A key of a mapping: a text, or a whole number written as one."""
    if kind is str:
        return key
    if not (key.isascii() and key.isdigit() and len(key) < 19) or str(int(key)) != key:
        raise InputError(f"{name} has the key {key[:40]!r}, but a whole number is needed")
    return int(key)


def _sequence(origin: Any, inside: tuple[Any, ...], value: Any, name: str) -> Any:
    if not isinstance(value, list):
        raise _wrong(name, value, "a list")
    if origin is tuple and Ellipsis not in inside:
        if len(value) != len(inside):
            raise InputError(f"{name} has {len(value)} values, but {len(inside)} are needed")
        return tuple(read_as(kind, one, name) for kind, one in zip(inside, value, strict=True))
    kinds = set(map(type, value))
    if inside[0] is int and kinds <= {int}:  # the long lists, quickly
        return origin(value)
    if inside[0] is float and kinds <= {float} and all(map(math.isfinite, value)):
        return origin(value)
    return origin(read_as(inside[0], one, f"{name}[{i}]") for i, one in enumerate(value))


def _dataclass(kind: Any, value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(name, value, "an object")
    hints = _fields(kind)
    for wrong in [*(hints.keys() - value.keys()), *(value.keys() - hints.keys())]:
        raise InputError(f"{name} {'has no' if wrong in hints else 'has an unknown'} field {wrong[:40]!r}")
    return kind(**{field: read_as(hint, value[field], f"{name}.{field}") for field, hint in hints.items()})


def _wrong(name: str, value: Any, needed: str) -> InputError:
    kind = "null" if value is None else WORDS.get(type(value), "a list or an object")
    shown = f" ({str(value)[:40]})" if type(value) in (bool, float, str) else ""
    return InputError(f"{name} is {kind}{shown}, but {needed} is needed")
