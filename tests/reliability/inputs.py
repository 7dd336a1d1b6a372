"""Texts, files and arguments that nobody would give: millions of them, each from a seed."""

import fuzz
import wrong_input

from reliability.rows import Row


def fuzzed(count: int = 1_000_000) -> Row:
    """Damaged and made-up texts and files, shared among the readers."""
    row = Row("Made-up and damaged texts, options, lines and files, for everything that reads one")
    for name, share in fuzz.shares(count).items():
        inputs = fuzz.READERS[name](share, 0)
        for i in range(share):
            row.add(f"{name}, input {i} of seed 0", lambda inputs=inputs: {"read": "right"}.get(one := next(inputs), one))
            if row.problems and row.problems[-1].startswith(name):
                break  # a generator ends with its first problem
    return row


def api_calls(count: int = 50_000) -> Row:
    """Public functions called with arguments in other forms, and with odd ones."""
    row = Row("Calls of the public functions with odd arguments: other forms of the right ones, and wrong ones")
    row.add_all((call.text, call.outcome, call.ok) for call in wrong_input.api_calls(0, count))
    return row
