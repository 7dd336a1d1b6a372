"""Layers for images: against PyTorch (golden/images.npz), against plain loops, and by what is plain to see."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import plain_convolution as plain
from small import assert_as_golden

import scratchnet as sn

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "images.npz")
CLOSE = {"rtol": 1e-12, "atol": 1e-13}  # sums of some hundred products of numbers up to 2

# n_in, n_out, size, stride, pad, groups, as in make_golden.py
CONVOLUTIONS = [
    (2, 3, 1, 1, 0, 1),
    (2, 3, 1, 2, 0, 1),
    (2, 3, 2, 1, 0, 1),
    (2, 3, 2, 1, 1, 1),
    (2, 3, 2, 3, 1, 1),
    (2, 3, 3, 1, 0, 1),
    (2, 3, 3, 1, 1, 1),
    (2, 3, 3, 1, 2, 1),
    (2, 3, 3, 2, 0, 1),
    (2, 3, 3, 2, 1, 1),
    (2, 3, 3, 3, 2, 1),
    (2, 3, 5, 1, 0, 1),
    (1, 2, 5, 1, 4, 1),
    (2, 3, 5, 2, 2, 1),
    (1, 2, 5, 3, 3, 1),
    (4, 6, 3, 1, 1, 2),
    (4, 2, 2, 2, 0, 2),
    (3, 3, 3, 1, 1, 3),
    (3, 6, 3, 2, 2, 3),
]
POOLS = [(2, 2), (3, 3), (3, 2), (2, 3), (2, 1)]  # size, stride
LAYERS = {f"{kind.__name__}{numbers}": (kind, numbers) for kind in (sn.MaxPool, sn.AveragePool) for numbers in POOLS}
LAYERS |= {f"Convolution{numbers}": (sn.Convolution, numbers) for numbers in CONVOLUTIONS}


def images(seed=0, shape=(2, 6, 5, 3)):
    return np.random.default_rng(seed).standard_normal(shape)


def convolution(*numbers, seed=0, **more):
    """In float64, with a bias that is not 0."""
    layer, rng = sn.Convolution(*numbers, **more), np.random.default_rng(seed)
    layer.W, layer.b = rng.standard_normal(layer.W.shape), rng.standard_normal(layer.b.shape)
    return layer


def assert_as_plain(layer, x, seed=0):
    settings = {name: getattr(layer, name) for name in ("stride", "pad", "groups")}
    out = layer.forward(x)
    np.testing.assert_allclose(out, plain.forward(x, layer.W, layer.b, **settings), **CLOSE)
    dout = images(seed, out.shape)
    dx, dW, db = plain.backward(x, layer.W, dout, **settings)
    for needs_dx in (True, False):  # dW is found in two ways
        layer.needs_dx = needs_dx
        found = layer.backward(dout)
        assert (found is not None) == needs_dx
        if needs_dx:
            np.testing.assert_allclose(found, dx, **CLOSE)
        np.testing.assert_allclose(layer.dW, dW, **CLOSE)
        np.testing.assert_allclose(layer.db, db, **CLOSE)


def test_the_tables_hold_every_case_of_pytorchs():
    cases = {key.rpartition(".")[0] for key in GOLDEN.files if key.startswith(("Convolution(", "MaxPool", "AveragePool"))}
    assert cases == set(LAYERS)


@pytest.mark.parametrize("case", LAYERS)
def test_forward_and_backward_agree_with_pytorch(case):
    kind, numbers = LAYERS[case]
    assert_as_golden(kind(*numbers), GOLDEN, case, **CLOSE)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_convolution_is_what_plain_loops_make_of_it(data):
    def whole(name, low, high):
        return data.draw(st.integers(low, high), name)

    size, stride, groups = whole("size", 1, 4), whole("stride", 1, 3), whole("groups", 1, 3)
    pad = whole("pad", 0, size - 1)
    n_in, n_out = groups * whole("n_in / groups", 1, 2), groups * whole("n_out / groups", 1, 2)
    rows = whole("rows", 1, 3)
    height, width = (whole(name, max(1, size - 2 * pad), 6) for name in ("height", "width"))
    layer = convolution(n_in, n_out, size, stride, pad, groups)
    assert_as_plain(layer, images(1, (rows, height, width, n_in)), seed=2)


def test_a_batch_of_many_rows_is_what_plain_loops_make_of_it():
    """The fast way takes a batch in pieces, and their edges must fit."""
    assert_as_plain(convolution(1, 2, 2, stride=2, pad=1), images(1, (61, 3, 2, 1)), seed=2)


@pytest.mark.parametrize("height, width", [(2, 7), (7, 2), (1, 3), (3, 1)])
def test_height_and_width_are_not_taken_for_each_other(height, width):
    assert_as_plain(convolution(2, 3, 3, pad=1), images(1, (2, height, width, 2)), seed=2)


def test_a_window_as_large_as_the_image_is_an_affine():
    layer, x = convolution(3, 4, 5), images(1, (6, 5, 5, 3))
    expected = x.reshape(6, -1) @ layer.W.reshape(-1, 4) + layer.b
    np.testing.assert_allclose(layer.forward(x), expected.reshape(6, 1, 1, 4), **CLOSE)


def test_groups_do_not_see_each_other():
    layer, x = convolution(4, 6, 3, groups=2), images(1, (2, 5, 4, 4))
    out = layer.forward(x).copy()
    x[..., 2:] += 1  # of the second group
    changed = layer.forward(x) != out
    assert not changed[..., :3].any()
    assert changed[..., 3:].all()


def test_a_convolution_turns_its_window_around_nowhere():
    """A correlation, as in the book: the 1 of the window at the lower left fetches from the lower left."""
    layer, x = sn.Convolution(1, 1, 3, pad=1, init=sn.Zeros()), images(0, (1, 4, 5, 1))
    layer.W[2, 0] = 1
    out = layer.forward(x)
    np.testing.assert_array_equal(out[:, :-1, 1:], x[:, 1:, :-1])
    assert not out[:, -1].any()
    assert not out[:, :, 0].any()


@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_leaves_out_dx_where_nobody_reads_it(groups):
    layer, x = convolution(2, 4, 3, groups=groups), images(1, (2, 5, 4, 2))
    dout = images(2, layer.forward(x).shape)
    assert layer.backward(dout).shape == x.shape
    with_dx = layer.dW.copy(), layer.db.copy()
    layer.needs_dx = False
    assert layer.backward(dout) is None
    np.testing.assert_allclose(layer.dW, with_dx[0], **CLOSE)
    np.testing.assert_allclose(layer.db, with_dx[1], **CLOSE)


@pytest.mark.parametrize("groups", [1, 2])
def test_nothing_is_kept_of_the_images_before(groups):
    layer, x = convolution(2, 4, 3, groups=groups), images(1, (2, 5, 4, 2))
    first = layer.forward(x).copy()
    layer.forward(images(2, (3, 7, 8, 2)))
    np.testing.assert_array_equal(layer.forward(x), first)


@pytest.mark.parametrize("numbers", POOLS, ids=str)
@pytest.mark.parametrize("low", [0, -1], ids=["zeros and ones", "all alike"])
def test_of_several_greatest_numbers_one_alone_gets_dout(numbers, low):
    """With stride = size each window can be looked at by itself; where they overlap, their sum."""
    size, stride = numbers
    rng, layer = np.random.default_rng(0), sn.MaxPool(*numbers)
    x = np.full((3, 7, 8, 2), -1.0) if low else rng.integers(0, 2, (3, 7, 8, 2)).astype(np.float64)
    out = layer.forward(x)
    dout = rng.integers(1, 9, out.shape).astype(np.float64)
    dx = layer.backward(dout)
    np.testing.assert_array_equal(dx.sum(axis=(1, 2)), dout.sum(axis=(1, 2)))
    if stride >= size:
        for n, h, w, c in np.ndindex(out.shape):
            window = np.s_[n, h * stride : h * stride + size, w * stride : w * stride + size, c]
            assert np.count_nonzero(dx[window]) == 1
            assert dx[window].sum() == dout[n, h, w, c]
            assert x[window][dx[window] != 0] == out[n, h, w, c] == x[window].max()


@pytest.mark.parametrize("numbers", POOLS, ids=str)
def test_the_average_of_ones_is_one(numbers):
    layer = sn.AveragePool(*numbers)
    out = layer.forward(np.ones((2, 7, 8, 3)))
    np.testing.assert_allclose(out, 1, rtol=1e-15)
    np.testing.assert_allclose(layer.backward(out).sum(), out.size, rtol=1e-12)


@pytest.mark.parametrize("kind", [sn.MaxPool, sn.AveragePool], ids=lambda kind: kind.__name__)
def test_pooling_by_one_number_is_every_strideth_one(kind):
    x = images()
    np.testing.assert_array_equal(kind(1).forward(x), x)
    np.testing.assert_array_equal(kind(1, 2).forward(x), x[:, ::2, ::2])


@pytest.mark.parametrize("kind", [sn.MaxPool, sn.AveragePool], ids=lambda kind: kind.__name__)
def test_without_a_stride_windows_lie_side_by_side(kind):
    x = images(shape=(2, 7, 9, 3))
    np.testing.assert_array_equal(kind(3).forward(x), kind(3, 3).forward(x))


def test_what_no_window_sees_gets_no_gradient():
    for layer in (sn.MaxPool(2), sn.AveragePool(2), convolution(3, 4, 2, stride=2)):
        out = layer.forward(images(shape=(2, 5, 7, 3)))
        dx = layer.backward(np.ones_like(out))
        assert dx.shape == (2, 5, 7, 3)
        assert not dx[:, 4].any()
        assert not dx[:, :, 6].any()


def test_flatten_reads_images_row_by_row_with_the_channels_of_a_pixel_together():
    layer, x = sn.Flatten(), images()
    out = layer.forward(x)
    expected = [[x[n, h, w, c] for h in range(6) for w in range(5) for c in range(3)] for n in range(2)]
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(layer.backward(out), x)
    np.testing.assert_array_equal(layer.forward(out), out)


# Those who come with their channels first.


def test_channels_last_puts_every_number_in_its_place():
    x, W = images(0, (2, 3, 4, 5)), images(1, (6, 3, 2, 2))
    moved = sn.channels_last(x)
    assert moved.shape == (2, 4, 5, 3)
    assert all(moved[n, h, w, c] == x[n, c, h, w] for n, c, h, w in np.ndindex(x.shape))
    moved = sn.channels_last(W, "convolution")
    assert moved.shape == (2, 2, 3, 6)
    assert all(moved[i, j, c, m] == W[m, c, i, j] for m, c, i, j in np.ndindex(W.shape))
    for array in (x, W, sn.channels_last(x), moved):
        assert array.flags.c_contiguous


def test_an_affine_behind_images_sees_the_same_numbers_in_either_order():
    x, W = images(0, (4, 2, 3, 5)), images(1, (30, 7))
    ours = sn.Flatten().forward(sn.channels_last(x)) @ sn.channels_last(W, "affine", image=(2, 3, 5))
    np.testing.assert_allclose(ours, x.reshape(4, -1) @ W, **CLOSE)


@pytest.mark.parametrize("kind, shape", [("images", (2, 3, 4, 5)), ("convolution", (6, 3, 2, 2)), ("affine", (60, 2))])
def test_channels_last_leaves_what_it_is_given(kind, shape):
    array = images(0, shape).astype(np.float32)
    copy = array.copy()
    array.flags.writeable = False
    moved = sn.channels_last(array, kind, image=(3, 4, 5))
    assert moved.dtype == np.float32
    assert not np.shares_memory(moved, array)
    np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(np.sort(moved, axis=None), np.sort(copy, axis=None))
