"""Averages over the seeds of one label, for the figures and the sliders. Read next: `svg`."""

import math
from collections.abc import Sequence

import numpy as np

from scratchnet.experiment import Result
from scratchnet.plots.curves import running_mean
from scratchnet.spread import Spread
from scratchnet.support.validation import Array


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
    """For each label the loss after these steps: the median over the seeds that have not diverged or ended by then."""
    losses: dict[str, list[float | None]] = {}
    for label, curves in smooth_losses(result).items():
        values = [[curve[step - 1] for curve in curves if step <= len(curve)] for step in steps]
        losses[label] = [float(np.median(one)) if one else None for one in values]
    return losses


def last_losses(result: Result) -> dict[str, float | None]:
    """For each label the loss at the end of its own runs, the median over the seeds; None if all of them diverged."""
    ends = {}
    for label, curves in smooth_losses(result).items():
        pairs = zip(curves, result.by_label[label], strict=True)
        values = [curve[-1] for curve, one in pairs if not one.diverged]
        ends[label] = float(np.median(values)) if values else None
    return ends


def smooth_losses(result: Result) -> dict[str, list[Array]]:
    """The losses of each run up to where it diverged, as in the figure: running means over a fiftieth of the longest run."""
    window = max(1, max(run.steps for run in result.runs) // 50)
    return {
        label: [running_mean(np.array(one.loss)[np.isfinite(one.loss)], window) for one in results]
        for label, results in result.by_label.items()
    }


def rounded(value: float | None) -> float | None:
    """Five significant digits; None where there is no finite number."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.5g}")
