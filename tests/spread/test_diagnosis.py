"""What a Spread says in words: each thing that is wrong with a network is said of that network, and of no healthy one."""

import math

import numpy as np
import pytest
from small import digits, mnist

import scratchnet as sn
from scratchnet.spread import LayerSpread, Spread


def net(activation=sn.ReLU, init=sn.He(), depth=4, width=100, **settings):
    return sn.mlp(784, [width] * depth, 10, activation, init, seed=0, **settings)


def both(network, lr=0.01):
    x, t = digits()[0][:300]
    return sn.measure_spread(network, x, t, lr), sn.predict_spread(network, x, t, lr)


# A network, its learning rate, and what begins one of its findings; the last three have none.
WRONG = {
    "all inputs alike": (
        lambda: net(sn.Sigmoid, sn.LeCun()),
        0.01,
        "Sigmoid3 and further on: every input gives nearly the same",
    ),
    "shrinking": (lambda: net(init=0.01), 0.01, "the signal shrinks 14-fold per layer; ExactGain(ReLU) would keep its size"),
    "growing": (lambda: net(init=0.5), 0.01, "the signal grows 3.5-fold per layer"),
    "saturated": (lambda: net(sn.Tanh, 1.0), 0.01, "Tanh4: 8"),
    "huge scores": (lambda: net(init=1.0), 0.01, "the first loss is "),
    "slow": (lambda: net(init=0.01), 0.01, "Affine1 will move 10^-7"),
    "fast": (lambda: net(), 3.0, "Affine5 will move 10^-0."),
    "dead": (lambda: net(bias_init=sn.Constant(-1.0), depth=2), 0.01, "ReLU"),
    "no gradient": (lambda: net(init=0), 0.01, "Affine1 gets no gradient at all"),
}
RIGHT = {
    "He": lambda: net(),
    "tanh": lambda: net(sn.Tanh, sn.LeCun()),
    "SELU": lambda: net(sn.SELU, sn.LeCun()),
}


def begins(spread, words):
    return any(finding.startswith(words) for finding in spread.findings())


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_measured_and_predicted(case):
    make, lr, words = WRONG[case]
    for spread in both(make(), lr):
        assert begins(spread, words), spread.findings()
        assert all(finding in str(spread) for finding in spread.findings())


@pytest.mark.parametrize("case", RIGHT)
def test_of_a_healthy_network_nothing_is_said(case):
    for spread in both(RIGHT[case]()):
        assert spread.findings() == []


def test_dead_units_are_counted_in_words():
    spread = Spread([LayerSpread("ReLU1", dead=0.1), LayerSpread("ReLU2", dead=0.38), LayerSpread("ReLU3", dead=0.3)])
    assert spread.findings()[0].startswith("ReLU2: 38.0 % of its units are dead, 0 for every input; try LeakyReLU")


def test_the_sentence_of_the_two_spreads_has_their_ratio():
    layers = [LayerSpread("Sigmoid1", std=0.2, within_std=0.1), LayerSpread("Sigmoid2", std=0.12, within_std=0.0006)]
    (finding,) = Spread(layers).findings()
    assert finding.startswith("Sigmoid2: every input gives nearly the same output, within-unit std is 0.5 % of pooled")
    assert "Critical(Sigmoid)" in finding


@pytest.mark.parametrize(
    ("bound", "inside", "outside"),
    [
        ("within_std", 0.051, 0.049),
        ("dead", 0.24, 0.26),
        ("saturated", 0.24, 0.26),
    ],
)
def test_bounds_are_where_they_are_said_to_be(bound, inside, outside):
    fine, bad = (Spread([LayerSpread("Tanh1", std=1, **{bound: value})]) for value in (inside, outside))
    assert not fine.findings() and len(bad.findings()) == 1


@pytest.mark.parametrize(("ratio", "lines"), [(-5.1, 1), (-4.9, 0), (-1.4, 0), (-1.2, 1)])
def test_steps_are_judged_by_their_size(ratio, lines):
    assert len(Spread([LayerSpread("Affine1", w_rms=1, dw_rms=1, update_ratio=ratio)]).findings()) == lines


def test_a_spread_with_nothing_in_it_or_only_nan_says_nothing_wrong():
    assert Spread([]).findings() == []
    nan = LayerSpread("ReLU1", std=math.nan, rms=math.nan, within_std=math.nan, dead=math.nan, grad_rms=math.nan)
    assert Spread([nan] * 4, first_loss=math.nan, classes=10).findings() == []
    assert "give labels t" in Spread([]).outlook()
    with np.errstate(all="ignore"):
        diverged, _ = both(net(init=0.1)), None
    assert diverged[0].outlook()


OUTLOOKS = {
    "He": (lambda: net(), 0.1, "will train well"),
    "LeCun": (lambda: net(init=sn.LeCun()), 0.01, "will train slowly"),
    "std 0.01": (lambda: net(init=0.01), 0.1, "will hardly train"),
    "sigmoid": (lambda: net(sn.Sigmoid, sn.LeCun(), depth=10), 0.1, "will hardly train"),
    "zeros": (lambda: net(init=0), 0.1, "will not train"),
    "std 1": (lambda: net(init=1.0), 0.1, "starts badly"),
    "deep": (lambda: net(depth=10), 0.1, "will train well"),
}


@pytest.mark.parametrize("case", OUTLOOKS)
def test_what_theory_says_beforehand_comes_true(case):
    make, lr, words = OUTLOOKS[case]
    network, (x, t) = make(), digits()[0][:300]
    outlook = sn.predict_spread(network, x, t, lr).outlook()
    assert outlook.startswith(words), outlook
    train, test = mnist()
    history = sn.Trainer(network, sn.SGD(lr), batch_size=128, seed=0).fit(train, steps=300, progress=False)
    accuracy = network.accuracy(*test[:1000]) if history.diverged_at is None else 0
    if "well" in words:
        assert accuracy > 0.7
    elif "slowly" in words:
        assert 0.3 < accuracy < 0.9
    else:
        assert accuracy < 0.5
