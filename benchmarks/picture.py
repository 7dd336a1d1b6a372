"""The figures of the benchmarks. Colour-blind readers can tell the colours apart; hatches and markers say the same again."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from scratchnet.plots import COLOURS, DASHES, MARKERS

HATCHES = ("", "//", "\\\\", "..", "xx", "--", "oo", "++")


def ratio_bars(summary: Sequence[dict[str, Any]]) -> Figure:
    """How many times as long as scratchnet each contestant takes: a panel a setting, a group of bars a workload."""
    rows = [row for row in summary if row["contestant"] != "scratchnet"]
    settings, works, names = (list(dict.fromkeys(row[key] for row in rows)) for key in ("setting", "workload", "contestant"))
    height = max(3.2, 1.1 + 0.9 * len(names) ** 0.5)
    figure = Figure(figsize=(2.5 + 1.9 * len(works), 0.8 + height * len(settings)), layout="constrained", dpi=120)
    panels = figure.subplots(len(settings), 1, squeeze=False, sharey=True)[:, 0]
    for axes, setting in zip(panels, settings, strict=True):
        here = [row for row in rows if row["setting"] == setting]
        for place, work in enumerate(works):
            group = [row for row in here if row["workload"] == work]
            for i, row in enumerate(group):
                x = place + (i - (len(group) - 1) / 2) * 0.11
                which = names.index(row["contestant"])
                ratio = row["times_scratchnet"]
                axes.bar(x, ratio - 1, 0.1, bottom=1, **look(which))
                up = ratio >= 1
                axes.annotate(
                    f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}",
                    (x, ratio),
                    (0, 3 if up else -4),
                    textcoords="offset points",
                    rotation=90,
                    ha="center",
                    va="bottom" if up else "top",
                    fontsize=8,
                )
        axes.axhline(1, color="black", linewidth=1)
        axes.set(yscale="log", title=setting, ylabel="× scratchnet's time", xlim=(-0.5, len(works) - 0.5))
        axes.set_xticks(range(len(works)), works)
        axes.tick_params(axis="x", length=0)
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
    ratios = [row["times_scratchnet"] for row in rows]
    panels[0].set_ylim(min(0.4, min(ratios) / 2.2), max(2.5, max(ratios) * 2.2))  # room for the labels
    for axes in panels:
        low, high = axes.get_ylim()
        inside = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if low <= tick <= high]
        axes.set_yticks(inside, [f"{tick:g}" for tick in inside])
        axes.set_yticks([], minor=True)
    for which, name in enumerate(names):
        panels[0].bar(0, 0, 0, bottom=1, label=name, **look(which))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=min(4, len(names)))
    figure.supxlabel("Above 1 it takes longer than scratchnet, below 1 it is quicker. Logarithmic axis.", fontsize=9)
    return figure


def look(i: int) -> dict[str, Any]:
    """Colour and hatch of the i-th contestant's bars."""
    colour = (*COLOURS, "#999999")[i % (len(COLOURS) + 1)]
    return {"color": colour, "hatch": HATCHES[i % len(HATCHES)], "edgecolor": "white", "linewidth": 0.3}


Curves = Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]  # panel, label, points (x, y)


def log_curves(curves: Curves, labels: Mapping[str, tuple[str, str]], notes: Mapping[tuple[str, str], str]) -> Figure:
    """One panel each, both axes logarithmic; `labels` are those of a panel's axes, `notes` are added to the curves' own."""
    columns = min(3, len(curves))
    count = -(-len(curves) // columns)
    figure = Figure(figsize=(4.6 * columns, 3.9 * count), layout="constrained", dpi=120)
    panels = figure.subplots(count, columns, squeeze=False).ravel()
    for axes in panels[len(curves) :]:
        axes.remove()
    for axes, (panel, lines) in zip(panels, curves.items(), strict=False):
        for i, (label, points) in enumerate(lines.items()):
            x, y = zip(*points, strict=True)
            text = f"{label}, {notes[panel, label]}"
            axes.plot(x, y, MARKERS[i], color=COLOURS[i], linestyle=DASHES[i], label=text)
        axes.set(xscale="log", yscale="log", xlabel=labels[panel][0], ylabel=labels[panel][1])
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.25)  # room for the legend
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
            axis.set_minor_locator(NullLocator())
        axes.tick_params(axis="x", rotation=45)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="upper left")
    return figure
