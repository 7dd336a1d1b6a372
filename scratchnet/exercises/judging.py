"""How an exercise's answer is judged: held against the right one, and if it differs, against those of the usual mistakes.

A mistake is known by its numbers: whoever takes the variance for the standard deviation gets the right answer's square, and
nobody else does. Read next: `judges_of_starts`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.report import Finding
from scratchnet.initializers import Fans
from scratchnet.support.tables import short
from scratchnet.support.validation import Array

Answer = Callable[..., Any]
Findings = Iterator[Finding]


@dataclass(frozen=True)
class Mistake:
    """What one who makes it would answer, in a word, a function and one to three sentences."""

    word: str
    answer: Answer
    text: str


def judged(
    name: str,
    yours: Answer,
    right: Answer,
    cases: Iterable[tuple[Any, ...]],
    mistakes: Sequence[Mistake] = (),
    tolerance: float = 1e-6,
    next_look: str = "",
) -> Finding:
    """The finding on a function, from what it answers to each of the cases.

    An answer is right if no number of it is off by more than `tolerance` of the largest; a mistake is recognized if all
    answers are its own. Answers that nobody's mistake makes are "other", with the number that is the furthest off.
    """
    cases = list(cases)
    given, due = [], [np.asarray(right(*case), np.float64) for case in cases]
    for case in cases:
        handed = [copied(argument) for argument in case]
        answer = yours(*handed)
        if answer is None:
            return Finding(name, False, "returns-nothing", f"{name} returns None: is a return missing?")
        try:
            given.append(np.asarray(answer, np.float64))
        except (TypeError, ValueError):
            what = f"{name} returns {short_repr(answer)}, but {described(due[len(given)])} is needed."
            return Finding(name, False, "not-a-number", what)
        for before, after in zip(case, handed, strict=True):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                return Finding(
                    name, False, "input-overwritten", f"{name}: it writes into an array that it is given: make a new one."
                )
    if all_close(given, due, tolerance):
        return Finding(name, True)
    # What the worst case shows is said first; then what it is, if that is known.
    shown = difference(name, cases, given, due, tolerance)
    for mistake in mistakes:
        with np.errstate(all="ignore"):
            theirs = [np.asarray(mistake.answer(*map(copied, case)), np.float64) for case in cases]
        if all_close(given, theirs, tolerance):
            return Finding(name, False, mistake.word, f"{mistake.text} {shown}")
    if len(given) > 1 and all(np.array_equal(one, given[0]) for one in given):
        return Finding(
            name, False, "ignores-its-arguments", f"{name} answers the same whatever it is given: use its arguments. {shown}"
        )
    if any(one.shape != other.shape for one, other in zip(given, due, strict=True)):
        return Finding(name, False, "wrong-shape", shown)
    if not all(np.isfinite(one).all() for one in given):
        return Finding(name, False, "not-finite", shown)
    return Finding(name, False, "other", f"{shown} {next_look}".strip())


def all_close(given: Sequence[Array], due: Sequence[Array], tolerance: float) -> bool:
    return all(close(one, other, tolerance) for one, other in zip(given, due, strict=True))


def close(one: Array, other: Array, tolerance: float) -> bool:
    """Of one shape, and nowhere apart by more than `tolerance` of the largest number."""
    if one.shape != other.shape or not np.isfinite(one).all():
        return False
    return bool(np.all(np.abs(one - other) <= tolerance * max(float(np.abs(other).max(initial=0)), 1e-12)))


def difference(
    name: str, cases: Sequence[tuple[Any, ...]], given: Sequence[Array], due: Sequence[Array], tolerance: float
) -> str:
    """A sentence on the first case that is wrong, with its worst number."""
    for case, one, other in zip(cases, given, due, strict=True):
        if close(one, other, tolerance):
            continue
        call = f"{name}({', '.join(map(short_repr, case))})"
        if one.shape != other.shape:
            arrays = all(isinstance(argument, np.ndarray) for argument in case)
            return f"{name if arrays else call} is {described(one)}, but {described(other)} is due."
        if not one.shape:
            return f"{call} is {short(float(one), 6)}, but {short(float(other), 6)} is due."
        off = np.abs(one - other)
        off[~np.isfinite(off)] = np.inf
        worst = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
        place = f"[{', '.join(map(str, worst))}]"
        if all(isinstance(argument, np.ndarray) for argument in case):
            call = name  # what the arrays hold at that place says more than their shapes
            if all(argument.shape == one.shape for argument in case):
                there = zip(("x", "dout"), case, strict=False)
                place += f", where {' and '.join(f'{which} is {short(float(a[worst]))}' for which, a in there)},"
        return f"{call}{place} is {short(float(one[worst]), 6)}, but {short(float(other[worst]), 6)} is due."
    return ""


def copied(argument: Any) -> Any:
    return argument.copy() if isinstance(argument, np.ndarray) else argument


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


# An affine of more inputs than outputs, one of fewer, and a convolution: no two formulas agree on all of them.
FANS = [(Fans(784, 100),), (Fans(30, 200),), (Fans(8, 12, (5, 5)),)]


def std_mistakes(right: Answer, *before: Mistake, without: Sequence[str] = ()) -> list[Mistake]:
    """The mistakes that any formula for σ may have, after those of one alone, and without those that it has not."""
    known = [
        Mistake(
            "variance-for-std",
            lambda fans: right(fans) ** 2,
            "That is σ², the variance: std gives its square root.",
        ),
        Mistake(
            "root-of-the-root",
            lambda fans: right(fans) ** 0.5,
            "That is √σ: the root is taken once too often.",
        ),
        Mistake(
            "fans-swapped",
            lambda fans: right(Fans(fans.n_out, fans.n_in, fans.window)),
            "fan_in and fan_out have changed places: fan_in is how many products one unit adds up.",
        ),
        Mistake(
            "window-forgotten",
            lambda fans: right(Fans(fans.n_in, fans.n_out)),
            "n_in is how many channels come in: of a convolution each has a whole window. Take fans.fan_in.",
        ),
        Mistake(
            "inverted",
            lambda fans: 1 / right(fans),
            "That is 1/σ: more inputs need smaller weights, not larger ones.",
        ),
        Mistake(
            "limit-for-std",
            lambda fans: 3**0.5 * right(fans),
            "That is √3 σ, the bound of a uniform law: std is the standard deviation, whatever the law.",
        ),
        Mistake(
            "root-two-too-large",
            lambda fans: 2**0.5 * right(fans),
            "That is √2 times too large: there is a 2 too many under the root, or a ½ is missing.",
        ),
        Mistake(
            "root-two-too-small",
            lambda fans: 0.5**0.5 * right(fans),
            "That is √2 times too small: a 2 is missing under the root.",
        ),
    ]
    return [*before, *(mistake for mistake in known if mistake.word not in without)]


def batch(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def drawn(name: str, init: Any, shape: tuple[int, ...], fans: Fans, seed: int = 0) -> tuple[Array, Finding | None]:
    """What an initializer draws, or the finding that it is no array of that shape."""
    made = init(shape, fans, np.random.default_rng(seed))
    if made is None:
        return np.empty(shape), Finding(name, False, "returns-nothing", f"{name} returns None: is a return missing?")
    W = np.asarray(made)
    if W.shape != shape:
        text = f"{name} returns an array of shape {W.shape}, but {shape} is due."
        return np.empty(shape), Finding(name, False, "wrong-shape", text)
    if W.dtype.kind not in "fiu" or not np.isfinite(W).all():
        return np.empty(shape), Finding(name, False, "not-finite", f"{name} returns {W.dtype} with NaN or infinity in it.")
    return W.astype(np.float64), None


def pass_of(kind: Any, x: Array, dout: Array, training: bool = True, **set_to: Array) -> tuple[Any, Array, Array]:
    """A new layer with parameters as given, what it makes of x, and of dout."""
    layer = kind()
    layer.training = training
    for name, value in set_to.items():
        setattr(layer, name, value.copy())
    out = layer.forward(x)
    return layer, out, layer.backward(dout)
