"""What training did: losses against steps, accuracies against epochs. Read next: `histograms`."""

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
from scratchnet.plots.base import (
    COLOURS,
    CROSS,
    MARKERS,
    fitted,
    handle,
    legend_below,
    legend_text,
    line_of,
    log_axis,
    new_figure,
    style,
    title_above,
    wrapped,
)
from scratchnet.support.colours import Look, looks
from scratchnet.support.tables import short
from scratchnet.support.validation import Array

FLOOR = 1e-8  # a loss of 0 is drawn here, since a log axis has no 0
TOP = 3  # the axis of losses ends at this many times the loss of a guess
THEORY: dict[str, Any] = {"color": "black", "linewidth": 1.3, "linestyle": "-", "zorder": 3}
THEORY_END: dict[str, Any] = {"color": "black", "markersize": 4, "zorder": 3}


@with_own_settings
def loss_curves(
    curves: Mapping[str, Sequence[Sequence[float]]],
    classes: int = 10,
    title: str = "Training loss",
    figure: Figure | None = None,
    predicted: Mapping[str, Any] = MappingProxyType({}),
    drawn_as: Mapping[str, Look] | None = None,
) -> Figure:
    """Loss against step on a log axis: for each label the median over seeds, in a band from least to greatest.

    Each curve is a running mean over a fiftieth of the steps. A cross marks the step where a run diverged. The axis ends at
    three times the loss of a guess, so that a run that explodes does not flatten the others; what lies beyond is said below.

    `predicted` holds the LossPrediction of labels: black lines up to the step that theory answers for. The steps are then on
    a log axis too, and a running mean is over no more than a tenth of the steps so far. `drawn_as` has the look of each
    label, if it is not the one that `looks` gives.
    """
    predicted = {label: one for label, one in predicted.items() if one.until is not None and label in curves}
    drawn_as = drawn_as or looks(curves)
    figure = new_figure(9, 5, figure)
    axes = figure.add_subplot()
    guess = math.log(classes)
    steps = max(len(curve) for runs in curves.values() for curve in runs)
    window = max(1, steps // 50)
    smooth = {label: _smooth(runs, steps, window, 10 if predicted else 1) for label, runs in curves.items()}
    top = _top(list(smooth.values()), guess)
    least, greatest, ends, beyond = max(guess, FLOOR), 1.05 * max(guess, FLOOR), [], []
    for label, rows in smooth.items():
        look = drawn_as[label]
        diverged = [not np.isfinite(curve).all() for curve in curves[label]]
        for row in rows[diverged]:
            last = int(np.isfinite(row).sum())
            axes.plot(max(last, 1), min([*row[last - 1 : last], top]), "X", color=look.colour, **CROSS)
        at = np.flatnonzero(np.isfinite(rows).any(axis=0))
        end = top
        if at.size:
            middle, low, high = (f(rows[:, at], axis=0) for f in (np.nanmedian, np.nanmin, np.nanmax))
            marker = "." if at.size == 1 else ""  # a line of one point cannot be seen
            axes.plot(at + 1, middle, linewidth=2, marker=marker, label=label, **line_of(look))
            axes.fill_between(at + 1, low, high, color=look.colour, alpha=0.2, linewidth=0)
            least, greatest = min(least, low.min()), max(greatest, high.max())
            end = min(middle[-1], top)
            if middle.max() > top:
                came_down = "" if all(diverged) else f", {short(middle[-1])} at the end"
                beyond.append(f"{label} up to {short(middle.max())}{came_down}")
        ends.append((end, label, all(diverged), look))
    for one in predicted.values():
        axes.plot(np.array(one.steps) + 1, np.maximum(one.loss, FLOOR), **THEORY)
        axes.plot(one.until + 1, max(one.loss[-1], FLOOR), "o", **THEORY_END)
        least = min(least, max(one.loss[-1], FLOOR))
    axes.set_yscale("log")
    axes.set_ylim(0.8 * least, max(min(1.2 * greatest, top), 1.2 * FLOOR))
    log_axis(axes.yaxis, *axes.get_ylim())
    axes.axhline(guess, color="grey", linewidth=1, zorder=0)
    axes.annotate(
        f"a guess: ln {classes} = {guess:.3f}",
        (1.2 if predicted else 0.5 * steps, guess),
        xytext=(0, -14 if predicted else 4),
        textcoords="offset points",
        color="dimgrey",
        fontsize=9,
    )
    _label_ends(axes, ends)
    seeds = max(len(runs) for runs in curves.values())
    mean = f", mean of {window} steps" if window > 1 else ""
    axes.set(ylabel=f"cross-entropy{mean}", xlim=(1, max(steps, 2)) if predicted else (0, steps))
    axes.set_xlabel(wrapped(f"step\nbeyond the axis: {'; '.join(beyond)}", 400) if beyond else "step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if predicted:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        axes.plot([], [], label="theory, to its end", **THEORY)
        axes.legend(handles=[axes.lines[-1]], loc="lower left")
    of_seeds = f": median of {seeds} seeds, band from least to greatest" if seeds > 1 else ""
    several = of_seeds and (":" in title or "\n" in title)
    title_above(figure, f"{title}\n{of_seeds[2:]}" if several else f"{title}{of_seeds}")
    axes.grid(alpha=0.3)
    return figure


def _smooth(runs: Sequence[Sequence[float]], steps: int, window: int, part: int) -> Array:
    """(seeds, steps): the running means of the losses, NaN from where a run is not finite."""
    smooth = np.full((len(runs), steps), np.nan)
    for row, curve in zip(smooth, runs, strict=True):
        finite = np.array(curve)[np.isfinite(curve)]
        row[: len(finite)] = np.maximum(running_mean(finite, window, part), FLOOR)
    return smooth


def _top(smooth: Sequence[Array], guess: float) -> float:
    """The upper end of the axis: TOP guesses, or more if no curve comes down to that."""
    values = [row[np.isfinite(row)] for rows in smooth for row in rows]
    least = min((one.min() for one in values if one.size), default=FLOOR)
    return float(TOP * max(guess, least if guess < least / 2 else FLOOR))


@with_own_settings
def predicted_losses(
    predicted: Mapping[str, Any], classes: int = 10, title: str = "Predicted loss", figure: Figure | None = None
) -> Figure:
    """The LossPrediction of each label against step, on log axes, up to where theory ends; the band is ± the std."""
    figure = new_figure(7, 4.2, figure)
    axes = figure.add_subplot()
    axes.axhline(math.log(classes), color="grey", linewidth=1, zorder=0)
    drawn_as = looks(predicted)
    for label, one in predicted.items():
        look = drawn_as[label]
        if one.until is None:
            axes.plot([], [], label=f"{label}: not predicted", **line_of(look))
            continue
        at, loss, std = np.array(one.steps) + 1, np.array(one.loss), np.array(one.std)
        axes.plot(at, np.maximum(loss, FLOOR), linewidth=2, label=legend_text(label), **line_of(look))
        axes.fill_between(at, np.maximum(loss - std, FLOOR), loss + std, color=look.colour, alpha=0.2, linewidth=0)
        axes.plot(one.until + 1, max(loss[-1], FLOOR), "o", color=look.colour)
    axes.set(xlabel="step", ylabel="cross-entropy", xscale="log", yscale="log")
    title_above(axes, title)
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        log_axis(axis, *limits)
    axes.grid(alpha=0.3)
    legend_below(figure, axes.get_legend_handles_labels()[0])
    return figure


@with_own_settings
def accuracy_panels(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    columns: int = 4,
    title: str = "Accuracy",
    xlabel: str = "epoch",
    figure: Figure | None = None,
) -> Figure:
    """One panel for each title; it shows for each label the accuracy after each epoch. All panels have the same limits.

    A curve shorter than the longest belongs to a run that diverged: a cross marks the epoch in which it did.
    """
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    width = max(1.9 * columns + 1, 7)
    figure = new_figure(width, max(1.45 * rows + 1.3, 4.4), figure)
    title_above(figure, title)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    epochs = max(len(curve) for curves in panels.values() for curve in curves.values())
    drawn_as = looks(dict.fromkeys(label for curves in panels.values() for label in curves))
    names = fitted(list(panels), 72 * (width - 1) / columns - 12, 9)
    for axes, name, curves in zip(grid, names, panels.values(), strict=False):
        for label, curve in curves.items():
            look = drawn_as[label]
            axes.plot(range(1, len(curve) + 1), curve, linewidth=1.6, **line_of(look))
            if len(curve) < epochs:
                axes.plot(len(curve) + 1, [0, *curve][-1], "X", color=look.colour, **CROSS)
        axes.set_title(name, fontsize=9)
        axes.set(xlim=(0, epochs), ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    for i, axes in enumerate(grid):
        axes.set_visible(i < len(panels))
        if i + columns >= len(panels):  # the lowest panel of its column
            axes.set_xlabel(xlabel)
            axes.xaxis.set_tick_params(labelbottom=True)
    figure.supylabel("accuracy", fontsize=10)
    handles = [handle(look, label, linewidth=1.6) for label, look in drawn_as.items()]
    if any(len(curve) < epochs for curves in panels.values() for curve in curves.values()):
        handles.append(Line2D([], [], color="dimgrey", marker="X", linestyle="", markersize=9, label="diverged"))
    legend_below(figure, handles, 3.5)
    return figure


@with_own_settings
def training_curves(
    loss: Sequence[float],
    evaluated_at: Sequence[int] = (),
    measured: Mapping[str, Sequence[float]] = MappingProxyType({}),
    title: str = "Training",
    figure: Figure | None = None,
) -> Figure:
    """One training: the loss of each step as a running mean over a fiftieth of the steps, and beside it the accuracies.

    `measured` has for each label what was taken after the numbers of steps in `evaluated_at`. The panel on the
    right has those with "accuracy" in their labels, the one on the left all others. A cross marks where training diverged.
    """
    right = {label: values for label, values in measured.items() if "accuracy" in label}
    figure = new_figure(10 if right else 7, 4.2, figure)
    title_above(figure, title)
    panels = figure.subplots(1, 2 if right else 1, squeeze=False)[0]
    losses = np.array(loss, np.float64)
    finite = losses[np.isfinite(losses)]
    window = max(1, len(losses) // 50)
    smooth = running_mean(finite, window)
    panels[0].plot(np.arange(1, len(finite) + 1), smooth, linewidth=2, label="loss of the batches", **style(0))
    if len(finite) < len(losses) and finite.size:
        panels[0].plot(len(finite), smooth[-1], "X", color=COLOURS[0], label="diverged", **CROSS)
    for i, (label, values) in enumerate(measured.items(), 1):
        axes = panels[-1] if label in right else panels[0]
        axes.plot(evaluated_at, values, marker=MARKERS[i % len(MARKERS)], label=legend_text(label), **style(i))
    if (finite > 0).all():
        panels[0].set_yscale("log")
        log_axis(panels[0].yaxis, *panels[0].get_ylim())
    panels[0].set_ylabel(f"loss, mean of {window} steps" if window > 1 else "loss")
    if right:
        panels[1].set(ylabel="accuracy", ylim=(0, 1.02))
    for axes in panels:
        axes.set(xlabel="step", xlim=(0, max(len(losses), 1)))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def running_mean(values: Array, window: int, part: int = 1) -> Array:
    """At each place the mean of the last `window` values, or of a `part` of those so far if that is fewer."""
    block = np.asarray(values, np.float64)  # at each place the sum of the last `size` values
    n, size = len(block), 1
    counts = np.minimum(window, -(-np.arange(1, n + 1) // part))
    total, at = np.zeros(n), np.arange(n)
    while size <= counts.max(initial=0):  # only sums: the difference of two would lose what follows a huge value
        taken = np.flatnonzero(counts & size)
        total[taken] += block[at[taken]]
        at[taken] -= size
        block = block + np.concatenate([np.zeros(size), block[: n - size]])
        size *= 2
    return total / counts


def _label_ends(axes: Any, ends: list[tuple[float, str, bool, Look]]) -> None:
    """Write the labels at the curves' ends, moved apart if they would overlap, and within the axis."""
    low, high = (math.log(limit) for limit in axes.get_ylim())
    ordered = sorted(ends, key=lambda one: (one[0], one[1]))
    names = [
        wrapped(f"{label} (diverged)" if diverged else label, 170)
        for label, (_, _, diverged, _) in zip(fitted([one[1] for one in ordered], 300), ordered, strict=True)
    ]
    halves = [0.006 + 0.0215 * (name.count("\n") + 1) for name in names]
    heights, below = list[float](), 0.0
    for (value, *_), half in zip(ordered, halves, strict=True):
        heights.append(max((math.log(value) - low) / (high - low), below + half))
        below = heights[-1] + half
    above = 1.03
    for i in reversed(range(len(heights))):  # those that were moved beyond the top come down again
        heights[i] = min(heights[i], above - halves[i])
        above = heights[i] - halves[i]
    for height, name, (_, _, _, look) in zip(heights, names, ordered, strict=True):
        axes.annotate(
            name,
            (1.01, height),
            xycoords="axes fraction",
            color=look.text_colour,
            va="center",
            fontsize=10,
            linespacing=1.0,
            annotation_clip=False,
        )
