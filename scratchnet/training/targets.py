"""What a loss is given: class numbers, or targets in the shape of the network's outputs. Read next: `evaluation`.

SoftmaxCrossEntropy takes class numbers, MSE takes floats in the shape of the outputs, and a loss of your own takes whatever
it was written for.
"""

import copy
from typing import Any

import numpy as np

from scratchnet.data import Dataset, as_dataset, check_shapes
from scratchnet.losses import MSE, SoftmaxCrossEntropy
from scratchnet.network import Network
from scratchnet.support.validation import Array, InputError, as_array, float_array, labels, shown


def as_trainable(name: str, given: Any, net: Network, criterion: Any, like: Dataset | None = None) -> Dataset:
    """`given`, a Dataset or a pair (x, t), as a Dataset whose rows the network takes, and whose t the loss takes.

    Its rows have the shape of those in `like`, if that is given.
    """
    classifies = isinstance(criterion, SoftmaxCrossEntropy)
    if classifies:
        _refuse_floats(name, given)
    try:
        data = as_dataset(name, given, any_targets=not classifies)
        if like is not None:
            check_shapes(like, data)
        outputs = net.check_rows(data[:2][0])
        if classifies:
            labels(data.labels, len(data), outputs)
    except InputError as error:
        prefix = "" if str(error).startswith(name) else f"{name}: "
        raise InputError(f"{prefix}{error}") from error
    if isinstance(criterion, MSE):
        t = for_mse(name, data.labels, outputs)
        if t is not data.labels:
            data = copy.copy(data)
            data.labels = t
    if like is not None and data.labels.shape[1:] != like.labels.shape[1:]:
        raise InputError(
            f"{name}: the targets have shape {data.labels.shape}, but those of train {like.labels.shape}: give both one form"
        )
    return data


def refuse_a_table(criterion: Any, t: Array, outputs: int, batch_size: int) -> None:
    """Raise InputError if a loss of the user's own compares each output with the targets of all rows.

    That happens where NumPy broadcasts scores (N, 1) and t (N,) to a table (N, N). The loss is tried on a few rows: alone,
    a row makes no table, and the loss of them all should be the mean or the sum of theirs. It is refused only if that
    holds for t in the other shape.
    """
    if isinstance(criterion, SoftmaxCrossEntropy | MSE) or t.ndim > 2 or (t.ndim == 2 and t.shape[1] > 1):
        return
    _, distinct = np.unique(t[:10_000], return_index=True)
    if len(distinct) < 2:
        return
    t = t[np.resize(distinct, batch_size if batch_size == outputs > 1 else 3)]
    scores = np.random.default_rng(0).standard_normal((len(t), outputs), np.float32)

    def loss(rows: slice, t: Array) -> float:
        return as_number(copy.deepcopy(criterion).forward(scores[rows].copy(), t[rows].copy()))

    def is_mean_or_sum(t: Array) -> bool:
        alone, together = [loss(slice(i, i + 1), t) for i in range(len(t))], loss(slice(None), t)
        return bool(np.isclose(together, [np.mean(alone), np.sum(alone)], rtol=1e-4).any())

    try:
        with np.errstate(all="ignore"):
            is_table = not is_mean_or_sum(t) and is_mean_or_sum(t[:, None] if t.ndim == 1 else t[:, 0])
    except Exception:  # of the user's code: then training shows it
        return
    if is_table:
        other = "t[:, None]" if t.ndim == 1 else "t[:, 0]"
        raise InputError(
            f"{type(criterion).__name__}.forward compares each output with the targets of all rows, since scores "
            f"(N, {outputs}) and t {'(N,)' if t.ndim == 1 else '(N, 1)'} become a table (N, N): give (x, {other})"
        )


def _refuse_floats(name: str, given: Any) -> None:
    """Raise InputError if the loss is SoftmaxCrossEntropy, but the targets are those of a regression."""
    if isinstance(given, Dataset):
        t = given.labels
    elif isinstance(given, tuple | list) and len(given) == 2 and not isinstance(given[1], range):
        try:
            t = as_array("the labels", given[1])
        except InputError:
            return
    else:
        return
    if t.dtype.kind != "f" or t.ndim not in (1, 2) or t.size == 0:
        return
    one_hot = t.ndim == 2 and t.shape[1] > 1 and bool(((t == 0) | (t == 1)).all() and (t.sum(axis=1) == 1).all())
    classes = "t.argmax(axis=1)" if one_hot else "t.astype(int)" if t.ndim == 1 and (t == np.rint(t)).all() else None
    of_classes = f"for class numbers write {classes}, and for a regression " if classes else "for a regression write "
    raise InputError(
        f"{name}: the labels hold {t.dtype} of shape {t.shape}, but SoftmaxCrossEntropy takes one whole number per row: "
        f"{of_classes}sn.Trainer(net, optimizer, sn.MSE())"
    )


def for_mse(name: str, t: Array, outputs: int) -> Array:
    """Targets as MSE takes them, (N, outputs). Targets (N,) do for a network with one output."""
    if t.dtype.kind in "iub":
        if t.ndim == 1 and outputs > 1:
            raise InputError(
                f"{name}: the targets are whole numbers of shape {t.shape}, but MSE compares them with {outputs} outputs: "
                f"for class numbers give (x, np.eye({outputs})[t]), or train with sn.SoftmaxCrossEntropy()"
            )
        if t.dtype == np.uint8 and t.ndim > 1:
            float_array(f"{name}: t", t)  # raises, with the remedy for pixels
        raise InputError(f"{name}: the targets hold {t.dtype}, but MSE compares floats: give (x, t.astype(np.float32))")
    if t.ndim == 1 and outputs == 1:
        return t[:, None]
    if t.ndim > 2:
        raise InputError(
            f"{name}: the targets have shape {t.shape}, but the network makes rows of {outputs}: give t.reshape(len(t), -1)"
        )
    if t.ndim == 1 or t.shape[1] != outputs:
        width = 1 if t.ndim == 1 else t.shape[1]
        makes = f"{outputs} output{'s' * (outputs > 1)}"
        raise InputError(
            f"{name}: the targets have shape {t.shape}, but the network makes {makes} for each row: build it with "
            f"{width} output{'s' * (width > 1)}, or give targets of shape ({len(t)}, {outputs})"
        )
    return t


def as_number(loss: Any) -> float:
    """What a loss's forward returned, as a float."""
    if isinstance(loss, int | float | np.integer | np.floating) or (isinstance(loss, np.ndarray) and not loss.ndim):
        return float(loss)
    remedy = ": return its mean" if isinstance(loss, np.ndarray) and loss.size else ""
    raise InputError(f"the criterion's forward returned {shown(loss)}, but a number is needed{remedy}")


def gradient(criterion: Any, scores: Array, t: Array) -> Array:
    """What the loss's backward returns, if it is in the shape of the scores."""
    dscores = criterion.backward()
    kind = type(criterion).__name__
    if dscores is None:
        raise InputError(f"{kind}.backward returned None, but ∂loss/∂scores of shape {scores.shape} is needed: return it")
    if np.shape(dscores) != scores.shape:
        hint = "return one number for each score"
        if np.ndim(t) == 1 and scores.shape == (len(scores), 1):
            hint = (
                "t has no second axis, so scores − t becomes a table: give (x, t[:, None]), or write t[:, None] in the loss"
            )
        raise InputError(f"{kind}.backward returned shape {np.shape(dscores)}, but the scores have {scores.shape}: {hint}")
    return np.asarray(dscores)
