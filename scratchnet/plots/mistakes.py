"""Which classes a network takes for which, and the images that it gets wrong.

x, t = test
plots.confusion(t, net.predict(x))
plots.misclassified(x, t, net.predict(x))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from scratchnet.plots.backend import with_own_settings
from scratchnet.plots.base import new_figure
from scratchnet.support.validation import Array, InputError, as_array, whole

MOST_NUMBERED = 20  # classes; with more, a number in each cell would be too small to read
MOST_CLASSES = 1000


@with_own_settings
def confusion(
    t: Any, predicted: Any, names: Sequence[str] | None = None, title: str | None = None, figure: Figure | None = None
) -> Figure:
    """A row for each label in t, a column for each prediction: how many have this label and got this prediction.

    t (N,) and predicted (N,) are class numbers, as of net.predict(x), or any labels, as of a scikit-learn classifier.
    `names` are names for the class numbers from 0 on. A cell's shade is its share of its row, on a scale that lets few
    mistakes be seen beside many right ones. The diagonal is what is right.
    """
    t, predicted = _labels("t", t), _labels("predicted", predicted)
    _check_lengths(("t", t), ("predicted", predicted))
    classes, places = np.unique(np.concatenate([t, predicted]), return_inverse=True)
    if len(classes) > MOST_CLASSES:
        raise InputError(f"t and predicted hold {len(classes)} different labels, but at most {MOST_CLASSES} can be drawn")
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (places[: len(t)], places[len(t) :]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = min(max(0.55 * len(classes), 3.2), 11)
    figure = new_figure(side + 2, side + 1.3, figure)
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(shares, cmap="Blues", norm=PowerNorm(0.4, 0, 1), edgecolors="white", linewidth=1)
    if len(classes) <= MOST_NUMBERED:
        for (i, j), count in np.ndenumerate(counts):
            colour = "white" if shares[i, j] > 0.2 else "black" if count else "darkgrey"
            size = 12 if count < 1000 else 10
            axes.text(j + 0.5, i + 0.5, f"{count}", ha="center", va="center", color=colour, fontsize=size)
    ticks = [_name(one, names) for one in classes]
    step = max(1, math.ceil(len(classes) / 40))
    at = np.arange(len(classes))[::step] + 0.5
    long = max(map(len, ticks)) > 4
    axes.set_xticks(at, ticks[::step], rotation=45 if long else 0, ha="right" if long else "center", fontsize=11)
    axes.set_yticks(at, ticks[::step], fontsize=11)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_xlabel("prediction", fontsize=12)
    axes.set_ylabel("label", fontsize=12)
    right = int(np.trace(counts))
    axes.set_title(title or f"{right:,} of {len(t):,} are right ({right / len(t):.2%})", fontsize=13)
    bar = figure.colorbar(mesh, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1], format=PercentFormatter(1, decimals=0), shrink=0.8)
    bar.set_label("share of the label's row", fontsize=11)
    return figure


@with_own_settings
def misclassified(
    images: Any,
    t: Any,
    predicted: Any,
    scores: Any = None,
    names: Sequence[str] | None = None,
    rows: int = 4,
    columns: int = 6,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """The images whose prediction is not their label, rows × columns of them, each with both.

    `images` are (N, D) with D a square, as of load_mnist, or (N, H, W), (N, H, W, 1) or (N, H, W, 3); t and predicted are as
    in `confusion`. With `scores` (N, C) for class numbers the worst come first: those whose label has the lowest
    probability. Without, they come in order.
    """
    t, predicted, pictures = _labels("t", t), _labels("predicted", predicted), _pictures(images)
    _check_lengths(("images", pictures), ("t", t), ("predicted", predicted))
    rows, columns = whole("rows", rows, most=50), whole("columns", columns, most=50)
    wrong = np.flatnonzero(t != predicted)
    if scores is not None:
        wrong = wrong[np.argsort(_log_probabilities(scores, t)[wrong], kind="stable")]
    shown = wrong[: rows * columns]
    columns = min(columns, max(3, len(shown)))
    used = max(1, math.ceil(len(shown) / columns))
    figure = new_figure(1.4 * columns, 1.75 * used + 0.6, figure)
    which = "" if len(shown) == len(wrong) else f"{len(shown)} of " if scores is None else f"the worst {len(shown)} of "
    text = f"{which}{len(wrong):,} mistake{'s' * (len(wrong) > 1)} on {len(t):,} images"
    figure.suptitle(title or (text[0].upper() + text[1:] if len(wrong) else f"No mistake on {len(t):,} images"), fontsize=14)
    for place, axes in enumerate(figure.subplots(used, columns, squeeze=False).ravel()):
        axes.set_axis_off()
        if place < len(shown):
            i = shown[place]
            axes.imshow(pictures[i], cmap="gray_r")
            axes.set_title(f"{_name(t[i], names)}, read\nas {_name(predicted[i], names)}", fontsize=13)
    return figure


def _labels(name: str, given: Any) -> Array:
    array = as_array(name, given)
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}, but one label for each row is needed: scores.argmax(axis=1)?")
    return array


def _check_lengths(*given: tuple[str, Array]) -> None:
    if len({len(array) for _, array in given}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in given)
        raise InputError(f"the lengths differ ({lengths}): give one label and one prediction for each row")


def _name(label: Any, names: Sequence[str] | None) -> str:
    if names is None:
        return str(label)
    if not isinstance(label, int | np.integer) or not 0 <= label < len(names):
        raise InputError(f"names has {len(names)} names, but there is the label {label}: give one for each number from 0 on")
    return str(names[int(label)])


def _pictures(images: Any) -> Array:
    """The images as (N, H, W) or (N, H, W, 3)."""
    array = as_array("images", images)
    side = math.isqrt(array.shape[1]) if array.ndim == 2 else 0
    if array.ndim == 2 and side * side == array.shape[1]:
        return array.reshape(-1, side, side)
    if array.ndim == 4 and array.shape[3] == 1:
        return array[..., 0]
    if array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3):
        return array
    raise InputError(
        f"images has shape {array.shape}, but (N, H, W), (N, H, W, 1), (N, H, W, 3) or squares (N, D) are needed: write "
        "images.reshape(-1, H, W)"
    )


def _log_probabilities(scores: Any, t: Array) -> Array:
    """The logarithm of the probability that softmax(scores) gives to each label."""
    scores = as_array("scores", scores)
    if scores.ndim != 2 or len(scores) != len(t) or t.dtype.kind not in "iu" or t.min() < 0 or t.max() >= scores.shape[1]:
        raise InputError(
            f"scores has shape {scores.shape}, but one row for each of the {len(t)} labels is needed, with a score for "
            "each class number"
        )
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: Array = shifted[np.arange(len(t)), t] - np.log(np.exp(shifted).sum(axis=1))
    return result
