"""15: how the variance grows from block to block, and the factor that holds it."""

import math
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judged

VARIANCE_MISTAKES = [
    Mistake(
        "skip-forgotten",
        lambda blocks, ratio: ratio**blocks,
        "That is a chain of branches alone: x is added to each, so a block multiplies the variance by 1 + ratio.",
    ),
    Mistake(
        "added-for-multiplied",
        lambda blocks, ratio: 1 + blocks * ratio,
        "Each branch has `ratio` times its own input's variance, which has grown already: the factors multiply.",
    ),
    Mistake(
        "std-for-variance",
        lambda blocks, ratio: (1 + ratio) ** (blocks / 2),
        "That is the standard deviation: the variance is its square.",
    ),
    Mistake(
        "variance-squared",
        lambda blocks, ratio: (1 + ratio) ** (2 * blocks),
        "ratio is one of variances already: neither it nor 1 + ratio is squared.",
    ),
    Mistake(
        "stds-added",
        lambda blocks, ratio: (1 + math.sqrt(ratio)) ** (2 * blocks),
        "That adds standard deviations: for independent things the variances add up.",
    ),
    Mistake("one-block-short", lambda blocks, ratio: (1 + ratio) ** (blocks - 1), "That is one block too few."),
    Mistake("one-block-more", lambda blocks, ratio: (1 + ratio) ** (blocks + 1), "That is one block too many."),
    Mistake("one-block", lambda blocks, ratio: 1 + ratio, "That is one block: there are `blocks` of them."),
]


def factor(blocks: int, layers: int) -> float:
    return float(blocks ** (-1 / (2 * layers - 2)))


FACTOR_MISTAKES = [
    Mistake("inverted", lambda b, m: 1 / factor(b, m), "That is 1 over it: more blocks need smaller weights."),
    Mistake(
        "last-layer-counted",
        lambda b, m: b ** (-1 / (2 * m)),
        "That shares it among all layers: the last one is 0, so m − 1 of them are scaled.",
    ),
    Mistake(
        "square-forgotten",
        lambda b, m: b ** (-1 / (m - 1)),
        "The product of the factors is squared, so each is 1/(2m − 2) of the way, not 1/(m − 1).",
    ),
    Mistake(
        "layers-ignored",
        lambda b, m: b**-0.5,
        "That is right for a branch of two layers: with m layers m − 1 factors multiply up to 1/√blocks.",
    ),
    Mistake(
        "divided-among-layers",
        lambda b, m: b**-0.5 / (m - 1),
        "The factors of the layers multiply, they do not add: take the root, do not divide.",
    ),
    Mistake("arguments-swapped", lambda b, m: factor(m, b), "blocks and layers are swapped."),
    Mistake("depth-ignored", lambda b, m: 1.0, "That leaves He's weights as they are."),
]


def judge_variance_after(yours: Any) -> Findings:
    cases = [(15, 2.0), (10, 0.1), (3, 0.5), (1, 1.0)]
    yield judged("variance_after", yours, lambda blocks, ratio: (1 + ratio) ** blocks, cases, VARIANCE_MISTAKES)


def judge_fixup_factor(yours: Any) -> Findings:
    yield judged("fixup_factor", yours, factor, [(15, 2), (100, 3), (8, 4)], FACTOR_MISTAKES)


PARTS = {"variance_after": judge_variance_after, "fixup_factor": judge_fixup_factor}
