"""Can a reader's own step of training learn one small batch by heart? If not, which of the usual things is wrong?

The step is a function `train_step(x, t)` that makes one step on a batch and returns the loss, or a `Trainer`. Nothing is
known of the network in it: its arrays are found, and each question is put by trying steps and undoing them.
Read next: `parametrize`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scratchnet.check.batches import Batch, batches
from scratchnet.check.report import NotCompared, Report, Wrong, run_checks
from scratchnet.check.state import State
from scratchnet.support.validation import Array, InputError, shown

TRIES = range(12)  # with other random numbers
STEPS = 1000
LEARNT = 0.1  # of the first loss


@dataclass
class StepUnderTest:
    """A step of training, the batch that it takes, and what was found out."""

    step: Callable[[Array, Array], Any]
    state: State
    x: Array = field(default_factory=lambda: np.empty(0))
    t: Array = field(default_factory=lambda: np.empty(0))
    losses: list[float] = field(default_factory=list)

    def loss(self, x: Array, t: Array) -> float:
        """The loss that one step returns, which is then undone."""
        return self.tried(x, t)[0]

    def tried(
        self, x: Array, t: Array, move: Callable[[], None] = lambda: None, chance: int = 0
    ) -> tuple[float, dict[str, Array]]:
        """The loss of one step and how far it moves each array that it keeps; `move` changes something before.

        Without `chance` all generators are as they were, with it they have drawn some numbers before.
        """
        saved = self.state.save()
        try:
            move()
            self.state.draw(1000 * chance)
            before = {path: array.astype(np.float64) for path, array in self.state.arrays().items()}
            value = number_of(self.step(x.copy(), t.copy()))
            after = self.state.arrays()
            same = [path for path in before if path in after and after[path].shape == before[path].shape]
            return value, {path: after[path].astype(np.float64) - before[path] for path in same}
        finally:
            self.state.restore(saved)

    def loss_along(self, moves: Mapping[str, Array], factor: float) -> float:
        """The loss after all parameters have gone along `moves`, times a factor."""

        def move() -> None:
            for path, array in self.state.arrays().items():
                if path in moves:
                    array += (factor * moves[path]).astype(array.dtype)

        return self.tried(self.x, self.t, move)[0]

    def loss_at_random(self, t: Array, seed: int) -> float:
        """The loss for these targets, with other random numbers and, except for seed 0, with other parameters."""
        rng = np.random.default_rng(seed)

        def move() -> None:
            for array in self.state.arrays().values() if seed else ():
                array += (0.3 * rng.standard_normal(array.shape)).astype(array.dtype)

        return self.tried(self.x, t, move, chance=seed)[0]

    @property
    def learnt(self) -> bool:
        """Has it learnt the batch by heart?"""
        first = self.losses[0]
        return first > 0 and -1e-3 * first <= min(self.losses[-20:]) <= LEARNT * first

    def parameters(self) -> list[str]:
        """The paths of the arrays that the loss depends on."""
        here, found, rng = self.loss(self.x, self.t), [], np.random.default_rng(1)
        for path, array in self.state.arrays().items():
            noise = (0.1 + float(array.std())) * rng.standard_normal(array.shape)
            try:
                if self.loss_along({path: noise}, 1) != here:
                    found.append(path)
            except Exception:
                continue
        return found


def number_of(loss: Any) -> float:
    """The loss as a number."""
    for method in ("detach", "item"):
        if callable(getattr(loss, method, None)) and np.ndim(loss) == 0:
            loss = getattr(loss, method)()
    return float(loss)


def check_returns(subject: StepUnderTest) -> Wrong | None:
    """A step takes a batch and returns the loss, a finite number."""
    saved = subject.state.save()
    try:
        value = subject.step(subject.x.copy(), subject.t.copy())
    finally:
        subject.state.restore(saved)
    if value is None:
        return "returns-nothing", "The step returns None: return the loss of the batch."
    if np.ndim(value) or isinstance(value, tuple | str):
        return "not-a-number", f"The step returns {type(value).__name__}, but the loss of the batch, one number, is needed."
    if not math.isfinite(number_of(value)):
        return "not-finite", f"The first loss is {number_of(value)}: a division by 0, or a logarithm of 0?"
    return None


def check_rows_and_labels(subject: StepUnderTest) -> Wrong | None:
    """The order of the rows makes no difference, as long as each has its own label."""
    x, t, rng = subject.x, subject.t, np.random.default_rng(2)
    alike = np.broadcast_to(t[:1], t.shape).copy()
    mixed, constant = [], []
    for _ in range(3):
        order = rng.permutation(len(x))
        mixed.append(differs(subject.loss(x, t), subject.loss(x[order], t[order])))
        constant.append(differs(subject.loss(x, alike), subject.loss(x[order], alike)))
    if not any(mixed):
        return None
    if any(constant):
        raise NotCompared("its loss depends on chance, or on the order of the rows, for labels that are all alike too")
    return "labels-shuffled", (
        "The loss depends on the order of the rows, though each row comes with its label, and not where all labels are "
        "alike: rows and labels are shuffled, sorted or cut apart. Use one order for both: x[order], t[order]."
    )


def check_every_row_counts(subject: StepUnderTest) -> Wrong | None:
    """Another label for any one row changes the loss."""
    for row in range(len(subject.t)):
        t = subject.t.copy()
        t[row] = next((other for other in subject.t if np.any(other != t[row])), t[row])
        if not any(subject.loss_at_random(t, i) != subject.loss_at_random(subject.t, i) for i in TRIES):
            return "wrong-reduction", (
                f"Another label for row {row} does not change the loss, which is the mean over all rows: is it taken of one "
                "row, or returned inside the loop?"
            )
    return None


def differs(one: float, other: float) -> bool:
    return abs(one - other) > 1e-4 * max(abs(one), abs(other), 1e-9)


def check_learns(subject: StepUnderTest) -> Wrong | None:
    """Some hundred steps on the same batch take the loss to a tenth: it is learnt by heart."""
    saved = subject.state.save()
    try:
        while len(subject.losses) < STEPS and not (subject.losses and subject.learnt):
            subject.losses.append(number_of(subject.step(subject.x.copy(), subject.t.copy())))
            if not math.isfinite(subject.losses[-1]):
                break
    finally:
        subject.state.restore(saved)
    return None if subject.learnt else cause(subject)


def cause(subject: StepUnderTest) -> Wrong:
    """Why is the batch not learnt? The questions in turn, from what hides the others on."""
    first, last, count = subject.losses[0], subject.losses[-1], len(subject.losses)
    seen = f"The loss is {first:.4g} at first, and {last:.4g} after {count} steps on the same {len(subject.x)} rows."
    value, moves = subject.tried(subject.x, subject.t)
    parameters = subject.parameters()
    moving = {path: moves[path] for path in parameters if path in moves and moves[path].any()}
    frozen = [path for path in parameters if path in moves and not moves[path].any()]
    if not parameters:
        return "other", f"{seen} No array was found that the loss depends on: which network does the step train?"
    if not moving:
        return "frozen-parameter", (
            f"{seen} No parameter moves, {names(frozen)}: does the step call the optimizer, with these arrays, and does it "
            "write into them (w -= …), not into a copy? Or is lr so small that the floats do not change?"
        )
    slope = slope_along(subject, moving)
    if slope > 0:
        return "loss-sign", (
            f"{seen} Each step goes uphill: the loss, its gradient, or the update has the wrong sign. The loss is −ln y[t], "
            "dscores is y − onehot(t), and w ← w − η dw."
        )
    if min(subject.losses) < -1e-2 * abs(first) and has_classes(subject):
        return "loss-sign", f"{seen} It falls below 0, where no loss of this kind goes: is the minus of −ln y[t] missing?"
    still = frozen_weights(subject, frozen)
    if still:
        return "frozen-parameter", f"{seen} {names(still)} {NEVER_MOVES}"
    wrong = reduction(subject, value, moving)
    if wrong:
        return wrong[0], f"{seen} {wrong[1]}"
    best = best_factor(subject, moving)
    if best >= 8:
        return "lr-too-small", (
            f"{seen} Steps {best:g} times as long would lower it more: lr is too small or, if it is as usual, the "
            "first weights are."
        )
    if best <= 0.3 or not math.isfinite(last) or last > first:
        shorter = f"Steps {best:g} times as long" if best < 1 else "Shorter steps"
        return "lr-too-large", f"{seen} {shorter} would lower it more: lr is too large."
    return "other", (
        f"{seen} Each step goes downhill, but no other lr helps: check the layers and the loss, scratchnet check "
        "my.py:MyLayer, and the size of the first weights with sn.watch; or is the network too small?"
    )


NEVER_MOVES = (
    "never moves, though the loss depends on it: is its gradient set, is it given to the optimizer, and does the update "
    "write into it?"
)


def check_weights_move(subject: StepUnderTest) -> Wrong | None:
    """Each array of two axes or more that the loss depends on moves."""
    moves = subject.tried(subject.x, subject.t)[1]
    still = frozen_weights(subject, [path for path in subject.parameters() if path in moves and not moves[path].any()])
    return ("frozen-parameter", f"{names(still)} {NEVER_MOVES}") if still else None


def frozen_weights(subject: StepUnderTest, paths: list[str]) -> list[str]:
    """Those of two axes or more along which the loss has a slope: a vector may be a constant, such as a mean image."""
    return [path for path in paths if subject.state.arrays()[path].ndim > 1 and has_slope(subject, path)]


def names(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def slope_along(subject: StepUnderTest, moves: Mapping[str, Array]) -> float:
    """The slope of the loss along the first step."""
    arrays = subject.state.arrays()
    size = math.sqrt(sum(float((arrays[path].astype(np.float64) ** 2).sum()) for path in moves))
    length = math.sqrt(sum(float((move**2).sum()) for move in moves.values()))
    h = 1e-3 * max(size, 1e-3) / length
    return (subject.loss_along(moves, h) - subject.loss_along(moves, -h)) / (2 * h)


def has_classes(subject: StepUnderTest) -> bool:
    return subject.t.dtype.kind in "iu" or set(np.unique(subject.t)) <= {0, 1}


def has_slope(subject: StepUnderTest, path: str) -> bool:
    """Has the loss a slope along this array?"""
    array = subject.state.arrays()[path]
    rng, here = np.random.default_rng(3), abs(subject.loss(subject.x, subject.t))
    for _ in range(3):
        direction = (0.05 + 0.05 * float(array.std())) * rng.standard_normal(array.shape)
        if abs(subject.loss_along({path: direction}, 1) - subject.loss_along({path: direction}, -1)) > 1e-5 * here:
            return True
    return False


def reduction(subject: StepUnderTest, value: float, moving: Mapping[str, Array]) -> Wrong | None:
    """Is the loss, or its gradient, added up or divided otherwise than by the mean over the rows?"""
    word = "wrong-reduction"
    twice, moves = subject.tried(np.concatenate([subject.x] * 2), np.concatenate([subject.t] * 2))
    length = math.sqrt(sum(float((move**2).sum()) for move in moving.values()))
    ratio = math.sqrt(sum(float((moves[path] ** 2).sum()) for path in moving if path in moves)) / length
    if abs(ratio - 2) < 0.02:
        return word, (
            "With each row given twice, the step is twice as long: the gradient is the sum over the rows, where the mean is "
            "needed. Divide by the number of rows."
        )
    halvings = -round(math.log2(ratio)) if ratio > 0 else 0
    if halvings > 0 and abs(ratio * 2**halvings - 1) < 0.01:
        return word, (
            f"With each row given twice, the step is {ratio:.3g} times as long: the gradient is divided by the number of "
            "rows more than once."
        )
    if abs(twice / value - 2) < 0.02:
        return (
            word,
            "With each row given twice, the loss is twice as large: it is a sum over the rows, where the mean is needed.",
        )
    return None


def best_factor(subject: StepUnderTest, moving: Mapping[str, Array]) -> float:
    """By which factor would the first step be as long as lowers the loss most?"""
    factors = [10.0 ** (k / 2) for k in range(-10, 15)]
    losses = []
    for factor in factors:
        with np.errstate(all="ignore"):
            loss = subject.loss_along(moving, factor)
        losses.append(loss if math.isfinite(loss) else math.inf)
    return float(f"{factors[int(np.argmin(losses))]:.1g}")


TRAINING_CHECKS: dict[str, Callable[[StepUnderTest], Wrong | None]] = {
    "returns the loss": check_returns,
    "rows keep their labels": check_rows_and_labels,
    "every row counts": check_every_row_counts,
    "learns a batch by heart": check_learns,
    "every weight moves": check_weights_move,
}

NEEDS: dict[str, tuple[str, ...]] = {
    "learns a batch by heart": ("rows keep their labels",),
    "every weight moves": ("rows keep their labels", "learns a batch by heart"),
}


def check_training(
    step: Any, in_shape: tuple[int, ...] | None = None, *, expected_failures: Mapping[str, str] | None = None
) -> Report:
    """Can this step of training learn ten rows by heart? If not, the report says which of the usual things is wrong.

    `step` is a function train_step(x, t) that makes one step on a batch and returns its loss, an sn.Trainer, or a function
    that takes nothing and returns one of both. `in_shape` is the shape of a batch; without it the usual ones are tried: rows
    of 784, images, and the widths of the arrays that the step keeps. t are class numbers or, if it does not take those,
    one-hot rows or numbers. Everything the step keeps is put back afterwards.
    """
    made = step() if callable(step) and not takes_a_batch(step) else step
    name = str(getattr(step, "__name__", None) or type(made).__name__)
    call = made.step if hasattr(made, "net") and callable(getattr(made, "step", None)) else made
    if not callable(call):
        raise InputError(f"{name} returns {shown(made)}, but a Trainer or a function train_step(x, t) is needed")
    subject = StepUnderTest(call, State(made if call is not made else call))
    subject.x, subject.t = batch_for(subject, name, in_shape)
    return run_checks(name, TRAINING_CHECKS, subject, expected_failures, needs=NEEDS)


def takes_a_batch(step: Any) -> bool:
    from scratchnet.check.readers_code import needed_arguments

    return hasattr(step, "net") or bool(needed_arguments(step))


def batch_for(subject: StepUnderTest, name: str, in_shape: tuple[int, ...] | None) -> Batch:
    """A batch that the step takes."""
    error: BaseException | None = None
    first: Batch | None = None
    for x, t in batches(subject.state.arrays(), in_shape):
        first = first or (x, t)
        try:
            with np.errstate(all="ignore"):
                saved = subject.state.save()
                try:
                    value = subject.step(x.copy(), t.copy())
                finally:
                    subject.state.restore(saved)
        except NotImplementedError:
            return x, t
        except Exception as raised:
            error = error or raised
            continue
        if value is None or np.ndim(value) or math.isfinite(number_of(value)):
            return x, t
    if in_shape is not None and first is not None:
        return first  # the check says what it raises
    said = f" ({type(error).__name__}: {' '.join(str(error).split())[:120]})" if error else ""
    raise InputError(
        f"{name} takes none of the usual batches{said}: give the shape of a batch, rows first: --in-shape 10,784"
    )
