"""The losses against PyTorch (golden/losses.npz) and against finite differences."""

import math
from pathlib import Path

import numpy as np
import pytest

import scratchnet as sn

GOLDEN = np.load(Path(__file__).parent / "golden" / "losses.npz")


@pytest.mark.parametrize("case", ["moderate", "extreme"])
def test_softmax_cross_entropy_agrees_with_pytorch(case):
    criterion = sn.SoftmaxCrossEntropy()
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss = criterion.forward(GOLDEN[f"{case}.scores"], GOLDEN[f"{case}.t"])
        dscores = criterion.backward()
    assert loss == pytest.approx(GOLDEN[f"{case}.loss"], rel=1e-12)
    np.testing.assert_allclose(dscores, GOLDEN[f"{case}.dscores"], rtol=1e-10, atol=1e-15)


def test_mse_agrees_with_pytorch():
    criterion = sn.MSE()
    assert criterion.forward(GOLDEN["MSE.y"], GOLDEN["MSE.t"]) == pytest.approx(GOLDEN["MSE.loss"], rel=1e-12)
    np.testing.assert_allclose(criterion.backward(), GOLDEN["MSE.dy"], rtol=1e-12)


rng = np.random.default_rng(0)
LOSSES = {
    "SoftmaxCrossEntropy": (sn.SoftmaxCrossEntropy, rng.standard_normal((4, 5)), rng.integers(0, 5, 4)),
    "MSE": (sn.MSE, rng.standard_normal((4, 5)), rng.standard_normal((4, 5))),
}


@pytest.mark.parametrize("criterion, y, t", LOSSES.values(), ids=LOSSES)
def test_a_loss_agrees_with_finite_differences(criterion, y, t):
    numeric = sn.numerical_gradient(lambda y: criterion().forward(y, t), y)
    criterion = criterion()
    criterion.forward(y, t)
    np.testing.assert_allclose(criterion.backward(), numeric, atol=1e-9)


@pytest.mark.parametrize("criterion, y, t", LOSSES.values(), ids=LOSSES)
def test_a_loss_writes_to_nothing_and_keeps_the_dtype(criterion, y, t):
    y, t = y.astype(np.float32), t.copy()
    y.flags.writeable = t.flags.writeable = False
    criterion = criterion()
    loss = criterion.forward(y, t)
    first = criterion.backward()
    assert type(loss) is float
    assert first.dtype == np.float32
    first_copy = first.copy()
    first[...] = 7  # what was handed out is the caller's, and no part of the loss's memory
    np.testing.assert_array_equal(criterion.backward(), first_copy)


def test_a_network_that_knows_nothing_pays_ln_10():
    assert sn.SoftmaxCrossEntropy().forward(np.zeros((3, 10)), np.array([0, 5, 9])) == pytest.approx(math.log(10))


def test_a_huge_loss_is_shown_as_it_is():
    """The book adds 1e-7 inside the logarithm, which caps its loss at 16.1."""
    assert sn.SoftmaxCrossEntropy().forward(np.array([[30_000.0, 0]]), np.array([1])) == 30_000


def test_the_gradient_of_the_mean_does_not_grow_with_the_batch():
    scores, t = np.random.default_rng(0).standard_normal((4, 3)), np.array([0, 1, 2, 1])
    criterion = sn.SoftmaxCrossEntropy()
    criterion.forward(scores, t)
    once = criterion.backward()
    criterion.forward(np.tile(scores, (2, 1)), np.tile(t, 2))
    np.testing.assert_allclose(criterion.backward(), np.tile(once / 2, (2, 1)))


def test_mse_refuses_targets_of_another_shape():
    with pytest.raises(sn.InputError, match=r"targets have shape \(4,\), but the outputs \(4, 1\)"):
        sn.MSE().forward(np.zeros((4, 1)), np.zeros(4))  # NumPy would broadcast them to (4, 4)


def test_mse_says_what_to_write_for_targets_without_a_second_axis():
    with pytest.raises(sn.InputError, match=r"write t\[:, None\]"):
        sn.MSE().forward(np.zeros((4, 1)), np.zeros(4))
    assert sn.MSE().forward(np.zeros((4, 1)), np.ones(4)[:, None]) == 1
