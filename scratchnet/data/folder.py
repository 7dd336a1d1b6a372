"""Which files of a folder make up a set: the names of MNIST, Fashion-MNIST, KMNIST, EMNIST, QMNIST, Kaggle, torchvision and
Keras. Read next: `idx`.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.data.dataset import Dataset, check_alike
from scratchnet.data.idx import read_idx
from scratchnet.data.other_files import PEEK, what_it_is
from scratchnet.support.validation import Array, InputError, a_path, flag

NAME = re.compile(
    r"(?P<prefix>.*?)[-_.]?(?P<part>train|t10k|test)[-_.](?P<role>images|labels)(?P<tail>[-_.]idx\d[-_.][a-z]+)?(?P<zipped>\.gz)?",
    re.IGNORECASE,
)
FILES = {  # what is needed: its usual name
    ("train", "images"): "train-images-idx3-ubyte",
    ("train", "labels"): "train-labels-idx1-ubyte",
    ("test", "images"): "t10k-images-idx3-ubyte",
    ("test", "labels"): "t10k-labels-idx1-ubyte",
}
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar")
MOST_FOLDERS = 1000  # that are looked into
PIECE = 1000  # images that are transposed at a time

Found = dict[tuple[str, str], Path]


@dataclass(frozen=True)
class Raw:
    """Images and labels as the files hold them, with the SHA-256 of each file."""

    images: Array
    labels: Array
    source: dict[str, str]
    where: str
    labels_in: str = "it"


def load_idx(folder: str | Path, flatten: bool = True) -> tuple[Dataset, Dataset]:
    """A training and a test set from the four IDX files in a folder: MNIST, Fashion-MNIST, KMNIST, EMNIST, or your own.

    The files have MNIST's names, `train-images-idx3-ubyte` and so on, with a dash or a dot before idx, gzipped (.gz) or
    not, or those of EMNIST or QMNIST. They stand in the folder, or in a folder below, such as torchvision's `MNIST/raw`.
    A folder with one .npz file of the arrays x_train, y_train, x_test and y_test, as Keras has it, or the path of that
    file, will do too.

    EMNIST's files hold each image transposed, and the labels of its letters start from 1: here the images are upright, and
    labels start from 0. With flatten=False, rows have shape (H, W, 1).
    """
    folder = a_path("the folder", folder)
    flatten = flag("flatten", flatten)
    if folder.suffix.lower() == ".npz" and os.path.isfile(folder):  # noqa: PTH113, False for a name that is too long
        raw, prefix = _from_npz(folder), ""
    else:
        raw, prefix = _from_folder(folder)
    for one in raw:
        if len(one.images) != len(one.labels):
            raise InputError(
                f"{one.where} holds {len(one.images)} images, but {one.labels_in} {len(one.labels)} labels: get both again"
            )
        if len(one.images) == 0:
            raise InputError(f"{one.where} holds no images: get the file again")
    shift, note = _first_label(folder, prefix, *(part.labels for part in raw))
    train, test = (_dataset(part, prefix, shift, note) for part in raw)
    check_alike(train, test, f"{folder}: ")
    for part in (train, test):
        images = part.images
        if not flatten and images.ndim == 2:
            raise InputError(f"{folder} holds rows of {images.shape[1]} numbers, no images: leave out flatten=False")
        part.images = images.reshape(len(images), -1) if flatten else images[..., None] if images.ndim == 3 else images
    return train, test


def _dataset(part: Raw, prefix: str, shift: int, note: str) -> Dataset:
    images = part.images
    if prefix.lower().startswith("emnist"):
        images = _transposed(images)
    try:
        data = Dataset(images, part.labels.astype(np.int64) - shift, part.source)
    except InputError as error:
        raise InputError(f"{part.where}: {error}") from error
    data.note = note
    return data


def _transposed(images: Array) -> Array:
    """The images (N, H, W) with H and W exchanged, in the same memory if they are square."""
    if images.shape[1] != images.shape[2]:
        return np.ascontiguousarray(images.transpose(0, 2, 1))
    for start in range(0, len(images), PIECE):
        piece = images[start : start + PIECE]
        piece[:] = piece.transpose(0, 2, 1).copy()
    return images


def _first_label(folder: Path, prefix: str, train: Array, test: Array) -> tuple[int, str]:
    """What is subtracted from the labels, and a sentence about it. No set begins with an empty class without a word."""
    if train.min() != 1 or test.min() < 1:
        return 0, ""
    last = train.max()
    if prefix.lower().startswith("emnist"):
        return 1, f"its labels are 1 to {last} in the files and 0 to {last - 1} here"
    warnings.warn(
        f"{folder}: no row has the label 0, so class 0 is empty: if the labels mean 1 to {last}, write "
        "sn.Dataset(train.images, train.labels - 1)",
        stacklevel=3,
    )
    return 0, "no row has the label 0"


def _from_npz(path: Path) -> tuple[Raw, Raw]:
    from scratchnet.data.npz import read_npz  # zipfile is slow to load, and MNIST needs none

    arrays, sha256 = read_npz(path)
    parts = []
    for part, images, labels in (("training", arrays[0], arrays[1]), ("test", arrays[2], arrays[3])):
        where = f"{path}, {part} part,"
        if images.ndim < 2:
            raise InputError(f"{where} has images of shape {images.shape}, but at least (N, D) is needed: save them again")
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.dtype.kind not in "iu" or labels.ndim != 1:
            raise InputError(
                f"{where} has labels of {labels.dtype} of shape {labels.shape}, but one class number per row is needed: "
                "save it with t.argmax(axis=1), if they are one-hot, or with t.astype(int)"
            )
        parts.append(Raw(_as_bytes(where, images), labels, {path.name: sha256}, where))
    return parts[0], parts[1]


def _as_bytes(where: str, images: Array) -> Array:
    """Whole numbers from 0 to 255 as bytes; floats as they are."""
    if images.dtype.kind == "f" or images.dtype == np.uint8 or images.size == 0:
        return images
    if images.min() < 0 or images.max() > 255:
        raise InputError(
            f"{where} has pixels from {images.min()} to {images.max()}, but bytes from 0 to 255 are needed: scale them first"
        )
    return images.astype(np.uint8)


def _from_folder(folder: Path) -> tuple[tuple[Raw, Raw], str]:
    if not os.path.isdir(folder):  # noqa: PTH112, unlike Path.is_dir it returns False for a name that is too long
        raise _no_folder(folder)
    if not os.access(folder, os.R_OK | os.X_OK):
        raise InputError(f"{folder} cannot be read: ask for the right to read it")
    try:
        prefix, files = _find(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({error.strerror or error}): check its permissions") from error
    if isinstance(files, Path):
        return _from_npz(files), ""
    train, test = (_read_part(files, part) for part in ("train", "test"))
    return (train, test), prefix


def _read_part(files: Found, part: str) -> Raw:
    images_path, labels_path = files[part, "images"], files[part, "labels"]
    images, images_sha256 = read_idx(images_path, "images")
    labels, labels_sha256 = read_idx(labels_path, "labels")
    source = {images_path.name: images_sha256, labels_path.name: labels_sha256}
    return Raw(images, labels, source, str(images_path), labels_path.name)


def _find(folder: Path) -> tuple[str, Found | Path]:
    """(prefix of the names, the four files), or ("", an .npz file): in the folder itself, or in one below."""
    below = sorted(entry for entry in _entries(folder) if entry.is_dir() and not NAME.fullmatch(entry.name))[:MOST_FOLDERS]
    places = [place for place in (folder / "raw", *below, *(entry / "raw" for entry in below)) if place.is_dir()]
    found = [(place, sets) for place in dict.fromkeys([folder, *places]) if (sets := _sets(place))]
    if len(found) > 1 and found[0][0] != folder:
        names = ", ".join(str(place.relative_to(folder)) for place, _ in found[:5])
        raise InputError(f"{folder} holds sets in several folders ({names}): give one of these")
    if found:
        return _one_of(*found[0])
    for place in [folder, *(place for place in places if place.name == "raw")]:
        if archives := [entry.name for entry in _entries(place) if entry.name.lower().endswith(ARCHIVES)]:
            raise InputError(f"{place} holds no IDX files, but {archives[0]}: unpack it there first")
    npz = [entry for entry in _entries(folder) if entry.suffix.lower() == ".npz"]
    if len(npz) > 1:
        raise InputError(f"{folder} holds {len(npz)} .npz files: give the path of one of them, such as {npz[0]}")
    if npz:
        return "", npz[0]
    raise InputError(
        f"there is no {FILES['train', 'images']} or {FILES['train', 'images']}.gz in {folder}: the four files of an IDX set "
        "are needed there"
    )


def _no_folder(path: Path) -> InputError:
    if not os.path.isfile(path):  # noqa: PTH113
        kind = "file" if path.suffix.lower() == ".npz" else "folder"
        return InputError(f"there is no {kind} {path}: give a folder that holds the four IDX files, such as datasets/mnist")
    try:
        with path.open("rb") as file:
            found = None if NAME.fullmatch(path.name) else what_it_is(file.read(PEEK))
    except OSError:
        found = None
    if found:
        return InputError(f"{path} is {found[0]}, but a folder with the four IDX files is needed: {found[1]}")
    return InputError(f"there is no folder {path}, but a file: give its folder, such as datasets/mnist")


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if os.access(folder, os.R_OK | os.X_OK) else []


def _sets(folder: Path) -> dict[str, Found]:
    """{prefix: the files found}. Of two files for the same thing, the plain one with the usual name comes first."""
    sets: dict[str, Found] = {}
    matches = [(match, entry) for entry in _entries(folder) if (match := NAME.fullmatch(entry.name))]
    for match, entry in sorted(matches, key=_preference):
        key = "train" if match["part"].lower() == "train" else "test", match["role"].lower()
        sets.setdefault(match["prefix"], {}).setdefault(key, entry)
    return sets


def _preference(found: tuple[Any, Path]) -> tuple[bool, bool, bool, str]:
    match, entry = found
    return not entry.is_file(), bool(match["zipped"]), not (match["tail"] or ".").startswith("-"), entry.name


def _one_of(folder: Path, sets: dict[str, Found]) -> tuple[str, Found]:
    """The set in a folder. Raises InputError if there are several, or if one of its files is missing."""
    whole = [prefix for prefix, files in sets.items() if len(files) == len(FILES)]
    if len(whole) > 1:
        raise InputError(
            f"{folder} holds several sets ({', '.join(_shown(whole))}): move the four files of one into a folder of its own"
        )
    prefix = whole[0] if whole else max(sets, key=lambda prefix: len(sets[prefix]))
    files = sets[prefix]
    for (part, role), usual in FILES.items():
        name = f"{prefix}-{usual}" if prefix else usual
        if (part, role) not in files:
            raise InputError(
                f"there is no {name} or {name}.gz in {folder}, beside {next(iter(files.values())).name}: the four files of "
                "an IDX set are needed there"
            )
        path = files[part, role]
        if not path.is_file():
            inside = " with the file in it: move it up" if (path / path.name).is_file() else ": put the file in its place"
            raise InputError(f"{path} is {'a folder' if path.is_dir() else 'no file'}{inside}")
    return prefix, files


def _shown(prefixes: Iterable[str]) -> list[str]:
    return [prefix or "train-…" for prefix in prefixes][:5]
