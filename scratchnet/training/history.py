"""What a training saw. Read next: `scratchnet.checkpoint`."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from scratchnet.spread import Spread
from scratchnet.support.frames import frame
from scratchnet.support.tables import Table, short

LARGE = 20  # inputs or targets beyond this are named where a training diverges; scaled ones are below 10


class History:
    """What a training saw.

    loss                 the loss of each step's batch, before the step's update
    evaluated_at         after how many steps the numbers below were taken
    train_loss           on the first training rows, as many as the other sets have (at most 10,000)
    train_accuracy       on the same rows
    validation_loss      on all rows of `fit(validation=…)`
    validation_accuracy  on the same rows
    test_loss            on all rows of `fit(test=…)`
    test_accuracy        on the same rows
    spreads              {steps made: Spread on the probe batch}
    diverged_at          the step whose loss was not finite, where training stopped; None if there was none
    diverged_in          the first layer with a parameter or an output that was not finite then, or the loss's class

    The numbers are those of evaluation, without dropout. A list is empty if nothing was asked for: without a set there is
    no number of it, and where the targets are not class numbers, there is no accuracy. A list that is not empty has one
    number for each moment: NaN where none was taken, such as in a `fit` without `test`.
    """

    MEASURED: ClassVar = (
        *("train_loss", "validation_loss", "test_loss"),
        *("train_accuracy", "validation_accuracy", "test_accuracy"),
    )

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.evaluated_at: list[int] = []
        self.train_loss: list[float] = []
        self.train_accuracy: list[float] = []
        self.validation_loss: list[float] = []
        self.validation_accuracy: list[float] = []
        self.test_loss: list[float] = []
        self.test_accuracy: list[float] = []
        self.spreads: dict[int, Spread] = {}
        self.diverged_at: int | None = None
        self.diverged_in: str | None = None
        self.remedy = "a smaller lr or smaller weights may help"

    def add_moment(self, step: int, **values: float | None) -> None:
        """Note the numbers taken after so many steps; None, or no name, for one that was not taken."""
        for name in self.MEASURED:
            numbers, value = getattr(self, name), values.get(name)
            if value is not None and not numbers:
                numbers += [math.nan] * len(self.evaluated_at)
            if value is not None or numbers:
                numbers.append(math.nan if value is None else value)
        self.evaluated_at.append(step)

    @property
    def measured(self) -> dict[str, list[float]]:
        """The lists that are not empty, by name; each has one number for each moment in `evaluated_at`."""
        return {name: getattr(self, name) for name in self.MEASURED if getattr(self, name)}

    @property
    def divergence(self) -> str | None:
        """When and where the training diverged, in words; None if it did not."""
        if self.diverged_at is None:
            return None
        where = "" if self.diverged_in is None else f", where the numbers of {self.diverged_in} left the floats"
        return f"diverged at step {self.diverged_at}{where}"

    def table(self) -> Table:
        columns = self.measured
        rows = []
        last = [len(self.loss)] if self.loss else []
        for i, step in enumerate(self.evaluated_at or last):
            recent = self.loss[max(0, step - 100) : step]
            cells = [_cell(values[i], ".4g" if name.endswith("loss") else ".4f") for name, values in columns.items()]
            rows.append([str(step), short(float(np.mean(recent)), 4), *cells])
        notes = [f"{self.divergence}: {self.remedy}"] if self.divergence else []
        return Table(["steps", "loss (last 100)", *(name.replace("_", " ") for name in columns)], rows, notes)

    def to_frame(self) -> Any:
        """A pandas DataFrame with one row for each step: its loss, and what was measured after it, otherwise NaN.

        pandas is the extra `pandas`.
        """
        moments = {step: i for i, step in enumerate(self.evaluated_at)}
        rows = []
        for step, loss in enumerate(self.loss, 1):
            i = moments.get(step)
            measured = {name: math.nan if i is None else values[i] for name, values in self.measured.items()}
            rows.append({"step": step, "loss": loss, **measured})
        return frame(rows)

    def plot(self) -> Any:
        """The losses and the accuracies as Matplotlib's Figure."""
        from scratchnet.plots import training_curves

        measured = {name.replace("_", " "): values for name, values in self.measured.items()}
        return training_curves(self.loss, self.evaluated_at, measured)

    def __repr__(self) -> str:
        parts = [f"{len(self.loss):,} steps"]
        if self.loss:
            parts.append(f"loss {short(self.loss[0], 4)} at first, {short(self.loss[-1], 4)} at last")
        parts += [f"{name.replace('_', ' ')} {short(values[-1], 4)}" for name, values in self.measured.items()]
        return f"<History: {', '.join([*parts, *([self.divergence] if self.divergence else [])])}>"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _cell(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)
