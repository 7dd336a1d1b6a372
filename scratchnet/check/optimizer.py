"""What must hold for any optimizer; one of the book's is compared with its formula. Read next: `std_mistakes`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.optimizer_rules import FORMULAS, Rule, Settings, kind_of_optimizer, right_rules, usual_mistakes
from scratchnet.check.readers_code import as_optimizer
from scratchnet.check.recognize import TOLERANCE, Mistake, close, recognize
from scratchnet.check.report import NotCompared, Report, Wrong, name_of, run_checks, shortened
from scratchnet.optimizers import OPTIMIZERS, Optimizer
from scratchnet.support.validation import Array, InputError, whole

STEPS = 5


@dataclass
class OptimizerUnderTest:
    """An optimizer that is checked, a parameter, and its gradients at some steps."""

    optimizer: Any
    w: Array
    gradients: list[Array]

    def moved(self, optimizer: Any = None, name: str = "Affine1.W") -> list[Array]:
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
    copy.deepcopy(subject.optimizer).step([("Affine1.W", w, dw)])
    if np.array_equal(w, subject.w):
        return "not-in-place", "w has not moved: change it in place, w -= …, since w = w − … makes another array."
    if not np.array_equal(dw, subject.gradients[0]):
        return "gradient-overwritten", "dw has changed: it belongs to the layer."
    if not np.isfinite(w).all():
        return "step-miscounted", (
            "The first step gives NaN or infinity, though no gradient is 0: is t 0 there, so that 1 − βᵗ is 0?"
        )
    return None


def check_downhill(subject: OptimizerUnderTest) -> Wrong | None:
    """The first step goes against the gradient."""
    step = subject.moved()[0] - subject.w
    along = float((step * subject.gradients[0]).sum())
    return ("sign-flipped", "The first step goes uphill, along dw: w − η dw goes down.") if along > 0 else None


def check_learning_rate(subject: OptimizerUnderTest) -> Wrong | None:
    """Twice the learning rate makes twice the first step, from w = 0, where no weight decays."""
    double = copy.deepcopy(subject.optimizer)
    double.lr = 2 * double.lr
    if double.schedule is not None:
        raise NotCompared("it has a schedule")
    here = OptimizerUnderTest(subject.optimizer, 0 * subject.w, subject.gradients[:1])
    one, two = here.moved()[0], here.moved(double)[0]
    if close(two, one, 1e-6):
        return "lr-ignored", "The step does not depend on lr: multiply by self.lr."
    if not close(two, 2 * one, 1e-4):
        return (
            "lr-wrong-power",
            f"Twice the lr makes {np.abs(two).sum() / np.abs(one).sum():.3g} times the first step.",
        )
    return None


def check_zero_gradient(subject: OptimizerUnderTest) -> Wrong | None:
    """Where dw is 0, w stays finite, and does not grow."""
    w = 1 + np.abs(subject.w)
    moved = w.copy()
    copy.deepcopy(subject.optimizer).step([("Affine1.W", moved, np.zeros_like(w))])
    if not np.isfinite(moved).all():
        return "epsilon-missing", "A gradient of 0 gives NaN or infinity: ε is missing beside the root."
    if (moved > w * (1 + 1e-6)).any() and not close(moved - w, np.full_like(w, float((moved - w).mean())), 1e-9):
        return "decay-sign", "With a gradient of 0 the weights grow: a decay makes them smaller, w ← w − η λ w."
    return None


def check_states(subject: OptimizerUnderTest) -> Wrong | None:
    """Two parameters do not influence each other, and an optimizer that is made fresh has forgotten."""
    optimizer, w, other = copy.deepcopy(subject.optimizer), subject.w.copy(), np.ones(3)
    for dw in subject.gradients:
        optimizer.step([("Affine1.b", other, np.full(3, 7.0)), ("Affine1.W", w, dw.copy())])
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
    """An optimizer with the name of one of the book's, or AdamW, moves as that does, in any of the forms that are right."""
    given = subject.optimizer
    kind = kind_of_optimizer(given)
    if kind is None:
        raise NotCompared(f"no formula is known for {type(given).__name__}")
    if given.schedule is not None or type(given) is OPTIMIZERS.get(kind):
        raise NotCompared("it has a schedule" if given.schedule is not None else "it is the library's own")
    settings = Settings.of(given, kind)
    yours = np.array(subject.moved()) - subject.w
    forms = [np.array(walk(subject, rule)) for rule in right_rules(kind, settings)]
    if any(close(yours, form, 1e-9) for form in forms):
        return None
    mistakes = (Mistake(word, np.array(walk(subject, rule)), text) for word, rule, text in usual_mistakes(kind, settings))
    more: dict[str, Any] = {"name": "the move of w", "otherwise": FORMULAS[kind], "tolerance": 1e-10}
    return recognize([yours], [forms[0]], mistakes, **more)


def walk(subject: OptimizerUnderTest, rule: Rule) -> list[Array]:
    """How far the parameter has gone after each step of a rule."""
    w, state, found = subject.w.copy(), dict[str, Any](), []
    with np.errstate(all="ignore"):
        for t, dw in enumerate(subject.gradients, 1):
            w = w + rule(w, dw, state, t)
            found.append(w - subject.w)
    return found


OPTIMIZER_CHECKS: dict[str, Callable[[OptimizerUnderTest], Wrong | None]] = {
    "moves in place": check_moves_in_place,
    "goes downhill": check_downhill,
    "learning rate": check_learning_rate,
    "states are apart": check_states,
    "formula": check_formula,
    "zero gradient": check_zero_gradient,
}


NEEDS = {
    "learning rate": ("goes downhill",),
    "formula": ("learning rate", "goes downhill", "states are apart"),
    "zero gradient": ("formula", "goes downhill"),
}


def check_optimizer(optimizer: Any, *, expected_failures: Mapping[str, str] | None = None, seed: int = 0) -> Report:
    """Run OPTIMIZER_CHECKS on an optimizer: a report with a finding for each, and a diagnosis for what is wrong.

    `optimizer` derives from sn.Optimizer, or is a class of that kind, called without arguments. One with the
    name of one of the book's six is compared with that one's formula too.
    """
    made = as_optimizer(optimizer)
    if not isinstance(made, Optimizer):
        raise InputError(
            f"the optimizer is {shortened(made)}, but an object whose class derives from sn.Optimizer is needed"
        )
    rng = np.random.default_rng(whole("seed", seed, least=0))
    gradients = [rng.standard_normal((3, 4)) for _ in range(STEPS)]
    subject = OptimizerUnderTest(made.fresh(), rng.standard_normal((3, 4)), gradients)
    return run_checks(name_of(made), OPTIMIZER_CHECKS, subject, expected_failures, needs=NEEDS)
