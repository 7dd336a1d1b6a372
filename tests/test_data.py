"""The data: MNIST as it is, IDX files that are not what they should be, and the batches."""

import gzip
import shutil
import socket
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from small import idx, mnist, write_idx_folder

import scratchnet as sn
from scratchnet.data import MNIST_SHA256, Batches
from scratchnet.data import idx as idx_file
from scratchnet.data import mnist as mnist_file

MNIST = Path(__file__).parent.parent / "datasets" / "mnist"


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


def remove(name):
    return lambda folder: (folder / name).unlink()


TRAIN, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
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


def test_a_name_without_end_in_a_gzip_header_is_refused(tmp_path):
    path = write_idx_folder(tmp_path) / "train-images-idx3-ubyte.gz"
    path.write_bytes(bytes([0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 255]) + b"x" * 100_000)
    with pytest.raises(sn.InputError, match="header does not end"):
        sn.load_idx(tmp_path)
