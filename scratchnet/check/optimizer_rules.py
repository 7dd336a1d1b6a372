"""The book's optimizers and AdamW as formulas, each in the forms that are right, and the usual mistakes in them.

A rule says how far w moves, from w, dw, a state and the number of the step. Read next: `optimizer`.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scratchnet.check.names import OPTIMIZER_NAMES as NAMES
from scratchnet.check.names import known_name, setting
from scratchnet.support.validation import Array

Rule = Callable[[Array, Array, dict[str, Any], int], Array]
KINDS = ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam", "AdamW")
FORMULAS = {
    "SGD": "w ← w − η dw",
    "Momentum": "v ← μ v − η dw, w ← w + v",
    "Nesterov": "v ← μ v − η dw, w ← w + μ v − η dw",
    "AdaGrad": "h ← h + dw², w ← w − η dw / (√h + ε)",
    "RMSprop": "h ← ρ h + (1 − ρ) dw², w ← w − η dw / (√h + ε)",
    "Adam": "m ← β₁ m + (1 − β₁) dw, v ← β₂ v + (1 − β₂) dw², w ← w − η m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)",
    "AdamW": "Adam's step, and w ← w − η λ w",
}


@dataclass
class Settings:
    """The settings of an optimizer, under the names that people give them."""

    lr: float
    momentum: float
    decay: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float

    @classmethod
    def of(cls, optimizer: Any, kind: str) -> "Settings":
        def of(default: float, *names: str) -> float:
            found = setting(optimizer, names, default)
            return float(found) if isinstance(found, int | float | np.number) else default

        betas = setting(optimizer, ("betas",), (0.9, 0.999))
        return cls(
            of(0.01, "lr", "learning_rate", "eta"),
            of(0.9, "momentum", "mu", "beta", "gamma", "alpha"),
            of(0.99, "decay", "rho", "decay_rate", "alpha", "beta", "gamma"),
            of(betas[0], "beta1", "beta_1", "b1"),
            of(betas[1], "beta2", "beta_2", "b2"),
            of(1e-8 if kind == "AdamW" else 1e-7, "epsilon", "eps"),
            of(0.01 if kind == "AdamW" else 0.0, "weight_decay", "wd", "decay", "lam", "lambda_", "l2", "strength")
            if kind in ("AdamW", "SGD", "Momentum")
            else 0.0,
        )


def kind_of_optimizer(optimizer: Any) -> str | None:
    """Which of KINDS an optimizer is, by its name."""
    return known_name(type(optimizer).__name__, {**{kind: kind for kind in KINDS}, **NAMES})


def averaged(state: dict[str, Any], key: str, value: Array, decay: float, new: float) -> Array:
    state[key] = decay * state.get(key, 0 * value) + new * value
    return np.asarray(state[key])


def right_rules(kind: str, o: Settings) -> Iterator[Rule]:
    """The forms of a formula that are right: ε may be added to the root, or under it."""
    if kind == "SGD":
        yield lambda w, dw, s, t: -o.lr * dw
        yield lambda w, dw, s, t: -o.lr * (dw + o.weight_decay * w)
    if kind == "Momentum":
        yield lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, o.momentum, 1)
        yield lambda w, dw, s, t: averaged(s, "v", -o.lr * (dw + o.weight_decay * w), o.momentum, 1)
    if kind == "Nesterov":
        yield lambda w, dw, s, t: o.momentum * averaged(s, "v", -o.lr * dw, o.momentum, 1) - o.lr * dw
    if kind in ("AdaGrad", "RMSprop"):
        yield lambda w, dw, s, t: scaled(kind, o, dw, s)
        yield lambda w, dw, s, t: scaled(kind, o, dw, s, under=True)
    if kind == "Adam":
        yield lambda w, dw, s, t: adam(o, dw, s, t)
        yield lambda w, dw, s, t: adam(o, dw, s, t, late=True)
    if kind == "AdamW":
        for late in (True, False):
            yield lambda w, dw, s, t, late=late: adam(o, dw, s, t, late=late) - o.lr * o.weight_decay * w  # type: ignore[misc]
            yield lambda w, dw, s, t, late=late: adam(o, dw, s, t, late=late) - o.weight_decay * w  # type: ignore[misc]


def scaled(
    kind: str,
    o: Settings,
    dw: Array,
    s: dict[str, Any],
    root: bool = True,
    under: bool = False,
    decay: float | None = None,
    new: float | None = None,
    power: int = 2,
) -> Array:
    """The step of AdaGrad or RMSprop, with ε under the root if `under`."""
    old, fresh = (1.0, 1.0) if kind == "AdaGrad" else (o.decay, 1 - o.decay)
    h = averaged(s, "h", np.abs(dw) ** power, old if decay is None else decay, fresh if new is None else new)
    if under:
        return np.asarray(-o.lr * dw / np.sqrt(h + o.epsilon))
    return np.asarray(-o.lr * dw / ((np.sqrt(h) if root else h) + o.epsilon))


def adam(
    o: Settings,
    dw: Array,
    s: dict[str, Any],
    t: int,
    late: bool = False,
    root: bool = True,
    first: float | None = None,
    second: float | None = None,
    swapped: bool = False,
    power: int = 2,
) -> Array:
    """Adam's step, with ε added to the corrected root if `late`, or with other corrections of m and of v."""
    beta1, beta2 = (o.beta2, o.beta1) if swapped else (o.beta1, o.beta2)
    m = averaged(s, "m", dw, beta1, 1 - beta1) / (1 - beta1**t if first is None else first)
    v, corrected = averaged(s, "v", np.abs(dw) ** power, beta2, 1 - beta2), 1 - beta2**t if second is None else second
    if late:
        return np.asarray(-o.lr * m / ((np.sqrt(v / corrected) if root else v / corrected) + o.epsilon))
    return np.asarray(-o.lr * m * math.sqrt(corrected) / ((np.sqrt(v) if root else v) + o.epsilon))


