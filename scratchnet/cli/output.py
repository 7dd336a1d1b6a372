"""Standard output and standard error of the command, and its messages: one line each, below 300 characters.

A stream may be closed, its disk may be full, its reader may be gone (`| head -1`). The work goes on all the same.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from scratchnet.support.tables import visible

LONGEST = 290  # characters of a message


class Output:
    """A stream to write to. After the first error, which is kept, it takes text and does nothing."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.error: OSError | None = None
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a code page without ± prints a ? and goes on

    def write(self, text: str) -> int:
        if self.error is None:
            try:
                self.stream.write(text)
            except OSError as error:
                self._end(error)
        return len(text)

    def flush(self) -> None:
        if self.error is None:
            try:
                self.stream.flush()
            except OSError as error:
                self._end(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @property
    def failed(self) -> bool:
        """Was there an error? A reader who has read enough is none."""
        return self.error is not None and self.error.errno not in (errno.EPIPE, errno.EINVAL)  # the second on Windows

    def _end(self, error: OSError) -> None:
        self.error = error
        if self.stream in (sys.__stdout__, sys.__stderr__):  # Python would try once more when it ends
            with suppress(OSError), open(os.devnull, "wb") as nothing:  # noqa: PTH123
                os.dup2(nothing.fileno(), self.stream.fileno())


@contextmanager
def outputs() -> Iterator[Output]:
    """Within, standard output and standard error take all that is written. Gives the first of them."""
    before = sys.stdout, sys.stderr
    open_closed_streams()
    out, err = Output(sys.stdout), Output(sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        yield out
    finally:
        out.flush()
        if out.failed:
            assert out.error
            say("", f"standard output cannot be written ({out.error.strerror})")
        err.flush()
        sys.stdout, sys.stderr = before


def open_closed_streams() -> None:
    """Open the null device for each of the three standard streams that is closed (`2>&-`).

    Else the next file that is opened would get its number, and with it what is written to standard error.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def say(verb: str, sentence: str) -> None:
    """One line on standard error."""
    print(one_line(f"{f'scratchnet {verb}'.strip()}: {sentence}"), file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """The text on one line, without its middle if it is too long, and with control characters as escapes."""
    text = " ".join(visible(text).split())
    half = LONGEST // 2 - 1
    return text if len(text) <= LONGEST else f"{text[:half]} … {text[-half:]}"
