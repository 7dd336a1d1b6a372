"""The figures. Each function draws one and returns Matplotlib's Figure; whoever called it saves or shows it.

Give `figure` to draw into one of your own (from plt.figure, say, to show it in a window); no window is ever opened here.
"""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from scratchnet.arguments import Array
from scratchnet.files import write_whole
from scratchnet.histogram import Histogram
from scratchnet.spread import LayerSpread, Spread
from scratchnet.tables import percent

# Okabe and Ito's colours, told apart by colour-blind readers too; dash and marker say the same once more.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
BINS = 40
FLOOR = 1e-8  # a loss of 0 is drawn here, since a log axis has no 0
CROSS: dict[str, Any] = {"markersize": 11, "clip_on": False}


def style(i: int) -> dict[str, Any]:
    """Colour and dash of the i-th thing in a figure."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}


def new_figure(width: float, height: float, figure: Figure | None) -> Figure:
    if figure is None:
        figure = Figure(dpi=120)
    figure.set_size_inches(width, height)
    figure.set_layout_engine("constrained")
    return figure


def save(figure: Figure, stem: str | Path) -> list[Path]:
    """Write the figure to stem.png and stem.svg, each whole, and return their paths. The same figure, the same bytes."""
    paths = [Path(f"{stem}.{ending}") for ending in ("png", "svg")]
    with matplotlib.rc_context({"svg.hashsalt": "scratchnet"}):
        for path, metadata in zip(paths, ({"Software": None}, {"Date": None}), strict=True):
            content = io.BytesIO()
            figure.savefig(content, format=path.suffix[1:], metadata=metadata)
            write_whole(path, content.getvalue())
    return paths


def loss_curves(
    curves: Mapping[str, Sequence[Sequence[float]]],
    classes: int = 10,
    title: str = "Training loss",
    figure: Figure | None = None,
) -> Figure:
    """Loss against step on a log axis: for each label the median over seeds, in a band from least to greatest.

    Each curve is smoothed by a mean over a fiftieth of its steps. A cross marks the step where a run diverged; the axis
    reaches to three times the greatest first loss, so that one run's explosion does not flatten the others.
    """
    figure = new_figure(9, 5, figure)
    axes = figure.add_subplot()
    guess = math.log(classes)
    steps = max(len(curve) for runs in curves.values() for curve in runs)
    window = max(1, steps // 50)
    firsts = [curve[0] for runs in curves.values() for curve in runs if np.isfinite(curve[0])]
    top = 3 * max([guess, *firsts])
    least, ends = guess, []
    for i, (label, runs) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        smooth = np.full((len(runs), steps), np.nan)
        for row, curve in zip(smooth, runs, strict=True):
            finite = np.array(curve)[np.isfinite(curve)]
            row[: len(finite)] = np.maximum(_running_mean(finite, window), FLOOR)
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
    axes.set_yscale("log")
    axes.set_ylim(0.8 * least, min(max(axes.get_ylim()[1], 1.2 * guess), top))
    axes.axhline(guess, color="grey", linewidth=1, zorder=0)
    axes.annotate(
        f"a guess: ln {classes} = {guess:.3f}",
        (0.5 * steps, guess),
        xytext=(0, 4),
        textcoords="offset points",
        color="dimgrey",
        fontsize=9,
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else ""))
    _label_ends(axes, ends)
    seeds = max(len(runs) for runs in curves.values())
    axes.set(xlabel="step", ylabel=f"cross-entropy, mean of {window} steps", xlim=(0, steps))
    axes.set_title(f"{title}: median of {seeds} seeds, band from least to greatest" if seeds > 1 else title)
    axes.grid(alpha=0.3)
    return figure


def activation_histograms(
    spreads: Mapping[str, Spread], title: str = "Activations before training", figure: Figure | None = None
) -> Figure:
    """A row for each label, a histogram for each activation, the limits shared within a row."""
    rows = {label: spread.activations or spread.layers for label, spread in spreads.items()}
    columns = max(len(layers) for layers in rows.values())
    figure = new_figure(2.1 * columns + 1.2, 1.75 * len(rows) + 0.9, figure)
    figure.suptitle(title)
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for i, (label, layers) in enumerate(rows.items()):
        for panel in grid[i, len(layers) :]:
            panel.set_visible(False)
        exponent, first, low, high = _shared_bins([layer.histogram for layer in layers if layer.histogram])
        for panel, layer in zip(grid[i], layers, strict=False):
            assert layer.histogram is not None
            counts = layer.histogram.on_scale(exponent, first, BINS)
            edges = (first + np.arange(BINS + 1)) * 2.0**exponent
            panel.stairs(counts / max(counts.sum(), 1), edges, fill=True, color=COLOURS[i % len(COLOURS)])
            panel.set_title(f"{layer.name}\nstd {layer.std:.2g}, within {layer.within_std:.2g}", fontsize=9)
            panel.set_xlim(low, high)
            panel.set_ylim(0, 1.4 * max(counts.max() / max(counts.sum(), 1), 1e-9))
            panel.set_yticks([])
            panel.xaxis.set_major_locator(MaxNLocator(3))
            panel.tick_params(labelsize=8)
            panel.text(0.97, 0.93, _shares(layer), transform=panel.transAxes, ha="right", va="top", fontsize=8)
        grid[i, 0].set_ylabel(label, fontsize=10)
    figure.supxlabel("output of the activation", fontsize=10)
    figure.supylabel("share of outputs, by initializer", fontsize=10)
    return figure


def spread_by_depth(
    spreads: Mapping[str, Sequence[Spread]], title: str = "Spread before training", figure: Figure | None = None
) -> Figure:
    """Std of the activations (pooled and within units) and rms of their gradients against depth, on log axes.

    Lines are means over seeds, each seed a dot. Without labels there were no gradients, and so is no panel for them.
    """
    has_gradients = any(layer.grad_rms is not None for seeds in spreads.values() for one in seeds for layer in one.layers)
    figure = new_figure(10 if has_gradients else 7, 4.6, figure)
    figure.suptitle(title)
    panels = figure.subplots(1, 1 + has_gradients, squeeze=False)[0]
    forward = panels[0]
    depth = 1
    for i, (label, seeds) in enumerate(spreads.items()):
        layers = [spread.activations or spread.layers for spread in seeds]
        depth = max(depth, len(layers[0]))
        marker = MARKERS[i % len(MARKERS)]
        _dots(forward, [[layer.std for layer in one] for one in layers], label, i, marker)
        _dots(forward, [[layer.within_std for layer in one] for one in layers], None, i, marker, hollow=True)
        if has_gradients:
            _dots(panels[1], [[layer.grad_rms for layer in one] for one in layers], label, i, marker)
    for axes in panels:
        drawn = np.concatenate([line.get_ydata() for line in axes.lines] or [[]])
        drawn = drawn[np.isfinite(drawn)]
        if drawn.size:
            axes.set_ylim(drawn.min() / 1.6, drawn.max() * 1.6)
            axes.set_yscale("log")
        axes.set_xticks(range(1, depth + 1))
        axes.set_xlabel("layer")
        axes.grid(alpha=0.3)
    forward.set_ylabel("std of activations")
    forward.set_title("forward: pooled (filled), within a unit (hollow)", fontsize=10)
    if has_gradients:
        panels[1].set_ylabel("rms of ∂loss/∂activation")
        panels[1].set_title("backward: gradients", fontsize=10)
    if forward.lines:
        figure.legend(*forward.get_legend_handles_labels(), loc="outside lower center", ncols=4, handlelength=4)
    return figure


def accuracy_panels(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    columns: int = 4,
    title: str = "Accuracy",
    xlabel: str = "epoch",
    figure: Figure | None = None,
) -> Figure:
    """A panel for each title, and in it for each label the accuracy after each epoch; all on the same axes.

    A curve that is shorter than the longest is of a run that diverged: a cross marks the epoch in which it did.
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
    handles: list[Any] = [Line2D([], [], linewidth=1.6, label=label, **style(i)) for i, label in enumerate(labels)]
    if any(len(curve) < epochs for curves in panels.values() for curve in curves.values()):
        handles.append(Line2D([], [], color="dimgrey", marker="X", linestyle="", markersize=9, label="diverged"))
    figure.legend(handles=handles, loc="outside lower right", ncols=4, handlelength=3.5)
    return figure


