"""A run is a value: a frozen description, which `perform` turns into a result. Runs share nothing else.

Read next: `texts`.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from scratchnet.data import Dataset
from scratchnet.experiment.networks import OwnNetwork, build, rows_for
from scratchnet.experiment.texts import optimizer_and_rate, stable_repr, widths_text
from scratchnet.layers import Layer
from scratchnet.network import ROWS, Network, mlp
from scratchnet.optimizers import Optimizer
from scratchnet.spread import Spread
from scratchnet.support.digests import read_with_digest, with_digest
from scratchnet.support.files import as_json
from scratchnet.support.read_values import read_as
from scratchnet.support.tables import visible
from scratchnet.support.validation import Array, InputError
from scratchnet.training import Trainer

LAST = 100  # the final loss is the mean over this many steps


@dataclass(frozen=True)
class Run:
    """The complete description of one training: the same Run on the same machine gives the same RunResult, bit for bit.

    `initializer` is the name of the initializer. `label` tells the run from the others of a grid: runs with the same label
    differ in the seed alone. `own` says what builds the network, where it is not the multi-layer perceptron of `hidden`,
    `activation` and `bias_init`.
    """

    label: str
    initializer: str
    init: Any
    bias_init: Any
    hidden: tuple[int, ...]
    activation: Callable[[], Layer] | None
    optimizer: Optimizer
    batch_size: int
    steps: int
    seed: int
    data: str
    moments: tuple[float, ...] = (0, 1)  # fractions of the training after which the spread is measured
    own: OwnNetwork | None = None

    def describe(self) -> dict[str, Any]:
        """The run as values that JSON can hold."""
        plain = {"bias_init": stable_repr(self.bias_init), "hidden": list(self.hidden)}
        plain |= {"activation": stable_repr(self.activation)}
        return {
            "initializer": self.initializer,
            "init": stable_repr(self.init),
            **(self.own.describe() if self.own else plain),
            "optimizer": stable_repr(self.optimizer),
            "batch_size": self.batch_size,
            "steps": self.steps,
            "seed": self.seed,
            "data": self.data,
            "moments": list(self.moments),
        }

    def __repr__(self) -> str:
        return f"<Run: {visible(self.label)}, seed {self.seed}, {self.steps:,} steps>"

    @property
    def settings(self) -> dict[str, str]:
        """What may vary in a grid, as text."""
        return {
            "initializer": self.initializer,
            "hidden layers": "-" if self.own else widths_text(self.hidden),
            "activation": "-" if self.own else stable_repr(self.activation),
            "biases": "-" if self.own else stable_repr(self.bias_init),
            "optimizer": stable_repr(self.optimizer),
            "batch": str(self.batch_size),
            "steps": str(self.steps),
            "network": self.network_name,
        }

    def columns(self) -> dict[str, Any]:
        """The settings as columns of a table, under the names of `compare`'s arguments; `steps_asked` is the number of steps
        that a run makes unless it diverges.
        """
        optimizer, lr = optimizer_and_rate(stable_repr(self.optimizer))
        return {
            "hidden": None if self.own else widths_text(self.hidden),
            "depth": None if self.own else len(self.hidden),
            "activation": None if self.own else stable_repr(self.activation),
            "bias_init": None if self.own else stable_repr(self.bias_init),
            "optimizer": optimizer,
            "lr": lr,
            "batch_size": self.batch_size,
            "steps_asked": self.steps,
        }

    @property
    def key(self) -> str:
        """A hash of the description, the same on every machine."""
        return key_of(self.describe())

    @property
    def network_key(self) -> Hashable:
        """Runs of one grid for which this is the same have the same network before training."""
        make = self.own and self.own.make
        return id(self.init), id(self.bias_init), id(self.activation), id(make), self.hidden, self.seed

    @property
    def network_name(self) -> str:
        """What builds the network, in a word."""
        return stable_repr(self.own.make) if self.own else "mlp"

    def probe(self, train: Dataset) -> tuple[Array, Array]:
        """The first rows, on which the spread is measured and predicted."""
        return train[: rows_for(self.own.in_shape)] if self.own else train[:ROWS]

    def network(self, train: Dataset) -> Network:
        """The network before training."""
        images = self.probe(train)[0]
        if self.own is not None:
            return build(self.own.make, self.init, self.seed, images)
        assert self.activation is not None
        n_in = math.prod(train.images.shape[1:])
        widths = (n_in, self.hidden, train.classes)
        return mlp(*widths, self.activation, self.init, self.bias_init, self.seed, images=images)


@dataclass(frozen=True)
class RunResult:
    """The result of a run. Accuracies and `dead` (share of units, mean over activations) are those at the end.

    first_loss    of the first batch, before any update
    final_loss    mean of the last 100 batches; None if the run diverged
    slowest       the layer whose first step is the smallest relative to its weights
    update_ratio  log10 of that step over rms(W)
    loss          of every step
    spreads       on the first 1,000 training images, at the `moments` of the run, by the number of steps made
    diverged_in   of a run that diverged, the first layer with a number that was not finite, or the loss's class
    """

    key: str
    label: str
    initializer: str
    init: str
    seed: int
    steps: int
    test_accuracy: float
    train_accuracy: float
    first_loss: float | None
    final_loss: float | None
    diverged: bool
    dead: float
    update_ratio: float | None
    slowest: str | None
    loss: list[float] = field(repr=False)
    spreads: dict[int, Spread] = field(repr=False)
    diverged_in: str | None = None

    def __repr__(self) -> str:
        end = "diverged" if self.diverged else f"test accuracy {self.test_accuracy:.4f}"
        return f"<RunResult: {visible(self.label)}, seed {self.seed}, {self.steps:,} steps, {end}>"

    @property
    def before(self) -> Spread:
        """The spread before training."""
        return self.spreads[0]

    @property
    def after(self) -> Spread:
        """The spread at the end of training."""
        return self.spreads[self.steps]

    def summary(self) -> dict[str, Any]:
        """The numbers without the curve and the spreads."""
        return {k: v for k, v in vars(self).items() if k not in ("loss", "spreads")}

    def to_json(self) -> str:
        """The result as one line of JSON, which ends with its own digest. Only a run that diverged has `diverged_in`, and
        only the spreads of an optimizer other than plain SGD have `step`.
        """
        spreads = {step: {k: v for k, v in vars(one).items() if k != "step" or v} for step, one in self.spreads.items()}
        fields = self.summary() | {"loss": self.loss, "spreads": spreads}
        if self.diverged_in is None:
            del fields["diverged_in"]
        return with_digest(as_json(fields))

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """The result in such a line; a loss that was not finite comes back as NaN.

        Raises InputError, in which one sentence says what is wrong, if the line is not as `to_json` wrote it, or if a field
        is missing, has another type or is out of range.
        """
        fields, _ = read_with_digest(line.encode() if isinstance(line, str) else line)
        if isinstance(spreads := fields.get("spreads"), dict):
            fields["spreads"] = {k: {"step": None} | one if isinstance(one, dict) else one for k, one in spreads.items()}
        result: Self = read_as(cls, {"diverged_in": None} | fields, "the result")
        result._check()
        return result

    def _check(self) -> None:
        """Raise InputError if a field is out of range, or does not go with the others."""
        shares = {"test_accuracy": self.test_accuracy, "train_accuracy": self.train_accuracy, "dead": self.dead}
        wrong = [name for name, share in shares.items() if not 0 <= share <= 1]
        wrong += ["key"] if not re.fullmatch("[0-9a-f]{16}", self.key) else []
        wrong += ["seed"] if self.seed < 0 else []
        wrong += ["steps"] if not 0 < self.steps == len(self.loss) else []
        wrong += ["final_loss"] if self.diverged != (self.final_loss is None) else []
        wrong += ["diverged_in"] if self.diverged_in is not None and not self.diverged else []
        wrong += ["spreads"] if not {0, self.steps} <= self.spreads.keys() <= set(range(self.steps + 1)) else []
        wrong += [f"spreads.{step}" for step, spread in self.spreads.items() if not spread.in_range()]
        if wrong:
            raise InputError(f"its {wrong[0]} is out of range")

    def slim(self) -> Self:
        """The result without its histograms, which take most of its memory."""
        spreads = {
            step: replace(spread, layers=[replace(layer, histogram=None) for layer in spread.layers])
            for step, spread in self.spreads.items()
        }
        return replace(self, spreads=spreads)


def perform(run: Run, train: Dataset, test: Dataset, on_step: Callable[[float], object] | None = None) -> RunResult:
    """Train the run's network and return the result."""
    net = run.network(train)
    trainer = Trainer(net, run.optimizer, batch_size=run.batch_size, seed=run.seed)
    history = trainer.fit(
        train,
        steps=run.steps,
        probe=run.probe(train) if run.own else None,
        test=test,
        evaluate_every=run.steps,
        spread_at=[round(part * run.steps) for part in run.moments],
        progress=False,
        on_step=None if on_step is None else lambda trainer: on_step(trainer.loss),
    )
    steps = len(history.loss)
    spreads = history.spreads
    if steps not in spreads:  # it diverged
        spreads[steps] = trainer.spread(run.probe(train))
    dead = [layer.dead or 0.0 for layer in spreads[steps].activations]
    moving = [layer for layer in spreads[0].layers if layer.update_ratio is not None]
    slowest = min(moving, key=lambda layer: layer.update_ratio or 0.0, default=None)
    diverged = history.diverged_at is not None
    return RunResult(
        key=run.key,
        label=run.label,
        initializer=run.initializer,
        init=stable_repr(run.init),
        seed=run.seed,
        steps=steps,
        test_accuracy=history.test_accuracy[-1],
        train_accuracy=history.train_accuracy[-1],
        first_loss=history.loss[0],
        final_loss=None if diverged else float(np.mean(history.loss[-LAST:])),
        diverged=diverged,
        dead=float(np.mean(dead)) if dead else 0.0,
        update_ratio=slowest.update_ratio if slowest else None,
        slowest=slowest.name if slowest else None,
        loss=history.loss,
        spreads=spreads,
        diverged_in=history.diverged_in,
    )


def key_of(description: dict[str, Any]) -> str:
    """The key of the run with this description."""
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()[:16]
