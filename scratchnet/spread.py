"""How far the numbers in a network are spread, layer by layer: what decides whether it can learn.

There are two spreads. The *pooled* std takes all inputs and all units together, as the book's histograms do. The *within*
std takes one unit at a time, across inputs: when it is near 0 while the pooled one is not, every input gives the same
output, and the network is dead though its histogram looks fine.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from scratchnet.arguments import Array, InputError, labels, number
from scratchnet.layers import Layer
from scratchnet.losses import Loss, SoftmaxCrossEntropy
from scratchnet.network import Network
from scratchnet.runs import Run
from scratchnet.tables import Table, percent, short

NEAR_BOUND = 0.97  # an output is saturated beyond this share of the way from the middle of its range to an end


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of one width, a power of two, whose edges are multiples of it.

    So the bins of a wide histogram are made of whole bins of a narrow one, and any two can be drawn on one scale.
    """

    exponent: int
    first: int
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: Array) -> "Histogram":
        """At most 256 bins over the finite values."""
        values = values[np.isfinite(values)].astype(np.float64)
        if not values.size:
            return cls(0, 0, (0,))
        low, high = float(values.min()), float(values.max())
        span = min((high - low) or abs(high) or 1.0, sys.float_info.max)
        exponent = math.ceil(math.log2(max(span / 255, sys.float_info.min)))
        bins = np.floor(values / 2.0**exponent).astype(np.int64)
        if high > low:  # a greatest value that lies on an edge belongs to the bin below it, as in np.histogram
            bins = np.minimum(bins, math.ceil(high / 2.0**exponent) - 1)
        first = int(bins.min())
        return cls(exponent, first, tuple(np.bincount((bins - first).ravel()).tolist()))

    @property
    def limits(self) -> tuple[float, float]:
        width = 2.0**self.exponent
        return self.first * width, (self.first + len(self.counts)) * width

    def on_scale(self, exponent: int, first: int, bins: int) -> Array:
        """The counts in `bins` wider bins of width 2**exponent, from the edge first · 2**exponent on."""
        narrow = self.first + np.arange(len(self.counts))
        wide = np.floor(narrow * 2.0 ** max(self.exponent - exponent, -1000)).astype(np.int64) - first
        inside = (wide >= 0) & (wide < bins)
        return np.bincount(wide[inside], np.array(self.counts)[inside], minlength=bins)


