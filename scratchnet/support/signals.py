"""Ctrl-C (SIGINT) and SIGTERM end the command at once: one line on stderr, exit code 130 or 143.

`scratchnet.cli` imports this module first. In the process of the command `scratchnet` the two signals then end the process
wherever it is. Nothing is raised: an exception in the middle of an import, or of a library's work, ends in a traceback.
In any other program this module changes nothing.
"""

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}

_said = False  # whether a line about a signal has been written
_held = 0  # how many `held` contexts there are
_waiting: int | None = None  # the signal that came meanwhile


def is_the_command() -> bool:
    """Whether this process is `scratchnet …`, or `python -m scratchnet …`, which runs scratchnet/__main__.py."""
    name = sys.argv[0].replace("\\", "/").removesuffix("/__main__.py") if sys.argv else ""
    return name.rpartition("/")[2].partition(".")[0] == "scratchnet"


def end(number: int, _: object = None) -> None:
    """End the process, or let a `held` context end first. The pool's processes end with their parent."""
    global _waiting
    if _held:
        _waiting = _waiting or number
        return
    ignore()
    if not _said:
        say(SIGNALS[signal.Signals(number)])
    os._exit(128 + number)


def ignore() -> None:
    """From now on neither signal does anything."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def say(line: str) -> None:
    """Write a line to stderr, past its buffer, which a signal may have found half filled."""
    global _said
    _said = True
    with suppress(OSError):
        os.write(2, f"{os.linesep * os.isatty(2)}{line}{os.linesep}".encode())


@contextmanager
def held() -> Iterator[None]:
    """Signals wait until the context ends. A process that is started within has both signals blocked for good.

    Used where a file would be left half written, and where a process is started, which would otherwise get Ctrl-C before
    its first line.
    """
    global _held
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS) if hasattr(signal, "pthread_sigmask") else None
    _held += 1  # the mask is that of this thread: another one may get the signal, and Python's handler runs all the same
    try:
        yield
    finally:
        _held -= 1
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if _waiting and not _held:
            end(_waiting)


if is_the_command():
    for number, default in {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}.items():
        if signal.getsignal(number) is default:  # it may be ignored, as SIGINT is in a shell's background
            signal.signal(number, end)
    atexit.register(ignore)  # the work is done, and the exit code stands
