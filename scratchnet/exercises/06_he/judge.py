"""06: the share of E[z²] that a LeakyReLU keeps, and He's σ with a slope."""

import math
from typing import Any

from scratchnet.check.initializer import check_initializer
from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judge_std, judged
from scratchnet.initializers import He, LeCun

SLOPE = 0.2
KEPT_MISTAKES = [
    Mistake(
        "half-missing",
        lambda slope: 1 + slope**2,
        "The ½ is missing: E[z²] is 1 over both sides, so each side holds a half of it.",
    ),
    Mistake(
        "slope-not-squared",
        lambda slope: (1 + slope) / 2,
        "What is averaged is the square: on the negative side (slope · z)².",
    ),
    Mistake("slope-missing", lambda slope: 0.5, "That is ReLU's: with a slope the negative side adds to it."),
    Mistake(
        "negative-side-whole",
        lambda slope: 0.5 + slope**2,
        "The negative side is a half too: its slope² is taken of ½, not of 1.",
    ),
    Mistake(
        "std-for-mean-square", lambda slope: math.sqrt((1 + slope**2) / 2), "That is its square root: E[φ²] is asked for."
    ),
    Mistake(
        "variance-for-mean-square",
        lambda slope: (1 + slope**2) / 2 - (1 - slope) ** 2 / (2 * math.pi),
        "That is the variance of φ(z), less the mean's square: the next sum asks for E[φ²], whole.",
    ),
    Mistake("inverted", lambda slope: 2 / (1 + slope**2), "That is 1 over it, what He's variance has on top."),
]
STD_MISTAKES = [
    Mistake("lecun-for-he", LeCun().std, "That is 1 / √fan_in: what ReLU throws away is not made up for."),
    Mistake("slope-not-squared", lambda fans: math.sqrt(2 / ((1 + SLOPE) * fans.fan_in)), "The slope is squared in E[φ²]."),
]


def judge_kept(yours: Any) -> Findings:
    cases = [(0.0,), (0.2,), (0.01,), (1.0,), (-0.5,)]
    yield judged("kept", yours, lambda slope: (1 + slope**2) / 2, cases, KEPT_MISTAKES)


def judge_he(yours: Any) -> Findings:
    findings = list(judge_std("He", yours(slope=SLOPE), He(slope=SLOPE).std, *STD_MISTAKES))
    yield from findings
    if all(finding.passed for finding in findings):
        for slope in (0.0, 1.0):
            yield from check_initializer(yours(slope=slope), std=He(slope=slope).std).failures


PARTS = {"kept": judge_kept, "He": judge_he}
