"""The loss curve that theory expects of a network, as a result: numbers, words and a figure. Read next: `training`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.support.tables import Table, short
from scratchnet.support.validation import number


@dataclass(frozen=True)
class LossPrediction:
    """The loss that theory expects of a network during training. Prints as a table.

    steps           numbers of steps, from 0 to `until`
    loss            the mean over networks of the loss after these steps
    std             its standard deviation over networks; a measured curve also has the noise of its batches
    until           the last step that this theory answers for; None where it has no answer at all
    reason          why it stops there
    first_slope     −lr |∇L|²: what the first step adds to the loss
    leaves_plateau  the step at which the loss falls below .95 ln C. After `until` it is the kernel's own estimate, which is
                    late, since learning features speeds it up. None: not within these steps, or not known
    plateau         the same in words
    same_gains      whether training adds the same to the ‖W‖² of every layer, as long as biases are 0 (Du et al. 2018)
    """

    steps: tuple[int, ...] = ()
    loss: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    until: int | None = None
    reason: str = ""
    first_slope: float | None = None
    leaves_plateau: int | None = None
    plateau: str = ""
    classes: int | None = None
    same_gains: bool = False

    def at(self, step: float) -> float | None:
        """The loss after this number of steps, between those computed; None beyond `until`."""
        step = number("step", step, least=0)
        if self.until is None or step > self.until:
            return None
        return float(np.interp(step, self.steps, self.loss))

    def sentence(self) -> str:
        """The loss after a round number of steps, and from where on theory says no more."""
        if self.until is None:
            return self.reason
        step = max((round_number for round_number in round_numbers() if round_number <= self.until), default=0)
        return f"{short(self.at(step))} after {step:,} steps; {self.reason}"

    def gains(self) -> str:
        """What theory says of the weights' sizes, if anything."""
        return "training adds the same to the ‖W‖² of every layer" if self.same_gains else ""

    def table(self) -> Table:
        chosen = [] if self.until is None else [0, *(n for n in round_numbers() if n < self.until), self.until]
        std = {step: float(np.interp(step, self.steps, self.std)) for step in chosen}
        rows = [[f"{step:,}", short(self.at(step), 4), short(std[step], 2)] for step in dict.fromkeys(chosen)]
        slope = [] if self.first_slope is None else [f"the first step changes the loss by {short(self.first_slope)}"]
        return Table(
            ["step", "loss", "std"], rows, [part for part in [*slope, self.plateau, self.gains(), self.reason] if part]
        )

    def plot(self, figure: Any = None) -> Any:
        """The curve with the standard deviation over networks, on a logarithmic step axis, up to where theory ends."""
        from scratchnet import plots

        return plots.predicted_losses({"predicted": self}, self.classes or 10, figure=figure)

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, …"""
    return (digit * 10**power for power in range(18) for digit in (1, 2, 5))
