"""What must hold of any loss: its gradient is that of differences. Read next: `initializer`."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.gradient import numerical_gradient
from scratchnet.check.patterns import close
from scratchnet.check.report import Report, Wrong, name_of, run_checks
from scratchnet.support.validation import Array, InputError

ROWS, CLASSES = 5, 3


@dataclass
class Trial:
    """A loss that is checked, the scores that go into it, and the targets: labels or numbers, whichever it takes."""

    loss: Any
    scores: Array
    targets: Array


def passes(trial: Trial) -> Wrong | None:
    """forward returns a number, backward an array of the scores' shape."""
    loss = copy.deepcopy(trial.loss)
    value = loss.forward(trial.scores.copy(), trial.targets.copy())
    if np.ndim(value) or value is None:
        return "not-a-number", f"forward returns {type(value).__name__}, but one number for the whole batch is needed."
    dscores = loss.backward()
    if dscores is None:
        return "returns-nothing", "backward returns None: is a return missing?"
    if np.shape(dscores) != trial.scores.shape:
        return "wrong-shape", f"backward returns shape {np.shape(dscores)}, but the scores have {trial.scores.shape}."
    return None


def keeps_what_it_is_given(trial: Trial) -> Wrong | None:
    """Neither the scores nor the targets are written to, and two backward passes agree."""
    loss, scores, targets = copy.deepcopy(trial.loss), trial.scores.copy(), trial.targets.copy()
    loss.forward(scores, targets)
    first = np.copy(loss.backward())
    if not (np.array_equal(scores, trial.scores) and np.array_equal(targets, trial.targets)):
        return "input-overwritten", "It writes into the scores or the targets: make a new array."
    if not np.allclose(first, loss.backward()):
        return "accumulated", "A second backward gives another gradient: it must not change what forward has kept."
    return None


def gradient(trial: Trial) -> Wrong | None:
    """∂loss/∂scores by differences, every element."""
    loss = copy.deepcopy(trial.loss)
    loss.forward(trial.scores.copy(), trial.targets.copy())
    yours = np.asarray(loss.backward(), np.float64)
    right = numerical_gradient(lambda scores: float(copy.deepcopy(trial.loss).forward(scores, trial.targets)), trial.scores)
    if close(yours, right):
        return None
    off = np.abs(yours - right)
    worst = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
    shown = f"dscores{list(worst)} is {yours[worst]:.6g}, but differences say {right[worst]:.6g}."
    onehot = np.eye(CLASSES)[trial.targets] if trial.targets.ndim == 1 else trial.targets
    e = np.exp(trial.scores - trial.scores.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    guesses: list[tuple[str, Array, str]] = [
        ("zero", 0 * right, "It is zero everywhere."),
        ("sign-flipped", -right, "The sign is wrong: it is y − t, not t − y."),
        ("times-n", ROWS * right, "It is the number of rows times too large: the loss is a mean over the batch, so divide."),
        ("divided-by-n", right / ROWS, "It is divided by the number of rows once too often."),
        ("times-n", right.size * right, "It is the number of elements times too large: the loss is a mean, so divide."),
        ("divided-by-n", right / CLASSES, "That divides by the number of elements: the loss is a mean over the rows."),
        ("times-n", CLASSES * right, "That divides by the number of rows: the loss is a mean over all elements."),
        ("doubled", 2 * right, "It is twice what is due."),
        ("halved", right / 2, "It is half of what is due: the derivative of a square has a 2."),
        ("target-missing", y / ROWS, "That is y / N: at the right class 1 comes off, y − onehot(t)."),
        ("target-missing", 2 * trial.scores / right.size, "The targets are missing: y − t."),
        ("softmax-missing", (trial.scores - onehot) / ROWS, "The scores stand where their softmax is due."),
    ]
    for word, guess, text in guesses:
        if close(yours, guess):
            return word, f"{shown} {text}"
    return "other", f"{shown} It is none of the usual mistakes: go through the formula term by term."


def large_scores(trial: Trial) -> Wrong | None:
    """Of scores of ±1000 it makes finite numbers."""
    loss, scores = copy.deepcopy(trial.loss), np.where(trial.scores > 0, 1000.0, -1000.0)
    if not (np.isfinite(loss.forward(scores, trial.targets)) and np.isfinite(loss.backward()).all()):
        return "not-finite", "Scores of ±1000 give NaN or infinity: take off the greatest score of a row before e^s."
    return None


def stays_in_float32(trial: Trial) -> Wrong | None:
    """The gradient of float32 scores is float32."""
    loss = copy.deepcopy(trial.loss)
    loss.forward(trial.scores.astype(np.float32), trial.targets)
    kind = np.asarray(loss.backward()).dtype
    return None if kind == np.float32 else ("float64-leaked", f"dscores became {kind} from float32, at half the speed.")


LOSS_CHECKS: dict[str, Callable[[Trial], Wrong | None]] = {
    "forward and backward": passes,
    "keeps what it is given": keeps_what_it_is_given,
    "gradient": gradient,
    "large scores": large_scores,
    "float32": stays_in_float32,
}


def check_loss(loss: Any, *, expected_failures: Mapping[str, str] | None = None, seed: int = 0) -> Report:
    """Put a loss through LOSS_CHECKS: a report with a finding for each, and a diagnosis for what is wrong.

    `loss` has forward(scores, t), which returns a number, and backward(); t are class numbers or, if it does not take
    those, numbers of the scores' shape. A class is called without arguments.
    """
    made = loss() if isinstance(loss, type) else loss
    if not (callable(getattr(made, "forward", None)) and callable(getattr(made, "backward", None))):
        raise InputError(f"the loss is {made!r}, but an object with forward(scores, t) and backward() is needed")
    rng = np.random.default_rng(seed)
    scores, labels = 1.5 * rng.standard_normal((ROWS, CLASSES)), np.arange(ROWS) % CLASSES
    try:
        copy.deepcopy(made).forward(scores.copy(), labels.copy())
        targets: Array = labels
    except NotImplementedError:
        targets = labels
    except Exception:
        targets = rng.standard_normal(scores.shape)
    return run_checks(name_of(made), LOSS_CHECKS, Trial(made, scores, targets), expected_failures)
