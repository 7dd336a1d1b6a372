"""The initializers whose weights hang together: each by its property, and by the law of what is random in it."""

import math

import numpy as np
import pytest
from scipy import stats

import scratchnet as sn
from scratchnet import initializers

STRUCTURED = [sn.Orthogonal(), sn.Orthogonal(1.5), sn.DeltaOrthogonal(), sn.Dirac(), initializers.Identity(), sn.Sparse(3)]


def draw(init, shape, fans=None, seed=0):
    return init(shape, fans, np.random.default_rng(seed))


def singular_values(matrix):
    return np.linalg.svd(matrix, compute_uv=False)


@pytest.mark.parametrize("gain", [1, 1.5, -2])
@pytest.mark.parametrize("shape", [(7, 7), (9, 4), (4, 9), (3, 3, 2, 5), (2, 2, 2, 20), (1, 5)], ids=str)
def test_an_orthogonal_weight_stretches_nothing(shape, gain):
    w = draw(sn.Orthogonal(gain), shape).reshape(-1, shape[-1])
    np.testing.assert_allclose(singular_values(w), abs(gain), rtol=1e-12)


def test_every_orthogonal_matrix_is_as_likely_as_any_other():
    """(q + 1) / 2 of one element is Beta((n − 1)/2, (n − 1)/2); without the signs of R the first is never positive."""
    n = 4
    for place in [(0, 0), (1, 2), (3, 3)]:
        q = np.array([draw(sn.Orthogonal(), (n, n), seed=seed)[place] for seed in range(2000)])
        assert stats.kstest((q + 1) / 2, stats.beta((n - 1) / 2, (n - 1) / 2).cdf).pvalue > 1e-3


def test_a_zero_on_the_diagonal_of_r_is_no_zero_column():
    class Zeros:
        def standard_normal(self, shape):
            return np.zeros(shape)

    np.testing.assert_allclose(singular_values(sn.Orthogonal()((3, 3), None, Zeros())), 1)


