"""Files that are written completely or not at all; CSV and JSON text."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.support.signals import held


@held()
def write_whole(path: Path, content: str | bytes) -> None:
    """Write to a temporary file in the same folder and rename it, so that `path` is never half written."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """A header and one line per row; None is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json(value: Any) -> str:
    """One line of JSON. An object becomes a dictionary of its attributes; a number that is not finite becomes null."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(value, default=_plain)
        return json.dumps(json.loads(text, parse_constant=lambda name: None))


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else vars(value)
