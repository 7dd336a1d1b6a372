"""The lines of results.jsonl, each with its result or with what is wrong with it. Read next: `store`."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from scratchnet.experiment.run import Run, RunResult
from scratchnet.support.digests import BOM, read_with_digest
from scratchnet.support.files import errors_name, open_plain
from scratchnet.support.validation import InputError

LONGEST = 2**26  # bytes of a line, and LOSS_BYTES more for each step
LOSS_BYTES = 32
CHUNK = 2**20  # bytes read at a time


class ForeignResult(InputError):
    """A line is sound, and holds a result of another comparison."""


@dataclass(frozen=True)
class Line:
    """A line: its number, where it starts and ends in the file, and its result or one sentence about what is wrong.

    `torn` is True for the last line if its writer was stopped in the middle of it. `repeated` is True for a line that an
    earlier one holds already, and `foreign` for a sound line with a result of none of the runs.
    """

    number: int
    start: int
    end: int
    result: RunResult | None = None
    wrong: str | None = None
    torn: bool = False
    repeated: bool = False
    foreign: bool = False
    digest: str = ""


def read_lines(path: Path, runs: Sequence[Run], slim: bool = True) -> list[Line]:
    """All lines but empty ones; none if there is no such file.

    A line with a result of none of the `runs` is wrong too, and so are two lines that say different things of one run.
    If `slim`, only the first run of each label keeps its histograms, which take most of the memory.
    """
    if not os.path.lexists(path):
        return []
    with errors_name(path), open_plain(path) as file:
        return without_contradictions(list(each_line(file, runs, slim)))


def each_line(file: BinaryIO, runs: Sequence[Run], slim: bool) -> Iterator[Line]:
    """Each line by itself."""
    by_key = {run.key: run for run in runs}
    whole = {run.label: run.key for run in reversed(runs)}.values() if slim else by_key
    limit = LONGEST + LOSS_BYTES * max(run.steps for run in runs)
    start = 0
    for number in itertools.count(1):
        content = file.readline(limit)
        if not content:
            break
        end = start + len(content)
        ended = content.endswith(b"\n")
        line = Line(number, start, end)
        if not ended and len(content) == limit:
            end += rest_of_line(file)
            yield replace(line, end=end, wrong=f"it is longer than {limit:,} bytes")
        elif content.removeprefix(BOM).strip():
            try:
                result, digest = read_result(content, by_key)
                yield replace(line, result=result if result.key in whole else result.slim(), digest=digest)
            except InputError as error:
                yield replace(line, wrong=str(error), torn=not ended, foreign=isinstance(error, ForeignResult))
        start = end


def rest_of_line(file: BinaryIO) -> int:
    """Read to the end of the line, and return the number of bytes."""
    count = 0
    while part := file.readline(CHUNK):
        count += len(part)
        if part.endswith(b"\n"):
            break
    return count


def read_result(content: bytes, runs: dict[str, Run]) -> tuple[RunResult, str]:
    """The result in a line and its digest; InputError if it is damaged, or is not the result of one of the runs."""
    result = RunResult.from_json(content)
    run = runs.get(result.key)
    if run is None:
        raise ForeignResult(f"its run, {result.key}, is none of this comparison's")
    for name in ("label", "initializer", "seed"):
        if getattr(result, name) != getattr(run, name):
            raise InputError(f"its {name} is not that of its run, {result.key}")
    if result.steps > run.steps or (result.steps < run.steps and not result.diverged):
        raise InputError(f"it has {result.steps:,} steps, but its run has {run.steps:,}")
    return result, read_with_digest(content)[1]


def without_contradictions(lines: list[Line]) -> list[Line]:
    """Mark a line that repeats another one; where two lines say different things of one run, both are wrong."""
    by_key: dict[str, list[Line]] = {}
    for line in lines:
        if line.result:
            by_key.setdefault(line.result.key, []).append(line)
    checked = []
    for line in lines:
        same_run = by_key[line.result.key] if line.result else [line]
        if len({one.digest for one in same_run}) > 1:
            others = ", ".join(str(one.number) for one in same_run if one is not line)
            line = replace(line, result=None, wrong=f"line {others} says something else of the same run")
        checked.append(replace(line, repeated=line is not same_run[0] and not line.wrong))
    return checked


def pieces_of(path: Path, lines: Sequence[Line]) -> Iterator[bytes]:
    """The bytes of these lines of a file, each with one end of line after it, in pieces of limited size."""
    if not lines:
        return
    with open_plain(path) as file:
        for line in lines:
            file.seek(line.start)
            left = line.end - line.start
            while left > 0:
                piece = file.read(min(left, CHUNK))
                left = left - len(piece) if piece else 0
                at_start = line.start == 0 and file.tell() == len(piece)
                piece = piece.removeprefix(BOM) if at_start else piece
                yield piece if left else piece.removesuffix(b"\n").removesuffix(b"\r")
            yield b"\n"


def whole_of(path: Path) -> list[Line]:
    """The whole of a file as if it were one line; nothing if there is no such file, or an empty one."""
    size = path.lstat().st_size if os.path.lexists(path) else 0
    return [Line(1, 0, size)] if size else []
