"""Checks of what a user gives, before anything is computed with it.

Each function returns the argument in the form the code needs, or raises an `InputError` whose one sentence says what was
given, what is allowed and what to do.
"""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet.support.tables import visible

Array = NDArray[Any]

LONGEST = 299  # characters of a message
MOST_LABELS = 2**31  # a label beyond this is no class number


class InputError(ValueError, TypeError):
    """What a user gave cannot be used. The message is one sentence, fit to be shown without a traceback.

    It is one line below 300 characters, whatever was given: if it is longer, its middle is left out.
    """

    def __init__(self, message: object = "") -> None:
        text = visible(" ".join(str(message).splitlines()))
        if len(text) > LONGEST:
            start = LONGEST * 3 // 5
            text = f"{text[:start]} … {text[start + 3 - LONGEST :]}"
        super().__init__(text)


class _Shortened(reprlib.Repr):
    """repr of any value, on one line and short. An array is its dtype and shape."""

    def __init__(self) -> None:
        super().__init__()
        self.maxother = self.maxstring = self.maxlong = 80
        self.maxlevel = 3

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, np.ndarray) and x.ndim:
            return f"an array of {x.dtype.name[:30]} of shape {x.shape}"
        try:
            return " ".join(super().repr1(x, level).split())
        except Exception:  # of an object's own __repr__, or a whole number of thousands of digits
            return f"an object of the class {type(x).__name__}"

    def repr_instance(self, x: Any, level: int) -> str:
        text = repr(x)
        middle = (self.maxother - 3) // 2
        return text if len(text) <= self.maxother else f"{text[:middle]}...{text[-middle:]}"


shown = _Shortened().repr


def flag(name: str, value: Any) -> bool:
    """`value` as a bool; 0 and 1 will do."""
    if isinstance(value, bool | np.bool | int) and value in (0, 1):
        return bool(value)
    raise InputError(f"{name} is {shown(value)}, but True or False is needed")


def as_list(name: str, value: Any, needed: str, such_as: str, most: int = 1_000_000) -> list[Any]:
    """`value` as a list of at most `most` items. Strings, sets and dictionaries are refused: they are no list of values."""
    if type(value) is list and len(value) <= most:
        return value.copy()
    try:
        is_list = isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | memoryview | Mapping | Set)
        if is_list and getattr(value, "ndim", 1) == 1:
            items = list(itertools.islice(value, most + 1))
            if len(items) > most:
                raise InputError(f"{name} has more than {most:,} values: give fewer")
            return items
    except TypeError:  # of a 0-d array
        pass
    raise InputError(f"{name} is {shown(value)}, but {needed} is needed, such as {such_as}")


def whole(name: str, value: Any, least: int = 1, most: int = 2**63 - 1) -> int:
    """`value` as an int with least <= value <= most."""
    if isinstance(value, bool | np.bool) or not isinstance(value, int | np.integer):
        remedy = f"; write int({value})" if isinstance(value, float) and math.isfinite(value) else ""
        raise InputError(f"{name} is {shown(value)}, but a whole number of at least {least} is needed{remedy}")
    if value < least:
        raise InputError(f"{name} is {shown(int(value))}, but a whole number of at least {least} is needed")
    if value > most:
        raise InputError(f"{name} is {shown(int(value))}, but a whole number of at most {most:,} is needed")
    return int(value)


def seed_number(name: str, value: Any) -> int:
    """`value` as the seed of a random stream: any whole number from 0 to 2¹²⁸ − 1."""
    return whole(name, value, least=0, most=2**128 - 1)


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
        raise InputError(f"{name} is {shown(value)}, but {allowed} is needed")
    return number


def a_path(name: str, value: Any) -> Path:
    """`value` as a Path."""
    try:
        path = Path(value)
    except TypeError as error:
        raise InputError(f"{name} is {shown(value)}, but a path is needed, as a string or a Path") from error
    if "\0" in str(path):
        raise InputError(f"{name} is {shown(str(path))}, but a path has no character 0: write another")
    return path


def float_array(name: str, value: Any, dtype: Any = None) -> Array:
    """`value` as an array of floats, in `dtype` if one is given, copied only where needed.

    Read-only, big-endian and non-contiguous arrays are fine. Integers are refused: only a `Dataset` scales pixels, so no
    function has to guess whether 255 means white or the number 255.
    """
    array = as_array(name, value[:1] if isinstance(value, range) else value)  # refused, however long it is
    if array.dtype.kind in "iub":
        raise InputError(
            f"{name} holds {array.dtype}, but floats are needed: for pixels write {name} / np.float32(255), "
            f"for other numbers {name}.astype(np.float32)"
        )
    if array.dtype.kind != "f":
        raise InputError(f"{name} holds {array.dtype}, but floats are needed: give a plain array of real numbers")
    if array.size == 0:
        raise InputError(f"{name} is empty (shape {array.shape}): give at least one row")
    if array.dtype == dtype or (dtype is None and array.dtype.isnative):
        return array
    if dtype is None:
        dtype = array.dtype.newbyteorder("=")
    try:
        with np.errstate(over="ignore", under="ignore"):
            return array.astype(dtype, copy=False)
    except MemoryError as error:
        raise beyond_memory(name, array.shape) from error


