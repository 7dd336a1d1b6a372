"""Several results as one, for a page of them side by side. Read next: `scratchnet.comparison`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scratchnet.experiment.grid import with_labels
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run
from scratchnet.experiment.store import Folder
from scratchnet.support.tables import visible
from scratchnet.support.validation import InputError


def joined(parts: Mapping[str, Result]) -> Result:
    """One result of several. Each label begins with the name of its folder, so nothing is merged.

    What keeps the parts from being compared is in `notes`: other data, or other numbers of steps.
    """
    classes = {part.classes for part in parts.values()}
    if len(classes) > 1:
        counts = ", ".join(f"{name} {part.classes}" for name, part in parts.items())
        raise InputError(f"the folders have different numbers of classes ({counts}): give folders of one kind of data")
    before: list[tuple[str, Run]] = [(name, run) for name, part in parts.items() for run in part.runs]
    runs = with_labels([replace(run, initializer=f"{name}: {run.initializer}") for name, run in before])
    new = {(name, old.key): run for (name, old), run in zip(before, runs, strict=True)}
    results, predicted, losses = [], {}, {}
    for name, part in parts.items():
        for one in part.results:
            run = new[name, one.key]
            results.append(replace(one, key=run.key, label=run.label, initializer=run.initializer))
            predicted[run.label] = part.predicted[one.label]
            if one.label in part.predicted_losses:
                losses[run.label] = part.predicted_losses[one.label]
    first = next(iter(parts.values()))
    whole = Result(runs, results, first.train, rows=first.rows, classes=classes.pop())
    whole.predicted = {label: predicted[label] for label in whole.by_label}
    whole.predicted_losses = losses
    whole.notes = [note for part in parts.values() for note in part.notes] + _differences(parts)
    return whole


def _differences(parts: Mapping[str, Result]) -> list[str]:
    """Sentences about what differs between the folders beside their settings."""

    def groups(of_run: Callable[[Run], Any]) -> dict[tuple[Any, ...], list[str]]:
        found: dict[tuple[Any, ...], list[str]] = {}
        for name, part in parts.items():
            found.setdefault(tuple(sorted({of_run(run) for run in part.runs})), []).append(name)
        return found

    sentences = []
    data, steps = groups(lambda run: run.data), groups(lambda run: run.steps)
    if len(data) > 1:
        sides = " / ".join(" and ".join(names) for names in data.values())
        sentences.append(f"The folders were made with different data ({sides}): their accuracies are not comparable.")
    if len(steps) > 1:
        counts = "; ".join(
            f"{' and '.join(names)}: {' or '.join(f'{count:,}' for count in counts)}" for counts, names in steps.items()
        )
        sentences.append(f"The folders have different numbers of steps ({counts}).")
    return sentences


def names_of(folders: Sequence[str | Path]) -> list[str]:
    """A name for each folder: the end of its path, as long as it must be to differ from the others."""
    paths = [Folder(folder).path.resolve() for folder in folders]
    for i, path in enumerate(paths):
        if path in paths[:i]:
            raise InputError(f"{path} is given twice: name each folder once")
    longest = max(len(path.parts) for path in paths)
    for length in range(1, longest + 1):
        names = ["/".join(path.parts[-length:]) for path in paths]
        if len(set(names)) == len(names):
            break
    return [visible(name) for name in names]
