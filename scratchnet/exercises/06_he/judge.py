"""06: the share of E[z²] that a LeakyReLU keeps, and He's σ with a slope."""

import math
from collections.abc import Iterator
from typing import Any

from scratchnet.check.initializer import check_initializer
from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, both_fans, judge_std, judged
from scratchnet.initializers import Fans, He, LeCun

SLOPE = 0.3  # no default of anybody's


def kept_mistakes(slope: float) -> Iterator[Mistake]:
    text = "The ½ is missing: E[z²] is 1 over both sides, so each side holds a half of it."
    yield Mistake("half-missing", 1 + slope**2, text)
    yield Mistake("slope-not-squared", (1 + slope) / 2, "What is averaged is the square: on the negative side (slope · z)².")
    text = "Only slope² is halved: put 1 + slope² in brackets."
    yield Mistake("brackets-missing", 1 + slope**2 / 2, text)
    yield Mistake("sum-squared", (1 + slope) ** 2 / 2, "Each side is squared for itself: 1² + slope², not (1 + slope)².")
    yield Mistake("sign-in-sum", (1 - slope**2) / 2, "Both sides are squared, so both add to it: 1 + slope².")
    yield Mistake("positive-side-forgotten", slope**2 / 2, "That is the negative side alone: the positive one adds ½.")
    text = "// drops what is behind the point: write /."
    yield Mistake("integer-division", (1 + slope**2) // 2, text)
    text = "That is the mean of φ(z): square φ first, E[φ(z)²]."
    yield Mistake("mean-for-mean-square", (1 - slope) / math.sqrt(2 * math.pi), text)
    yield Mistake("slope-missing", 0.5, "That is ReLU's: with a slope the negative side adds to it.")
    text = "The negative side is a half too: its slope² is taken of ½, not of 1."
    yield Mistake("negative-side-whole", 0.5 + slope**2, text)
    yield Mistake("std-for-mean-square", math.sqrt((1 + slope**2) / 2), "That is its square root: E[φ²] is asked for.")
    text = "That is the variance of φ(z), less the mean's square: the next sum asks for E[φ²], whole."
    yield Mistake("variance-for-mean-square", (1 + slope**2) / 2 - (1 - slope) ** 2 / (2 * math.pi), text)
    yield Mistake("inverted", 2 / (1 + slope**2), "That is 1 over it, what He's variance has on top.")


def he_mistakes(fans: Fans) -> Iterator[Mistake]:
    yield from both_fans(fans)
    share, n = (1 + SLOPE**2) / 2, fans.fan_in
    text = "1 / a * b divides by a alone: put kept · fan_in in brackets."
    yield Mistake("precedence", math.sqrt(1 / share * n), text)
    yield Mistake("precedence", math.sqrt(1 / share) * n, "fan_in divides, under the root: √(1 / (kept · fan_in)).")
    for fixed in (0.01, 0.2):
        text = f"That is right for slope {fixed} alone: take self.slope."
        yield Mistake("slope-fixed", math.sqrt(2 / ((1 + fixed**2) * n)), text)
    text = "Each side is squared for itself: 1 + slope², not (1 + slope)²."
    yield Mistake("sum-squared", math.sqrt(2 / ((1 + SLOPE) ** 2 * n)), text)
    yield Mistake("sign-in-sum", math.sqrt(2 / ((1 - SLOPE**2) * n)), "Both sides add to it: 1 + slope².")
    text = "1 + slope² needs brackets before fan_in multiplies it."
    yield Mistake("brackets-missing", math.sqrt(2 / (1 + SLOPE**2 * n)), text)
    yield Mistake("lecun-for-he", LeCun().std(fans), "That is 1 / √fan_in: what ReLU throws away is not made up for.")
    yield Mistake("slope-not-squared", math.sqrt(2 / ((1 + SLOPE) * fans.fan_in)), "The slope is squared in E[φ²].")


def judge_kept(yours: Any) -> Findings:
    cases = [(0.0,), (0.2,), (0.01,), (1.0,), (-0.5,)]
    yield judged("kept", yours, lambda slope: (1 + slope**2) / 2, cases, kept_mistakes)


def judge_he(yours: Any) -> Findings:
    findings = list(judge_std("He", yours(slope=SLOPE), He(slope=SLOPE).std, he_mistakes))
    yield from findings
    if all(finding.passed for finding in findings):
        for slope in (0.0, 1.0):
            yield from check_initializer(yours(slope=slope), std=He(slope=slope).std).failures


RIGHT = {"kept": lambda slope: (1 + slope**2) / 2}
PARTS = {"kept": judge_kept, "He": judge_he}
