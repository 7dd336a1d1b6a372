"""Pooling makes images smaller: one number for each window. Flatten makes rows of images. Read next: `normalization`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce

import numpy as np

from scratchnet.layers.base import Layer
from scratchnet.layers.convolution import check_images
from scratchnet.layers.correlation import out_length
from scratchnet.support.validation import Array, whole


class Pool(Layer):
    """What MaxPool and AveragePool share: windows of `size` × `size`, one every `stride` numbers (by default, `size`).

    A window is reduced along its height first, then along its width, which takes 2 · size steps instead of size².
    """

    rowwise = True

    def __init__(self, size: int, stride: int | None = None) -> None:
        self.size = whole("size", size)
        self.stride = None if stride is None else whole("stride", stride)
        self.step = self.size if self.stride is None else self.stride

    def windows(self, x: Array, axis: int) -> Iterator[Array]:
        """Views of x: the first numbers of all windows along an axis, then the second numbers, and so on."""
        count = out_length(x.shape[axis], self.size, self.step, 0)
        for i in range(self.size):
            yield x[(slice(None),) * axis + (slice(i, i + self.step * (count - 1) + 1, self.step),)]


class MaxPool(Pool):
    """out[n, h, w, c] = max over i, j of x[n, h s + i, w s + j, c],  with stride s

        dx = dout at the place of each window's greatest number, else 0

    Shapes: x (N, H, W, C), out (N, H', W', C) with H' = (H − size) // s + 1; numbers left over at the right and at
    the bottom are ignored. If several numbers are the greatest, one of them gets dout. PyTorch calls it MaxPool2d.
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
        """The greatest number of each window along an axis; for all but the first, is it greater than all before?"""
        first, *others = self.windows(x, axis)
        greater = []
        for x_i in others:
            greater.append(x_i > first)
            first = np.maximum(first, x_i)
        return first, greater

    def to_the_greatest(self, dout: Array, greater: list[Array], shape: tuple[int, ...], axis: int) -> Array:
        """dout at the greatest number of each window: from the end, the first number that is greater than all before it."""
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

        dx = Σ dout / size² over the windows that a number is in

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
    """out = x, with each image as one row

        dx = dout, in the shape of x

    Shapes: x (N, …), out (N, product of the rest). Images (H, W, C) are read row by row, pixel by pixel, channel by channel.
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, dout: Array) -> Array:
        return dout.reshape(self.shape)
