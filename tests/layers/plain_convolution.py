"""Convolution as its formulas say it, one product after the other. Slow, and free of every trick of the fast one.

    out[n, h, w, m] = b[m] + Σ x[n, h s + i − p, w s + j − p, c] W[i, j, k, m]

With groups, output m belongs to the group m // (n_out / groups), and the k-th of the channels that it sees is c.
"""

import itertools

import numpy as np


def products(x, W, stride, pad, groups):
    """(place in out, place in x, place in W) of every product of two numbers that is part of the sum."""
    size, _, channels, maps = W.shape
    height, width = ((length + 2 * pad - size) // stride + 1 for length in x.shape[1:3])
    axes = (len(x), height, width, maps, size, size, channels)
    for n, h, w, m, i, j, k in itertools.product(*map(range, axes)):
        row, column, c = h * stride + i - pad, w * stride + j - pad, m // (maps // groups) * channels + k
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:  # else in the frame of zeros
            yield (n, h, w, m), (n, row, column, c), (i, j, k, m)


def forward(x, W, b, stride=1, pad=0, groups=1):
    size = len(W)
    height, width = ((length + 2 * pad - size) // stride + 1 for length in x.shape[1:3])
    out = np.zeros((len(x), height, width, len(b))) + b
    for to, at, by in products(x, W, stride, pad, groups):
        out[to] += x[at] * W[by]
    return out


def backward(x, W, dout, stride=1, pad=0, groups=1):
    """dx, dW and db."""
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(W.shape[3])
    for to, at, by in products(x, W, stride, pad, groups):
        dx[at] += dout[to] * W[by]
        dW[by] += dout[to] * x[at]
    for place in np.ndindex(dout.shape):
        db[place[3]] += dout[place]
    return dx, dW, db
