"""Convolution: the same small weights at every place of an image. Images are (batch, height, width, channel).

The book has (batch, channel, height, width). Channels last is the faster order in NumPy, since the numbers under a window
lie side by side. `channels_last` converts images and weights. Read next: `correlation`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.initializers import Fans, He, InitLike, Zeros
from scratchnet.layers.base import Layer
from scratchnet.layers.correlation import correlate, correlate_dW, correlate_dW_dx
from scratchnet.support.validation import Array, InputError, whole


class Convolution(Layer):
    """out[n, h, w] = Σᵢⱼ x[n, h s + i − p, w s + j − p] W[i, j] + b,  with stride s and a frame of zeros p wide

        dW[i, j] = Σ over n, h, w of x[n, h s + i − p, w s + j − p]ᵀ dout[n, h, w]        db = Σ dout
        dx[n, r, c] = Σ dout[n, h, w] W[i, j]ᵀ over all h, w, i, j with h s + i − p = r and w s + j − p = c

    Shapes: x (N, H, W, n_in), W (size, size, n_in / groups, n_out), b (n_out,), out (N, H', W', n_out) with
    H' = (H + 2 p − size) // s + 1. The channels are cut into `groups` parts, which do not see each other.
    Fans: n_in / groups · size² and n_out / groups · size². PyTorch calls it Conv2d, and stores W as
    (n_out, n_in / groups, size, size).
    """

    rowwise = True

    def __init__(
        self,
        n_in: int,
        n_out: int,
        size: int,
        stride: int = 1,
        pad: int = 0,
        groups: int = 1,
        init: InitLike = He(),
        bias_init: InitLike = Zeros(),
    ) -> None:
        self.n_in, self.n_out = whole("n_in", n_in), whole("n_out", n_out)
        self.size, self.stride = whole("size", size), whole("stride", stride)
        self.pad, self.groups = whole("pad", pad, least=0), whole("groups", groups)
        if pad >= size:
            raise InputError(
                f"pad is {pad}, but with windows of size {size} it is at most {size - 1}: a wider one gives windows of zeros"
            )
        if n_in % groups or n_out % groups:
            raise InputError(f"groups is {groups}, but it must divide both n_in ({n_in}) and n_out ({n_out})")
        fans = Fans(n_in // groups, n_out // groups, (size, size))
        self.W = self.parameter("W", (size, size, n_in // groups, n_out), init, fans)
        self.b = self.parameter("b", (n_out,), bias_init, fans)

    def forward(self, x: Array) -> Array:
        check_images(x, self.size, self.pad, self.n_in)
        self.x = x
        parts = zip(self.in_groups(x), self.in_groups(self.W), strict=True)
        out = _side_by_side([correlate(x, W, self.stride, self.pad) for x, W in parts])
        out += self.b
        return out

    def backward(self, dout: Array) -> Array | None:
        self.db = dout.sum(axis=0).sum(axis=(0, 1))  # the batch first: that sum is the fast one
        xs, Ws, douts = self.in_groups(self.x), self.in_groups(self.W), self.in_groups(dout)
        if not self.needs_dx:
            parts = zip(xs, douts, strict=True)
            self.dW = _side_by_side([correlate_dW(x, dout, self.size, self.stride, self.pad) for x, dout in parts])
            return None
        both = [correlate_dW_dx(*part, self.stride, self.pad) for part in zip(xs, Ws, douts, strict=True)]
        self.dW = _side_by_side([dW for dW, _ in both])
        return _side_by_side([dx for _, dx in both])

    def in_groups(self, array: Array) -> list[Array]:
        """The array, cut into groups along its last axis. (W's last axis is that of the outputs.)"""
        return np.split(array, self.groups, axis=-1) if self.groups > 1 else [array]


def _side_by_side(parts: list[Array]) -> Array:
    return np.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]


def check_images(x: Array, size: int, pad: int = 0, channels: int | None = None) -> None:
    """Raise InputError unless x is (N, H, W, channels) and has room for a window."""
    shape = f"(batch, height, width, {'channel' if channels is None else channels})"
    if x.ndim != 4:
        raise InputError(f"images {shape} are needed, but x has shape {x.shape}: for MNIST load_mnist(flatten=False)")
    if channels is not None and x.shape[3] != channels:
        first = x.shape[1] == channels
        remedy = ": its channels come first, so write sn.channels_last(x)" if first else ": the channels are the last axis"
        raise InputError(f"images {shape} are needed, but x has shape {x.shape}{remedy}")
    if min(x.shape[1:3]) + 2 * pad < size:
        raise InputError(f"a window of size {size} does not fit into images of {x.shape[1]} × {x.shape[2]} with pad {pad}")
