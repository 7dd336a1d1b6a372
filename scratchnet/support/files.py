"""Files that are written completely or not at all, files that are read only up to a limit, and CSV and JSON text."""

import csv
import errno
import io
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scratchnet.support.signals import held
from scratchnet.support.tables import visible
from scratchnet.support.validation import InputError

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs a cell that starts with one of these

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # nothing more can be written
REMEDIES = {
    errno.ENOSPC: "make room on the disk, in space or in number of files, and run the command again",
    errno.EDQUOT: "make room below your quota, and run the command again",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), and run the command again",
    errno.EROFS: "choose another folder with --out",
    errno.EACCES: "choose another folder with --out, or change its permissions",
    errno.EPERM: "choose another folder with --out, or change its permissions",
    errno.ENOENT: "the folder is gone, so choose another one",
    errno.ENOTDIR: "choose another folder with --out",
    errno.ENAMETOOLONG: "choose a shorter name",
}


@held()
def write_whole(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Write to a temporary file in the same folder and rename it, so that `path` is never half written.

    When this returns, the file and its name are on the disk. An OSError names `path`.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")  # a name that no other writer has
    pieces = [content.encode()] if isinstance(content, str) else [content] if isinstance(content, bytes) else content
    with errors_name(path):
        try:
            with part.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        sync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file and return when it is on the disk. If that fails, the file is as it was before."""
    with errors_name(path):
        new = not path.exists()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags, 0o666), "ab", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            try:
                left = memoryview(line.encode() + b"\n")
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(size)
                raise
        if new:
            sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk. Windows cannot, and does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(handle)


@contextmanager
def errors_name(path: Path) -> Iterator[None]:
    """Every OSError inside becomes one of the same kind that names `path`."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def explain(error: OSError) -> str:
    """An OSError in one sentence: the path, what happened, and what to do."""
    where = f"{error.filename}: " if error.filename else ""
    remedy = REMEDIES.get(error.errno or 0, "check the path and the disk")
    return f"{where}{error.strerror or error}: {remedy}"


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read it. A link, a folder or a pipe in its place is an InputError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    refused = InputError(f"{path} is a link, a folder or a device, but a plain file is needed: put the file itself there")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise refused
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise refused
        yield file


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """A header and one line per row; None is an empty cell. A text that a spreadsheet would run gets an apostrophe."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _inert(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "'" * value.startswith(FORMULA_STARTS) + visible(value)


def as_json(value: Any) -> str:
    """One line of JSON. An object becomes a dictionary of its attributes; a number that is not finite becomes null."""
    try:
        return json.dumps(value, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(value, default=_plain)
        return json.dumps(json.loads(text, parse_constant=lambda name: None))


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else vars(value)