def usual_mistakes(kind: str, o: Settings) -> Iterator[tuple[str, Rule, str]]:
    """The mistakes in one of them, each as a rule."""
    if kind == "Momentum":
        yield "momentum-missing", lambda w, dw, s, t: -o.lr * dw, "That is SGD: v is forgotten after each step."
        yield "sign-flipped", lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, -o.momentum, 1), "μ v has a plus."
        text = "That is Nesterov's: w moves by v itself."
        yield "nesterov", lambda w, dw, s, t: o.momentum * averaged(s, "v", -o.lr * dw, o.momentum, 1) - o.lr * dw, text
    if kind in ("Momentum", "Nesterov"):
        text = "dw is multiplied by 1 − μ, which is dampening: v ← μ v − η dw."
        yield "dampened", lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, o.momentum, 1 - o.momentum), text

        def dampened(w: Array, dw: Array, s: dict[str, Any], t: int) -> Array:
            return np.asarray(o.momentum * averaged(s, "v", -o.lr * dw, o.momentum, 1 - o.momentum) - o.lr * dw)

        yield "dampened", dampened, text
        text = "v is multiplied by 1 − μ: μ and 1 − μ are swapped."
        yield "decay-swapped", lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, 1 - o.momentum, o.momentum), text
        yield "decay-swapped", lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, 1 - o.momentum, 1), text
        yield (
            "never-forgets",
            lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, 1, 1),
            "v never fades: it is multiplied by μ.",
        )
    if kind == "Nesterov":
        yield "not-ahead", lambda w, dw, s, t: averaged(s, "v", -o.lr * dw, o.momentum, 1), "That is Momentum."
        yield "momentum-missing", lambda w, dw, s, t: -o.lr * dw, "That is SGD: v is forgotten after each step."
    if kind in ("AdaGrad", "RMSprop"):
        yield "root-missing", lambda w, dw, s, t: scaled(kind, o, dw, s, root=False), "dw is divided by √h, not by h."
        if kind == "RMSprop":
            text = "That is AdaGrad: h fades by ρ."
            yield "never-forgets", lambda w, dw, s, t: scaled(kind, o, dw, s, decay=1.0, new=1.0), text
            text = "dw² is not multiplied by 1 − ρ, so that h is too large."
            yield "share-missing", lambda w, dw, s, t: scaled(kind, o, dw, s, new=1.0), text
        text = "ρ and 1 − ρ are swapped."
        yield "decay-swapped", lambda w, dw, s, t: scaled(kind, o, dw, s, decay=1 - o.decay, new=o.decay), text
        text = "h is dw² of this step alone: it adds up, h += dw²."
        yield "forgets", lambda w, dw, s, t: scaled(kind, o, dw, s, decay=0.0, new=1.0), text
        if kind == "AdaGrad":
            text = "That is RMSprop: h adds up all dw², and never fades."
            yield "forgets", lambda w, dw, s, t: scaled("RMSprop", o, dw, s), text
        yield "square-missing", lambda w, dw, s, t: scaled(kind, o, dw, s, power=1), "h adds up dw², not |dw|."
        text = "ε is missing beside the root: a gradient of 0 then gives 0 / 0."
        yield "epsilon-missing", lambda w, dw, s, t: scaled(kind, replace(o, epsilon=0.0), dw, s), text
        yield "brackets-missing", lambda w, dw, s, t: no_brackets(o, scaled, kind, dw, s), BRACKETS
        yield "brackets-missing", lambda w, dw, s, t: no_brackets(o, scaled, kind, dw, s, -1), BRACKETS
    if kind in ("Adam", "AdamW"):
        yield from mistakes_in_adam(o, o.weight_decay)


