"""Averages over the seeds of one label, for the figures and the sliders. Read next: `svg`."""

import math
from collections.abc import Sequence

import numpy as np

from scratchnet.experiment import Result
from scratchnet.plots.curves import running_mean
from scratchnet.spread import Spread
from scratchnet.support.tables import short


def initial_spreads(result: Result) -> dict[str, list[Spread]]:
    """For each label the spreads before training, one per seed."""
    return {label: [one.before for one in results] for label, results in result.by_label.items()}


def seed_mean(spreads: Sequence[Spread], layer: str, quantity: str) -> float | None:
    """The mean of a layer's finite values over the seeds, or None if there are none."""
    values = [getattr(one, quantity) for spread in spreads for one in spread.layers if one.name == layer]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def spaced_steps(result: Result, count: int) -> list[int]:
    """Up to `count` steps at equal distances, from the first to the last."""
    longest = max(run.steps for run in result.runs)
    return [int(step) for step in np.unique(np.linspace(1, longest, count).round().astype(int))]


def median_losses(result: Result, steps: Sequence[int]) -> dict[str, list[float | None]]:
    """For each label the loss after these steps: the median over the seeds that have not diverged by then."""
    losses: dict[str, list[float | None]] = {}
    longest = max(run.steps for run in result.runs)
    for label, results in result.by_label.items():
        finite = [np.array(one.loss)[np.isfinite(one.loss)] for one in results]
        curves = [running_mean(loss, max(1, longest // 50)) for loss in finite]  # as in the figure
        values = [[curve[step - 1] for curve in curves if step <= len(curve)] for step in steps]
        losses[label] = [float(np.median(one)) if one else None for one in values]
    return losses


def rounded(value: float | None) -> float | None:
    """Five significant digits; None where there is no finite number."""
    return None if value is None or not math.isfinite(value) else float(short(value, 5))
