"""JSON text that carries its own digest, so that a changed bit is seen when it is read.

The digest is the last entry: {"key": "a1", "seed": 0, "digest": "…"}. It is the SHA-256 of the text without that entry.
"""

import hashlib
import json
import re
from typing import Any

from scratchnet.support.validation import InputError

BOM = b"\xef\xbb\xbf"  # some editors put it in front of UTF-8
ENTRY = re.compile(rb'(,\n? )"digest": "([0-9a-f]{32})"(\n?\})\Z')


def with_digest(text: str) -> str:
    """The JSON object in `text` with its digest as the last entry. It stands on a line of its own if `}` does."""
    body, end = (text[:-2], "\n}") if text.endswith("\n}") else (text[:-1], "}")
    comma = ",\n " if end == "\n}" else ", "
    return f'{body}{comma}"digest": "{_digest(text.encode())}"{end}'


def read_with_digest(content: bytes) -> tuple[dict[str, Any], str]:
    """The object in such a text, and its digest. InputError says what is wrong with it.

    The ends of lines may be those of Windows, and a byte-order mark may stand in front.
    """
    content = content.removeprefix(BOM).replace(b"\r\n", b"\n").rstrip(b"\r\n")
    entry = ENTRY.search(content)
    if not entry:
        raise InputError("it does not end in a digest")
    found = entry[2].decode()
    if _digest(content[: entry.start()] + entry[3]) != found:
        raise InputError("its digest does not match")
    try:
        value = json.loads(content[: entry.start()] + entry[3], parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is no JSON ({' '.join(str(error).split())[:100]})") from error
    if not isinstance(value, dict):
        raise InputError("it is no JSON object")
    return value, found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")
