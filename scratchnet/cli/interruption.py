"""Ctrl-C during a comparison."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from scratchnet.support.signals import say


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Ctrl-C once: the runs in progress are the last, and their results are written. Twice: stop now.

    Gives the function that says whether to stop.
    """
    pressed = False
    before = signal.getsignal(signal.SIGINT)

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if not pressed:
            pressed = True
            say("finishing the runs in hand; Ctrl-C again stops now")
        elif callable(before):
            before(number, frame)

    if not callable(before):  # it is ignored, as in a shell's background
        yield lambda: False
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
