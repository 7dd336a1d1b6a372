"""Docstrings as pages of the site: prose, equations set apart by an indent, and tables of two columns, in reStructuredText.

The docstrings are written for `help()`. Here an indented block keeps its lines, a table becomes a list of definitions, and
the signs that reStructuredText would take for markup (|x|, uniform_, *) are escaped. Names in `backticks` become links.
"""

import re
from collections.abc import Iterator, Sequence

CODE = re.compile(r"(``.+?``|`[^`\n]+(?:\n[^`\n]+)?`)")
ROW = re.compile(r"(?P<name>\S(?:.*?\S)?)(?P<gap> {2,})(?P<words>\S.*)")
BULLET = re.compile(r"(?:[*-]|\d+\.) ")


def as_rst(text: str) -> str:
    """The docstring `text`, without indent, as reStructuredText."""
    return "\n\n".join(part for block in _blocks(text.splitlines()) for part in _formatted(block))


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Paragraphs. An indented one is joined to the indented one before it, with the empty line between them."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            if block and not block[-1] and not (line.startswith("    ") and block[0].startswith("    ")):
                yield block[:-1]
                block = []
            block.append(line.rstrip())
        elif block and block[-1]:
            block.append("")
    if block:
        yield block[: -1 if not block[-1] else None]


def _formatted(block: list[str]) -> Iterator[str]:
    if all(not line or line.startswith("  ") for line in block):
        yield "::"
        yield "\n".join(f"   {line}".rstrip() for line in block)
    elif rows := _table(block):
        yield "\n".join(f"{_escaped(name)}\n   {_escaped(words)}" for name, words in rows)
    elif BULLET.match(block[0]):
        yield "\n".join(line[:2] + _escaped(line[2:]) for line in block)
    else:
        yield _escaped("\n".join(block))


def _table(block: list[str]) -> list[tuple[str, str]]:
    """The rows of a table of names and what they are, aligned in two columns; none if it is another paragraph."""
    columns = {match.start("words") for line in block if line[0] != " " and (match := ROW.fullmatch(line))}
    columns |= {len(line) - len(line.lstrip()) for line in block if line[0] == " "}
    if len(block) < 2 or len(columns) > 2 or not columns:
        return []
    column = min(columns)
    rows: list[tuple[str, str]] = []
    for line in block:
        name, words = line[:column].strip(), line[column:].strip()
        if name and words and line[column - 1] != " ":  # a name as long as the column, with its words in the next line
            name, words = line, ""
        if name:
            rows.append((name, words))
        elif rows:
            rows[-1] = rows[-1][0], f"{rows[-1][1]} {words}".strip()
    return rows if len(rows) > 1 and all(words for _, words in rows) else []


def _escaped(text: str) -> str:
    parts = CODE.split(text)
    for place, part in enumerate(parts):
        if part.startswith("``") and len(part) > 4:
            continue
        if CODE.fullmatch(part):
            role = ":py:obj:" if re.fullmatch(r"`[\w.]+`", part) else ":code:"
            parts[place] = role + part.replace("\\", "\\\\")
            if place + 1 < len(parts) and re.match(r"[\w(]", parts[place + 1]):
                parts[place + 1] = "\\ " + _plain(parts[place + 1])
                continue
        elif not parts[place].startswith("\\ "):
            parts[place] = _plain(part)
    joined = "".join(parts)
    return re.sub(r"(?<=[\w(])(:py:obj:|:code:)", r"\\ \1", joined)


def _plain(text: str) -> str:
    return re.sub(r"(?<=\w)_(?!\w)", r"\\_", re.sub(r"([\\*|])", r"\\\1", text))


def _process(app, what, name, thing, options, lines):
    if what == "module" and name.startswith("scratchnet"):  # it says which file to read next
        lines.clear()
        return
    own = str(getattr(thing, "__module__", "")).startswith("scratchnet") or name.startswith("scratchnet")
    if own:
        lines[:] = [*as_rst("\n".join(lines)).splitlines(), ""]


def setup(app):
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
