"""Which processes a test has started, and their children: all that have a mark in their environment. Linux only."""

import os
import time
from pathlib import Path

CAN_LIST = Path("/proc/self/environ").exists()


def new_mark():
    """A variable and its value, for the environment of a process."""
    return {"SCRATCHNET_TEST": f"{os.getpid()}-{time.monotonic_ns()}"}


def running(mark):
    """The command lines of all processes that have this mark, by their number."""
    text = "=".join(*mark.items()).encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if text in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_bytes()
        except OSError:  # it has just ended, or is another user's
            continue
    return found


def left_after(mark, seconds=5):
    """The processes with this mark that have not ended after some seconds."""
    until = time.monotonic() + seconds
    while (left := running(mark)) and time.monotonic() < until:
        time.sleep(0.02)
    return left
