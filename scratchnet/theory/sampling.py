"""Layers without a formula: their own forward and backward, on the numbers of some networks that are drawn for this.

A maximum over places, a norm after an activation or a reader's own layer has no closed form, but it can be tried out. So
the network's weights are drawn some more times, from their laws. What reaches the layer in these networks is what it is
tried on, and gradients drawn from the theory's own are sent back through it. Averages over these networks continue as a
signal, and their deviations, with the sampling error, are part of the bands. AutoInit (Bingham & Miikkulainen 2023) samples
pooling in this way. Read next: `gradient`.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.initializers import draw_weights
from scratchnet.layers import Affine, BatchNorm, Convolution, Layer
from scratchnet.network import Network, Residual
from scratchnet.spread import NEAR_BOUND, root_mean_square
from scratchnet.support.streams import stream
from scratchnet.support.validation import Array
from scratchnet.theory.output import matrix_root
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import BEYOND, OutOfReach, Signal, Step
from scratchnet.theory.weights import weight_rms

FEWEST, MOST, UNITS = 12, 64, 4800  # networks: enough to have about this number of units
NUMBERS = 20_000_000  # that are kept at once
HISTOGRAM = 100  # inputs


@dataclass(frozen=True)
class Applied:
    """A layer of a drawn network, and its inputs there."""

    name: str
    layer: Layer
    x: Array

    def forward(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.layer.forward(x), np.float64)


Walk = Generator[Applied, None, Array]


class DrawnNetworks:
    """Networks with the layers of `net`, and weights of their own. Each goes forward, layer by layer, as far as is asked."""

    def __init__(self, net: Network, x: Array) -> None:
        self.net, self.x = net, x
        self.walks: list[Walk] = []
        self.chains: list[list[Applied]] = []

    def at(self, name: str, units: int) -> list[list[Applied]]:
        """For each network the layers up to this one, from the last weights before it on.

        Names must be asked in the order of forward. A chain ends where a nested network begins or ends.
        """
        if not self.walks:
            count = min(max(UNITS // units, FEWEST), MOST)
            self.walks = [forward(self.net, self.x.astype(np.float64), "", seed) for seed in range(count)]
            self.chains = [[] for _ in self.walks]
        with np.errstate(all="ignore"):
            self.chains = [go_on(walk, chain, name) for walk, chain in zip(self.walks, self.chains, strict=True)]
        if not all(np.isfinite(chain[-1].x).all() for chain in self.chains):
            raise OutOfReach(BEYOND)
        size = max(one.x.size for one in self.chains[0])
        if size * FEWEST > NUMBERS:
            raise OutOfReach("it would have to be sampled, and there are too many inputs for that: give fewer")
        kept = max(NUMBERS // max(size, 1), FEWEST)
        self.walks, self.chains = self.walks[:kept], self.chains[:kept]
        return self.chains


def go_on(walk: Walk, chain: list[Applied], name: str) -> list[Applied]:
    """The chain after the network has gone forward to the layer of this name."""
    for one in walk:
        joined = chain and parent(chain[-1].name) == parent(one.name) and not has_weights(one.layer)
        chain = [*chain, one] if joined else [one]
        if one.name == name:
            return chain
    raise OutOfReach(f"{name} is not reached")


def parent(name: str) -> str:
    return name.rpartition(".")[0]


def has_weights(layer: Layer) -> bool:
    return any(len(spec.shape) > 1 for spec in layer.specs.values())


def forward(net: Network, x: Array, prefix: str, seed: int) -> Walk:
    """Yields each layer, with weights drawn for this seed, and its inputs; returns the outputs."""
    for name, layer in net.named:
        if isinstance(layer, Network):
            before = x
            x = yield from forward(layer, x, f"{prefix}{name}.", seed)
            x = before + x if isinstance(layer, Residual) else x
        else:
            layer = drawn_anew(layer, f"{prefix}{name}", seed)
            yield Applied(f"{prefix}{name}", layer, x)
            x = np.asarray(layer.forward(x), np.float64)
    return x


def drawn_anew(layer: Layer, full_name: str, seed: int) -> Layer:
    """A twin with parameters of its own, from the same laws and of the same size, and with random numbers of its own."""
    twin = layer.twin(layer.training)
    twin.needs_dx = True
    if not isinstance(layer, BatchNorm):  # whose running statistics stay
        twin.start(stream(seed, full_name))
    for name, spec in layer.specs.items():
        values = getattr(layer, name)
        drawn = draw_weights(full_name, spec.init, spec.shape, spec.fans, stream(seed, f"{full_name}.{name}"), np.float64)
        if values.size and not np.ptp(values):
            drawn = np.full(spec.shape, float(values.flat[0]))
        else:
            own, rms = values.astype(np.float64), root_mean_square(drawn)
            drawn = drawn * (weight_rms(layer, name) / rms if rms and seldom(rms, own) else 1.0)
            if abs(own.mean() - drawn.mean()) > 9 * root_mean_square(own) / math.sqrt(own.size):
                raise OutOfReach(f"its {name} is not as its initializer draws it")
        setattr(twin, name, drawn)
    return twin


def seldom(rms: float, own: Array) -> bool:
    """Are values of another size than this, beyond chance?"""
    return abs(rms - root_mean_square(own)) > 10 * rms / math.sqrt(own.size)


def can_be_sampled(layer: Layer, reason: OutOfReach) -> bool:
    """Weights have rules; and running statistics belong to the weights that they were taken with."""
    running = isinstance(layer, BatchNorm) and not layer.training
    return not (isinstance(layer, Affine | Convolution) or running or str(reason) == BEYOND)


def sampled_step(chains: list[list[Applied]]) -> Step:
    """The step of the last layer of these chains, one for each drawn network."""
    rows, networks = len(chains[0][-1].x), len(chains)
    sums: list[Any] = [0.0, 0.0, 0.0]
    sizes, ranks, shares, first = [], [], [], []
    for *_, last in chains:
        out = last.forward(last.x)
        if out.ndim not in (2, 4) or len(out) != rows:
            raise OutOfReach(f"{type(last.layer).__name__} makes {out.shape} of {last.x.shape}")
        if not np.isfinite(out).all():
            raise OutOfReach(BEYOND)
        s = Signal.compute(out)
        sums = [total + part / networks for total, part in zip(sums, (s.q, s.d.array, s.mean), strict=True)]
        sizes.append([s.q.mean(), s.d.mean, s.within_square + between_square(out)])
        ranks.append(1 / (s.rank() or math.inf))
        shares.append(list(shares_of(last.layer, out)))
        first.append(out[:HISTOGRAM].ravel())
    covariance = log_covariance(np.array(sizes)) * wider(networks)
    average = Signal(sums[0], Pairs.of(sums[1]), sums[2], s.units, s.grid)
    between = average.q.mean() - average.mean.mean() ** 2 - average.within_square
    found = float(np.mean(sizes, axis=0)[2]) - average.within_square
    excess = (np.mean(ranks) - 1 / (average.rank() or math.inf)) * networks / (networks - 1)
    out_signal = Signal(
        *(average.q, average.d, average.mean, s.units, s.grid),
        log_covariance=covariance[:2, :2],
        log_variance_pooled=float(covariance[2, 2]),
        log_variance_within=float(covariance[1, 1]),
        excess_squared_cosine=max(float(excess), 0.0),
        degrees=found / between if found > 0 < between else None,
    )
    zero, dead, saturated = np.mean(shares, axis=0)
    way_back = WayBack(chains)
    return Step(
        out_signal,
        way_back,
        lambda gradient, places: 0.0,
        np.concatenate(first),
        zero=float(zero),
        dead=float(dead),
        saturated=None if math.isnan(saturated) else float(saturated),
        counts_units=True,
    )


@dataclass(frozen=True)
class Part:
    """What one layer of a chain does to gradients.

    products       G before the layer
    dw_square      mean square of the weight's gradient, None without a weight
    log_variance   variance, over networks, of ln of the gradient's mean square; that of one layer is what it adds
    excess         mean squared cosine of two inputs' gradients in one network, minus that of G, likewise
    excess_passed  by which an excess squared cosine that was there before is multiplied
    """

    products: Array
    dw_square: float | None
    log_variance: float
    excess: float
    excess_passed: float


class WayBack:
    """Gradients of mean products G, drawn as normal numbers, through the backward of all layers of a chain.

    A layer's slopes depend on those of the layers before it (a norm divides by little where ReLU is mostly 0), and a
    norm's gradients at two places go together. So one draw goes back through the last weights too. `parts` has, by the
    name of a layer, what is found before it.
    """

    def __init__(self, chains: list[list[Applied]]) -> None:
        self.chains, self.last = chains, chains[0][-1].name
        self.parts: dict[str, Part] = {}

    def __call__(self, G: Array) -> tuple[Array, float | None]:
        part = self.part(self.last, G)
        return part.products, part.dw_square

    def part(self, name: str, G: Array) -> Part:
        """What is found before the layer of this name. The last layer of the chain must be the first to be asked for."""
        if name == self.last:
            self.go_back(G)
        return self.parts[name]

    def go_back(self, G: Array) -> None:
        given, networks = G.shape[1], len(self.chains)
        rng = stream(0, self.last)  # not the numbers of another layer, on which G depends
        unit = float(np.abs(G).max()) or 1.0
        root = np.stack([matrix_root(one) for one in G / unit])
        found: dict[str, list[tuple[float, float, list[float]]]] = {one.name: [] for one in self.chains[0]}
        products = {one.name: np.zeros(()) for one in self.chains[0]}
        for chain in self.chains:
            out = chain[0].x
            for one in chain:
                out = one.forward(out)
            numbers = rng.standard_normal((math.prod(out.shape[1:-1]), given, out.shape[-1]))
            gradient = np.zeros(out.shape)
            gradient[:given] = (root @ numbers).swapaxes(0, 1).reshape(given, *out.shape[1:])
            for one in reversed(chain):
                gradient = back(one, gradient)
                by_place = gradient[:given].reshape(given, -1, one.x.shape[-1]).swapaxes(0, 1)
                own = by_place @ by_place.swapaxes(1, 2) * (unit / one.x.shape[-1])
                products[one.name] = products[one.name] + own / networks
                dw = [float((dw**2).mean()) for _, w, dw in one.layer.parameters() if w.ndim > 1]  # type: ignore[operator]
                found[one.name].append((float(np.einsum("pii->", own)), squared_cosine(own), dw))
        before_square, before_excess, cosine = 0.0, 0.0, squared_cosine(G)
        for one in reversed(self.chains[0]):
            squares, cosines, dws = zip(*found[one.name], strict=True)
            square = float(log_covariance(np.array(squares)[:, None])[0, 0]) * wider(networks)
            mean = squared_cosine(products[one.name])
            excess = max(float(np.mean(cosines)) - mean, 0.0) * networks / (networks - 1)
            self.parts[one.name] = Part(
                products[one.name],
                unit * float(np.mean(dws)) if dws[0] else None,
                square - before_square,
                excess - before_excess,
                min(mean / cosine, 1.0) if cosine else 1.0,
            )
            before_square, before_excess, cosine = square, excess, mean


def back(one: Applied, dout: Array) -> Array:
    name = type(one.layer).__name__
    try:
        with np.errstate(all="ignore"):
            dx = np.asarray(one.layer.backward(dout), np.float64)
    except Exception as error:  # of a layer of the reader's own
        raise OutOfReach(f"backward of {name} fails: {type(error).__name__}: {error}") from error
    if dx.shape != one.x.shape:
        raise OutOfReach(f"backward of {name} makes {dx.shape} of {one.x.shape}")
    if not np.isfinite(dx).all():
        raise OutOfReach(BEYOND)
    return dx


def squared_cosine(products: Array) -> float:
    """Σ G² / (tr G)² over all places"""
    trace = float(np.einsum("pii->", products))
    return float(np.vdot(products / trace, products / trace)) if trace > 0 else 0.0


def between_square(out: Array) -> float:
    """The variance of the units' means over the inputs."""
    return float(out.mean(axis=0).var())


def shares_of(layer: Layer, out: Array) -> Iterator[float]:
    """The shares that are zero, dead and saturated, as measure_spread counts them."""
    yield float((out == 0).mean())
    yield float((out == 0).all(axis=tuple(range(out.ndim - 1))).mean())
    if layer.bounds:
        low, high = layer.bounds
        yield float((np.abs(out - (low + high) / 2) > NEAR_BOUND * (high - low) / 2).mean())
    else:
        yield math.nan


def wider(networks: int) -> float:
    """By which a variance over so many networks is larger as that of a new one: their mean and variance have errors too.

    The factor for the variance is Student's t² / z², to first order in 1 / degrees of freedom.
    """
    return (1 + 1 / networks) * (1 + (1.96**2 + 1) / (2 * (networks - 1)))


def log_covariance(sizes: Array) -> Array:
    """Covariance of the logarithms of sizes (networks, kinds), taken as lognormal: sizes of 0 are no trouble."""
    means = sizes.mean(axis=0)
    relative = sizes / np.where(means > 0, means, 1)
    return np.log1p(np.atleast_2d(np.cov(relative, rowvar=False)))
