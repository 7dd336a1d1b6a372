"""What checks find: a `Finding` each, together a `Report`, which prints as a table."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from scratchnet.support.tables import Table
from scratchnet.support.validation import InputError

Wrong = tuple[str, str]  # a word, and one to three sentences


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
    """All findings on one subject: `ok` if none of them is a failure that was not expected."""

    subject: str
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.passed and finding.expected is None)

    @property
    def ok(self) -> bool:
        return not self.failures

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """The words of the failures, the most telling first."""
        return tuple(finding.diagnosis or "failed" for finding in self.failures)

    def table(self) -> Table:
        rows = [
            [
                finding.check,
                "right" if finding.passed else "WRONG" if finding.expected is None else "expected",
                finding.diagnosis or "",
            ]
            for finding in self.findings
        ]
        return Table([self.subject, "verdict", "diagnosis"], rows, [finding.text for finding in self.failures])

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {"subject": self.subject, "ok": self.ok, "findings": [asdict(finding) for finding in self.findings]}

    def raise_if_wrong(self) -> None:
        """Raise CheckFailed, with the texts of all failures, unless the report is ok."""
        if not self.ok:
            texts = (f"{finding.check}: {finding.diagnosis}: {finding.text}" for finding in self.failures)
            raise CheckFailed("\n".join([f"{self.subject} is not right", *texts]))


def run_checks(
    subject: str,
    checks: Mapping[str, Callable[[Any], Wrong | None]],
    trial: Any,
    expected_failures: Mapping[str, str] | None,
    prepare: Callable[[], None] = lambda: None,
    needs: Mapping[str, str] = MappingProxyType({}),
) -> Report:
    """All checks in turn. Where the first is wrong the others are not asked, as they would say the same; `needs` says of
    which others that is so."""
    expected = dict(expected_failures or {})
    unknown = [name for name in expected if name not in checks]
    if unknown:
        raise InputError(f"there is no check {unknown[0]!r}: the checks are {', '.join(checks)}")
    findings: dict[str, Finding] = {}
    first = next(iter(checks))
    for name, check in checks.items():
        if any(one in findings and not findings[one].passed for one in (first, needs.get(name))):
            continue
        try:
            with np.errstate(all="ignore"):
                if name == first:
                    prepare()
                wrong = check(trial)
        except NotImplementedError:
            wrong = ("not-written", f"{subject} is not written yet.")
        except Exception as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())}"
            fit = "matmul" in said  # NumPy's word where the shapes of a matrix product do not fit
            wrong = ("transposed", f"{said}. Is a .T missing, or one too many?") if fit else ("raises", said)
        word, text = wrong or (None, "")
        findings[name] = Finding(name, wrong is None, word, text, expected.get(name) if wrong else None)
    return Report(subject, tuple(findings.values()))


def name_of(thing: Any) -> str:
    """What a report calls its subject."""
    return repr(thing).split("\n")[0]
