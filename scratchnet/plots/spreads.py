"""Spreads against depth, steps of the weights, singular values: dots are measured, lines are predicted.

Read next: `maps`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from scratchnet.plots.backend import with_own_settings
from scratchnet.plots.base import (
    legend_below,
    legend_text,
    line_of,
    log_axis,
    marks_of,
    new_figure,
    title_above,
    wrapped,
)
from scratchnet.spread_values import LayerSpread, SpreadValues
from scratchnet.support.colours import Look, looks
from scratchnet.support.tables import short
from scratchnet.support.validation import Array

DECADES = 8  # of an axis above and below the signal's first value: one that dies or explodes must not flatten the others
GUIDE = -3  # log10(step/W) of about this trains well
ROUNDING = 1e-8  # singular values below this share of the largest are rounding errors
GREY = "dimgrey"


@with_own_settings
def spread_by_depth(
    spreads: Mapping[str, Sequence[SpreadValues]],
    title: str = "Spread before training",
    figure: Figure | None = None,
    predicted: Mapping[str, SpreadValues] | None = None,
    drawn_as: Mapping[str, Look] | None = None,
) -> Figure:
    """Std of the activations (pooled and within units) and rms of their gradients against depth, on log axes.

    Each seed is a dot. Lines are predictions, in a band that holds 95 % of networks; without a prediction they are means
    over seeds. Spreads measured without labels have no gradients, so the figure has no panel for them.
    """
    has_gradients = any(
        layer.grad_rms is not None for seeds in spreads.values() for spread in seeds for layer in spread.layers
    )
    figure = new_figure(10 if has_gradients else 7, 4.6, figure)
    title_above(figure, title)
    panels = figure.subplots(1, 1 + has_gradients, squeeze=False)[0]
    quantities = [(panels[0], "std", False), (panels[0], "within_std", True)]
    if has_gradients:
        quantities.append((panels[1], "grad_rms", False))
    drawn_as = drawn_as or looks(spreads)
    depth, starts = 1, {axes: list[float]() for axes in panels}
    for label, seeds in spreads.items():
        layers = [spread.activations or spread.layers for spread in seeds]
        depth = max([depth, *map(len, layers)])
        for axes, quantity, hollow in quantities:
            measured = _positive([[getattr(layer, quantity) for layer in seed] for seed in layers])
            line, band = np.exp(_mean_over_seeds(np.log(measured))), None
            if predicted is not None:
                line, band = _predicted_line(predicted.get(label), layers, quantity)
            name = None if hollow else legend_text(label)
            _draw(axes, measured, drawn_as[label], name, hollow, line, band, predicted is not None)
            starts[axes].append(_first_value(line, measured, backward=quantity == "grad_rms"))
    for axes in panels:
        _log_limits(axes, _limits_around(starts[axes]))
        _place_axis(axes, depth)
        axes.set_xlabel("layer")
    pooled, within = ("filled", "hollow") if predicted is None else ("filled, solid", "hollow, dashed")
    panels[0].set_ylabel("std of activations")
    panels[0].set_title(wrapped(f"forward: pooled ({pooled}), within a unit ({within})", 290), fontsize=10)
    if has_gradients:
        panels[1].set_ylabel("rms of ∂loss/∂activation")
        panels[1].set_title("backward: gradients", fontsize=10)
    _legend(figure, panels)
    return figure


@with_own_settings
def update_ratios(
    spreads: Mapping[str, Sequence[SpreadValues]],
    title: str = "Steps before training",
    figure: Figure | None = None,
    predicted: Mapping[str, SpreadValues] | None = None,
    drawn_as: Mapping[str, Look] | None = None,
) -> Figure:
    """log10 of how far one step moves each weight, over its size, beside the guide at −3: about 10⁻³ trains well.

    Each seed is a dot. Lines are predictions; without a prediction they are means over seeds.
    """
    figure = new_figure(8, 4.6, figure)
    title_above(figure, title)
    axes = figure.subplots()
    drawn_as = drawn_as or looks(spreads)
    depth, drawn, limits = 1, [np.array([GUIDE])], (GUIDE - DECADES, GUIDE + DECADES)
    for label, seeds in spreads.items():
        layers = [[layer for layer in spread.layers if layer.w_rms is not None] for spread in seeds]
        depth = max([depth, *map(len, layers)])
        measured = _numbers([[layer.update_ratio for layer in seed] for seed in layers])
        line = _mean_over_seeds(measured)
        if predicted is not None:
            line, _ = _predicted_line(predicted.get(label), layers, "update_ratio")
        _draw(
            axes,
            measured,
            drawn_as[label],
            legend_text(label) + _off_axis_note([*measured.ravel(), *line], limits),
            False,
            line,
            None,
            predicted is not None,
        )
        drawn += [measured.ravel(), line]
    axes.axhline(GUIDE, color=GREY, linewidth=1.2, linestyle=(0, (6, 3)), zorder=1, label="_guide")
    words: dict[str, Any] = {"color": GREY, "fontsize": 9, "va": "center", "annotation_clip": False}
    axes.annotate("about 10⁻³\ntrains well", (1.01, GUIDE), xycoords=("axes fraction", "data"), **words)
    values = _finite(drawn, limits)
    axes.set_ylim(min(values.min() - 0.3, GUIDE - 1), max(values.max() + 0.3, GUIDE + 1))
    _place_axis(axes, depth)
    kinds = {spread.step for seeds in spreads.values() for spread in seeds}
    names = {"SGD" if kind is None else kind.optimizer.partition("(")[0] for kind in kinds}
    of_whom = f" of {names.pop()}" if len(names) == 1 else ""
    axes.set_title(f"how far one step{of_whom} moves each weight", fontsize=10)
    axes.set_xlabel("layer with a weight")
    rates = {spread.lr for seeds in spreads.values() for spread in seeds}
    axes.set_ylabel(
        "log10 of step/W" if len(rates) != 1 or kinds != {None} else f"log10(lr · rms(dW) / rms(W)), lr {short(rates.pop())}"
    )
    _legend(figure, [axes])
    return figure


@with_own_settings
def singular_values(
    spreads: Mapping[str, SpreadValues],
    title: str = "Stretch before training",
    figure: Figure | None = None,
    predicted: Mapping[str, SpreadValues] | None = None,
    drawn_as: Mapping[str, Look] | None = None,
) -> Figure:
    """The factors by which a network stretches directions of its input: the singular values at one input, largest first.

    A hollow marker beside them is their rms, and a line its prediction. If all are 1, no direction is lost.
    """
    figure = new_figure(8, 4.6, figure)
    title_above(figure, title)
    axes = figure.subplots()
    count = max((len(spread.jacobian.values) for spread in spreads.values() if spread.jacobian), default=0)
    rms_at = count + 1.5
    to_draw = {}
    for label, spread in spreads.items():
        theory = predicted[label].jacobian if predicted and label in predicted else None
        measured = _positive([spread.jacobian.values if spread.jacobian else ()])[0]
        measured[~(measured > ROUNDING * np.nanmax(measured, initial=0))] = np.nan
        rms = _positive([[spread.jacobian.rms if spread.jacobian else None, theory.rms if theory else None]])[0]
        to_draw[label] = measured, rms
    largest = [float(values.max()) for pair in to_draw.values() if (values := _finite(pair)).size]
    start = min(largest, key=lambda value: abs(math.log(value)), default=1.0)
    limits = start / 10.0**DECADES, start * 10.0**DECADES
    drawn_as = drawn_as or looks(to_draw)
    for label, (measured, rms) in to_draw.items():
        look = marks_of(drawn_as[label])
        note = _off_axis_note(measured, limits) if np.isfinite(measured).any() else " (0, or not known)"
        name = legend_text(label) + note
        axes.plot(np.arange(1, len(measured) + 1), measured, label=name, **(line_of(drawn_as[label]) | look))
        axes.plot(rms_at, rms[0], markerfacecolor="none", linestyle="", zorder=3, **look)
        axes.plot([rms_at - 0.6, rms_at + 0.6], [rms[1]] * 2, linewidth=2, label="_theory", color=look["color"])
    _log_limits(axes, limits)
    axes.axhline(1, color=GREY, linewidth=1, zorder=0, label="_unit")
    axes.axvline(count + 0.75, color=GREY, linewidth=0.6, zorder=0, label="_rms")
    places = range(1, count + 1, 1 + count // 20)
    axes.set_xticks([*places, rms_at], [*map(str, places), "rms"])
    axes.set_xlim(0.4, count + 2.3)
    axes.set_title("singular values of ∂scores/∂input at one input", fontsize=10)
    axes.set_xlabel("singular value, from the largest on")
    axes.set_ylabel("stretch of a direction")
    axes.grid(alpha=0.3)
    handles = axes.get_legend_handles_labels()[0]
    if any(np.isfinite(rms[1]) for _, rms in to_draw.values()):
        handles.append(Line2D([], [], color=GREY, linewidth=2, label="theory, of the rms"))
    legend_below(figure, handles)
    return figure


def _numbers(seeds: Sequence[Sequence[float | None]]) -> Array:
    """(seeds, places), NaN for a value that is missing or not finite, and where a seed has fewer places."""
    values = np.full((len(seeds), max(map(len, seeds), default=0)), np.nan)
    for row, seed in zip(values, seeds, strict=True):
        row[: len(seed)] = [np.nan if value is None else value for value in seed]
    values[~np.isfinite(values)] = np.nan
    return values


def _positive(seeds: Sequence[Sequence[float | None]]) -> Array:
    """As _numbers, but NaN also for values up to 0, which a log axis does not have."""
    values = _numbers(seeds)
    values[~(values > 0)] = np.nan
    return values


def _mean_over_seeds(values: Array) -> Array:
    """The mean over seeds at each place."""
    return values.mean(axis=0) if len(values) else np.zeros(0)


def _predicted_line(
    spread: SpreadValues | None, layers: Sequence[Sequence[LayerSpread]], quantity: str
) -> tuple[Array, Array]:
    """The predictions for the layers of these names: a line (places,) and its band (2, places), NaN where there is none."""
    known = {layer.name: layer for layer in spread.layers} if spread else {}
    predicted = [known.get(layer.name) for layer in (layers[0] if layers else ())]
    read = _numbers if quantity == "update_ratio" else _positive
    bands = [layer.bands.get(quantity, (None, None)) if layer else (None, None) for layer in predicted]
    line = read([[getattr(layer, quantity) if layer else None for layer in predicted]])[0]
    return line, read([[limits[k] for limits in bands] for k in (0, 1)])


def _draw(
    axes: Any,
    measured: Array,
    drawn_as: Look,
    label: str | None,
    hollow: bool,
    line: Array,
    band: Array | None,
    theory: bool,
) -> None:
    """Draw the seeds as dots, and a line: the prediction in its band, or the means over seeds, with markers."""
    colour = drawn_as.colour
    places, face = np.arange(1, max(len(line), measured.shape[1]) + 1), "none" if hollow else colour
    look = marks_of(drawn_as) | {"markerfacecolor": face}
    if label is not None and not np.isfinite(measured).any():
        label = f"{label} (0 or not finite)"
    if theory:
        axes.plot(places[:0], [], label=label, linestyle="", **look)
        at = places[: len(line)].astype(float)
        if np.isfinite(line).sum() == 1:  # a line needs two places
            known = np.isfinite(line)
            at, line = at[known][0] + np.array([-0.25, 0.25]), np.repeat(line[known], 2)
            band = None if band is None else np.repeat(band[:, known], 2, axis=1)
        if band is not None and not hollow and np.isfinite(band).any():
            axes.fill_between(at, *band, color=colour, alpha=0.2, linewidth=0, zorder=1)
        dashes = "--" if hollow else "-"
        axes.plot(at, line, linestyle=dashes, color=colour, linewidth=1.2 if hollow else 1.8, zorder=2, label="_theory")
    elif np.isfinite(line).any():
        axes.plot(places, line, label=label, **(line_of(drawn_as) | look), alpha=0.5 if hollow else 1)
    elif label is not None:
        axes.plot([], [], label=label, **(line_of(drawn_as) | look))
    for seed in measured:
        dots = {"markersize": 5, "linestyle": "", "zorder": 3}
        axes.plot(places[: len(seed)], seed, **look, **dots, alpha=0.8 if theory and len(measured) == 1 else 0.4)


def _first_value(line: Array, measured: Array, backward: bool) -> float:
    """The size of a signal where it starts: at the first layer, or for gradients at the last."""
    for values in (*measured, line):
        finite = values[np.isfinite(values)]
        if finite.size:
            return float(finite[-1 if backward else 0])
    return math.nan


def _limits_around(starts: Sequence[float]) -> tuple[float, float]:
    """The limits DECADES below and above the median of the signals' first values."""
    middle = float(np.exp(np.median(np.log(_finite([starts]))))) if np.isfinite(starts).any() else 1.0
    return middle / 10.0**DECADES, middle * 10.0**DECADES


