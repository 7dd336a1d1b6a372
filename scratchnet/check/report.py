"""What checks find: a `Finding` each, together a `Report`, which prints as a table."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from scratchnet.support.readers_file import message_of
from scratchnet.support.tables import Table
from scratchnet.support.validation import InputError

Wrong = tuple[str, str]  # a word, and one to three sentences


MOST_NAMED = 3  # checks in a repr
UNNAMED = ("other", "wrong-factor", "size-dependent")  # the diagnoses that name no mistake


class NotCompared(Exception):
    """A check has nothing to compare with: it says neither right nor wrong. Its message is the reason."""


class IsWrong(Exception):
    """A check cannot go on, since something is wrong: a word and a text."""


class CheckFailed(AssertionError):
    """A check has failed. Its message says what is wrong, and what to look at next."""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    diagnosis    a short stable word, such as "sign-flipped"; None where nothing is wrong
    text         one to three sentences: what is wrong, and what to look at next
    expected     the reason, where it was expected to fail
    """

    check: str
    passed: bool
    diagnosis: str | None = None
    text: str = ""
    expected: str | None = None


@dataclass(frozen=True)
class Report:
    """All findings on one subject: `ok` if none of them is a failure that was not expected.

    `not_compared` are the checks that had nothing to compare the subject with, each with the reason.
    """

    subject: str
    findings: tuple[Finding, ...]
    not_compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that are wrong, the most telling first: those that name no mistake are the last."""
        wrong = (finding for finding in self.findings if not finding.passed and finding.expected is None)
        return tuple(sorted(wrong, key=lambda finding: finding.diagnosis in UNNAMED))

    @property
    def ok(self) -> bool:
        return not self.failures

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """The words of the failures, the most telling first."""
        return tuple(finding.diagnosis or "failed" for finding in self.failures)

    def __repr__(self) -> str:
        count = f"{len(self.findings)} checks"
        wrong = [f"{one.check} ({one.diagnosis})" for one in self.failures[:MOST_NAMED]]
        more = len(self.failures) - len(wrong)
        end = f"WRONG in {len(self.failures)} of {count}: {', '.join(wrong)}{f' and {more} more' if more else ''}"
        return f"<Report: {self.subject}, {'right in all ' + count if self.ok else end}>"

    def table(self) -> Table:
        rows = [
            [
                finding.check,
                "right" if finding.passed else "WRONG" if finding.expected is None else "expected",
                finding.diagnosis or "",
            ]
            for finding in self.findings
        ]
        rows += [[name, "not checked", ""] for name in self.not_compared]
        notes = [finding.text for finding in self.failures]
        notes += [f"{name}: not checked, because {reason}." for name, reason in self.not_compared.items()]
        return Table([self.subject, "verdict", "diagnosis"], rows, notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        findings = [asdict(finding) for finding in self.findings]
        return {"subject": self.subject, "ok": self.ok, "findings": findings, "not_compared": dict(self.not_compared)}

    def raise_if_wrong(self) -> None:
        """Raise CheckFailed, with the texts of all failures, unless the report is ok."""
        if not self.ok:
            texts = (f"{finding.check}: {finding.diagnosis}: {finding.text}" for finding in self.failures)
            raise CheckFailed("\n".join([f"{self.subject} is not right", *texts]))


def run_checks(
    name: str,
    checks: Mapping[str, Callable[[Any], Wrong | None]],
    subject: Any,
    expected_failures: Mapping[str, str] | None,
    prepare: Callable[[], None] = lambda: None,
    needs: Mapping[str, Sequence[str]] = MappingProxyType({}),
    needs_if_named: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Report:
    """Run all checks in turn.

    If the first is wrong, the others do not run, as they would say the same. `needs` names other checks for some: if one
    of those is wrong, they do not run. With `needs_if_named` they run all the same if no mistake was recognized there.
    """
    if expected_failures is not None and not isinstance(expected_failures, Mapping):
        raise InputError(
            f"expected_failures is {shortened(expected_failures)}, but a dictionary is needed, from a check to the reason"
        )
    expected = dict(expected_failures or {})
    unknown = [check for check in expected if check not in checks]
    if unknown:
        raise InputError(f"there is no check {unknown[0]!r}: the checks are {', '.join(checks)}")
    findings: dict[str, Finding] = {}
    not_compared: dict[str, str] = {}
    first = next(iter(checks))
    for label, check in checks.items():
        if any(other in findings and not findings[other].passed for other in (first, *needs.get(label, ()))):
            continue
        if any(
            other in findings and findings[other].diagnosis not in (None, *UNNAMED)
            for other in needs_if_named.get(label, ())
        ):
            continue
        try:
            with np.errstate(all="ignore"):
                if label == first:
                    prepare()
                wrong = check(subject)
        except NotCompared as reason:
            not_compared[label] = str(reason)
            continue
        except IsWrong as error:
            wrong = error.args[0], error.args[1]
        except (Exception, SystemExit) as error:
            wrong = raised(name, error)
        if (
            wrong
            and wrong[0] in UNNAMED
            and any(not findings[one].passed for one in needs_if_named.get(label, ()) if one in findings)
        ):
            continue  # another one says more
        word, text = wrong or (None, "")
        findings[label] = Finding(label, wrong is None, word, text, expected.get(label) if wrong else None)
    return Report(name, tuple(findings.values()), not_compared)


LIBRARIES = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(np.__file__).parent}{os.sep}", "<")


def raised(name: str, error: BaseException) -> Wrong:
    """An exception of the subject in one sentence, with the last line of the reader's own file that was reached."""
    line, file, inside, traceback = None, "", None, error.__traceback__
    while traceback:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(LIBRARIES):
            line, file, inside = traceback.tb_lineno, Path(code.co_filename).name, code.co_qualname
        traceback = traceback.tb_next
    if isinstance(error, NotImplementedError):
        return "not-written", f"{inside or name} is not written yet."
    message = message_of(error)
    where = f" in line {line} of {file}" if line else ""
    said = f"{type(error).__name__}{where}{': ' if message else ''}{message}"
    apart = re.search(r"broadcast together with shapes \((\d+),(\d+)\) \((\d+),\)", said)
    if apart and apart[1] == apart[3]:
        return "keepdims-missing", (
            f"{said[:150]}. An axis was lost: write keepdims=True in sum, mean, max or var, so that ({apart[1]},) is "
            f"({apart[1]}, 1)."
        )
    fit = "matmul" in said  # NumPy's word where the shapes of a matrix product do not fit
    return ("transposed", f"{said}. Is a .T missing, or one too many?") if fit else ("raises", f"{name} raises {said}.")


