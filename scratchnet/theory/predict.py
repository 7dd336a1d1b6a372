"""Predicted: the spread that measure_spread will find, from the inputs and the laws of the weights alone.

Read next: `jacobians`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scratchnet.layers import Affine, BatchNorm, Convolution, Dropout, Layer
from scratchnet.losses import Loss, SoftmaxCrossEntropy, as_loss, targets
from scratchnet.network import Network, Residual, as_network
from scratchnet.spread import Histogram, Jacobian, LayerSpread, Spread, update_ratio
from scratchnet.support.tables import short
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, InputError, finite, flag, labels, number
from scratchnet.theory.activations import NotItsSlope
from scratchnet.theory.finite import band, gradient_share_variance, share_covariance
from scratchnet.theory.output import first_loss, gradient_products
from scratchnet.theory.pairs import Pairs, Table
from scratchnet.theory.rules import layer_step, weight_rms
from scratchnet.theory.sampling import DrawnNetworks, can_be_sampled, sampled_step
from scratchnet.theory.signal import BEYOND, OutOfReach, Passed, Signal, Step, unknown

PAIRS = 5_000_000  # pairs of inputs, counted at each place of an image: more would take gigabytes
WIDE = 0.25  # log variance above which a single network may be far from the mean over networks
SMALLEST, GREATEST = 1e-250, 1e250  # mean squares that theory can compute with: beyond them, products leave the floats
NUMERIC_ERRORS = (ArithmeticError, np.linalg.LinAlgError)

Shared = Callable[[], Array] | None  # products, computed where they are needed
Backward = Callable[["Gradient", bool], "Gradient"]  # the bool says whether the layers' records are to keep it


@dataclass(frozen=True)
class Gradient:
    """A gradient on its way back.

    products      G (P, B, B), the mean products of two inputs' gradients
    log_variance  variance of ln G over networks
    of_scores     whether this is the gradient of the loss with respect to the scores, whose sum is 0
    counted       whether log_variance has the part that comes from the number of units
    shared        for each Residual around: the mean products of the gradient after it and this one, None if they are 0
    """

    products: Pairs
    log_variance: float = 0.0
    of_scores: bool = False
    counted: bool = False
    shared: tuple[Shared, ...] = ()

    @property
    def square(self) -> float:
        G = self.products
        mean = G.factor * float(np.trace(G.table.array, axis1=1, axis2=2).mean()) / G.table.array.shape[1]
        return max(mean, 0.0)  # rounding makes a 0 negative


@dataclass
class LayerRecord:
    """What was predicted at one layer."""

    step: Step
    grad_square: float | None = None
    grad_log_variance: float = 0.0
    dw_square: float | None = None

    def add_gradient(self, gradient: Gradient) -> Array:
        """Keep the gradient's mean square and log variance here; returns gradients of some units."""
        of_units = self.step.out.sample.gradient(gradient.products)
        self.grad_square, self.grad_log_variance = gradient.square, self.with_units(gradient, of_units)
        if not math.isfinite(self.grad_square):
            raise OverflowError(BEYOND)
        return of_units

    def with_units(self, gradient: Gradient, of_units: Array) -> float:
        """The log variance with the part that comes from the number of this layer's units."""
        own = 0.0 if gradient.counted else gradient_share_variance(of_units) / self.step.out.units
        return gradient.log_variance + own


