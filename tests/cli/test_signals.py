"""A comparison on a terminal, and Ctrl-C: once, twice, and before anything has run."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import termios
import time
from pathlib import Path

import pytest
from cli.commands import CLEAN, FILES, finish, lines_of, start, wait_for


def on_a_terminal(*argv):
    """The command with a terminal of 120 letters of its own, and our end of it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))
    process = start(
        *argv,
        draw=False,
        stdin=theirs,
        stderr=theirs,
        env=CLEAN | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    return process, ours


def rest_of(ours):
    """What is shown on a terminal until the command ends."""
    seen = b""
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the other end was closed
            os.close(ours)
            return seen


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_bar_is_drawn_on_a_terminal(jobs, data):
    argv = ["compare", "--data", data, "--hidden", "8x2", "--steps", "300", "--seeds", "2", "--jobs", jobs]
    process, ours = on_a_terminal(*argv, "--init", "He", "1e9")
    seen = rest_of(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and b"He" in out
    assert b"\r" in seen and b"1200/1200" in seen and b"step/s" in seen and b", seed " in seen
    assert b"loss" in seen and b"diverged 2" in seen


def test_ctrl_c_on_a_terminal_reaches_the_workers_too_who_go_on(data):
    argv = ["compare", "--data", data, "--hidden", "8", "--steps", "3000", "--seeds", "60", "--jobs", "2"]
    process, ours = on_a_terminal(*argv, "--init", "He", "--out", "here")
    wait_for(lambda: lines_of(Path("here/results.jsonl")), process)
    os.write(ours, b"\x03")
    seen = rest_of(ours)
    out, _ = process.communicate(timeout=60)
    runs = lines_of(Path("here/results.jsonl"))
    assert process.returncode == 130 and b"finishing the runs in hand" in seen and b"Traceback" not in seen
    assert 2 <= runs < 60 and f"Stopped after {runs} of 60 runs".encode() in out


@pytest.fixture
def long_comparison(data):
    """A comparison of 120 runs, caught after its first: minutes, if left alone."""
    argv = ["compare", "--data", data, "--hidden", "8", "--seeds", "60", "--init", "He", "Xavier", "--out", "here"]
    process = start(*argv, "--steps", "6000")
    try:
        wait_for(lambda: lines_of(Path("here/results.jsonl")), process)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_ctrl_c_once_finishes_the_run_in_hand_and_writes_what_there_is(long_comparison):
    before = lines_of(Path("here/results.jsonl"))
    long_comparison.send_signal(signal.SIGINT)
    code, out, err = finish(long_comparison)
    assert code == 130 and b"Traceback" not in err and b"finishing the runs in hand" in err
    runs = [json.loads(line) for line in Path("here/results.jsonl").read_text().splitlines()]
    # the two in hand, and others if they ended while the signal was under way
    assert before <= len(runs) <= before + 4 and all(run["steps"] == 6_000 for run in runs)
    assert f"Stopped after {len(runs)} of 120 runs;".encode() in out
    assert {path.name for path in Path("here").iterdir()} == FILES
    assert len(Path("here/results.csv").read_text().splitlines()) == 1 + len(runs)


def test_ctrl_c_twice_stops_at_once_and_keeps_what_is_finished(long_comparison):
    before = lines_of(Path("here/results.jsonl"))
    long_comparison.send_signal(signal.SIGINT)
    shown = b""
    while b"again stops now" not in shown:
        shown += long_comparison.stderr.readline()
    long_comparison.send_signal(signal.SIGINT)
    code, _, err = finish(long_comparison)
    assert code == 130 and b"Traceback" not in shown + err
    assert before <= lines_of(Path("here/results.jsonl")) <= before + 2  # of those in hand, one may have ended meanwhile
    assert all(json.loads(line)["steps"] == 6_000 for line in Path("here/results.jsonl").read_text().splitlines())
    assert not list(Path("here").glob(".*part"))


def test_ctrl_c_before_anything_has_run_is_130(data):
    settings = ["--hidden", "8", "--seeds", "1", "--init", "He", "--steps", "1000000000", "--jobs", "1", "--out", "here"]
    process = start("compare", "--data", data, *settings)
    try:
        wait_for(lambda: re.search(rb"time", process.stderr.readline()), process)
        time.sleep(0.3)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        code, _, err = finish(process)
    finally:
        process.kill()
    assert code == 130 and b"Traceback" not in err
