"""The loss stands beside the network, not in it: it turns scores and targets into one number, and then into dscores.

Read next: `scratchnet.data.dataset`.
"""

from __future__ import annotations

import inspect
from typing import Any, Protocol

import numpy as np

from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array, InputError, as_array, float_array, labels, shown


class SoftmaxCrossEntropy:
    """The mean over the batch of −ln y[t],  y = softmax(scores)

        y_k = e^(s_k) / Σⱼ e^(s_j)        dscores = (y − onehot(t)) / N

    Shapes: scores (N, C), t (N,) class numbers from 0 to C − 1. A network that knows nothing pays ln C.
    ln y comes straight from the scores, s_t − ln Σ e^s, so a loss of 30,000 is shown as 30,000. The book adds 1e-7 inside
    the logarithm, which caps the loss at 16.1. PyTorch: CrossEntropyLoss.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @quiet
    def forward(self, scores: Array, t: Array) -> float:
        scores = float_array("scores", scores)
        if scores.ndim != 2:
            raise InputError(f"the scores have shape {scores.shape}, but one row of scores per image is needed")
        rows, classes = scores.shape
        self.t = labels(t, rows, classes)
        shifted = scores - scores.max(axis=1, keepdims=True)
        self.y = np.exp(shifted)
        total = self.y.sum(axis=1, keepdims=True)
        self.y /= total
        return float((np.log(total[:, 0]) - shifted[np.arange(rows), self.t]).sum() / rows)

    @quiet
    def backward(self) -> Array:
        check_forward_came_first(self, "y")
        dscores = self.y.copy()
        dscores[np.arange(len(self.t)), self.t] -= 1
        return dscores / len(self.t)


class MSE:
    """The mean over all elements of (y − t)²

        dy = 2 (y − t) / size

    Shapes: y and t alike. The book's sum_squared_error is ½ Σ (y − t)². PyTorch: MSELoss.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @quiet
    def forward(self, y: Array, t: Array) -> float:
        y = float_array("y", y)
        if y.ndim == 0:
            raise InputError(f"y is the number {y}, but a row of outputs for each input is needed: write y[None]")
        t = float_array("the targets", t, y.dtype)
        if t.shape != y.shape:
            remedy = "write t[:, None]" if y.shape == (*t.shape, 1) else "give one for each output"
            raise InputError(f"the targets have shape {t.shape}, but the outputs {y.shape}: {remedy}")
        self.difference = y - t
        return float((self.difference**2).mean())

    @quiet
    def backward(self) -> Array:
        check_forward_came_first(self, "difference")
        return 2 * self.difference / self.difference.size


class Loss(Protocol):
    """What a loss has, one of your own too: forward returns a number, and backward its gradient ∂loss/∂scores."""

    def forward(self, scores: Array, t: Array, /) -> Any: ...

    def backward(self) -> Any: ...


def check_forward_came_first(loss: Loss, kept: str) -> None:
    """Raise InputError if a loss has not kept yet what its backward needs."""
    if kept not in vars(loss):
        raise InputError(f"{type(loss).__name__}: backward comes after forward: call forward(scores, t) first")


def targets(t: Any, rows: int) -> Array:
    """`t` as an array with one target per row, for a loss that compares outputs with something else than labels."""
    t = as_array("t", t)
    if t.shape[:1] != (rows,):
        raise InputError(f"t has shape {t.shape}, but x has {rows} rows: give one target for each row")
    return t


def as_loss(given: Any) -> Any:
    """`given`, if it has the methods of a loss; None stands for a new SoftmaxCrossEntropy."""
    if given is None:
        return SoftmaxCrossEntropy()
    if isinstance(given, type):
        raise InputError(f"criterion is the class {given.__name__}: write {given.__name__}() to make one")
    for method, arguments in (("forward", (None, None)), ("backward", ())):
        try:
            inspect.signature(getattr(given, method)).bind(*arguments)
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError(
                f"criterion is {shown(given)}, but a loss with forward(scores, t) and backward() is needed, such as sn.MSE()"
            ) from error
    return given
