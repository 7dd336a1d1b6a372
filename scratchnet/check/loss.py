"""What must hold for any loss: its gradient is that of differences, and it is least where the answers are right.

Read next: `optimizer_rules`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.gradient import numerical_gradient
from scratchnet.check.loss_inputs import Input, inputs_for, sigmoid, softmax, value_of
from scratchnet.check.names import known_name, setting, words_of
from scratchnet.check.readers_code import as_loss
from scratchnet.check.recognize import ROWS, Mistake, close, compare
from scratchnet.check.report import NotCompared, Report, Wrong, name_of, run_checks, shortened
from scratchnet.support.validation import Array, InputError, whole

SIZES = [(5, 3), (7, 2), (1, 4), (4, 5)]  # rows and columns: coprime, one row among them
NAMES = {
    **dict.fromkeys(("softmax cross entropy", "cross entropy", "softmax with loss", "cross entropy error"), "cross-entropy"),
    **dict.fromkeys(("mse", "mean squared error", "sum squared error", "l2"), "square"),
    **dict.fromkeys(("mae", "l1", "mean absolute error"), "absolute"),
}


@dataclass
class LossUnderTest:
    """A loss that is checked, and what goes into it."""

    loss: Any
    takes: Input

    @property
    def scores(self) -> Array:
        return self.takes.make(*SIZES[0])[0]

    @property
    def targets(self) -> Array:
        return self.takes.make(*SIZES[0])[1]


def check_passes(subject: LossUnderTest) -> Wrong | None:
    """forward returns a number, backward an array of the scores' shape."""
    loss = copy.deepcopy(subject.loss)
    value = loss.forward(subject.scores.copy(), subject.targets.copy())
    if value is None:
        return "returns-nothing", "forward returns None: is a return missing?"
    if np.ndim(value):
        return "not-a-number", (
            f"forward returns an array of shape {np.shape(value)}, but one number for the batch is needed: take the mean."
        )
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
    """∂loss/∂scores by differences, every element, for batches of several sizes."""
    for n, classes in SIZES:
        try:
            wrong = gradient_differs(subject, *subject.takes.make(n, classes))
        except Exception as error:
            if (n, classes) == SIZES[0]:
                raise
            return "batch-of-one" if n == 1 else "raises", (
                f"A batch of {n} rows and {classes} columns raises {type(error).__name__}: {shortened(str(error))}."
            )
        if wrong and (n, classes) != SIZES[0] and wrong[0] in ("other", "wrong-factor"):
            return "size-dependent", f"With {n} rows and {classes} columns it is wrong, and right with others. {wrong[1]}"
        if wrong:
            return wrong
    return None


def gradient_differs(subject: LossUnderTest, scores: Array, targets: Array) -> Wrong | None:
    loss, n = copy.deepcopy(subject.loss), len(scores)
    loss.forward(scores.copy(), targets.copy())
    yours = np.asarray(loss.backward(), np.float64)

    def value(scores: Array) -> float:
        return float(value_of(subject.loss, scores, targets))

    right = numerical_gradient(value, scores)
    if subject.takes.scores == "scores" and close(yours, right, 1e-5):
        return None
    counts = {n: ROWS, right.size: "the number of elements", scores.shape[1]: "the number of columns"}
    mistakes = mistakes_in_gradient(subject.takes, scores, targets, yours, right)
    more: dict[str, Any] = {"counts": counts, "source": "differences say"}
    otherwise = "Differentiate the loss term by term: dscores is ∂loss/∂scores."
    return compare([yours], [right], mistakes, name="dscores", otherwise=otherwise, **more)


