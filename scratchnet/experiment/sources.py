"""Where the data of the runs come from. A `Source` goes to other processes; those of our own pool share its images.

Read next: `pools`.
"""

import copy
import functools
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from typing import Any

import numpy as np

from scratchnet.data import Dataset, as_dataset, check_alike, load_idx, load_mnist
from scratchnet.support.validation import Array, InputError


@dataclass(frozen=True)
class Source:
    """MNIST, or the IDX set in a folder, or (`given`) the two sets themselves, which then travel."""

    folder: str | None = None
    given: Any = None
    images: bool = False  # in their own shape (H, W, 1), or as rows

    @classmethod
    def of(cls, data: Any) -> "Source":
        """The source of `data`: None for MNIST, or a pair of sets."""
        if data is None:
            return cls()
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise InputError(
                f"data is a {type(data).__name__}, but a training and a test set are needed: a pair of sn.Dataset"
            )
        train, test = as_dataset("the training set", data[0]), as_dataset("the test set", data[1])
        check_alike(train, test)
        return cls(given=(train, test))

    def load(self) -> tuple[Dataset, Dataset]:
        """The training and the test set."""
        return self.given if self.given is not None else _from_disk(self.folder, not self.images)


@functools.lru_cache(maxsize=2)  # a set may be large
def _from_disk(folder: str | None, flatten: bool) -> tuple[Dataset, Dataset]:
    return load_mnist(flatten) if folder is None else load_idx(folder, flatten)


SharedImages = tuple[Any, np.dtype[Any], tuple[int, ...]]  # a RawArray, and the dtype and shape of what it holds


def share(source: Source) -> tuple[tuple[Dataset, Dataset], list[SharedImages]]:
    """The two sets without their images, and the images in memory that all processes of a pool share.

    The images go to processes that start, and only to these. The memory has no name that could be left behind. Sets from the
    disk keep no copy of their own in this process.
    """
    shared = []
    for data in source.load():
        memory = RawArray("B", data.images.nbytes)
        shared.append((memory, data.images.dtype, data.images.shape))
        np.frombuffer(memory, np.uint8)[:] = data.images.view().reshape(-1).view(np.uint8)
        if source.given is None:
            data.images = attached(shared[-1])
    train, test = (copy.copy(data) for data in source.load())
    train.images, test.images = train.images[:0], test.images[:0]
    return (train, test), shared


def attached(images: SharedImages) -> Array:
    """The images as an array, which is read-only, since other processes read it too."""
    memory, dtype, shape = images
    array = np.frombuffer(memory, dtype).reshape(shape)
    array.flags.writeable = False
    return array


_own: Source | None = None  # of a process of our own pool


def set_source(sets: tuple[Dataset, Dataset], images: list[SharedImages]) -> None:
    """Set the data that all runs of this process use."""
    global _own
    for data, shared in zip(sets, images, strict=True):
        data.images = attached(shared)
    _own = Source(given=sets)


def own_source() -> Source:
    """The source that this process was given when it started."""
    assert _own
    return _own
