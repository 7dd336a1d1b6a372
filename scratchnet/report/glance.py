"""The picture on the first screen of the page: the loss of each label, small, in lines that keep their width on any screen.

Read next: `figures`.
"""

import math
from dataclasses import dataclass

from scratchnet.experiment import Result
from scratchnet.report.averages import last_losses, median_losses, spaced_steps
from scratchnet.support.colours import Look
from scratchnet.support.tables import short

POINTS = 81
WIDTH, HEIGHT = 100.0, 40.0
TOP = 3  # times the loss of a guess
DASH = 3.0  # the length of a curve that has one point


@dataclass(frozen=True)
class Line:
    """The curve of a label: points of a polyline, what its end says, and its look."""

    label: str
    points: str
    end: str
    look: Look


@dataclass(frozen=True)
class Glance:
    """The curves, the height of the loss of a guess, and the whole in words."""

    lines: list[Line]
    guess: float
    words: str
    width: float = WIDTH
    height: float = HEIGHT


def glance(result: Result) -> Glance:
    """The losses of at most seven labels on a log axis, from the least loss to three guesses."""
    few = result.for_figures
    steps = spaced_steps(few, POINTS)
    losses, ends = median_losses(few, steps), last_losses(few)
    guess = math.log(max(few.classes, 2))
    known = [loss for values in losses.values() for loss in values if loss]
    low, high = math.log(max(min([*known, guess]), 1e-8) / 1.1), math.log(TOP * guess)

    def height(loss: float) -> float:
        return HEIGHT * (high - math.log(max(loss, 1e-8))) / (high - low)

    lines = []
    for label in few.ranking:
        values = losses[label]
        inside = [(i, height(loss)) for i, loss in enumerate(values) if loss is not None and height(loss) >= 0]
        points = [(WIDTH * i / max(len(values) - 1, 1), y) for i, y in inside]
        if len(points) == 1:  # a line of one point cannot be seen
            points.append((points[0][0] + DASH, points[0][1]))
        last = ends[label]
        end = "diverged" if last is None else f"loss {short(last)}"
        lines.append(Line(label, " ".join(f"{x:.1f},{y:.1f}" for x, y in points), end, few.looks[label]))
    words = "; ".join(f"{line.label}: {line.end}" for line in lines)
    return Glance(lines, height(guess), f"Training loss against step, on a log axis. At the end, {words}.")
