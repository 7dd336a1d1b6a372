"""The sums over a batch from which the numbers of one layer's spread follow. Read next: `arrays`."""

import math
from typing import Any

import numpy as np

from scratchnet.spread_values.histogram import Histogram
from scratchnet.spread_values.values import NEAR_BOUND, LayerSpread, root_mean_square, unit_of, update_ratio
from scratchnet.support.validation import Array

MOST_UNITS = 2048  # of a layer whose covariance is computed


class LayerSums:
    """What is added up over the parts of a batch, in float64, for one layer: its outputs, gradients and weight.

    `bounds` is the range of an activation that can saturate, and `w` the weight.
    """

    def __init__(self, bounds: tuple[float, float] | None = None, w: Array | None = None) -> None:
        self.bounds = bounds
        self.w = None if w is None else w.astype(np.float64)
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
            histogram=self.histogram,
            **self.of_weight(lr),
        )

    def of_weight(self, lr: float) -> dict[str, Any]:
        """The numbers of the weight alone."""
        w_rms = None if self.w is None else root_mean_square(self.w)
        dw_rms = None if self.dw is None else root_mean_square(self.dw)
        return {"dw_rms": dw_rms, "w_rms": w_rms, "update_ratio": update_ratio(lr, dw_rms, w_rms)}


def _effective_rank(covariance: Array) -> float | None:
    """(Σ λ)² / Σ λ² of its eigenvalues λ."""
    squares = float((covariance**2).sum())
    return float(np.trace(covariance)) ** 2 / squares if 0 < squares < math.inf else None
