"""Measured: what goes through every layer of a network, watched on its way through.

Read next: `scratchnet.meanfield.one_input`.
"""

import math
from typing import Any

import numpy as np

from scratchnet.layers import BatchNorm, Dropout, Layer
from scratchnet.losses import Loss, SoftmaxCrossEntropy, as_loss, targets
from scratchnet.network import ROWS, Network, as_network
from scratchnet.spread.histogram import Histogram
from scratchnet.spread.spread import Spread
from scratchnet.spread.values import NEAR_BOUND, Jacobian, LayerSpread, root_mean_square, unit_of, update_ratio
from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array, flag, labels, no_pixels, number

MOST_UNITS = 2048  # of a layer whose covariance is computed


@quiet
def measure_spread(
    net: Network,
    x: Array,
    t: Array | None = None,
    lr: float = 0.01,
    criterion: Loss | None = None,
    training: bool = True,
) -> Spread:
    """Measure the spread of every layer for the inputs x and, with labels t, the spread of its gradients too.

    The units of an image are its channels, and each place is measured separately. Layers inside a Residual or a nested
    Network are listed before it. `lr` is the learning rate for update_ratio. With `training`, batch normalization uses the
    statistics of this batch and dropout drops, as in a training step; without, both behave as in evaluation.

    It evaluates a copy of the network, part by part, so what the last training step left in the layers stays.
    """
    net, training = as_network(net), flag("training", training)
    lr = number("lr", lr, least=0)
    twin = net.twin(training)
    twin.keep_in_one_piece()  # so that the watched layers themselves get the numbers
    x = no_pixels("x", net.as_rows(x))
    criterion = as_loss(criterion)
    if t is not None:
        t = labels(t, len(x)) if isinstance(criterion, SoftmaxCrossEntropy) else targets(t, len(x))
    sums = {name: _watch(layer) for name, layer in twin.walk()}
    loss = 0.0
    for rows in net.parts(len(x)):
        scores = twin.forward(x[rows])
        if t is not None:
            share = len(scores) / len(x)
            loss += share * criterion.forward(scores, t[rows])
            twin.backward(criterion.backward() * np.asarray(share, net.dtype))
    layers = [total.layer_spread(name, lr) for name, total in sums.items()]
    for (
        _,
        layer,
    ) in twin.walk():  # otherwise each layer refers to itself, and its arrays stay until the garbage collector runs
        del layer.forward, layer.backward
    if t is None:
        return Spread(layers, lr=lr)
    classes = scores.shape[-1] if isinstance(criterion, SoftmaxCrossEntropy) else None
    return Spread(layers, loss, lr, classes, _jacobian(net.twin(training), x[:1], scores.shape[-1]))


def _jacobian(twin: Network, x: Array, outputs: int) -> Jacobian | None:
    """∂scores/∂input at one input: a batch holds one copy of it for each score, whose gradient is 1 at that score.

    None if an output depends on other rows or on chance, or if there are too many outputs for one batch.
    """
    if outputs > ROWS or any(isinstance(layer, BatchNorm | Dropout) for _, layer in twin.walk()):
        return None
    for _, layer in twin.walk():
        layer.needs_dx = True
    twin.forward(np.repeat(x, outputs, axis=0))
    dx = twin.backward(np.eye(outputs, dtype=twin.dtype))
    if dx is None or not np.isfinite(dx).all():
        return None
    values = np.linalg.svd(dx.reshape(outputs, -1).astype(np.float64), compute_uv=False)
    return Jacobian(root_mean_square(values), float(values[0]), float(np.median(values)), tuple(values.tolist()))


def _watch(layer: Layer) -> "_LayerSums":
    """Make the layer add up everything that goes through it from now on."""
    sums, forward, backward = _LayerSums(layer), layer.forward, layer.backward

    def watched_forward(x: Array) -> Array:
        out = forward(x)
        sums.add_outputs(out)
        return out

    def watched_backward(dout: Array) -> Array | None:
        sums.add_gradient(dout)
        dx = backward(dout)
        if sums.weight:
            sums.add_weight_gradient(getattr(layer, f"d{sums.weight}"))
        return dx

    layer.forward, layer.backward = watched_forward, watched_backward  # type: ignore[method-assign]
    return sums


