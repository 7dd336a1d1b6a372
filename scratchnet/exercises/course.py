"""The fifteen exercises: where they are, what judges each, and where the reader stands.

A reader's file is run in a process of its own with a time limit, so that whatever is in it, an endless loop too, is answered
in a sentence. Nothing is remembered: where the reader stands is found out anew each time.
"""

import io
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from scratchnet.check.report import Finding, Report
from scratchnet.exercises import judges_of_layers as of_layers
from scratchnet.exercises import judges_of_starts as of_starts
from scratchnet.exercises.judging import Findings
from scratchnet.support.files import errors_name, write_whole
from scratchnet.support.readers_file import run_file
from scratchnet.support.validation import InputError, a_path

LIMIT = 20.0  # seconds that one exercise may take; the longest takes less than one
PATIENCE = 120.0  # seconds that a process may take to begin
NOT_ATTEMPTED, WRONG, RIGHT = "not attempted", "wrong", "right"


@dataclass(frozen=True)
class Exercise:
    """One exercise. `parts` are the names to be written in exercise.py, each with what judges it."""

    number: str
    slug: str
    title: str
    parts: Mapping[str, Callable[[Any], Findings]]

    @property
    def folder(self) -> str:
        return f"{self.number}_{self.slug}"

    def text(self) -> str:
        """Its README."""
        return (texts() / self.folder / "README.md").read_text(encoding="utf-8")

    def hints(self) -> list[str]:
        """The three hints that are folded away in its README, from a nudge to nearly the answer."""
        return [hint.strip() for hint in re.findall(r"<summary>.*?</summary>(.*?)</details>", self.text(), re.DOTALL)]

    def see_it(self) -> str:
        """The last part of its README: one command, and what will be seen."""
        return self.text().partition("## See it")[2].replace("```\n", "").strip()


EXERCISES = tuple(
    Exercise(f"{number:02}", slug, title, parts)
    for number, (slug, title, parts) in enumerate(
        [
            (
                "first_loss",
                "Why is the first loss ln 10?",
                {"cross_entropy": of_starts.cross_entropy, "first_loss": of_starts.first_loss},
            ),
            (
                "zeros_and_symmetry",
                "Why are weights not started at zero?",
                {"different_units": of_starts.different_units, "coins": of_starts.coins},
            ),
            ("leaky_relu", "How does a gradient go back through LeakyReLU?", {"LeakyReLU": of_layers.leaky_relu}),
            (
                "lecun",
                "LeCun, from the variance of a sum",
                {"variance_of_sum": of_starts.variance_of_sum, "LeCun": of_starts.lecun},
            ),
            (
                "xavier",
                "Xavier, between forward and backward",
                {"Xavier": of_starts.xavier, "limit": of_starts.xavier_limit},
            ),
            ("he", "He's factor ½", {"kept": of_starts.kept, "He": of_starts.he}),
            (
                "gain",
                "A gain by Monte Carlo, and where √5 comes from",
                {"gain": of_starts.gain, "torch_limit": of_starts.torch_limit},
            ),
            ("uniform", "Uniform against normal", {"unit_uniform": of_starts.unit_uniform}),
            ("orthogonal", "A matrix that stretches nothing", {"orthogonal": of_starts.orthogonal}),
            ("dropout", "Dropout's variance", {"Dropout": of_layers.dropout, "DropoutHe": of_layers.dropout_he}),
            ("batch_norm", "How does a gradient go back through BatchNorm?", {"BatchNorm": of_layers.batch_norm}),
            ("layer_norm", "LayerNorm: each row by itself", {"LayerNorm": of_layers.layer_norm}),
            ("convolution_fans", "A convolution's fan-in", {"fans_of": of_starts.conv_fans}),
            ("lsuv", "LSUV: measure the gain", {"to_unit_variance": of_layers.unit_variance}),
            (
                "fixup",
                "Residual branches and Fixup",
                {"variance_after": of_starts.variance_after, "fixup_factor": of_starts.fixup_factor},
            ),
        ],
        start=1,
    )
)


def exercise(word: str) -> Exercise:
    """The exercise of a number, 3 or 03, or of a name."""
    for one in EXERCISES:
        if word.strip("/") in (one.number, one.number.lstrip("0"), one.slug, one.folder):
            return one
    raise InputError(
        f"there is no exercise {word!r}: they are numbered from 01 to {len(EXERCISES)}; "
        "something else to be checked is written my.py:MyLayer"
    )


def texts() -> Path:
    """The folder that holds a folder for each exercise."""
    return Path(__file__).resolve().parent


def lay(folder: str | Path) -> tuple[list[Path], list[Path]]:
    """Copy stubs and READMEs to a folder; what is there already stays as it is. The files written, and those left."""
    written, left = [], []
    for one in EXERCISES:
        for name in ("README.md", "exercise.py"):
            file = a_path("the folder", folder) / one.folder / name
            if file.exists():
                left.append(file)
                continue
            with errors_name(file):
                file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, (texts() / one.folder / name).read_bytes())
            written.append(file)
    return written, left


