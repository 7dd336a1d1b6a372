"""From (N, C, H, W), the order of the book and PyTorch, to our order of axes: images and weights. Read next: `names`."""

import math

import numpy as np

from scratchnet.support.validation import Array, InputError


def channels_last(array: Array, kind: str = "images", image: tuple[int, int, int] | None = None) -> Array:
    """Images or weights with channels first, converted to our order with channels last.

    kind           `array`                                               the result
    "images"       images (N, C, H, W)                                   (N, H, W, C)
    "convolution"  the W of a convolution (n_out, n_in, size, size)      (size, size, n_in, n_out)
    "affine"       the W (C · H · W, M) of the first Affine after        the same with its rows in the order (H, W, C)
                   flattened images of shape image=(C, H, W)

    PyTorch's Linear stores Wᵀ: give `weight.T`. Biases and all other weights need no conversion.
    """
    array = np.asarray(array)
    if kind == "affine":
        if not isinstance(image, tuple | list) or len(image) != 3 or array.ndim != 2 or len(array) != math.prod(image):
            raise InputError(
                f"image is {image} and the array has shape {array.shape}, but for an affine image=(C, H, W) is needed, and "
                "a weight of shape (C · H · W, M)"
            )
        return np.ascontiguousarray(array.reshape(*image, -1).transpose(1, 2, 0, 3)).reshape(array.shape)
    orders = {"images": (0, 2, 3, 1), "convolution": (2, 3, 1, 0)}
    if kind not in orders:
        raise InputError(f"kind is {kind!r}, but 'images', 'convolution' or 'affine' is needed")
    if array.ndim != 4:
        raise InputError(f"the array has shape {array.shape}, but {kind} with channels first have four axes")
    return np.ascontiguousarray(array.transpose(orders[kind]))
