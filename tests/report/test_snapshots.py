"""The bins of the histograms that the page moves through."""

from scratchnet.report.snapshots import BINS, shared_bins
from scratchnet.spread import Histogram


def test_shared_bins_hold_all_histograms():
    wide, narrow = Histogram(-3, -8, (5, 0, 2, 9)), Histogram(-5, 0, (1,) * 40)
    exponent, first = shared_bins([wide, narrow])
    assert first * 2.0**exponent <= -1 and (first + BINS) * 2.0**exponent >= 40 / 32
    assert sum(wide.on_scale(exponent, first, BINS)) == 16 and sum(narrow.on_scale(exponent, first, BINS)) == 40