def _off_axis_note(values: Sequence[float], limits: tuple[float, float]) -> str:
    """For the legend: the median of the values, if all of them are outside the limits."""
    known = _finite([values])
    if not known.size or _finite([values], limits).size:
        return ""
    return f" (off the axis: {short(float(np.median(known)), 2)})"


def _log_limits(axes: Any, limits: tuple[float, float]) -> None:
    """A log axis around the dots and lines within the limits. A band may extend it by a factor of ten at most."""
    drawn = _finite((line.get_ydata() for line in axes.lines), limits)
    if drawn.size:
        low, high = drawn.min(), drawn.max()
        bands = _finite(path.vertices[:, 1] for band in axes.collections for path in band.get_paths())
        if bands.size:
            low, high = min(low, max(bands.min(), low / 10)), max(high, min(bands.max(), high * 10))
        axes.set_ylim(low / 1.6, high * 1.6)
        axes.set_yscale("log")
        log_axis(axes.yaxis, *axes.get_ylim())


def _finite(parts: Iterable[Any], limits: tuple[float, float] = (-math.inf, math.inf)) -> Array:
    values = np.concatenate([np.zeros(0), *(np.asarray(part, np.float64) for part in parts)])
    return values[np.isfinite(values) & (values >= limits[0]) & (values <= limits[1])]


def _place_axis(axes: Any, depth: int) -> None:
    axes.set_xticks(range(1, depth + 1, 1 + depth // 16))
    axes.set_xlim(0.5, depth + 0.5)
    axes.grid(alpha=0.3)


def _legend(figure: Figure, panels: Sequence[Any]) -> None:
    """A legend with the labels of the first panel and, if they are drawn, with the theory's line and the band."""
    handles, _ = panels[0].get_legend_handles_labels()
    dots = all(handle.get_linestyle() == "None" for handle in handles)
    lines = [line for axes in panels for line in axes.lines if line.get_label() == "_theory"]
    if any(np.isfinite(line.get_ydata()).any() for line in lines):
        handles.append(Line2D([], [], color=GREY, linewidth=1.8, label="theory"))
    if any(axes.collections for axes in panels):
        handles.append(Patch(color=GREY, alpha=0.3, linewidth=0, label="95 % of networks"))
    legend_below(figure, handles, 2 if dots else 4)
