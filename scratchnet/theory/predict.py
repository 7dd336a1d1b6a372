"""Predicted: the spread that measure_spread will find, from the inputs and the laws of the weights alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet.layers import Affine, BatchNorm, Convolution, Dropout, Layer
from scratchnet.losses import Loss, SoftmaxCrossEntropy
from scratchnet.network import Network, Residual
from scratchnet.spread import Histogram, Jacobian, LayerSpread, Spread, update_ratio
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, InputError, finite, labels, number
from scratchnet.theory.finite import Sample, band, own_wobble, shown
from scratchnet.theory.output import first_loss, gradient_products
from scratchnet.theory.rules import step, weight_rms
from scratchnet.theory.signal import OutOfReach, Signal, Step

PAIRS = 5_000_000  # of inputs, at all places of an image: more would take gigabytes
WIDE = 0.25  # variance of a logarithm beyond which one network is not like the mean over many

SMALLEST, GREATEST = 1e-250, 1e250  # of mean squares that theory can compute with: squares of them are floats, or nearly
UNREACHED = (ArithmeticError, np.linalg.LinAlgError)
BEYOND = "its numbers are too large or too small for floats"

Way = Callable[["Gradient"], "Gradient"]


@dataclass(frozen=True)
class Gradient:
    """On its way back: G (P, B, B), mean products of two inputs' gradients, and the variance of ln G over networks."""

    products: Array
    variance: float = 0.0

    @property
    def square(self) -> float:
        return float(np.trace(self.products, axis1=1, axis2=2).mean()) / self.products.shape[1]


@dataclass
class Record:
    """What was predicted at one layer."""

    step: Step
    gradient: float | None = None
    gradient_variance: float = 0.0
    dw_square: float | None = None

    def passed_by(self, gradient: Gradient) -> None:
        """Note what is seen of a gradient here: its mean square varies by its units too, so many as there are."""
        own = Sample(self.step.out).gradient_share(gradient.products) / self.step.out.units
        self.gradient, self.gradient_variance = gradient.square, gradient.variance + own
        if not math.isfinite(self.gradient):
            raise OverflowError(BEYOND)


def predict_spread(
    net: Network,
    x: Array,
    t: Array | None = None,
    lr: float = 0.01,
    criterion: Loss | None = None,
    training: bool = True,
) -> Spread:
    """The spread that theory expects of a network before training, layer by layer, for the inputs x.

    What measure_spread finds in one network, this says of all that the initializers may draw: the squares of std,
    within_std, grad_rms and dw_rms are means over them, and 95 % of them lie within `bands`. It starts from the inputs' own
    products x xᵀ, takes activations, yours too, by their own forward and backward, and knows Affine, Convolution, Flatten,
    Dropout, BatchNorm, LayerNorm, Residual and nested networks. Where it does not reach it says in `notes` which layer
    stopped it, and leaves what comes after empty.

    Gradients are those of SoftmaxCrossEntropy. Those of the weights need the labels t, since it matters how labels go with
    inputs. All pairs of inputs are looked at, so give a thousand rows, or some dozens of images, not all.

    Poole et al. 2016, Schoenholz et al. 2017, Hanin & Rolnick 2018.
    """
    if not isinstance(net, Network):
        raise InputError(f"net is {net!r}, but a Network is needed, such as sn.mlp(784, [100], 10)")
    lr = number("lr", lr, least=0)
    x = finite("x", net.as_rows(x))
    pairs = len(x) ** 2 * math.prod(x.shape[1:-1])
    if pairs > PAIRS:
        few = max(2, int(len(x) * math.sqrt(PAIRS / pairs)))
        raise InputError(f"x has {len(x):,} inputs, which make too many pairs: give the first {few:,}, x[:{few}]")
    cross_entropy = criterion is None or isinstance(criterion, SoftmaxCrossEntropy)
    if t is not None and cross_entropy:
        t = labels(t, len(x))
    prediction = Prediction(net.twin(training), x, lr)
    with one_blas_thread(), np.errstate(all="raise", under="ignore"):
        prediction.forward()
        if cross_entropy:
            prediction.backward(t)
        return prediction.spread()


