"""Files that are there whole or not at all, and what goes into them."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and rename it, so that no half of one is ever seen."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Rows under a header; what is None stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json(value: Any) -> str:
    """One line of JSON, an object as its attributes; numbers that are not finite, which JSON lacks, become null."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(value, default=_plain)
        return json.dumps(json.loads(text, parse_constant=lambda name: None))


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else vars(value)
