"""A file of named arrays and one JSON document: `.npz`, or `.safetensors`. Neither can run code when it is read.

An `.npz` is a zip file: `scratchnet.json`, and a `.npy` file for each array, which `np.load` reads too. Nothing in it is
compressed, so no array is larger than the file. In a `.safetensors`, which the library safetensors reads and writes, the
document is the metadata `scratchnet`. The document lists name, dtype, shape and SHA-256 of each array, and holds a SHA-256
of itself. So each flipped bit that could change a number is found, in both formats. (A zip file has a CRC-32 too, which is
checked as well.)
"""

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.support.describe import MissingClass
from scratchnet.support.files import write_whole
from scratchnet.support.validation import Array, InputError, a_path

DOCUMENT = "scratchnet.json"
VERSION = 1
LARGEST_DOCUMENT = 100_000_000  # bytes; safetensors has the same limit
SAFETENSORS_NAMES = {
    **{"<f2": "F16", "<f4": "F32", "<f8": "F64", "|b1": "BOOL", "|i1": "I8", "|u1": "U8"},
    **{"<i2": "I16", "<u2": "U16", "<i4": "I32", "<u4": "U32", "<i8": "I64", "<u8": "U64"},
}
NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<|]\w\d)', 'fortran_order': False, 'shape': \(([\d, ]{0,1000})\), \} *\n", re.DOTALL
)


def check_suffix(path: Any) -> Path:
    """`path` as a Path, if it ends in .npz or .safetensors."""
    path = a_path("the file", path)
    if path.suffix not in (".npz", ".safetensors"):
        raise InputError(f"the file is {str(path)!r}, but a name that ends in .npz or .safetensors is needed")
    if path.suffix == ".safetensors":
        _safetensors()
    return path


def write_arrays(path: Path, kind: str, document: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write the file whole. `kind` says what the document describes, such as "network"."""
    plain = {name: _little_endian(f"{path}: {name}", array) for name, array in arrays.items()}
    listed = {name: [array.dtype.str, list(array.shape), _sha256(array)] for name, array in plain.items()}
    whole = {"scratchnet": VERSION, "kind": kind, **document, "arrays": listed}
    text = json.dumps({**whole, "sha256": _sha256(_as_text(whole).encode())}, allow_nan=False)
    content = _as_safetensors(text, plain) if path.suffix == ".safetensors" else _as_npz(text, plain)
    try:
        write_whole(path, content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be written ({reason}): give a file in a folder with room") from error


@dataclass(frozen=True)
class ArrayFile:
    """A file that was opened and checked, but whose arrays are not read yet. `listed` is (dtype, shape) of each."""

    path: Path
    document: dict[str, Any]
    listed: Mapping[str, tuple[str, tuple[int, ...]]]

    def arrays(self) -> dict[str, Array]:
        """Read all arrays, and check their digests."""
        with damage(self.path):
            found = dict(_arrays_in_safetensors(self) if self.path.suffix == ".safetensors" else _arrays_in_npz(self))
            for name, array in found.items():
                if _sha256(array) != self.document["arrays"][name][2]:
                    raise InputError(f"{name} differs from what was saved")
        return {name: array.astype(array.dtype.newbyteorder("="), copy=False) for name, array in found.items()}


def open_arrays(path: Any, kind: str) -> ArrayFile:
    """Open a file and check its document, and its arrays' names, shapes and dtypes. Nothing as large as an array is read."""
    path = check_suffix(path)
    with damage(path):
        is_file = path.is_file()
    if not is_file:
        raise InputError(f"there is no file {path}: name one that {LOADERS[kind][0]} wrote")
    with damage(path):
        text, found = _open_safetensors(path) if path.suffix == ".safetensors" else _open_npz(path)
        document = _read_document(text)
    if document["scratchnet"] != VERSION:
        raise InputError(f"{path} was written by another version of scratchnet: install the newest one")
    if document["kind"] != kind:
        held = printable(str(document["kind"])[:50])
        remedy = f": write {LOADERS[held][1]}(path)" if held in LOADERS else ""
        raise InputError(f"{path} holds a {held}, but a {kind} is needed{remedy}")
    with damage(path):
        listed = {name: (dtype, tuple(shape)) for name, (dtype, shape, _) in document["arrays"].items()}
        for name in {**listed, **found}:
            if listed.get(name) != found.get(name):
                raise InputError(f"{name} is {_shown(found.get(name))}, but {_shown(listed.get(name))} in its document")
    return ArrayFile(path, document, listed)


LOADERS = {
    "comparison": ("result.save", "sn.load_result"),
    "network": ("net.save", "sn.load"),
    "trainer": ("trainer.save", "sn.load_trainer"),
}


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Whatever goes wrong while a file is read becomes one InputError that names the file."""
    try:
        yield
    except MissingClass as error:
        raise InputError(f"{path} {printable(str(error))}") from error
    except MemoryError as error:
        raise InputError(f"{path} is larger than the memory: read it on a larger machine") from error
    except PermissionError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): ask for the right to read it") from error
    except Exception as error:
        reason = printable(" ".join(str(error).split()))[:150] or type(error).__name__
        raise InputError(
            f"{path} cannot be loaded: {reason}; it is damaged or its classes have changed, so save it again"
        ) from error


def printable(text: str) -> str:
    """The text, with a question mark for each character that could change a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _shown(dtype_and_shape: tuple[str, tuple[int, ...]] | None) -> str:
    if dtype_and_shape is None:
        return "missing"
    return f"{dtype_and_shape[0]} of shape {dtype_and_shape[1]}"


def _as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False)