def predict_spread(
    net: Network,
    x: Array,
    t: Array | None = None,
    lr: float = 0.01,
    criterion: Loss | None = None,
    training: bool = True,
) -> Spread:
    """The spread that theory expects of a network before training, layer by layer, for the inputs x.

    measure_spread finds the spread of one network; this function predicts it for all networks that the initializers may
    draw. The squares of std, within_std, grad_rms and dw_rms are means over networks, and 95 % of networks lie within
    `bands`. It starts from the inputs' own products x xᵀ. It knows Affine, Convolution, Flatten, Dropout, BatchNorm,
    LayerNorm, Residual and nested networks, and evaluates an activation, also yours, by the activation's own forward and
    backward. Any other layer is sampled, in networks drawn for this, and `notes` says so. Where a layer stops it, `notes`
    names the layer, and the layers after it stay empty.

    Gradients are those of SoftmaxCrossEntropy. Gradients of weights need the labels t, since they depend on which inputs
    share a label. All pairs of inputs are used: give about a thousand rows, or a few dozen images, not the whole data set.

    Poole et al. 2016, Schoenholz et al. 2017, Hanin & Rolnick 2018.
    """
    net, training = as_network(net), flag("training", training)
    lr = number("lr", lr, least=0)
    x = finite("x", net.as_rows(x))
    pairs = len(x) ** 2 * math.prod(x.shape[1:-1])
    if pairs > PAIRS:
        few = max(2, int(len(x) * math.sqrt(PAIRS / pairs)))
        raise InputError(f"x has {len(x):,} inputs, which make too many pairs: give the first {few:,}, x[:{few}]")
    net.twin().forward(x[:2])  # raises now if the network cannot take x
    cross_entropy = isinstance(as_loss(criterion), SoftmaxCrossEntropy)
    if t is not None:
        t = labels(t, len(x)) if cross_entropy else targets(t, len(x))
    prediction = Prediction(net.twin(training), x, lr)
    with one_blas_thread(), np.errstate(all="raise", under="ignore"):
        prediction.forward()
        if cross_entropy:
            prediction.backward(t)
        return prediction.spread()


