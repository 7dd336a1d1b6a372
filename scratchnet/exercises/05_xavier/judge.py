"""05: Xavier's σ, and the bound of a uniform law that has it."""

import math
from collections.abc import Iterator
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import FANS, Findings, judge_std, judged
from scratchnet.initializers import Fans, Xavier

std = Xavier().std


def limit_mistakes(fans: Fans) -> Iterator[Mistake]:
    text = "That is σ: a uniform law must reach further than its standard deviation, √3 times."
    yield Mistake("std-for-limit", std(fans), text)
    text = "That is 2a, the width from −a to a: the variance is width² / 12."
    yield Mistake("width-for-limit", math.sqrt(12) * std(fans), text)
    yield Mistake("variance-for-std", 3 * std(fans) ** 2, "That is a²: take its square root.")
    yield Mistake("root-missing", 3 * std(fans), "a² is 3 σ², so a is √3 σ, not 3 σ.")
    text = "That is σ / √3: a is larger than σ, since σ = a / √3."
    yield Mistake("divided-for-multiplied", std(fans) / math.sqrt(3), text)
    text = "That is the bound for 1 / fan_in: Xavier's takes both fans."
    yield Mistake("lecun-for-xavier", math.sqrt(3 / fans.fan_in), text)


def xavier_mistakes(fans: Fans) -> Iterator[Mistake]:
    text = "That is √3 σ, the bound of a uniform law: std is the standard deviation, whatever the law."
    yield Mistake("limit-for-std", math.sqrt(3) * std(fans), text)


def judge_xavier(yours: Any) -> Findings:
    yield from judge_std("Xavier", yours(), std, xavier_mistakes)


def judge_limit(yours: Any) -> Findings:
    yield judged("limit", yours, lambda fans: math.sqrt(3) * std(fans), FANS, limit_mistakes)


PARTS = {"Xavier": judge_xavier, "limit": judge_limit}
