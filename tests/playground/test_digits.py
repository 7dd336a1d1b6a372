"""What is packed for the page: whatever the data are, it fits, or there is nothing."""

import base64
import zlib

import numpy as np
import pytest
from small import made_up, mnist

import scratchnet as sn
from scratchnet.playground.digits import BUDGET, pack


def levels(packed):
    """The levels of grey, as the page unpacks them."""
    bytes_ = np.frombuffer(zlib.decompress(base64.b64decode(packed["pixels"])), np.uint8)
    both = np.stack([bytes_ >> 4, bytes_ & 15], axis=1).ravel()
    rows = packed["train"] + packed["test"]
    return both[: rows * packed["n"]].reshape(rows, packed["n"])


@pytest.mark.parametrize(("rows", "side"), [(15, 3), (300, 6), (4000, 5)])
def test_the_first_rows_train_and_the_last_ones_test(rows, side):
    images, t = made_up(rows, 1, side=side)
    packed = pack(sn.Dataset(images, t))
    train, test = packed["train"], packed["test"]
    assert train + test <= rows and train <= 2000 and test == min(500, rows // 5) and packed["side"] == (side, side)
    expected = np.r_[:train, rows - test : rows]
    assert np.array_equal(levels(packed), np.rint(images.reshape(rows, -1)[expected] / 17))
    assert np.array_equal(np.frombuffer(base64.b64decode(packed["labels"]), np.uint8), t[expected])


def test_noise_fits_into_the_page_with_fewer_rows():
    rng = np.random.default_rng(0)
    data = sn.Dataset(rng.integers(0, 256, (3000, 784)).astype(np.uint8), np.arange(3000) % 10)
    packed = pack(data)
    assert len(packed["pixels"]) <= BUDGET and 300 < packed["train"] < 2000 and packed["test"] > 50


def test_what_is_not_an_image_of_bytes_is_not_packed():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((100, 784)).astype(np.float32)
    assert pack(sn.Dataset(rows, np.arange(100) % 10)) is None
    assert pack(sn.Dataset(np.zeros((9, 784), np.uint8), np.arange(9))) is None
    assert pack(sn.Dataset(np.zeros((100, 784), np.uint8), np.arange(100) * 5)) is None
    huge = rng.integers(0, 256, (20, 40_000)).astype(np.uint8)
    assert pack(sn.Dataset(huge, np.arange(20) % 10)) is None
    assert pack(mnist()[0])["train"] == 2000
