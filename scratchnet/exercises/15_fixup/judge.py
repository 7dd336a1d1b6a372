"""15: how the variance grows from block to block, and the factor that holds it."""

import math
from collections.abc import Iterator
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judged


def variance_mistakes(blocks: int, ratio: float) -> Iterator[Mistake]:
    text = "That is a chain of branches alone: x is added to each, so a block multiplies the variance by 1 + ratio."
    yield Mistake("skip-forgotten", ratio**blocks, text)
    text = "Each branch has `ratio` times its own input's variance, which has grown already: the factors multiply."
    yield Mistake("added-for-multiplied", 1 + blocks * ratio, text)
    text = "That is the standard deviation: the variance is its square."
    yield Mistake("std-for-variance", (1 + ratio) ** (blocks / 2), text)
    text = "ratio is one of variances already: neither it nor 1 + ratio is squared."
    yield Mistake("variance-squared", (1 + ratio) ** (2 * blocks), text)
    text = "That adds standard deviations: for independent things the variances add up."
    yield Mistake("stds-added", (1 + math.sqrt(ratio)) ** (2 * blocks), text)
    text = "The power takes ratio alone: put 1 + ratio in brackets."
    yield Mistake("brackets-missing", 1 + ratio**blocks, text)
    text = "Each block multiplies once more: that is a power, **, not a product."
    yield Mistake("blocks-multiplied", (1 + ratio) * blocks, text)
    text = "ratio is one of variances already: do not square it."
    yield Mistake("ratio-squared", (1 + ratio**2) ** blocks, text)
    yield Mistake("ratio-rooted", (1 + math.sqrt(ratio)) ** blocks, "ratio is one of variances: do not take its root.")
    text = "Base and exponent are swapped: 1 + ratio is multiplied, blocks times."
    yield Mistake("base-and-exponent-swapped", blocks ** (1 + ratio), text)
    text = "That is how much is added: the variance that was there, 1, belongs to it."
    yield Mistake("growth-alone", (1 + ratio) ** blocks - 1, text)
    text = "e^(ratio · blocks) is for very small ratios: each block multiplies by 1 + ratio."
    yield Mistake("exponential", math.exp(ratio * blocks), text)
    text = "That is the sum over all blocks: the variance after the last is asked for."
    yield Mistake("sum-for-last", sum((1 + ratio) ** k for k in range(blocks)), text)
    yield Mistake("sum-for-last", sum((1 + ratio) ** k for k in range(1, blocks + 1)), text)
    yield Mistake("one-block-short", (1 + ratio) ** (blocks - 1), "That is one block too few.")
    yield Mistake("one-block-more", (1 + ratio) ** (blocks + 1), "That is one block too many.")
    yield Mistake("one-block", 1 + ratio, "That is one block: there are `blocks` of them.")


def factor(blocks: int, layers: int) -> float:
    return float(blocks ** (-1 / (2 * layers - 2)))


def factor_mistakes(b: int, m: int) -> Iterator[Mistake]:
    yield Mistake("inverted", 1 / factor(b, m), "That is 1 over it: more blocks need smaller weights.")
    text = "That shares it among all layers: the last one is 0, so m − 1 of them are scaled."
    yield Mistake("last-layer-counted", b ** (-1 / (2 * m)), text)
    text = "The product of the factors is squared, so each is 1/(2m − 2) of the way, not 1/(m − 1)."
    yield Mistake("square-forgotten", b ** (-1 / (m - 1)), text)
    text = "That is right for a branch of two layers: with m layers m − 1 factors multiply up to 1/√blocks."
    yield Mistake("layers-ignored", b**-0.5, text)
    text = "The factors of the layers multiply, they do not add: take the root, do not divide."
    yield Mistake("divided-among-layers", b**-0.5 / (m - 1), text)
    text = "** comes before /, and / and * go from left to right: put the exponent in brackets, −1 / (2 (layers − 1))."
    yield Mistake("precedence", b**-1 / (2 * m - 2), text)
    yield Mistake("precedence", b ** (-1 / 2 * m - 2), text)
    yield Mistake("precedence", b ** (-1 / 2 * m - 1), text)
    yield Mistake("precedence", b ** (-1 / (2 * m) - 2), text)
    text = "The factors multiply up to 1/√blocks, so each is its root: divide the exponent by layers − 1, do not multiply."
    yield Mistake("power-for-root", b ** (-1 / 2 * (m - 1)), text)
    text = "The last layer is 0 and is not scaled, so m − 1 layers are: the exponent is −1 / (2 (m − 1))."
    yield Mistake("layers-miscounted", b ** (-1 / (2 * m + 2)), text)
    yield Mistake("layers-miscounted", b ** (-1 / (2 * m - 1)), text)
    text = "The product of the factors is 1/√blocks: that is its root once more."
    yield Mistake("rooted-twice", b ** (-1 / (4 * m - 4)), text)
    yield Mistake(
        "not-rooted",
        1 / b,
        "That is 1 / blocks: the exponent is −1 / (2 (layers − 1)), with / and not //, which drops the fraction.",
    )
    yield Mistake("arguments-swapped", factor(m, b), "blocks and layers are swapped.")
    yield Mistake("depth-ignored", 1.0, "That leaves He's weights as they are.")


def judge_variance_after(yours: Any) -> Findings:
    cases = [(15, 2.0), (10, 0.1), (3, 0.5), (1, 1.0)]
    yield judged("variance_after", yours, lambda blocks, ratio: (1 + ratio) ** blocks, cases, variance_mistakes)


def judge_fixup_factor(yours: Any) -> Findings:
    yield judged("fixup_factor", yours, factor, [(15, 2), (100, 3), (8, 4)], factor_mistakes)


PARTS = {"variance_after": judge_variance_after, "fixup_factor": judge_fixup_factor}
