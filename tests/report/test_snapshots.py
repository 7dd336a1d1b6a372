"""The one axis of the histograms that the page moves through, and what a panel says of its layer."""

import numpy as np
import pytest

from scratchnet.report.snapshots import BINS, layer_snapshot
from scratchnet.spread import Histogram, LayerSpread
from scratchnet.spread_values.histogram import EXPLODED, common_edges


def test_one_axis_holds_all_histograms():
    wide, narrow = Histogram(-3, -8, (5, 0, 2, 9)), Histogram(-5, 0, (1,) * 40)
    edges = common_edges([[wide, narrow]], BINS)
    assert edges[0] <= -1 and edges[-1] >= 40 / 32 and len(edges) <= BINS + 1
    assert wide.shares(edges).sum() == pytest.approx(1) and narrow.shares(edges).sum() == pytest.approx(1)


def of_size(size):
    return Histogram.from_values(np.linspace(-size, size, 1001))


def test_on_one_axis_a_signal_that_vanishes_is_a_spike_and_one_that_explodes_goes_beyond():
    healthy, vanishing, exploding = ([of_size(4 * f**k) for k in range(4)] for f in (1.0, 0.01, 50.0))
    edges = common_edges([healthy, vanishing, exploding], BINS)
    assert edges[0] == -edges[-1] and 4 < edges[-1] <= 1.1 * EXPLODED * 4
    assert [np.count_nonzero(one.shares(edges)) <= 2 for one in vanishing] == [False, True, True, True]
    assert min(np.count_nonzero(one.shares(edges)) for one in healthy) > 5
    assert [round(one.shares(edges).sum(), 2) < 0.2 for one in exploding] == [False, True, True, True]


def test_zeros_stay_at_zero_in_bins_that_are_finer_than_the_histogram():
    values = np.concatenate([np.zeros(600), np.linspace(1, 1000, 400)])
    shares = Histogram.from_values(values).shares(np.arange(-4.0, 5.0), zero=0.6)
    assert shares[4] == pytest.approx(0.6, abs=2e-3) and shares[:4].sum() == 0 and shares[5:].sum() < 0.02


def test_no_histogram_at_all_has_an_axis_too():
    for rows in ([], [[]], [[Histogram(0, 0, (0,))]]):
        assert len(common_edges(rows, BINS)) > 2


def test_a_panel_says_what_it_cannot_show():
    edges = np.linspace(-1, 1, 9)
    assert layer_snapshot(LayerSpread("a"), edges, 7)["words"] == "diverged at step 7, no finite number"
    assert layer_snapshot(LayerSpread("a", histogram=of_size(2.0)), edges, None)["words"] == "beyond the axis 50.0 %"
