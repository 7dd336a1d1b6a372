"""MNIST, and other sets in IDX files. Nothing is downloaded: the package holds the four files, and verifies their hashes.

Read next: `scratchnet.spread.values`.
"""

import gzip
import hashlib
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scratchnet.support.streams import stream
from scratchnet.support.validation import (
    Array,
    InputError,
    a_path,
    as_array,
    finite,
    flag,
    float_array,
    labels,
    shown,
    whole,
)

MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
SCALE = np.float32(1 / 255)
CHUNK = 2**20  # bytes read at a time
GZIP_LIMIT = 1032  # a gzip file is at most this many times smaller than its content
LARGE, LARGE_GZIP_LIMIT = 2**28, 100  # bytes of content from which on it must be larger: images are 4 to 10 times smaller
ROWS_LOOKED_AT = 1000  # for a fingerprint
SLACK = 2**16  # bytes that a gzip file may have besides its content


class Dataset:
    """Rows and their labels; `data[rows]` is a batch (x, t) for a slice or an array of row numbers.

    x is float32. `images` may be uint8, which is kept (a quarter of the memory) and scaled to 0..1 batch by batch, or
    floats, which are not scaled. t (N,) holds class numbers. `source` maps file names to their SHA-256.
    """

    def __init__(self, images: Any, t: Any, source: dict[str, str] | None = None) -> None:
        images = as_array("images", images)
        if images.ndim < 2 or images.size == 0:
            raise InputError(f"the images have shape {images.shape}, but at least one row is needed, one per image")
        if images.dtype != np.uint8:
            images = finite("images", float_array("images", images, np.float32))
        self.images = images
        self.labels = labels(t, len(images)).astype(np.int64)
        if self.labels.min() < 0:
            raise InputError(f"a label is {self.labels.min()}, but class numbers start from 0")
        if source is not None and not isinstance(source, dict):
            raise InputError(f"source is {shown(source)}, but a dictionary of file names and their SHA-256 is needed")
        self.source = source or {}

    @property
    def classes(self) -> int:
        """One more than the greatest label."""
        return int(self.labels.max()) + 1

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> tuple[Array, Array]:
        # take is twice as fast as images[rows] for row numbers
        is_rows = isinstance(rows, np.ndarray) and rows.dtype.kind in "iu"
        images = self.images.take(rows, axis=0) if is_rows else self.images[rows]
        x = images
        if images.dtype == np.uint8:
            x = images.astype(np.float32)
            x *= SCALE
        return x, self.labels[rows]

    def __repr__(self) -> str:
        return f"<Dataset: {len(self):,} rows of shape {self.images.shape[1:]}, {self.classes} classes>"

    def chunks(self, rows: int, end: int | None = None) -> Iterator[tuple[Array, Array]]:
        """The rows before `end` (by default, all rows) in order, `rows` at a time."""
        end = len(self) if end is None else end
        for start in range(0, end, rows):
            yield self[start : min(start + rows, end)]


def load_mnist(flatten: bool = True) -> tuple[Dataset, Dataset]:
    """The real MNIST: 60,000 training and 10,000 test images of digits.

    Rows have shape (784,), or (28, 28, 1) with flatten=False. Raises InputError if a file is missing or altered.
    """
    here = Path(__file__).resolve().parent
    folders = [here / "datasets" / "mnist", here.parent / "datasets" / "mnist"]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        raise InputError(f"MNIST is missing from the package (looked in {folders[0]}): install scratchnet again")
    train, test = load_idx(folder, flatten)
    found = train.source | test.source
    for name, expected in MNIST_SHA256.items():
        if found.get(name) != expected:
            raise InputError(f"{folder / name} is not the official file (its SHA-256 differs): install scratchnet again")
    return train, test


def load_idx(folder: str | Path, flatten: bool = True) -> tuple[Dataset, Dataset]:
    """A training and a test set from the four IDX files in a folder: MNIST, Fashion-MNIST, KMNIST, EMNIST, or your own.

    The files have MNIST's names, `train-images-idx3-ubyte` and so on, gzipped (.gz) or not.
    """
    folder = a_path("the folder", folder)
    if not os.path.isdir(folder):  # noqa: PTH112, unlike Path.is_dir it returns False for a name that is too long
        raise InputError(f"there is no folder {folder}: give one that holds the four IDX files, such as datasets/mnist")
    flatten = flag("flatten", flatten)
    train, test = _load_part(folder, "train"), _load_part(folder, "t10k")
    check_alike(train, test, f"{folder}: ")
    for part in (train, test):
        images = part.images
        part.images = images.reshape(len(images), -1) if flatten else images[..., None]
    return train, test


def as_dataset(name: str, given: Any) -> Dataset:
    """`given` itself, if it is a Dataset, or a Dataset made from a pair (x, t)."""
    if isinstance(given, Dataset):
        return given
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InputError(f"{name} is a {type(given).__name__}, but a Dataset or a pair (x, t) is needed")
    return Dataset(*given)


