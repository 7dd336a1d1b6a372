"""The data: MNIST as it is, IDX files that are not what they should be, and the batches."""

import bz2
import gzip
import io
import lzma
import math
import pickle
import shutil
import socket
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from small import digits, idx, made_up, mnist, write_idx_folder

import scratchnet as sn
from scratchnet.cli import main
from scratchnet.data import MNIST_SHA256, Batches
from scratchnet.data import idx as idx_file
from scratchnet.data import mnist as mnist_file
from scratchnet.experiment.sources import Source

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


# The book's line, and sets that come apart.


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


# Names of files, and what stands in them.


def int_idx(values, dtype=">i4", kind=12):
    values = np.asarray(values)
    return struct.pack(f">4B{values.ndim}I", 0, 0, kind, values.ndim, *values.shape) + values.astype(dtype).tobytes()


def write_set(folder, names, content=None, train=30, test=20):
    """The four files of an IDX set, under the names that `names(part, role)` gives."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows, seed in (("train", train, 1), ("test", test, 2)):
        images, t = made_up(rows, seed)
        for role, values in (("images", images), ("labels", t)):
            name = names(part, role)
            whole = (content or (lambda part, role, values: idx(values)))(part, role, values)
            (folder / name).write_bytes(gzip.compress(whole) if name.endswith(".gz") else whole)
    return folder


def usual(part, role):
    return f"{'train' if part == 'train' else 't10k'}-{role}-idx{3 if role == 'images' else 1}-ubyte"


NAMINGS = {
    "usual": ("", usual),
    "gzipped": ("", lambda part, role: usual(part, role) + ".gz"),
    "dots": ("", lambda part, role: usual(part, role).replace("-idx", ".idx")),
    "dots, gzipped": ("", lambda part, role: usual(part, role).replace("-idx", ".idx") + ".gz"),
    "upper case": ("", lambda part, role: usual(part, role).upper()),
    "test for t10k": ("", lambda part, role: usual(part, role).replace("t10k", "test")),
    "without idx": ("", lambda part, role: f"{part}-{role}.gz"),
    "torchvision, MNIST": ("MNIST/raw", usual),
    "torchvision, KMNIST": ("KMNIST/raw", usual),
    "torchvision, its own folder": ("raw", usual),
    "a folder below": ("fashion", usual),
    "QMNIST": ("", lambda part, role: f"qmnist-{part}-{'images-idx3-ubyte' if role == 'images' else 'labels-idx2-int'}.gz"),
    "a prefix": ("", lambda part, role: "kuzushiji-" + usual(part, role)),
}


@pytest.mark.parametrize("below, names", NAMINGS.values(), ids=list(NAMINGS))
def test_a_set_is_found_under_the_names_that_others_give_it(below, names, tmp_path):
    def content(part, role, values):
        if "qmnist" in names(part, role) and role == "labels":
            return int_idx(np.stack([values, *[np.full(len(values), 7)] * 7], axis=1))
        return idx(values)

    write_set(tmp_path / below, names, content)
    train, test = sn.load_idx(tmp_path)
    for data, rows, seed in ((train, 30, 1), (test, 20, 2)):
        images, t = made_up(rows, seed)
        assert np.array_equal(data.images, images.reshape(rows, -1)) and data.labels.tolist() == t.tolist()
        assert len(data.source) == 2


def test_of_two_files_for_the_same_thing_the_plain_one_counts(tmp_path):
    write_set(tmp_path, usual)
    write_set(tmp_path, lambda part, role: usual(part, role) + ".gz", lambda part, role, values: b"broken")
    assert len(sn.load_idx(tmp_path)[0]) == 30


@pytest.mark.parametrize("split, first", [("letters", 1), ("balanced", 0), ("mnist", 0)])
def test_emnist_is_upright_and_its_labels_start_from_0(split, first, tmp_path):
    def content(part, role, values):
        return idx(values.transpose(0, 2, 1) if role == "images" else values + first)

    names = lambda part, role: f"emnist-{split}-{usual(part, role).replace('t10k', 'test')}.gz"  # noqa: E731
    train, test = sn.load_idx(write_set(tmp_path, names, content), flatten=False)
    images, t = made_up(30, 1)
    assert np.array_equal(train.images[..., 0], images) and train.labels.tolist() == t.tolist()
    assert train.classes == test.classes == 4
    assert ("its labels are 1 to 4 in the files and 0 to 3 here" in repr(train)) == bool(first)


def test_labels_from_1_leave_no_empty_class_without_a_word(tmp_path):
    write_set(tmp_path, usual, lambda part, role, values: idx(values + (role == "labels")))
    with pytest.warns(UserWarning, match=r"no row has the label 0.*train\.labels - 1"):
        train, _ = sn.load_idx(tmp_path)
    assert train.labels.min() == 1 and "no row has the label 0" in repr(train)
    with pytest.raises(sn.InputError, match="start from 1, so write t - 1"):
        sn.Trainer(sn.mlp(36, [3], 4, seed=0), sn.SGD(0.1), batch_size=5).fit(train, steps=1)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "names",
    ["x_train y_train x_test y_test", "x_train t_train x_test t_test", "train_images train_labels test_images test_labels"],
)
def test_keras_npz_is_read_by_its_path_and_in_its_folder(save, names, tmp_path):
    images, t = made_up(30, 1)
    save(
        tmp_path / "mnist.npz",
        **dict(zip(names.split(), (images, t, images[:10], t[:10, None].astype(np.uint8)), strict=True)),
    )
    for place in (tmp_path, tmp_path / "mnist.npz", str(tmp_path / "mnist.npz")):
        train, test = sn.load_idx(place)
        assert np.array_equal(train.images, images.reshape(30, -1)) and train.images.dtype == np.uint8
        assert test.labels.tolist() == t[:10].tolist()
    assert sn.load_idx(tmp_path, flatten=False)[0].images.shape == (30, 6, 6, 1)
    assert list(train.source) == ["mnist.npz"]


def npz(**changes):
    images, t = made_up(30, 1)
    arrays = {"x_train": images, "y_train": t, "x_test": images[:10], "y_test": t[:10]} | changes
    file = io.BytesIO()
    np.savez_compressed(file, **{name: array for name, array in arrays.items() if array is not None})
    return file.getvalue()


BAD_NPZ = {
    "an array missing": (npz(y_test=None), "x_test, x_train, y_train, but the arrays x_train"),
    "objects": (npz(y_train=np.array([None] * 30)), "holds object, but numbers"),
    "one-hot": (npz(y_train=np.eye(4)[np.arange(30) % 4]), r"argmax\(axis=1\)"),
    "floats from 0 to 255": (npz(x_train=made_up(30, 1)[0].astype(np.float32)), "as pixels that are not scaled"),
    "fewer labels": (npz(y_train=np.zeros(29, int)), "30 images, but it 29 labels"),
    "bytes beyond 255": (npz(x_train=made_up(30, 1)[0] * np.int64(9)), "bytes from 0 to 255 are needed"),
    "cut short": (npz()[:-200], "not a whole .npz file"),
    "a web page": (b"<!DOCTYPE html><html>", "a web page"),
    "nothing": (b"", "is empty"),
}


@pytest.mark.parametrize("content, message", BAD_NPZ.values(), ids=list(BAD_NPZ))
def test_a_npz_file_that_cannot_be_used_is_refused_in_one_sentence(content, message, tmp_path):
    (tmp_path / "set.npz").write_bytes(content)
    with pytest.raises(sn.InputError, match=message) as error:
        sn.load_idx(tmp_path / "set.npz")
    assert "set.npz" in str(error.value) and "\n" not in str(error.value)


def tarred(content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("train"), io.BytesIO(content))
    return file.getvalue()


def zip_of(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("train", content)
    return file.getvalue()


SMALL_IMAGES = idx(made_up(30, 1)[0])
NOT_IDX = {
    "HTML": (b"\n<!DOCTYPE html>\n<html><head>", r"a web page \(HTML\).*download"),
    "HTML after a mark": (b"\xef\xbb\xbf<html lang=en>", "a web page"),
    "XML of a cloud": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "an XML document.*download"),
    "JSON": (b'{"message": "Not Found"}', "a JSON document"),
    "text": (b"404: Not Found", "a text that begins with '404: Not Found'"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
    "zip": (zip_of(SMALL_IMAGES), "a zip archive.*unzip it"),
    "tar": (tarred(SMALL_IMAGES), "a tar archive.*tar xf"),
    "bzip2": (bz2.compress(SMALL_IMAGES), "bunzip2"),
    "xz": (lzma.compress(SMALL_IMAGES), "unxz"),
    "npy": (b"\x93NUMPY\1\0", r"np\.load"),
    "a pickle": (pickle.dumps([1]), "a pickle"),
    "PNG": (PNG, "a picture"),
    "nothing": (b"", r"is empty \(0 bytes\)"),
    "a little-endian header": (struct.pack("<4I", 0x803, 30, 6, 6) + SMALL_IMAGES[16:], "little-endian header"),
    "little-endian sizes": (SMALL_IMAGES[:4] + struct.pack("<3I", 30, 6, 6) + SMALL_IMAGES[16:], "little-endian sizes"),
    "floats": (int_idx(made_up(30, 1)[0], ">f4", 13), "holds float32.*np.uint8"),
    "labels": (idx(np.zeros(30)), "holds labels.*swapped"),
}


@pytest.mark.parametrize("content, message", NOT_IDX.values(), ids=list(NOT_IDX))
def test_what_a_file_is_instead_of_images_is_said_plain_and_gzipped(content, message, tmp_path):
    write_set(tmp_path / "plain", usual)
    write_set(tmp_path / "zipped", lambda part, role: usual(part, role) + ".gz")
    (tmp_path / "plain" / TRAIN).write_bytes(content)
    (tmp_path / "zipped" / f"{TRAIN}.gz").write_bytes(content)
    for folder in ("plain", "zipped"):
        lies = folder == "zipped" and content[:1] in (b"\0", b"\3")  # it is an IDX file, more or less
        with pytest.raises(sn.InputError, match="not gzipped, though" if lies else message):
            sn.load_idx(tmp_path / folder)
    (tmp_path / "zipped" / f"{TRAIN}.gz").write_bytes(gzip.compress(content))
    with pytest.raises(sn.InputError) as error:
        sn.load_idx(tmp_path / "zipped")
    assert f"{TRAIN}.gz" in str(error.value) and "\n" not in str(error.value)


def test_a_suffix_that_lies_is_named_with_the_right_one(tmp_path):
    write_set(tmp_path / "a", lambda part, role: usual(part, role) + ".gz", lambda part, role, values: idx(values))
    path = tmp_path / "a" / f"{TRAIN}.gz"
    path.write_bytes(SMALL_IMAGES)
    with pytest.raises(sn.InputError, match=rf"not gzipped, though its name ends in \.gz: rename it to {TRAIN}$"):
        sn.load_idx(tmp_path / "a")
    path.unlink()
    (tmp_path / "a" / TRAIN).write_bytes(gzip.compress(SMALL_IMAGES))
    with pytest.raises(sn.InputError, match=rf"is gzipped, but its name does not end in \.gz: rename it to {TRAIN}\.gz"):
        sn.load_idx(tmp_path / "a")
    (tmp_path / "a" / TRAIN).rename(path)
    assert len(sn.load_idx(tmp_path / "a")[0]) == 30


def in_place_of(folder):
    (folder / TRAIN).unlink()
    (folder / TRAIN).mkdir()


def with_file_inside(folder):
    in_place_of(folder)
    (folder / TRAIN / TRAIN).write_bytes(SMALL_IMAGES)


def only_a_zip(folder):
    for path in folder.iterdir():
        path.unlink()
    (folder / "gzip.zip").write_bytes(zip_of(b""))


def second_set(folder):
    write_set(folder, lambda part, role: "kmnist-" + usual(part, role))


def sets_below(folder):
    for name in ("MNIST", "KMNIST"):
        write_set(folder / name / "raw", usual)
    for name in (TRAIN, TRAIN_LABELS, TEST, TEST_LABELS):
        (folder / name).unlink()


FOLDERS = {
    "a folder in place of a file": (in_place_of, "is a folder: put the file"),
    "a folder with the file in it": (with_file_inside, "move it up"),
    "a missing file": (remove(TEST_LABELS), f"there is no {TEST_LABELS} or {TEST_LABELS}.gz .*beside t10k-images"),
    "a zip archive alone": (only_a_zip, "holds no IDX files, but gzip.zip: unpack it"),
    "two sets": (second_set, "several sets .*kmnist"),
    "sets in two folders": (sets_below, r"several folders \(KMNIST.raw, MNIST.raw\): give one"),
}


@pytest.mark.parametrize("change, message", FOLDERS.values(), ids=list(FOLDERS))
def test_a_folder_without_one_whole_set_is_refused_with_the_next_step(change, message, tmp_path):
    folder = write_set(tmp_path / "set", usual)
    change(folder)
    with pytest.raises(sn.InputError, match=message) as error:
        sn.load_idx(folder)
    assert str(folder) in str(error.value) and "\n" not in str(error.value)


def test_a_file_of_a_set_is_no_folder(tmp_path):
    with pytest.raises(sn.InputError, match="but a file: give its folder"):
        sn.load_idx(write_set(tmp_path, usual) / TRAIN)


NOT_FOLDERS = {
    "set.zip": (zip_of(b""), "a zip archive.*unzip it first"),
    "set.npy": (b"\x93NUMPY", r"np\.load"),
    "missing.npz": (None, "there is no file .*missing.npz"),
    "two.npz": (npz(), None),
}


@pytest.mark.parametrize(
    "name, content, message", [(name, *row) for name, row in NOT_FOLDERS.items()], ids=list(NOT_FOLDERS)
)
def test_a_file_given_as_a_folder(name, content, message, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    if message is None:
        (tmp_path / "another.npz").write_bytes(content)
        name, message = "", r"2 \.npz files: give the path of one of them"
    with pytest.raises(sn.InputError, match=message):
        sn.load_idx(tmp_path / name)


def test_the_command_line_takes_them_too(tmp_path, capsys):
    (tmp_path / "keras.npz").write_bytes(npz())
    for data in (write_set(tmp_path / "torch" / "MNIST" / "raw", usual).parent.parent, tmp_path / "keras.npz"):
        assert len(Source(str(data)).load()[0]) == 30
    (tmp_path / "page.npz").write_bytes(b"<html>")
    for verb in ("spread", "compare"):
        assert main([verb, "--data", str(tmp_path / "page.npz"), "--out", str(tmp_path / "out")]) == 2
        assert "a web page" in capsys.readouterr().err


# Targets, and pixels as floats.


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
