"""Paired differences and their intervals, against SciPy."""

import math

import numpy as np
import pytest
from scipy import stats

from scratchnet.experiment.statistics import paired, student


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 9, 29, 200])
def test_students_point_is_scipys(degrees):
    assert student(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-6)


@pytest.mark.parametrize("pairs", [2, 5, 20])
def test_the_interval_is_that_of_the_paired_t_test(pairs):
    rng = np.random.default_rng(pairs)
    common = rng.standard_normal(pairs)
    a, b = common + 0.1 * rng.standard_normal(pairs) + 0.2, common + 0.1 * rng.standard_normal(pairs)
    found, test = paired(a, b), stats.ttest_rel(a, b)
    low, high = test.confidence_interval(0.95)
    assert (found.mean - found.half_width, found.mean + found.half_width) == pytest.approx((low, high), rel=1e-6)
    assert found.pairs == pairs and found.significant == (test.pvalue < 0.05)


def test_the_interval_holds_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    hits = sum(not paired(*rng.standard_normal((2, 4))).significant for _ in range(1000))
    assert abs(hits / 1000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1000)


def test_one_pair_says_nothing_of_its_spread():
    found = paired([0.9], [0.8])
    assert found.mean == pytest.approx(0.1) and math.isnan(found.half_width) and not found.significant
    none = paired([], [])
    assert none.pairs == 0 and not none.significant


def test_pairing_takes_out_what_both_have_in_common():
    a, b = np.array([0.1, 0.5, 0.9]), np.array([0.09, 0.49, 0.89])
    assert paired(a, b).significant and not paired(a, b[[1, 2, 0]]).significant
