"""What must hold for any optimizer; one of the book's is compared with its formula. Read next: `initializer`."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from scratchnet.check.recognize import TOLERANCE, Mistake, close, recognize
from scratchnet.check.report import NotCompared, Report, Wrong, name_of, run_checks
from scratchnet.optimizers import OPTIMIZERS, Optimizer
from scratchnet.support.validation import Array, InputError

STEPS = 5
Rule = Callable[[Array, dict[str, Any], int], Array]  # how far to go from dw, a state, and the step's number


@dataclass
class OptimizerUnderTest:
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


def check_moves_in_place(subject: OptimizerUnderTest) -> Wrong | None:
    """step changes w itself, and leaves dw alone."""
    w, dw = subject.w.copy(), subject.gradients[0].copy()
    copy.deepcopy(subject.optimizer).step([("W", w, dw)])
    if np.array_equal(w, subject.w):
        return "not-in-place", "w has not moved: change it in place, w -= …, since w = w − … makes another array."
    if not np.array_equal(dw, subject.gradients[0]):
        return "gradient-overwritten", "dw has changed: it belongs to the layer."
    if not np.isfinite(w).all():
        return "not-finite", "The first step gives NaN or infinity: is ε missing below the root?"
    return None


def check_downhill(subject: OptimizerUnderTest) -> Wrong | None:
    """The first step goes against the gradient."""
    step = subject.moved()[0] - subject.w
    along = float((step * subject.gradients[0]).sum())
    return ("sign-flipped", "The first step goes uphill, along dw: w − η dw goes down.") if along > 0 else None


def check_learning_rate(subject: OptimizerUnderTest) -> Wrong | None:
    """Twice the learning rate makes twice the first step."""
    double = copy.deepcopy(subject.optimizer)
    double.lr = 2 * double.lr
    if double.schedule is not None:
        raise NotCompared("it has a schedule")
    one, two = subject.moved()[0] - subject.w, subject.moved(double)[0] - subject.w
    if close(two, one, 1e-6):
        return "lr-ignored", "The step does not depend on lr: multiply by self.lr."
    if not close(two, 2 * one, 1e-4):
        return (
            "lr-wrong-power",
            f"Twice the lr makes {np.abs(two).sum() / np.abs(one).sum():.3g} times the first step.",
        )
    return None


def check_states(subject: OptimizerUnderTest) -> Wrong | None:
    """Two parameters do not influence each other, and an optimizer that is made fresh has forgotten."""
    optimizer, w, other = copy.deepcopy(subject.optimizer), subject.w.copy(), np.ones(3)
    for dw in subject.gradients:
        optimizer.step([("b", other, np.full(3, 7.0)), ("W", w, dw.copy())])
    if not np.isfinite(w).all():
        return "not-finite", f"After {len(subject.gradients)} steps w holds NaN or infinity."
    if not close(w, subject.moved()[-1], TOLERANCE):
        return (
            "state-shared",
            "A parameter moves differently when there is a second: keep what belongs to each in `state`.",
        )
    used = copy.deepcopy(subject.optimizer)
    subject.moved(used)
    if not close(subject.moved(used.fresh())[-1], subject.moved()[-1], TOLERANCE):
        return "state-kept", "fresh() has not forgotten the steps before: keep them in `state`, not in self."
    return None


def check_formula(subject: OptimizerUnderTest) -> Wrong | None:
    """An optimizer with the name of one of the book's moves as that does."""
    given = subject.optimizer
    kind = OPTIMIZERS.get(type(given).__name__)
    if kind is None or given.schedule is not None:
        raise NotCompared("it has a schedule" if kind else f"the library has no {type(given).__name__}")
    if type(given) is kind:
        raise NotCompared("it is the library's own")
    known = {field.name for field in fields(kind) if field.init} & set(vars(given))
    right = kind(**{name: getattr(given, name) for name in known})
    ours = np.array(subject.moved(right)) - subject.w
    mistakes = [
        Mistake(word, np.array(walk(subject, rule)), text) for word, rule, text in usual_mistakes(kind.__name__, right)
    ]
    formula = kind.__doc__.splitlines()[0] if kind.__doc__ else ""
    more: dict[str, Any] = {"name": "the move of w", "otherwise": formula, "tolerance": 1e-7}
    yours = np.array(subject.moved()) - subject.w
    return None if close(yours, ours, 1e-9) else recognize([yours], [ours], mistakes, **more)


def walk(subject: OptimizerUnderTest, move: Rule) -> list[Array]:
    """How far the parameter has gone after each step of a rule."""
    w, state, found = 0 * subject.w, dict[str, Any](), []
    for t, dw in enumerate(subject.gradients, 1):
        w = w + move(dw, state, t)
        found.append(w.copy())
    return found


def usual_mistakes(kind: str, o: Any) -> Iterator[tuple[str, Rule, str]]:
    """The mistakes in one of the book's optimizers, each as a rule."""

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


OPTIMIZER_CHECKS: dict[str, Callable[[OptimizerUnderTest], Wrong | None]] = {
    "moves in place": check_moves_in_place,
    "goes downhill": check_downhill,
    "learning rate": check_learning_rate,
    "states are apart": check_states,
    "formula": check_formula,
}


def check_optimizer(optimizer: Any, *, expected_failures: Mapping[str, str] | None = None, seed: int = 0) -> Report:
    """Run OPTIMIZER_CHECKS on an optimizer: a report with a finding for each, and a diagnosis for what is wrong.

    `optimizer` derives from sn.Optimizer, or is a class of that kind, called without arguments. One with the
    name of one of the book's six is compared with that one's formula too.
    """
    made = optimizer() if isinstance(optimizer, type) else optimizer
    if not isinstance(made, Optimizer):
        raise InputError(f"the optimizer is {made!r}, but an object whose class derives from sn.Optimizer is needed")
    rng = np.random.default_rng(seed)
    gradients = [rng.standard_normal((3, 4)) for _ in range(STEPS)]
    subject = OptimizerUnderTest(made.fresh(), rng.standard_normal((3, 4)), gradients)
    return run_checks(name_of(made), OPTIMIZER_CHECKS, subject, expected_failures)
