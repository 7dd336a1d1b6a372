"""One table, as text for a terminal and as HTML for a notebook."""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # of the direction of writing


def visible(text: str) -> str:
    """The text with control characters, marks that turn the direction of writing and lone surrogates as \\x1b or \\u202e.

    A terminal would obey them, and XML does not allow them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(escape(letter) if _is_control(letter) else letter for letter in text)


def visible_lines(text: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(map(visible, text.split("\n")))


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in TURNS or ord(letter) & 0xFFFE == 0xFFFE


def escape(letter: str) -> str:
    r"""The letter as \x1b, \u91cd or \U0001f600."""
    code = ord(letter)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


class Table:
    """Rows of text under a header, with notes below. The first column is aligned left, the others right."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> None:
        self.header = [visible(cell) for cell in header]
        self.rows = [[visible(cell) for cell in row] for row in rows]
        self.notes = [visible_lines(note) for note in notes]

    def __str__(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]

        def text(line: Sequence[str]) -> str:
            cells = [
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]
            return "  ".join(cells).rstrip()

        rule = "  ".join("-" * width for width in widths)
        return "\n".join([text(self.header), rule, *map(text, self.rows), *self.notes])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        import html  # not Jinja2, which the page uses: it takes 60 ms to load, and html 10

        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table><thead>{row(self.header, 'th')}</thead><tbody>{body}</tbody></table>{notes}"


def without_addresses(text: str) -> str:
    """A repr without the addresses in memory that Python writes for a function, which differ from process to process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def as_written(value: Any) -> str:
    """The repr of an argument, without addresses; a class or a function by its name."""
    return getattr(value, "__name__", None) or without_addresses(repr(value))


def short(value: float | None, digits: int = 3) -> str:
    """A value with `digits` significant digits: 0.0002, 12,300, and 2e-5 or 1.2e6 where zeros would fill it up.

    This is how every number is written for a reader. A dash stands for a value that is missing.
    """
    if value is None:
        return "-"
    if not math.isfinite(value):
        return f"{value:g}"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if value and not -5 < power < 6:
        return f"{_without_zeros(mantissa)}e{power}"
    return _without_zeros(f"{float(mantissa + 'e' + exponent):,.{max(digits - 1 - power, 0)}f}")


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | None) -> str:
    """A share in percent, with one decimal below 99.5 %; a dash if there is none."""
    return "-" if share is None else f"{100 * share:.1f} %" if 0 < share < 0.995 else f"{100 * share:.0f} %"
