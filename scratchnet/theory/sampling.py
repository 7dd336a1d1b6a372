"""Networks without a formula: the numbers of some networks that are drawn for this.

A maximum over places, an average over places that go together, weights whose mean is not 0 or a reader's own layer have no
closed form, but they can be tried out. So the network's weights are drawn some more times, from their laws, and each of
these networks is measured. Their averages stand where theory has no number, and their deviations, with the sampling error,
are the bands. AutoInit (Bingham & Miikkulainen 2023) samples pooling in a similar way. Read next: `gradient`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scratchnet.layers import Affine, BatchNorm, Convolution, Dropout
from scratchnet.meanfield import Elementwise
from scratchnet.network import Network
from scratchnet.spread import Jacobian, LayerSpread, Spread, measure_spread, update_ratio
from scratchnet.support.streams import stream
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.activations import NotItsSlope, check_slopes
from scratchnet.theory.findings import DIFFER, WIDE, differ_note, some
from scratchnet.theory.finite import band
from scratchnet.theory.rules import RULES
from scratchnet.theory.signal import BEYOND, OutOfReach
from scratchnet.theory.weights import drawn_values, factor_of_draw

FEWEST, MOST = 12, 128  # networks
ENOUGH = 39  # networks, of which the smallest and the greatest are the limits of 95 %
PRODUCTS = 2e10  # about how many numbers are multiplied, before there are fewer networks
SQUARES = "std", "rms", "within_std", "between_std", "grad_rms", "dw_rms"
MEANS = "mean", "correlation", "rank", "dead", "zero", "saturated"
OF_GRADIENT = "grad_rms", "dw_rms", "update_ratio"
BANDS = "std", "within_std", "grad_rms"
OWN_BAND = 1.5  # times the width of a band: within it, changed parameters act as random numbers
OWN_DW = 0.3  # of ln dw_rms, which has no band


@dataclass(frozen=True)
class Stop:
    """The layer at which theory stops, and why. Theory has predicted the outputs of the layers before it."""

    layer: str
    why: str


def with_samples(spread: Spread, net: Network, x: Array, t: Array | None, backward: bool, stop: Stop | None) -> Spread:
    """A prediction with sampled numbers where theory has none, or where the network's own parameters contradict it."""
    drawn = DrawnNetworks(net, x, t, backward, spread.lr)
    if (stop is None and not drawn.changed) or (stop is not None and stop.why == BEYOND):
        return spread
    try:
        with np.errstate(all="ignore"):
            return drawn.complete(spread, stop)
    except OutOfReach as reason:
        return replace(spread, notes=(*spread.notes, f"networks are not sampled: {reason}"))
    except InputError as error:  # of a reader's own layer
        return replace(spread, notes=(*spread.notes, f"networks are not sampled: {error}"))


