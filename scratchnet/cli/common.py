"""What several verbs do: load data, show figures."""

import sys
from collections.abc import Callable
from typing import Any

from scratchnet.data import Dataset, load_idx, load_mnist
from scratchnet.support.validation import InputError


def load_data(folder: str | None) -> tuple[Dataset, Dataset]:
    return load_mnist() if folder is None else load_idx(folder)


def try_out(label: str, work: Callable[[], object]) -> None:
    """Do a little of the work with what a reader's file holds, so that a mistake in it shows at once, in one sentence."""
    try:
        work()
    except InputError as error:
        raise InputError(f"{label}: {error}") from error
    except Exception as error:
        raise InputError(f"{label}: {type(error).__name__}: {error}") from error


def show(figures: Callable[[Callable[[], Any]], object]) -> None:
    """Draw the figures once more, in windows."""
    import matplotlib
    import matplotlib.pyplot as plt

    figures(plt.figure)
    if matplotlib.get_backend().lower() == "agg":
        print("there is no display to show figures on; they are in the folder above", file=sys.stderr)
    else:
        plt.show()
    plt.close("all")