def as_array(name: str, value: Any) -> Array:
    """`value` as an array of any dtype. What NumPy cannot make one of, and what it would lose a mask of, is refused."""
    if type(value) is np.ndarray:
        return value
    if _has_mask(value):
        raise InputError(f"{name} has masked values, whose mask would be lost: fill them with .filled(0), or drop such rows")
    try:
        array = np.arange(value.start, value.stop, value.step) if isinstance(value, range) else np.asarray(value)
    except MemoryError as error:
        raise beyond_memory(name, getattr(value, "shape", None)) from error
    except Exception as error:  # whatever an object's own __array__ raises
        if "inhomogeneous" in str(error) or "setting an array element with a sequence" in str(error):
            raise InputError(
                f"{name} cannot be made an array, since its rows differ in length: give rows of one length"
            ) from error
        raise InputError(f"{name} cannot be made an array: {shown(value)}, {error}") from error
    if array.dtype == object and array.ndim == 0:
        raise InputError(f"{name} is {shown(value)}, but an array of numbers is needed")
    return array


def _has_mask(value: Any) -> bool:
    """Is anything masked in a masked array, or in lists of them?"""
    if not isinstance(value, list | tuple):
        return isinstance(value, np.ma.MaskedArray) and bool(np.ma.is_masked(value))
    seen, waiting = {id(value)}, [value]
    while waiting:
        items = waiting.pop()
        if any(issubclass(kind, list | tuple | np.ma.MaskedArray) for kind in set(map(type, items))):
            if any(isinstance(one, np.ma.MaskedArray) and np.ma.is_masked(one) for one in items):
                return True
            new = [one for one in items if isinstance(one, list | tuple) and id(one) not in seen]
            seen.update(map(id, new))
            waiting += new
    return False


def beyond_memory(name: str, shape: tuple[int, ...] | None) -> InputError:
    """The error for an array that needs more memory than there is."""
    of_shape = "" if shape is None else f" of shape {shape}"
    return InputError(f"{name}{of_shape} needs more memory than there is: give less of it, or smaller sizes")


def finite(name: str, array: Array) -> Array:
    """`array`, unless it holds NaN or an infinity: then InputError."""
    try:
        good = np.isfinite(array)
        if good.all():
            return array
        bad = np.argwhere(~good)
    except MemoryError as error:
        raise beyond_memory(name, array.shape) from error
    raise InputError(
        f"{name} holds {len(bad)} NaN or infinite value{'s' if len(bad) > 1 else ''}, the first at {bad[0].tolist()}: "
        "replace or drop such rows"
    )


def no_pixels(name: str, x: Array) -> Array:
    """`x`, floats, unless they seem to be pixels from 0 to 255, which no network here trains on: then InputError.

    Such pixels are not negative, reach more than half of 255, and are whole, or the rows are as long as an image's.
    """
    if x.size == 0 or not 127 < (greatest := x.max()) <= 255 or not 0 <= x.min() < greatest:
        return x
    few = x[:1000]
    if math.prod(x.shape[1:]) < 64 and not (few == np.rint(few)).all():
        return x
    raise InputError(
        f"{name} holds floats from {x.min():g} to {greatest:g}, as pixels that are not scaled do: write {name} / 255, or "
        f"give a Dataset {name}.astype(np.uint8), which it scales"
    )


def labels(t: Any, rows: int, classes: int | None = None) -> Array:
    """`t` as class numbers: one integer per row, from 0 to `classes` − 1."""
    if isinstance(t, range | list | tuple) and len_of(t) != rows:
        raise InputError(f"there are {len_of(t)} labels for {rows} rows: give one label for each row")
    t = as_array("the labels", t)
    if t.ndim == 2 and t.shape[1] > 1:
        raise InputError(
            f"the labels have shape {t.shape}, as one-hot rows have, but one class number per row is needed: "
            "write t.argmax(axis=1)"
        )
    if t.ndim != 1:
        remedy = "write t[:, 0]" if t.shape == (rows, 1) else f"shape ({rows},)"
        raise InputError(f"the labels have shape {t.shape}, but one class number per row is needed: {remedy}")
    if len(t) != rows:
        raise InputError(f"there are {len(t)} labels for {rows} rows: give one label for each row")
    if t.dtype.kind not in "iu":
        remedy = "t.astype(int)" if t.dtype.kind in "fb" else "np.unique(t, return_inverse=True)[1]"
        raise InputError(f"the labels hold {t.dtype}, but class numbers are whole: write {remedy}")
    least, greatest = (int(t.min()), int(t.max())) if rows else (0, 0)
    if classes is not None and (least < 0 or greatest >= classes):
        from_one = least > 0 and greatest - least < classes
        remedy = f"they start from {least}, so write t - {least}" if from_one else "correct the labels"
        raise InputError(
            f"a label is {least if least < 0 else greatest}, but with {classes} classes labels run from 0 to {classes - 1}: "
            f"{remedy}, or give the network one output per class"
        )
    if greatest >= MOST_LABELS:
        raise InputError(f"a label is {greatest}, which is no class number: write np.unique(t, return_inverse=True)[1]")
    return t


def len_of(value: Any) -> int:
    """len(value), also of a range that is longer than len can say."""
    return max(0, -((value.start - value.stop) // value.step)) if isinstance(value, range) else len(value)


def unknown(kind: str, name: str, allowed: Iterable[str]) -> InputError:
    """The error for a name that is not among the known ones, with the nearest one as a hint."""
    import difflib  # slow to import, and only mistakes need it

    allowed = list(allowed)
    by_lower = {known.lower(): known for known in allowed}
    near = difflib.get_close_matches(name[:100].lower(), by_lower, n=1)
    hint = f" (did you mean {by_lower[near[0]]}?)" if near else ""
    return InputError(f"there is no {kind} named {shown(name)}{hint}; there are {', '.join(allowed)}")
