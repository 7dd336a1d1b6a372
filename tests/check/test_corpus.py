"""What people really write: every wrong one is found, most are named, none by a wrong name; no right one is called wrong.

studies/checks.py makes the table of docs/checks.md from the same cases.
"""

import os

import pytest
from check.corpus import initializers, losses, optimizers, right_layers, wrong_layers
from check.corpus.cases import UNNAMED
from check.corpus.random_layers import random_layer

import scratchnet as sn

TABLES = [initializers, losses, optimizers]
RIGHT = [case for table in TABLES for case in table.RIGHT.cases] + right_layers.RIGHT.cases
WRONG = [case for table in TABLES for case in table.WRONG.cases] + wrong_layers.WRONG.cases
TRIES = int(os.environ.get("SCRATCHNET_TRIES", "0")) or 60


def ids(cases):
    return [f"{case.kind}-{case.group}-{case.what}" for case in cases]


@pytest.mark.parametrize("case", RIGHT, ids=ids(RIGHT))
def test_what_is_right_is_called_right(case):
    report = case.report()
    assert report.ok, str(report)


@pytest.mark.parametrize("case", WRONG, ids=ids(WRONG))
def test_what_is_wrong_is_called_wrong_and_by_no_wrong_name(case):
    report = case.report()
    assert report.diagnoses[:1] and report.diagnoses[0] in {*case.words, *UNNAMED}, str(report)
    assert all(len(finding.text) > 15 for finding in report.failures)


def test_at_least_nine_in_ten_get_their_name():
    for table in (*TABLES, wrong_layers):
        cases = table.WRONG.cases[::7]
        named = sum(case.report().diagnoses[0] in case.words for case in cases)
        assert named >= 0.9 * len(cases)


@pytest.mark.parametrize("seed", range(TRIES))
def test_a_random_right_layer_is_called_right(seed):
    layer, in_shape = random_layer(seed)
    report = sn.check_layer(layer, in_shape, seed=seed)
    assert report.ok, str(report)


def test_each_check_that_compares_nothing_says_why():
    report = sn.check_initializer(lambda shape, fans, rng: 0.02 * rng.standard_normal(shape))
    assert report.ok and "size is right: not checked, because the size that it should have is not known" in str(report)
    assert all(reason for reason in report.not_compared.values())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sn.check_layer([sn.ReLU()], (4, 7)), "derives from sn.Layer"),
        (lambda: sn.check_layer("ReLU", (4, 7)), "derives from sn.Layer"),
        (lambda: sn.check_layer(None, (4, 7)), "derives from sn.Layer"),
        (lambda: sn.check_layer(sn.ReLU, "4,7"), "the shape of a batch is needed"),
        (lambda: sn.check_layer(sn.ReLU, (4.0, 7)), "an axis of in_shape"),
        (lambda: sn.check_layer(sn.ReLU, (10**9, 10**9)), "a small batch will do"),
        (lambda: sn.check_layer(sn.ReLU, (4, 7), seed="0"), "seed"),
        (lambda: sn.check_layer(sn.ReLU, (4, 7), expected_failures=["fans"]), "a dictionary is needed"),
        (lambda: sn.check_layer(right_layers.Bilinear, (4, 7)), "takes 2 arrays: give a shape for each"),
        (lambda: sn.check_layer(right_layers.Bilinear, [(4, 7), (3, 7)]), "all arrays need as many rows"),
        (lambda: sn.check_activation(list(range(10**4))), "derives from sn.Layer"),
        (lambda: sn.check_gradient(sn.ReLU(), [[1j, 2j]]), "real numbers"),
        (lambda: sn.check_gradient(sn.ReLU, [[1.0]]), "derives from sn.Layer"),
        (lambda: sn.check_loss([1, 2]), "an object with forward"),
        (lambda: sn.check_loss("MSE"), "an object with forward"),
        (lambda: sn.check_loss(sn.Affine), "cannot be made without arguments"),
        (lambda: sn.check_loss(sn.MSE, seed=1.5), "seed"),
        (lambda: sn.check_optimizer("SGD"), "derives from sn.Optimizer"),
        (lambda: sn.check_optimizer(sn.SGD, seed=-1), "seed"),
        (lambda: sn.check_initializer(None), "the initializer is None"),
        (lambda: sn.check_initializer(1j), "the initializer is 1j"),
        (lambda: sn.check_initializer(sn.Constant), "cannot be made without arguments"),
        (lambda: sn.numerical_gradient("f", [[1.0]]), "a function of x"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_short_sentence(call, words):
    with pytest.raises(sn.InputError, match=words) as caught:
        call()
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_a_class_that_raises_or_exits_is_told_in_one_sentence():
    class Raises(sn.Layer):
        def __init__(self):
            raise KeyError("W")

    class Exits(sn.Layer):
        def __init__(self):
            raise SystemExit(3)

    class BadRepr(sn.Tanh):
        def __repr__(self):
            raise ValueError("no")

    class ExitsLater(sn.Tanh):
        def forward(self, x):
            raise SystemExit(3)

    for kind, word in ((Raises, "KeyError"), (Exits, "SystemExit"), (BadRepr, "__repr__ raises ValueError")):
        with pytest.raises(sn.InputError, match=word):
            sn.check_layer(kind, (4, 7))
    assert sn.check_layer(ExitsLater, (4, 7)).diagnoses == ("raises",)
