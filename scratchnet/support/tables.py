"""One table, as text for a terminal and as HTML for a notebook."""

from collections.abc import Sequence


class Table:
    """Rows of text under a header, with notes below. The first column is aligned left, the others right."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> None:
        self.header = list(header)
        self.rows = [list(row) for row in rows]
        self.notes = list(notes)

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

    def _repr_html_(self) -> str:
        import html  # not Jinja2, which the page uses: it takes 60 ms to load, and html 10

        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table><thead>{row(self.header, 'th')}</thead><tbody>{body}</tbody></table>{notes}"


def short(value: float | None, digits: int = 3) -> str:
    """A value with `digits` significant digits, or a dash if there is none."""
    if value is None:
        return "-"
    return f"{value:.{digits}g}"


def percent(share: float | None) -> str:
    """A share in percent, with one decimal below 99.5 %; a dash if there is none."""
    return "-" if share is None else f"{100 * share:.1f} %" if 0 < share < 0.995 else f"{100 * share:.0f} %"