class DrawnNetworks:
    """Networks with the layers of `net`, and parameters of their own, for the inputs x and, if `backward`, the labels t.

    changed  the parameters that are not what the network's seed draws, or a multiple of it: trained, loaded, set by hand
    """

    def __init__(self, net: Network, x: Array, t: Array | None, backward: bool, lr: float) -> None:
        self.net, self.x, self.t, self.backward, self.lr = net, x.astype(np.float64), t, backward, lr
        self.without_gradient: str | None = None
        self.factors = {
            f"{layer_name}.{name}": factor_of_draw(layer, layer_name, name, net.seed)
            for layer_name, layer in net.walk()
            for name in layer.specs
        }
        self.changed = [name for name, factor in self.factors.items() if factor is None]

    def complete(self, spread: Spread, stop: Stop | None) -> Spread:
        everything, full = list(self.factors), spread
        if stop and self.has_running_statistics:  # which belong to the weights that they were taken with
            return self.filled(self.from_first_change(spread), everything, stop)
        if stop:
            full = self.filled(spread, [], stop)
        if not self.changed:
            return full
        if within_bands(full, next(self.measured(everything))):
            note = f"{some(self.changed)}: not what the network's seed draws, so predicted from the mean squares"
            return replace(full, notes=(*full.notes, note))
        why = f"{some(self.changed)} are not what the network's seed draws, and do not act as random numbers"
        return self.filled(self.from_first_change(spread), self.changed, Stop(self.changed[0].rpartition(".")[0], why))

    def from_first_change(self, spread: Spread) -> Spread:
        """The spread without what was predicted of the layers from the first one on whose parameters were changed."""
        if not self.changed:
            return spread
        layer = self.changed[0].rpartition(".")[0]
        start = next(i for i, one in enumerate(spread.layers) if one.name == layer)
        unknown = [LayerSpread(one.name, w_rms=one.w_rms) for one in spread.layers[start:]]
        return replace(spread, layers=[*spread.layers[:start], *unknown], notes=())

    @property
    def has_running_statistics(self) -> bool:
        norms = [one for _, one in self.net.walk() if isinstance(one, BatchNorm) and not one.training]
        return any(np.ptp(one.running_var) or one.running_mean.any() for one in norms)

    def filled(self, spread: Spread, kept: Sequence[str], stop: Stop) -> Spread:
        """The spread with sampled numbers of all gradients, and of the layers that have no numbers yet."""
        spreads = list(self.measured(kept))
        layers = []
        for one, several in zip(spread.layers, zip(*(each.layers for each in spreads), strict=True), strict=True):
            average = averaged(several, self.lr, one.w_rms)
            average = average if self.t is not None else replace(average, dw_rms=None, update_ratio=None)
            layers.append(average if one.std is None else with_gradients(one, average))
        notes = [note for note in spread.notes if stop.why not in note and DIFFER not in note]
        notes += self.notes_on(layers, [one.name for one in spread.layers if one.std is None])
        where = f"from {stop.layer} on" if stop.layer else "on the way back"
        networks = f"{len(spreads)} networks drawn for this" if len(spreads) > 1 else "the network itself"
        own = f", in which {some(kept)} are as in this network" if kept and len(spreads) > 1 else ""
        notes.append(f"sampled {where}, since no formula holds ({stop.why}): from {networks}{own}")
        losses = [each.first_loss for each in spreads if each.first_loss is not None and self.t is not None]
        return replace(
            spread,
            layers=layers,
            first_loss=float(np.mean(losses)) if losses else spread.first_loss,
            classes=spreads[0].classes,
            jacobian=average_jacobian(spreads),
            notes=tuple(notes),
        )

    def measured(self, kept: Sequence[str]) -> Iterator[Spread]:
        """The measured spreads of networks in which the parameters that are `kept` are those of this network."""
        last = self.net.layers[-1]
        for seed in range(self.count(kept)):
            labels = self.t
            if labels is None and isinstance(last, Affine):
                labels = stream(seed, "labels").integers(0, last.W.shape[1], len(self.x))
            drawn, spread = self.draw(kept, seed), None
            if self.backward and not self.without_gradient:
                try:
                    spread = measure_spread(drawn, self.x, labels, self.lr, training=self.net.training)
                except Exception as error:  # of a reader's own layer
                    self.without_gradient = str(error) or type(error).__name__
            if spread is None:
                if self.without_gradient:
                    drawn.backward = lambda dout: None  # type: ignore[method-assign]
                try:
                    spread = measure_spread(drawn, self.x, lr=self.lr, training=self.net.training)
                except InputError:
                    raise
                except Exception as error:
                    raise OutOfReach(f"{type(error).__name__}: {error}") from error
            if not all(math.isfinite(one.rms or 0) and math.isfinite(one.grad_rms or 0) for one in spread.layers):
                raise OutOfReach(BEYOND)
            yield spread

    def count(self, kept: Sequence[str]) -> int:
        """The number of networks to draw: 128, or fewer if they are large. One is enough if nothing in it is random."""
        dropout = any(isinstance(layer, Dropout) and layer.ratio and layer.training for _, layer in self.net.walk())
        if not dropout and self.t is not None and set(kept) == self.factors.keys():
            return 1
        places = math.prod(self.x.shape[1:-1])
        products = (
            6.0
            * len(self.x)
            * sum(
                math.prod(spec.shape) * (places if isinstance(layer, Convolution) else 1)
                for _, layer in self.net.walk()
                for spec in layer.specs.values()
            )
        )
        return min(max(int(PRODUCTS / max(products, 1.0)), FEWEST), MOST)

    def draw(self, kept: Sequence[str], seed: int) -> Network:
        """A network in float64, with the streams of this seed."""
        drawn = self.net.twin(self.net.training)
        drawn.dtype = np.dtype(np.float64)
        for layer_name, layer in drawn.walk():
            if not isinstance(layer, BatchNorm):  # whose running statistics stay
                layer.start(stream(seed, layer_name))
            for name in layer.specs:
                full_name = f"{layer_name}.{name}"
                values = getattr(layer, name).astype(np.float64)
                if full_name not in kept:
                    values = drawn_values(layer, layer_name, name, seed, self.factors[full_name])
                setattr(layer, name, values)
        return drawn

    def notes_on(self, layers: Sequence[LayerSpread], names: Sequence[str]) -> Iterator[str]:
        """Sentences about the sampled numbers of the layers with these names, given those of all layers."""
        if self.without_gradient:
            yield f"gradients are not predicted: {self.without_gradient}"
        without_slope = []
        sizes = {one.name: (one.std or 0.0, one.mean or 0.0) for one in layers}
        before = [(0.0, 0.0), *sizes.values()]
        for (name, layer), (std, mean) in zip(self.net.walk(), before, strict=False):
            if name in names and not isinstance(layer, (*RULES, Network)):
                try:
                    check_slopes(Elementwise(layer, 1), std, mean)
                except NotItsSlope:
                    without_slope.append(name)
                except Exception:  # of a layer that is no activation
                    pass
        if without_slope:
            yield f"{some(without_slope)}: backward is not the slope of forward, so training does not follow forward"
        yield from [
            differ_note(one.name) for one in layers if any(log_variance(band) > WIDE for band in one.bands.values())
        ][:1]


