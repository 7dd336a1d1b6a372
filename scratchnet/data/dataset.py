"""Rows and what belongs to them: labels, or the targets of a regression. Read next: `batches`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from scratchnet.support.validation import (
    Array,
    InputError,
    as_array,
    finite,
    float_array,
    labels,
    len_of,
    no_pixels,
    shown,
)

WITH_CLASSES = "sn.Dataset(images, t)"
SCALE = np.float32(1 / 255)
ROWS_LOOKED_AT = 1000  # for a fingerprint


class Dataset:
    """Rows and their labels; `data[rows]` is a batch (x, t) for a slice or an array of row numbers.

    x is float32. `images` may be uint8, which is kept (a quarter of the memory) and scaled to 0..1 batch by batch, or
    floats, which are not scaled: floats that seem to be pixels from 0 to 255 are refused. t (N,) holds class numbers.
    `source` maps file names to their SHA-256.

    `x, t = data` gives all rows at once; as floats, bytes take four times the memory.
    """

    def __init__(self, images: Any, t: Any, source: dict[str, str] | None = None) -> None:
        self._set_images(images, source)
        try:
            self.labels = labels(t, len(self)).astype(np.int64)
            if self.labels.min() < 0:
                raise InputError(f"a label is {self.labels.min()}, but class numbers start from 0: write t - t.min()")
        except InputError as error:
            if isinstance(t, range) or not _is_one_per_row(t, len(self)):
                raise
            raise InputError(f"{error}; for targets of another loss, sn.Dataset.with_targets(images, t)") from error

    @classmethod
    def with_targets(cls, images: Any, t: Any, source: dict[str, str] | None = None) -> Self:
        """Rows and targets of any shape (N,) or (N, …), for MSE or a loss of your own. Floats become float32."""
        data = cls.__new__(cls)
        data._set_images(images, source)
        if isinstance(t, range | list | tuple) and len_of(t) != len(data):
            raise InputError(f"there are {len_of(t)} targets for {len(data)} rows: give one for each row")
        t = as_array("the targets", t)
        if t.dtype.kind not in "fiub":
            raise InputError(f"the targets hold {t.dtype}, but real numbers are needed: write them as floats")
        if t.shape[:1] != (len(data),):
            raise InputError(f"the targets have shape {t.shape}, but there are {len(data)} rows: give one for each row")
        if t.dtype.kind == "f":
            t = finite("t", float_array("t", t, np.float32))
        data.labels = t.astype(np.int64) if t.ndim == 1 and t.dtype.kind in "iu" else t
        return data

    def _set_images(self, images: Any, source: Any) -> None:
        images = as_array("images", images)
        if images.ndim < 2 or images.size == 0:
            raise InputError(f"the images have shape {images.shape}, but at least one row is needed, one per image")
        if images.dtype != np.uint8:
            images = no_pixels("images", finite("images", float_array("images", images, np.float32)))
        if source is not None and not isinstance(source, dict):
            raise InputError(f"source is {shown(source)}, but a dictionary of file names and their SHA-256 is needed")
        self.images, self.source, self.note = images, source or {}, ""

    @property
    def has_classes(self) -> bool:
        """Are the labels class numbers?"""
        return self.labels.ndim == 1 and self.labels.dtype.kind == "i" and int(self.labels.min()) >= 0

    @property
    def classes(self) -> int:
        """One more than the greatest label."""
        if not self.has_classes:
            raise InputError(
                f"t holds {self.labels.dtype} of shape {self.labels.shape}, not class numbers: see {WITH_CLASSES}"
            )
        return int(self.labels.max()) + 1

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> tuple[Array, Array]:
        # take is twice as fast as images[rows] for row numbers
        is_rows = isinstance(rows, np.ndarray) and rows.dtype.kind in "iu"
        images = self.images.take(rows, axis=0) if is_rows else self.images[rows]
        x = images
        if images.dtype == np.uint8:
            x = images.astype(np.float32)
            x *= SCALE
        return x, self.labels[rows]

    def __repr__(self) -> str:
        t = f"{self.classes} classes" if self.has_classes else f"targets of shape {self.labels.shape[1:]}"
        note = f"; {self.note}" if self.note else ""
        return f"<Dataset: {len(self):,} rows of shape {self.images.shape[1:]}, {t}{note}>"

    def __iter__(self) -> Iterator[Array]:
        """x and t of all rows, so that `x, t = data` takes the set apart."""
        return iter(self[:])

    def chunks(self, rows: int, end: int | None = None) -> Iterator[tuple[Array, Array]]:
        """The rows before `end` (by default, all rows) in order, `rows` at a time."""
        end = len(self) if end is None else end
        for start in range(0, end, rows):
            yield self[start : min(start + rows, end)]


def _is_set(given: Any) -> bool:
    is_pair = isinstance(given, tuple | list) and len(given) == 2
    return isinstance(given, Dataset) or (is_pair and isinstance(given[0], np.ndarray) and given[0].ndim > 1)


def _is_one_per_row(t: Any, rows: int) -> bool:
    """Could `t` be targets of another loss than SoftmaxCrossEntropy?"""
    try:
        t = as_array("the targets", t)
    except InputError:
        return False
    return t.shape[:1] == (rows,) and t.dtype.kind in "fiu"


def as_dataset(name: str, given: Any, any_targets: bool = False) -> Dataset:
    """`given` itself, if it is a Dataset, or a Dataset made from a pair (x, t), of class numbers or `any_targets`."""
    if isinstance(given, Dataset):
        return given
    if not isinstance(given, tuple | list) or len(given) != 2:
        size = f" of {len(given)}" if isinstance(given, tuple | list) else ""
        size = f" of shape {given.shape}" if isinstance(given, np.ndarray) else size
        what = "None" if given is None else f"a {type(given).__name__}{size}"
        raise InputError(f"{name} is {what}, but a Dataset or a pair (x, t) is needed, both in one pair of brackets")
    if all(_is_set(part) for part in given):
        raise InputError(f"{name} is a pair of sets, but one set is needed: write fit(train, test=test) for the two parts")
    return (Dataset.with_targets if any_targets else Dataset)(*given)


def check_shapes(train: Dataset, test: Dataset, where: str = "") -> None:
    """Raise InputError unless the rows of both sets have the same shape."""
    shapes = train.images.shape[1:], test.images.shape[1:]
    if shapes[0] != shapes[1]:
        raise InputError(f"{where}training rows have shape {shapes[0]}, but test rows {shapes[1]}: give both one shape")


def check_alike(train: Dataset, test: Dataset, where: str = "") -> None:
    """Raise InputError unless the rows have the same shape, and training has every class of the test set."""
    check_shapes(train, test, where)
    for name, data in (("training", train), ("test", test)):
        if not data.has_classes:
            raise InputError(
                f"{where}the {name} set has targets {data.labels.dtype}{data.labels.shape}, but class numbers are needed: "
                f"give {WITH_CLASSES} with one whole number per row"
            )
    if test.classes > train.classes:
        raise InputError(
            f"{where}a test label is {test.classes - 1}, but the training labels end at {train.classes - 1}: "
            "the two parts do not belong to one set"
        )


def fingerprint(data: Dataset) -> str:
    """The number of the rows, their shape and dtype, and a hash of all labels and of about 1,000 rows, evenly spread."""
    digest = hashlib.sha256(data.labels.tobytes())
    digest.update(data.images[:: max(1, len(data) // ROWS_LOOKED_AT)].tobytes())
    return f"{len(data)} rows of {data.images.dtype}{data.images.shape[1:]} with hash {digest.hexdigest()[:16]}"
