"""How well a network does on a set: its loss, and its accuracy where the targets are class numbers. Read next: `history`."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from scratchnet.data import Dataset
from scratchnet.losses import MSE, SoftmaxCrossEntropy
from scratchnet.network import ROWS, Network
from scratchnet.training.targets import as_number


def evaluate(net: Network, criterion: Any, sets: Mapping[str, tuple[Dataset, int]], batch_size: int) -> dict[str, float]:
    """{"test_loss": …, "test_accuracy": …} and so on, for each named set and the number of its first rows to take.

    "train" is one of the sets. An accuracy is taken only if the targets of all sets are class numbers.
    """
    outputs = net.check_rows(sets["train"][0][:2][0])
    classes = outputs > 1 and all(data.has_classes and data.classes <= outputs for data, _ in sets.values())
    measured = {}
    for name, (data, rows) in sets.items():
        loss, accuracy = loss_and_accuracy(net, criterion, data, rows, batch_size, classes)
        measured[f"{name}_loss"] = loss
        if classes:
            measured[f"{name}_accuracy"] = accuracy
    return measured


def loss_and_accuracy(
    net: Network, criterion: Any, data: Dataset, rows: int, batch_size: int, classes: bool
) -> tuple[float, float]:
    """Both in evaluation, on the first `rows` rows, which become floats one part at a time.

    A loss of the user's own may be a sum: it gets batches of the size it gets in training, so that the two compare.
    """
    criterion = copy.copy(criterion)
    size = ROWS if isinstance(criterion, SoftmaxCrossEntropy | MSE) else batch_size
    loss = accuracy = 0.0
    for x, t in data.chunks(ROWS, rows):
        scores = np.concatenate(list(net.scores(x)))
        for start in range(0, len(t), size):
            batch = slice(start, start + size)
            loss += as_number(criterion.forward(scores[batch], t[batch])) * len(t[batch])
        if classes:
            accuracy += int((scores.argmax(axis=1) == t).sum()) / len(t) * len(t)
    return loss / rows, accuracy / rows
