"""Data sets of others, by the names that they have: Fashion-MNIST, EMNIST, .npz files, and what is none."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from data.files import PNG, TEST, TEST_LABELS, TRAIN, TRAIN_LABELS, remove
from small import idx, made_up

import scratchnet as sn
from scratchnet.cli import main
from scratchnet.experiment.sources import Source


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
