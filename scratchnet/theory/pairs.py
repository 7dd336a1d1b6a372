"""A number for each pair of inputs: a table with a factor before it. The tables are the large arrays of a prediction.

Weights multiply all pairs by one number, so a layer of weights shares the table of the layer before it, and its sums.
Read next: `finite`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scratchnet.support.validation import Array


class Table:
    """A symmetric array (P, B, B), never written to again, with sums over all pairs that are computed once."""

    def __init__(self, array: Array) -> None:
        self.array = array

    @cached_property
    def row_means(self) -> Array:
        return self.array.mean(axis=2)

    @cached_property
    def mean(self) -> float:
        return float(self.row_means.mean())

    @cached_property
    def greatest(self) -> float:
        return float(self.array.max())

    @cached_property
    def sum_of_centred_squares(self) -> float:
        """Σ over all pairs, in units of the mean, of the squares after the means of row and column are subtracted."""
        scaled = (self.array / self.mean).ravel()  # first, since a square of small numbers would be 0
        rows, means = self.array.shape[1], self.row_means / self.mean
        return float(scaled @ scaled - 2 * rows * (means**2).sum() + rows**2 * (means.mean(axis=1) ** 2).sum())


@dataclass(frozen=True, eq=False)
class Pairs:
    """factor × table, for each two inputs at each place."""

    table: Table
    factor: float = 1.0

    @classmethod
    def of(cls, array: Array) -> "Pairs":
        return cls(Table(array))

    def __mul__(self, factor: float) -> "Pairs":
        return Pairs(self.table, self.factor * float(factor))

    @property
    def array(self) -> Array:
        return self.table.array if self.factor == 1 else self.factor * self.table.array

    def block(self, *index: Any) -> Array:
        """The array at this index alone."""
        return self.factor * self.table.array[index]

    @property
    def row_means(self) -> Array:
        return self.factor * self.table.row_means

    @property
    def mean(self) -> float:
        return self.factor * self.table.mean

    @property
    def greatest(self) -> float:
        return self.factor * self.table.greatest
