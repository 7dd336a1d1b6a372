"""02: how many units differ, and weights that are a coin's toss."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.initializer import check_initializer
from scratchnet.check.recognize import Mistake
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, batch, drawn, finding, judged
from scratchnet.support.validation import Array

W = batch((4, 6))
CASES = [
    (np.zeros((3, 5)),),
    (W,),
    (np.array([[1.0, 2.0, 1.0], [2.0, 1.0, 2.0]]),),  # sums alike, columns not; equal ones are not neighbours
    (np.array([[1.0, 1.0], [2.0, 3.0]]),),  # first weights alike
    (np.hstack([np.zeros((4, 2)), W[:, :3]]),),
    (np.repeat(W[:1], 3, axis=0),),
    (W[:, [0, 1, 0, 2]],),
    (W[:, [0, 1, 1]],),
    (np.array([[1.0, 2.0], [3.0, 2.0]]),),  # sums alike, lengths not
    (np.array([[3.0, 5.0], [4.0, 0.0]]),),  # lengths alike, sums not
    (np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]]),),  # the same numbers in another order
    (np.array([[1.0, 0.0], [2.0, 2.0]]),),  # largest alike
    (np.hstack([W, -W]),),  # opposite signs
    (np.hstack([W, W + 0.001]),),
]


def units(W: Array) -> int:
    return len({tuple(column) for column in W.T})


def unit_mistakes(W: Array) -> Iterator[Mistake]:
    text = "That counts rows, one for each input: W (n_in, n_out) has a column for each unit."
    yield Mistake("rows-for-columns", units(W.T), text)
    text = "That counts different numbers in W: two units differ if any of their weights do."
    yield Mistake("numbers-for-units", len(np.unique(W)), text)
    text = "That compares the units' sums: two different columns may have the same sum."
    yield Mistake("sums-compared", len(np.unique(W.sum(axis=0))), text)
    text = "That compares neighbours: equal columns may stand apart."
    yield Mistake("neighbours-compared", 1 + int((W[:, 1:] != W[:, :-1]).any(axis=0).sum()), text)
    text = "That counts how often neighbours differ: equal columns may stand apart, and the first counts too."
    yield Mistake("neighbours-compared", int((W[:, 1:] != W[:, :-1]).any(axis=0).sum()), text)
    text = "That compares one number of each unit: two different columns may share their largest, or their product."
    for compared in (W.max(axis=0), W.min(axis=0), W.prod(axis=0), W.std(axis=0)):
        yield Mistake("one-number-compared", len(np.unique(compared)), text)
    text = "A column of zeros is a unit too: ten of them are one and the same."
    yield Mistake("zero-not-counted", units(W[:, W.any(axis=0)]), text)
    yield Mistake("all-columns", W.shape[1], "That is how many units there are, alike or not.")
    text = "That compares only the units' first weights: take the whole columns."
    yield Mistake("first-row-compared", len(np.unique(W[0])), text)
    text = "That compares the units' lengths: two different columns may have the same length."
    yield Mistake("norms-compared", len(np.unique(np.linalg.norm(W, axis=0).round(9))), text)
    text = "That takes columns with the same numbers in another order for one: each input has its own weight."
    yield Mistake("order-ignored", units(np.sort(W, axis=0)), text)
    yield Mistake("sign-ignored", units(np.abs(W)), "That drops the signs: w and −w are two units.")
    for digits in (0, 1, 2):
        yield Mistake("rounded", units(W.round(digits)), "That rounds: two columns that differ a little differ.")
    counts = np.unique(W, axis=1, return_counts=True)[1]
    text = "That leaves out columns that occur more than once: count them as one unit."
    yield Mistake("only-once", int((counts == 1).sum()), text)
    yield Mistake("all-numbers", W.size, "That is how many numbers W holds: a unit is a whole column.")
    yield Mistake("all-rows", len(W), "That is how many inputs there are: units are columns, axis 1, so shape[1].")
    yield Mistake("one-short", units(W) - 1, "That is one too few.")
    yield Mistake("not-counted", np.unique(W, axis=1), "Those are the different columns: count them, .shape[1].")
    text = "That compares with the first column alone: the others may be equal among each other."
    yield Mistake("first-column-compared", 1 + int((W[:, :1] != W).any(axis=0).sum()), text)
    text = "That is the rank: a column that is twice another one is still another unit."
    yield Mistake("rank", int(np.linalg.matrix_rank(W)), text)


def judge_different_units(yours: Any) -> Findings:
    yield judged("different_units", yours, units, CASES, unit_mistakes)


def judge_coins(yours: Any) -> Findings:
    W, wrong = drawn("coins", yours, (200, 100))
    wrong = wrong or check_coins(W)
    yield finding("coins", wrong)
    if not wrong:
        yield from check_initializer(yours, std=lambda _: 0.1).findings


def check_coins(W: Array) -> Wrong | None:
    size, columns = np.abs(W), units(W)
    if np.ptp(W) == 0:
        return "all-equal", f"All weights are {W[0, 0]:g}: the units are all alike, and stay so. Toss for every weight."
    if columns == 1:
        return "one-sign-an-input", "All units are alike: the signs differ only from row to row. Toss for every weight."
    if (np.ptp(W, axis=0) == 0).all():
        text = f"Only {columns} of {W.shape[1]} units differ: all weights of a unit have one sign. Toss for each."
        return "one-sign-a-unit", text
    if columns < W.shape[1] or units(W.T) < len(W):
        return (
            "units-alike",
            f"Only {columns} of {W.shape[1]} units and {units(W.T)} of {len(W)} rows differ: toss for every weight.",
        )
    if np.ptp(size) < 1e-9 and not np.allclose(size, 0.1):
        return "wrong-size", f"All weights are ±{size[0, 0]:g}, but they should be ±0.1."
    if (W == 0).any() and np.isclose(np.abs(W[W != 0]), 0.1).all():
        return "zero-for-minus", "Weights are 0 or ±0.1, but they should be +0.1 or −0.1: toss for the sign."
    if not np.allclose(size, 0.1):
        return "not-one-size", f"|W| goes from {size.min():.3g} to {size.max():.3g}, but all weights should be ±0.1."
    if units(W * np.sign(W[0])) < W.shape[1] or units(W.T * np.sign(W[:, 0])) < len(W):
        return "units-opposite", "Some units are others with the signs turned: toss for every weight by itself."
    if abs(np.sign(W).mean()) > 6 / math.sqrt(W.size):  # the mean of n tosses has std 1/√n
        share = (W > 0).mean()
        return "loaded-coin", f"{100 * share:.0f} % of the weights are positive, but both signs are equally likely."
    return None


PARTS = {"different_units": judge_different_units, "coins": judge_coins}