@pytest.mark.parametrize("size, groups", [(3, 1), (5, 2), (1, 1)])
@pytest.mark.parametrize("n_out", [4, 12])
def test_delta_orthogonal_keeps_the_length_of_every_pixel(size, groups, n_out):
    layer = sn.Network(
        [sn.Convolution(4, n_out, size, pad=size // 2, groups=groups, init=sn.DeltaOrthogonal(2))], 0, np.float64
    )
    x = np.random.default_rng(0).standard_normal((2, 6, 7, 4))
    out = layer.forward(x)
    np.testing.assert_allclose((out**2).sum(axis=3), 4 * (x**2).sum(axis=3), rtol=1e-12)


@pytest.mark.parametrize("size, groups", [(3, 1), (3, 2), (5, 4), (1, 1)])
def test_dirac_hands_the_input_through(size, groups):
    layer = sn.Network([sn.Convolution(4, 4, size, pad=size // 2, groups=groups, init=sn.Dirac())], 0)
    x = np.random.default_rng(0).random((2, 6, 7, 4), np.float32)
    np.testing.assert_array_equal(layer.forward(x), x)


def test_dirac_leaves_further_outputs_0_and_has_no_room_for_further_inputs():
    x = np.random.default_rng(0).random((1, 5, 5, 3), np.float32)
    more = sn.Network([sn.Convolution(3, 5, 3, pad=1, init=sn.Dirac())], 0).forward(x)
    np.testing.assert_array_equal(more, np.concatenate([x, np.zeros((1, 5, 5, 2), np.float32)], axis=3))
    fewer = sn.Network([sn.Convolution(3, 2, 3, pad=1, init=sn.Dirac())], 0).forward(x)
    np.testing.assert_array_equal(fewer, x[..., :2])


@pytest.mark.parametrize("shape", [(4, 4), (4, 7), (7, 4)], ids=str)
def test_the_identity_hands_the_input_through(shape):
    x = np.random.default_rng(0).standard_normal((3, shape[0]))
    out, common = x @ draw(initializers.Identity(1.5), shape), min(shape)
    np.testing.assert_array_equal(out[:, :common], 1.5 * x[:, :common])
    assert not out[:, common:].any()


@pytest.mark.parametrize("shape", [(40, 2500), (2, 2, 10, 2500)], ids=str)
def test_a_sparse_weight_has_so_many_nonzeros_into_each_unit(shape):
    w = draw(sn.Sparse(4, 0.5), shape).reshape(40, 2500)
    assert ((w != 0).sum(axis=0) == 4).all()
    assert stats.kstest(w[w != 0] / 0.5, "norm").pvalue > 1e-3
    chosen = (w != 0).sum(axis=1)  # each input is heard by Binomial(2500, 1/10) units
    assert np.abs(chosen - 250).max() < 5 * math.sqrt(2500 * 0.1 * 0.9)


def test_a_narrow_layer_gets_all_the_nonzeros_that_it_has_room_for():
    assert (draw(sn.Sparse(), (6, 5)) != 0).all()
    assert sn.Sparse().std(sn.Fans(6, 5)) == 1


DENSE, WINDOW = sn.Fans(40, 60), sn.Fans(6, 9, (3, 3))


@pytest.mark.parametrize(
    "init, fans",
    [
        *((sn.Orthogonal(1.5), DENSE), (sn.Orthogonal(1.5), WINDOW), (initializers.Identity(2), DENSE)),
        *((sn.DeltaOrthogonal(1.5), WINDOW), (sn.Dirac(), WINDOW)),
    ],
    ids=repr,
)
def test_std_is_the_rms_of_the_weights(init, fans):
    w = draw(init, (*fans.window, fans.n_in, fans.n_out), fans)
    assert math.sqrt(np.mean(w**2)) == pytest.approx(init.std(fans), rel=1e-12)


def test_std_is_the_rms_of_sparse_weights():
    w = draw(sn.Sparse(4, 0.5), (40, 2500))
    error = 1 / math.sqrt(2 * 4 * 2500)  # of the rms of so many normal draws
    assert math.sqrt(np.mean(w**2)) == pytest.approx(sn.Sparse(4, 0.5).std(sn.Fans(40, 2500)), rel=4 * error)


@pytest.mark.parametrize("init", STRUCTURED, ids=repr)
def test_it_prints_as_one_writes_it_and_is_found_by_name(init):
    again = sn.initializer(repr(init))
    assert again == init and hash(again) == hash(init)


@pytest.mark.parametrize("init", STRUCTURED, ids=repr)
def test_an_empty_weight_is_empty(init):
    shape = (3, 3, 0, 4) if isinstance(init, sn.DeltaOrthogonal | sn.Dirac) else (0, 4)
    assert draw(init, shape).shape == shape


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: draw(sn.Orthogonal(), (5,)), "for weights, with two axes or more"),
        (lambda: draw(sn.Sparse(), (5,)), "for weights, with two axes or more"),
        (lambda: draw(sn.Dirac(), (5, 5)), "Dirac is for convolutions"),
        (lambda: draw(sn.DeltaOrthogonal(), (3, 3, 5, 4)), "it is 5 to 4"),
        (lambda: draw(initializers.Identity(), (3, 3, 5, 4)), "for images give Dirac"),
        (lambda: sn.Sparse(0), "nonzeros is 0"),
        (lambda: sn.Sparse(2.5), "nonzeros is 2.5"),
        (lambda: sn.Sparse(2, -1), "std is -1"),
        (lambda: sn.Orthogonal("big"), "gain is 'big'"),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(sn.InputError, match=words):
        make()


def test_a_deep_linear_orthogonal_network_has_singular_values_of_1():
    net = sn.Network([sn.Affine(100, 100, sn.Orthogonal()) for _ in range(20)], seed=0, dtype=np.float64)
    np.testing.assert_allclose(singular_values(net.forward(np.eye(100))), 1, rtol=1e-10)
