"""Looking at a network changes nothing, and takes any array of floats, a part at a time."""

import numpy as np
import pytest
from network.nets import LOOKED_AT, LOOKS, T, X, assert_same, backward, batch, gradients, small, weights

import scratchnet as sn


class Spy(sn.Layer):
    """Passes everything on, and notes how many rows it sees and whether the network is training."""

    def __init__(self):
        self.rows, self.trainings = [], []

    def forward(self, x):
        self.rows.append(len(x))
        self.trainings.append(self.training)
        return x

    def backward(self, dout):
        return dout


every_look = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)


@every_look
@pytest.mark.parametrize("make", LOOKED_AT.values(), ids=LOOKED_AT)
def test_a_look_between_forward_and_backward_changes_no_gradient(look, make):
    net, undisturbed, (x, t) = make(), make(), batch()
    backward(undisturbed, x, t)
    criterion = sn.SoftmaxCrossEntropy()
    criterion.forward(net.forward(x), t)
    look(net, *batch(rows=7, seed=1))
    net.backward(criterion.backward())
    assert_same(gradients(net), gradients(undisturbed))
    look(net, *batch(rows=7, seed=1))
    assert_same(gradients(net), gradients(undisturbed))
    assert_same(weights(net), weights(make()))


@every_look
def test_a_look_takes_at_most_1000_rows_at_a_time(look):
    spy = Spy()
    net = sn.Network([sn.Affine(6, 5), spy, sn.Affine(5, 3)], seed=0)
    look(net, *batch(rows=2500))
    assert max(spy.rows) <= 1000
    assert sum(spy.rows) >= 2500
    assert set(spy.trainings) == {look is LOOKS["measure_spread"]}
    assert spy.training
    net.forward(batch()[0])
    assert spy.trainings[-1]


@every_look
def test_a_look_takes_at_most_100_images_at_a_time(look):
    spy, rng = Spy(), np.random.default_rng(0)
    net = sn.Network([sn.Convolution(1, 2, 2), spy, sn.Flatten(), sn.Affine(8, 3)], seed=0)
    look(net, rng.standard_normal((250, 3, 3, 1)).astype(np.float32), rng.integers(0, 3, 250))
    assert max(spy.rows) <= 100
    assert sum(spy.rows) == 250 + (3 if look is LOOKS["measure_spread"] else 0)  # three copies for the Jacobian
    assert set(spy.trainings) == {look is LOOKS["measure_spread"]}


def test_accuracy_counts_every_part():
    net, (x, t) = small(), batch(rows=2500)
    assert net.accuracy(x, t) == (net.forward(x).argmax(axis=1) == t).mean()
    assert net.predict(x).shape == (2500,)


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "x",
    [read_only(X), X.astype(">f4"), np.asfortranarray(X), np.repeat(X, 2, 0)[::2], X.astype(np.float64), X.tolist()],
    ids=["read-only", "big-endian", "column-major", "strided", "float64", "list"],
)
@pytest.mark.parametrize("t", [T, T.astype(">i2"), T.astype(np.uint8), T.tolist()], ids=["int", "big", "uint8", "list"])
def test_any_array_of_floats_works(x, t):
    net, reference = small(), small()
    assert backward(net, x, t) == pytest.approx(backward(reference, X, T), rel=1e-6)
    assert net.accuracy(x, t) == reference.accuracy(X, T)
    for (_, _, dw), (_, _, expected) in zip(net.parameters(), reference.parameters(), strict=True):
        assert dw.dtype == np.float32
        np.testing.assert_allclose(dw, expected, rtol=1e-5, atol=1e-7)
    assert sn.measure_spread(net, x, t).first_loss == pytest.approx(sn.measure_spread(net, X, T).first_loss, rel=1e-6)
