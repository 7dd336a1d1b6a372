"""Predicted: the spread that measure_spread will find, from the inputs and the laws of the weights alone.

Read next: `jacobians`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from scratchnet.layers import Affine, BatchNorm, Convolution, Dropout, Layer
from scratchnet.losses import Loss, SoftmaxCrossEntropy, as_loss, targets
from scratchnet.network import Network, Residual, as_network
from scratchnet.spread import Jacobian, Spread
from scratchnet.spread.sums import LayerSums
from scratchnet.support.tables import short
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, InputError, finite, flag, labels, number
from scratchnet.theory.findings import beyond_dtype, layer_spread, some, too_different
from scratchnet.theory.gradient import Backward, Gradient, LayerRecord, Shared, added, of_sum, passed, run_backward
from scratchnet.theory.output import first_loss, gradient_products, own_share, size_log_variance
from scratchnet.theory.pairs import Pairs, Table
from scratchnet.theory.residual import residual_sum
from scratchnet.theory.rules import layer_step
from scratchnet.theory.sampling import Stop, with_samples
from scratchnet.theory.signal import BEYOND, OutOfReach, Signal, Step, Unknown, unknown
from scratchnet.theory.weights import check_sums

PAIRS = 5_000_000  # pairs of inputs, counted at each place of an image: more would take gigabytes
SMALLEST, GREATEST = 1e-250, 1e250  # mean squares that theory can compute with: beyond them, products leave the floats
OWN_SHARE = 0.25  # of a weight's mean square gradient: what may be left out for the scores' own weights
NUMERIC_ERRORS = (ArithmeticError, np.linalg.LinAlgError)


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
    backward. From any other layer on, and where weights are not independent numbers about 0, the numbers are sampled: means
    over networks drawn for this, as `notes` says. Parameters that are not what the network's seed draws (trained, loaded or
    set by hand) count by their mean square while they act as random numbers, and else by their own numbers. Where neither
    gives a number, `notes` says why.

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
    scores = net.twin().forward(x[:2])  # raises now if the network cannot take x
    cross_entropy = isinstance(as_loss(criterion), SoftmaxCrossEntropy)
    if t is not None and cross_entropy:
        t = labels(t, len(x), scores.shape[1]) if scores.ndim == 2 else labels(t, len(x))
    elif t is not None:
        t = targets(t, len(x))
    prediction = Prediction(net.twin(training), x, lr)
    with one_blas_thread(), np.errstate(all="raise", under="ignore"):
        prediction.forward()
        if cross_entropy:
            prediction.backward(t)
        spread = prediction.spread()
        backward = cross_entropy and scores.ndim == 2 and (t is not None or isinstance(net.layers[-1], Affine))
        return with_samples(spread, prediction.net, x, t, backward, prediction.stop)


class Prediction:
    """A pass through a network: forward as far as theory reaches and, if it reaches the end, back."""

    def __init__(self, net: Network, x: Array, lr: float) -> None:
        self.net, self.x, self.lr = net, x, lr
        self.known_values: Array | None = x  # the exact numbers, up to the first layer with parameters
        self.signal = Signal.from_values(x)
        self.before_weights = True
        self.stop: Stop | None = None
        self.cancelled: list[str] = []
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
            self.stop = Stop(reason.layer, str(reason))
            self.notes.append(f"theory stops at {reason.layer}: {reason}")

    def forward_layers(self, net: Network, prefix: str) -> list[Backward]:
        """Predict a network's layers in turn; returns their backward functions, in the order of forward."""
        return [self.forward_layer(f"{prefix}{name}", layer) for name, layer in net.named]

    def forward_layer(self, name: str, layer: Layer) -> Backward:
        if isinstance(layer, Network):
            return self.forward_network(name, layer)
        try:
            drops = isinstance(layer, Dropout) and layer.training and layer.ratio
            if self.known_values is not None and not layer.specs and not drops:
                self.known_values = layer.forward(self.known_values)
                self.signal = in_range(Signal.from_values(self.known_values))
                self.shared = [passed(one, unknown) for one in self.shared]
                self.records[name] = LayerRecord(known_step(layer, self.known_values, self.signal))
                return lambda gradient, keep: gradient
            self.known_values, self.before_weights = None, self.before_weights and not layer.specs
            step = layer_step(layer, self.signal)
            self.check(layer, step.out)
            of_batch = isinstance(layer, BatchNorm)
            flattened = bool(self.signal.grid) and not step.out.grid
            self.signal = in_range(step.out)
            self.shared = [passed(one, step.covariance) for one in self.shared]
            if step.note:
                self.said.setdefault(step.note, []).append(name)
            record = self.records[name] = LayerRecord(step.with_sample())
        except OutOfReach as reason:
            reason.layer = reason.layer or name
            raise
        except MemoryError:
            raise
        except NUMERIC_ERRORS as reason:
            raise OutOfReach(BEYOND, name) from reason
        except Exception as reason:  # of a layer of the reader's own
            raise OutOfReach(f"{type(reason).__name__}: {reason}", name) from reason

        of_inputs = self.before_weights  # a measurement has no gradients there
        cancelled = self.cancelled  # and not self: in a circle, the large tables would wait for the garbage collector

        def backward(gradient: Gradient, keep: bool) -> Gradient:
            G = gradient.products
            table, dw_square = step.backward(G.table.array)
            factor = step.factor * (step.of_scores if gradient.of_scores else 1) * (gradient.before_norm if of_batch else 1)
            before_norm = step.before_norm * (1 if of_batch else gradient.before_norm)
            before = Pairs(G.table if table is G.table.array else Table(table), G.factor * factor)
            shared = tuple(passed(one, step.gradient_covariance) for one in gradient.shared)
            if not keep or of_inputs:
                return Gradient(before, before_norm=before_norm, shared=shared)
            of_units = record.add_gradient(gradient)
            if dw_square is not None and math.isnan(dw_square):
                cancelled.append(name)
            elif dw_square is not None:
                record.dw_square = G.factor * dw_square
            after = record.through(gradient, of_units)
            places = len(before.table.array) if flattened else gradient.places
            return replace(after, products=before, places=places, of_scores=False, before_norm=before_norm, shared=shared)

        return backward

    def check(self, layer: Layer, out: Signal) -> None:
        """Raise OutOfReach if the layer's outputs are too far from normal numbers."""
        if isinstance(layer, Affine | Convolution):
            check_sums(layer, self.signal, out)

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
                raise OutOfReach("its branch has no random weights of its own", name)
            self.signal = self.residual_sum(name, before, of_input)
        self.shared = [added(*pair) for pair in zip(shared_before, shared, strict=True)]
        record, of_x = self.add_network(name), LayerRecord(Step(before, lambda G: (G, None)))

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
            if not keep:
                return Gradient(Pairs.of(products), shared=sums)
            after = record.count_units(gradient, record.step.out.sample.gradient(G, gradient.excess))
            inner = of_x.count_units(inner, before.sample.gradient(inner.products, inner.excess))
            return replace(of_sum(after, inner, products, record.step.out.units), shared=sums)

        return backward_of_sum

    def add_network(self, name: str) -> LayerRecord:
        record = self.records[name] = LayerRecord(Step(self.signal, lambda G: (G, None)).with_sample())
        return record

    def residual_sum(self, name: str, before: Signal, of_input: Shared) -> Signal:
        try:
            return in_range(residual_sum(before, self.signal, None if of_input is None else of_input()))
        except OutOfReach as reason:
            reason.layer = reason.layer or name
            raise

    def backward(self, t: Array | None) -> None:
        """The gradients of the cross-entropy, if the network ends in scores and they are numbers."""
        try:
            self.predict_gradients(t)
        except (*NUMERIC_ERRORS, OutOfReach) as reason:
            self.jacobian = None
            for record in self.records.values():
                record.grad_square = record.dw_square = None
            why = str(reason) if isinstance(reason, OutOfReach) else BEYOND
            if isinstance(reason, Unknown):
                self.stop = Stop(reason.layer, str(reason))
            self.notes.append(f"gradients are not predicted: {why}")

    def predict_gradients(self, t: Array | None) -> None:
        last = self.net.layers[-1]
        if self.backwards is None or self.signal.grid or (t is None and not isinstance(last, Affine)):
            return
        scores, classes = self.signal, self.signal.units
        products = scores.products[0] - np.outer(scores.mean[0], scores.mean[0])
        if scores.normal:
            self.loss = first_loss(np.diagonal(products), classes)
        if not any(isinstance(layer, BatchNorm | Dropout) for _, layer in self.net.walk()):
            self.jacobian = self.predict_jacobian(self.backwards)
        if t is not None and classes > 1 and not scores.normal:
            raise Unknown("the scores are no sums over random weights")
        G, log_variance = gradient_products(products, classes, t)
        if t is not None and own_share(scores, G) > OWN_SHARE:
            raise Unknown("the gradient depends on the last weights, whose layer is narrow for so many inputs")
        log_variance += size_log_variance(scores, t)
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
        notes = [*self.notes, *too_different(self.records), *beyond_dtype(self.records, self.net.dtype)]
        notes += [f"{some(names)}: {note}" for note, names in self.said.items()]
        if self.cancelled:
            names = some(self.cancelled[::-1])
            notes.append(
                f"{names}: over the batch the weights' gradients cancel, and what is left is below theory's own errors"
            )
        layers = [layer_spread(name, layer, self.records.get(name), self.lr) for name, layer in self.net.walk()]
        classes = None if self.loss is None else self.signal.units
        return Spread(layers, self.loss, self.lr, classes, self.jacobian, tuple(notes), predicted=True)


def known_step(layer: Layer, values: Array, s: Signal) -> Step:
    """The step of a layer before the first weights, whose numbers are known. No gradient is asked for there."""
    sums = LayerSums(layer.bounds)
    sums.add_outputs(values)
    found = sums.layer_spread("", 0.0)
    some = values[: 1000 if values.ndim == 2 else 100]
    return Step(s, lambda G: (G, None), values=some, zero=found.zero, dead=found.dead, saturated=found.saturated)


def in_range(s: Signal) -> Signal:
    """The signal, unless its numbers are beyond those that theory can compute with."""
    greatest = float(s.q.max())
    if not (greatest == 0 or SMALLEST < greatest < GREATEST) or not math.isfinite(s.d.mean):
        raise OutOfReach(BEYOND)
    return s