def mistakes_in_gradient(takes: Input, scores: Array, targets: Array, yours: Array, right: Array) -> Iterator[Mistake]:
    """The usual mistakes in the gradient of a loss. A factor alone is none of them."""
    if yours.shape != right.shape:
        return
    yield Mistake("sign-flipped", -right, "The sign is wrong: the gradient has y − t, not t − y.")
    factor = float((yours * right).sum()) / max(float((right**2).sum()), 1e-300)
    if close(yours, factor * right, 1e-5):
        return
    aim = np.eye(scores.shape[1])[targets] if targets.ndim == 1 and targets.dtype.kind in "iu" else targets
    if aim.shape == scores.shape:
        for size in (len(scores), 1, right.size):
            yield from mistakes_in_softmax(scores, aim, size) if takes.scores == "scores" else ()
            text = "That is the gradient before the softmax, or the sigmoid, but forward takes what comes after it."
            word = "not-clipped" if takes.scores == "scores" else "combined-gradient"
            text = "Far from the target the slope is constant: ±δ." if takes.scores == "scores" else text
            yield Mistake(word, (scores - aim) / size, text)
            yield Mistake("target-missing", 2 * scores / size, "The targets are missing: y − t.")
            yield Mistake("target-missing", scores / size, "The targets are missing: y − t.")
            yield Mistake("square-kept", (scores - aim) ** 2 / size, "That is the square itself: its slope is 2 (y − t).")
            yield Mistake("slope-kept", np.sign(scores - aim) / size, "That is |y − t|'s slope everywhere.")
    text = "It is 0 at all classes but the right one: each score moves all shares of its row."
    yield Mistake("only-the-right-class", np.where(aim > 0, right, 0) if aim.shape == right.shape else right, text)
    off = np.abs(yours - right) > 1e-5 * max(float(np.abs(right).max()), 1e-12)
    if off.any() and (right[off] == 0).all() and (right != 0).any():
        yield Mistake("mask-missing", yours, "Where the loss is 0, or does not change, its slope is 0: a mask is missing.")
    if off.any() and (yours[off] == 0).all() and (yours != 0).any():
        yield Mistake("path-left-out", yours, "It is 0 where it should not be: a part of the gradient is left out.")
    if off.any() and not off.all() and close(yours[off], -right[off], 1e-5):
        yield Mistake("term-flipped", yours, "Some elements have the wrong sign: go through the signs of the terms.")


def mistakes_in_softmax(scores: Array, aim: Array, size: int) -> Iterator[Mistake]:
    """The mistakes in (y − onehot(t)) / N, with y the softmax of the scores."""
    y, p = softmax(scores), sigmoid(scores)
    yield Mistake("target-missing", y / size, "That is y / N: at the right class 1 is subtracted, y − onehot(t).")
    if (aim >= 0).all() and np.allclose(aim.sum(axis=1), 1):
        yield Mistake("softmax-missing", (scores - aim) / size, "The scores stand where their softmax is needed.")
    yield Mistake("softmax-twice", (softmax(y) - aim) / size, "The softmax is taken twice.")
    across = np.exp(scores - scores.max(axis=0))
    text = "The softmax runs over the batch: each row has its own, axis=1."
    yield Mistake("over-the-batch", (across / across.sum(axis=0) - aim) / size, text)
    yield Mistake("sigmoid-for-softmax", (p - aim) / size, "The sigmoid stands where the softmax is needed, or both.")
    text = "That is the gradient of plain cross-entropy: the loss here has more in it."
    yield Mistake("factor-missing", (y - aim) / size, text)
    text = "That takes the softmax's Jacobian for its diagonal: each score moves all shares of its row."
    yield Mistake("jacobian-diagonal", -aim * (1 - y) / size, text)
    yield Mistake("jacobian-diagonal", (y - aim) * y * (1 - y) / size, text)


def check_value(subject: LossUnderTest) -> Wrong | None:
    """One with the name of cross-entropy, MSE or L1 has its value, up to a factor."""
    kind = known_name(type(subject.loss).__name__, NAMES)
    more = setting(subject.loss, ("smoothing", "label_smoothing", "epsilon", "weight", "weights", "delta", "alpha"))
    if kind is None or more is not None or (kind != "cross-entropy") != (subject.takes.targets == "numbers"):
        raise NotCompared("no formula is known for its name and its targets")
    values, ours, known = [], [], list[list[float]]()
    for seed in range(4):
        scores, t = subject.takes.make(*SIZES[0], seed=seed)
        values.append(float(value_of(subject.loss, scores, t)))
        found = other_values(kind, scores, t)
        ours.append(found[0][1])
        known.append([value for _, value, _ in found])
    given, right = np.array(values), np.array(ours)
    ratio = given / right
    if np.ptp(ratio) < 1e-4 * abs(ratio.mean()) and ratio.mean() > 0:
        return None
    for k, (word, _, text) in enumerate(other_values(kind, scores, t)):
        ratio = given / np.array([row[k] for row in known])
        if np.ptp(ratio) < 1e-4 * abs(ratio.mean()):
            return (word, text) if ratio.mean() > 0 else ("sign-flipped", "The loss has the wrong sign: it should go down.")
    return "other", f"Its value is {given[0]:.6g}, but {kind} gives {right[0]:.6g}: go through the formula."


