"""The gallery: figures of the book and of papers, drawn anew, and what each paper states, checked.

Each figure is one file in examples/gallery/, with a `main(full)` that returns a Result: the figure, and a number for each
Claim. The small setting takes seconds, the full one is nearer to the paper. The files are not imported by the package: they
are run from where they are, in the repository or in the installed package. Read next: `scratchnet.comparison`.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scratchnet.support.readers_file import run_file
from scratchnet.support.tables import short
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Claim:
    """What a paper states, as a number that a gallery file measures.

    text       what the paper states
    expected   the number; for an order, the number at which it would turn round
    tolerance  how far from `expected` other seeds and the small setting lead
    why        where the tolerance comes from
    relation   "=": within expected ± tolerance; ">": above expected + tolerance; "<": below expected − tolerance
    tried      only if the claim does not reproduce here: what was tried
    """

    text: str
    expected: float
    tolerance: float
    why: str
    relation: str = "="
    tried: str = ""

    def holds(self, value: float) -> bool:
        """Does the measured value agree with the claim? NaN does not."""
        if self.relation == ">":
            return value > self.expected + self.tolerance
        if self.relation == "<":
            return value < self.expected - self.tolerance
        return abs(value - self.expected) <= self.tolerance

    def as_expected(self, value: float) -> bool:
        """Does the claim hold, or fail if it is known that it does not reproduce?"""
        return self.holds(value) is not bool(self.tried)

    def bounds(self) -> str:
        """What the number should be, such as `0.8 ± 0.05` or `> 1.5`."""
        if self.relation == "=":
            return f"{short(self.expected)} ± {short(self.tolerance)}"
        return f"{self.relation} {short(self.expected + (1 if self.relation == '>' else -1) * self.tolerance)}"

    def sentence(self, value: float) -> str:
        """The claim, what was measured, and whether it holds."""
        holds = "holds" if self.holds(value) else "does not hold"
        known = f" Does not reproduce here: {self.tried}" if self.tried else ""
        return f"{self.text}\n    expected {self.bounds()}, measured {short(value)}: {holds} ({self.why}){known}"


@dataclass(frozen=True)
class Result:
    """What `main` of a gallery file returns: the figure, the measured number of each claim, and the numbers as text."""

    figure: Figure
    measured: Mapping[Claim, float]
    text: str = ""

    def __str__(self) -> str:
        claims = [claim.sentence(value) for claim, value in self.measured.items()]
        return "\n".join([self.text, *claims] if self.text else claims)


def folder() -> Path:
    """Where the files are: in the installed package, or in the repository."""
    here = Path(__file__).resolve().parent
    found = next((place for place in (here / "gallery_files", here.parent / "examples" / "gallery") if place.is_dir()), None)
    if found is None:
        raise InputError(f"the gallery is missing from the package (looked in {here}): install scratchnet again")
    return found


def names() -> list[str]:
    """The names of all figures, the book's first, then the papers by year."""
    stems = (file.stem for file in folder().glob("[!_]*.py"))
    return sorted(stems, key=lambda name: (not name.startswith("book"), name.rpartition("_")[2].zfill(4), name))


def title(name: str) -> str:
    """The first sentence of a file: its question, and what is drawn anew."""
    words = ast.get_docstring(ast.parse(path(name).read_text(encoding="utf-8"))) or ""
    return " ".join(words.partition("\n\n")[0].split())


def path(name: str) -> Path:
    """The file of a figure."""
    if name not in (known := names()):
        raise InputError(f"there is no {shown(name)} in the gallery: choose one of {', '.join(known)}")
    return folder() / f"{name}.py"


def draw(name: str, full: bool = False) -> Result:
    """Run the `main` of a file, in the small setting or in the full one."""
    file = path(name)
    with one_blas_thread():
        result: Result = run_file(file, f"gallery_{name}").main(full)
    return result


def verify(chosen: Sequence[str] = (), full: bool = False) -> Iterator[tuple[str, Result, float]]:
    """Draw the chosen figures, or all, one after the other: the name, the result, and the seconds of CPU that it took."""
    for name in chosen or names():
        before = time.process_time()
        yield name, draw(name, full), time.process_time() - before


def as_rows(name: str, result: Result) -> list[dict[str, Any]]:
    """The claims of a result as plain values, for a table or a file."""
    return [
        {
            "figure": name,
            "claim": claim.text,
            "expected": claim.bounds(),
            "measured": float(value),
            "holds": bool(claim.holds(value)),
            "as_expected": bool(claim.as_expected(value)),
        }
        for claim, value in result.measured.items()
    ]


def script(main: Callable[[bool], Result]) -> None:
    """The last line of each file: `python examples/gallery/NAME.py`, with the word `full` for the full setting."""
    from scratchnet import plots

    full, stem = "full" in sys.argv[1:], Path(sys.argv[0]).stem
    began, before = time.monotonic(), time.process_time()
    with one_blas_thread():
        result = main(full)
    print(result)
    plots.save(result.figure, stem)
    wall, cpu = time.monotonic() - began, time.process_time() - before
    print(f"saved {stem}.png and {stem}.svg ({cpu:.0f} s of CPU, {wall:.0f} s in all)")
