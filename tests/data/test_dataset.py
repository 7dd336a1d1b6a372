"""A data set and its batches: rows, targets, pixels, and what cannot be used."""

import math

import numpy as np
import pytest
from small import digits, made_up, mnist

import scratchnet as sn
from scratchnet.data import Batches
from scratchnet.data import mnist as mnist_file


def test_unflattened_images_have_a_channel():
    train, test = sn.load_mnist(flatten=False)
    assert train[:7][0].shape == (7, 28, 28, 1)
    assert test.images.shape == (10_000, 28, 28, 1)
    assert np.array_equal(train[:7][0].reshape(7, -1), mnist()[0][:7][0])


def spread_out(rows):
    mask = np.zeros(60_000, bool)
    mask[rows] = True
    return mask


@pytest.mark.parametrize(
    "rows", [slice(3, 9, 2), np.array([3, 5, 7]), [3, 5, 7], spread_out([3, 5, 7])], ids=["slice", "array", "list", "mask"]
)
def test_rows_are_chosen_as_in_numpy(rows):
    train, _ = mnist()
    x, t = train[rows]
    assert np.array_equal(x, train.images[[3, 5, 7]].astype(np.float32) * np.float32(1 / 255))
    assert t.tolist() == train.labels[[3, 5, 7]].tolist()


@pytest.mark.parametrize("row", [4, -1, np.int64(4)])
def test_a_number_chooses_one_row(row):
    train, _ = mnist()
    x, t = train[row]
    assert x.shape == (784,) and x.dtype == np.float32
    assert t == train.labels[row]


def test_chunks_are_all_rows_in_order():
    _, test = mnist()
    sizes = [len(t) for _, t in test.chunks(3000)]
    assert sizes == [3000, 3000, 3000, 1000]
    assert np.array_equal(np.concatenate([t for _, t in test.chunks(3000)]), test.labels)


@pytest.mark.parametrize(
    "images",
    [np.full((3, 2), 255, np.uint8), np.ones((3, 2)), np.ones((3, 2), ">f4"), [[1.0, 1.0]] * 3],
    ids=["uint8", "float64", "big-endian", "lists"],
)
def test_a_set_of_ones_own_is_float32(images):
    x, t = sn.Dataset(images, [0, 1, 1])[:]
    assert x.dtype == np.float32 and x.shape == (3, 2)
    assert (x == 1).all() and t.tolist() == [0, 1, 1]


def test_floats_are_not_scaled():
    assert sn.Dataset(np.full((2, 2), 255.0), [0, 1])[:][0].max() == 255


GOOD, LABELS = np.ones((3, 2)), [0, 1, 2]
BAD_SETS = {
    "ints": (np.ones((3, 2), int), LABELS, "floats are needed"),
    "signed bytes": (np.ones((3, 2), np.int8), LABELS, "floats are needed"),
    "booleans": (np.ones((3, 2), bool), LABELS, "floats are needed"),
    "objects": (np.full((3, 2), None), LABELS, "floats are needed"),
    "NaN": (np.full((3, 2), np.nan), LABELS, "NaN"),
    "infinity": (np.full((3, 2), np.inf), LABELS, "infinite"),
    "one axis": (np.ones(3), LABELS, r"shape \(3,\)"),
    "no rows": (np.ones((0, 2)), [], "at least one row"),
    "a negative label": (GOOD, [0, -1, 2], "label is -1"),
    "one-hot labels": (GOOD, np.eye(3, dtype=int), "argmax"),
    "float labels": (GOOD, [0.0, 1.0, 2.0], r"astype\(int\)"),
    "too few labels": (GOOD, [0, 1], "2 labels for 3 rows"),
    "too many labels": (GOOD, [0, 1, 2, 3], "4 labels for 3 rows"),
}


@pytest.mark.parametrize("images, t, message", BAD_SETS.values(), ids=list(BAD_SETS))
def test_a_set_that_cannot_be_used_is_refused(images, t, message):
    with pytest.raises(sn.InputError, match=message) as error:
        sn.Dataset(images, t)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("rows, size", [(1000, 128), (60_000, 128), (10, 10), (10, 3), (7, 1)])
def test_batches_are_whole_and_take_a_row_at_most_once_an_epoch(rows, size):
    batches = Batches(rows, size, seed=0)
    assert type(batches.steps_per_epoch) is int and batches.steps_per_epoch == rows // size
    for epoch in range(2):
        taken = np.concatenate([batches[epoch * batches.steps_per_epoch + i] for i in range(batches.steps_per_epoch)])
        assert len(taken) == rows // size * size
        assert len(np.unique(taken)) == len(taken)
        assert taken.min() >= 0 and taken.max() < rows


def test_a_batch_depends_on_seed_and_step_alone():
    steps = list(range(30))
    in_order, backward = Batches(100, 16, 3), Batches(100, 16, 3)
    first = {step: in_order[step] for step in steps}
    for step in reversed(steps):
        assert np.array_equal(backward[step], first[step])


def test_epochs_and_seeds_have_orders_of_their_own():
    batches, other = Batches(100, 50, 0), Batches(100, 50, 1)
    assert not np.array_equal(batches[0], batches[2])
    assert not np.array_equal(batches[0], other[0])


