"""What training did: losses against steps, accuracies against epochs. Read next: `histograms`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from scratchnet.plots.backend import with_own_settings
from scratchnet.plots.base import COLOURS, CROSS, MARKERS, legend_text, new_figure, style
from scratchnet.support.validation import Array

FLOOR = 1e-8  # a loss of 0 is drawn here, since a log axis has no 0
THEORY: dict[str, Any] = {"color": "black", "linewidth": 1.3, "linestyle": "-", "zorder": 3}
THEORY_END: dict[str, Any] = {"color": "black", "markersize": 4, "zorder": 3}


@with_own_settings
def loss_curves(
    curves: Mapping[str, Sequence[Sequence[float]]],
    classes: int = 10,
    title: str = "Training loss",
    figure: Figure | None = None,
    predicted: Mapping[str, Any] = MappingProxyType({}),
) -> Figure:
    """Loss against step on a log axis: for each label the median over seeds, in a band from least to greatest.

    Each curve is a running mean over a fiftieth of the steps. A cross marks the step where a run diverged. The axis ends at
    three times the greatest first loss, so that a run that explodes does not flatten the others.

    `predicted` holds the LossPrediction of labels: black lines up to the step that theory answers for. The steps are then on
    a log axis too, and a running mean is over no more than a tenth of the steps so far.
    """
    predicted = {label: one for label, one in predicted.items() if one.until is not None and label in curves}
    figure = new_figure(9, 5, figure)
    axes = figure.add_subplot()
    guess = math.log(classes)
    steps = max(len(curve) for runs in curves.values() for curve in runs)
    window = max(1, steps // 50)
    firsts = [curve[0] for runs in curves.values() for curve in runs if np.isfinite(curve[0])]
    top = 3 * max([guess, FLOOR, *firsts])
    least, ends = max(guess, FLOOR), []
    for i, (label, runs) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        smooth = np.full((len(runs), steps), np.nan)
        for row, curve in zip(smooth, runs, strict=True):
            finite = np.array(curve)[np.isfinite(curve)]
            row[: len(finite)] = np.maximum(running_mean(finite, window, 10 if predicted else 1), FLOOR)
            if len(finite) < steps:
                axes.plot(len(finite), min([*row[len(finite) - 1 : len(finite)], top]), "X", color=colour, **CROSS)
        at = np.flatnonzero(np.isfinite(smooth).any(axis=0))
        end = top
        if at.size:
            middle, low, high = (f(smooth[:, at], axis=0) for f in (np.nanmedian, np.nanmin, np.nanmax))
            axes.plot(at + 1, middle, linewidth=2, label=label, **style(i))
            axes.fill_between(at + 1, low, high, color=colour, alpha=0.2, linewidth=0)
            least, end = min(least, low.min()), min(middle[-1], top)
        ends.append((end, label if at.size == steps else f"{label} (diverged)", colour))
    for one in predicted.values():
        axes.plot(np.array(one.steps) + 1, np.maximum(one.loss, FLOOR), **THEORY)
        axes.plot(one.until + 1, max(one.loss[-1], FLOOR), "o", **THEORY_END)
        least = min(least, max(one.loss[-1], FLOOR))
    axes.set_yscale("log")
    axes.set_ylim(0.8 * least, min(max(axes.get_ylim()[1], 1.2 * guess, 1.2 * FLOOR), top))
    axes.axhline(guess, color="grey", linewidth=1, zorder=0)
    axes.annotate(
        f"a guess: ln {classes} = {guess:.3f}",
        (1.2 if predicted else 0.5 * steps, guess),
        xytext=(0, -14 if predicted else 4),
        textcoords="offset points",
        color="dimgrey",
        fontsize=9,
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else ""))
    _label_ends(axes, ends)
    seeds = max(len(runs) for runs in curves.values())
    axes.set(xlabel="step", ylabel=f"cross-entropy, mean of {window} steps", xlim=(1, steps) if predicted else (0, steps))
    if predicted:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.plot([], [], label="theory, to its end", **THEORY)
        axes.legend(handles=[axes.lines[-1]], loc="lower left")
    axes.set_title(f"{title}: median of {seeds} seeds, band from least to greatest" if seeds > 1 else title)
    axes.grid(alpha=0.3)
    return figure


@with_own_settings
def predicted_losses(
    predicted: Mapping[str, Any], classes: int = 10, title: str = "Predicted loss", figure: Figure | None = None
) -> Figure:
    """The LossPrediction of each label against step, on log axes, up to where theory ends; the band is ± the std."""
    figure = new_figure(7, 4.2, figure)
    axes = figure.add_subplot()
    axes.axhline(math.log(classes), color="grey", linewidth=1, zorder=0)
    for i, (label, one) in enumerate(predicted.items()):
        if one.until is None:
            axes.plot([], [], label=f"{label}: not predicted", **style(i))
            continue
        at, loss, std = np.array(one.steps) + 1, np.array(one.loss), np.array(one.std)
        axes.plot(at, np.maximum(loss, FLOOR), linewidth=2, label=legend_text(label), **style(i))
        axes.fill_between(
            at, np.maximum(loss - std, FLOOR), loss + std, color=COLOURS[i % len(COLOURS)], alpha=0.2, linewidth=0
        )
        axes.plot(one.until + 1, max(loss[-1], FLOOR), "o", color=COLOURS[i % len(COLOURS)])
    axes.set(xlabel="step", ylabel="cross-entropy", title=title, xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(alpha=0.3)
    axes.legend()
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
    figure = new_figure(max(1.9 * columns + 1, 7), max(1.45 * rows + 1.3, 4.4), figure)
    figure.suptitle(title)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    epochs = max(len(curve) for curves in panels.values() for curve in curves.values())
    labels = list(dict.fromkeys(label for curves in panels.values() for label in curves))
    for axes, (name, curves) in zip(grid, panels.items(), strict=False):
        for label, curve in curves.items():
            i = labels.index(label)
            axes.plot(range(1, len(curve) + 1), curve, linewidth=1.6, **style(i))
            if len(curve) < epochs:
                axes.plot(len(curve) + 1, [0, *curve][-1], "X", color=COLOURS[i % len(COLOURS)], **CROSS)
        axes.set_title(name, fontsize=9)
        axes.set(xlim=(0, epochs), ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    for i, axes in enumerate(grid):
        axes.set_visible(i < len(panels))
        if i + columns >= len(panels):  # the lowest panel of its column
            axes.set_xlabel(xlabel)
            axes.xaxis.set_tick_params(labelbottom=True)
    figure.supylabel("accuracy", fontsize=10)
    handles: list[Any] = [
        Line2D([], [], linewidth=1.6, label=legend_text(label), **style(i)) for i, label in enumerate(labels)
    ]
    if any(len(curve) < epochs for curves in panels.values() for curve in curves.values()):
        handles.append(Line2D([], [], color="dimgrey", marker="X", linestyle="", markersize=9, label="diverged"))
    figure.legend(handles=handles, loc="outside lower right", ncols=4, handlelength=3.5)
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
    figure.suptitle(title)
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
    total = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = ends - np.minimum(window, -(-ends // part))
    return (total[ends] - total[starts]) / (ends - starts)


def _label_ends(axes: Any, ends: list[tuple[float, str, str]]) -> None:
    """Write the labels at the curves' ends, moved apart if they would overlap."""
    low, high = (math.log(limit) for limit in axes.get_ylim())
    last = -math.inf
    for value, label, colour in sorted(ends):
        height = max((math.log(value) - low) / (high - low), last + 0.055)
        last = height
        axes.annotate(
            label,
            (1.01, height),
            xycoords="axes fraction",
            color=colour,
            va="center",
            fontsize=10,
            annotation_clip=False,
        )
