"""What theory predicts for the networks of a comparison, before any of them is trained. Read next: `execute`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scratchnet.data import Dataset
from scratchnet.experiment.run import Run
from scratchnet.spread import Spread, is_plain
from scratchnet.support.threads import one_blas_thread
from scratchnet.theory import predict_spread


@dataclass(frozen=True)
class Prediction:
    """The work of predicting the spread of a run's network: a value, like the run, that any process can do."""

    run: Run

    def perform(self, train: Dataset) -> Spread:
        """The spread that theory predicts, on the first 1,000 images."""
        with one_blas_thread():  # LSUV's weights too have the same bytes on any machine
            return predict_spread(self.run.network(train), *self.run.probe(train))


@dataclass
class Predictions:
    """The predictions for `runs`, one for each network.

    Labels whose runs differ in the optimizer, the batch or the steps have the same network. Their predictions differ only in
    the size of the first step.
    """

    runs: Sequence[Run]
    spreads: dict[Any, Spread] = field(default_factory=dict)  # by network

    @property
    def missing(self) -> list[Prediction]:
        """The predictions that have not been made yet."""
        first = {run.network_key: run for run in reversed(self._first_of_label.values())}
        return [Prediction(run) for network, run in first.items() if network not in self.spreads]

    def add(self, prediction: Prediction, spread: Spread) -> None:
        """Keep the spread that `prediction.perform` returned, here or elsewhere."""
        self.spreads[prediction.run.network_key] = spread

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
