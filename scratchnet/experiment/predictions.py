"""What theory predicts for the networks of a comparison, before any of them is trained. Read next: `execute`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scratchnet.data import Dataset
from scratchnet.experiment.run import Run
from scratchnet.spread import Spread, is_plain
from scratchnet.support.threads import one_blas_thread
from scratchnet.theory import LossPrediction, predict_spread, predict_training

MOST_LABELS = 7  # in a figure
FEWEST_STEPS = 50  # a prediction takes as long as some hundred steps, and a curve of a few says nothing


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
        return spreads + (self.missing_losses() if len(self._first_of_label) <= MOST_LABELS else [])

    def missing_losses(self) -> list[Prediction]:
        """The predictions of losses that have not been made yet: of more labels than a figure shows, few are needed."""
        return [
            Prediction(run, loss=True)
            for label, run in self._first_of_label.items()
            if label not in self.losses and run.steps >= FEWEST_STEPS
        ]

    def add(self, prediction: Prediction, found: Any) -> None:
        """Keep what `prediction.perform` returned, here or elsewhere."""
        if prediction.loss:
            self.losses[prediction.run.label] = found
        else:
            self.spreads[prediction.run.network_key] = found

    def losses_of(self, labels: Iterable[str], train: Dataset) -> dict[str, LossPrediction]:
        """The predicted loss of each label, but of very short runs. Those that are missing are made now."""
        wanted = list(labels)
        for prediction in self.missing_losses():
            if prediction.run.label in wanted:
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

    @cached_property
    def _first_of_label(self) -> dict[str, Run]:
        return {run.label: run for run in reversed(self.runs)}
