"""A set in one `.npz` file, such as Keras' `mnist.npz`: x_train, y_train, x_test, y_test. Read next: `other_files`."""

import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.data.idx import check_size, digest, read_bytes
from scratchnet.data.other_files import PEEK, what_it_is
from scratchnet.support.validation import Array, InputError

NAMES = [
    ("x_train", "y_train", "x_test", "y_test"),
    ("x_train", "t_train", "x_test", "t_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
]


def read_npz(path: Path) -> tuple[list[Array], str]:
    """Training images and labels, test images and labels, and the SHA-256 of the file.

    An array of objects would be a pickle, which could run code, and is refused.
    """
    try:
        with path.open("rb") as stored:
            _check_zip(path, stored.read(PEEK))
            stored.seek(0)
            size = stored.seek(0, 2)
            with zipfile.ZipFile(stored) as archive:
                members = _members(path, archive.infolist(), size)
                arrays = [_read_array(path, archive, member) for member in members]
            return arrays, digest(stored)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is not a whole .npz file ({error}): download or copy it again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): check its permissions and the disk") from error


def _check_zip(path: Path, head: bytes) -> None:
    if not head:
        raise InputError(f"{path} is empty (0 bytes): its download or copy failed, so get it again")
    if not head.startswith(b"PK"):
        what, remedy = what_it_is(head) or ("another file", "download or copy it again")
        raise InputError(f"{path} is {what}, but an .npz file is needed: {remedy}")


def _members(path: Path, members: list[zipfile.ZipInfo], size: int) -> list[zipfile.ZipInfo]:
    """The four arrays of a set, in order."""
    by_name = {member.filename.removesuffix(".npy").lower(): member for member in members}
    for names in NAMES:
        if all(name in by_name for name in names):
            chosen = [by_name[name] for name in names]
            if sum(member.compress_size for member in chosen) > size:
                raise InputError(f"{path} has parts that are larger than the file: it is damaged, so copy it again")
            return chosen
    held = ", ".join(sorted(by_name)[:8]) or "nothing"
    raise InputError(
        f"{path} holds {held}, but the arrays {', '.join(NAMES[0])} are needed: write np.savez with these names, or give "
        "sn.Dataset(images, t)"
    )


def _read_array(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as content:
        version = np.lib.format.read_magic(content)
        if version not in ((1, 0), (2, 0)):
            raise InputError(f"{path}: {member.filename} is in version {version} of NumPy's format: save it again")
        read: Any = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = read(content)
        if dtype.kind not in "iuf":
            raise InputError(f"{path}: {member.filename} holds {dtype}, but numbers are needed: save it with astype first")
        start, expected = content.tell(), math.prod(shape) * dtype.itemsize
        said = f"{path}: {member.filename} says that it holds {' × '.join(map(str, shape))} values"
        check_size(said, start + expected, member.file_size, zipped=False)
        check_size(said, start + expected, member.compress_size, zipped=member.compress_type != zipfile.ZIP_STORED)
        values = read_bytes(said, content, expected)
    return values.view(dtype).reshape(shape, order="F" if by_columns else "C")
