"""Predicted sizes against those of drawn networks, within four standard errors and what theory itself leaves out."""

import math

import numpy as np

import scratchnet as sn


def predicted_and_measured(net, x, t, seeds):
    """The prediction for net(0), and the measured spreads of this many other seeds."""
    return sn.predict_spread(net(0), x, t), [sn.measure_spread(net(seed), x, t) for seed in range(200, 200 + seeds)]


def squares_and_error(measured, name, quantity):
    """A layer's squares in these networks, and the standard error of their mean beside a predicted one."""
    squares = np.square([getattr(spread[name], quantity) for spread in measured])
    return squares, squares.std(ddof=1) * math.sqrt(1 / len(measured) + 1 / 60)  # a sampled layer has 60 networks or more


def assert_sizes_agree(layer, measured, own):
    """`own` has, by quantity, the share of it that theory may be off by."""
    for quantity, share in own.items():
        if getattr(layer, quantity) is not None:
            squares, error = squares_and_error(measured, layer.name, quantity)
            wrong = getattr(layer, quantity) ** 2 - squares.mean()
            assert abs(wrong) <= 4 * error + 2 * share * squares.mean(), f"{quantity} of {layer.name}"
