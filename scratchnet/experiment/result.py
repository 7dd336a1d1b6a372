"""The results of a comparison as numbers and sentences. `Comparison` adds figures, folder and page. Read next: `lines`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from scratchnet.data import Dataset
from scratchnet.experiment.predictions import MOST_LABELS, Predictions
from scratchnet.experiment.run import Run, RunResult
from scratchnet.experiment.statistics import Difference, paired, usual_difference
from scratchnet.experiment.texts import network_words
from scratchnet.spread import Spread
from scratchnet.spread.diagnosis import WELL, loss_text, step_words
from scratchnet.support.colours import Look, looks
from scratchnet.support.frames import frame
from scratchnet.support.tables import Table, percent, short, visible
from scratchnet.support.validation import InputError
from scratchnet.support.wording import counted, listed, subject
from scratchnet.theory import LossPrediction

LEARNED = 0.02  # above the accuracy of the best constant answer
LOWERED = 0.01  # of the loss of a guess


class Result:
    """The results of a comparison: `runs`, `results` in the same order, and `by_label`, the results of each label.

    `train` is the training set. A result that was read from a folder may have only its first 1,000 rows there; `rows` and
    `classes` are those of the whole set. `notes` are sentences that are printed below the table.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        results: Sequence[RunResult],
        train: Dataset,
        predictions: Predictions | None = None,
        rows: int | None = None,
        classes: int | None = None,
    ) -> None:
        order = {run.key: i for i, run in enumerate(runs)}
        self.runs = list(runs)
        self.results = sorted(results, key=lambda result: order[result.key])
        self.train = train
        self.predictions = predictions or Predictions(runs)
        self.rows = len(train) if rows is None else rows
        self.classes = train.classes if classes is None else classes
        self.probed = len(runs[0].probe(train)[0]) if runs else 0
        self.notes: list[str] = []
        self.source = train.source
        self.by_label: dict[str, list[RunResult]] = {}
        for result in self.results:
            self.by_label.setdefault(result.label, []).append(result)

    @cached_property
    def predicted(self) -> dict[str, Spread]:
        """The spread that theory predicts for each label before training."""
        return self.predictions.of(self.by_label, self.train)

    @cached_property
    def predicted_losses(self) -> dict[str, LossPrediction]:
        """The loss curve that theory predicts for each label, or why it does not; very short runs are left out."""
        return self.predictions.losses_of(self.by_label, self.train)

    def table(self) -> Table:
        header = [
            "initializer",
            "test accuracy",
            f"first loss (ln {self.classes} = {math.log(self.classes):.3f})",
            "final loss",
            "diverged",
            "dead units",
            "log10 step/W",
            "slowest",
        ]
        rows = []
        for label, results in self.by_label.items():
            ratios = [result.update_ratio for result in results if result.update_ratio is not None]
            rows.append(
                [
                    label,
                    _mean_sd([result.test_accuracy for result in results]),
                    loss_text(_mean([result.first_loss for result in results])),
                    short(_mean([result.final_loss for result in results]), 4),
                    f"{sum(result.diverged for result in results)} of {len(results)}",
                    percent(_mean([result.dead for result in results])),
                    f"{np.mean(ratios):.1f}" if ratios else "-",
                    results[0].slowest or "-",
                ]
            )
        outlooks = [f"* {self.subject(label)} {spread.outlook()}" for label, spread in self.predicted.items()]
        return Table(header, rows, ["", *self.verdicts(), "", "What theory said before training:", *outlooks])

    def verdicts(self) -> list[str]:
        """Which initializer came out best, then one sentence for each that went wrong, with the reason."""
        best, *others = self.ranking
        sentences = [*self.notes]
        learned = self.learned
        accuracy = f"test accuracy {np.mean([result.test_accuracy for result in self.by_label[best]]):.3f}"
        if self.all_diverged:
            sentences.append("Every run diverged: a smaller lr or smaller weights may help.")
        elif others and not learned:
            sentences.append(f"Nothing learned: the best, {self.subject(best)}, ends with {accuracy}, {self.guessing()}.")
        elif others and len(learned) == 1:
            rest = "no other start is" if others[1:] else f"{self.subject(others[0])} is not"
            sentences.append(f"Only {self.subject(best)} learned: {accuracy}, where {rest} clearly better than a guess.")
        elif others:
            winners = listed([self.subject(label) for label in self.winners])
            sentences.append(f"{winners} came out best: {accuracy}. {self.beats_next()}")
        return sentences + [sentence for label in self.by_label if (sentence := self._verdict(label, label in learned))]

    def subject(self, label: str) -> str:
        """A label as the subject of a sentence, "He init"."""
        return subject(label, next(run.initializer for run in self.runs if run.label == label))

    def guessing(self) -> str:
        """What an accuracy is compared with, as half a sentence."""
        return f"where the best constant answer has {self.constant_answer:.3f}"

    def beats_next(self) -> str:
        """The difference between the best label and the first that it beats, or the second where it beats none."""
        best, *others = self.ranking
        following = [label for label in others if label not in self.winners]
        return self.beats(best, (others if len(self.winners) > 1 else following)[0])

    @cached_property
    def constant_answer(self) -> float:
        """The accuracy of the best answer that looks at no image: the share of the most frequent class."""
        labels = self.train.labels
        share = float(np.bincount(labels).max() / len(labels)) if self.train.has_classes else 0.0
        return max(share, 1 / self.classes)

    @property
    def learned(self) -> list[str]:
        """The labels that learned, best first: more than half of their runs are better than a guess and than their start."""
        guess = math.log(self.classes)

        def did(result: RunResult) -> bool:
            last = np.mean(result.loss[-max(1, len(result.loss) // 10) :])
            lowered = result.first_loss is not None and last < result.first_loss - LOWERED * guess
            return bool(not result.diverged and lowered and result.test_accuracy > self.constant_answer + LEARNED)

        counts = {label: [did(result) for result in results] for label, results in self.by_label.items()}
        return [label for label in self.ranking if 2 * sum(counts[label]) > len(counts[label])]

    @property
    def winners(self) -> list[str]:
        """The best of those that learned, and all others that cannot be told from it."""
        best, *others = self.learned or [""]
        return [best, *(label for label in others if not self.told_apart(best, label))] if best else []

    def told_apart(self, a: str, b: str) -> bool:
        """Were both trained on the same data, and is the difference between them clear?"""
        data = {run.label: run.data for run in self.runs}
        return data[a] == data[b] and self.difference(a, b).significant

    @cached_property
    def looks(self) -> dict[str, Look]:
        """How each label is drawn, in every figure and in the page: the colour is the initializer's."""
        return looks(self.by_label, {run.label: run.initializer for run in self.runs})

    @property
    def diverged(self) -> dict[str, int]:
        """For each label whose first run diverged, the step in which it did."""
        firsts = {label: results[0] for label, results in self.by_label.items()}
        return {label: one.steps - 1 for label, one in firsts.items() if one.diverged}

    @property
    def network_words(self) -> str:
        """What the title of a figure says of the network: 784–100×4–10, ReLU, SGD 0.01; what varies is left out."""
        return network_words(self.runs, math.prod(self.train.images.shape[1:]), self.classes)

    @property
    def all_diverged(self) -> bool:
        return all(result.diverged for result in self.results)

    @property
    def ranking(self) -> list[str]:
        """The labels, best mean accuracy first; those whose runs all diverged come last."""

        def worse(label: str) -> tuple[bool, float]:
            results = self.by_label[label]
            return all(one.diverged for one in results), -float(np.mean([one.test_accuracy for one in results]))

        return sorted(self.by_label, key=worse)

    def difference(self, a: str, b: str) -> Difference:
        """The difference between the test accuracies of two labels, over the seeds that both have."""
        pairs = {result.seed: result.test_accuracy for result in self.by_label[b]}
        first = {result.seed: result.test_accuracy for result in self.by_label[a] if result.seed in pairs}
        second = [pairs[seed] for seed in first]
        middle = float(np.mean([*first.values(), *second])) if first else 0.0
        return paired(list(first.values()), second, usual_difference(middle))

    def beats(self, a: str, b: str) -> str:
        """The difference between two labels as a sentence about `a`."""
        data = {run.label: run.data for run in self.runs}
        if data[a] != data[b]:
            return f"{self.subject(b)} was trained on other data, so the two are not compared."
        found = self.difference(a, b)
        other = self.subject(b)
        if not found.pairs:
            return f"It and {other} have no finished seed in common yet."
        seeds = f"{found.pairs} seeds" if found.pairs > 1 else "one seed"
        if not found.significant:
            interval = f"{found.mean:+.3f} ± {found.half_width:.3f}"
            return f"Between it and {other} no clear difference is seen ({interval}, {seeds})."
        return f"It beats {other} by {found.mean:.3f} ± {found.half_width:.3f} ({seeds})."

    def _verdict(self, label: str, learned: bool) -> str | None:
        results, subject = self.by_label[label], self.subject(label)
        first = results[0]
        chance = math.log(self.classes)
        ratios = [result.update_ratio for result in results if result.update_ratio is not None]
        later = 1.0 if first.before.step is None else first.before.step.settled
        reason = ": its weights start from nothing, or get no gradient at all"
        if ratios:
            ratio = np.mean(ratios) + math.log10(later)
            moves = f"its {first.slowest} moves 10^{ratio:.0f} of its size {step_words(first.before)}"
            enough = f" in {counted(first.steps, 'step')}, although {moves}"
            reason = enough if ratio > WELL else f": {moves}, where 10^-3 trains well"
        if any(result.diverged for result in results):
            return self._divergence(label)
        if self.classes == 1:
            return None
        final = _mean([result.final_loss for result in results])
        first_loss = _mean([result.first_loss for result in results])
        if final is not None and abs(final - chance) < 0.02 and not learned:
            if first_loss is None or abs(first_loss - chance) < 0.1:
                return f"{subject} never left ln {self.classes} = {chance:.3f}{reason}."
            losses = f"from a loss of {loss_text(first_loss)} to {loss_text(final)}"
            return f"{subject} went {losses}, no better than a guess{reason}."
        if first_loss is not None and first_loss > 3 * chance:
            cost = loss_text(first_loss)
            return (
                f"{subject} started from a loss of {cost}, far above ln {self.classes} = {chance:.3f}: its scores "
                "are huge before anything is learnt, and the first steps go into making them small."
            )
        return None

    def _divergence(self, label: str) -> str:
        """How many runs of a label diverged, when and where the first of them did, and the loss that they started from."""
        results = self.by_label[label]
        diverged = [result for result in results if result.diverged]
        earliest = min(diverged, key=lambda result: result.steps)
        where = f", where the numbers of {earliest.diverged_in} left the floats" if earliest.diverged_in else ""
        share = f"{len(diverged)} of {len(results)} runs"
        sentence = f"{self.subject(label)} diverged in {share}, the first at step {earliest.steps - 1:,}{where}"
        first_loss = _mean([result.first_loss for result in results])
        if first_loss is None:
            return f"{sentence}."
        guess = f"ln {self.classes} = {math.log(self.classes):.3f} is a guess"
        return f"{sentence}. It started from a loss of {loss_text(first_loss)}, where {guess}."

    @cached_property
    def for_figures(self) -> Self:
        """The same comparison with at most seven labels, spaced from the best to the worst: a figure can show no more."""
        ranking = self.ranking
        if len(ranking) <= MOST_LABELS:
            return self
        kept = {ranking[i] for i in np.linspace(0, len(ranking) - 1, MOST_LABELS).round().astype(int)}
        runs = [run for run in self.runs if run.label in kept]
        results = [one for one in self.results if one.label in kept]
        reduced = type(self)(runs, results, self.train, self.predictions, self.rows, self.classes)
        if "predicted" in vars(self):
            reduced.predicted = {label: self.predicted[label] for label in reduced.by_label}
        if "predicted_losses" in vars(self):
            losses = self.predicted_losses
            reduced.predicted_losses = {label: losses[label] for label in reduced.by_label if label in losses}
        return reduced

    @property
    def varying(self) -> list[str]:
        """The settings that have several values."""
        settings = [run.settings for run in self.runs]
        return [name for name in settings[0] if len({one[name] for one in settings}) > 1]

    @cached_property
    def axes(self) -> tuple[str, str] | None:
        """Two settings for the map of accuracies, rows and columns: the first two that vary, or the initializer and the only
        one. Another pair may be set.
        """
        varying = self.varying
        if len(varying) > 1:
            return varying[0], varying[1]
        return ("initializer", varying[0]) if varying and varying[0] != "initializer" else None

    def panels(self, rows: str, columns: str) -> dict[str, dict[str, dict[str, float]]]:
        """`accuracies` for each combination of the other settings that vary, by its name: nothing but seeds is averaged."""
        others = [name for name in self.varying if name not in (rows, columns)]
        runs = {run.key: run.settings for run in self.runs}
        keys = dict[str, set[str]]()
        for key, settings in runs.items():
            keys.setdefault(", ".join(f"{name} {settings[name]}" for name in others), set()).add(key)
        found = {}
        for title, some in keys.items():
            results = [one for one in self.results if one.key in some]
            if results:
                found[title] = self.accuracies(rows, columns, results)
        return found

    def accuracies(self, rows: str, columns: str, results: Sequence[RunResult] | None = None) -> dict[str, dict[str, float]]:
        """Mean test accuracy by two settings, such as "initializer" and "hidden layers", over all others and the seeds.

        `results` are those to look at, if not all.
        """
        runs = {run.key: run.settings for run in self.runs}
        for axis in (rows, columns):
            if axis not in self.runs[0].settings:
                raise InputError(f"there is no setting {axis!r}: there are {', '.join(self.runs[0].settings)}")
        found: dict[str, dict[str, list[float]]] = {}
        for result in self.results if results is None else results:
            settings = runs[result.key]
            found.setdefault(settings[rows], {}).setdefault(settings[columns], []).append(result.test_accuracy)
        return {row: {column: float(np.mean(values)) for column, values in cells.items()} for row, cells in found.items()}

    def summaries(self) -> list[dict[str, Any]]:
        """One dictionary for each run: what `RunResult.summary` has, and the settings of the run."""
        own = any(run.own for run in self.runs)
        settings = {run.key: ({"network": run.network_name} if own else {}) | run.columns() for run in self.runs}
        return [result.summary() | settings[result.key] for result in self.results]

    def to_frame(self) -> Any:
        """A pandas DataFrame with one row for each run, as in results.csv. pandas is the extra `pandas`."""
        return frame(self.summaries())

    def __repr__(self) -> str:
        means = {label: np.mean([one.test_accuracy for one in self.by_label[label]]) for label in self.ranking}
        lines = [f"  {visible(label)[:60]}: {mean:.4f}" for label, mean in list(means.items())[:MOST_LABELS]]
        more = len(means) - len(lines)
        more_text = [f"  and {more} more"] if more else []
        head = f"<{type(self).__name__}: {len(self.results)} runs; mean test accuracy, the best first:"
        return "\n".join([head, *lines, *more_text]) + ">"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def _mean_sd(values: Sequence[float]) -> str:
    return f"{np.mean(values):.4f}" + (f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else "")