class Prediction:
    """A pass through a network: forward as far as theory reaches and, if it reaches the end, back."""

    def __init__(self, net: Network, x: Array, lr: float) -> None:
        self.net, self.x, self.lr = net, x, lr
        self.known_values: Array | None = x  # the exact numbers, up to the first layer with parameters
        self.signal = Signal.from_values(x)
        self.networks = DrawnNetworks(net, x)
        self.sampled: list[str] = []
        self.without_slope: list[str] = []
        self.cancelled: list[str] = []
        self.ways_back: dict[str, Any] = {}  # the WayBack of the sampled layer after it that a layer's gradient comes from
        self.shared: list[Shared] = []  # for each Residual around: the covariances of its input with the signal
        self.said: dict[str, list[str]] = {}  # notes of layers, and of which
        self.records: dict[str, LayerRecord] = {}
        self.backwards: list[Backward] | None = None
        self.notes: list[str] = []
        self.loss: float | None = None
        self.jacobian: Jacobian | None = None

    def forward(self) -> None:
        try:
            self.backwards = self.forward_layers(self.net, "")
        except OutOfReach as reason:
            self.notes.append(str(reason))

    def forward_layers(self, net: Network, prefix: str) -> list[Backward]:
        """Predict a network's layers in turn; returns their backward functions, in the order of forward."""
        return [self.forward_layer(f"{prefix}{name}", layer) for name, layer in net.named]

    def forward_layer(self, name: str, layer: Layer) -> Backward:
        if isinstance(layer, Network):
            return self.forward_network(name, layer)
        try:
            if self.known_values is not None and not layer.specs:
                self.known_values = layer.forward(self.known_values)
                self.signal = in_range(Signal.from_values(self.known_values))
                self.shared = [passed(one, unknown) for one in self.shared]
                self.records[name] = LayerRecord(Step(self.signal, lambda G: (G, None)))
                return lambda gradient, keep: gradient
            self.known_values = None
            step = self.layer_step(name, layer)
            self.signal = in_range(step.out)
            self.shared = [passed(one, step.covariance) for one in self.shared]
            if step.note:
                self.said.setdefault(step.note, []).append(name)
            record = self.records[name] = LayerRecord(step.with_sample())
        except OutOfReach as reason:
            raise OutOfReach(f"theory stops at {name}: {reason}") from reason
        except MemoryError:
            raise
        except NUMERIC_ERRORS as reason:
            raise OutOfReach(f"theory stops at {name}: {BEYOND}") from reason
        except Exception as reason:  # of a layer of the reader's own
            raise OutOfReach(f"theory stops at {name}: {type(reason).__name__}: {reason}") from reason

        # These and not self: in a circle, the large tables would wait for the garbage collector.
        ways_back, cancelled = self.ways_back, self.cancelled

        def backward(gradient: Gradient, keep: bool) -> Gradient:
            G = gradient.products
            way_back = ways_back.get(name)
            if way_back is not None:
                products, dw_square = way_back.before[name]
                if keep:
                    record.add_gradient(gradient)
                    record.dw_square = None if dw_square is None else G.factor * dw_square
                shared = tuple(passed(one, step.gradient_covariance) for one in gradient.shared)
                return Gradient(Pairs(Table(products), G.factor), gradient.log_variance, shared=shared)
            table, dw_square = step.backward(G.table.array)
            factor = step.factor * (step.of_scores if gradient.of_scores else 1)
            before = Pairs(G.table if table is G.table.array else Table(table), G.factor * factor)
            shared = tuple(passed(one, step.gradient_covariance) for one in gradient.shared)
            if not keep:
                return Gradient(before, shared=shared)
            random_weights = step.gradient_covariance is None
            of_units = record.add_gradient(gradient)
            if dw_square is not None and math.isnan(dw_square):
                cancelled.append(name)
            elif dw_square is not None:
                record.dw_square = G.factor * dw_square
            log_variance = record.with_units(gradient, of_units) if random_weights else gradient.log_variance
            counted = not random_weights and (gradient.counted or step.counts_units)
            log_variance += step.gradient_log_variance(of_units)
            return Gradient(before, log_variance, counted=counted, shared=shared)

        return backward

    def layer_step(self, name: str, layer: Layer) -> Step:
        try:
            return layer_step(layer, self.signal)
        except OutOfReach as reason:
            if not can_be_sampled(layer, reason):
                raise
            chains = self.networks.at(name, self.signal.units * (16 if self.signal.grid else 1))
            step = sampled_step(chains)
            self.sampled.append(name)
            if isinstance(reason, NotItsSlope):
                self.without_slope.append(name)
            self.ways_back.update((one.name, step.backward) for one in chains[0][:-1])
            return step

    def forward_network(self, name: str, net: Network) -> Backward:
        if not isinstance(net, Residual):
            backwards = self.forward_layers(net, f"{name}.")
            record = self.add_network(name)

            def backward(gradient: Gradient, keep: bool) -> Gradient:
                if keep:
                    record.add_gradient(gradient)
                return run_backward(backwards, gradient, keep)

            return backward

        before, known_before, shared_before = self.signal, self.known_values, self.shared
        self.shared = [*shared_before, lambda: before.covariance]
        backwards = self.forward_layers(net, f"{name}.")
        *shared, of_input = self.shared
        if known_before is not None and self.known_values is not None:
            self.known_values = known_before + self.known_values
            self.signal = Signal.from_values(self.known_values)
        else:
            if not any(isinstance(layer, Affine | Convolution) for _, layer in net.walk()):
                raise OutOfReach(f"theory stops at {name}: its branch has no random weights of its own")
            self.signal = self.residual_sum(name, before, of_input)
        self.shared = [added(*pair) for pair in zip(shared_before, shared, strict=True)]
        record = self.add_network(name)

        def backward_of_sum(gradient: Gradient, keep: bool) -> Gradient:
            if keep:
                record.add_gradient(gradient)
            G = gradient.products
            inner = run_backward(backwards, replace(gradient, shared=(*gradient.shared, lambda: G.array)), keep)
            *shared, of_gradient = inner.shared
            products = G.array + inner.products.array
            if of_gradient is not None:
                between = of_gradient()
                products += between + between.swapaxes(1, 2)
            sums = tuple(added(*pair) for pair in zip(gradient.shared, shared, strict=True))
            counted, log_variance = gradient.counted and inner.counted, max(gradient.log_variance, inner.log_variance)
            return Gradient(Pairs.of(products), log_variance, counted=counted, shared=sums)

        return backward_of_sum

    def add_network(self, name: str) -> LayerRecord:
        record = self.records[name] = LayerRecord(Step(self.signal, lambda G: (G, None)).with_sample())
        return record

    def residual_sum(self, name: str, before: Signal, of_input: Shared) -> Signal:
        try:
            return in_range(residual_sum(before, self.signal, None if of_input is None else of_input()))
        except OutOfReach as reason:
            raise OutOfReach(f"theory stops at {name}: {reason}") from reason

    def backward(self, t: Array | None) -> None:
        """The gradients of the cross-entropy, if the network ends in scores and they are numbers."""
        try:
            self.predict_gradients(t)
        except (*NUMERIC_ERRORS, OutOfReach) as reason:
            self.jacobian = None
            for record in self.records.values():
                record.grad_square = record.dw_square = None
            why = str(reason) if isinstance(reason, OutOfReach) else BEYOND
            self.notes.append(f"gradients are not predicted: {why}")

    def predict_gradients(self, t: Array | None) -> None:
        last = self.net.layers[-1]
        if self.backwards is None or self.signal.grid or (t is None and not isinstance(last, Affine)):
            return
        scores, classes = self.signal, self.signal.units
        if t is not None:
            labels(t, len(self.x), classes)
        products = scores.products[0] - np.outer(scores.mean[0], scores.mean[0])
        if scores.normal:
            self.loss = first_loss(np.diagonal(products), classes)
        if not any(isinstance(layer, BatchNorm | Dropout) for _, layer in self.net.walk()):
            self.jacobian = self.predict_jacobian(self.backwards)
        G, log_variance = gradient_products(products, classes, t)
        run_backward(self.backwards, Gradient(Pairs.of(G[None]), log_variance, True, True))
        if t is None:
            self.cancelled = []
            for record in self.records.values():
                record.dw_square = None
        if scores.q.mean() > 1:
            self.notes.append(
                f"the scores' variance is {short(scores.q.mean())}: beyond 1 gradients are predicted to a factor only, "
                "since they depend on the weights that made the scores"
            )

    def predict_jacobian(self, backwards: list[Backward]) -> Jacobian:
        """rms of the singular values: E |J|² = n₀ G at the first input, for gradients of mean square 1 at every output."""
        n_in, n_out = self.x[0].size, self.signal.units
        first = run_backward(backwards, Gradient(Pairs.of(np.ones((1, 1, 1)))), record=False)
        G = float(first.products.array.mean())
        return Jacobian(rms=math.sqrt(n_in * max(G, 0.0) / min(n_in, n_out)))

    def spread(self) -> Spread:
        layers = [self.layer_spread(name, layer) for name, layer in self.net.walk()]
        for name, record in self.records.items():
            if (
                max(record.step.out.log_variance_pooled, record.step.out.log_variance_within, record.grad_log_variance)
                > WIDE
            ):
                self.notes.append(
                    f"from {name} on single networks differ so much, being deep and narrow, that only the mean over many is "
                    "predicted"
                )
                break
        self.notes += self.beyond_dtype()
        self.notes += [f"{some(names)}: {note}" for note, names in self.said.items()]
        if self.without_slope:
            names = some(self.without_slope)
            self.notes.append(f"{names}: backward is not the slope of forward, so training does not follow forward")
        if self.cancelled:
            names = some(self.cancelled[::-1])
            self.notes.append(
                f"{names}: over the batch the weights' gradients cancel, and what is left is below theory's own errors"
            )
        if self.sampled:
            self.notes.append(sampling_note(self.sampled))
        classes = None if self.loss is None else self.signal.units
        return Spread(layers, self.loss, self.lr, classes, self.jacobian, tuple(self.notes), predicted=True)

    def beyond_dtype(self) -> list[str]:
        """Where the network's own dtype, most often float32, cannot hold the numbers that theory predicts."""
        limits, notes = np.finfo(self.net.dtype), []
        least, greatest = float(limits.smallest_subnormal), float(limits.max)
        records = list(self.records.items())
        forward = [(name, float(record.step.out.q.max())) for name, record in records]
        back = [(name, record.grad_square or 0.0) for name, record in reversed(records)]
        for kind, squares in (("numbers", forward), ("gradients", back)):
            for name, square in squares:
                size = math.sqrt(square)
                if 0 < size < least or size > greatest:
                    wrong, found = ("small", "0") if size < least else ("large", "inf or NaN")
                    notes.append(
                        f"from {name} on the {kind} are too {wrong} for {limits.dtype}: a measurement finds {found}"
                    )
                    break
        return notes

    def layer_spread(self, name: str, layer: Layer) -> LayerSpread:
        weight = next((key for key, spec in layer.specs.items() if len(spec.shape) > 1), None)
        w_rms = None if weight is None else weight_rms(layer, weight)
        if name not in self.records:
            return LayerSpread(name, w_rms=w_rms)
        record = self.records[name]
        step, s = record.step, record.step.out
        dw_rms = None if record.dw_square is None else math.sqrt(max(record.dw_square, 0))
        square = s.within_square + s.between_square
        bands = {
            "std": band(square, s.log_variance_pooled),
            "within_std": band(s.within_square, s.log_variance_within),
            "grad_rms": band(record.grad_square or 0.0, record.grad_log_variance),
        }
        return LayerSpread(
            name,
            mean=float(s.mean.mean()),
            std=math.sqrt(square),
            rms=math.sqrt(float(s.q.mean())),
            within_std=math.sqrt(s.within_square),
            between_std=math.sqrt(s.between_square),
            correlation=s.correlation,
            rank=s.rank(step.excess_squared_cosine),
            dead=step.dead,
            zero=step.zero,
            saturated=step.saturated,
            grad_rms=None if record.grad_square is None else math.sqrt(record.grad_square),
            dw_rms=dw_rms,
            w_rms=w_rms,
            update_ratio=update_ratio(self.lr, dw_rms, w_rms),
            bands={key: limits for key, limits in bands.items() if limits},
            histogram=None if step.values is None else Histogram.from_values(step.values),
        )


