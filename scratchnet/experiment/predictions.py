"""What theory predicts for the networks of a comparison, before any of them is trained. Read next: `execute`."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scratchnet.data import Dataset
from scratchnet.experiment.run import Run
from scratchnet.spread import Spread, is_plain
from scratchnet.support.threads import one_blas_thread
from scratchnet.theory import LossPrediction, predict_spread, predict_training

WORTH = 1e11  # numbers that a run multiplies: a loss is predicted only where that costs less than a fifth of one run


@dataclass(frozen=True)
class Prediction:
    """The work of predicting the spread of a run's network, or its loss: a value, like the run, that any process can do."""

    run: Run
    loss: bool = False

    def perform(self, train: Dataset) -> Spread | LossPrediction:
        """The spread that theory predicts, on the first 1,000 images; or the loss of each step."""
        run = self.run
        if self.loss:
            return predict_training(run.network(train), train, run.optimizer, run.batch_size, run.steps)
        with one_blas_thread():  # LSUV's weights too have the same bytes on any machine
            return predict_spread(run.network(train), *run.probe(train))


@dataclass
class Predictions:
    """The predictions for `runs`, one for each network.

    Labels whose runs differ in the optimizer, the batch or the steps have the same network. Their predictions differ only in
    the size of the first step.
    """

    runs: Sequence[Run]
    spreads: dict[Any, Spread] = field(default_factory=dict)  # by network
    losses: dict[str, LossPrediction] = field(default_factory=dict)  # by label

    @property
    def missing(self) -> list[Prediction]:
        """The predictions that have not been made yet."""
        first = {run.network_key: run for run in reversed(self._first_of_label.values())}
        spreads = [Prediction(run) for network, run in first.items() if network not in self.spreads]
        return [*spreads, *(Prediction(run, loss=True) for run in self._worth if run.label not in self.losses)]

    def add(self, prediction: Prediction, found: Any) -> None:
        """Keep what `prediction.perform` returned, here or elsewhere."""
        if prediction.loss:
            self.losses[prediction.run.label] = found
        else:
            self.spreads[prediction.run.network_key] = found

    def losses_of(self, labels: Iterable[str], train: Dataset) -> dict[str, LossPrediction]:
        """The predicted loss of each label whose training is long, made now if it is missing."""
        wanted = list(labels)
        for prediction in self.missing:
            if prediction.loss and prediction.run.label in wanted:
                self.add(prediction, prediction.perform(train))
        return {label: self.losses[label] for label in wanted if label in self.losses}

    def of(self, labels: Iterable[str], train: Dataset) -> dict[str, Spread]:
        """The predicted spread of each label. Those that are missing are made now."""
        predicted = {}
        for label in labels:
            run = self._first_of_label[label]
            if run.network_key not in self.spreads:
                self.add(Prediction(run), Prediction(run).perform(train))
            spread = self.spreads[run.network_key]
            plain = is_plain(run.optimizer)  # then the network is not needed, which LSUV makes slowly
            predicted[label] = (
                spread.with_lr(run.optimizer.lr) if plain else spread.with_optimizer(run.optimizer, run.network(train))
            )
        return predicted

    @property
    def _worth(self) -> list[Run]:
        """The first run of each label whose training costs far more than a prediction of its loss."""
        return [run for run in self._first_of_label.values() if multiplications(run) >= WORTH]

    @cached_property
    def _first_of_label(self) -> dict[str, Run]:
        return {run.label: run for run in reversed(self.runs)}


def multiplications(run: Run) -> float:
    """About how many numbers a training multiplies: those of its hidden layers, and of MNIST's images."""
    return run.steps * run.batch_size * sum(math.prod(pair) for pair in itertools.pairwise([784, *(run.hidden or ())]))