def name_of(thing: Any) -> str:
    """What a report calls its subject: the first line of its repr."""
    try:
        repr(thing)
    except (Exception, SystemExit) as error:
        text = shortened(" ".join(str(error).split()), 120)
        raise InputError(f"{type(thing).__name__}.__repr__ raises {type(error).__name__}: {text}: correct it") from error
    return shortened(thing)


def shortened(value: Any, most: int = 80) -> str:
    """A value in a sentence: the first line of its repr, cut; or the name alone, where the repr is Python's own."""
    try:
        own = type(value).__repr__ is object.__repr__
        text = type(value).__name__ if own else getattr(value, "__name__", None) or repr(value).split("\n")[0]
    except Exception:
        text = type(value).__name__
    return text if len(text) <= most else f"{text[: most - 1]}…"


def made_of(what: str, kind: Any) -> Any:
    """What a class or a function makes without arguments."""
    try:
        return kind()
    except (InputError, NotImplementedError):
        raise
    except TypeError as error:
        name = getattr(kind, "__name__", shortened(kind))
        raise InputError(
            f"{what} is {name}, which cannot be made without arguments ({shortened(str(error))}): give one that is made"
        ) from error
    except (Exception, SystemExit) as error:
        name = getattr(kind, "__name__", shortened(kind))
        text = " ".join(str(error).split())
        raise InputError(f"{what}, {name}, cannot be made: it raises {type(error).__name__}: {text[:120]}") from error
