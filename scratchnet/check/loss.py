"""What must hold for any loss: its gradient is that of differences. Read next: `optimizer`."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.gradient import numerical_gradient
from scratchnet.check.recognize import ROWS, Mistake, compare
from scratchnet.check.report import Report, Wrong, name_of, run_checks
from scratchnet.support.validation import Array, InputError

N, CLASSES = 5, 3


@dataclass
class LossUnderTest:
    """A loss that is checked, the scores that go into it, and the targets: labels or numbers, whichever it takes."""

    loss: Any
    scores: Array
    targets: Array


def check_passes(subject: LossUnderTest) -> Wrong | None:
    """forward returns a number, backward an array of the scores' shape."""
    loss = copy.deepcopy(subject.loss)
    value = loss.forward(subject.scores.copy(), subject.targets.copy())
    if np.ndim(value) or value is None:
        return "not-a-number", f"forward returns {type(value).__name__}, but one number for the whole batch is needed."
    dscores = loss.backward()
    if dscores is None:
        return "returns-nothing", "backward returns None: is a return missing?"
    if np.shape(dscores) != subject.scores.shape:
        return "wrong-shape", f"backward returns shape {np.shape(dscores)}, but the scores have {subject.scores.shape}."
    return None


def check_arguments_unchanged(subject: LossUnderTest) -> Wrong | None:
    """It writes into neither the scores nor the targets, and two backward passes agree."""
    loss, scores, targets = copy.deepcopy(subject.loss), subject.scores.copy(), subject.targets.copy()
    loss.forward(scores, targets)
    first = np.copy(loss.backward())
    if not (np.array_equal(scores, subject.scores) and np.array_equal(targets, subject.targets)):
        return "input-overwritten", "It writes into the scores or the targets: make a new array."
    if not np.allclose(first, loss.backward()):
        return "accumulated", "A second backward gives another gradient: it must not change what forward has kept."
    return None


def check_gradient(subject: LossUnderTest) -> Wrong | None:
    """∂loss/∂scores by differences, every element."""
    loss = copy.deepcopy(subject.loss)
    loss.forward(subject.scores.copy(), subject.targets.copy())
    yours = np.asarray(loss.backward(), np.float64)
    right = numerical_gradient(
        lambda scores: float(copy.deepcopy(subject.loss).forward(scores, subject.targets)), subject.scores
    )
    onehot = np.eye(CLASSES)[subject.targets] if subject.targets.ndim == 1 else subject.targets
    e = np.exp(subject.scores - subject.scores.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    counts = {N: ROWS, right.size: "the number of elements", CLASSES: "the number of columns"}
    mistakes = [
        Mistake("sign-flipped", -right, "The sign is wrong: the gradient has y − t, not t − y."),
        Mistake("target-missing", y / N, "That is y / N: at the right class 1 is subtracted, y − onehot(t)."),
        Mistake("target-missing", 2 * subject.scores / right.size, "The targets are missing: y − t."),
        Mistake("softmax-missing", (subject.scores - onehot) / N, "The scores stand where their softmax is needed."),
    ]
    return compare([yours], [right], mistakes, name="dscores", counts=counts, source="differences say")


def check_large_scores(subject: LossUnderTest) -> Wrong | None:
    """It makes finite numbers from scores of ±1000."""
    loss, scores = copy.deepcopy(subject.loss), np.where(subject.scores > 0, 1000.0, -1000.0)
    if not (np.isfinite(loss.forward(scores, subject.targets)) and np.isfinite(loss.backward()).all()):
        return "not-finite", "Scores of ±1000 give NaN or infinity: subtract the largest score of a row before e^s."
    return None


def check_float32(subject: LossUnderTest) -> Wrong | None:
    """The gradient of float32 scores is float32."""
    loss = copy.deepcopy(subject.loss)
    loss.forward(subject.scores.astype(np.float32), subject.targets)
    kind = np.asarray(loss.backward()).dtype
    return None if kind == np.float32 else ("float64-leaked", f"dscores became {kind} from float32, at half the speed.")


LOSS_CHECKS: dict[str, Callable[[LossUnderTest], Wrong | None]] = {
    "forward and backward": check_passes,
    "keeps what it is given": check_arguments_unchanged,
    "gradient": check_gradient,
    "large scores": check_large_scores,
    "float32": check_float32,
}


def check_loss(loss: Any, *, expected_failures: Mapping[str, str] | None = None, seed: int = 0) -> Report:
    """Run LOSS_CHECKS on a loss: a report with a finding for each, and a diagnosis for what is wrong.

    `loss` has forward(scores, t), which returns a number, and backward(); t are class numbers or, if it does not take
    those, numbers of the scores' shape. A class is called without arguments.
    """
    made = loss() if isinstance(loss, type) else loss
    if not (callable(getattr(made, "forward", None)) and callable(getattr(made, "backward", None))):
        raise InputError(f"the loss is {made!r}, but an object with forward(scores, t) and backward() is needed")
    rng = np.random.default_rng(seed)
    scores, labels = 1.5 * rng.standard_normal((N, CLASSES)), np.arange(N) % CLASSES
    try:
        copy.deepcopy(made).forward(scores.copy(), labels.copy())
        targets: Array = labels
    except NotImplementedError:
        targets = labels
    except Exception:
        targets = rng.standard_normal(scores.shape)
    return run_checks(name_of(made), LOSS_CHECKS, LossUnderTest(made, scores, targets), expected_failures)
