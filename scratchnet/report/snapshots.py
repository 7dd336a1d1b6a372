"""The data for "Move through the training": losses, and histograms of the activations at each recorded step.

Read next: `sliders`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchnet.experiment import Result, RunResult
from scratchnet.report.averages import median_losses, rounded, spaced_steps
from scratchnet.spread import Histogram, LayerSpread
from scratchnet.support.tables import percent

BINS = 66
TAIL = 1e-3  # share of the outputs that a histogram may leave out at each end
CURVE_POINTS = 101
MAX_LAYERS = 8


def training_data(result: Result) -> dict[str, Any]:
    """The loss curves of all labels, and the snapshots of the first seed of each."""
    steps = spaced_steps(result, CURVE_POINTS)
    losses = median_losses(result, steps)
    return {
        "steps": steps,
        "loss": {label: [rounded(loss) for loss in values] for label, values in losses.items()},
        "snapshots": {label: snapshots(results[0]) for label, results in result.by_label.items()},
    }


def snapshots(run: RunResult) -> list[dict[str, Any]]:
    """The activations at each recorded step. A layer has the same bins at all steps."""
    names = [layer.name for layer in run.before.activations]
    kept = [names[i] for i in np.linspace(0, len(names) - 1, min(len(names), MAX_LAYERS)).round().astype(int)]
    bins = {name: shared_bins([spread[name].histogram for spread in run.spreads.values()]) for name in kept}
    return [
        {
            "step": step,
            "std": [rounded(layer.std) for layer in spread.activations],
            "layers": [layer_snapshot(spread[name], *bins[name]) for name in kept],
        }
        for step, spread in run.spreads.items()
    ]


def layer_snapshot(layer: LayerSpread, exponent: int, first: int) -> dict[str, Any]:
    """One layer at one step: `shares` of its outputs in BINS bins of width 2^exponent, in units of 10⁻⁵."""
    counts = layer.histogram.on_scale(exponent, first, BINS) if layer.histogram else np.zeros(BINS)
    shares = counts / max(counts.sum(), 1)
    return {
        "name": layer.name,
        "low": first * 2.0**exponent,
        "high": (first + BINS) * 2.0**exponent,
        "shares": [round(1e5 * float(share)) for share in shares],
        "std": rounded(layer.std),
        "within": rounded(layer.within_std),
        "words": ", ".join(
            f"{name} {percent(share)}"
            for name, share in (("zero", layer.zero), ("dead", layer.dead), ("saturated", layer.saturated))
            if share
        )
        or ("" if counts.any() else "no finite number"),
    }


def shared_bins(histograms: Sequence[Histogram | None]) -> tuple[int, int]:
    """Exponent and first bin of the BINS bins that hold all of these histograms, except for their tails."""
    filled = [one for one in histograms if one and any(one.counts)] or [Histogram(0, 0, (1,))]
    lows, highs = zip(*map(without_tails, filled), strict=True)
    low, high = min(lows), max(highs)
    exponent = max(one.exponent for one in filled)
    while math.ceil(high / 2.0**exponent) - math.floor(low / 2.0**exponent) > BINS:
        exponent += 1
    return exponent, math.floor(low / 2.0**exponent)


def without_tails(histogram: Histogram) -> tuple[float, float]:
    """The limits of a histogram when TAIL of the numbers is left out at each end."""
    share = np.cumsum(histogram.counts) / sum(histogram.counts)
    first, last = np.searchsorted(share, [TAIL, 1 - TAIL])
    width = 2.0**histogram.exponent
    return (histogram.first + int(first)) * width, (histogram.first + int(last) + 1) * width