def readers_file(one: Exercise, folder: str | Path = ".") -> Path:
    """The reader's exercise.py, whether the folder is the one of all exercises or one of theirs."""
    folder = a_path("the folder", folder).resolve()
    inside = folder.name in {each.folder for each in EXERCISES} and (folder / "exercise.py").exists()
    return (folder.parent if inside else folder) / one.folder / "exercise.py"


@dataclass(frozen=True)
class Standing:
    """How one exercise stands: "not attempted", "wrong" or "right", and the report that says why."""

    exercise: Exercise
    state: str
    report: Report

    def as_json(self) -> dict[str, Any]:
        one = self.exercise
        known = {"number": one.number, "slug": one.slug, "title": one.title, "standing": self.state}
        return known | {"report": self.report.as_json()}


def standings(
    exercises: Sequence[Exercise], folder: str | Path = ".", quiet: bool = True, limit: float = LIMIT
) -> Iterator[Standing]:
    """Check the reader's copies one after the other. What they print goes to standard error, or nowhere if `quiet`."""
    there = [one for one in exercises if readers_file(one, folder).is_file()]
    found = _checked(there, folder, quiet, limit)
    for one in exercises:
        if one in there:
            yield next(found)
        else:
            text = f"{readers_file(one, folder)} is not there: scratchnet exercises {folder} lays fresh copies."
            yield Standing(one, NOT_ATTEMPTED, Report(one.folder, (Finding("file", False, "no-file", text),)))


def _checked(exercises: Sequence[Exercise], folder: str | Path, quiet: bool, limit: float) -> Iterator[Standing]:
    """In one process as long as all goes well: after a file that has no end, or has ended the process, in a new one."""
    left = list(exercises)
    while left:
        ours, theirs = get_context("spawn").Pipe()
        files = [(one.number, str(readers_file(one, folder))) for one in left]
        process = get_context("spawn").Process(target=_work, args=(theirs, files, quiet), daemon=True)
        process.start()
        theirs.close()
        try:
            _answer(ours, PATIENCE)
            while left:
                answer, one = _answer(ours, limit), left.pop(0)
                if isinstance(answer, str):
                    yield Standing(one, WRONG, _without_end(one, answer, limit))
                    break
                yield Standing(one, *answer)
        finally:
            process.kill()
            process.join()
            ours.close()


def _answer(connection: Connection, limit: float) -> Any:
    """What the process says; a word if it says nothing for too long, or is gone."""
    try:
        return connection.recv() if connection.poll(limit) else "no-end"
    except EOFError:
        return "process-ended"


def _without_end(one: Exercise, word: str, limit: float) -> Report:
    text = {
        "no-end": f"exercise.py has not come to an end after {limit:g} seconds: is there a loop that never stops?",
        "process-ended": "exercise.py has ended the process that it was checked in.",
    }[word]
    return Report(one.folder, (Finding("run", False, word, text),))


def _work(connection: Connection, files: Sequence[tuple[str, str]], quiet: bool) -> None:
    """What the process does: judge each file, and hand over each report as soon as it is there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    connection.send("begun")
    for number, file in files:
        one = exercise(number)
        with redirect_stdout(io.StringIO() if quiet else sys.stderr):
            findings = judge(one, Path(file))
        connection.send((state_of(findings), Report(one.folder, findings)))


def state_of(findings: Sequence[Finding]) -> str:
    if all(finding.passed for finding in findings):
        return RIGHT
    unwritten = [finding for finding in findings if finding.diagnosis == "not-written"]
    return NOT_ATTEMPTED if len(unwritten) == len(findings) else WRONG


def judge(one: Exercise, file: Path) -> tuple[Finding, ...]:
    """The findings on all parts of a reader's file, which is run here and now."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return tuple(_judged(one, file))


def _judged(one: Exercise, file: Path) -> Findings:
    try:
        module = run_file(file, f"exercise_{file.parent.name}")
    except BaseException as error:
        yield _failure("exercise.py", error, file)
        return
    for name, judge_part in one.parts.items():
        if not hasattr(module, name):
            yield Finding(name, False, "name-missing", f"exercise.py has no {name}: give it back the name of the stub.")
            continue
        try:
            yield from judge_part(getattr(module, name))
        except BaseException as error:
            yield _failure(name, error, file)


def _failure(name: str, error: BaseException, file: Path) -> Finding:
    """An exception of the reader's file in one sentence, with the line where it came up."""
    if isinstance(error, SyntaxError):
        return Finding(name, False, "syntax-error", f"exercise.py cannot be read: {error.msg}, in line {error.lineno}.")
    line, inside = _place(error.__traceback__, file)
    if isinstance(error, NotImplementedError):
        return Finding(name, False, "not-written", f"{inside or name} is not written yet.")
    kind, message = type(error).__name__, " ".join(str(error).split())
    where = f" in line {line} of exercise.py" if line else ""
    return Finding(name, False, "raises", f"{name} raises {kind}{where}{': ' if message else ''}{message}.")


def _place(traceback: TracebackType | None, file: Path) -> tuple[int | None, str | None]:
    """The last line of the reader's file that was reached, and the function it is in."""
    line, inside = None, None
    while traceback:
        code = traceback.tb_frame.f_code
        if code.co_filename == str(file):
            line, inside = traceback.tb_lineno, code.co_qualname
        traceback = traceback.tb_next
    return line, inside
