"""Which mistake makes these numbers? Each usual mistake is computed, and compared with what was given.

A mistake is recognized by its numbers: whoever takes the variance for the standard deviation gets the square of the right
answer, and nobody else does. The caller's own mistakes come first, then those that any formula may have. All checks and all
exercises ask here. Read next: `names`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from scratchnet.check.report import Wrong
from scratchnet.initializers import Fans
from scratchnet.support.tables import short
from scratchnet.support.validation import Array

Case = tuple[Any, ...]  # the arguments of one call
TOLERANCE = 1e-5  # of the largest number
ROWS = "the number of rows"


@dataclass(frozen=True)
class Mistake:
    """A word, the answer of whoever makes this mistake (a list if there are several cases), and one to three sentences."""

    word: str
    answer: Any
    text: str

    @property
    def answers(self) -> list[Array]:
        return [np.asarray(one, np.float64) for one in (self.answer if isinstance(self.answer, list) else [self.answer])]


def for_all(cases: Sequence[Case], mistakes: Callable[..., Iterable[Mistake]]) -> Iterator[Mistake]:
    """The mistakes in a function, with the answers to all cases; `mistakes` yields those in one case."""
    with np.errstate(all="ignore"):  # no yield within it: while a generator waits, its settings would be those of all
        found = list(zip(*(mistakes(*copied(case)) for case in cases), strict=True))
    for made in found:
        yield Mistake(made[0].word, [one.answer for one in made], made[0].text)


def compare(
    given: Sequence[Array], right: Sequence[Array], *args: Any, tolerance: float = TOLERANCE, **more: Any
) -> Wrong | None:
    """None if all arrays that are given are the right ones, else what `recognize` says about them."""
    finite = all(np.isfinite(one).all() for one in given)
    return (
        None
        if finite and all_close(given, right, tolerance)
        else recognize(given, right, *args, tolerance=tolerance, **more)
    )


def recognize(
    given: Sequence[Array],
    right: Sequence[Array],
    mistakes: Iterable[Mistake] = (),
    *,
    name: str,
    cases: Sequence[Case] = ((),),
    tolerance: float = TOLERANCE,
    where: Any = True,
    counts: Mapping[float, str] = MappingProxyType({}),
    source: str = "should be",
    otherwise: str = "It is none of the usual mistakes: go through the formula term by term.",
) -> Wrong:
    """A word and a text for arrays that are wrong: the mistake, then the element that is furthest off.

    `given` and `right` hold one array for each of the `cases`. Only the elements `where` are compared. `counts` names the
    numbers that a sum may be multiplied or divided by. A mistake that is not known is "other", with the text `otherwise`.
    """
    shown = worst_element(name, cases, given, right, tolerance, where, source)
    with np.errstate(all="ignore"):
        for mistake in mistakes:
            if all_close(given, mistake.answers, tolerance, where):
                return mistake.word, f"{mistake.text} {shown}"
        if any(a.shape != b.shape for a, b in zip(given, right, strict=True)):
            turned = all(a.shape == b.shape[::-1] for a, b in zip(given, right, strict=True))
            return ("transposed", f"{shown} Transpose it.") if turned else ("wrong-shape", shown)
        if len(given) > 1 and all(np.array_equal(one, given[0]) for one in given):
            return "ignores-its-arguments", f"The answer is the same whatever {name} is given: use its arguments. {shown}"
        for mistake in general_mistakes(right):
            if all_close(given, mistake.answers, tolerance, where):
                return mistake.word, f"{mistake.text} {shown}"
        word, text = wrong_factor(given, right, tolerance, where, counts) or ("other", otherwise)
    if not all(np.isfinite(one).all() for one in given):
        return "not-finite", shown
    return word, f"{text} {shown}".strip()


def close(given: Array, right: Array, tolerance: float, where: Any = True) -> bool:
    """Do two arrays have the same shape, and no elements that differ by more than `tolerance` of the largest?

    NaN and infinity must be the same too, so that a mistake that makes them is recognized.
    """
    if given.shape != right.shape:
        return False
    given, right = (given, right) if where is True else (given[where], right[where])
    finite = np.isfinite(right)
    if not finite.all():
        if not np.array_equal(given[~finite], right[~finite], equal_nan=True):
            return False
        given, right = given[finite], right[finite]
    return bool(np.all(np.abs(given - right) <= tolerance * max(float(np.abs(right).max(initial=0)), 1e-12)))


def all_close(given: Sequence[Array], right: Sequence[Array], tolerance: float, where: Any = True) -> bool:
    return all(close(one, other, tolerance, where) for one, other in zip(given, right, strict=True))


def general_mistakes(right: Sequence[Array]) -> Iterator[Mistake]:
    """The mistakes that any formula may have."""

    def known(word: str, changed: Callable[[Array], Array], text: str) -> Mistake:
        return Mistake(word, [changed(one) for one in right], text)

    yield known("zero", np.zeros_like, "It is zero everywhere.")
    yield known("sign-flipped", np.negative, "The sign is wrong everywhere.")
    if all(one.ndim == 2 and one.shape[0] == one.shape[1] for one in right):
        yield known("transposed", np.transpose, "It is transposed: rows and columns are swapped.")
    yield known("inverted", lambda one: 1 / one, "That is 1 over the right answer.")
    yield known("squared", np.square, "That is the square of the right answer: take the root.")
    yield known("root-of-it", np.sqrt, "That is the square root of the right answer.")


def wrong_factor(
    given: Sequence[Array], right: Sequence[Array], tolerance: float, where: Any, counts: Mapping[float, str]
) -> Wrong | None:
    """Are the numbers that are given the right ones times a factor? Then it is named, if it has a meaning."""
    ours, theirs = (np.concatenate([one[where].ravel() for one in arrays]) for arrays in (right, given))
    total = float(ours @ ours)
    factor = float(ours @ theirs) / total if total and ours.size > 1 else 0.0
    if not factor or not all_close(given, [factor * one for one in right], tolerance, where):
        return None
    seen = f"It is {short(factor, 6)} times as large as it should be"
    known = {2.0: ("doubled", f"{seen}. Is something added twice, or kept from the call before?")}
    for n, what in counts.items():
        known.setdefault(n, ("times-n", f"{seen}; {n:g} is {what}. Is a sum taken where the mean is needed?"))
        text = f"{seen}, which is 1 over {what}. Is a mean taken where the sum is needed?"
        known.setdefault(1 / n, ("divided-by-n", text))
        if what == ROWS:
            known.setdefault(2 / n, ("twice-the-mean", f"{seen}, which is 2 over {what}."))
    known.setdefault(0.5, ("halved", f"{seen}: a 2 is missing, or there is a ½ too many."))
    known.setdefault(2**0.5, ("root-two", f"{seen}: there is a 2 too many under the root."))
    known.setdefault(0.5**0.5, ("root-two", f"{seen}: a 2 is missing under the root."))
    for number, (word, text) in known.items():
        if abs(abs(factor) / number - 1) < 1e-4:
            return word, text if factor > 0 else f"{text} And the sign is wrong."
    return "wrong-factor", f"{seen}."


def mistakes_in_fans(right: Callable[[Fans], float], fans: Fans) -> Iterator[Mistake]:
    """The mistakes that any formula of fans may have."""
    text = "fan_in and fan_out are swapped: fan_in is how many products one unit adds up."
    yield Mistake("fans-swapped", right(Fans(fans.n_out, fans.n_in, fans.window)), text)
    text = "n_in is how many channels come in: in a convolution each has a whole window. Take fans.fan_in."
    yield Mistake("window-forgotten", right(Fans(fans.n_in, fans.n_out)), text)


def worst_element(
    name: str,
    cases: Sequence[Case],
    given: Sequence[Array],
    right: Sequence[Array],
    tolerance: float,
    where: Any,
    source: str,
) -> str:
    """A sentence on the first case that is wrong, with the element that is furthest off."""
    for case, one, other in zip(cases, given, right, strict=True):
        if close(one, other, tolerance):
            continue
        arrays = all(isinstance(argument, np.ndarray) for argument in case)
        call = name if arrays else f"{name}({', '.join(map(short_repr, case))})"
        if one.shape != other.shape:
            return f"{call} is {described(one)}, but {source} {described(other)}."
        off = np.abs(one - other) * where
        off = np.where(np.isfinite(off), off, math.inf)
        worst = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
        at = str(list(worst)) if worst else ""
        inputs = zip(("x", "dout"), case, strict=False) if arrays else ()
        there = [f"{label} is {short(float(a[worst]))}" for label, a in inputs if a.shape == one.shape]
        at += f", where {' and '.join(there)}," if there else ""
        return f"{call}{at} is {short(float(one[worst]), 6)}, but {source} {short(float(other[worst]), 6)}."
    return ""


def copied(case: Case) -> list[Any]:
    return [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in case]


def described(value: Array) -> str:
    return f"an array of shape {value.shape}" if value.shape else f"the number {short(float(value), 6)}"


def short_repr(value: Any) -> str:
    """One argument as a sentence has it."""
    if isinstance(value, Fans):
        return f"Fans({value.n_in}, {value.n_out}{f', {value.window}' if value.window else ''})"
    if isinstance(value, np.ndarray):
        return f"array {value.shape}"
    if isinstance(value, np.random.Generator):
        return "rng"
    if callable(value):
        return str(getattr(value, "__name__", "a function"))
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}…"
