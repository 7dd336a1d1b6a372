"""What a training saw. Read next: `scratchnet.checkpoint`."""

import math

import numpy as np

from scratchnet.spread import Spread
from scratchnet.support.tables import Table

LARGE = 20  # inputs or targets beyond this are named where a training diverges; scaled ones are below 10


class History:
    """What a training saw.

    loss            the loss of each step's batch, before the step's update
    evaluated_at    after how many steps the accuracies were taken
    train_accuracy  at these moments, on the first training images, the same number as test images (at most 10,000); empty
                    if the targets are no class numbers
    test_accuracy   at these moments, on all test images; empty if no test set was given
    test_loss       at these moments, the loss on all test rows, where the targets are no class numbers
    spreads         {steps made: Spread on the probe batch}
    diverged_at     the step whose loss was not finite, where training stopped; None if there was none
    diverged_in     the first layer with a parameter or an output that was not finite then, or the loss's class

    A list that is not empty has one number for each moment: NaN where none was taken, such as in a `fit` without `test`.
    """

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.evaluated_at: list[int] = []
        self.train_accuracy: list[float] = []
        self.test_accuracy: list[float] = []
        self.test_loss: list[float] = []
        self.spreads: dict[int, Spread] = {}
        self.diverged_at: int | None = None
        self.diverged_in: str | None = None
        self.remedy = "a smaller lr or smaller weights may help"

    def add_moment(self, step: int, **values: float | None) -> None:
        """Note the numbers taken after so many steps; None for one that was not taken."""
        for name, value in values.items():
            numbers = getattr(self, name)
            if value is not None and not numbers:
                numbers += [math.nan] * len(self.evaluated_at)
            if value is not None or numbers:
                numbers.append(math.nan if value is None else value)
        self.evaluated_at.append(step)

    @property
    def divergence(self) -> str | None:
        """When and where the training diverged, in words; None if it did not."""
        if self.diverged_at is None:
            return None
        where = "" if self.diverged_in is None else f", where the numbers of {self.diverged_in} left the floats"
        return f"diverged at step {self.diverged_at}{where}"

    def table(self) -> Table:
        columns = {"train accuracy": self.train_accuracy, "test accuracy": self.test_accuracy}
        if not self.train_accuracy and self.evaluated_at:
            columns = {"test loss": self.test_loss}
        elif self.test_loss:
            columns["test loss"] = self.test_loss
        rows = []
        for i, step in enumerate(self.evaluated_at):
            recent = self.loss[max(0, step - 100) : step]
            cells = [_cell(values, i, ".4g" if name == "test loss" else ".4f") for name, values in columns.items()]
            rows.append([str(step), f"{np.mean(recent):.4g}", *cells])
        notes = [f"{self.divergence}: {self.remedy}"] if self.divergence else []
        return Table(["steps", "loss (last 100)", *columns], rows, notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _cell(values: list[float], i: int, form: str) -> str:
    return format(values[i], form) if i < len(values) and not math.isnan(values[i]) else "-"