class _LayerSums:
    """What `measure_spread` adds up over the parts of a batch, in float64, for one layer."""

    def __init__(self, layer: Layer) -> None:
        self.bounds = layer.bounds
        self.weight = next((name for name, spec in layer.specs.items() if len(spec.shape) > 1), None)
        self.w = getattr(layer, self.weight).astype(np.float64) if self.weight else None
        self.histogram: Histogram | None = None
        self.rows = self.values = self.zeros = self.saturated = 0
        self.shift: Any = None
        self.sum: Any = 0.0
        self.squares: Any = 0.0
        self.products: Any = None
        self.alive: Any = False
        self.direction: Any = 0.0
        self.directions = 0
        self.unit = self.grad_unit = 0.0  # what numbers and gradients are divided by before they are squared
        self.grad_squares = 0.0
        self.grads = 0
        self.dw: Any = None

    def add_outputs(self, out: Array) -> None:
        if self.histogram is None:
            self.histogram = Histogram.from_values(out)
        flat = out.reshape(len(out), -1).astype(np.float64)
        if self.bounds:
            low, high = self.bounds
            self.saturated += int((np.abs(flat - (low + high) / 2) > NEAR_BOUND * (high - low) / 2).sum())
        self.unit = self.unit or unit_of(flat)
        if self.unit != 1:
            flat /= self.unit
        self.rows += len(flat)
        self.values += flat.size
        if self.shift is None:
            self.shift = flat[0]  # sums of differences from one row keep the digits of what varies little
        change = flat - self.shift
        self.sum = self.sum + change.sum(axis=0)
        self.squares = self.squares + (change**2).sum(axis=0)
        if out.ndim == 2 and out.shape[1] <= MOST_UNITS:
            self.products = change.T @ change + (0 if self.products is None else self.products)
        self.alive = self.alive | (out != 0).reshape(-1, out.shape[-1]).any(axis=0)
        self.zeros += int((flat == 0).sum())
        length = np.linalg.norm(flat, axis=1)
        nonzero = length > 0
        self.direction = self.direction + (flat[nonzero] / length[nonzero, None]).sum(axis=0)
        self.directions += int(nonzero.sum())

    def add_gradient(self, dout: Array) -> None:
        dout = dout.astype(np.float64)
        self.grad_unit = self.grad_unit or unit_of(dout)
        if self.grad_unit != 1:
            dout /= self.grad_unit
        self.grad_squares += float((dout**2).sum())
        self.grads += dout.size

    def add_weight_gradient(self, dw: Array) -> None:
        self.dw = dw.astype(np.float64) + (0 if self.dw is None else self.dw)

    def layer_spread(self, name: str, lr: float) -> LayerSpread:
        change = self.sum / self.rows
        unit_mean = self.shift + change
        variance = np.maximum(self.squares / self.rows - change**2, 0)
        within, between = math.sqrt(variance.mean()), float(unit_mean.std())
        n = self.directions
        w_rms = None if self.w is None else root_mean_square(self.w)
        dw_rms = None if self.dw is None else root_mean_square(self.dw)
        return LayerSpread(
            name,
            mean=self.unit * float(unit_mean.mean()),
            std=self.unit * math.hypot(within, between),
            rms=self.unit * math.sqrt(float((variance + unit_mean**2).mean())),
            within_std=self.unit * within,
            between_std=self.unit * between,
            correlation=float((self.direction @ self.direction - n) / (n * (n - 1))) if n > 1 else None,
            rank=None if self.products is None else _effective_rank(self.products / self.rows - np.outer(change, change)),
            dead=1 - float(self.alive.mean()),
            zero=self.zeros / self.values,
            saturated=self.saturated / self.values if self.bounds else None,
            grad_rms=self.grad_unit * math.sqrt(self.grad_squares / self.grads) if self.grads else None,
            dw_rms=dw_rms,
            w_rms=w_rms,
            update_ratio=update_ratio(lr, dw_rms, w_rms),
            histogram=self.histogram,
        )


def _effective_rank(covariance: Array) -> float | None:
    """(Σ λ)² / Σ λ² of its eigenvalues λ."""
    squares = float((covariance**2).sum())
    return float(np.trace(covariance)) ** 2 / squares if 0 < squares < math.inf else None
