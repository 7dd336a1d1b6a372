"""A comparison of eighteen runs as a command, and whether its files are those of one that nothing disturbed."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.commands import CLEAN
from processes import left_after, new_mark, running
from small import DRAW_NOTHING, write_idx_folder

OPTIONS = ["--init", "He", "LeCun", "0.5", "--hidden", "8", "6,6", "--steps", "150", "--seeds", "3", "--batch-size", "16"]
WRITTEN = ("results.jsonl", "results.csv", "spread.csv")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="scratchnet-") as folder:
        yield Path(folder)


class Comparison:
    """The data, and the files of the undisturbed comparison."""

    def __init__(self, folder: Path) -> None:
        self.data = write_idx_folder(folder / "data")
        assert self.run(folder / "whole") == (0, "")
        self.files = {name: (folder / "whole" / name).read_bytes() for name in WRITTEN}

    def command(self, out: Path, *more: str) -> list[str]:
        main = [sys.executable, "-W", "error", "-c", DRAW_NOTHING, "compare", "--data", str(self.data)]
        return [*main, "--out", str(out), *OPTIONS, "--quiet", *more]

    def start(self, out: Path, *more: str, **settings: object) -> subprocess.Popen[str]:
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": CLEAN} | settings
        return subprocess.Popen(self.command(out, *more), **given)  # type: ignore[call-overload, no-any-return]

    def run(self, out: Path, *more: str, **settings: object) -> tuple[int, str]:
        """The exit code and what was said on standard error."""
        process = self.start(out, *more, **settings)
        _, error = process.communicate(timeout=300)
        return process.returncode, error

    def assert_whole(self, out: Path) -> None:
        """Each file has the bytes of the undisturbed comparison."""
        for name, content in self.files.items():
            assert (out / name).read_bytes() == content, f"{name} differs"
        assert not list(out.glob(".*part")), "a part file is left"
        assert not (out / "failed.jsonl").exists(), "a run is said to have failed"

    def resume(self, out: Path, *more: str) -> None:
        """Go on to the end, and compare the files."""
        ended = self.run(out, "--resume", *more)
        assert ended == (0, ""), f"--resume ended with {ended}"
        self.assert_whole(out)


def one_sentence(error: str) -> None:
    """What was said is one line, and no traceback."""
    assert "Traceback" not in error, error
    assert len(error.splitlines()) == 1, error
    assert len(error) < 300, error


@contextmanager
def marked() -> Iterator[dict[str, str]]:
    """An environment by which the processes started with it are found; at the end none may be left."""
    mark = new_mark()
    try:
        yield CLEAN | mark
        assert not left_after(mark, 10), "processes are left"
    finally:
        for pid in running(mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
