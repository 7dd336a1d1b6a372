"""The data for "Move through the training": losses, and histograms of the activations at each recorded step.

Read next: `playground`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchnet.experiment import Result, RunResult
from scratchnet.report.averages import median_losses, rounded, spaced_steps
from scratchnet.spread import Histogram, LayerSpread, Spread
from scratchnet.spread_values.histogram import common_edges
from scratchnet.support.tables import percent
from scratchnet.support.validation import Array
from scratchnet.support.wording import counted

BINS = 66
CURVE_POINTS = 101
MAX_LAYERS = 8


def training_data(result: Result) -> dict[str, Any]:
    """The loss curves of all labels, and the snapshots of the first seed of each, whose histograms share one axis."""
    steps = spaced_steps(result, CURVE_POINTS)
    losses = median_losses(result, steps)
    runs = {label: results[0] for label, results in result.by_label.items()}
    rows = [
        [layer.histogram for spread in run.spreads.values() for layer in chosen(run, spread) if layer.histogram]
        for run in runs.values()
    ]
    edges = common_edges(rows, BINS)
    return {
        "steps": steps,
        "loss": {label: [rounded(loss) for loss in values] for label, values in losses.items()},
        "ended": {label: how_it_ended(results) for label, results in result.by_label.items()},
        "low": float(edges[0]),
        "high": float(edges[-1]),
        "snapshots": {label: snapshots(run, edges) for label, run in runs.items()},
    }


def how_it_ended(results: Sequence[RunResult]) -> str:
    """What is said of a label where none of its runs has a loss any more."""
    steps = [one.steps for one in results if not one.diverged]
    return f"ended after {counted(max(steps), 'step')}" if steps else "diverged"


def chosen(run: RunResult, spread: Spread, most: int = MAX_LAYERS) -> list[LayerSpread]:
    """At most `most` of the activations, at equal distances. After a divergence they are known by their names alone."""
    layers = [spread[layer.name] for layer in run.before.activations]
    return [layers[i] for i in np.linspace(0, len(layers) - 1, min(len(layers), most)).round().astype(int)]


def snapshots(run: RunResult, edges: Array) -> list[dict[str, Any]]:
    """The activations at each recorded step."""
    return [
        {
            "step": step,
            "std": [rounded(layer.std) for layer in chosen(run, spread, len(spread.layers))],
            "layers": [
                layer_snapshot(layer, edges, step - 1 if run.diverged and step == run.steps else None)
                for layer in chosen(run, spread)
            ],
        }
        for step, spread in run.spreads.items()
    ]


def layer_snapshot(layer: LayerSpread, edges: Array, diverged: int | None) -> dict[str, Any]:
    """One layer at one step: `shares` of its outputs in the bins between the edges, in units of 10⁻⁵."""
    histogram = layer.histogram or Histogram(0, 0, (0,))
    shares = histogram.shares(edges, layer.zero)
    known = any(histogram.counts)
    beyond = 1 - float(shares.sum()) if known else 0.0
    parts = {"zero": layer.zero, "dead": layer.dead, "saturated": layer.saturated, "beyond the axis": beyond}
    words = [f"{name} {percent(share)}" for name, share in parts.items() if share and share > 5e-4]
    words += [f"diverged at step {diverged:,}"] if diverged is not None else []
    words += [] if known else ["no finite number"]
    return {
        "name": layer.name,
        "shares": [round(1e5 * float(share)) for share in shares],
        "std": rounded(layer.std),
        "within": rounded(layer.within_std),
        "words": ", ".join(words),
    }