def log_variance(limits: tuple[float, float]) -> float:
    """Of ln square, from a band of the size."""
    return (math.log(limits[1] / limits[0]) / 1.96) ** 2


def wider(networks: int) -> float:
    """By which the variance over so many networks is larger for a new one, since their mean and variance have errors too.

    Student's t² / z², to first order in 1 / degrees of freedom.
    """
    return (1 + 1 / networks) * (1 + (1.96**2 + 1) / (2 * (networks - 1)))


def band_of(squares: Array) -> tuple[float, float] | None:
    """The limits between which 95 % of further networks lie, given the squares of some.

    With enough of them these are quantiles, whatever the law: between the k-th of n from below and from above a new one lies
    with probability 1 − 2 k / (n + 1). Else, and where some are 0, the logarithm is taken for a normal number.
    """
    if len(squares) >= ENOUGH and squares.all():
        low, high = np.sqrt(np.quantile(squares, (0.025, 0.975), method="weibull"))
        return float(low), float(high)
    variance = math.log1p(squares.var(ddof=1) / squares.mean() ** 2) * wider(len(squares))
    return band(float(squares.mean()), variance)


def averaged(layers: Sequence[LayerSpread], lr: float, w_rms: float | None) -> LayerSpread:
    """One layer's spread in several networks as their mean, with bands for a single network."""
    found, bands = dict[str, float](), dict[str, tuple[float, float]]()
    for name in (*SQUARES, *MEANS):
        values = np.array([one for layer in layers if (one := getattr(layer, name)) is not None])
        if name in MEANS and len(values):
            found[name] = float(values.mean())
        elif len(values):
            unit = float(values.max()) or 1.0
            squares = (values / unit) ** 2
            found[name] = unit * math.sqrt(squares.mean())
            if name in BANDS and len(values) > 1 and squares.any():
                limits = band_of(squares)
                bands |= {} if limits is None else {name: (unit * limits[0], unit * limits[1])}
    if "correlation" in found:
        found["correlation"] = min(max(found["correlation"], -1.0), 1.0)  # rounding
    ratio = update_ratio(lr, found.get("dw_rms"), w_rms)
    return LayerSpread(layers[0].name, **found, w_rms=w_rms, update_ratio=ratio, bands=bands, histogram=layers[0].histogram)


def with_gradients(predicted: LayerSpread, sample: LayerSpread) -> LayerSpread:
    """What theory has predicted of a layer's outputs, with what was sampled of its gradients."""
    bands = {name: limits for name, limits in predicted.bands.items() if name not in OF_GRADIENT}
    bands |= {name: limits for name, limits in sample.bands.items() if name in OF_GRADIENT}
    return replace(predicted, **{name: getattr(sample, name) for name in OF_GRADIENT}, bands=bands)


def average_jacobian(spreads: Sequence[Spread]) -> Jacobian | None:
    squares = [spread.jacobian.rms**2 for spread in spreads if spread.jacobian is not None]
    return Jacobian(rms=math.sqrt(np.mean(squares))) if squares else None


def within_bands(predicted: Spread, own: Spread) -> bool:
    """Are the measured numbers of a network as the prediction says, for all layers?"""
    for one, found in zip(predicted.layers, own.layers, strict=True):
        for name in (*BANDS, "dw_rms"):
            expected, size = getattr(one, name), getattr(found, name)
            if not expected or not size:
                if expected != size and expected is not None and size is not None:
                    return False
                continue
            low, high = one.bands.get(name, (expected, expected))
            half = math.log(high / low) / 2
            middle = (math.log(high) + math.log(low)) / 2
            if abs(math.log(size) - middle) > OWN_BAND * half + (OWN_DW if name == "dw_rms" else 0.02):
                return False
    return True