@dataclass(frozen=True)
class LayerSpread:
    """The spread of one layer's outputs over a batch, and of the gradients there. What does not apply is None.

    name           as in the network, "ReLU3"
    mean, std      over all inputs and units (pooled)
    within_std     √ of the mean over units of the variance across inputs
    between_std    std of the units' means; std² = within_std² + between_std²
    correlation    mean cosine between the outputs of two different inputs
    dead           share of units that are 0 for every input
    zero           share of outputs that are 0
    saturated      share of outputs within 1.5 % of an end of a bounded activation's range
    grad_rms       rms of ∂loss/∂output
    dw_rms, w_rms  rms of the weight's gradient and of the weight
    update_ratio   log10(lr · dw_rms / w_rms): how far one step of SGD moves the weight, relative to its size
    histogram      of the outputs for the first inputs, 1,000 at most (100 images)
    """

    name: str
    mean: float | None = None
    std: float | None = None
    within_std: float | None = None
    between_std: float | None = None
    correlation: float | None = None
    dead: float | None = None
    zero: float | None = None
    saturated: float | None = None
    grad_rms: float | None = None
    dw_rms: float | None = None
    w_rms: float | None = None
    update_ratio: float | None = None
    histogram: Histogram | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Spread:
    """The spread of every layer of a network. Prints as a table; `spread["ReLU3"]` is one layer."""

    layers: list[LayerSpread]
    first_loss: float | None = None
    lr: float = 0.01

    def __getitem__(self, name: str) -> LayerSpread:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}; there are {', '.join(layer.name for layer in self.layers)}")

    @property
    def activations(self) -> list[LayerSpread]:
        """The layers that have no weight."""
        return [layer for layer in self.layers if layer.w_rms is None]

    def table(self) -> Table:
        columns: dict[str, tuple[str, Callable[[float | None], str]]] = {
            "mean": ("mean", short),
            "std": ("std", short),
            "within_std": ("within", short),
            "between_std": ("between", short),
            "correlation": ("corr.", short),
            "dead": ("dead", percent),
            "zero": ("zero", percent),
            "saturated": ("saturated", percent),
            "grad_rms": ("rms grad", short),
            "dw_rms": ("rms dW", short),
            "w_rms": ("rms W", short),
            "update_ratio": ("log10 step/W", lambda value: "-" if value is None else f"{value:.1f}"),
        }
        shown = [name for name in columns if any(getattr(layer, name) is not None for layer in self.layers)]
        rows = [[layer.name, *(columns[name][1](getattr(layer, name)) for name in shown)] for layer in self.layers]
        notes = []
        if self.first_loss is not None:
            notes = [f"loss {self.first_loss:.4g};  step/W is lr · rms(dW) / rms(W) at lr {self.lr:g}"]
        return Table(["layer", *(columns[name][0] for name in shown)], rows, notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def as_rows(self) -> list[dict[str, Any]]:
        """A dictionary a layer, without the histograms, for CSV and JSON."""
        names = [f.name for f in fields(LayerSpread) if f.name != "histogram"]
        return [{name: getattr(layer, name) for name in names} for layer in self.layers]


def measure_spread(
    net: Network,
    x: Array,
    t: Array | None = None,
    lr: float = 0.01,
    criterion: Loss | None = None,
    training: bool = True,
) -> Spread:
    """The spread that is there, layer by layer, for the inputs x, and with labels t that of the gradients too.

    Units are the last axis: those of an Affine, the channels of images. Layers inside a Residual or a nested Network are
    listed before it. `lr` is the learning rate that update_ratio is for. With `training`, batch normalization goes by
    the batch at hand and dropout drops, as in a training step; without, both behave as in evaluation.

    Works on a twin of the network, part by part, as an evaluation: what a training step left is not touched.
    """
    if not isinstance(net, Network):
        raise InputError(f"net is {net!r}, but a Network is needed, such as sn.mlp(784, [100], 10)")
    lr = number("lr", lr, least=0)
    twin = net.twin(training)
    for network in [twin, *(layer for _, layer in twin.walk() if isinstance(layer, Network))]:
        network.runs = [Run(network.named)]  # not in pieces: the watched layers themselves are to see what goes through
    x = net.as_rows(x)
    if t is not None and criterion is None:
        t = labels(t, len(x))
    criterion = criterion or SoftmaxCrossEntropy()
    sums = {name: _watch(layer) for name, layer in twin.walk()}
    loss = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in net.parts(len(x)):
            scores = twin.forward(x[rows])
            if t is not None:
                share = len(scores) / len(x)
                loss += share * criterion.forward(scores, t[rows])
                twin.backward(criterion.backward() * np.asarray(share, net.dtype))
        layers = [total.spread(name, lr) for name, total in sums.items()]
    return Spread(layers, loss if t is not None else None, lr)


def _watch(layer: Layer) -> "_Sums":
    """From now on, add up what goes through this very layer."""
    sums, forward, backward = _Sums(layer), layer.forward, layer.backward

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


class _Sums:
    """What `measure_spread` adds up over the parts of a batch, in float64, for one layer. Units are the last axis."""

    def __init__(self, layer: Layer) -> None:
        self.bounds = layer.bounds
        self.weight = next((name for name, spec in layer.specs.items() if len(spec.shape) > 1), None)
        self.w = getattr(layer, self.weight).astype(np.float64) if self.weight else None
        self.histogram: Histogram | None = None
        self.unit_sum: Any = 0.0
        self.unit_squares: Any = 0.0
        self.alive: Any = False
        self.values_per_unit = self.zeros = self.saturated = 0
        self.direction: Any = 0.0
        self.directions = 0
        self.grad_squares = 0.0
        self.grads = 0
        self.dw: Any = None

    def add_outputs(self, out: Array) -> None:
        if self.histogram is None:
            self.histogram = Histogram.of(out)
        flat = out.reshape(len(out), -1).astype(np.float64)
        units = flat.reshape(-1, out.shape[-1])
        self.values_per_unit += len(units)
        self.unit_sum = self.unit_sum + units.sum(axis=0)
        self.unit_squares = self.unit_squares + (units**2).sum(axis=0)
        self.alive = self.alive | (units != 0).any(axis=0)
        self.zeros += int((units == 0).sum())
        if self.bounds:
            low, high = self.bounds
            middle, half = (low + high) / 2, (high - low) / 2
            self.saturated += int((np.abs(units - middle) > NEAR_BOUND * half).sum())
        length = np.linalg.norm(flat, axis=1)
        moving = length > 0
        self.direction = self.direction + (flat[moving] / length[moving, None]).sum(axis=0)
        self.directions += int(moving.sum())

    def add_gradient(self, dout: Array) -> None:
        self.grad_squares += float((dout.astype(np.float64) ** 2).sum())
        self.grads += dout.size

    def add_weight_gradient(self, dw: Array) -> None:
        self.dw = dw.astype(np.float64) + (0 if self.dw is None else self.dw)

    def spread(self, name: str, lr: float) -> LayerSpread:
        unit_mean = self.unit_sum / self.values_per_unit
        variance = np.maximum(self.unit_squares / self.values_per_unit - unit_mean**2, 0)
        within, between = math.sqrt(variance.mean()), float(unit_mean.std())
        values = self.values_per_unit * unit_mean.size
        n = self.directions
        w_rms = None if self.w is None else _rms(self.w)
        dw_rms = None if self.dw is None else _rms(self.dw)
        return LayerSpread(
            name,
            mean=float(unit_mean.mean()),
            std=math.hypot(within, between),
            within_std=within,
            between_std=between,
            correlation=float((self.direction @ self.direction - n) / (n * (n - 1))) if n > 1 else None,
            dead=1 - float(self.alive.mean()),
            zero=self.zeros / values,
            saturated=self.saturated / values if self.bounds else None,
            grad_rms=math.sqrt(self.grad_squares / self.grads) if self.grads else None,
            dw_rms=dw_rms,
            w_rms=w_rms,
            update_ratio=math.log10(lr * dw_rms / w_rms) if lr and dw_rms and w_rms else None,
            histogram=self.histogram,
        )


def _rms(values: Array) -> float:
    return math.sqrt((values**2).mean())
