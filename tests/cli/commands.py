"""What the tests of the command line share: a quick comparison's options, and the command in a process of its own."""

import os
import subprocess
import sys
import time

from small import DRAW_NOTHING

# Small, and in this process: to start others takes most of a second each.
QUICK = ["--hidden", "8x2", "--steps", "6", "--seeds", "2", "--batch-size", "16", "--jobs", "1"]
FILES = {"run.json", "results.jsonl", "results.csv", "spread.csv", "report.html"} | {
    f"{name}.png" for name in ("loss", "activations", "activations_after", "spread", "update_ratios")
}
CLEAN = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONIOENCODING")}


def start(*argv, draw=True, **settings):
    """The command in a process of its own, with its figures and page or without."""
    command = ["-m", "scratchnet"] if draw else ["-c", DRAW_NOTHING]
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": CLEAN} | settings
    return subprocess.Popen([sys.executable, "-W", "error", *command, *argv], **settings)


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def wait_for(condition, process):
    until = time.monotonic() + 40
    while not condition():
        assert process.poll() is None and time.monotonic() < until, process.stderr.read()
        time.sleep(0.02)


def lines_of(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def assert_one_line(code, out, err, message):
    assert code in (1, 2), (code, err)
    assert out == "" and "Traceback" not in err
    assert len(err.splitlines()) == 1, err
    assert message in err
