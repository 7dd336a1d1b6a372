"""Ctrl-C during a comparison."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Ctrl-C once: the runs in progress are the last, and their results are written. Twice: stop now.

    Gives the function that says whether to stop; after the second Ctrl-C it raises KeyboardInterrupt.
    """
    presses = 0

    def press(*_: object) -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            print("\nfinishing the runs in hand; Ctrl-C again stops now", file=sys.stderr)

    def stop() -> bool:
        if presses > 1:
            raise KeyboardInterrupt
        return presses == 1

    before = signal.signal(signal.SIGINT, press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
