"""What checks find: a `Finding` each, together a `Report`, which prints as a table."""

from dataclasses import asdict, dataclass
from typing import Any

from scratchnet.tables import Table


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
