"""Predicted: the loss curve, before training, for as many steps as theory can answer for.

Read next: `scratchnet.training.trainer`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from scratchnet.data import Dataset
from scratchnet.losses import Loss, SoftmaxCrossEntropy, as_loss
from scratchnet.network import Network, as_network
from scratchnet.optimizers import SGD, Momentum, Nesterov, Optimizer, as_optimizer
from scratchnet.support.tables import short
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, InputError, labels, shown, whole
from scratchnet.theory.balance import layers_gain_alike
from scratchnet.theory.growth import Growth
from scratchnet.theory.loss_prediction import LossPrediction
from scratchnet.theory.mixing import class_matrices
from scratchnet.theory.output import matrix_root
from scratchnet.theory.predict import NUMERIC_ERRORS
from scratchnet.theory.signal import BEYOND, OutOfReach
from scratchnet.theory.tangent import TangentWalk, sum_of

ROWS = 700  # half to train on, half held out
GROWTH_ROWS = 128
NETWORKS = 8  # in pairs of opposite scores
OWN = 1 / 3  # weight of the loss on rows that are trained on: at first it is off by more than that on held-out rows
LIMIT = 0.15  # of ρ; docs/loss_curves.md says what it guarantees
HARMLESS, GREATEST = 0.003, 1.0  # a greater ρ does not count while features have changed the loss by less, relative to it
LARGE = 1.0  # variance of the scores
PLATEAU = 0.95  # of ln C: a loss below that has left the plateau
FEW_ROWS = 32  # of a batch
NOISE = 0.04  # standard error of the mean loss over the networks, relative to it
STEEP = 1.5  # what one step removes of the fastest mode at the start, relative to it
FRACTION, STABLE = 0.1, 0.8  # of the fastest mode that one computed step removes, at the start and later
MOST = 4000  # computed steps
KNOWN = (SGD, Momentum, Nesterov)


def predict_training(
    net: Network,
    train: Dataset | tuple[Any, Any],
    optimizer: Optimizer,
    batch_size: int = 100,
    steps: int = 2000,
    criterion: Loss | None = None,
) -> LossPrediction:
    """The loss curve that theory expects, from the initializers' laws and the data alone: no network is trained.

    With the neural tangent kernel Θ, gradient descent moves the scores of every input by

        f ← f − lr Θ (softmax f − Y) / B

    for scores f drawn from their own law, and a batch of B rows drawn at each step. Eight networks are drawn, whose kernels
    differ as those of layers of this width do. `train` is as for Trainer.fit: 350 of its rows are trained on, 350 others
    are held out, and the two losses are averaged to that of a training set as large as `train`. With Momentum and Nesterov
    the scores have a velocity, as the weights do.

    This holds until features are learnt, that is until training itself has changed the kernel. `until` is that step, and
    `reason` says why. On 46 networks that were not used to choose it, the loss up to there was within 6.1 %, and within
    1.5 % in the median (docs/loss_curves.md). Where theory has no answer (Adam, schedules, weight decay, Dropout, BatchNorm,
    convolutions, another loss), there are no losses, and `reason` says so.

    Jacot et al. 2018, Lee et al. 2019.
    """
    net, optimizer = as_network(net), as_optimizer(optimizer)
    steps, batch_size = whole("steps", steps), whole("batch_size", batch_size)
    data = as_dataset(train)
    if batch_size > len(data):
        raise InputError(f"batch_size is {batch_size:,}, but there are {len(data):,} rows: give at most as many")
    refusal = no_answer(optimizer, as_loss(criterion), data)
    net.twin().forward(net.as_rows(data[:2][0]))  # raises now if the network cannot take x
    if refusal:
        return LossPrediction(reason=refusal)
    with one_blas_thread(), np.errstate(all="raise", under="ignore"):
        try:
            found = Run(net, data, optimizer, batch_size).until(steps)
            return replace(found, same_gains=layers_gain_alike(net, optimizer))
        except OutOfReach as reason:
            return LossPrediction(reason=f"the loss is not predicted: {reason}")
        except NUMERIC_ERRORS:
            return LossPrediction(reason=f"the loss is not predicted: {BEYOND}")


def as_dataset(train: Any) -> Dataset:
    if isinstance(train, Dataset):
        return train
    if not isinstance(train, tuple | list) or len(train) != 2:
        raise InputError(f"train is {shown(train)}, but a Dataset or a pair (x, t) is needed")
    return Dataset(*train)


def no_answer(optimizer: Optimizer, criterion: Any, data: Dataset) -> str | None:
    """One sentence on what keeps theory from an answer, whatever the network."""
    name = type(optimizer).__name__
    if type(optimizer) not in KNOWN:
        return f"the loss is not predicted for {name}, only for SGD, Momentum and Nesterov"
    if optimizer.schedule is not None:
        return "the loss is not predicted for a learning rate that changes"
    if optimizer.hooks:
        return f"the loss is not predicted for {name} with hooks, such as weight decay"
    if type(criterion) is not SoftmaxCrossEntropy:
        return f"the loss is not predicted for {type(criterion).__name__}, only for SoftmaxCrossEntropy"
    if not data.has_classes:
        return "the loss is not predicted for targets, only for class numbers"
    if len(data) < 2:
        return "the loss is not predicted for a single row"
    return None


def mixed_rows(t: Array, count: int, rng: np.random.Generator) -> Array:
    """This many rows, at random; the first few of them, however many, have each class about as often as t has."""
    order = rng.permutation(len(t))
    order = order[np.argsort(t[order], kind="stable")]
    _, inverse, counts = np.unique(t[order], return_inverse=True, return_counts=True)
    place = np.arange(len(t)) - (np.cumsum(counts) - counts)[inverse] + rng.random(len(counts))[inverse]
    return order[np.argsort(place / counts[inverse], kind="stable")[:count]]


class Run:
    """Training as the kernel sees it: the scores f (rows, C, networks), of which the first `trained` rows are trained on."""

    def __init__(self, net: Network, data: Dataset, optimizer: Optimizer, batch_size: int) -> None:
        self.rng = np.random.default_rng(0)
        chosen = mixed_rows(data.labels, ROWS, self.rng)
        self.trained = len(chosen) if len(chosen) < ROWS else ROWS // 2
        x, t = data[chosen]
        if x.ndim > 2 or net.has_convolution:
            raise OutOfReach("theory cannot say for a Convolution, or other layers of images, how long the kernel stays")
        walk = TangentWalk(net.twin(training=True), net.as_rows(x))
        scores, self.classes = walk.signal, walk.signal.units
        if self.classes < 2:
            raise OutOfReach("the network has one score, so its loss is always 0")
        if scores.q.mean() > LARGE:
            raise OutOfReach(
                f"the scores' variance is {short(scores.q.mean())}, and beyond {short(LARGE)} the first gradients "
                "depend on the weights that made the scores"
            )
        self.labels = labels(t, len(x), self.classes)
        shares = walk.shares()
        kernel = sum_of(shares)
        self.growth = Growth(walk, self.growth_rows)
        self.share_of_training = 1.0 if self.trained == len(x) else OWN + (1 - OWN) * self.trained / len(data)
        self.rate, self.batch_size = float(optimizer.lr), batch_size
        self.momentum = float(getattr(optimizer, "momentum", 0.0))
        self.ahead = int(isinstance(optimizer, Nesterov))
        self.mixing = class_matrices(walk, shares, NETWORKS, self.rng).astype(np.float32)
        products = scores.products[0] - np.outer(scores.mean[0], scores.mean[0])
        log_variance = float(scores.log_covariance[0, 0])
        sizes = np.exp(math.sqrt(log_variance) * self.rng.standard_normal(NETWORKS) / 2 - log_variance / 4)
        sizes /= math.sqrt(float((sizes**2).mean()))
        numbers = self.rng.standard_normal((len(x), self.classes * NETWORKS // 2))
        numbers /= np.sqrt((numbers**2).mean(axis=1, keepdims=True))  # the mean first loss then hardly depends on chance
        half = (matrix_root(products) @ numbers).reshape(len(x), self.classes, -1)
        self.f = (np.concatenate([half, -half], axis=2) * sizes).astype(np.float32)
        self.kernel = np.ascontiguousarray(kernel[:, : self.trained], np.float32)
        few = slice(min(self.trained, 200))
        self.fastest = float(np.linalg.eigvalsh(kernel[few, few])[-1]) / (few.stop * 2)
        self.M = np.zeros((self.growth_rows, self.classes))
        self.M_velocity: Any = 0.0
        self.velocity: Any = 0.0  # of the scores
        self.found: list[tuple[int, float, float]] = []  # (step, mean loss, its std)
        self.rho = self.more = self.missed = self.unchecked = 0.0  # at the last check; what features took off the loss
        self.left: int | None = None  # the step at which the loss left the plateau
        self.end: int | None = None
        self.reason = ""

    @property
    def growth_rows(self) -> int:
        return min(self.trained, GROWTH_ROWS)

    def errors(self, rows: Any, networks: slice = slice(None)) -> Array:
        """D = softmax f − Y (rows, C, networks)"""
        p = self.f[rows, :, networks]
        p = np.exp(p - p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(p)), self.labels[rows]] -= 1
        return p

    def losses(self) -> Array:
        """The loss of each network, on all of the data as far as training and held-out rows can say."""
        f = self.f - self.f.max(axis=1, keepdims=True)
        of_rows = np.log(np.exp(f).sum(axis=1)) - f[np.arange(len(f)), self.labels]
        return self.averaged(of_rows)

    def averaged(self, of_rows: Array) -> Array:
        mean: Array = of_rows[: self.trained].mean(axis=0, dtype=np.float64)
        if self.trained == len(of_rows):
            return mean
        share = self.share_of_training
        return share * mean + (1 - share) * of_rows[self.trained :].mean(axis=0, dtype=np.float64)

    def change(self, rows: Any, networks: slice = slice(None)) -> Array:
        """Θ D S / B: by how much a step of rate 1 on these rows lowers all scores."""
        D = self.errors(rows, networks) / np.float32(len(self.labels[rows]))
        mixed = np.einsum("ick,kcd->idk", D, self.mixing[networks])
        return (self.kernel[:, rows] @ mixed.reshape(len(D), -1)).reshape(len(self.f), *mixed.shape[1:])

    def slope(self) -> float:
        """What a first step of the whole training set adds to the loss."""
        moved = self.change(np.arange(self.trained))
        of_rows = np.einsum("ick,ick->ik", self.errors(slice(None)), moved)
        return -self.rate * float(self.averaged(of_rows).mean())

    def moved(self, velocity: Any, gradient: Any, count: int) -> tuple[Any, Any]:
        """The velocity after `count` steps with this gradient, and how far they move: v ← μ v − lr g, and Σ v.

        One step is exact, and for Nesterov it moves by μ v − lr g.
        """
        mu, kept = self.momentum, self.momentum**count
        built = (1 - kept) / (1 - mu)
        last = kept * velocity - self.rate * built * gradient
        total = mu * built * velocity - self.rate * (count - mu * built) / (1 - mu) * gradient
        return last, mu * total - self.rate * count * gradient if self.ahead else total

    def rates(self, start: int, count: int) -> float:
        """Σ of the effective learning rates of `count` steps: lr (1 − μᵏ) / (1 − μ) for the k-th, as velocity builds up."""
        mu, first = self.momentum, start + 1 + self.ahead
        built = mu**first * (1 - mu**count) / (1 - mu) if mu else 0.0
        return self.rate * (count - built) / (1 - mu)

    def few_errors(self) -> Array:
        """D of the first network, divided by the number of rows, for the rows that tell when features are learnt."""
        return self.errors(slice(self.growth_rows), slice(1))[:, :, 0].astype(np.float64) / self.growth_rows

    def gradient_square(self) -> tuple[float, float]:
        """|∇L|², and by how much it grows by features."""
        return self.growth.of(self.few_errors(), self.M)

    def doubt(self) -> float:
        """Whether features count: above 1 this theory says no more."""
        square, more = self.gradient_square()
        self.missed += (self.more + more) / 2 * self.unchecked
        self.rho, self.more, self.unchecked = more / square if square else 0.0, more, 0.0
        harm = max(self.missed / (HARMLESS * self.found[-1][1]), self.rho / GREATEST)
        return min(self.rho / LIMIT, harm)

    def advance(self, step: int, count: int) -> None:
        """Make `count` steps at once, on a batch of all their rows; if these are few, on one of its own for each network."""
        size = min(self.trained, count * self.batch_size)
        parts = [slice(None)] if size >= FEW_ROWS else [slice(k, k + 1) for k in range(NETWORKS)]
        changes = [self.change(self.rng.choice(self.trained, size, replace=False), part) for part in parts]
        self.M_velocity, moved = self.moved(self.M_velocity, self.few_errors(), count)
        self.M -= moved
        self.unchecked += self.rates(step, count)
        self.velocity, moved = self.moved(self.velocity, np.concatenate(changes, axis=2), count)
        self.f += moved.astype(np.float32)

    def until(self, steps: int) -> LossPrediction:
        """The prediction for this number of steps, or for those that theory can answer for."""
        slope = self.slope()
        removed = self.rates(10**6, 1) * self.fastest  # of the fastest mode, by one step
        at_once, most_at_once = (max(1, int(part / max(removed, part / steps))) for part in (FRACTION, STABLE))
        step, next_loss, next_check = 0, 0, 1
        if self.rate * self.fastest * 2 / self.classes > STEEP:
            self.note_loss(0)
            self.end, self.reason = 0, "a single step is so large that the scores overshoot, and this theory says no more"
            return self.prediction(slope, steps > 0)
        checked = 0, 0.0
        for _ in range(MOST):
            if step >= next_loss or step == steps:
                self.note_loss(step)
                next_loss = max(step + 1, int(step * 1.1))
            if self.end is None and (step >= next_check or step == steps):
                before, checked = checked, (step, self.doubt())
                next_check = math.ceil(step * 1.4)
                if not checked[1] <= 1:  # also if it is not a number
                    self.end = crossing(before, checked)
                    self.reason = f"from step {self.end:,} on features are learnt, and this theory says no more"
            if step == steps or (self.end is not None and self.left is not None):
                break
            count = min(max(at_once, step // 20), most_at_once, steps - step, max(next_loss - step, 1))
            self.advance(step, count)
            step += count
        else:
            self.note_loss(step)
        if self.end is None:
            self.end = step
            self.reason = (
                "theory answers for all of these steps"
                if step == steps
                else f"more than {step:,} steps take too long to compute"
            )
        return self.prediction(slope, step < steps)

    def note_loss(self, step: int) -> None:
        losses, guess = self.losses(), math.log(self.classes)
        mean = float(losses.mean())
        if self.end is None:
            self.found.append((step, mean, float(losses.std())))
            if step and losses.std() > NOISE * math.sqrt(NETWORKS) * mean:
                self.end = self.found[-2][0]
                self.reason = (
                    f"from step {self.end:,} on single networks differ so much that a mean over {NETWORKS} says little"
                )
            elif mean > 1.5 * max(self.found[0][1], guess):
                self.end = self.found[-2][0]
                self.reason = f"from step {self.end:,} on the steps are too large, so that the loss rises"
        if self.left is None and mean < PLATEAU * guess:
            self.left = step

    def prediction(self, slope: float, cut_short: bool) -> LossPrediction:
        assert self.end is not None
        numbers, losses, stds = (np.array(column) for column in zip(*self.found, strict=True))
        steps = [*(int(step) for step in numbers if step < self.end), self.end]
        return LossPrediction(
            tuple(steps),
            tuple(np.interp(steps, numbers, losses).tolist()),
            tuple(np.interp(steps, numbers, stds).tolist()),
            self.end,
            self.reason,
            slope,
            self.left,
            self.plateau(cut_short),
            self.classes,
        )

    def plateau(self, cut_short: bool) -> str:
        """Whether the loss leaves the plateau of a guess, ln C, and when."""
        limit = f"{short(PLATEAU * math.log(self.classes))}"
        if self.left == 0:
            return f"it starts below {limit}, so there is no plateau"
        if self.left is not None and self.left <= (self.end or 0):
            return f"it leaves the plateau, below {limit}, at about step {self.left:,}"
        if self.left is not None:
            return f"it leaves the plateau, below {limit}, by about step {self.left:,}: sooner, if features are learnt"
        if cut_short or not self.rho <= 1:
            return "theory cannot say when it leaves the plateau"
        return "it does not leave the plateau within these steps"


def crossing(before: tuple[int, float], now: tuple[int, float]) -> int:
    """The step at which the doubt, about a power of the step, reaches 1."""
    (first, low), (last, high) = before, now
    if not math.isfinite(high) or first == 0 or low <= 0:
        return first
    return int(first * (last / first) ** (math.log(1 / low) / math.log(high / low)))
