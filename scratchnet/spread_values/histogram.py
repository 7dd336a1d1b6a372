"""A histogram that shares its scale with others, so that they can be drawn side by side.

Read next: `scratchnet.spread.sums`.
"""

import math
import sys
from dataclasses import dataclass

import numpy as np

from scratchnet.support.validation import Array

MOST_BINS = 512  # `of` makes 257 at most


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of one width, a power of two, whose edges are multiples of it.

    So a wide bin consists of whole narrow bins, and any two histograms can be drawn on one scale.
    """

    exponent: int
    first: int
    counts: tuple[int, ...]

    @classmethod
    def from_values(cls, values: Array) -> "Histogram":
        """At most 256 bins over the finite values."""
        values = values[np.isfinite(values)].astype(np.float64)
        if not values.size:
            return cls(0, 0, (0,))
        low, high = float(values.min()), float(values.max())
        span = min((high - low) or abs(high) or 1.0, sys.float_info.max)
        finest = max(abs(low), abs(high)) * 2.0**-51  # narrower bins would have numbers that no float holds
        exponent = math.ceil(math.log2(max(span / 255, finest, sys.float_info.min)))
        bins = np.floor(values / 2.0**exponent).astype(np.int64)
        if high > low:  # a greatest value on an edge belongs to the bin below it, as in np.histogram
            bins = np.minimum(bins, math.ceil(high / 2.0**exponent) - 1)
        first = int(bins.min())
        return cls(exponent, first, tuple(np.bincount((bins - first).ravel()).tolist()))

    def __repr__(self) -> str:
        low, high = self.limits if self.in_range() else (math.nan, math.nan)
        return f"<Histogram: {sum(self.counts):,} values in {len(self.counts)} bins from {low:g} to {high:g}>"

    def in_range(self) -> bool:
        """Are the counts those of some bins, whose edges are floats?"""
        bins = 0 < len(self.counts) <= MOST_BINS and min(self.counts) >= 0 and sum(self.counts) < 2**53
        return bins and abs(self.first) < 2**53 and abs(self.exponent) < sys.float_info.max_exp

    @property
    def limits(self) -> tuple[float, float]:
        width = 2.0**self.exponent
        return self.first * width, (self.first + len(self.counts)) * width

    def on_scale(self, exponent: int, first: int, bins: int) -> Array:
        """The counts in `bins` wider bins of width 2**exponent, the first of which begins at first · 2**exponent."""
        narrow = self.first + np.arange(len(self.counts))
        wide = np.floor(narrow * 2.0 ** max(self.exponent - exponent, -1000)).astype(np.int64) - first
        inside = (wide >= 0) & (wide < bins)
        return np.bincount(wide[inside], np.array(self.counts)[inside], minlength=bins)
