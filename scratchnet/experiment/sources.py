"""Where the data of the runs come from. A `Source` goes to other processes, each of which loads the data once.

Read next: `pools`.
"""

import functools
from dataclasses import dataclass
from typing import Any

from scratchnet.data import Dataset, as_dataset, check_alike, load_idx, load_mnist
from scratchnet.support.validation import InputError


@dataclass(frozen=True)
class Source:
    """MNIST, or the IDX set in a folder, or (`given`) the two sets themselves, which then travel."""

    folder: str | None = None
    given: Any = None

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
        return self.given if self.given is not None else _from_disk(self.folder)


@functools.cache
def _from_disk(folder: str | None) -> tuple[Dataset, Dataset]:
    return load_mnist() if folder is None else load_idx(folder)


_own: Source | None = None  # of a process of our own pool


def set_source(source: Source) -> None:
    """Load the data that all runs of this process use."""
    global _own
    source.load()
    _own = source


def own_source() -> Source:
    """The source that this process was given when it started."""
    assert _own
    return _own
