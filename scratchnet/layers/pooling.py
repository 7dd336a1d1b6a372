"""Pooling makes images smaller, one number of each window; Flatten makes rows of them. Read next: `normalization`."""

from collections.abc import Iterator
from functools import reduce

import numpy as np

from scratchnet.arguments import Array, whole
from scratchnet.layers.base import Layer
from scratchnet.layers.convolution import check_images
from scratchnet.layers.correlation import out_length


class Pool(Layer):
    """What both kinds share: windows of `size` × `size`, put down every `stride` (`size`, if left out) numbers.

    A window is taken along its height first, then along its width, so it costs 2 size looks, not size².
    """

    rowwise = True

    def __init__(self, size: int, stride: int | None = None) -> None:
        self.size = whole("size", size)
        self.stride = whole("stride", size if stride is None else stride)

    def windows(self, x: Array, axis: int) -> Iterator[Array]:
        """The first numbers of all windows along an axis, then the second ones, and so on: views of x."""
        count = out_length(x.shape[axis], self.size, self.stride, 0)
        for i in range(self.size):
            yield x[(slice(None),) * axis + (slice(i, i + self.stride * (count - 1) + 1, self.stride),)]


class MaxPool(Pool):
    """out[n, h, w, c] = max over i, j of x[n, h s + i, w s + j, c],  with stride s

        dx = dout at the place of each window's greatest number, else 0

    Shapes: x (N, H, W, C), out (N, H', W', C) with H' = (H − size) // s + 1; what is left at the right and at the bottom
    is not seen. Of several greatest numbers one alone gets dout. PyTorch calls it MaxPool2d.
    """

    def forward(self, x: Array) -> Array:
        check_images(x, self.size)
        self.x = x
        self.tallest = reduce(np.maximum, self.windows(x, axis=1))
        self.out = reduce(np.maximum, self.windows(self.tallest, axis=2))
        return self.out

    def backward(self, dout: Array) -> Array:
        dtallest, dx = np.zeros_like(self.tallest), np.zeros_like(self.x)
        self.give_to_greatest(dout, self.out, self.tallest, dtallest, axis=2)
        self.give_to_greatest(dtallest, self.tallest, self.x, dx, axis=1)
        return dx

    def give_to_greatest(self, dout: Array, out: Array, x: Array, dx: Array, axis: int) -> None:
        """Add dout to dx where x is out, the first time in each window: what is given once is not left to be given."""
        left = dout
        for x_i, dx_i in zip(self.windows(x, axis), self.windows(dx, axis), strict=True):
            given = left * (x_i == out)
            dx_i += given
            left = left - given


class AveragePool(Pool):
    """out[n, h, w, c] = 1/size² Σᵢⱼ x[n, h s + i, w s + j, c],  with stride s

        dx = dout / size², added up over the windows that a number is in

    Shapes: x (N, H, W, C), out (N, H', W', C) with H' = (H − size) // s + 1. PyTorch calls it AvgPool2d.
    """

    def forward(self, x: Array) -> Array:
        check_images(x, self.size)
        self.x = x
        columns = reduce(np.add, self.windows(x, axis=1))
        return reduce(np.add, self.windows(columns, axis=2)) / self.size**2

    def backward(self, dout: Array) -> Array:
        _, height, _, channels = dout.shape
        dcolumns = np.zeros((len(dout), height, self.x.shape[2], channels), dout.dtype)
        for dcolumns_j in self.windows(dcolumns, axis=2):
            dcolumns_j += dout / self.size**2
        dx = np.zeros_like(self.x)
        for dx_i in self.windows(dx, axis=1):
            dx_i += dcolumns
        return dx


class Flatten(Layer):
    """out = x, each of its rows in one line

        dx = dout, in the shape of x

    Shapes: x (N, …), out (N, product of the rest). Images (H, W, C) are read row by row, each pixel's channels together.
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout: Array) -> Array:
        return dout.reshape(self.shape)
