"""The fast form of `Convolution`'s three formulas.

A window of a channels-last image is `size` rows of size · C neighbouring numbers each. So an image is unfolded along its
width only, which copies each number `size` times instead of size² times. Each row of the kernel is one matrix product:

    out = Σᵢ Uᵢ Wᵢ        U = unfold(x),  Uᵢ its rows from i on,  Wᵢ = W[i] as a matrix (size · C, M)
    dWᵢ = Σₙ Uᵢᵀ dout
    dx  = the same correlation, of dout in a frame of zeros, with the kernel turned by 180°; its unfolding gives dW too

The batch goes through in pieces that fit into the cache. tests/layers/plain_convolution.py has the formulas as loops. Read
next: `pooling`.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scratchnet.support.threads import pieces
from scratchnet.support.validation import Array


def correlate(x: Array, W: Array, stride: int = 1, pad: int = 0) -> Array:
    """out[n, h, w] = Σᵢⱼ x[n, h · stride + i − pad, w · stride + j − pad] W[i, j], x being 0 outside.

    Shapes: x (N, H, W, C), W (size, size, C, M), out (N, H', W', M) with H' = (H + 2 pad − size) // stride + 1.
    """
    size, _, channels, maps = W.shape
    height, width = (out_length(length, size, stride, pad) for length in x.shape[1:3])
    out = np.empty((len(x), height * width, maps), x.dtype)
    rows = W.reshape(size, size * channels, maps)
    for piece in pieces(len(x)):
        unfolded = unfold(framed(x[piece], pad), size, stride)
        np.matmul(kernel_row(unfolded, 0, height, stride), rows[0], out=out[piece])
        for i in range(1, size):
            out[piece] += np.matmul(kernel_row(unfolded, i, height, stride), rows[i])
    return out.reshape(len(x), height, width, maps)


def correlate_dW(x: Array, dout: Array, size: int, stride: int = 1, pad: int = 0) -> Array:
    """The gradient of W from that of out."""
    _, height, width, maps = dout.shape
    dout = dout.reshape(len(x), height * width, maps)
    dW = np.zeros((size, size * x.shape[3], maps), x.dtype)
    for piece in pieces(len(x)):
        unfolded = unfold(framed(x[piece], pad), size, stride)
        for i in range(size):
            dW[i] += np.matmul(kernel_row(unfolded, i, height, stride).transpose(0, 2, 1), dout[piece]).sum(axis=0)
    return dW.reshape(size, size, x.shape[3], maps)


def correlate_dW_dx(x: Array, W: Array, dout: Array, stride: int = 1, pad: int = 0) -> tuple[Array, Array]:
    """The gradients of W and of x from that of out, both from one unfolding V of dout in its frame:

    dx = Σᵢ Vᵢ W'ᵢ        dW'ᵢ = Σₙ Vᵢᵀ x        where W' is the kernel turned by 180°, with its matrices transposed
    """
    size, _, channels, maps = W.shape
    count, height, width, _ = x.shape
    if stride > 1:  # dout at the places of its windows, and zeros between
        spread = np.zeros((count, height + 2 * pad - size + 1, width + 2 * pad - size + 1, maps), dout.dtype)
        spread[:, ::stride, ::stride] = dout
        dout = spread
    turned = np.ascontiguousarray(W[::-1, ::-1].transpose(0, 1, 3, 2)).reshape(size, size * maps, channels)
    x = x.reshape(count, height * width, channels)
    dx, dturned = np.empty(x.shape, dout.dtype), np.zeros(turned.shape, dout.dtype)
    for piece in pieces(count):
        unfolded = unfold(framed(dout[piece], size - 1 - pad), size, 1)
        for i in range(size):
            row = kernel_row(unfolded, i, height, 1)
            if i == 0:
                np.matmul(row, turned[i], out=dx[piece])
            else:
                dx[piece] += np.matmul(row, turned[i])
            dturned[i] += np.matmul(row.transpose(0, 2, 1), x[piece]).sum(axis=0)
    dW = dturned.reshape(size, size, maps, channels)[::-1, ::-1].transpose(0, 1, 3, 2)
    return np.ascontiguousarray(dW), dx.reshape(count, height, width, channels)


def out_length(length: int, size: int, stride: int, pad: int) -> int:
    """How many windows fit into an axis with its frame."""
    return (length + 2 * pad - size) // stride + 1


def framed(x: Array, pad: int) -> Array:
    """x in a frame of zeros, `pad` wide."""
    if pad == 0:
        return x
    count, height, width, channels = x.shape
    out = np.zeros((count, height + 2 * pad, width + 2 * pad, channels), x.dtype)
    out[:, pad : pad + height, pad : pad + width] = x
    return out


def unfold(x: Array, size: int, stride: int) -> Array:
    """(N, H, W', size · C): the numbers under the window, for each row of an image and each place of the window."""
    windows = sliding_window_view(x, size, axis=2)[:, :, ::stride]  # (N, H, W', C, size)
    count, height, width, channels, _ = windows.shape
    return np.ascontiguousarray(windows.transpose(0, 1, 2, 4, 3)).reshape(count, height, width, size * channels)


def kernel_row(unfolded: Array, i: int, height: int, stride: int) -> Array:
    """(N, H' W', size · C): the numbers that the kernel's i-th row is multiplied with, for each place of the window."""
    rows = unfolded[:, i : i + stride * (height - 1) + 1 : stride]
    return rows.reshape(len(rows), rows.shape[1] * rows.shape[2], rows.shape[3])
