"""The exercises: each is one folder, with a README, a stub to fill in and a judge; and how far the reader has come.

A reader's file is run in a process of its own with a time limit, so that whatever is in it, an endless loop too, is answered
in a sentence. Nothing is remembered: every check starts from the files.
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
from typing import Any

import numpy as np

from scratchnet.check.report import Finding, Report, Wrong
from scratchnet.exercises.judging import Findings, finding
from scratchnet.exercises.plain_words import plain_error
from scratchnet.support.files import errors_name, write_whole
from scratchnet.support.readers_file import run_file
from scratchnet.support.validation import InputError, a_path

ROOT = Path(__file__).resolve().parent
LIMIT = 20.0  # seconds that one exercise may take; the longest takes less than one
PATIENCE = 120.0  # seconds that a process may take to begin
NOT_ATTEMPTED, WRONG, RIGHT = "not attempted", "wrong", "right"


@dataclass(frozen=True)
class Exercise:
    """One exercise: a folder such as 03_leaky_relu, with README.md, exercise.py (the stub) and judge.py."""

    path: Path

    @property
    def folder(self) -> str:
        return self.path.name

    @property
    def number(self) -> str:
        return self.folder.partition("_")[0]

    @property
    def slug(self) -> str:
        return self.folder.partition("_")[2]

    @property
    def title(self) -> str:
        """The first line of its README, without the number."""
        return self.readme().partition("\n")[0].partition(". ")[2]

    def readme(self) -> str:
        return (self.path / "README.md").read_text(encoding="utf-8")

    def parts(self) -> Mapping[str, tuple[Callable[[Any], Findings], Any]]:
        """The names to be written in exercise.py, each with its judge and, where a later part may use it, a right answer:

        PARTS and RIGHT of judge.py.
        """
        made = run_file(self.path / "judge.py", f"judge_{self.folder}")
        right = getattr(made, "RIGHT", {})
        return {name: (judge_part, right.get(name)) for name, judge_part in made.PARTS.items()}

    def hints(self) -> list[str]:
        """The three hints that are folded away in its README, from a nudge to nearly the answer."""
        return [hint.strip() for hint in re.findall(r"<summary>.*?</summary>(.*?)</details>", self.readme(), re.DOTALL)]

    def see_it(self) -> str:
        """The last part of its README: one command, and what it shows."""
        return self.readme().partition("## See it")[2].replace("```\n", "").strip()


def find_exercises(root: Path = ROOT) -> list[Exercise]:
    """All exercises of a folder, in the order of their numbers."""
    return [Exercise(path) for path in sorted(root.glob("[0-9][0-9]_*")) if (path / "judge.py").is_file()]


def find_exercise(word: str, root: Path = ROOT) -> Exercise:
    """The exercise with a number, 3 or 03, or with a name."""
    known = find_exercises(root)
    for exercise in known:
        if word.strip("/") in (exercise.number, exercise.number.lstrip("0"), exercise.slug, exercise.folder):
            return exercise
    raise InputError(
        f"there is no exercise {word!r}: they are numbered from {known[0].number} to {known[-1].number}; "
        "to check something else, write my.py:MyLayer"
    )


def copy_exercises(folder: str | Path, root: Path = ROOT) -> tuple[list[Path], list[Path]]:
    """Copy READMEs and stubs to a folder, but overwrite nothing. The files written, and those left as they are."""
    written, left = [], []
    for exercise in find_exercises(root):
        for name in ("README.md", "exercise.py"):
            file = a_path("the folder", folder) / exercise.folder / name
            if file.exists():
                left.append(file)
                continue
            with errors_name(file):
                file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, (exercise.path / name).read_bytes())
            written.append(file)
    return written, left


def readers_file(exercise: Exercise, folder: str | Path = ".") -> Path:
    """The reader's exercise.py; the folder may hold all exercises, or be the folder of one."""
    folder = a_path("the folder", folder).resolve()
    inside = (exercise.path.parent / folder.name / "judge.py").is_file() and (folder / "exercise.py").exists()
    return (folder.parent if inside else folder) / exercise.folder / "exercise.py"


@dataclass(frozen=True)
class Verdict:
    """How far the reader is with one exercise: "not attempted", "wrong" or "right", and the report that says why."""

    exercise: Exercise
    state: str
    report: Report

    def as_json(self) -> dict[str, Any]:
        known = {"number": self.exercise.number, "slug": self.exercise.slug, "title": self.exercise.title}
        return {**known, "standing": self.state, "report": self.report.as_json()}


