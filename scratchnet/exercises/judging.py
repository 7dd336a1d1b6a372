"""How an answer to an exercise is judged: it is compared with the right one and, if it differs, with the usual mistakes.

Each exercise's judge.py has a judge for each part: it gets what the reader's file calls by that name (a function or a class)
and yields findings, the most telling first; it stops where going on would say nothing new. Read next: `course`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from scratchnet.check.initializer import check_initializer
from scratchnet.check.recognize import Mistake, compare, copied, described, for_all, short_repr
from scratchnet.check.report import Finding, Wrong
from scratchnet.check.std_mistakes import std_mistakes
from scratchnet.initializers import Fans
from scratchnet.support.validation import Array

Answer = Callable[..., Any]
Findings = Iterator[Finding]

# An affine with more inputs than outputs, one with fewer, and a convolution: no two formulas agree on all of them.
FANS = [(Fans(784, 100),), (Fans(30, 200),), (Fans(8, 12, (5, 5)),)]


def judged(
    name: str,
    yours: Answer,
    right: Answer,
    cases: Iterable[tuple[Any, ...]],
    mistakes: Callable[..., Iterable[Mistake]] = lambda *case: (),
    tolerance: float = 1e-6,
    next_look: str = "",
) -> Finding:
    """The finding on a function, from its answers to each of the cases.

    An answer is right if none of its numbers is off by more than `tolerance` of the largest; a mistake is recognized if it
    gives the same answers to all cases. `mistakes` yields the mistakes in one case; `next_look` is the text if none fits.
    """
    cases = list(cases)
    given, expected = [], [np.asarray(right(*case), np.float64) for case in cases]
    for case in cases:
        handed = copied(case)
        answer = yours(*handed)
        if answer is None:
            return finding(name, ("returns-nothing", f"{name} returns None: is a return missing?"))
        try:
            given.append(np.asarray(answer, np.float64))
        except (TypeError, ValueError):
            text = f"{name} returns {short_repr(answer)}, but {described(expected[len(given)])} is needed."
            return finding(name, ("not-a-number", text))
        for before, after in zip(case, handed, strict=True):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                text = f"{name} writes into an array that it is given: make a new one."
                return finding(name, ("input-overwritten", text))
    more: dict[str, Any] = {"cases": cases, "tolerance": tolerance, "otherwise": next_look}
    return finding(name, compare(given, expected, for_all(cases, mistakes), name=name, **more))


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

    std = judged(f"{name}.std", init.std, right, FANS, all_mistakes)
    yield std
    if std.passed:
        yield from check_initializer(init, std=right).findings


def batch(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def drawn(name: str, init: Any, shape: tuple[int, int], seed: int = 0) -> tuple[Array, Wrong | None]:
    """What an initializer draws, and what is wrong if it is no array of that shape."""
    made = init(shape, Fans(*shape), np.random.default_rng(seed))
    if made is None:
        return np.empty(shape), ("returns-nothing", f"{name} returns None: is a return missing?")
    W = np.asarray(made)
    if W.shape != shape:
        return np.empty(shape), ("wrong-shape", f"{name} returns an array of shape {W.shape}, but {shape} is needed.")
    if W.dtype.kind not in "fiu" or not np.isfinite(W).all():
        return np.empty(shape), ("not-finite", f"{name} returns {W.dtype} with NaN or infinity in it.")
    return W.astype(np.float64), None