def _read_document(text: bytes) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    digest = document.pop("sha256")
    if _sha256(_as_text(document).encode()) != digest:
        raise InputError("its document differs from what was saved")
    return document


def _sha256(data: Array | bytes) -> str:
    return hashlib.sha256(data.tobytes() if isinstance(data, np.ndarray) else data).hexdigest()


def _little_endian(where: str, array: Array) -> Array:
    plain = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    if plain.dtype.str not in SAFETENSORS_NAMES:
        raise InputError(f"{where} is {array.dtype}, which the file cannot hold: give it as float32 or float64")
    return plain


# --- .npz


def _as_npz(text: str, arrays: Mapping[str, Array]) -> bytes:
    import zipfile  # slow, and most programs keep no network

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
        file.writestr(zipfile.ZipInfo(DOCUMENT), text)
        for name, array in arrays.items():
            npy = io.BytesIO()
            np.lib.format.write_array(npy, array, version=(1, 0), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), npy.getbuffer())
    return content.getvalue()


def _open_npz(path: Path) -> tuple[bytes, dict[str, tuple[str, tuple[int, ...]]]]:
    """The document, and dtype and shape of each array by its header."""
    import zipfile

    with zipfile.ZipFile(path) as file:
        members = file.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise InputError("two of its parts have the same name")
        if any(member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size for member in members):
            raise InputError("a part of it is compressed")
        if sum(member.file_size for member in members) > path.stat().st_size:
            raise InputError("its parts overlap")
        if file.getinfo(DOCUMENT).file_size > LARGEST_DOCUMENT:
            raise InputError("its document is too large")
        text = file.read(DOCUMENT)
        found = {}
        for member in members:
            if member.filename != DOCUMENT:
                dtype, shape, start = _npy_header(file, member)
                if start + math.prod(shape) * np.dtype(dtype).itemsize != member.file_size:
                    raise InputError(f"{member.filename} has another size than its shape {shape} says")
                found[member.filename.removesuffix(".npy")] = dtype, shape
    return text, found


def _npy_header(file: Any, member: Any) -> tuple[str, tuple[int, ...], int]:
    """dtype, shape, and where the numbers start."""
    with file.open(member) as content:
        header = NPY_HEADER.match(content.read(2000))
    if header is None or int.from_bytes(header[0][8:10], "little") != header.end() - 10:
        raise InputError(f"{member.filename} is not an array in C order, as NumPy writes it")
    dtype, axes = header[1].decode(), header[2].decode().split(",")
    if dtype not in SAFETENSORS_NAMES:
        raise InputError(f"{member.filename} holds {dtype}")
    return dtype, tuple(int(axis) for axis in axes if axis.strip()), header.end()


def _arrays_in_npz(opened: ArrayFile) -> Iterator[tuple[str, Array]]:
    import zipfile

    with zipfile.ZipFile(opened.path) as file:
        for name, (dtype, shape) in opened.listed.items():
            member = file.getinfo(f"{name}.npy")
            *_, start = _npy_header(file, member)
            array = np.empty(shape, dtype)
            with file.open(member) as content:
                content.read(start)
                into: Any = memoryview(array.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
                while into and (count := content.readinto(into)):  # type: ignore[attr-defined]
                    into = into[count:]
                if into or content.read(1):  # this last read checks the CRC-32
                    raise InputError(f"{name} is cut short")
            yield name, array


# --- .safetensors


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise InputError(
            'a .safetensors file needs the library safetensors: pip install "scratchnet[safetensors]", or name a .npz file'
        ) from error
    return safetensors


def _as_safetensors(text: str, arrays: Mapping[str, Array]) -> bytes:
    content: bytes = _safetensors().numpy.save(dict(arrays), {"scratchnet": text})
    return content


def _open_safetensors(path: Path) -> tuple[bytes, dict[str, tuple[str, tuple[int, ...]]]]:
    dtypes = {theirs: ours for ours, theirs in SAFETENSORS_NAMES.items()}
    with _safetensors().safe_open(path, framework="numpy") as file:
        text = (file.metadata() or {}).get("scratchnet")
        if text is None:
            raise InputError("it has no description of a network")
        parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        return text.encode(), {name: (dtypes[part.get_dtype()], tuple(part.get_shape())) for name, part in parts.items()}


def _arrays_in_safetensors(opened: ArrayFile) -> Iterator[tuple[str, Array]]:
    with _safetensors().safe_open(opened.path, framework="numpy") as file:
        for name in opened.listed:
            yield name, file.get_tensor(name)