def check_exercises(
    exercises: Sequence[Exercise], folder: str | Path = ".", quiet: bool = True, limit: float = LIMIT
) -> Iterator[Verdict]:
    """Check the reader's copies one after the other. What they print goes to standard error, or nowhere if `quiet`."""
    found = [exercise for exercise in exercises if readers_file(exercise, folder).is_file()]
    verdicts = _checked(found, folder, quiet, limit)
    for exercise in exercises:
        if exercise in found:
            yield next(verdicts)
        else:
            text = f"there is no {readers_file(exercise, folder)}: scratchnet exercises {folder} writes fresh copies."
            yield Verdict(exercise, NOT_ATTEMPTED, Report(exercise.folder, (finding("file", ("no-file", text)),)))


def _checked(exercises: Sequence[Exercise], folder: str | Path, quiet: bool, limit: float) -> Iterator[Verdict]:
    """All in one process while all goes well; in a new one after a file that does not end, or that ends the process."""
    left = list(exercises)
    while left:
        ours, theirs = get_context("spawn").Pipe()
        files = [(exercise, readers_file(exercise, folder)) for exercise in left]
        process = get_context("spawn").Process(target=_work, args=(theirs, files, quiet), daemon=True)
        process.start()
        theirs.close()
        try:
            _receive(ours, PATIENCE)
            while left:
                answer, exercise = _receive(ours, limit), left.pop(0)
                if isinstance(answer, str):
                    yield Verdict(exercise, WRONG, _without_end(exercise, answer, limit))
                    break
                yield Verdict(exercise, *answer)
        finally:
            process.kill()
            process.join()
            ours.close()


def _receive(connection: Connection, limit: float) -> Any:
    """What the process sends; a word if it sends nothing within the limit, or has ended."""
    try:
        return connection.recv() if connection.poll(limit) else "no-end"
    except EOFError:
        return "process-ended"


def _without_end(exercise: Exercise, word: str, limit: float) -> Report:
    text = {
        "no-end": f"exercise.py has not come to an end after {limit:g} seconds: is there a loop that never stops?",
        "process-ended": "exercise.py has ended the process that it was checked in.",
    }[word]
    return Report(exercise.folder, (finding("run", (word, text)),))


def _work(connection: Connection, files: Sequence[tuple[Exercise, Path]], quiet: bool) -> None:
    """The work of the process: judge each file, and send each report as soon as it is ready."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    connection.send("begun")
    for exercise, file in files:
        with redirect_stdout(io.StringIO() if quiet else sys.stderr):
            findings = judge(exercise, file)
        connection.send((state_of(findings), Report(exercise.folder, findings)))


def state_of(findings: Sequence[Finding]) -> str:
    if all(finding.passed for finding in findings):
        return RIGHT
    unwritten = [finding for finding in findings if finding.diagnosis == "not-written"]
    return NOT_ATTEMPTED if len(unwritten) == len(findings) else WRONG


def judge(exercise: Exercise, file: Path) -> tuple[Finding, ...]:
    """The findings on all parts of a reader's file, which is run here and now."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return tuple(_judged(exercise, file))


def of_the_judge(name: str, error: BaseException) -> Wrong:
    """What is wrong if the judge itself ends in an error: the answer is no such thing as it compares."""
    word, text = plain_error(name, error)
    if word in ("not-written", "wrong-call") or ("in line" in text and "of judge.py" not in text):
        return word, text
    said = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return "not-comparable", f"What {name} gives cannot be compared ({said}): is it what the stub asks for?"


def _judged(exercise: Exercise, file: Path) -> Findings:
    try:
        module = run_file(file, f"exercise_{file.parent.name}")
    except SyntaxError as error:
        text = f"exercise.py cannot be read: {error.msg}, in line {error.lineno}."
        yield finding("exercise.py", ("syntax-error", text))
        return
    except BaseException as error:
        yield finding("exercise.py", plain_error("exercise.py", error))
        return
    for name, (judge_part, right) in exercise.parts().items():
        if not hasattr(module, name):
            yield finding(name, ("name-missing", f"exercise.py has no {name}: give it the name that it has in the stub."))
            continue
        findings: list[Finding] = []
        try:
            findings.extend(judge_part(getattr(module, name)))
        except BaseException as error:
            findings.append(finding(name, of_the_judge(name, error)))
        yield from findings
        if right and not all(one.passed for one in findings):
            setattr(module, name, right)  # a later part that uses it is judged for itself
