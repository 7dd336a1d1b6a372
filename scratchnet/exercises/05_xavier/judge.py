"""05: Xavier's σ, and the bound of a uniform law that has it."""

import math
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import FANS, Findings, judge_std, judged
from scratchnet.initializers import Xavier

std = Xavier().std
LIMIT_MISTAKES = [
    Mistake("std-for-limit", std, "That is σ: a uniform law must reach further than its standard deviation, √3 times."),
    Mistake(
        "width-for-limit",
        lambda fans: math.sqrt(12) * std(fans),
        "That is 2a, the width from −a to a: the variance is width² / 12.",
    ),
    Mistake("variance-for-std", lambda fans: 3 * std(fans) ** 2, "That is a²: take its square root."),
    Mistake("root-missing", lambda fans: 3 * std(fans), "a² is 3 σ², so a is √3 σ, not 3 σ."),
    Mistake(
        "divided-for-multiplied",
        lambda fans: std(fans) / math.sqrt(3),
        "That is σ / √3: a is larger than σ, since σ = a / √3.",
    ),
    Mistake(
        "lecun-for-xavier",
        lambda fans: math.sqrt(3 / fans.fan_in),
        "That is the bound for 1 / fan_in: Xavier's takes both fans.",
    ),
]


def judge_xavier(yours: Any) -> Findings:
    text = "That is √3 σ, the bound of a uniform law: std is the standard deviation, whatever the law."
    yield from judge_std("Xavier", yours(), std, Mistake("limit-for-std", lambda fans: math.sqrt(3) * std(fans), text))


def judge_limit(yours: Any) -> Findings:
    yield judged("limit", yours, lambda fans: math.sqrt(3) * std(fans), FANS, LIMIT_MISTAKES)


PARTS = {"Xavier": judge_xavier, "limit": judge_limit}
