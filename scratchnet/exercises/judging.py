"""How an answer to an exercise is judged: it is compared with the right one and, if it differs, with the usual mistakes.

Each exercise's judge.py has a judge for each part: it gets what the reader's file calls by that name (a function or a class)
and yields findings, the most telling first; it stops where going on would say nothing new. Read next: `layers`.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Any

import numpy as np

from scratchnet.check.initializer import check_initializer
from scratchnet.check.recognize import Mistake, close, compare, described, for_all, short_repr
from scratchnet.check.report import Finding, Wrong
from scratchnet.check.std_mistakes import std_mistakes
from scratchnet.exercises.plain_words import FANS_MEMBERS, Advice, Members, in_plain_words, plain_error
from scratchnet.initializers import Fans
from scratchnet.support.validation import Array

Answer = Callable[..., Any]
Findings = Iterator[Finding]
UNNAMED = ("other", "wrong-factor", "wrong-shape", "not-finite")  # diagnoses that say little: another look may say more
NEARLY = 0.02  # of the right answer: what is rounded or measured is as near

# An affine with more inputs than outputs, one with fewer, and a convolution: no two formulas agree on all of them. The sums
# of their fans are odd, so that whole-number division shows.
FANS = [(Fans(785, 100),), (Fans(30, 201),), (Fans(7, 12, (5, 5)),)]


def judged(
    name: str,
    yours: Answer,
    right: Answer,
    cases: Iterable[tuple[Any, ...]],
    mistakes: Callable[..., Iterable[Mistake]] = lambda *case: (),
    tolerance: float = 1e-6,
    next_look: str = "",
    members: Members = (),
    advice: Advice = MappingProxyType({}),
) -> Finding:
    """The finding on a function, from its answers to each of the cases.

    An answer is right if none of its numbers is off by more than `tolerance` of the largest; a mistake is recognized if it
    gives the same answers to all cases. `mistakes` yields the mistakes in one case; `next_look` is the text if none fits.
    If a case raises, the answers to the cases before it are compared first, as they may say more.
    """
    cases = list(cases)
    expected = [np.asarray(right(*case), np.float64) for case in cases]
    given: list[Array] = []
    error, several = None, None
    for case in cases:
        handed = copy.deepcopy(case)
        try:
            answer = yours(*handed)
        except NotImplementedError:
            raise
        except BaseException as raised:
            error = plain_error(name, raised, members, advice)
            break
        number, wrong = numbers(name, answer, expected[len(given)])
        if wrong:
            return finding(name, wrong)
        given.append(number)
        several = several or (f"{name} returns {short_repr(answer)}" if isinstance(answer, tuple | list) else None)
        for before, after in zip(case, handed, strict=True):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                text = f"{name} writes into an array that it is given: make a new one."
                return finding(name, ("input-overwritten", text))
    answered, expected = cases[: len(given)], expected[: len(given)]
    if not answered:
        return finding(name, error)

    def all_mistakes() -> Iterator[Mistake]:
        yield from for_all(answered, mistakes)
        text = "It is 0 for all: is there a //, which drops what is behind the point, where / is needed?"
        yield Mistake("zero", [np.zeros_like(one) for one in expected], text)

    more: dict[str, Any] = {"cases": answered, "tolerance": tolerance, "otherwise": next_look}
    wrong = compare(given, expected, all_mistakes(), name=name, **more)
    if (wrong is None or wrong[0] in UNNAMED) and error:
        return finding(name, error)
    if (wrong is None or wrong[0] in UNNAMED) and not repeated(yours, cases[0], given[0]):
        text = f"A second call of {name} with the same arguments gives another answer: is something kept, or drawn?"
        return finding(name, ("state-kept", text))
    if wrong and wrong[0] == "wrong-shape" and several:
        return finding(name, ("returns-several", f"{several}, but {described(expected[0])} is needed."))
    if wrong and wrong[0] in ("other", "wrong-factor"):
        wrong = partly_right(name, answered, given, expected, tolerance, wrong)
    return finding(name, wrong)


def numbers(name: str, answer: Any, right: Array) -> tuple[Array, Wrong | None]:
    """An answer as float64, or what is wrong if it holds no numbers."""
    empty, needed = np.empty(0), f"but {described(right)} is needed"
    if answer is None:
        return empty, ("returns-nothing", f"{name} returns None: is a return missing?")
    if callable(answer):
        called = getattr(answer, "__name__", "it")
        return empty, ("not-called", f"{name} returns the function {called}: to call it, write {called}() with brackets.")
    try:
        array = np.asarray(answer)
        if array.dtype.kind == "b":
            return empty, ("true-or-false", f"{name} returns {short_repr(answer)}, True or False, {needed}.")
        if array.dtype.kind in "fiuO":
            return array.astype(np.float64), None
    except (TypeError, ValueError):
        if isinstance(answer, tuple):
            return empty, ("returns-several", f"{name} returns {len(answer)} things, {needed}.")
    kind = f"an array of {answer.dtype}" if isinstance(answer, np.ndarray) else short_repr(answer)
    return empty, ("not-a-number", f"{name} returns {kind}, {needed}.")


def no_array(function: str, value: Any) -> Wrong | None:
    """What is wrong with what a pass returns, if it is no array of numbers."""
    if value is None:
        return "returns-nothing", f"{function} returns None: is a return missing?"
    if isinstance(value, tuple):
        return "returns-several", f"{function} returns {len(value)} things: return the array alone."
    if isinstance(value, list):
        return "not-an-array", f"{function} returns a list: make it an array, np.array(…)."
    if callable(value):
        return "not-called", f"{function} returns a function: call it, with brackets ()."
    if isinstance(value, np.ndarray) and value.dtype.kind == "b":
        text = "* comes before >, so put brackets around the comparison: dout * (x > 0)."
        return "true-or-false", f"{function} returns True and False, not numbers: {text}"
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return "whole-numbers", f"{function} returns {value.dtype}, whole numbers: what is behind the point is lost."
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiub":
        return "not-numbers", f"{function} returns an array of {value.dtype}, but numbers are needed."
    return None


def repeated(yours: Answer, case: tuple[Any, ...], before: Array) -> bool:
    """Does a second call with the same arguments give the same answer? With a generator among them, nobody asks."""
    if any(isinstance(argument, np.random.Generator) for argument in case):
        return True
    again = np.asarray(yours(*copy.deepcopy(case)), np.float64)
    return again.shape == before.shape and np.allclose(again, before, equal_nan=True)


def partly_right(
    name: str, cases: list[Any], given: list[Array], right: list[Array], tolerance: float, wrong: Wrong
) -> Wrong:
    """What can be said of a mistake that has no name: it is nearly right, or right in some of the cases."""
    off = [float(np.max(np.abs(a - b)) / max(float(np.abs(b).max()), 1e-12)) for a, b in zip(given, right, strict=True)]
    if max(off) < NEARLY:
        text = f"It is off by {100 * max(off):.2g} % at most: is it rounded, or measured on draws? Calculate it exactly."
        return "nearly", f"{text} {wrong[1]}"
    fits = [case for case, a, b in zip(cases, given, right, strict=True) if close(a, b, tolerance)]
    if fits:
        call = f"{name}({', '.join(map(short_repr, fits[0]))})"
        return "not-general", f"It is right for {call}, but not for all arguments. {wrong[1]}"
    return wrong


def finding(name: str, wrong: Wrong | None) -> Finding:
    """The finding on a part: right if nothing is wrong."""
    return Finding(name, wrong is None, *(wrong or ()))


def judge_std(
    name: str, init: Any, right: Callable[[Fans], float], mistakes: Callable[[Fans], Iterable[Mistake]]
) -> Findings:
    """The findings on an initializer that has a σ: its formula first, with the mistakes of this exercise, then its draws."""

    def all_mistakes(fans: Fans) -> Iterator[Mistake]:
        yield from mistakes(fans)
        yield from std_mistakes(name, right, fans)
        yield from formula_mistakes(fans)

    def formula_mistakes(fans: Fans) -> Iterator[Mistake]:
        variance = right(fans) ** 2
        text = "** comes before /: without brackets, x ** 1 / 2 is half of x. Write x ** 0.5, or math.sqrt(x)."
        yield Mistake("precedence", variance / 2, text)
        yield Mistake("fan-squared", 1 / fans.fan_in**2, "That is 1 / fan_in²: σ is a root.")

    std = judged(f"{name}.std", init.std, right, FANS, all_mistakes, members=FANS_MEMBERS)
    yield std
    if std.passed:
        for one in check_initializer(init, std=right).findings:
            yield in_plain_words(one)


def both_fans(fans: Fans) -> Iterator[Mistake]:
    """The mistakes of who takes both fans where a formula has one."""
    total = fans.fan_in + fans.fan_out
    yield Mistake("product-of-fans", (fans.fan_in * fans.fan_out) ** -0.5, "That multiplies the fans: fan_in alone counts.")
    yield Mistake(
        "fan-out-on-top", (fans.fan_out / fans.fan_in) ** 0.5, "fan_out does not count: how many inputs feed a unit does."
    )
    yield Mistake("fan-in-for-std", fans.fan_in, "That is fan_in itself: σ is a root, and falls as fan_in grows.")
    yield Mistake("sum-of-fans", (1 / total) ** 0.5, "That divides by the sum of both fans: here fan_in alone counts.")


def batch(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def drawn(name: str, init: Any, shape: tuple[int, int], seed: int = 0) -> tuple[Array, Wrong | None]:
    """What an initializer draws, and what is wrong if it is no array of that shape."""
    made = init(shape, Fans(*shape), np.random.default_rng(seed))
    if isinstance(made, tuple):
        text = f"{name} returns {len(made)} things, but one array of shape {shape} is needed: return it alone."
        return np.empty(shape), ("returns-several", text)
    if isinstance(made, list):
        return np.empty(shape), ("not-an-array", f"{name} returns a list: make it an array, np.array(…).")
    W, wrong = numbers(name, made, np.empty(shape))
    if wrong:
        return np.empty(shape), wrong
    if W.shape != shape:
        return np.empty(shape), (
            "wrong-shape",
            f"{name} returns {described(W)}, but {described(np.empty(shape))} is needed.",
        )
    if not np.isfinite(W).all():
        return np.empty(shape), ("not-finite", f"{name} returns NaN or infinity.")
    return W, None
