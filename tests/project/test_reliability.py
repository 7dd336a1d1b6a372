"""The command that makes RELIABILITY.md: with few tries, and with a row that has a problem."""

import sys
from pathlib import Path

from reliability import __main__ as command
from reliability.rows import Row

PAGE = Path(__file__).parents[1] / "RELIABILITY.md"


def made(out, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["reliability", "--out", str(out), *words])
    command.main()
    return out.read_text(encoding="utf-8")


def test_a_row_replaces_that_of_before_and_a_problem_is_named(tmp_path, monkeypatch, capsys):
    out = tmp_path / "page.md"
    found = made(out, monkeypatch, "--only", "calls", "fuzz", "--share", "0.0004")
    assert "| calls | " in found and " | 20 | " in found and " | 400 | " in found and "problems:" not in found

    def broken(count):
        row = Row("what cannot be")
        row.add("seed 0", lambda: "right")
        row.add("seed 1", lambda: 1 / 0)
        row.add_all([("seed 2", "a lost line", False)])
        return row

    monkeypatch.setitem(command.ROWS, "fuzz", (broken, 3))
    found = made(out, monkeypatch, "--only", "fuzz")
    assert "| calls | " in found and "| fuzz | what cannot be | 3 | PROBLEM 2; right 1 | 2 |" in found
    assert "* fuzz: seed 1: ZeroDivisionError" in found and "* fuzz: seed 2: a lost line" in found


def test_each_row_was_made_and_has_no_problem():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for name in command.ROWS:
        rows = [line for line in lines if line.startswith(f"| {name} |")]
        assert rows and all(row.endswith("| 0 |") for row in rows), name
