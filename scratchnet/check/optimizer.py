"""What must hold of any optimizer, and of one of the book's by its formula. Read next: `parametrize`."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from scratchnet.check.patterns import close
from scratchnet.check.report import Report, Wrong, name_of, run_checks
from scratchnet.optimizers import OPTIMIZERS, Optimizer
from scratchnet.support.validation import Array, InputError

STEPS = 5
Rule = Callable[[Array, dict[str, Any], int], Array]  # how far to go from dw, a state, and the step's number


@dataclass
class Trial:
    """An optimizer that is checked, a parameter, and its gradients at some steps."""

    optimizer: Any
    w: Array
    gradients: list[Array]

    def moved(self, optimizer: Any = None, name: str = "W") -> list[Array]:
        """The parameter after each step."""
        optimizer = copy.deepcopy(self.optimizer) if optimizer is None else optimizer
        w, found = self.w.copy(), []
        for dw in self.gradients:
            optimizer.step([(name, w, dw.copy())])
            found.append(w.copy())
        return found


def moves_in_place(trial: Trial) -> Wrong | None:
    """step changes w itself, and leaves dw alone."""
    w, dw = trial.w.copy(), trial.gradients[0].copy()
    copy.deepcopy(trial.optimizer).step([("W", w, dw)])
    if np.array_equal(w, trial.w):
        return "not-in-place", "w has not moved: change it in place, w -= …, since w = w − … makes another array."
    if not np.array_equal(dw, trial.gradients[0]):
        return "gradient-overwritten", "dw has changed: it belongs to the layer."
    if not np.isfinite(w).all():
        return "not-finite", "The first step gives NaN or infinity: is ε missing below the root?"
    return None


def goes_downhill(trial: Trial) -> Wrong | None:
    """The first step goes against the gradient."""
    step = trial.moved()[0] - trial.w
    along = float((step * trial.gradients[0]).sum())
    return ("sign-flipped", "The first step goes uphill, along dw: w − η dw goes down.") if along > 0 else None


def learning_rate(trial: Trial) -> Wrong | None:
    """Twice the learning rate makes twice the first step."""
    double = copy.deepcopy(trial.optimizer)
    double.lr = 2 * double.lr
    if double.schedule is not None:
        return None
    one, two = trial.moved()[0] - trial.w, trial.moved(double)[0] - trial.w
    if close(two, one, 1e-6):
        return "lr-ignored", "The step does not depend on lr: multiply by self.lr."
    if not close(two, 2 * one, 1e-4):
        return (
            "lr-wrong-power",
            f"Twice the lr makes {np.abs(two).sum() / np.abs(one).sum():.3g} times the first step.",
        )
    return None


def states_are_apart(trial: Trial) -> Wrong | None:
    """Two parameters do not hear of each other, and one that is made fresh has forgotten."""
    optimizer, w, other = copy.deepcopy(trial.optimizer), trial.w.copy(), np.ones(3)
    for dw in trial.gradients:
        optimizer.step([("b", other, np.full(3, 7.0)), ("W", w, dw.copy())])
    if not close(w, trial.moved()[-1]):
        return (
            "state-shared",
            "A parameter moves otherwise when there is a second: keep what belongs to each in `state`.",
        )
    used = copy.deepcopy(trial.optimizer)
    trial.moved(used)
    if not close(trial.moved(used.fresh())[-1], trial.moved()[-1]):
        return "state-kept", "fresh() has not forgotten the steps before: keep them in `state`, not in self."
    return None


def formula(trial: Trial) -> Wrong | None:
    """An optimizer with the name of one of the book's moves as that does."""
    given = trial.optimizer
    kind = OPTIMIZERS.get(type(given).__name__)
    if kind is None or given.schedule is not None:
        return None
    known = {field.name for field in fields(kind) if field.init} & set(vars(given))
    right = kind(**{name: getattr(given, name) for name in known})
    yours, due = trial.moved(), trial.moved(right)
    if all(close(a, b, 1e-9) for a, b in zip(yours, due, strict=True)):
        return None
    first = next(i for i, (a, b) in enumerate(zip(yours, due, strict=True)) if not close(a, b, 1e-9))
    shown = f"After {first + 1} step{'s' * (first > 0)} w[0] is {yours[first].flat[0]:.6g}, not {due[first].flat[0]:.6g}."
    for word, rule, text in usual_mistakes(kind.__name__, right):
        if all(close(a, b, 1e-7) for a, b in zip(yours, walk(trial, rule), strict=True)):
            return word, f"{shown} {text}"
    for factor, word, text in ((2, "doubled", "Each step is twice too long."), (0.5, "halved", "Each step is half of it.")):
        if close(yours[0] - trial.w, factor * (due[0] - trial.w), 1e-6):
            return word, f"{shown} {text}"
    return "other", f"{shown} {kind.__doc__.splitlines()[0] if kind.__doc__ else ''}"


