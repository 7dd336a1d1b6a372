"""Checks of what a user gives, before anything is computed with it.

Each function returns the argument in the form the code needs, or raises an `InputError` whose one sentence says what was
given, what is allowed and what to do.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class InputError(ValueError, TypeError):
    """What a user gave cannot be used. The message is one sentence, fit to be shown without a traceback."""


def whole(name: str, value: Any, least: int = 1) -> int:
    """`value` as an int of at least `least`."""
    if isinstance(value, bool | np.bool) or not isinstance(value, int | np.integer):
        remedy = f"; write int({value})" if isinstance(value, float) and math.isfinite(value) else ""
        raise InputError(f"{name} is {value!r}, but a whole number of at least {least} is needed{remedy}")
    if value < least:
        raise InputError(f"{name} is {value}, but a whole number of at least {least} is needed")
    return int(value)


def number(name: str, value: Any, least: float = -math.inf, above: float = -math.inf, below: float = math.inf) -> float:
    """`value` as a finite float with least <= value, above < value < below."""
    allowed = "a finite number"
    if least > -math.inf:
        allowed += f" of at least {least:g}"
    if above > -math.inf:
        allowed += f" above {above:g}"
    if below < math.inf:
        allowed += f" {'and ' if ' of ' in allowed or ' above ' in allowed else ''}below {below:g}"
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or not (number >= least and above < number < below):
        raise InputError(f"{name} is {value!r}, but {allowed} is needed")
    return number


def a_path(name: str, value: Any) -> Path:
    """`value` as a Path."""
    try:
        return Path(value)
    except TypeError as error:
        raise InputError(f"{name} is {value!r}, but a path is needed, as a string or a Path") from error


def float_array(name: str, value: Any, dtype: Any = None) -> Array:
    """`value` as an array of floats, in `dtype` if one is given, copied only where needed.

    Read-only, big-endian and non-contiguous arrays are fine. Integers are refused: only a `Dataset` scales pixels, so no
    function has to guess whether 255 means white or the number 255.
    """
    array = _array(name, value)
    if array.dtype.kind in "iub":
        raise InputError(
            f"{name} holds {array.dtype}, but floats are needed: for pixels write {name} / np.float32(255), "
            f"for other numbers {name}.astype(np.float32)"
        )
    if array.dtype.kind != "f":
        raise InputError(f"{name} holds {array.dtype}, but floats are needed: give a plain array of real numbers")
    if array.size == 0:
        raise InputError(f"{name} is empty (shape {array.shape}): give at least one row")
    if array.dtype == dtype:
        return array
    if dtype is None:
        dtype = array.dtype.newbyteorder("=")
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False)


def _array(name: str, value: Any) -> Array:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(
            f"{name} cannot be made an array, since its rows differ in length: give rows of one length"
        ) from error


def finite(name: str, array: Array) -> Array:
    """`array`, unless it holds NaN or an infinity: then InputError."""
    good = np.isfinite(array)
    if good.all():
        return array
    bad = np.argwhere(~good)
    raise InputError(
        f"{name} holds {len(bad)} NaN or infinite value{'s' if len(bad) > 1 else ''}, the first at {bad[0].tolist()}: "
        "replace or drop such rows"
    )


def labels(t: Any, rows: int, classes: int | None = None) -> Array:
    """`t` as class numbers: one integer per row, from 0 to `classes` − 1."""
    t = _array("the labels", t)
    if t.ndim == 2 and t.shape[1] > 1:
        raise InputError(
            f"the labels have shape {t.shape}, as one-hot rows have, but one class number per row is needed: "
            "write t.argmax(axis=1)"
        )
    if t.ndim != 1:
        raise InputError(f"the labels have shape {t.shape}, but one class number per row is needed: shape ({rows},)")
    if t.dtype.kind not in "iu":
        raise InputError(f"the labels hold {t.dtype}, but class numbers are whole: write t.astype(int)")
    if len(t) != rows:
        raise InputError(f"there are {len(t)} labels for {rows} rows: give one label for each row")
    if classes is not None and len(t) and (t.min() < 0 or t.max() >= classes):
        wrong = t.min() if t.min() < 0 else t.max()
        raise InputError(
            f"a label is {wrong}, but with {classes} classes labels run from 0 to {classes - 1}: "
            "correct the labels, or give the network one output per class"
        )
    return t


def unknown(kind: str, name: str, allowed: Iterable[str]) -> InputError:
    """The error for a name that is not among the known ones, with the nearest one as a hint."""
    import difflib  # slow to import, and only mistakes need it

    allowed = list(allowed)
    by_lower = {known.lower(): known for known in allowed}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    hint = f" (did you mean {by_lower[near[0]]}?)" if near else ""
    return InputError(f"there is no {kind} named {name!r}{hint}; there are {', '.join(allowed)}")
