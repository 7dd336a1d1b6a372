"""An IDX file, gzipped or not. It may be as large as a disk, and a small gzip file may hold more than the memory, so sizes
are checked before memory is taken. Read next: `npz`.

The format: two zero bytes, a code for the type of the values, the number of axes, each axis' length as a big-endian uint32,
and the values, big-endian too.
"""

import gzip
import hashlib
import math
import os
import struct
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scratchnet.data.other_files import PEEK, what_it_is
from scratchnet.support.validation import Array, InputError

TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
AXES = {"images": 3, "labels": 1}
QMNIST_COLUMNS = 8  # the class, and where the digit comes from
CHUNK = 2**20  # bytes read at a time
GZIP_LIMIT = 1032  # a gzip file is at most this many times smaller than its content
LARGE, LARGE_GZIP_LIMIT = 2**28, 100  # bytes of content from which on it must be larger: images are 4 to 10 times smaller
SLACK = 2**16  # bytes that a gzip file may have besides its content


def read_idx(path: Path, role: str) -> tuple[Array, str]:
    """The "images" or "labels" in an IDX file, and the SHA-256 of the file on the disk.

    Images are unsigned bytes (N, H, W). Labels are whole numbers (N,); of QMNIST's labels (N, 8), the first column.
    """
    try:
        with path.open("rb") as stored:
            zipped = _is_zipped(path, stored)
            with gzip.GzipFile(fileobj=_Zipped(stored)) if zipped else nullcontext(stored) as content:
                values = _read_values(path, content, role, os.fstat(stored.fileno()).st_size, zipped)
            return values, digest(stored)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}): copy it again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): check its permissions and the disk") from error


def digest(stored: Any) -> str:
    """The SHA-256 of a whole file."""
    stored.seek(0)
    return hashlib.file_digest(stored, "sha256").hexdigest()


def _is_zipped(path: Path, stored: BinaryIO) -> bool:
    """Is it a gzip file? Raises InputError if its name says something else."""
    head = stored.read(PEEK)
    stored.seek(0)
    if not head:
        raise InputError(f"{path} is empty (0 bytes): its download or copy failed, so get it again")
    zipped = head.startswith(b"\x1f\x8b")
    named = path.suffix.lower() == ".gz"
    if zipped and not named:
        raise InputError(f"{path} is gzipped, but its name does not end in .gz: rename it to {path.name}.gz")
    if named and not zipped:
        if _is_header(head) or _is_swapped(head):
            raise InputError(f"{path} is not gzipped, though its name ends in .gz: rename it to {path.stem}")
        raise _not_idx(path, head, "a gzip file")
    return zipped


def _is_header(head: bytes) -> bool:
    return head[:2] == b"\0\0" and head[2] in TYPES and 0 < head[3] < 9 if len(head) > 3 else False


def _is_swapped(head: bytes) -> bool:
    return head[2:4] == b"\0\0" and head[1] in TYPES and 0 < head[0] < 9 if len(head) > 3 else False


def _not_idx(path: Path, head: bytes, needed: str) -> InputError:
    found = what_it_is(head)
    if found is None:
        return InputError(f"{path} is not {needed}: it was cut short or is another file, so copy it again")
    what, remedy = found
    return InputError(f"{path} is {what}, but {needed} is needed: {remedy}")


def _read_values(path: Path, content: Any, role: str, stored_size: int, zipped: bool) -> Array:
    needed = "an IDX file of unsigned bytes with 3 axes" if role == "images" else "an IDX file of whole numbers with 1 axis"
    head = content.read(4)
    if _is_swapped(head):
        raise InputError(f"{path} has a little-endian header, but in IDX files all numbers are big-endian: {REWRITE}")
    if not _is_header(head):
        raise _not_idx(path, head + content.read(PEEK), needed)
    axes = head[3]
    sizes = content.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise InputError(f"{path} ends within its header: it was cut short, so copy it again")
    dtype, shape = np.dtype(TYPES[head[2]]), struct.unpack(f">{axes}I", sizes)
    is_qmnist = role == "labels" and axes == 2 and shape[1] == QMNIST_COLUMNS and dtype.kind == "i"
    if axes != AXES[role] and not is_qmnist:
        holds = "labels" if axes == 1 else "images" if axes == 3 else f"an array with {axes} axes"
        raise InputError(f"{path} holds {holds}, but {needed} is needed: check whether two files were swapped")
    if dtype.kind not in ("u" if role == "images" else "iu"):
        to = "np.uint8" if role == "images" else "np.int32"
        raise InputError(f"{path} holds {dtype.name}, but {needed} is needed: write its values with astype({to})")
    header, said = 4 + 4 * axes, f"{path} says that it holds {' × '.join(map(str, shape))} values"
    try:
        check_size(said, header + math.prod(shape) * dtype.itemsize, stored_size, zipped)
    except InputError:
        swapped = struct.unpack(f"<{axes}I", sizes)
        if not zipped and header + math.prod(swapped) * dtype.itemsize == stored_size:
            raise InputError(
                f"{path} has little-endian sizes in its header ({' × '.join(map(str, swapped))}), but in IDX files all "
                f"numbers are big-endian: {REWRITE}"
            ) from None
        raise
    values = read_bytes(said, content, math.prod(shape) * dtype.itemsize).view(dtype).reshape(shape)
    return values[:, 0] if is_qmnist else values


REWRITE = 'write it with struct.pack(">…") and astype(">i4")'


class _Zipped:
    """A gzip file to be read. A name in its header may be as long as a disk, and Python reads it byte by byte."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.bytes_in_turn = file, 0

    def read(self, size: int = -1) -> bytes:
        self.bytes_in_turn = self.bytes_in_turn + 1 if size == 1 else 0
        if self.bytes_in_turn > SLACK:
            raise gzip.BadGzipFile("its header does not end")
        return self.file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def check_size(said: str, content: int, stored: int, zipped: bool) -> None:
    """Raise InputError unless a file of `stored` bytes can hold so many bytes of content. `said` starts the sentence."""
    if not zipped:
        if stored != content:
            raise InputError(
                f"{said}, but has {stored - content:+,} bytes: it was cut short or is damaged, so copy it again"
            )
        return
    ratio = GZIP_LIMIT if content <= LARGE else LARGE_GZIP_LIMIT
    if content > ratio * stored or stored > 2 * content + SLACK:
        raise InputError(f"{said}, which a compressed file of {stored:,} bytes does not: it is damaged, so copy it again")


def read_bytes(said: str, content: Any, expected: int) -> Array:
    """The bytes as an array; InputError if there are not as many as expected. Reads one piece more than that at most."""
    try:
        values = np.empty(expected, np.uint8)
    except MemoryError as error:
        raise InputError(f"{said}, which is more than the memory: give a smaller set") from error
    count = 0
    while count < expected and (part := content.read(min(CHUNK, expected - count))):
        values[count : count + len(part)] = np.frombuffer(part, np.uint8)
        count += len(part)
    if count < expected or content.read(1):
        has = f"{count:,}" if count < expected else "more"
        raise InputError(f"{said}, but has {has}: it was cut short or is damaged, so copy it again")
    return values
