"""Numbers near the limits of the floats: where they leave them, and what is measured and predicted shortly before."""

import math

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.meanfield.one_input import Elementwise, normal_nodes
from scratchnet.meanfield.two_inputs import TwoInputs
from scratchnet.spread import Histogram, first_not_finite, root_mean_square

X = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
T = np.arange(6) % 3


def powers(depth, size=1e10):
    """Layers that each multiply by `size`: in float32 the fourth of 1e10 overflows."""
    return sn.Network([sn.Affine(1, 1, sn.Constant(size)) for _ in range(depth)], seed=0)


@pytest.mark.parametrize(("size", "expected"), [(1e10, "Affine4"), (1e20, "Affine2"), (1e30, "Affine2"), (1e7, None)])
def test_the_first_layer_whose_output_overflows_is_found(size, expected):
    net, x = powers(5, size), np.ones((2, 1), np.float32)
    assert first_not_finite(net, x) == expected
    assert net.layers[0].forward.__func__ is sn.Affine.forward and not hasattr(net.layers[0], "x")


@pytest.mark.parametrize("place", ["Affine1", "Residual1.Affine1", "Affine2"])
def test_so_is_a_layer_with_a_parameter_that_is_not_finite(place):
    net = sn.Network([sn.Affine(3, 3), sn.Residual([sn.Affine(3, 3), sn.ReLU()]), sn.Affine(3, 3)], seed=0)
    dict(net.walk())[place].b[-1] = np.nan
    assert first_not_finite(net, X) == place


def test_a_training_says_in_which_layer_it_diverged():
    history = sn.Trainer(powers(5), sn.SGD(0.1), batch_size=2).fit((np.ones((2, 1), np.float32), [0, 0]), steps=3)
    assert (history.diverged_at, history.diverged_in) == (0, "Affine4")
    assert "diverged at step 0, where the numbers of Affine4 left the floats" in str(history)


def test_a_loss_can_leave_the_floats_alone():
    t = np.zeros((2, 1), np.float32)
    trainer = sn.Trainer(powers(3), sn.SGD(0.1), sn.MSE(), batch_size=2)
    assert math.isinf(trainer.step(np.ones((2, 1), np.float32), t))
    assert trainer.history.diverged_in == "MSE"


@pytest.mark.parametrize("unit", [2.0**-600, 2.0**600])
def test_numbers_whose_squares_leave_the_floats_are_measured_as_others_are(unit):
    """ReLU is homogeneous: the first layer `unit` times as large makes all outputs so, and the gradients behind it not."""
    layers, units = [], (1.0, unit)
    for size in units:
        net = sn.Network([sn.Affine(3, 5), sn.ReLU(), sn.Affine(5, 3)], seed=0, dtype=np.float64)
        net.layers[0].W *= size
        layers.append(sn.measure_spread(net, X.astype(float)).layers[:2])
    for usual, other in zip(*layers, strict=True):
        for name in ("mean", "std", "rms", "within_std", "between_std"):
            assert getattr(other, name) == pytest.approx(getattr(usual, name) * unit, rel=1e-12), name
        for name in ("correlation", "rank", "zero", "dead"):
            assert getattr(other, name) == pytest.approx(getattr(usual, name), rel=1e-12), name
    assert layers[1][0].w_rms == pytest.approx(layers[0][0].w_rms * unit, rel=1e-12)


@pytest.mark.parametrize("value", [1.0, 1e-300, -1e300, 0.1])
def test_numbers_that_differ_in_their_last_digit_have_a_histogram_of_floats(value):
    histogram = Histogram.from_values(np.array([value, np.nextafter(value, 0), value]))
    assert histogram.in_range() and sum(histogram.counts) == 3
    low, high = histogram.limits
    assert low <= value <= high


@pytest.mark.parametrize("size", [0.0, 1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_the_root_of_a_mean_square_stays_in_the_floats(size):
    assert root_mean_square(np.array([3.0, 4.0, 0.0, 0.0]) * size) == pytest.approx(2.5 * size, rel=1e-12)


@pytest.mark.parametrize("kind", [sn.ReLU, sn.Tanh, sn.GELU, sn.Sigmoid])
@pytest.mark.parametrize("r", [1.0, 3.0])
def test_a_row_of_zeros_beside_rows_of_one_size(kind, r):
    """½ E(φ(r z) − φ(0))², which the rows' own sizes do not tell: they may lie within 2 % of each other."""
    phi = Elementwise(kind)
    maps = TwoInputs(phi, (0.98 * r, 1.02 * r))
    distances, _ = maps.distances_and_slopes(np.array([[0.0, r * r]]), np.array([[[0, r * r / 2], [r * r / 2, 0]]]))
    z, w = normal_nodes()
    expected = (phi.values(r * z) - phi.values(np.zeros(1))) ** 2 @ w / 2
    np.testing.assert_allclose(distances[0], [[0, expected], [expected, 0]], rtol=1e-5, atol=1e-12)


def test_a_prediction_says_where_float32_ends():
    def notes(std, depth, dtype=np.float32):
        net = sn.mlp(3, [5] * depth, 3, activation=sn.Identity, init=std, seed=0, dtype=dtype)
        return " ".join(sn.predict_spread(net, X, T).notes)

    assert "from Affine2 on the numbers are too large for float32" in notes(1e25, 2)
    assert "the numbers are too small for float32: a measurement finds 0" in notes(1e-25, 2)
    assert "float" not in notes(1.0, 2) + notes(1e25, 2, np.float64)


def test_weights_too_small_for_their_dtype_are_0():
    net = sn.mlp(3, [5], 3, init=1e-300, seed=0)
    predicted, measured = sn.predict_spread(net, X, T), sn.measure_spread(net, X, T)
    for one in (predicted, measured):
        assert [layer.w_rms for layer in one.layers if layer.w_rms is not None] == [0, 0]
        assert all(layer.std == 0 for layer in one.layers)


def test_one_class_has_no_gradient():
    spread = sn.predict_spread(sn.mlp(3, [5], 1, seed=0), X, np.zeros(6, int))
    assert [layer.dw_rms for layer in spread.layers if layer.w_rms is not None] == [0, 0]
    assert spread.outlook() == "will not train: no gradient reaches Affine1."
