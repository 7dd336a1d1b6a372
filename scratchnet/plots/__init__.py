"""The figures. Each function draws one and returns Matplotlib's Figure; the caller saves or shows it.

A notebook shows the Figure that a cell returns. Give `figure` to draw into one of your own (from plt.figure, say, to show
it in a window). No function here opens a window.
Some functions take `predicted`, the result of predict_spread for the same networks, and draw it over what was measured.
Read `backend`, `glyphs`, `base`, `curves`, `histograms`, `spreads`, `maps`, `mistakes`.
"""

from scratchnet.plots.backend import own_settings  # first: it imports Matplotlib whatever MPLBACKEND says
from scratchnet.plots.base import (
    COLOURS,
    CROSS,
    DASHES,
    MARKERS,
    NotebookFigure,
    line_of,
    marks_of,
    new_figure,
    plain_texts,
    save,
    style,
    to_files,
)
from scratchnet.plots.curves import accuracy_panels, loss_curves, predicted_losses, training_curves
from scratchnet.plots.histograms import activation_histograms
from scratchnet.plots.maps import accuracy_map, trainability
from scratchnet.plots.mistakes import confusion, misclassified
from scratchnet.plots.spreads import singular_values, spread_by_depth, update_ratios
from scratchnet.support.colours import looks

__all__ = [
    "COLOURS",
    "CROSS",
    "DASHES",
    "MARKERS",
    "NotebookFigure",
    "accuracy_map",
    "accuracy_panels",
    "activation_histograms",
    "confusion",
    "line_of",
    "looks",
    "loss_curves",
    "marks_of",
    "misclassified",
    "new_figure",
    "own_settings",
    "plain_texts",
    "predicted_losses",
    "save",
    "singular_values",
    "spread_by_depth",
    "style",
    "to_files",
    "trainability",
    "training_curves",
    "update_ratios",
]
