"""A histogram for each activation, with the predicted density as a line. Read next: `spreads`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from scratchnet.plots.backend import with_own_settings
from scratchnet.plots.base import fitted, new_figure, shortened, wrapped
from scratchnet.spread_values import Histogram, LayerSpread, SpreadValues
from scratchnet.spread_values.histogram import common_edges
from scratchnet.support.colours import Look, looks
from scratchnet.support.tables import percent, short
from scratchnet.support.validation import Array

BINS = 40
MOST_PANELS = 8  # for a label
MOST_IN_LINE = 5
PANEL_WIDTH = 2.1  # inches
LINE = 0.155  # inches
THEORY: dict[str, Any] = {"color": "black", "linewidth": 1.2, "drawstyle": "steps-post"}


@with_own_settings
def activation_histograms(
    spreads: Mapping[str, SpreadValues],
    title: str = "Activations before training",
    figure: Figure | None = None,
    predicted: Mapping[str, SpreadValues] | None = None,
    drawn_as: Mapping[str, Look] | None = None,
    diverged: Mapping[str, int] = MappingProxyType({}),
) -> Figure:
    """For each label a histogram for each activation, MOST_PANELS at most, in one or two lines. All share one axis.

    So a signal that vanishes is a spike at 0, and of one that explodes a share is beyond the axis, which the panel says. The
    line is the density that theory predicts, in the same bins. A layer without a prediction has no line. `diverged` has the
    step at which the network of a label diverged.
    """
    rows = {label: _evenly_chosen(spread.activations or spread.layers) for label, spread in spreads.items()}
    drawn_as = drawn_as or looks(rows)
    most = max((len(layers) for layers in rows.values()), default=1)
    columns = max(most if most <= MOST_IN_LINE else math.ceil(most / 2), 1)
    lines = [(label, layers[k : k + columns]) for label, layers in rows.items() for k in range(0, len(layers) or 1, columns)]
    theory = {label: {layer.name: layer for layer in spread.layers} for label, spread in (predicted or {}).items()}
    titles = 3 if theory else 2
    width = max(PANEL_WIDTH * columns + 1.2, 7.0)
    heading = wrapped(title, 72 * width - 24, 12)
    above = 0.3 + 1.3 * LINE * heading.count("\n")
    figure = new_figure(width, (1.95 if theory else 1.75) * max(len(lines), 1) + 0.6 + above, figure)
    grid = figure.subplots(max(len(lines), 1), columns, squeeze=False)
    for panel in grid.flat:
        panel.set_visible(False)
    found = [[layer.histogram for layer in layers if layer.histogram] for layers in rows.values()]
    edges = common_edges(found, BINS)
    room = 72 * PANEL_WIDTH - 8
    for i, (label, layers) in enumerate(lines):
        for panel, layer in zip(grid[i], layers, strict=False):
            expected = theory.get(label, {}).get(layer.name)
            panel.set_visible(True)
            measured = _heights(layer, edges)
            panel.stairs(measured, edges, fill=True, color=drawn_as[label].colour)
            top = measured.max()
            if expected and expected.histogram:
                line = _heights(expected, edges)
                panel.plot(edges, [*line, line[-1]], **THEORY)
                top = max(top, line.max())
            panel.set_title("\n".join(shortened(one, room, 9) for one in _heading(layer, expected)), fontsize=9)
            panel.set_xlim(edges[0], edges[-1])
            panel.set_ylim(0, 1.6 * max(top, 1e-9))
            panel.set_yticks([])
            panel.xaxis.set_major_locator(MaxNLocator(3, prune="both"))
            panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value, 4)))
            panel.tick_params(labelsize=8)
            words = _shares(layer, measured, diverged.get(label))
            shares = panel.text(0.97, 0.95, words, transform=panel.transAxes, ha="right", va="top", fontsize=8)
            shares.set_in_layout(False)  # it is within the panel
    names = fitted(list(rows), 300)
    for label, name in zip(rows, names, strict=True):
        own = [k for k, (one, _) in enumerate(lines) if one == label]
        grid[own[0], 0].set_ylabel(wrapped(name, 100), fontsize=10)
    _place_panels(figure, [wrapped(name, 100) for name in names], len(lines), titles * LINE + 0.1, above)
    width, height = figure.get_size_inches()
    figure.suptitle(heading, y=1 - 0.06 / height)
    figure.supxlabel("output of the activation", fontsize=10, y=0.07 / height)
    figure.supylabel("share of outputs, by initializer", fontsize=10, x=0.06 / width)
    if any(panel.lines for panel in grid.flat):
        handle = Line2D([], [], label="theory", **THEORY)
        figure.legend(handles=[handle], loc="lower right", fontsize=9, frameon=False, borderaxespad=0)
    return figure


def _place_panels(figure: Figure, labels: Sequence[str], lines: int, titles: float, above: float) -> None:
    """Leave room for the texts, whose number of lines is known: to measure them all would take as long as the drawing."""
    width, height = figure.get_size_inches()
    widest = max((len(label.splitlines()) for label in labels), default=1)
    below = 0.25
    panel = (height - above - 0.3 - max(lines, 1) * (titles + below)) / max(lines, 1)
    figure.set_layout_engine(None)
    figure.subplots_adjust(
        left=(0.37 + 0.18 * widest) / width,
        right=1 - 0.1 / width,
        bottom=(0.3 + below) / height,
        top=1 - (above + titles) / height,
        wspace=0.08,
        hspace=(titles + below) / panel,
    )


def _evenly_chosen(layers: Sequence[LayerSpread]) -> list[LayerSpread]:
    """At most MOST_PANELS of the layers, at equal distances, from the first to the last."""
    at = np.linspace(0, len(layers) - 1, min(len(layers), MOST_PANELS)).round().astype(int)
    return [layers[i] for i in at]


def _heights(layer: LayerSpread, edges: Array) -> Array:
    """The share of a layer's outputs in each of the bins."""
    return (layer.histogram or Histogram(0, 0, (0,))).shares(edges, layer.zero)


def _heading(layer: LayerSpread, expected: LayerSpread | None) -> list[str]:
    """The layer's name, its two spreads, and their predictions."""
    if layer.std is not None and not math.isfinite(layer.std):
        return [layer.name]
    lines = [layer.name, f"std {short(layer.std, 2)}, within {short(layer.within_std, 2)}"]
    if expected and expected.std is not None:
        lines.append(f"theory {short(expected.std, 2)}, {short(expected.within_std, 2)}")
    return lines


def _shares(layer: LayerSpread, measured: Array, diverged: int | None) -> str:
    """What the panel says of its layer: shares of its units and outputs, and why there may be no bars."""
    known = layer.histogram is not None and any(layer.histogram.counts)
    beyond = 1 - measured.sum() if known else 0.0
    parts = {"dead": layer.dead, "saturated": layer.saturated, "zero": layer.zero, "beyond": beyond}
    words = [f"{name} {percent(share)}" for name, share in parts.items() if share and share > 5e-4]
    if diverged is not None:
        words.insert(0, f"diverged at step {diverged:,}")
    if not known:
        words.append("no finite number")
    return "\n".join(words)
