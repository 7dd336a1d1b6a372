"""Whether the networks that are asked for fit in the memory. It is compared before any of them is made."""

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise

from scratchnet.experiment.texts import widths_text
from scratchnet.support.validation import InputError

BYTES = 32  # per weight, at most: W and dW, two arrays of Adam's, and the numbers that are drawn, which are float64
UNKNOWN = 2**33  # bytes of memory, where the system does not say
MOST_NETWORKS = 20  # of the largest size, or more that are smaller


def memory() -> int:
    """The bytes of memory that the machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return UNKNOWN


def weights(n_in: int, hidden: Sequence[int], n_out: int) -> int:
    """The number of weights of a multi-layer perceptron."""
    return sum(fan_in * fan_out for fan_in, fan_out in pairwise([n_in, *hidden, n_out]))


def check_memory(n_in: int, networks: Iterable[Sequence[int]], n_out: int) -> None:
    """Raise InputError if one of the networks with these hidden widths needs more memory than there is."""
    for hidden in networks:
        count = weights(n_in, hidden, n_out)
        if count * BYTES > memory():
            raise InputError(
                f"a network with the hidden widths {widths_text(hidden)} has {count:,} weights, but at most "
                f"{memory() // BYTES:,} fit in the memory: give smaller ones"
            )


def check_time(n_in: int, networks: Iterable[Sequence[int]], n_out: int) -> None:
    """Raise InputError if it would take very long to make all the networks with these hidden widths."""
    count = sum(weights(n_in, hidden, n_out) for hidden in networks)
    if count * BYTES > MOST_NETWORKS * memory():
        raise InputError(f"its networks have {count:,} weights in all, which are too many to draw: name another folder")
