"""The structure of the book's code, written anew: float64, parameters and gradients in dictionaries, channels first.

Layers keep what their backward needs; ReLU sets elements by a mask; a convolution unfolds whole windows into one matrix
and multiplies once; optimizers walk the dictionaries. In its favour: the loss is that of the forward pass which the gradient
needs anyway (the book goes forward once more for it), dropout divides by what is left, as all others here do, and the images
are scaled batch by batch.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from workloads import Array, Train, Workload, affine_weights

import scratchnet as sn


class Affine:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        self.x = x.reshape(len(x), -1)
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout: Array) -> Array:
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.W.T).reshape(self.shape)


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


class Dropout:
    def __init__(self, ratio: float, rng: np.random.Generator) -> None:
        self.ratio, self.rng = ratio, rng

    def forward(self, x: Array) -> Array:
        self.mask = (self.rng.random(x.shape) > self.ratio) / (1 - self.ratio)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


def unfold(x: Array, size: int, stride: int, pad: int) -> Array:
    """One row for each place of the window, with all numbers under it: (N · H' · W', C · size · size)."""
    n, c, h, w = x.shape
    out_h, out_w = (h + 2 * pad - size) // stride + 1, (w + 2 * pad - size) // stride + 1
    framed = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    windows = np.zeros((n, c, size, size, out_h, out_w))
    for i in range(size):
        for j in range(size):
            windows[:, :, i, j] = framed[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(n * out_h * out_w, -1)


def fold(rows: Array, shape: tuple[int, ...], size: int, stride: int, pad: int) -> Array:
    """The way back: what windows share is added up."""
    n, c, h, w = shape
    out_h, out_w = (h + 2 * pad - size) // stride + 1, (w + 2 * pad - size) // stride + 1
    windows = rows.reshape(n, out_h, out_w, c, size, size).transpose(0, 3, 4, 5, 1, 2)
    framed = np.zeros((n, c, h + 2 * pad + stride - 1, w + 2 * pad + stride - 1))
    for i in range(size):
        for j in range(size):
            framed[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride] += windows[:, :, i, j]
    return framed[:, :, pad : pad + h, pad : pad + w]


class Convolution:
    def __init__(self, W: Array, b: Array, pad: int) -> None:
        self.W, self.b, self.pad = W, b, pad

    def forward(self, x: Array) -> Array:
        maps, _, size, _ = self.W.shape
        n, _, h, w = self.shape = x.shape
        self.rows = unfold(x, size, 1, self.pad)
        self.kernels = self.W.reshape(maps, -1).T
        out = np.dot(self.rows, self.kernels) + self.b
        return out.reshape(n, h + 2 * self.pad - size + 1, w + 2 * self.pad - size + 1, maps).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        maps, _, size, _ = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, maps)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.rows.T, dout).T.reshape(self.W.shape)
        return fold(np.dot(dout, self.kernels.T), self.shape, size, 1, self.pad)


class Pooling:
    def __init__(self, size: int) -> None:
        self.size = size

    def forward(self, x: Array) -> Array:
        n, c, h, w = self.shape = x.shape
        rows = unfold(x, self.size, self.size, 0).reshape(-1, self.size**2)
        self.greatest = np.argmax(rows, axis=1)
        return np.max(rows, axis=1).reshape(n, h // self.size, w // self.size, c).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        dout = dout.transpose(0, 2, 3, 1)
        dmax = np.zeros((dout.size, self.size**2))
        dmax[np.arange(dout.size), self.greatest] = dout.flatten()
        rows = dmax.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1)
        return fold(rows, self.shape, self.size, self.size, 0)


class SoftmaxWithLoss:
    def forward(self, x: Array, t: Array) -> float:
        self.t = t
        shifted = x - np.max(x, axis=-1, keepdims=True)
        self.y = np.exp(shifted) / np.sum(np.exp(shifted), axis=-1, keepdims=True)
        return float(-np.sum(np.log(self.y[np.arange(len(t)), t] + 1e-7)) / len(t))

    def backward(self) -> Array:
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / len(self.t)


class Net:
    def __init__(self, layers: list[Any]) -> None:
        self.layers, self.last = layers, SoftmaxWithLoss()
        self.holders = [layer for layer in layers if hasattr(layer, "W")]
        self.params = {f"{name}{i}": getattr(layer, name) for i, layer in enumerate(self.holders, 1) for name in "Wb"}

    def predict(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def gradient(self, x: Array, t: Array) -> tuple[dict[str, Array], float]:
        loss = self.last.forward(self.predict(x), t)
        dout = self.last.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        grads = {f"{name}{i}": getattr(layer, "d" + name) for i, layer in enumerate(self.holders, 1) for name in "Wb"}
        return grads, loss


class SGD:
    def __init__(self, lr: float) -> None:
        self.lr = lr

    def update(self, params: dict[str, Array], grads: dict[str, Array]) -> None:
        for key in params:
            params[key] -= self.lr * grads[key]


class Momentum:
    def __init__(self, lr: float) -> None:
        self.lr, self.v = lr, {}  # type: tuple[float, dict[str, Array]]

    def update(self, params: dict[str, Array], grads: dict[str, Array]) -> None:
        self.v = self.v or {key: np.zeros_like(w) for key, w in params.items()}
        for key in params:
            self.v[key] = 0.9 * self.v[key] - self.lr * grads[key]
            params[key] += self.v[key]


class Adam:
    def __init__(self, lr: float) -> None:
        self.lr, self.made = lr, 0
        self.m: dict[str, Array] = {}
        self.v: dict[str, Array] = {}

    def update(self, params: dict[str, Array], grads: dict[str, Array]) -> None:
        if not self.m:
            self.m = {key: np.zeros_like(w) for key, w in params.items()}
            self.v = {key: np.zeros_like(w) for key, w in params.items()}
        self.made += 1
        lr_t = self.lr * np.sqrt(1.0 - 0.999**self.made) / (1.0 - 0.9**self.made)
        for key in params:
            self.m[key] += (1 - 0.9) * (grads[key] - self.m[key])
            self.v[key] += (1 - 0.999) * (grads[key] ** 2 - self.v[key])
            params[key] -= lr_t * self.m[key] / (np.sqrt(self.v[key]) + 1e-7)


OPTIMIZERS: dict[str, Callable[[float], Any]] = {"SGD": SGD, "Momentum": Momentum, "Adam": Adam}


def build(workload: Workload) -> Train:
    data = workload.data()
    images = data.images if workload.is_mlp else data.images.reshape(-1, 1, 28, 28)
    net = translate(workload.network())
    optimizer = OPTIMIZERS[workload.optimizer](workload.lr)
    batches = workload.batches()

    def step(i: int) -> float:
        rows = batches[i]
        grads, loss = net.gradient(images[rows] / 255.0, data.labels[rows])
        optimizer.update(net.params, grads)
        return loss

    return lambda steps: [step(i) for i in steps]


def translate(net: sn.Network) -> Net:
    """The same layers with the same weights, in float64 and with channels first. Its Affine flattens by itself."""
    affine = affine_weights(net, channels_first=True)
    rng = np.random.default_rng(0)
    layers: list[Any] = []
    for i, layer in enumerate(net.layers):
        match layer:
            case sn.Affine():
                layers.append(Affine(affine[i].astype(np.float64), layer.b.astype(np.float64)))
            case sn.Convolution(pad=pad):
                kernels = np.ascontiguousarray(layer.W.transpose(3, 2, 0, 1), np.float64)
                layers.append(Convolution(kernels, layer.b.astype(np.float64), pad))
            case sn.ReLU():
                layers.append(Relu())
            case sn.MaxPool(size=size):
                layers.append(Pooling(size))
            case sn.Dropout(ratio=ratio):
                layers.append(Dropout(ratio, rng))
            case sn.Flatten():
                pass
            case _:
                raise ValueError(f"there is no translation of {layer!r}")
    return Net(layers)
