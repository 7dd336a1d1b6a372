"""scratchnet exercises DIR, and scratchnet check for them: where the reader stands, a report, a hint."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from scratchnet.check.report import Finding
from scratchnet.exercises.course import (
    EXERCISES,
    NOT_ATTEMPTED,
    RIGHT,
    WRONG,
    Exercise,
    Standing,
    exercise,
    lay,
    readers_file,
    standings,
)
from scratchnet.support.files import as_json
from scratchnet.support.tables import Table, visible
from scratchnet.support.validation import InputError

POLL = 0.5  # seconds between two looks at a file that is watched


def lay_exercises(words: argparse.Namespace) -> int:
    """scratchnet exercises DIR"""
    written, left = lay(words.folder)
    for file in left:
        print(visible(f"left as it is: {file}"), file=sys.stderr)
    folder = visible(words.folder)
    print(f"{len(written)} files written to {folder}; scratchnet check --dir {folder} shows where you stand.")
    return 0


def check_exercises(words: argparse.Namespace) -> int:
    """scratchnet check, scratchnet check 03"""
    chosen = list(EXERCISES) if words.subject is None else [exercise(words.subject)]
    if words.hint is not None:
        return hint(words, chosen)
    if words.watch:
        if words.json:
            raise InputError("--watch shows one report after the other and --json prints one object: give one of them")
        return watch([readers_file(one, words.dir) for one in chosen], lambda: show(words, chosen))
    return show(words, chosen)


def show(words: argparse.Namespace, chosen: Sequence[Exercise]) -> int:
    """Check and print; the exit code."""
    if words.subject is None and not any(readers_file(one, words.dir).is_file() for one in chosen):
        raise InputError(f"there are no exercises in {words.dir}: scratchnet exercises {words.dir} lays them there")
    found = list(standings(chosen, words.dir, quiet=words.subject is None))
    if words.json:
        told = [one.as_json() for one in found]
        print(as_json({"exercises": told} if words.subject is None else told[0]))
    elif words.subject is None:
        print(overview(found))
    else:
        print(one_report(found[0]))
    states = {one.state for one in found}
    return 1 if WRONG in states else 3 if NOT_ATTEMPTED in states else 0


def overview(found: Sequence[Standing]) -> Table:
    """All exercises, a line each, and which is next."""
    rows = []
    for one in found:
        why = next((finding.diagnosis or "" for finding in failures(one)), "") if one.state == WRONG else ""
        rows.append([f"{one.exercise.number}  {one.exercise.title}", one.state, why])
    right = sum(one.state == RIGHT for one in found)
    left = next((one.exercise.number for one in found if one.state != RIGHT), None)
    last = f"{right} of {len(found)} right." + (f" Next: scratchnet check {left}" if left else "")
    return Table(["exercise", "standing", "diagnosis"], rows, ["", last])


def failures(one: Standing) -> list[Finding]:
    return [finding for finding in one.report.findings if not finding.passed]


def one_report(one: Standing) -> str:
    """What is right, what is wrong, and what to look at next."""
    number = one.exercise.number
    lines = [f"{number}  {one.exercise.title}: {one.state}", ""]
    for finding in one.report.findings:
        mark = "right" if finding.passed else " open" if finding.diagnosis in ("not-written", "no-file") else "wrong"
        lines.append(f"  {mark}  {finding.check}{'' if finding.passed else f' ({finding.diagnosis})'}")
        lines += [f"         {finding.text}"] if finding.text and not finding.passed else []
    if one.state == RIGHT:
        lines += ["", "See it:", "", one.exercise.see_it()]
    else:
        lines += ["", f"Next: read {one.exercise.folder}/README.md, or ask: scratchnet check {number} --hint"]
    return "\n".join(lines)


def hint(words: argparse.Namespace, chosen: Sequence[Exercise]) -> int:
    """The hint that is asked for, and how to ask for the next."""
    if words.subject is None:
        raise InputError("--hint is for one exercise: write its number, such as scratchnet check 03 --hint")
    one, hints = chosen[0], chosen[0].hints()
    number = words.hint
    if number > len(hints):
        raise InputError(f"--hint is {number}, but a whole number of at least 1 and at most {len(hints)} is needed")
    text = hints[number - 1]
    if words.json:
        print(as_json({"number": one.number, "hint": number, "of": len(hints), "text": text}))
        return 0
    print(f"Hint {number} of {len(hints)} for {one.number}, {one.title}\n\n{text}")
    if number < len(hints):
        print(f"\nMore: scratchnet check {one.number} --hint {number + 1}")
    return 0


def watch(files: Sequence[Path], act: Callable[[], int]) -> int:
    """Act now, and again whenever one of the files is saved, until Ctrl-C."""
    seen: list[tuple[int, int] | None] | None = None
    while True:
        now = [stamp(file) for file in files]
        if now != seen:
            seen = now
            act()
            print("\nWatching; Ctrl-C ends.", flush=True)
        time.sleep(POLL)


def stamp(file: Path) -> tuple[int, int] | None:
    """When a file was saved, and its size; None while there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