def check_shapes(train: Dataset, test: Dataset, where: str = "") -> None:
    """Raise InputError unless the rows of both sets have the same shape."""
    shapes = train.images.shape[1:], test.images.shape[1:]
    if shapes[0] != shapes[1]:
        raise InputError(f"{where}training rows have shape {shapes[0]}, but test rows {shapes[1]}: give both one shape")


def check_alike(train: Dataset, test: Dataset, where: str = "") -> None:
    """Raise InputError unless the rows have the same shape, and training has every class of the test set."""
    check_shapes(train, test, where)
    if test.classes > train.classes:
        raise InputError(
            f"{where}a test label is {test.classes - 1}, but the training labels end at {train.classes - 1}: "
            "the two parts do not belong to one set"
        )


def fingerprint(data: Dataset) -> str:
    """The number of the rows, their shape and dtype, and a hash of all labels and of about 1,000 rows, evenly spread."""
    digest = hashlib.sha256(data.labels.tobytes())
    digest.update(data.images[:: max(1, len(data) // ROWS_LOOKED_AT)].tobytes())
    return f"{len(data)} rows of {data.images.dtype}{data.images.shape[1:]} with hash {digest.hexdigest()[:16]}"


def _load_part(folder: Path, part: str) -> Dataset:
    images_path, labels_path = _find(folder, f"{part}-images-idx3-ubyte"), _find(folder, f"{part}-labels-idx1-ubyte")
    images, images_hash = _read_idx(images_path, axes=3)
    t, labels_hash = _read_idx(labels_path, axes=1)
    if len(images) != len(t):
        raise InputError(f"{images_path} holds {len(images)} images, but {labels_path.name} {len(t)} labels")
    if len(images) == 0:
        raise InputError(f"{images_path} holds no images")
    return Dataset(images, t, {images_path.name: images_hash, labels_path.name: labels_hash})


def _find(folder: Path, name: str) -> Path:
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise InputError(f"there is no {name} or {name}.gz in {folder}: the four files of an IDX set must be there")


def _read_idx(path: Path, axes: int) -> tuple[Array, str]:
    """The array in an IDX file of unsigned bytes, and the SHA-256 of the file on the disk.

    The format: two zero bytes, 8 for "unsigned byte", the number of axes, each axis' length as a big-endian uint32, and
    the values.
    """
    zipped = path.suffix == ".gz"
    try:
        with path.open("rb") as stored, gzip.GzipFile(fileobj=_Zipped(stored)) if zipped else nullcontext(stored) as content:
            header = content.read(4 + 4 * axes)
            if len(header) < 4 + 4 * axes or header[:4] != bytes([0, 0, 8, axes]):
                raise InputError(f"{path} is not an IDX file of unsigned bytes with {axes} ax{'e' if axes > 1 else 'i'}s")
            shape = struct.unpack(f">{axes}I", header[4:])
            said = f"{path} says that it holds {' × '.join(map(str, shape))} values"
            check_size(said, len(header) + math.prod(shape), os.fstat(stored.fileno()).st_size, zipped)
            values = _read_bytes(said, content, math.prod(shape))
            stored.seek(0)
            digest = hashlib.file_digest(stored, "sha256").hexdigest()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}): copy it again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): check its permissions and the disk") from error
    return values.reshape(shape), digest


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
    """Raise InputError unless a file of `stored` bytes can hold so many bytes of content. `said` starts the sentence.

    A file may be as large as a disk, and a small gzip file hold more than the memory, so this comes before it is read.
    """
    if not zipped:
        if stored != content:
            raise InputError(
                f"{said}, but has {stored - content:+,} bytes: it was cut short or is damaged, so copy it again"
            )
        return
    ratio = GZIP_LIMIT if content <= LARGE else LARGE_GZIP_LIMIT
    if content > ratio * stored or stored > 2 * content + SLACK:
        raise InputError(f"{said}, which a gzip file of {stored:,} bytes does not: it is damaged, so copy it again")


def _read_bytes(said: str, content: Any, expected: int) -> Array:
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


class Batches:
    """Which rows make up each batch: each epoch is a new order of all rows, cut into whole batches.

    Rows that are left over are not used in that epoch. The batch of a step depends on the seed and the step alone: every
    initializer sees the same batches, and training can go on from any step.
    """

    def __init__(self, rows: int, batch_size: int, seed: int) -> None:
        self.rows = rows
        self.batch_size = whole("batch_size", batch_size)
        if self.batch_size > rows:
            raise InputError(f"batch_size is {batch_size}, but there are only {rows} rows: give a smaller batch_size")
        self.steps_per_epoch = rows // self.batch_size
        self.seed = seed
        self._epoch = -1

    def count(self, steps: int | None, epochs: int | None) -> int:
        """The number of steps: `steps`, or `epochs` in steps. Exactly one of the two must be given."""
        if (steps is None) == (epochs is None):
            raise InputError("give steps or epochs, one of the two: write steps=2000, or epochs=5")
        return whole("steps", steps) if epochs is None else whole("epochs", epochs) * self.steps_per_epoch

    def __getitem__(self, step: int) -> Array:
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._order = stream(self.seed, f"batches of epoch {epoch}").permutation(self.rows)
            self._epoch = epoch
        return self._order[place * self.batch_size : (place + 1) * self.batch_size]
