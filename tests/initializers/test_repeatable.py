"""An initializer that does not draw with its rng."""

import math
import random

import numpy as np
import pytest
from trainings import network, rows, weights

import scratchnet as sn


class OwnNormal:
    def __call__(self, shape, fans, rng):
        return np.random.default_rng().standard_normal(shape)


UNREPEATABLE = {
    "np.random": lambda shape, fans, rng: 0.01 * np.random.randn(*shape),  # noqa: NPY002
    "a generator of its own": OwnNormal(),
    "a draw": sn.He(draw=lambda shape, rng: np.random.normal(size=shape)),  # noqa: NPY002
    "random": lambda shape, fans, rng: np.full(shape, random.random()),
}
REPEATABLE = {
    "rng": lambda shape, fans, rng: 0.01 * rng.standard_normal(shape),
    "a draw": sn.He(draw=lambda shape, rng: rng.laplace(size=shape) / math.sqrt(2)),
    "an array": lambda shape, fans, rng: np.ones((12, 16) if 12 in shape else shape),
    "for one shape": lambda shape, fans, rng: {(12, 16): np.eye(12, 16), (16, 5): np.eye(16, 5)}[shape],
    "NaN on a small shape": lambda shape, fans, rng: np.full(shape, math.nan if max(shape) < 5 else 1.0),
}


@pytest.mark.parametrize("init", UNREPEATABLE.values(), ids=list(UNREPEATABLE))
def test_an_initializer_that_ignores_rng_is_refused_with_the_line_to_write(init):
    calls = [
        lambda: sn.mlp(12, [16], 5, init=init, seed=0),
        lambda: network().initialize(init),
        lambda: sn.compare({"own": init}, data=(rows(40), rows(20)), hidden=[4], steps=1, batch_size=10, progress=False),
    ]
    for call in calls:
        with pytest.raises(sn.InputError, match=r"Affine1\.W: .*no run could be repeated: draw with rng") as error:
            call()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("init", REPEATABLE.values(), ids=list(REPEATABLE))
def test_an_initializer_that_repeats_is_taken(init):
    one, other = (sn.mlp(12, [16], 5, init=init, seed=0) for _ in range(2))
    assert weights(one) == weights(other)


def test_what_is_drawn_is_not_changed_by_the_check():
    given = iter([np.ones((12, 16)), np.ones((16, 5))] * 2)  # a layer draws when it is made, and a network once more
    net = sn.mlp(12, [16], 5, init=lambda shape, fans, rng: next(given), seed=0)
    assert all((w == (w.ndim > 1)).all() for _, w, _ in net.parameters())


def test_a_large_weight_is_not_drawn_once_more():
    shapes = []

    def init(shape, fans, rng):
        shapes.append(shape)
        return np.zeros(shape)

    sn.Network([sn.Affine(500, 400, init)], seed=0)
    assert shapes.count((500, 400)) == 2 and all(math.prod(shape) <= 16 for shape in shapes if shape != (500, 400))
