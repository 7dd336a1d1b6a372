"""Pooling makes images smaller, one number of each window; Flatten makes rows of them. Read next: `normalization`."""

from collections.abc import Iterator
from functools import reduce

import numpy as np

from scratchnet.layers.base import Layer
from scratchnet.layers.convolution import check_images
from scratchnet.layers.correlation import out_length
from scratchnet.support.validation import Array, whole


class Pool(Layer):
    """What both kinds share: windows of `size` × `size`, put down every `stride` (`size`, if left out) numbers.

    A window is taken along its height first, then along its width, so it costs 2 size looks, not size².
    """

    rowwise = True

    def __init__(self, size: int, stride: int | None = None) -> None:
        self.size = whole("size", size)
        self.stride = None if stride is None else whole("stride", stride)
        self.step = self.size if self.stride is None else self.stride

    def windows(self, x: Array, axis: int) -> Iterator[Array]:
        """The first numbers of all windows along an axis, then the second ones, and so on: views of x."""
        count = out_length(x.shape[axis], self.size, self.step, 0)
        for i in range(self.size):
            yield x[(slice(None),) * axis + (slice(i, i + self.step * (count - 1) + 1, self.step),)]


class MaxPool(Pool):
    """out[n, h, w, c] = max over i, j of x[n, h s + i, w s + j, c],  with stride s

        dx = dout at the place of each window's greatest number, else 0

    Shapes: x (N, H, W, C), out (N, H', W', C) with H' = (H − size) // s + 1; what is left at the right and at the bottom
    is not seen. Of several greatest numbers one alone gets dout. PyTorch calls it MaxPool2d.
    """

    def forward(self, x: Array) -> Array:
        check_images(x, self.size)
        self.shape = x.shape
        tallest, self.taller = self.greatest(x, axis=1)
        out, self.wider = self.greatest(tallest, axis=2)
        return out

    def backward(self, dout: Array) -> Array:
        count, _, width, channels = self.shape
        dtallest = self.to_the_greatest(dout, self.wider, (count, dout.shape[1], width, channels), axis=2)
        return self.to_the_greatest(dtallest, self.taller, self.shape, axis=1)

    def greatest(self, x: Array, axis: int) -> tuple[Array, list[Array]]:
        """The greatest number of each window along an axis; and of the others, whether they are greater than all before."""
        first, *others = self.windows(x, axis)
        greater = []
        for x_i in others:
            greater.append(x_i > first)
            first = np.maximum(first, x_i)
        return first, greater

    def to_the_greatest(self, dout: Array, greater: list[Array], shape: tuple[int, ...], axis: int) -> Array:
        """dout where the greatest number of each window was: going back, the first that was greater than all before it."""
        tiled = self.step == self.size and shape[axis] % self.size == 0  # every number is in one window
        dx = (np.empty if tiled else np.zeros)(shape, dout.dtype)
        dx_first, *others = self.windows(dx, axis)
        left = dout
        for dx_i, is_greater in zip(reversed(others), reversed(greater), strict=True):
            given = np.multiply(left, is_greater, out=dx_i if tiled else None)
            if not tiled:
                dx_i += given
            left = left - given
        dx_first[...] = left if tiled else dx_first + left
        return dx


class AveragePool(Pool):
    """out[n, h, w, c] = 1/size² Σᵢⱼ x[n, h s + i, w s + j, c],  with stride s

        dx = dout / size², added up over the windows that a number is in

    Shapes: x (N, H, W, C), out (N, H', W', C) with H' = (H − size) // s + 1. PyTorch calls it AvgPool2d.
    """

    def forward(self, x: Array) -> Array:
        check_images(x, self.size)
        self.shape = x.shape
        columns = reduce(np.add, self.windows(x, axis=1))
        return reduce(np.add, self.windows(columns, axis=2)) / self.size**2

    def backward(self, dout: Array) -> Array:
        count, _, width, channels = self.shape
        dcolumns = np.zeros((count, dout.shape[1], width, channels), dout.dtype)
        for dcolumns_j in self.windows(dcolumns, axis=2):
            dcolumns_j += dout / self.size**2
        dx = np.zeros(self.shape, dout.dtype)
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