def sampling_note(names: Sequence[str]) -> str:
    return f"sampled, since no formula holds: {some(names)} (their own forward and backward, in networks drawn for this)"


def some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def in_range(s: Signal) -> Signal:
    """The signal, unless its numbers are beyond those that theory can compute with."""
    greatest = float(s.q.max())
    if not (greatest == 0 or SMALLEST < greatest < GREATEST) or not math.isfinite(s.d.mean):
        raise OutOfReach(BEYOND)
    return s


def run_backward(backwards: Sequence[Backward], gradient: Gradient, record: bool = True) -> Gradient:
    for backward in reversed(backwards):
        gradient = backward(gradient, record)
    return gradient


def passed(shared: Shared, through: Passed) -> Shared:
    """What a layer leaves of products with its inputs."""
    return None if shared is None or through is None else lambda: through(shared())


def added(one: Shared, other: Shared) -> Shared:
    if one is None or other is None:
        return one or other
    return lambda: one() + other()


def residual_sum(x: Signal, branch: Signal, covariance: Array | None) -> Signal:
    """x + branch(x): the branch's last weights make the two independent, except for their means and this covariance."""
    i, j = np.s_[:, :, None], np.s_[:, None, :]
    q = x.q + branch.q + 2 * x.mean * branch.mean
    d = x.d.array + branch.d.array + (x.mean[i] - x.mean[j]) * (branch.mean[i] - branch.mean[j])
    common = np.zeros(2)  # how much of x is in the branch, in q and in d
    if covariance is not None:
        own = np.diagonal(covariance, axis1=1, axis2=2)
        between = own[i] + own[j] - covariance - covariance.swapaxes(1, 2)
        common = np.array([own.mean(), between.mean() / 2]) / np.maximum([x.q.mean(), x.d.mean], 1e-300)
        q, d = q + 2 * own, d + between
    sizes_x, sizes_branch = (np.array([part.q.mean(), part.d.mean]) for part in (x, branch))
    total = np.maximum([q.mean(), d.mean()], 1e-300)
    a, b = (1 + common) ** 2 * sizes_x / total, np.maximum(sizes_branch - common**2 * sizes_x, 0) / total
    # A deviation of x, also that of its units, is in the branch too; the rest of the branch's deviation is its own.
    width_covariance = x.width_log_covariance
    rest = np.maximum(np.diag(branch.log_covariance - x.log_covariance - width_covariance), 0)
    log_covariance = (
        np.outer(a + b, a + b) * x.log_covariance + (1 - np.outer(a, a)) * width_covariance + np.diag(b**2 * rest)
    )
    measured_x, measured_branch = (
        np.array([part.log_variance_pooled, part.log_variance_within]) - np.diag(part.log_covariance) for part in (x, branch)
    )
    out = Signal(
        np.maximum(q, 0),
        Pairs.of(np.maximum(d, 0)),
        x.mean + branch.mean,
        x.units,
        x.grid,
        normal=x.normal and branch.normal,
        log_covariance=log_covariance,
        excess_squared_cosine=float(a[1] ** 2 * x.excess_squared_cosine + b[1] ** 2 * branch.excess_squared_cosine),
    )
    of_sum, of_x, of_branch = (share_covariance(part.sample.normal_z).diagonal() for part in (out, x, branch))
    of_products = np.maximum(of_sum - a**2 * of_x - b**2 * of_branch, 0) / out.units  # x times branch, over these units
    pooled, within = log_covariance.diagonal() + a**2 * measured_x + b**2 * measured_branch + of_products
    return out.with_measured(float(pooled), float(within))