BRACKETS = "Brackets are missing: dw / √h + ε adds ε to the quotient, and should be dw / (√h + ε)."


def no_brackets(o: Settings, rule: Callable[..., Array], kind: str, dw: Array, s: dict[str, Any], sign: int = 1) -> Array:
    step = rule(kind, replace(o, epsilon=0.0), dw, s)
    return np.asarray(step - o.lr * o.epsilon if sign > 0 else step - o.epsilon)


def mistakes_in_adam(o: Settings, decay: float) -> Iterator[tuple[str, Rule, str]]:
    """Those of Adam, and of AdamW if there is a decay."""
    exact = replace(o, epsilon=0.0)

    def rule(changes: dict[str, Any], add: float = -1.0) -> Rule:
        return lambda w, dw, s, t: adam(o, dw, s, t, **changes) + add * o.lr * decay * w

    def timed(change: Callable[[int], dict[str, Any]]) -> Rule:
        return lambda w, dw, s, t: adam(o, dw, s, t, **change(t)) - o.lr * decay * w

    for late in (False, True):
        text = "The correction of the first steps is missing: m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ)."
        yield "bias-correction-missing", rule({"first": 1, "second": 1, "late": late}), text
        yield "bias-correction-missing", rule({"second": 1, "late": late}), "Divide v by 1 − β₂ᵗ too."
        yield "bias-correction-missing", rule({"first": 1, "late": late}), "Divide m by 1 − β₁ᵗ too."
        text = "The power is missing: m and v are divided by 1 − β₁ᵗ and 1 − β₂ᵗ, with t the number of the step."
        yield "power-missing", rule({"first": 1 - o.beta1, "second": 1 - o.beta2, "late": late}), text
        yield "power-missing", rule({"first": 1 - o.beta1, "late": late}), text
        yield "power-missing", rule({"second": 1 - o.beta2, "late": late}), text
        text = "t is one too large: the first step has t = 1."

        def ahead(t: int, late: bool = late) -> dict[str, Any]:
            return {"first": 1 - o.beta1 ** (t + 1), "second": 1 - o.beta2 ** (t + 1), "late": late}

        yield "step-miscounted", timed(ahead), text

        def times(t: int, late: bool = late) -> dict[str, Any]:
            return {"first": 1 - o.beta1 * t, "second": abs(1 - o.beta2 * t), "late": late}

        yield "power-missing", timed(times), "βt is a power, β ** t, and no product."
        yield "betas-swapped", rule({"swapped": True, "late": late}), "β₁ and β₂ are swapped."
        yield "square-missing", rule({"power": 1, "late": late}), "v averages dw², not |dw|."
        yield "root-missing", rule({"root": False, "late": late}), "m is divided by √v, not by v."
        text = "ε is missing beside the root: a gradient of 0 then gives 0 / 0."
        yield "epsilon-missing", lambda w, dw, s, t, late=late: adam(exact, dw, s, t, late) - o.lr * decay * w, text  # type: ignore[misc]
    if decay:
        yield "decay-sign", rule({}, 1.0), "The decay has the wrong sign, so that weights grow: w ← w − η λ w."
        yield "decay-sign", rule({"late": True}, 1.0), "The decay has the wrong sign, so that weights grow: w ← w − η λ w."
        for late in (False, True):
            more = {"late": late}
            yield "decay-sign", rule(more, 1.0 / o.lr), "The decay has the wrong sign, so that weights grow: w ← w − λ w."
        yield "decay-missing", rule({}, 0.0), "The decay is missing: w ← w − η λ w."
        yield "decay-missing", rule({"late": True}, 0.0), "The decay is missing: w ← w − η λ w."
        text = "λ w is added to dw, which is L2 regularization: AdamW decays w beside Adam's step."
        for late in (False, True):
            yield "decay-in-gradient", lambda w, dw, s, t, late=late: adam(o, dw + decay * w, s, t, late=late), text  # type: ignore[misc]
