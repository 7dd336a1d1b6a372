"""The folder of a comparison. A file is written completely and then renamed, or it grows by lines that are flushed.

Read next: `scratchnet.comparison`.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.experiment.execute import Failure
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult
from scratchnet.support.files import as_csv, as_json, write_whole
from scratchnet.support.validation import InputError, a_path


class Folder:
    """A folder of results:

    run.json        how it was made: command, runs, data, versions, BLAS, git
    results.jsonl   one line per run, with its loss curve and spreads, written as soon as the run has ended
    failed.jsonl    one line per run that ended in an error; no file if none did
    results.csv     one row per run
    spread.csv      one row per run, moment and layer; and one per label and layer for the prediction
    *.png, *.svg    the figures
    report.html     a page that explains the results
    """

    def __init__(self, path: str | Path) -> None:
        self.path = a_path("the folder", path)
        self.lines = self.path / "results.jsonl"

    def start(self, runs: Sequence[Run], source: dict[str, str]) -> None:
        """Make the folder, which must not hold results already, and write run.json."""
        if self.lines.exists():
            raise InputError(f"{self.path} already holds the results of a run: choose another folder, or add --resume")
        self.create()
        self.write_run_json(runs, source)

    def finished_keys(self, runs: Sequence[Run]) -> set[str]:
        """The keys of those runs that have a result here. Cuts off the last line if it was torn.

        Raises InputError if the folder was made for other runs.
        """
        saved = self.read_run_json()["runs"]
        if [run["key"] for run in saved] != [run.key for run in runs]:
            raise InputError(
                f"{self.path} holds other runs than these: give the options of its command again, or another folder"
            )
        text = self.lines.read_bytes() if self.lines.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            write_whole(self.lines, whole)
        return {json.loads(line)["key"] for line in whole.splitlines()}

    def read_run_json(self) -> dict[str, Any]:
        """The content of run.json."""
        try:
            about = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            if not isinstance(about, dict) or not isinstance(about.get("runs"), list):
                raise ValueError("no list of runs")
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.path} holds no run.json of a comparison: name the folder that one was written to"
            ) from error
        return about

    def append(self, outcome: RunResult | Failure) -> None:
        """Add one result or failure, and return when it is on the disk."""
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

    def sort(self, runs: Sequence[Run]) -> None:
        """Rewrite results.jsonl, whose lines come in the order in which runs end, in the order of `runs`."""
        lines = {json.loads(line)["key"]: line for line in self._result_lines()}
        write_whole(self.lines, "".join(lines[run.key] + "\n" for run in runs if run.key in lines))

    def read(self, runs: Sequence[Run]) -> list[RunResult]:
        """All results, in the order of their lines. Only the first run of each label keeps its histograms."""
        first = {run.key for run in runs[:: len({run.seed for run in runs})]}
        results = (RunResult.from_json(line) for line in self._result_lines())
        return [result if result.key in first else result.slim() for result in results]

    def _result_lines(self) -> list[str]:
        return self.lines.read_text(encoding="utf-8").splitlines()

    def write_tables(self, result: Result) -> list[Path]:
        """Write results.csv and spread.csv, and return the paths of all files with numbers."""
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
        """Write run.json and results.jsonl over those of an earlier save."""
        self.create()
        self.write_run_json(result.runs, result.source)
        write_whole(self.lines, "".join(one.to_json() + "\n" for one in result.results))

    def create(self) -> Path:
        """Make the folder, unless it exists, and return its path."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write to {self.path} ({error.strerror}): choose another folder") from error
        return self.path

    def write_run_json(self, runs: Sequence[Run], source: dict[str, str]) -> None:
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
    """The row to ten digits. The digits after them vary with where in memory theory's arrays lie."""
    return {name: float(f"{value:.10g}") if isinstance(value, float) else value for name, value in row.items()}


def new_folder() -> Path:
    """runs/<time>, with a number after it if that folder exists."""
    stem = Path("runs") / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    path, n = stem, 1
    while path.exists():
        n += 1
        path = stem.with_name(f"{stem.name}_{n}")
    return path


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
