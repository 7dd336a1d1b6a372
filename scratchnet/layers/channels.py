"""Between (N, C, H, W), the order of the book and PyTorch, and our order of axes: images and weights. Read next: `names`."""

from __future__ import annotations

import math

import numpy as np

from scratchnet.support.validation import Array, InputError, as_array, shown, whole

# Where each axis of an array with channels last stands in the array with channels first.
ORDERS = {"images": (0, 2, 3, 1), "convolution": (2, 3, 1, 0)}


def channels_last(array: Array, kind: str = "images", image: tuple[int, int, int] | None = None) -> Array:
    """Images or weights with channels first, converted to our order with channels last.

    kind           `array`                                               the result
    "images"       images (N, C, H, W)                                   (N, H, W, C)
    "convolution"  the W of a convolution (n_out, n_in, size, size)      (size, size, n_in, n_out)
    "affine"       the W (C · H · W, M) of the first Affine after        the same with its rows in the order (H, W, C)
                   flattened images of shape image=(C, H, W)

    PyTorch's Linear stores Wᵀ: give `weight.T`. Biases and all other weights need no conversion. For a whole module there is
    `from_torch`. The inverse is `channels_first`.
    """
    array = checked(array, kind, image, "first")
    if kind == "affine":
        return np.ascontiguousarray(array.reshape(*image, -1).transpose(1, 2, 0, 3)).reshape(array.shape)  # type: ignore[misc]
    return np.ascontiguousarray(array.transpose(ORDERS[kind]))


def channels_first(array: Array, kind: str = "images", image: tuple[int, int, int] | None = None) -> Array:
    """Images or weights in our order, converted to PyTorch's and the book's: the inverse of `channels_last`.

    `kind` and image=(C, H, W) are those of `channels_last`, and its table read from right to left says what comes out.
    """
    array = checked(array, kind, image, "last")
    if kind == "affine":
        channels, height, width = image  # type: ignore[misc]
        rows = array.reshape(height, width, channels, -1).transpose(2, 0, 1, 3)
        return np.ascontiguousarray(rows).reshape(array.shape)
    return np.ascontiguousarray(array.transpose(np.argsort(ORDERS[kind])))


def checked(array: Array, kind: str, image: tuple[int, int, int] | None, place: str) -> Array:
    """`array` as an array of the axes that its kind has; `place` is where the channels are now."""
    array = as_array("the array", array)
    if array.dtype.kind not in "biuf":
        raise InputError(f"the array holds {array.dtype}, but real numbers are needed: give a plain array of them")
    if not isinstance(kind, str) or kind not in (*ORDERS, "affine"):
        raise InputError(f"kind is {shown(kind)}, but 'images', 'convolution' or 'affine' is needed")
    if kind != "affine":
        if array.ndim != 4:
            raise InputError(f"the array has shape {array.shape}, but {kind} with channels {place} have four axes")
        return array
    is_image = isinstance(image, tuple | list) and len(image) == 3
    if not is_image or array.ndim != 2 or len(array) != math.prod(whole("a size of image", size) for size in image or ()):
        raise InputError(
            f"image is {shown(image)} and the array has shape {array.shape}, but for an affine image=(C, H, W) is needed, "
            "and a weight of shape (C · H · W, M)"
        )
    return array
