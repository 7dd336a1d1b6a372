"""Maps: where networks can be trained, and the accuracies of a grid of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter

from scratchnet.meanfield import MeanField
from scratchnet.meanfield.two_inputs import depth_scale_at
from scratchnet.plots.backend import with_own_settings
from scratchnet.plots.base import fitted, legend_below, log_axis, marks_of, new_figure, text_width, title_above, wrapped
from scratchnet.support.colours import looks
from scratchnet.support.tables import short, visible
from scratchnet.support.validation import Array, InputError, number

SIZES, DEPTHS = 81, 121  # points of the map
LEVELS = {1: "--", 6: "-"}  # depth / ξ of each line, and its dashes
WIDEST = 100.0  # σ_w from 1/WIDEST to WIDEST is on the map
DEEPEST = 100  # layers; more if three times the deepest network is more
NETWORK_MARKER: dict[str, Any] = {
    "linestyle": "",
    "markersize": 9,
    "markeredgecolor": "black",
    "clip_on": False,
    "zorder": 5,
}


MAP = "cividis"
INKS = {"#020202": 0.0006, "#fefefe": 0.991}  # on a shade, in a light and in a dark page: colour and luminance


def shade(accuracy: float) -> tuple[str, str]:
    """The colour of an accuracy from 0 to 1, and the ink that is easier to read on it."""
    colour = colormaps[MAP](min(max(accuracy, 0.0), 1.0))[:3]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # WCAG 2

    def contrast(ink: str) -> float:
        low, high = sorted((luminance, INKS[ink]))
        return (high + 0.05) / (low + 0.05)

    return to_hex(colour), max(INKS, key=contrast)


SCALE = [shade(i / 10)[0] for i in range(11)]


@with_own_settings
def accuracy_map(
    accuracies: Mapping[str, Mapping[str, Any]],
    title: str = "Test accuracy, mean over seeds",
    xlabel: str = "",
    ylabel: str = "initializer",
    figure: Figure | None = None,
) -> Figure:
    """A cell for each row and column of {row: {column: accuracy}}, with its number; a missing one stays empty.

    {title: {row: {column: accuracy}}} has a panel for each title. A frame marks the best cell of all.
    """
    panels: Any = accuracies if _has_panels(accuracies) else {"": accuracies}
    rows = list(dict.fromkeys(row for cells in panels.values() for row in cells))
    columns = list(dict.fromkeys(column for cells in panels.values() for row in cells.values() for column in row))
    names = fitted(list(map(visible, rows)), 190), fitted(list(map(visible, columns)), 150)
    left = max(text_width(name) for name in names[0]) / 72 + 0.5
    turned = max(text_width(name) for name in names[1]) > 72
    cell = 1.1 if turned or len(columns) < 3 else 1.05
    across = min(len(panels), max(1, int(9 / (cell * len(columns)))))
    down = math.ceil(len(panels) / across)
    below = (0.5 * max(text_width(name) for name in names[1]) / 72 if turned else 0) + 0.7
    heads = [wrapped(name, 72 * (cell * len(columns) - 0.1), 10) for name in panels]
    lines = max(head.count("\n") + 1 for head in heads) if len(panels) > 1 else 0
    size = max(cell * len(columns) * across + left + 1.3, 5), down * (0.55 * len(rows) + 0.18 * lines) + below + 1.0
    figure = new_figure(*size, figure)
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    values = {
        name: np.array([[cells.get(row, {}).get(column, np.nan) for column in columns] for row in rows], np.float64)
        for name, cells in panels.items()
    }
    best = max((float(np.nanmax(one)) for one in values.values() if np.isfinite(one).any()), default=math.nan)
    for axes, head, cells in zip(grid, heads, values.values(), strict=False):
        masked = np.ma.masked_invalid(cells)
        mesh = axes.pcolormesh(masked, cmap=MAP, vmin=0, vmax=1, edgecolors="white", linewidth=1)
        for (i, j), value in np.ndenumerate(cells):
            if np.isfinite(value):
                text = f"{value:.3f}"
                axes.text(j + 0.5, i + 0.5, text, ha="center", va="center", color=shade(value)[1], fontsize=9)
            if value == best:
                frame: dict[str, Any] = {"fill": False, "edgecolor": shade(value)[1], "linewidth": 2.2}
                axes.add_patch(Rectangle((j + 0.04, i + 0.04), 0.92, 0.92, **frame))
        turn: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if turned else {}
        for axis, some in ((axes.yaxis, names[0]), (axes.xaxis, names[1])):
            axis.set_ticks(np.arange(len(some)) + 0.5)
            axis.set_major_formatter(FixedFormatter(some))
        for label in axes.get_xticklabels():
            label.set(**turn)
        axes.set_title(head if len(panels) > 1 else "", fontsize=10)
    for i, axes in enumerate(grid):
        axes.set_visible(i < len(panels))
        if i < len(panels) <= i + across:
            axes.xaxis.set_tick_params(labelbottom=True)
            axes.set_xlabel(xlabel)
        if i % across == 0:
            axes.set_ylabel(ylabel)
    grid[0].invert_yaxis()  # and all others, which share it
    title_above(grid[0] if len(panels) == 1 else figure, title)
    figure.colorbar(mesh, ax=list(grid), label="test accuracy")
    return figure


def _has_panels(accuracies: Mapping[str, Any]) -> bool:
    return any(isinstance(cell, Mapping) for cells in accuracies.values() for cell in cells.values())


@with_own_settings
def trainability(
    activation: Any,
    here: Mapping[str, tuple[float, int]],
    sigma_b: float = 0.0,
    title: str = "Where a network can be trained",
    figure: Figure | None = None,
) -> Figure:
    """depth / ξ(σ_w) as shades, over σ_w = √(fan_in · Var W) and depth, with markers for the networks in `here`.

    ξ = depth_scale(activation, σ_w², σ_b²). Networks train to a depth of about 6 ξ (Schoenholz et al. 2017); at the
    critical σ_w ξ has no bound. `activation` is what makes a layer, such as the class Tanh, or your own; `here` has for
    each label (σ_w, depth).
    """
    sigma_b = number("sigma_b", sigma_b, least=0)
    field = MeanField(activation)
    critical = _critical(field, sigma_b)
    inside = [size for size, _ in here.values() if 1 / WIDEST <= size <= WIDEST]
    marks = [*inside, 0.5, 2.5, *([critical] if critical else [])]
    low, high = max(min(marks) / 1.4, 1 / WIDEST), min(max(marks) * 1.4, WIDEST)
    top = max([DEEPEST, *(3 * depth for _, depth in here.values() if math.isfinite(depth))])
    sizes = np.geomspace(low, high, SIZES)
    if critical:  # more points near the peak of ξ
        around = np.array([0.0, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06])
        sizes = np.unique([*sizes, *(critical * (1 + around)), *(critical * (1 - around))])
    xi = _depth_scales(field, sizes, sigma_b)
    depths = np.geomspace(1, top, DEPTHS)

    figure = new_figure(8, 5.2, figure)
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(1, top))
    with np.errstate(divide="ignore"):
        shades = axes.contourf(
            sizes, depths, np.minimum(depths[:, None] / xi, 1e6), levels=range(13), cmap="cividis_r", extend="max"
        )
    bar = figure.colorbar(shades, ax=axes, ticks=range(0, 13, 2))
    bar.set_label("depth / ξ: less is better, above 6 training fails")
    for level, dashes in LEVELS.items():
        name = "depth = ξ" if level == 1 else f"depth = {level} ξ"
        axes.plot(sizes, np.clip(level * xi, 1e-3, 10 * top), dashes, color="black", linewidth=1.4, label=name)
    if critical:
        axes.axvline(critical, color="dimgrey", linewidth=1.4, linestyle=":", label=f"critical σ_w = {short(critical)}")
    _mark_networks(axes, here, (low, high), top)
    axes.set_xlabel("σ_w, the weights' std times √fan_in" + (f"  (biases: σ_b = {short(sigma_b)})" if sigma_b else ""))
    axes.set_ylabel("depth, in layers")
    log_axis(axes.xaxis, low, high)
    log_axis(axes.yaxis, 1, top)
    title_above(axes, f"{title}: {field.phi.name}")
    handles = axes.get_legend_handles_labels()[0]
    if here:
        handles.append(
            Line2D([], [], color="white", marker="o", markeredgecolor="black", linestyle="", label="you are here")
        )
    legend_below(figure, handles)
    return figure


def _mark_networks(axes: Any, here: Mapping[str, tuple[float, int]], limits: tuple[float, float], top: float) -> None:
    """Draw a marker for each network, and its label above it, moved up while it would overlap another label.

    A network outside the map is drawn at the map's edge, with its σ_w in the label.
    """
    inches = 5.6 / math.log(limits[1] / limits[0]), 3.4 / math.log(top)  # per e-fold of σ_w and of depth, roughly
    placed: list[tuple[float, float, float]] = []
    drawn_as = looks(here)
    names = dict(zip(here, fitted(list(here), 200, 9), strict=True))

    def deepest_first(network: tuple[str, tuple[float, int]]) -> tuple[float, float]:
        _, (size, depth) = network
        return -depth, size

    for label, (size, depth) in sorted(here.items(), key=deepest_first):
        if not (math.isfinite(size) and math.isfinite(depth)):
            continue
        at = min(max(size, limits[0]), limits[1]), min(max(depth, 1), top)
        text = names[label] if at[0] == size else f"{names[label]} (σ_w = {short(size, 2)})"
        half, x, y = text_width(text, 9) / 144 + 0.05, math.log(at[0]) * inches[0], math.log(at[1]) * inches[1] + 0.2
        x = min(max(x, math.log(limits[0]) * inches[0] + half), math.log(limits[1]) * inches[0] - half)
        while any(abs(x - other) < half + width and abs(y - height) < 0.2 for other, width, height in placed):
            y += 0.05
        placed.append((x, half, y))
        axes.plot(*at, **marks_of(drawn_as[label]), **NETWORK_MARKER)
        axes.annotate(
            text,
            at,
            (math.exp(x / inches[0]), math.exp(y / inches[1])),
            ha="center",
            va="center",
            fontsize=9,
            zorder=6,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
            arrowprops={"arrowstyle": "-", "color": "black", "linewidth": 0.6},
        )


def _critical(field: MeanField, sigma_b: float) -> float | None:
    """The critical σ_w, if ξ is large there on the map: GELU's for σ_b = 0, say, holds for vanishing signals only."""
    try:
        size = math.sqrt(field.critical(sigma_b**2)[0])
    except (InputError, ZeroDivisionError):
        return None
    return size if 1 / WIDEST < size < WIDEST and 6 * _depth_scales(field, np.array([size]), sigma_b)[0] > DEEPEST else None


def _depth_scales(field: MeanField, sigma_w: Array, sigma_b: float) -> Array:
    """ξ for each σ_w, or 0 if no signal passes at all."""
    found = np.zeros(len(sigma_w))
    fixed_points = field.fixed_point(sigma_w**2, sigma_b**2)
    for i, (size, q) in enumerate(zip(sigma_w, fixed_points, strict=True)):
        with suppress(ValueError, ZeroDivisionError):
            found[i] = depth_scale_at(field, size**2, q)
    return found
