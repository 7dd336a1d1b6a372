"""SIGINT and SIGTERM at any moment, once and twice, to the command or to its group: one line, 130 or 143, nothing left.

SCRATCHNET_TRIES=100 makes a hundred more tries, each at a random moment.
"""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from cli.commands import CLEAN, finish, lines_of, start
from processes import CAN_LIST, left_after, new_mark, running

pytestmark = pytest.mark.skipif(not CAN_LIST, reason="reads Linux's list of processes")

INT, TERM = signal.SIGINT, signal.SIGTERM
RESULTS = Path("here/results.jsonl")


def wait_for(condition, process, seconds=40):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.005)


MOMENTS = {  # options, and what to wait for: given the process and its mark
    "imports": (["--jobs", "1"], lambda process, _: "_multiarray_umath" in Path(f"/proc/{process.pid}/maps").read_text()),
    "workers start": (["--jobs", "2"], lambda _, mark: any(b"spawn_main" in line for line in running(mark).values())),
    "training": (["--jobs", "1"], lambda *_: lines_of(RESULTS)),
    "training by two": (["--jobs", "2"], lambda *_: lines_of(RESULTS)),
    "figures": (["--jobs", "1", "--seeds", "1", "--steps", "5"], lambda *_: Path("here/spread.csv").exists()),
}
# Without these two, figures and page are not written, which saves a second.
DRAWN = ("imports", "figures")
TABLE = [(INT, "process", False), (TERM, "group", False), (INT, "group", True), (TERM, "process", True)]


def interrupt(data, moment, number, target, twice, delay=0.0, pause=0.05):
    """Start a comparison, send the signal at that moment, and assert how it ends."""
    mark = new_mark()
    options, reached = MOMENTS[moment]
    argv = ["compare", "--data", data, "--hidden", "8", "--steps", "1500", "--seeds", "60", "--init", "He", *options]
    settings = {"draw": moment in DRAWN, "env": CLEAN | mark, "start_new_session": True}
    process = start(*argv, "--quiet", "--out", "here", **settings)
    try:
        wait_for(lambda: reached(process, mark), process)
        time.sleep(delay)
        for press in range(1 + twice):
            if press:
                time.sleep(pause)
            if process.poll() is None:
                (os.killpg if target == "group" else os.kill)(process.pid, number)
        code, out, err = finish(process)
        left = left_after(mark)
    finally:
        for pid in running(mark):
            os.kill(pid, signal.SIGKILL)
    assert not left
    if delay and code == 0:  # it had ended
        assert not err
    else:
        assert (code, len(err.splitlines())) == (128 + number, 1), err
    assert b"Traceback" not in err
    if Path("here").exists():
        assert not list(Path("here").glob(".*part"))
    if RESULTS.exists():
        runs = [json.loads(line) for line in RESULTS.read_text().splitlines()]
        assert len({run["key"] for run in runs}) == len(runs) and len(runs) <= 60
    return out, err


@pytest.mark.parametrize("number, target, twice", TABLE)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_ends_the_command(moment, number, target, twice, data):
    out, err = interrupt(data, moment, number, target, twice)
    if number == TERM:
        assert err == b"terminated\n"
    elif moment in ("imports", "figures"):
        assert err == b"interrupted\n"
    else:
        assert err.startswith(b"finishing the runs in hand") or moment == "workers start"
        assert twice or moment == "workers start" or b"Stopped after" in out


@pytest.mark.parametrize("seed", range(int(os.environ.get("SCRATCHNET_TRIES", "1"))))
def test_a_signal_at_a_random_moment(seed, data):
    draw = random.Random(seed)
    moment, number, target = draw.choice(list(MOMENTS)), draw.choice([INT, TERM]), draw.choice(["process", "group"])
    interrupt(data, moment, number, target, draw.random() < 0.5, draw.uniform(0, 1), draw.uniform(0, 0.5))
