"""MNIST as it is, from any folder, and IDX files that are spoilt or too large."""

import gzip
import shutil
import socket
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from data.files import PNG, TEST, TEST_LABELS, TRAIN, TRAIN_LABELS, remove
from small import idx, mnist, write_idx_folder

import scratchnet as sn
from scratchnet.data import MNIST_SHA256
from scratchnet.data import idx as idx_file
from scratchnet.data import mnist as mnist_file

MNIST = Path(__file__).parents[2] / "datasets" / "mnist"


def test_mnist_is_all_of_mnist():
    train, test = mnist()
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert train.classes == test.classes == 10
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.parametrize("part", [0, 1], ids=["train", "test"])
def test_images_are_bytes_inside_and_floats_from_0_to_1_outside(part):
    dataset = mnist()[part]
    x, t = dataset[:1000]
    assert dataset.images.dtype == np.uint8
    assert x.dtype == np.float32 and x.shape == (1000, 784)
    assert x.min() == 0 and x.max() == 1
    assert t.dtype == np.int64 and t.shape == (1000,)


@pytest.mark.parametrize("name", MNIST_SHA256)
def test_an_altered_file_of_mnist_is_named(name, tmp_path, monkeypatch):
    shutil.copytree(MNIST, tmp_path / "datasets" / "mnist")
    monkeypatch.setattr(mnist_file, "__file__", str(tmp_path / "scratchnet" / "data" / "mnist.py"))
    path = tmp_path / "datasets" / "mnist" / name
    content = bytearray(path.read_bytes())
    content[4] ^= 1  # a byte of gzip's time stamp: the images stay as they are
    path.write_bytes(content)
    with pytest.raises(sn.InputError, match="SHA-256") as error:
        sn.load_mnist()
    assert str(path) in str(error.value)


def test_an_unaltered_copy_of_mnist_is_read(tmp_path, monkeypatch):
    shutil.copytree(MNIST, tmp_path / "datasets" / "mnist")
    monkeypatch.setattr(mnist_file, "__file__", str(tmp_path / "scratchnet" / "data" / "mnist.py"))
    assert len(sn.load_mnist()[0]) == 60_000


def test_a_package_without_mnist_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist_file, "__file__", str(tmp_path / "package" / "data" / "mnist.py"))
    with pytest.raises(sn.InputError, match=r"MNIST is missing from the package.*install"):
        sn.load_mnist()


def test_mnist_is_read_without_a_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert len(sn.load_mnist()[1]) == 10_000


def test_mnist_is_read_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(sn.load_mnist()[1]) == 10_000


def test_plain_and_gzipped_files_hold_the_same(tmp_path):
    plain = sn.load_idx(write_idx_folder(tmp_path / "plain", zipped=False))
    zipped = sn.load_idx(str(write_idx_folder(tmp_path / "zipped")))
    for one, other in zip(plain, zipped, strict=True):
        assert np.array_equal(one.images, other.images)
        assert np.array_equal(one.labels, other.labels)
    assert len(plain[0]) == 300 and len(plain[1]) == 100


def rewrite(name, content):
    """A spoiler that puts other bytes in the place of a file."""

    def spoil(folder):
        old = (folder / name).read_bytes()
        (folder / name).write_bytes(content(old) if callable(content) else content)

    return spoil


SPOILERS = {
    "truncated": (rewrite(TRAIN, lambda old: old[:-100]), TRAIN),
    "only a header": (rewrite(TRAIN, lambda old: old[:16]), TRAIN),
    "a part of the header": (rewrite(TRAIN, lambda old: old[:9]), TRAIN),
    "no bytes": (rewrite(TEST, b""), TEST),
    "more values than it says": (rewrite(TEST, lambda old: old + b"\0"), TEST),
    "a picture": (rewrite(TRAIN, PNG), TRAIN),
    "another magic number": (rewrite(TRAIN, lambda old: b"\0\1" + old[2:]), TRAIN),
    "ints, not bytes": (rewrite(TRAIN_LABELS, idx(np.zeros(300), kind=12)), TRAIN_LABELS),
    "labels where images are due": (rewrite(TRAIN, idx(np.zeros(300))), TRAIN),
    "images where labels are due": (rewrite(TEST_LABELS, idx(np.zeros((100, 1, 1)))), TEST_LABELS),
    "fewer labels than images": (rewrite(TRAIN_LABELS, idx(np.zeros(299))), TRAIN_LABELS),
    "no rows": (rewrite(TEST, idx(np.zeros((0, 6, 6)))), TEST),
    "a missing file": (remove(TEST_LABELS), TEST_LABELS),
    "no images at all": (
        lambda folder: [rewrite(TEST, idx(np.zeros((0, 6, 6))))(folder), rewrite(TEST_LABELS, idx(np.zeros(0)))(folder)],
        TEST,
    ),
    "test images of another size": (rewrite(TEST, idx(np.zeros((100, 5, 6)))), ""),
    "test images of another shape with as many pixels": (rewrite(TEST, idx(np.zeros((100, 4, 9)))), ""),
    "a test label beyond the training labels": (rewrite(TEST_LABELS, idx(np.full(100, 4))), ""),
}


