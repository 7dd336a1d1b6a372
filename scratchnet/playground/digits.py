"""Real images for the page to train on: packed with four bits a pixel, compressed, and written as base64.

    level = round(15 · pixel / 255)

MNIST's 2,000 images to train on and 500 to test take 314 KB, in the size in which Python trains on them, so theory's
lines and a run's losses hold for them as well. Read next: `tables`.
"""

import base64
import zlib
from typing import Any

import numpy as np

from scratchnet.data import Dataset
from scratchnet.support.validation import Array

LEVELS = 15
TRAIN, TEST = 2000, 500  # rows, of the first and of the last ones
BUDGET = 340_000  # characters
MOST_PIXELS = 65_536  # of an image: the page counts them in 16 bits


def pack(data: Dataset, budget: int = BUDGET) -> dict[str, Any] | None:
    """The first rows of `data` to train on and the last ones to test on, for the page.

    There are at most `budget` characters of pixels. None if the rows are not images of bytes with labels below 256, or if
    too few of them fit into the page.
    """
    images = data.images.reshape(len(data), -1)
    if images.dtype != np.uint8 or images.shape[1] > MOST_PIXELS or not data.has_classes or data.classes > 256:
        return None
    test = min(TEST, len(data) // 5)
    train = min(TRAIN, len(data) - test)
    while train >= 10 and test >= 2:
        rows = np.r_[:train, len(data) - test : len(data)]
        text = compressed(halves(np.rint(images[rows] * (LEVELS / 255)).astype(np.uint8)))
        if len(text) <= min(budget, BUDGET):
            labels = base64.b64encode(data.labels[rows].astype(np.uint8).tobytes()).decode()
            side = data.images.shape[1:3] if data.images.ndim > 2 else square(images.shape[1])
            return {"n": images.shape[1], "side": side, "train": train, "test": test, "pixels": text, "labels": labels}
        train, test = int(0.8 * train), int(0.8 * test)
    return None


def halves(levels: Array) -> bytes:
    """Two levels in each byte, the first in the upper half."""
    levels = np.append(levels.ravel(), np.zeros(levels.size % 2, np.uint8))
    return ((levels[::2] << 4) | levels[1::2]).tobytes()


def compressed(content: bytes) -> str:
    """Deflate with zlib's header, which a browser's DecompressionStream("deflate") reads, as base64."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def square(n: int) -> tuple[int, int]:
    """Height and width in which n pixels are shown: those of a square image, or one row."""
    side = round(n**0.5)
    return (side, side) if side * side == n else (1, n)
