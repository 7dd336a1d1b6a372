"""MNIST. Nothing is downloaded: the package holds the four files, and verifies their hashes. Read next: `folder`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scratchnet.data.dataset import Dataset
from scratchnet.data.folder import load_idx
from scratchnet.support.validation import InputError, flag

MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def load_mnist(flatten: bool = True, normalize: bool = True, one_hot_label: bool = False) -> tuple[Dataset, Dataset]:
    """The real MNIST: 60,000 training and 10,000 test images of digits.

    Rows have shape (784,), or (28, 28, 1) with flatten=False. As in the book,

        (x_train, t_train), (x_test, t_test) = sn.load_mnist()

    gives arrays; x_train takes 188 MB, where `train, test = sn.load_mnist()` takes 47 MB. The pixels of a batch are always
    scaled to 0..1: for the bytes, take `train.images`. With one_hot_label=True, t (N, 10) holds rows of floats, for MSE.
    Raises InputError if a file is missing or altered.
    """
    if not flag("normalize", normalize):
        raise InputError(
            "normalize is False, but batches are always scaled to 0..1, which training needs: leave normalize out, and for "
            "the bytes from 0 to 255 write train.images"
        )
    one_hot_label = flag("one_hot_label", one_hot_label)
    here = Path(__file__).resolve().parent.parent
    folders = [here / "datasets" / "mnist", here.parent / "datasets" / "mnist"]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        raise InputError(f"MNIST is missing from the package (looked in {folders[0]}): install scratchnet again")
    train, test = load_idx(folder, flatten)
    found = train.source | test.source
    for name, expected in MNIST_SHA256.items():
        if found.get(name) != expected:
            raise InputError(f"{folder / name} is not the official file (its SHA-256 differs): install scratchnet again")
    if one_hot_label:
        rows = np.eye(train.classes, dtype=np.float32)
        train, test = (Dataset.with_targets(part.images, rows[part.labels], part.source) for part in (train, test))
    return train, test


def is_mnist(source: Mapping[str, str]) -> bool:
    """Are these digests, by the names of the files, those of MNIST?"""
    return bool(source) and set(source.values()) <= set(MNIST_SHA256.values())
