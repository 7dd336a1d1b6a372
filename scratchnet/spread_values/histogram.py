"""A histogram that shares its scale with others, so that they can be drawn side by side.

Read next: `scratchnet.spread.sums`.
"""

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet.support.validation import Array

EXPLODED = 2  # times as large as a usual first layer
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

    def shares(self, edges: Array, zero: float | None = None) -> Array:
        """The share of the values in each bin between the edges. They add up to less than 1 if some values are beyond.

        A bin that is wider than these is taken as even, except for the share `zero` of values that are exactly 0.
        """
        counts = np.array(self.counts, np.float64)
        total = max(counts.sum(), 1.0)
        zeros = 0.0
        if zero and 0 <= -self.first < len(counts):
            zeros = min(zero * total, counts[-self.first])
            counts[-self.first] -= zeros
        own = np.ldexp(self.first + np.arange(len(counts) + 1.0), self.exponent)
        found: Array = np.diff(np.interp(edges, own, np.concatenate([[0.0], np.cumsum(counts)]))) / total
        place = int(np.searchsorted(edges, 0, side="right")) - 1
        if zeros and 0 <= place < len(found):
            found[place] += zeros / total
        return found


def common_edges(rows: Sequence[Sequence[Histogram]], bins: int) -> Array:
    """The edges of at most `bins` bins for the histograms of several networks, each a row from the first layer to the last.

    On one axis it is seen that a signal vanishes or explodes. It holds all values, but ends at EXPLODED times the size that
    the rows' first layers have, as the median: a row that explodes must not make a spike of each other one.
    """
    filled = [[one for one in row if any(one.counts)] for row in rows]
    known = [one for row in filled for one in row]
    if not known:
        return np.linspace(-1, 1, 9)
    bound = EXPLODED * statistics.median(max(map(abs, row[0].limits)) for row in filled if row)
    low = max(min(one.limits[0] for one in known), -bound)
    high = min(max(one.limits[1] for one in known), bound)
    narrowest = math.ceil(math.log2(max(high - low, sys.float_info.min) / bins))
    exponent = max(
        [narrowest, sys.float_info.min_exp, *(one.exponent for one in known if max(map(abs, one.limits)) <= bound)]
    )
    while math.ceil(math.ldexp(high, -exponent)) - math.floor(math.ldexp(low, -exponent)) > bins:
        exponent += 1
    first, last = math.floor(math.ldexp(low, -exponent)), math.ceil(math.ldexp(high, -exponent))
    if last - first < 4:  # all values are alike: leave room beside the single bar
        first, last = first - 4, last + 4
    edges: Array = np.ldexp(np.arange(first, last + 1.0), exponent)
    return edges