def walk(trial: Trial, move: Rule) -> list[Array]:
    """The parameter after each step of a rule."""
    w, state, found = trial.w.copy(), dict[str, Any](), []
    for t, dw in enumerate(trial.gradients, 1):
        w = w + move(dw, state, t)
        found.append(w.copy())
    return found


def usual_mistakes(kind: str, o: Any) -> Iterator[tuple[str, Rule, str]]:
    """What those would do who make them."""

    def averaged(state: dict[str, Any], key: str, value: Array, decay: float, new: float) -> Array:
        state[key] = decay * state.get(key, 0 * value) + new * value
        return state[key]

    if kind == "Momentum":
        yield "momentum-missing", lambda dw, s, t: -o.lr * dw, "That is SGD: v is forgotten after each step."
        yield "sign-flipped", lambda dw, s, t: averaged(s, "v", -o.lr * dw, -o.momentum, 1), "μ v has a plus."
        yield (
            "nesterov",
            lambda dw, s, t: o.momentum * averaged(s, "v", -o.lr * dw, o.momentum, 1) - o.lr * dw,
            "That is Nesterov's: w moves by v itself.",
        )
    if kind == "Nesterov":
        yield "not-ahead", lambda dw, s, t: averaged(s, "v", -o.lr * dw, o.momentum, 1), "That is Momentum."
    if kind in ("AdaGrad", "RMSprop"):
        decay, new = (1.0, 1.0) if kind == "AdaGrad" else (o.decay, 1 - o.decay)

        def scaled(dw: Array, s: dict[str, Any], root: bool = True, decay: float = decay, new: float = new) -> Array:
            h = averaged(s, "h", dw * dw, decay, new)
            return -o.lr * dw / ((np.sqrt(h) if root else h) + o.epsilon)

        yield "root-missing", lambda dw, s, t: scaled(dw, s, root=False), "dw is divided by √h, not by h."
        yield (
            "never-forgets",
            lambda dw, s, t: scaled(dw, s, decay=1.0, new=1.0),
            "That is AdaGrad: h fades by ρ.",
        )
        yield "decay-swapped", lambda dw, s, t: scaled(dw, s, decay=new, new=decay), "ρ and 1 − ρ are swapped."
    if kind == "Adam":

        def adam(dw: Array, s: dict[str, Any], first: float = 1, second: float = 1, root: bool = True) -> Array:
            m = averaged(s, "m", dw, o.beta1, 1 - o.beta1)
            v = averaged(s, "v", dw * dw, o.beta2, 1 - o.beta2)
            return -o.lr * second / first * m / ((np.sqrt(v) if root else v) + o.epsilon)

        def one(t: int) -> float:
            return 1 - float(o.beta1) ** t

        def two(t: int) -> float:
            return math.sqrt(1 - float(o.beta2) ** t)

        text = "The correction of the first steps is missing: √(1 − β₂ᵗ) / (1 − β₁ᵗ)."
        yield "bias-correction-missing", lambda dw, s, t: adam(dw, s), text
        yield "bias-correction-missing", lambda dw, s, t: adam(dw, s, one(t)), "Divide v by 1 − β₂ᵗ too."
        yield "bias-correction-missing", lambda dw, s, t: adam(dw, s, 1, two(t)), "Divide m by 1 − β₁ᵗ too."
        yield (
            "root-missing",
            lambda dw, s, t: adam(dw, s, one(t), two(t), False),
            "m is divided by √v, not by v.",
        )


OPTIMIZER_CHECKS: dict[str, Callable[[Trial], Wrong | None]] = {
    "moves in place": moves_in_place,
    "goes downhill": goes_downhill,
    "learning rate": learning_rate,
    "states are apart": states_are_apart,
    "formula": formula,
}


def check_optimizer(optimizer: Any, *, expected_failures: Mapping[str, str] | None = None, seed: int = 0) -> Report:
    """Put an optimizer through OPTIMIZER_CHECKS: a report with a finding for each, and a diagnosis for what is wrong.

    `optimizer` derives from sn.Optimizer, or is a class of that kind, called without arguments. One that bears the name of
    one of the book's six is held against that one's formula too.
    """
    made = optimizer() if isinstance(optimizer, type) else optimizer
    if not isinstance(made, Optimizer):
        raise InputError(f"the optimizer is {made!r}, but an object whose class derives from sn.Optimizer is needed")
    rng = np.random.default_rng(seed)
    gradients = [rng.standard_normal((3, 4)) for _ in range(STEPS)]
    trial = Trial(made.fresh(), rng.standard_normal((3, 4)), gradients)
    return run_checks(name_of(made), OPTIMIZER_CHECKS, trial, expected_failures)