class Prediction:
    """A walk through a network: forward as far as theory reaches and, if that is to the end, back."""

    def __init__(self, net: Network, x: Array, lr: float) -> None:
        self.net, self.x, self.lr = net, x, lr
        self.known: Array | None = x  # the very numbers, up to the first layer with parameters
        self.signal = Signal.of(x)
        self.records: dict[str, Record] = {}
        self.ways_back: list[Way] | None = None
        self.notes: list[str] = []
        self.loss: float | None = None
        self.jacobian: Jacobian | None = None

    def forward(self) -> None:
        try:
            self.ways_back = self.through(self.net, "")
        except OutOfReach as reason:
            self.notes.append(str(reason))

    def through(self, net: Network, prefix: str) -> list[Way]:
        """Forward through a network's layers; returns the ways back through them, in the order of forward."""
        return [self.layer(f"{prefix}{name}", layer) for name, layer in net.named]

    def layer(self, name: str, layer: Layer) -> Way:
        if isinstance(layer, Network):
            return self.network(name, layer)
        try:
            if self.known is not None and not layer.specs:
                self.known = layer.forward(self.known)
                self.signal = in_range(Signal.of(self.known))
                self.records[name] = Record(Step(self.signal, lambda G: (G, None)))
                return lambda gradient: gradient
            self.known = None
            done = step(layer, self.signal)
            self.signal = in_range(done.out)
            record = self.records[name] = Record(shown(done))
        except OutOfReach as reason:
            raise OutOfReach(f"theory stops at {name}: {reason}") from reason
        except MemoryError:
            raise
        except UNREACHED as reason:
            raise OutOfReach(f"theory stops at {name}: {BEYOND}") from reason
        except Exception as reason:  # of a layer of the reader's own
            raise OutOfReach(f"theory stops at {name}: {type(reason).__name__}: {reason}") from reason

        def back(gradient: Gradient) -> Gradient:
            record.passed_by(gradient)
            products, record.dw_square = done.back(gradient.products)
            return Gradient(products, gradient.variance + done.wobble(gradient.products))

        return back

    def network(self, name: str, net: Network) -> Way:
        before, known = self.signal, self.known
        ways = self.through(net, f"{name}.")
        residual = isinstance(net, Residual)
        if residual and known is not None and self.known is not None:
            self.known = known + self.known
            self.signal = Signal.of(self.known)
        elif residual:
            if not any(isinstance(layer, Affine | Convolution) for _, layer in net.walk()):
                raise OutOfReach(f"theory stops at {name}: its branch has no random weights of its own")
            self.signal = added(before, self.signal)
        record = self.records[name] = Record(shown(Step(self.signal, lambda G: (G, None))))

        def back(gradient: Gradient) -> Gradient:
            record.passed_by(gradient)
            inner = go_back(ways, gradient)
            if not residual:
                return inner
            return Gradient(gradient.products + inner.products, max(gradient.variance, inner.variance))

        return back

    def backward(self, t: Array | None) -> None:
        """The gradients of the cross-entropy, where the network ends in scores."""
        try:
            self.gradients(t)
        except UNREACHED:
            self.jacobian = None
            for record in self.records.values():
                record.gradient = record.dw_square = None
            self.notes.append(f"gradients are not predicted: {BEYOND}")

    def gradients(self, t: Array | None) -> None:
        last = self.net.layers[-1]
        if self.ways_back is None or self.signal.grid or (t is None and not isinstance(last, Affine)):
            return
        scores, classes = self.signal, self.signal.units
        if t is not None:
            labels(t, len(self.x), classes)
        products = scores.products[0] - np.outer(scores.mean[0], scores.mean[0])
        if scores.normal:
            self.loss = first_loss(np.diagonal(products), classes)
        if not any(isinstance(layer, BatchNorm | Dropout) for _, layer in self.net.walk()):
            self.jacobian = self.jacobian_size(self.ways_back)
        go_back(self.ways_back, Gradient(gradient_products(products, classes, t)[None]))
        if t is None:
            for record in self.records.values():
                record.dw_square = None
        if scores.q.mean() > 1:
            self.notes.append(
                f"the scores' variance is {scores.q.mean():.3g}: beyond 1 gradients are predicted to a factor only, since "
                "they go with the weights that made the scores"
            )

    def jacobian_size(self, ways_back: list[Way]) -> Jacobian:
        """rms of the singular values: E |J|² = n₀ G at the first input, for gradients of mean square 1 at every output."""
        rows, n_in, n_out = len(self.x), self.x[0].size, self.signal.units
        G = float(go_back(ways_back, Gradient(np.ones((1, rows, rows)))).products[:, 0, 0].mean())
        return Jacobian(rms=math.sqrt(n_in * G / min(n_in, n_out)))

    def spread(self) -> Spread:
        layers = [self.layer_spread(name, layer) for name, layer in self.net.walk()]
        for name, record in self.records.items():
            if max(*record.step.out.seen, record.gradient_variance) > WIDE:
                self.notes.append(
                    f"from {name} on single networks differ so much, deep and narrow as they are, that only the mean over "
                    "many is predicted"
                )
                break
        classes = None if self.loss is None else self.signal.units
        return Spread(layers, self.loss, self.lr, classes, self.jacobian, tuple(self.notes), predicted=True)

    def layer_spread(self, name: str, layer: Layer) -> LayerSpread:
        weight = next((key for key, spec in layer.specs.items() if len(spec.shape) > 1), None)
        w_rms = None if weight is None else weight_rms(layer, weight)
        if name not in self.records:
            return LayerSpread(name, w_rms=w_rms)
        record = self.records[name]
        done, s = record.step, record.step.out
        dw_rms = None if record.dw_square is None else math.sqrt(max(record.dw_square, 0))
        square = s.within_square + s.between_square
        bands = {
            "std": band(square, s.seen[0]),
            "within_std": band(s.within_square, s.seen[1]),
            "grad_rms": band(record.gradient or 0.0, record.gradient_variance),
        }
        return LayerSpread(
            name,
            mean=float(s.mean.mean()),
            std=math.sqrt(square),
            rms=math.sqrt(float(s.q.mean())),
            within_std=math.sqrt(s.within_square),
            between_std=math.sqrt(s.between_square),
            correlation=s.correlation,
            rank=s.rank(done.chance),
            dead=done.dead,
            zero=done.zero,
            saturated=done.saturated,
            grad_rms=None if record.gradient is None else math.sqrt(max(record.gradient, 0)),
            dw_rms=dw_rms,
            w_rms=w_rms,
            update_ratio=update_ratio(self.lr, dw_rms, w_rms),
            bands={key: limits for key, limits in bands.items() if limits},
            histogram=None if done.values is None else Histogram.of(done.values),
        )


