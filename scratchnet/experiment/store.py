"""What a comparison leaves on the disk. A file is written whole and renamed, or appended to and flushed line by line."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from scratchnet.experiment.execute import Failure
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult
from scratchnet.support.files import as_csv, as_json, write_whole
from scratchnet.support.validation import InputError, a_path


class Folder:
    """A folder of results:

    run.json        how it was made: command, runs, data, versions, BLAS, git
    results.jsonl   a line a run, with its loss curve and spreads, on the disk as soon as the run has ended
    failed.jsonl    a line for each run that ended in an error, if any did
    results.csv     a row a run
    spread.csv      a row for each run, moment of its training and layer; and as predicted before it
    *.png, *.svg    the figures
    report.html     a page that explains it
    """

    def __init__(self, path: str | Path) -> None:
        self.path = a_path("the folder", path)
        self.lines = self.path / "results.jsonl"

    def start(self, runs: Sequence[Run], source: dict[str, str]) -> None:
        """Make the folder, which must not hold results already, and write run.json."""
        if self.lines.exists():
            raise InputError(f"{self.path} already holds the results of a run: choose another folder, or add --resume")
        self.make()
        self.describe(runs, source)

    def resume(self, runs: Sequence[Run]) -> set[str]:
        """The keys of the runs that are there already. A last line that was torn is cut off."""
        about = self.about()
        if [run["key"] for run in about["runs"]] != [run.key for run in runs]:
            raise InputError(
                f"{self.path} is of other runs than these: give the options of its command again, or another folder"
            )
        text = self.lines.read_bytes() if self.lines.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            write_whole(self.lines, whole)
        return {json.loads(line)["key"] for line in whole.splitlines()}

    def about(self) -> dict[str, Any]:
        """What run.json says."""
        try:
            return json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path} holds no run.json of a comparison: name the folder that one was written to"
            ) from error

    def append(self, outcome: RunResult | Failure) -> None:
        """Add one result, or failure, and see that it is on the disk."""
        if isinstance(outcome, Failure):
            run = outcome.run
            line = as_json({"key": run.key, "label": run.label, "seed": run.seed, "error": outcome.error})
            path = self.path / "failed.jsonl"
        else:
            line, path = outcome.to_json(), self.lines
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self, runs: Sequence[Run]) -> list[RunResult]:
        """All results that are there, put into the order of the runs; histograms are kept of the first of each label."""
        lines = {json.loads(line)["key"]: line for line in self.lines.read_text(encoding="utf-8").splitlines()}
        ordered = [(run, lines[run.key]) for run in runs if run.key in lines]
        write_whole(self.lines, "".join(line + "\n" for _, line in ordered))
        first = {run.key for run in runs[:: len({run.seed for run in runs})]}
        results = [RunResult.from_json(line) for _, line in ordered]
        return [result if result.key in first else result.slim() for result in results]

    def write_tables(self, result: Result) -> list[Path]:
        """Write results.csv and spread.csv; returns the paths of all files that hold numbers."""
        write_whole(self.path / "results.csv", as_csv(result.summaries()))
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
        return [self.path / name for name in ("run.json", "results.jsonl", "results.csv", "spread.csv")]

    def replace(self, result: Result) -> None:
        """Write run.json and results.jsonl, in place of what an earlier save left there."""
        self.make()
        self.describe(result.runs, result.source)
        write_whole(self.lines, "".join(one.to_json() + "\n" for one in result.results))

    def make(self) -> Path:
        """Make the folder, if it is not there, and return its path."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write to {self.path} ({error.strerror}): choose another folder") from error
        return self.path

    def describe(self, runs: Sequence[Run], source: dict[str, str]) -> None:
        """Write run.json."""
        about = {
            "command": sys.argv,
            "made": datetime.now().astimezone().isoformat(timespec="seconds"),
            "data": source,
            "runs": [{"key": run.key, "seed": run.seed, **run.describe()} for run in runs],
            **machine(),
        }
        write_whole(self.path / "run.json", json.dumps(about, indent=1) + "\n")


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """To as many digits as do not depend on where in memory theory's arrays lay."""
    return {name: float(f"{value:.10g}") if isinstance(value, float) else value for name, value in row.items()}


def new_folder() -> Path:
    """runs/<time>, with a number behind it if two begin in one second."""
    stem = Path("runs") / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    path, n = stem, 1
    while path.exists():
        n += 1
        path = stem.with_name(f"{stem.name}_{n}")
    return path


def machine() -> dict[str, Any]:
    """Versions, BLAS and threads, and the state of git where the code is."""
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


def _git(*words: str) -> str | None:
    try:
        folder = Path(__file__).parent
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
