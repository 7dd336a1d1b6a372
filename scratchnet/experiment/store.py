"""The folder of a comparison. A file is written completely and then renamed, or it grows by lines that are flushed.

Read next: `saved`.
"""

import itertools
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.experiment.execute import Failure
from scratchnet.experiment.lines import LONGEST, Line, pieces_of, read_lines, whole_of
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult, key_of
from scratchnet.support.digests import read_with_digest, with_digest
from scratchnet.support.files import append_line, as_csv, as_json, open_plain, write_whole
from scratchnet.support.validation import InputError, a_path


class Damaged(InputError):
    """A file was changed since it was written."""


class Folder:
    """A folder of results:

    run.json        how it was made: command, runs, data, versions, BLAS, git
    results.jsonl   one line per run, with its loss curve and spreads, written as soon as the run has ended
    failed.jsonl    one line per run that ended in an error; no file if none did
    damaged.jsonl   the lines of results.jsonl that could not be read; no file if there were none
    damaged_1.json  a run.json that could not be read and was written anew; no file if there was none
    results.csv     one row per run
    comparison.npz  by result.save: the predictions and, unless the data are MNIST, the first training rows
    spread.csv      one row per run, moment and layer; and one per label and layer for the prediction
    *.png           the figures, with --svg also as *.svg
    report.html     a page that explains the results

    run.json and each line of results.jsonl carry their own digest. Both are plain files: a link in their place is refused.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = a_path("the folder", path)
        self.lines = self.path / "results.jsonl"
        self.about = self.path / "run.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and keep other processes from writing to it. The lock ends with this process at the latest."""
        from filelock import FileLock, Timeout  # takes 40 ms

        self.create()
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"another process is writing to {self.path}: wait until it has ended, or choose another folder"
            ) from error
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        try:
            for left_over in self.path.glob(".*.part"):  # by a process that was killed
                left_over.unlink(missing_ok=True)
            yield
        finally:
            with suppress(OSError):  # Windows cannot, as long as it is locked; or the folder is gone
                (self.path / ".lock").unlink()
            lock.release()

    def start(self, runs: Sequence[Run], source: dict[str, str]) -> None:
        """Write run.json into the folder, which must not hold results already."""
        if os.path.lexists(self.lines):
            raise InputError(f"{self.path} already holds the results of a run: choose another folder, or add --resume")
        self.write_run_json(runs, source)

    def check_runs(self, runs: Sequence[Run]) -> None:
        """Raise InputError if the folder was made for other runs."""
        if [run["key"] for run in self.read_run_json()["runs"]] != [run.key for run in runs]:
            raise InputError(
                f"{self.path} holds other runs than these: give the options of its command again, or another folder"
            )

    def check_goes_on(self, runs: Sequence[Run]) -> None:
        """Raise InputError unless --resume can go on with these runs here: run.json is theirs, or damaged.

        If it is damaged, each sound line of results.jsonl must be a result of one of the runs.
        """
        try:
            self.check_runs(runs)
        except Damaged as error:
            if not os.path.lexists(self.lines) or any(line.foreign for line in read_lines(self.lines, runs)):
                raise InputError(f"{error}, or give the options with which its results were made") from error

    def recover(self, runs: Sequence[Run], source: dict[str, str]) -> tuple[set[str], list[str]]:
        """The keys of the runs that have a result here, and a sentence for each line or file that is set aside.

        Moves damaged lines to damaged.jsonl, and cuts off the last line if it was torn. A copy of a damaged run.json is
        kept, and it is written anew.
        """
        self.check_goes_on(runs)
        sentences = []
        try:
            self.read_run_json()
        except Damaged:
            aside = next(path for n in itertools.count(1) if not os.path.lexists(path := self.path / f"damaged_{n}.json"))
            write_whole(aside, pieces_of(self.about, whole_of(self.about)))
            self.write_run_json(runs, source)
            sentences = [f"{self.about} is damaged: it is kept as {aside.name}, and written anew from these options"]
        lines = read_lines(self.lines, runs)
        damaged = [line for line in lines if line.wrong and not line.torn]
        if damaged:
            aside = self.path / "damaged.jsonl"
            write_whole(aside, itertools.chain(pieces_of(aside, whole_of(aside)), pieces_of(self.lines, damaged)))
        sound = [line for line in lines if line.result and not line.repeated]
        if len(sound) < len(lines):
            write_whole(self.lines, pieces_of(self.lines, sound))
        sentences += [f"{one}: it is moved to damaged.jsonl, and its run is done again" for one in self._say(damaged)]
        return {line.result.key for line in sound if line.result}, sentences

    def read(self, runs: Sequence[Run], slim: bool = True) -> tuple[list[RunResult], list[str]]:
        """All results, in the order of their lines, and a sentence for each line that is left out."""
        lines = read_lines(self.lines, runs, slim)
        damaged = [line for line in lines if line.wrong and not line.torn]
        sentences = [f"{one}: it is left out, and --resume does its run again" for one in self._say(damaged)]
        return [line.result for line in lines if line.result and not line.repeated], sentences

    def _say(self, lines: Sequence[Line]) -> list[str]:
        return [f"line {line.number} of {self.lines} cannot be used, because {line.wrong}" for line in lines]

    def sort(self, runs: Sequence[Run]) -> None:
        """Rewrite results.jsonl, whose lines come in the order in which runs end, in the order of `runs`."""
        place = {run.key: i for i, run in enumerate(runs)}
        lines = read_lines(self.lines, runs)
        if not any(line.wrong or line.repeated for line in lines):
            lines.sort(key=lambda line: place[line.result.key] if line.result else 0)
            write_whole(self.lines, pieces_of(self.lines, lines))

    def read_run_json(self) -> dict[str, Any]:
        """The content of run.json, whose runs are checked against their own keys."""
        try:
            with open_plain(self.about) as file:
                content = file.read(LONGEST + 1)
        except FileNotFoundError as error:
            raise InputError(
                f"{self.path} holds no run.json of a comparison: name the folder that one was written to"
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.about} cannot be read ({error.strerror}): check its permissions and the disk"
            ) from error
        try:
            if len(content) > LONGEST:
                raise InputError(f"it is longer than {LONGEST:,} bytes")
            about, _ = read_with_digest(content)
            if not isinstance(about.get("runs"), list) or not all(map(_has_its_key, about["runs"])):
                raise InputError("its runs do not have their own keys")
        except InputError as error:
            raise Damaged(
                f"{self.about} is damaged ({error}): put back a copy of it, or train again into another folder"
            ) from error
        return about

    def append(self, outcome: RunResult | Failure) -> None:
        """Add one result or failure, and return when it is on the disk."""
        if isinstance(outcome, Failure):
            run = outcome.run
            line = as_json({"key": run.key, "label": run.label, "seed": run.seed, "error": outcome.error})
            append_line(self.path / "failed.jsonl", line)
        else:
            append_line(self.lines, outcome.to_json())

    def write_results_csv(self, result: Result) -> list[Path]:
        """Write results.csv."""
        write_whole(self.path / "results.csv", as_csv(result.summaries()))
        return [self.path / "results.csv"]

    def write_spread_csv(self, result: Result) -> list[Path]:
        """Write spread.csv."""
        spreads = [
            {"label": one.label, "seed": one.seed, "kind": "measured", "step": step, **row}
            for one in result.results
            for step, spread in one.spreads.items()
            for row in spread.as_rows()
        ]
        spreads += [
            {"label": label, "seed": None, "kind": "predicted", "step": 0, **rounded(row)}
            for label, spread in result.predicted.items()
            for row in spread.as_rows()
        ]
        write_whole(self.path / "spread.csv", as_csv(spreads))
        return [self.path / "spread.csv"]

    def keeps_svg(self, name: str, asked: bool) -> bool:
        """Whether a figure is written as SVG too: if asked to, or if there is one, which would contradict the new PNG."""
        return asked or (self.path / f"{name}.svg").exists()

    def written(self) -> list[Path]:
        """Those of run.json and results.jsonl that are here."""
        return [path for path in (self.about, self.lines) if path.exists()]

    def replace(self, result: Result) -> None:
        """Write run.json and results.jsonl over those of an earlier save."""
        self.write_run_json(result.runs, result.source)
        write_whole(self.lines, (f"{one.to_json()}\n".encode() for one in result.results))

    def create(self) -> Path:
        """Make the folder, unless it exists, and return its path."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        return self.path

    def write_run_json(self, runs: Sequence[Run], source: dict[str, str]) -> None:
        """Write run.json."""
        about = {
            "command": sys.argv,
            "made": now(),
            "data": source,
            "runs": [{"key": run.key, "seed": run.seed, **run.describe()} for run in runs],
            **machine(),
        }
        write_whole(self.about, with_digest(json.dumps(about, indent=1)) + "\n")


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot write to {path} ({error.strerror or error}): choose another folder (--out)")


def _has_its_key(run: Any) -> bool:
    """Is `run`, from run.json, a description with its own key?"""
    if not isinstance(run, dict):
        return False
    described = {name: value for name, value in run.items() if name != "key"}
    return run.get("key") == key_of(described)


def now() -> str:
    """The time, in the time zone of the machine if it is set to one."""
    try:
        return datetime.now().astimezone().isoformat(timespec="seconds")
    except ValueError:
        return datetime.now(UTC).isoformat(timespec="seconds")


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """The row to ten digits. The digits after them vary with where in memory theory's arrays lie."""
    return {name: float(f"{value:.10g}") if isinstance(value, float) else value for name, value in row.items()}


def new_folder() -> Path:
    """Make the folder runs/<time>, with a number after it if that exists."""
    stem = Path("runs") / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for n in itertools.count(1):
        path = stem if n == 1 else stem.with_name(f"{stem.name}_{n}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            if not path.exists():  # a file stands in the place of runs
                raise
            continue
        except OSError as error:
            raise _cannot_write(path, error) from error
        return path
    raise AssertionError


def machine() -> dict[str, Any]:
    """Versions, BLAS and threads, and the git state of the code."""
    from importlib.metadata import version  # both are slow, and `import scratchnet` needs neither

    from threadpoolctl import threadpool_info

    blas = [{k: info[k] for k in ("internal_api", "version", "num_threads") if k in info} for info in threadpool_info()]
    return {
        "scratchnet": version("scratchnet"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
        "blas": blas,
        "blas_threads_a_run": 1,
        "git": _git("describe", "--always", "--dirty"),
    }


def _git(*arguments: str) -> str | None:
    try:
        folder = Path(__file__).parent
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