def other_values(kind: str, scores: Array, t: Array) -> list[tuple[str, float, str]]:
    """The value of cross-entropy, MSE or L1, and what it is with the usual mistakes."""
    if kind != "cross-entropy":
        off = np.abs(scores - t)
        found = (
            [("", off**2), ("absolute-for-square", off)]
            if kind == "square"
            else [("", off), ("square-for-absolute", off**2)]
        )
        text = "That is |y − t|, not (y − t)²." if kind == "square" else "That is (y − t)², not |y − t|."
        signed = (
            "square-missing",
            float((scores - t).mean()),
            "Differences of both signs cancel: take the square, or |y − t|.",
        )
        return [*((word, float(value.mean()), text) for word, value in found), signed]
    aim = np.eye(scores.shape[1])[t] if t.ndim == 1 else t
    y = np.array(scores) if scores.min() > 0 and np.allclose(scores.sum(axis=1), 1) else softmax(scores)
    across = np.exp(scores - scores.max(axis=0))
    across = across / across.sum(axis=0)
    p = sigmoid(scores)

    def cross(y: Array) -> float:
        return float(-(aim * np.log(y)).sum())

    return [
        ("", cross(y), ""),
        ("softmax-twice", cross(softmax(y)), "The softmax is taken twice."),
        ("over-the-batch", cross(across), "The softmax runs over the batch: each row has its own, axis=1."),
        ("log-missing", -float((aim * y).sum()), "The logarithm is missing: −ln y[t]."),
        ("sigmoid-for-softmax", cross(p), "The sigmoid stands where the softmax is needed."),
        ("softmax-missing", -float((aim * scores).sum()), "The softmax is missing."),
        ("over-everything", cross(np.exp(scores) / np.exp(scores).sum()), "The softmax runs over everything: axis=1."),
    ]


def check_least_where_right(subject: LossUnderTest) -> Wrong | None:
    """It is smaller where the scores fit the targets than where they do not."""
    if set(words_of(type(subject.loss).__name__)) & {"poisson", "exp", "exponential"}:
        raise NotCompared("where it is least is not known")
    for t, good, bad in subject.takes.best(5, 3):
        if value_of(subject.loss, good, t) > value_of(subject.loss, bad, t) + 1e-9:
            return "sign-flipped", "It is larger where the scores fit the targets: the loss has the wrong sign."
    return None


def check_large_scores(subject: LossUnderTest) -> Wrong | None:
    """It makes finite numbers from scores of ±1000."""
    if subject.takes.scores != "scores":
        raise NotCompared(f"it takes {subject.takes.scores}")
    scores, t = subject.scores, subject.targets
    if abs(float(value_of(subject.loss, 0 * scores + 40, t))) > 1e9:
        raise NotCompared("it grows as e^s")
    large = np.where(scores > 0, 1000.0, -1000.0)
    loss = copy.deepcopy(subject.loss)
    value = loss.forward(large, t)
    if np.isposinf(value):
        return "log-of-zero", (
            "Scores of ±1000 give an infinite loss, since e^−2000 is 0, and ln 0 is −∞: take ln y from the scores, "
            "s − ln Σ e^s, or add a small number inside the logarithm, ln(y + 1e-7)."
        )
    if not (np.isfinite(value) and np.isfinite(loss.backward()).all()):
        return "not-finite", "Scores of ±1000 give NaN or infinity: subtract the largest score of a row before e^s."
    return None


def check_float32(subject: LossUnderTest) -> Wrong | None:
    """The gradient of float32 scores, with float32 targets or labels, is float32."""
    loss, t = copy.deepcopy(subject.loss), subject.targets
    loss.forward(subject.scores.astype(np.float32), t.astype(np.float32) if t.dtype.kind == "f" else t)
    kind = np.asarray(loss.backward()).dtype
    return None if kind == np.float32 else ("float64-leaked", f"dscores became {kind} from float32, at half the speed.")


LOSS_CHECKS: dict[str, Callable[[LossUnderTest], Wrong | None]] = {
    "forward and backward": check_passes,
    "keeps what it is given": check_arguments_unchanged,
    "gradient": check_gradient,
    "value": check_value,
    "least where right": check_least_where_right,
    "large scores": check_large_scores,
    "float32": check_float32,
}
NEEDS = {"least where right": ("value",), "large scores": ("gradient",), "value": ("gradient",)}


def check_loss(loss: Any, *, expected_failures: Mapping[str, str] | None = None, seed: int = 0) -> Report:
    """Run LOSS_CHECKS on a loss: a report with a finding for each, and a diagnosis for what is wrong.

    `loss` has forward(scores, t), which returns a number, and backward(). What it takes is found by trying: scores, or
    shares between 0 and 1; class numbers, one-hot rows, numbers, or signs. A class is called without arguments.
    """
    made = as_loss(loss)
    if not (callable(getattr(made, "forward", None)) and callable(getattr(made, "backward", None))):
        raise InputError(
            f"the loss is {shortened(made, 60)}, but an object with forward(scores, t) and backward() is needed"
        )
    whole("seed", seed, least=0)

    def passes(one: Input) -> bool:
        try:
            return check_gradient(LossUnderTest(made, one)) is None
        except Exception:
            return False

    subject = LossUnderTest(made, inputs_for(made, passes))
    return run_checks(name_of(made), LOSS_CHECKS, subject, expected_failures, needs=NEEDS)
