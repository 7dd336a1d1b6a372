"""The map of accuracies of a grid: its caption, its table, and the numbers from which the page draws it for other axes.

A cell is the mean over seeds and over nothing else: each combination of the settings that are no axis has a panel.
Read next: `snapshots`.
"""

from typing import Any

import numpy as np

from scratchnet.experiment import Result
from scratchnet.plots.maps import SCALE, shade
from scratchnet.support.tables import Table


def accuracy_caption(result: Result) -> str:
    rows, columns = result.axes or ("", "")
    others = [name for name in result.varying if name not in (rows, columns)]
    means = cell_means(result)

    def where(end: float) -> str:
        first, *more = [settings for settings, mean in means if mean == end]
        named = [first[rows], first[columns], *(f"{name} {first[name]}" for name in others)]
        return f"{end:.3f} ({', '.join(named)}{f'; and {len(more)} more' if more else ''})"

    accuracies = [mean for _, mean in means]
    return (
        f"Test accuracy, mean over seeds, by {rows} (rows) and {columns} (columns)"
        f"{', with a panel for each ' * bool(others)}{' and '.join(others)}: from {where(min(accuracies))} "
        f"to {where(max(accuracies))}. A frame marks the best."
    )


def accuracy_table(result: Result) -> Table:
    """One row for each row of each panel."""
    axes = result.axes or ("", "")
    panels = result.panels(*axes)
    columns = list(dict.fromkeys(column for cells in panels.values() for some in cells.values() for column in some))
    several = len(panels) > 1
    rows = [
        [row, *([title] if several else []), *(f"{some[column]:.4f}" if column in some else "-" for column in columns)]
        for title, cells in panels.items()
        for row, some in cells.items()
    ]
    return Table([axes[0], *(["panel"] if several else []), *columns], rows)


def accuracy_data(result: Result) -> dict[str, Any] | None:
    """What the page needs to draw the map for any two settings; None if fewer than two vary.

    `settings` has for each setting that varies its values; a cell has their numbers in it, its accuracy as a number and as
    it is written in the figure and in the table, and its colours.
    """
    if len(result.varying) < 2 or result.axes is None:
        return None
    means = cell_means(result)
    values = {name: list(dict.fromkeys(settings[name] for settings, _ in means)) for name in result.varying}
    cells = []
    for settings, mean in means:
        fill, ink = shade(mean)
        places = [some.index(settings[name]) for name, some in values.items()]
        cells.append({"at": places, "mean": mean, "says": [f"{mean:.3f}", f"{mean:.4f}"], "fill": fill, "ink": ink})
    rows, columns = result.axes
    return {
        "settings": values,
        "rows": rows,
        "columns": columns,
        "cells": cells,
        "scale": SCALE,
    }


def cell_means(result: Result) -> list[tuple[dict[str, str], float]]:
    """The settings of each combination that has results, and its mean accuracy over seeds."""
    runs = {run.key: run.settings for run in result.runs}
    found: dict[tuple[str, ...], list[float]] = {}
    for one in result.results:
        found.setdefault(tuple(runs[one.key].values()), []).append(one.test_accuracy)
    names = list(result.runs[0].settings)
    return [(dict(zip(names, values, strict=True)), float(np.mean(some))) for values, some in found.items()]