@pytest.mark.parametrize("spoil, name", SPOILERS.values(), ids=list(SPOILERS))
def test_a_spoilt_idx_set_is_refused_in_a_sentence_that_names_it(spoil, name, tmp_path):
    folder = write_idx_folder(tmp_path / "set", zipped=False)
    spoil(folder)
    with pytest.raises(sn.InputError) as error:
        sn.load_idx(folder)
    assert str(folder) in str(error.value) and name in str(error.value)
    assert "\n" not in str(error.value)


GZIP_SPOILERS = {
    "truncated": lambda whole: whole[:-30],
    "a byte changed": lambda whole: whole[:200] + bytes([whole[200] ^ 255]) + whole[201:],
    "not gzipped": gzip.decompress,
    "an empty file": lambda whole: b"",
    "a picture": lambda whole: PNG,
    "a truncated file, gzipped": lambda whole: gzip.compress(gzip.decompress(whole)[:-5]),
}


@pytest.mark.parametrize("spoil", GZIP_SPOILERS.values(), ids=list(GZIP_SPOILERS))
def test_a_spoilt_gzip_file_is_refused_in_a_sentence_that_names_it(spoil, tmp_path):
    folder = write_idx_folder(tmp_path / "set")
    path = folder / f"{TRAIN}.gz"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(sn.InputError) as error:
        sn.load_idx(folder)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def zipped_in_pieces(header, zeros, level=9):
    """A gzip file of a header and many zeros, made without holding them."""
    packer = zlib.compressobj(level, wbits=31)
    parts = [packer.compress(header)]
    parts += [packer.compress(bytes(2**20)) for _ in range(zeros // 2**20)]
    return b"".join([*parts, packer.flush()])


def sparse(size):
    def spoil(path):
        with path.open("r+b") as file:
            file.truncate(size)

    return spoil


IMAGES = struct.pack(">4B3I", 0, 0, 8, 3, 300, 6, 6)
BOMBS = {
    "a gzip file of far more than it says": (".gz", lambda path: path.write_bytes(zipped_in_pieces(IMAGES, 2**28))),
    "a small gzip file of as much as it says": (
        ".gz",
        lambda path: path.write_bytes(zipped_in_pieces(struct.pack(">4B3I", 0, 0, 8, 3, 2**10, 2**10, 2**9), 2**29)),
    ),
    "a header of more than there is": (
        "",
        lambda path: path.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *[2**32 - 1] * 3)),
    ),
    "a zipped header of more than there is": (
        ".gz",
        lambda path: path.write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, *[2**32 - 1] * 3))),
    ),
    "a sparse file of terabytes": ("", sparse(2**42)),
    "a gzip file with terabytes of zeros after it": (".gz", sparse(2**42)),
}


@pytest.mark.parametrize("ending, spoil", BOMBS.values(), ids=list(BOMBS))
def test_a_file_that_would_fill_the_memory_is_refused_before_it_is_read(ending, spoil, tmp_path, monkeypatch):
    folder = write_idx_folder(tmp_path / "set", zipped=bool(ending))
    path = folder / f"{TRAIN}{ending}"
    spoil(path)
    read = []
    real = idx_file.read_bytes
    monkeypatch.setattr(
        idx_file, "read_bytes", lambda said, content, expected: read.append(expected) or real(said, content, expected)
    )
    tracemalloc.start()
    with pytest.raises(sn.InputError) as error:
        sn.load_idx(folder)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert most < 2**24 and sum(read) <= 300 * 36  # no more than the header of a sound file promises


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "zipped"])
def test_every_truncation_and_each_flipped_bit_of_a_header_is_refused_or_changes_nothing(zipped, tmp_path):
    folder = write_idx_folder(tmp_path / "set", train=8, test=4, zipped=zipped)
    path = folder / f"{TRAIN}{'.gz' if zipped else ''}"
    whole, images = path.read_bytes(), sn.load_idx(folder)[0].images
    changed = [whole[:at] for at in range(len(whole))]
    changed += [whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for at in range(16) for bit in range(8)]
    refused = 0
    for content in changed:
        path.write_bytes(content)
        try:
            assert np.array_equal(sn.load_idx(folder)[0].images, images)  # gzip's time stamp, for example, is no value
        except sn.InputError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused >= len(whole)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(sn.InputError, match=r"there is no folder .*nowhere"):
        sn.load_idx(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(sn.InputError, match=r"there is no folder .*file"):
        sn.load_idx(tmp_path / "file")


def test_a_name_without_end_in_a_gzip_header_is_refused(tmp_path):
    path = write_idx_folder(tmp_path) / "train-images-idx3-ubyte.gz"
    path.write_bytes(bytes([0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 255]) + b"x" * 100_000)
    with pytest.raises(sn.InputError, match="header does not end"):
        sn.load_idx(tmp_path)
