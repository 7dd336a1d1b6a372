"""The map of accuracies of a grid: the reader of the page chooses its axes, and nothing but seeds is averaged."""

import functools
import itertools
import json

import numpy as np
import pytest
from report.test_answer import made
from support.test_colours import contrast

import scratchnet as sn
from scratchnet.comparison import Comparison
from scratchnet.plots.maps import INKS, shade
from scratchnet.report.accuracies import accuracy_caption, accuracy_data, accuracy_table
from scratchnet.report.drawn import draw

VARIED = {"hidden": [[9], [8]], "activation": [sn.ReLU, sn.Tanh], "lr": [0.1, 0.01], "batch_size": [8, 16]}


@functools.cache
def grid_of(*names, finished=1.0):
    """Two initializers and the settings of these names, with an accuracy of its own for each run. 0.0625 is a tie in .3f."""
    found = made({"He": [0.5] * 2, "Xavier": [0.5] * 2}, **{name: VARIED[name] for name in names})
    rng = np.random.default_rng(len(names))
    results = [one for one in found.results if rng.random() < finished]
    for one in results:
        vars(one)["test_accuracy"] = float(rng.choice([0.0, 0.0625, 0.3125, 1.0, rng.random()]))
    result = Comparison(found.runs, results, found.train)
    result.predicted = {label: found.predicted[label] for label in result.by_label}
    result.predicted_losses = {}
    return result


GRIDS = [grid_of("hidden"), grid_of("activation", "lr"), grid_of("hidden", "lr", "batch_size", finished=0.6)]


@pytest.mark.parametrize("result", GRIDS)
def test_caption_table_and_data_average_nothing_but_seeds(result):
    data = accuracy_data(result)
    settings = [dict(zip(data["settings"], cell["at"], strict=True)) for cell in data["cells"]]
    assert len({str(one) for one in settings}) == len(settings) == len(result.by_label)
    for rows, columns in itertools.permutations(result.varying, 2):
        result.axes = rows, columns
        panels = result.panels(rows, columns)
        cells = [
            (row, title, column, accuracy)
            for title, some in panels.items()
            for row, one in some.items()
            for column, accuracy in one.items()
        ]
        table = accuracy_table(result)
        several = len(panels) > 1
        shown = [
            (row, rest[0] if several else "", column, text)
            for row, *rest in table.rows
            for column, text in zip(table.header[1 + several :], rest[several:], strict=True)
            if text != "-"
        ]
        assert sorted(shown) == sorted((*place, f"{accuracy:.4f}") for *place, accuracy in cells)
        means = [accuracy for *_, accuracy in cells]
        caption = accuracy_caption(result)
        assert f"from {min(means):.3f} (" in caption and f"to {max(means):.3f} (" in caption
        assert all(name in caption for name in result.varying)
        assert sorted(means) == sorted(cell["mean"] for cell in data["cells"])
        if not several:
            assert panels[""] == result.accuracies(rows, columns)
    del result.axes


def test_each_number_can_be_read_on_its_shade():
    for accuracy in np.linspace(0, 1, 101):
        fill, ink = shade(accuracy)
        assert contrast(fill, ink) >= 4.5, accuracy
    figure = draw(grid_of("hidden").accuracy_figure("initializer", "hidden layers"), "accuracy").image
    assert any(ink in figure.content for ink in INKS)  # not a variable of the page, which differs in the dark


def test_a_comparison_of_initializers_alone_has_no_axes_to_choose():
    found = made({"He": [0.9], "Xavier": [0.3]})
    assert accuracy_data(found) is None and json.dumps(accuracy_data(grid_of("hidden")))