@pytest.mark.parametrize("size, message", [(11, "only 10 rows"), (0, "at least 1"), (2.0, r"int\(2.0\)"), (True, "True")])
def test_a_batch_size_that_cannot_be_is_refused(size, message):
    with pytest.raises(sn.InputError, match=message):
        Batches(10, size, 0)


def test_the_books_line_gives_arrays():
    (x_train, t_train), (x_test, t_test) = digits()
    assert x_train.shape == (2000, 784) and x_test.shape == (500, 784)
    assert x_train.dtype == np.float32 and (x_train.min(), x_train.max()) == (0, 1)
    assert t_train[:3].tolist() == [5, 0, 4] and t_test[:3].tolist() == [7, 2, 1]


def test_the_books_keyword_arguments(monkeypatch):
    monkeypatch.setattr(mnist_file, "load_idx", lambda folder, flatten: two_parts())
    monkeypatch.setattr(mnist_file, "MNIST_SHA256", {})
    train, test = sn.load_mnist(normalize=True, flatten=True, one_hot_label=True)
    assert train[:3][1].tolist() == np.eye(4)[[0, 1, 2]].tolist()
    assert test.labels.dtype == np.float32
    with pytest.raises(sn.InputError, match=r"normalize is False.*train\.images"):
        sn.load_mnist(normalize=False)
    with pytest.raises(sn.InputError, match="one_hot_label is 'yes'"):
        sn.load_mnist(one_hot_label="yes")


def two_parts():
    return tuple(sn.Dataset(*made_up(rows, seed)) for rows, seed in ((30, 1), (10, 2)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2)])
def test_targets_of_a_regression_are_kept_as_float32(dtype, shape):
    t = np.arange(np.prod(shape)).reshape(shape).astype(dtype) / 2
    data = sn.Dataset.with_targets(GOOD, t)
    assert data[:][1].dtype == np.float32 and np.array_equal(data[:][1], t)
    assert f"targets of shape {shape[1:]}" in repr(data)
    with pytest.raises(sn.InputError, match="not class numbers"):
        _ = data.classes


@pytest.mark.parametrize("t", [[0.5, 1.0, 2.0], np.eye(3), np.eye(3, dtype=int), [-1, 1, 1]])
def test_a_dataset_of_targets_is_told_how_to_be_one(t):
    with pytest.raises(sn.InputError, match=r"sn\.Dataset\.with_targets\(images, t\)"):
        sn.Dataset(GOOD, t)
    assert len(sn.Dataset.with_targets(GOOD, t)) == 3


@pytest.mark.parametrize("t", [[1.0, 2.0], [[1.0]] * 2, ["a", "b", "c"], [1.0, math.nan, 2.0], [None] * 3, range(10**18)])
def test_targets_that_cannot_be_used_are_refused(t):
    with pytest.raises(sn.InputError):
        sn.Dataset.with_targets(GOOD, t)


def test_compare_wants_class_numbers():
    data = sn.Dataset.with_targets(GOOD, [0.5, 1.0, 2.0])
    with pytest.raises(sn.InputError, match=r"targets float32.*class numbers are needed"):
        sn.compare([sn.He()], data=(data, data), steps=1, progress=False)


PIXELS = made_up(30, 1)[0].reshape(30, -1)
AS_FLOATS = {
    "whole": PIXELS.astype(np.float32),
    "float64": PIXELS.astype(float),
    "images": made_up(30, 1)[0][..., None].astype(np.float32),
    "resized, with fractions": np.tile(PIXELS, 2) * 0.99,
}
NO_PIXELS = {
    "scaled": PIXELS / 255,
    "-1 to 1": PIXELS / 127.5 - 1,
    "0 to 16, as in scikit-learn's digits": np.rint(PIXELS / 16.0),
    "a few columns with fractions": np.array([[120.5, 0], [1.5, 3]]),
    "large numbers": PIXELS * 10.0,
    "negative numbers": PIXELS - 128.0,
    "a constant": np.full((3, 2), 255.0),
}


@pytest.mark.parametrize("images", AS_FLOATS.values(), ids=list(AS_FLOATS))
def test_pixels_as_floats_are_refused_wherever_they_would_train_or_mislead(images):
    t, n = np.arange(30) % 4, images.reshape(30, -1).shape[1]
    rows = images.reshape(30, -1).astype(np.float32)
    net = sn.mlp(n, [3], 4, seed=0)
    calls = [
        lambda: sn.Dataset(images, t),
        lambda: sn.Trainer(net, sn.SGD(0.1), batch_size=5).fit((images, t), steps=1),
        lambda: sn.measure_spread(net, rows, t),
        lambda: net.accuracy(rows, t),
        lambda: sn.mlp(n, [3], 4, init=sn.LSUV(), images=rows, seed=0),
    ]
    for call in calls:
        with pytest.raises(sn.InputError, match=r"as pixels that are not scaled do: write \w+ / 255"):
            call()


@pytest.mark.parametrize("images", NO_PIXELS.values(), ids=list(NO_PIXELS))
def test_other_floats_are_taken_as_they_are(images):
    assert np.array_equal(sn.Dataset(images, np.zeros(len(images), int))[:][0], images.astype(np.float32))