def _shares(layer: LayerSpread) -> str:
    parts = {"dead": layer.dead, "saturated": layer.saturated, "zero": layer.zero}
    return "\n".join(f"{name} {percent(share)}" for name, share in parts.items() if share)


def _shared_bins(histograms: Sequence[Histogram]) -> tuple[int, int, float, float]:
    """Exponent and first edge of at most BINS bins that hold all of the histograms, and the limits in use."""
    low = min(histogram.limits[0] for histogram in histograms)
    high = max(histogram.limits[1] for histogram in histograms)
    exponent = max(histogram.exponent for histogram in histograms)
    while math.ceil(high / 2.0**exponent) - math.floor(low / 2.0**exponent) > BINS:
        exponent += 1
    width = 2.0**exponent
    first, last = math.floor(low / width), math.ceil(high / width)
    if last - first < 4:  # all values alike: room beside the one bar
        first, last = first - 4, last + 4
    return exponent, first, first * width, last * width


def _running_mean(values: Array, window: int) -> Array:
    """The mean of the last `window` values at each place, of fewer at the beginning."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    return (total[ends] - total[starts]) / (ends - starts)


def _label_ends(axes: Any, ends: list[tuple[float, str, str]]) -> None:
    """The labels at the curves' ends, moved apart where they would overlap."""
    low, high = (math.log(limit) for limit in axes.get_ylim())
    last = -math.inf
    for value, label, colour in sorted(ends):
        place = max((math.log(value) - low) / (high - low), last + 0.055)
        last = place
        axes.annotate(
            label,
            (1.01, place),
            xycoords="axes fraction",
            color=colour,
            va="center",
            fontsize=10,
            annotation_clip=False,
        )


def _dots(
    axes: Any, seeds: Sequence[Sequence[float | None]], label: str | None, i: int, marker: str, hollow: bool = False
) -> None:
    values = np.array([[np.nan if value is None or value <= 0 else value for value in one] for one in seeds])
    if not np.isfinite(values).any():
        if label is not None:
            axes.plot([], [], label=f"{label} (0 or not finite)", marker=marker, **style(i))
        return
    layers = np.arange(1, values.shape[1] + 1)
    face = "none" if hollow else COLOURS[i % len(COLOURS)]
    line = style(i) | {"alpha": 0.5 if hollow else 1}
    axes.plot(layers, np.exp(np.log(values).mean(axis=0)), label=label, marker=marker, markerfacecolor=face, **line)
    for one in values:
        axes.plot(layers, one, marker, color=COLOURS[i % len(COLOURS)], markerfacecolor=face, alpha=0.4, markersize=5)
