"""scratchnet exercises DIR, and scratchnet check for the exercises: an overview, a report, a hint."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from scratchnet.exercises.course import (
    NOT_ATTEMPTED,
    RIGHT,
    WRONG,
    Exercise,
    Verdict,
    check_exercises,
    copy_exercises,
    find_exercise,
    find_exercises,
    readers_file,
)
from scratchnet.support.files import as_json
from scratchnet.support.tables import Table, visible
from scratchnet.support.validation import InputError

POLL = 0.5  # seconds between two looks at a file that is watched


def write_exercises(args: argparse.Namespace) -> int:
    """scratchnet exercises DIR"""
    written, left = copy_exercises(args.folder)
    for file in left:
        print(visible(f"left as it is: {file}"), file=sys.stderr)
    folder = visible(args.folder)
    print(f"{len(written)} files written to {folder}; scratchnet check --dir {folder} shows where you stand.")
    return 0


def run_check(args: argparse.Namespace) -> int:
    """scratchnet check, scratchnet check 03"""
    chosen = find_exercises() if args.subject is None else [find_exercise(args.subject)]
    if args.hint is not None:
        return hint(args, chosen)
    if args.watch:
        if args.json:
            raise InputError("--watch shows one report after the other and --json prints one object: give one of them")
        return watch([readers_file(exercise, args.dir) for exercise in chosen], lambda: show(args, chosen))
    return show(args, chosen)


def show(args: argparse.Namespace, chosen: Sequence[Exercise]) -> int:
    """Check and print; the exit code."""
    if args.subject is None and not any(readers_file(exercise, args.dir).is_file() for exercise in chosen):
        raise InputError(f"there are no exercises in {args.dir}: scratchnet exercises {args.dir} writes them there")
    found = list(check_exercises(chosen, args.dir, quiet=args.subject is None))
    if args.json:
        told = [verdict.as_json() for verdict in found]
        print(as_json({"exercises": told} if args.subject is None else told[0]))
    elif args.subject is None:
        print(overview(found))
    else:
        print(report_text(found[0]))
    states = {verdict.state for verdict in found}
    return 1 if WRONG in states else 3 if NOT_ATTEMPTED in states else 0


def overview(found: Sequence[Verdict]) -> Table:
    """All exercises, one line for each, and which is next."""
    rows = []
    for verdict in found:
        wrong = [finding.diagnosis or "" for finding in verdict.report.findings if not finding.passed]
        why = wrong[0] if verdict.state == WRONG else ""
        rows.append([f"{verdict.exercise.number}  {verdict.exercise.title}", verdict.state, why])
    right = sum(verdict.state == RIGHT for verdict in found)
    left = next((verdict.exercise.number for verdict in found if verdict.state != RIGHT), None)
    last = f"{right} of {len(found)} right." + (f" Next: scratchnet check {left}" if left else "")
    return Table(["exercise", "standing", "diagnosis"], rows, ["", last])


def report_text(verdict: Verdict) -> str:
    """What is right, what is wrong, and what to look at next."""
    number = verdict.exercise.number
    lines = [f"{number}  {verdict.exercise.title}: {verdict.state}", ""]
    for finding in verdict.report.findings:
        mark = "right" if finding.passed else " open" if finding.diagnosis in ("not-written", "no-file") else "wrong"
        lines.append(f"  {mark}  {finding.check}{'' if finding.passed else f' ({finding.diagnosis})'}")
        lines += [f"         {finding.text}"] if finding.text else []
    if verdict.state == RIGHT:
        lines += ["", "See it:", "", verdict.exercise.see_it()]
    else:
        lines += ["", f"Next: read {verdict.exercise.folder}/README.md, or ask: scratchnet check {number} --hint"]
    return "\n".join(lines)


def hint(args: argparse.Namespace, chosen: Sequence[Exercise]) -> int:
    """Print the hint that is asked for, and how to ask for the next."""
    if args.subject is None:
        raise InputError("--hint is for one exercise: write its number, such as scratchnet check 03 --hint")
    exercise, hints, number = chosen[0], chosen[0].hints(), args.hint
    if number > len(hints):
        raise InputError(f"--hint is {number}, but a whole number of at least 1 and at most {len(hints)} is needed")
    text = hints[number - 1]
    if args.json:
        print(as_json({"number": exercise.number, "hint": number, "of": len(hints), "text": text}))
        return 0
    print(f"Hint {number} of {len(hints)} for {exercise.number}, {exercise.title}\n\n{text}")
    if number < len(hints):
        print(f"\nMore: scratchnet check {exercise.number} --hint {number + 1}")
    return 0


def watch(files: Sequence[Path], act: Callable[[], int]) -> int:
    """Act now, and again whenever one of the files is saved, until Ctrl-C."""
    seen: list[tuple[int, int] | None] | None = None
    while True:
        now = [saved_at(file) for file in files]
        if now != seen:
            seen = now
            act()
            print("\nWatching; Ctrl-C ends.", flush=True)
        time.sleep(POLL)


def saved_at(file: Path) -> tuple[int, int] | None:
    """When a file was saved, and its size; None if there is no file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
