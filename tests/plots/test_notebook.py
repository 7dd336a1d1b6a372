"""A figure shows itself where a cell of a notebook returns it."""

import inspect
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from plots.drawn import spreads

import scratchnet as sn
from scratchnet import plots

FIGURES = {
    "loss_curves": lambda: plots.loss_curves({"He": [[2.0, 1.0, 0.5]]}),
    "predicted_losses": lambda: plots.predicted_losses({"He": sn.LossPrediction((0, 1), (2.0, 1.0), (0.1, 0.1), 1)}),
    "accuracy_panels": lambda: plots.accuracy_panels({"He": {"test": [0.5, 0.9]}}),
    "activation_histograms": lambda: plots.activation_histograms(spreads()),
    "spread_by_depth": lambda: plots.spread_by_depth({"He": [spreads()["Xavier"]]}),
    "update_ratios": lambda: plots.update_ratios({"He": [spreads()["Xavier"]]}),
    "singular_values": lambda: plots.singular_values(spreads()),
    "accuracy_map": lambda: plots.accuracy_map({"He": {"1": 0.5}}),
    "trainability": lambda: plots.trainability(sn.ReLU, {"He": (1.414, 2)}),
    "confusion": lambda: plots.confusion([0, 1, 1], [0, 1, 0]),
    "misclassified": lambda: plots.misclassified(np.eye(4).reshape(4, 2, 2), [0, 1, 2, 3], [0, 1, 3, 2]),
    "training_curves": lambda: plots.training_curves([2.0, 1.0, 0.5], [2, 3], {"test accuracy": [0.1, 0.2]}),
}


def test_each_function_that_draws_is_in_the_table():
    drawing = {
        name for name in plots.__all__ if "figure" in getattr(inspect.unwrap(getattr(plots, name)), "__annotations__", {})
    }
    assert drawing - {"new_figure", "save", "plain_texts", "to_files"} == set(FIGURES)


@pytest.mark.parametrize("draw", FIGURES.values(), ids=list(FIGURES))
def test_a_figure_is_the_picture_that_it_saves(draw, monkeypatch):
    """Drawn in small, as only the way to the picture matters here."""
    figure = draw()
    assert isinstance(figure, Figure)
    figure.set_layout_engine("none")
    figure.set_dpi(10)
    shown = imread(io.BytesIO(figure._repr_png_()))
    saved = io.BytesIO()
    figure.savefig(saved, format="png")
    np.testing.assert_array_equal(shown, imread(io.BytesIO(saved.getvalue())))
    assert shown.std() > 0


def test_a_figure_of_the_readers_own_is_returned_as_it_is():
    own = Figure()
    assert plots.loss_curves({"He": [[2.0, 1.0, 0.5]]}, figure=own) is own