def in_range(s: Signal) -> Signal:
    """The signal, unless its numbers are beyond those that theory can compute with."""
    most = float(s.q.max())
    if not (most == 0 or SMALLEST < most < GREATEST) or not np.isfinite(s.d).all():
        raise OutOfReach(BEYOND)
    return s


def go_back(ways: Sequence[Way], gradient: Gradient) -> Gradient:
    for way in reversed(ways):
        gradient = way(gradient)
    return gradient


def added(x: Signal, branch: Signal) -> Signal:
    """x + branch(x): the branch's last weights make the two independent, but for their means."""
    i, j = np.s_[:, :, None], np.s_[:, None, :]
    q = x.q + branch.q + 2 * x.mean * branch.mean
    d = x.d + branch.d + (x.mean[i] - x.mean[j]) * (branch.mean[i] - branch.mean[j])
    a, b = (np.array([part.q.sum(), part.d.sum()]) / np.maximum([q.sum(), d.sum()], 1e-300) for part in (x, branch))
    # What x has too much or too little of, by its units too, the branch has as well; the rest of its wobble is its own.
    own = own_wobble(x)
    rest = np.maximum(np.diag(branch.wobble - x.wobble - own), 0)
    wobble = np.outer(a + b, a + b) * x.wobble + (1 - np.outer(a, a)) * own + np.diag(b**2 * rest)
    seen = (
        np.diag(wobble)
        + a**2 * (np.array(x.seen) - np.diag(x.wobble))
        + b**2 * (np.array(branch.seen) - np.diag(branch.wobble))
    )
    normal = x.normal and branch.normal
    return Signal(
        q,
        np.maximum(d, 0),
        x.mean + branch.mean,
        x.units,
        x.grid,
        normal,
        wobble,
        (float(seen[0]), float(seen[1])),
        float(a[1] ** 2 * x.chance + b[1] ** 2 * branch.chance),
    )
