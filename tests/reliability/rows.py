"""A row of RELIABILITY.md: what was tried, how often, and what came out."""

import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

# Each way to try is one function. It takes how many tries to make, and gives the row.
Trial = Callable[[], str]


@dataclass
class Row:
    """`outcomes` counts the tries by how they ended, `problems` names each that ended in a way that must not be."""

    what: str
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    measured: str = ""

    @property
    def tried(self) -> int:
        return self.outcomes.total()

    def add(self, case: object, work: Trial) -> None:
        """Make one try. It returns how it ended; an exception is a problem."""
        try:
            self.outcomes[work()] += 1
        except Exception as error:
            self.outcomes["PROBLEM"] += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.problems.append(f"{case}: {type(error).__name__} in line {where.lineno} of {where.name}: {error}"[:400])

    def add_all(self, outcomes: Iterable[tuple[object, str, bool]]) -> None:
        """Count tries that were made elsewhere: the case, how it ended, and whether it may end so."""
        for case, outcome, allowed in outcomes:
            self.outcomes[outcome if allowed else "PROBLEM"] += 1
            if not allowed:
                self.problems.append(f"{case}: {outcome}"[:400])

    def lines(self, name: str) -> list[str]:
        """The lines of the page: one of the table, and one for each problem."""
        ended = "; ".join(f"{outcome} {count:,}" for outcome, count in sorted(self.outcomes.items()))
        result = f"{ended}. {self.measured}" if self.measured else ended
        table = f"| {name} | {self.what} | {self.tried:,} | {result} | {len(self.problems)} |"
        return [table, *(f"* {name}: {problem}" for problem in self.problems)]
