"""A histogram for each activation, with the predicted density as a line. Read next: `spreads`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scratchnet.plots.backend import with_own_settings
from scratchnet.plots.base import COLOURS, new_figure
from scratchnet.spread_values import Histogram, LayerSpread, SpreadValues
from scratchnet.support.tables import percent, short
from scratchnet.support.validation import Array

BINS = 40
MOST_PANELS = 8  # in a row
THEORY: dict[str, Any] = {"color": "black", "linewidth": 1.2, "drawstyle": "steps-post"}


@with_own_settings
def activation_histograms(
    spreads: Mapping[str, SpreadValues],
    title: str = "Activations before training",
    figure: Figure | None = None,
    predicted: Mapping[str, SpreadValues] | None = None,
) -> Figure:
    """One row for each label and in it a histogram for each activation, MOST_PANELS at most, on the same limits.

    The line is the density that theory predicts, in the same bins. A layer without a prediction has no line.
    """
    rows = {label: _evenly_chosen(spread.activations or spread.layers) for label, spread in spreads.items()}
    columns = max((len(layers) for layers in rows.values()), default=1)
    theory = {label: {layer.name: layer for layer in spread.layers} for label, spread in (predicted or {}).items()}
    figure = new_figure(2.1 * columns + 1.2, (1.95 if theory else 1.75) * max(len(rows), 1) + 0.9, figure)
    grid = figure.subplots(max(len(rows), 1), max(columns, 1), squeeze=False)
    for panel in grid.flat:
        panel.set_visible(False)
    for i, (label, layers) in enumerate(rows.items()):
        predictions = [theory.get(label, {}).get(layer.name) for layer in layers]
        found = [layer.histogram for layer in (*layers, *predictions) if layer and layer.histogram]
        known = [histogram for histogram in found if any(histogram.counts)]
        exponent, first, low, high = _shared_bins(known or [Histogram(0, 0, (0,))])
        edges = (first + np.arange(BINS + 1)) * 2.0**exponent
        for panel, layer, expected in zip(grid[i], layers, predictions, strict=False):
            panel.set_visible(True)
            measured = _heights(layer, exponent, first)
            panel.stairs(measured, edges, fill=True, color=COLOURS[i % len(COLOURS)])
            top = measured.max()
            if expected and expected.histogram:
                line = _heights(expected, exponent, first)
                panel.plot(edges, [*line, line[-1]], **THEORY)
                top = max(top, line.max())
            panel.set_title(_heading(layer, expected), fontsize=9)
            panel.set_xlim(low, high)
            panel.set_ylim(0, 1.6 * max(top, 1e-9))
            panel.set_yticks([])
            panel.xaxis.set_major_locator(MaxNLocator(3))
            panel.tick_params(labelsize=8)
            panel.xaxis.get_offset_text().set_fontsize(8)
            shares = panel.text(0.97, 0.93, _shares(layer), transform=panel.transAxes, ha="right", va="top", fontsize=8)
            shares.set_in_layout(False)  # it is within the panel
        grid[i, 0].set_ylabel(_row_label(label), fontsize=10)
    _place_panels(figure, rows, titles=3 if theory else 2)
    width, height = figure.get_size_inches()
    figure.suptitle(title, y=1 - 0.06 / height)
    figure.supxlabel("output of the activation", fontsize=10, y=0.07 / height)
    figure.supylabel("share of outputs, by initializer", fontsize=10, x=0.06 / width)
    if any(panel.lines for panel in grid.flat):
        handle = Line2D([], [], label="theory", **THEORY)
        figure.legend(handles=[handle], loc="lower right", fontsize=9, frameon=False)
    return figure


def _place_panels(figure: Figure, rows: Mapping[str, Any], titles: int) -> None:
    """Leave room for the texts, whose number of lines is known: to measure them all would take as long as the drawing."""
    line = 0.155  # inches
    width, height = figure.get_size_inches()
    labels = max((len(_row_label(label).splitlines()) for label in rows), default=1)
    above, below = titles * line + 0.1, 0.25
    panel = (height - 0.3 - 0.3 - max(len(rows), 1) * (above + below)) / max(len(rows), 1)
    figure.set_layout_engine(None)
    figure.subplots_adjust(
        left=(0.37 + 0.18 * labels) / width,
        right=1 - 0.1 / width,
        bottom=(0.3 + below) / height,
        top=1 - (0.3 + above) / height,
        wspace=0.08,
        hspace=(above + below) / panel,
    )


def _row_label(label: str) -> str:
    return textwrap.fill(label, 20)


def _evenly_chosen(layers: Sequence[LayerSpread]) -> list[LayerSpread]:
    """At most MOST_PANELS of the layers, at equal distances, from the first to the last."""
    at = np.linspace(0, len(layers) - 1, min(len(layers), MOST_PANELS)).round().astype(int)
    return [layers[i] for i in at]


def _heights(layer: LayerSpread, exponent: int, first: int) -> Array:
    """The share of a layer's outputs in each of the bins."""
    counts = layer.histogram.on_scale(exponent, first, BINS) if layer.histogram else np.zeros(BINS)
    return counts / max(counts.sum(), 1)


def _heading(layer: LayerSpread, expected: LayerSpread | None) -> str:
    """The layer's name, its two spreads, and their predictions."""
    lines = [layer.name, f"std {short(layer.std, 2)}, within {short(layer.within_std, 2)}"]
    if expected and expected.std is not None:
        lines.append(f"theory {short(expected.std, 2)}, {short(expected.within_std, 2)}")
    return "\n".join(lines)


def _shares(layer: LayerSpread) -> str:
    parts = {"dead": layer.dead, "saturated": layer.saturated, "zero": layer.zero}
    return "\n".join(f"{name} {percent(share)}" for name, share in parts.items() if share)


def _shared_bins(histograms: Sequence[Histogram]) -> tuple[int, int, float, float]:
    """Exponent and first edge of at most BINS bins that hold all histograms, and the limits of the axis."""
    low = min(histogram.limits[0] for histogram in histograms)
    high = max(histogram.limits[1] for histogram in histograms)
    exponent = max(histogram.exponent for histogram in histograms)
    while math.ceil(high / 2.0**exponent) - math.floor(low / 2.0**exponent) > BINS:
        exponent += 1
    width = 2.0**exponent
    first, last = math.floor(low / width), math.ceil(high / width)
    if last - first < 4:  # all values are alike: leave room beside the single bar
        first, last = first - 4, last + 4
    return exponent, first, first * width, last * width
