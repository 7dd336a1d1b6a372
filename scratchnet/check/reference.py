"""Does a layer compute what a layer that is known to be right computes? Read next: `preparing`."""

import copy
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from scratchnet.adapters import Adapted
from scratchnet.check.dropout import dropout_differs
from scratchnet.check.formulas import formula_differs
from scratchnet.check.gradient import gradients_of
from scratchnet.check.known_layers import library_layer, loaded, matched_parameters, parameters_differ, running_names
from scratchnet.check.known_mistakes import known_mistakes
from scratchnet.check.layer_under_test import LayerUnderTest
from scratchnet.check.patterns import WrongGradient, mistakes_in
from scratchnet.check.recognize import Mistake, close, compare
from scratchnet.check.report import NotCompared, Wrong
from scratchnet.layers import ACTIVATIONS, GELU, BatchNorm, Dropout, Layer, LayerNorm
from scratchnet.support.validation import Array

OF_OUT = (LayerNorm, BatchNorm, *ACTIVATIONS.values())  # in which mistakes of forward and backward alike are usual
EXACT, LOOSE = 1e-6, 1e-4  # how far out may be off: constants may be written with four digits


def check_formula(subject: LayerUnderTest) -> Wrong | None:
    """In training out is what a layer of its name makes: one of the library's, or another that is well known."""
    if subject.right:
        raise NotCompared("it is compared with the right layer that is given")
    formula = formula_differs(subject)
    return formula.wrong if formula else check_against_right(subject, out_alone=True)


def check_against_right(subject: LayerUnderTest, out_alone: bool = False) -> Wrong | None:
    """out, dx, every gradient and running statistics are those of the right layer, in training and in evaluation."""
    if not (out_alone or subject.right) and formula_differs(subject):
        raise NotCompared("its formula is compared, and its gradients with differences")
    given, known = (subject.right, True) if subject.right else library_layer(subject.layer, subject.x.shape)
    if type(given) is Dropout and given.ratio:
        used, subject.chance.used = subject.chance.used, subject.chance.used and subject.right is None
        try:
            return dropout_differs(subject.fresh, given.ratio, books=subject.right is None)
        finally:
            subject.chance.used = used
    right = LayerUnderTest(given, subject.x, subject.dout).fresh()
    draw = np.random.default_rng(0)
    x = 2 * draw.standard_normal(subject.x.shape) + 1
    drawing = copy.deepcopy(right)
    out = drawing.forward(x.copy())
    if not np.array_equal(out, drawing.forward(x.copy())):
        raise NotCompared(f"{type(right).__name__} draws random numbers, so that two of them differ")
    if type(right) is GELU and subject.right is None:
        yours = np.asarray(subject.fresh().forward(x.copy()), np.float64)
        return gelu_differs(yours, np.asarray(out), x)
    dout = draw.standard_normal(out.shape)
    if out_alone and type(right) not in OF_OUT:
        raise NotCompared("it is compared with the library's own")
    matched = matched_parameters(subject.layer, right)
    if matched is None:
        return parameters_differ(subject.layer, right)
    loaded(right, subject.layer, matched)
    plain = np.asarray(subject.fresh().forward(x.copy()))
    if not close(plain, np.asarray(copy.deepcopy(right).forward(x.copy())), LOOSE):
        turned = copy.deepcopy(right)
        loaded(turned, subject.layer, matched, turned=True)
        if close(plain, np.asarray(copy.deepcopy(turned).forward(x.copy())), LOOSE):  # a square weight stored (out, in)
            right = turned
            square = {name for name, w, _ in right.parameters() if w.ndim == 2}
            matched = {name: (own, name in square) for name, (own, _) in matched.items()}
    if out_alone:
        for scale in (1, 10):
            ours, tolerance = copy.deepcopy(right), EXACT if known else LOOSE
            outs = subject.fresh().forward(scale * x), ours.forward(scale * x)
            wrong = array_differs("out", *outs, ours, scale * x, dout, tolerance)
            if wrong and type(right) in ACTIVATIONS.values() and wrong[0] in ("other", "wrong-factor"):
                return (
                    "wrong-constant",
                    f"It is not the {type(right).__name__} of its name: look at its constants. {wrong[1]}",
                )
            if wrong:
                return wrong
        return None
    running = running_names(subject.layer, right)
    if subject.right is None and float(getattr(right, "momentum", 1)) < 0.5:
        running = {}  # PyTorch's momentum: another check looks at them
    for name in [name for name, own in running.items() if own]:
        setattr(right, name, 0.5 + 2 * draw.random(getattr(right, name).shape))
    pair = Pair(matched, running, EXACT if known else LOOSE, subject.right is not None)
    return passes_differ_in_both(subject, right, pair, x, dout)


class Pair:
    """How the names of two layers go together, how far numbers may be off, and whether the right layer was given."""

    def __init__(
        self, matched: Mapping[str, tuple[str, bool]], running: Mapping[str, str | None], tolerance: float, given: bool
    ) -> None:
        self.matched, self.running, self.tolerance, self.given = matched, running, tolerance, given


def passes_differ_in_both(subject: LayerUnderTest, right: Layer, pair: Pair, x: Array, dout: Array) -> Wrong | None:
    """In training, and then in evaluation; for a larger x too, where constants show."""
    missing = [name for name in vars(right) if name.startswith("running_") and not pair.running.get(name)]
    for training in (True, False):
        if missing and not training:
            if pair.given:
                raise NotCompared(f"it has no {missing[0]}: so that it can be compared in evaluation, give it that name")
            return None
        for size in (1, 10):
            yours, ours = subject.fresh(training), copy.deepcopy(right)
            ours.training = training
            for name, own in pair.running.items():
                if own:
                    setattr(yours, own, getattr(right, name).copy())
            wrong = passes_differ(yours, ours, size * x, dout, pair)
            if wrong:
                word, text = wrong
                return word, text if training or text.startswith("In evaluation") else f"In evaluation: {text}"
    return None


def gelu_differs(yours: Array, right: Array, x: Array) -> Wrong | None:
    """How out differs from the exact GELU, and from the approximations that are in use."""
    c = np.sqrt(2 / np.pi)
    by_tanh = 0.5 * x * (1 + np.tanh(c * (x + 0.044715 * x**3)))
    forms = [right, by_tanh, x / (1 + np.exp(-1.702 * x))]
    if any(close(yours, form, LOOSE) for form in forms):
        return None

    def tanhs(inner: Array, half: float = 0.5) -> Array:
        return np.asarray(half * x * (1 + np.tanh(inner)))

    mistakes = [
        Mistake("wrong-constant", tanhs(c * (x + 0.44715 * x**3)), "The constant is 0.044715, with a 0 after the point."),
        Mistake("wrong-constant", tanhs(x + 0.044715 * x**3), "The factor √(2/π) is missing."),
        Mistake("wrong-constant", tanhs(2 / np.pi * (x + 0.044715 * x**3)), "The factor is √(2/π), with a root."),
        Mistake("wrong-constant", tanhs(c * x), "The term 0.044715 x³ is missing."),
        Mistake("halved", 0.5 * right, "A 2 is missing."),
        Mistake("wrong-constant", tanhs(c * (x + 0.044715 * x**2)), "The power in 0.044715 x³ is 3."),
        Mistake("doubled", 2 * right, "The ½ is missing."),
        Mistake("doubled", 2 * by_tanh, "The ½ is missing."),
    ]
    text = "GELU is x Φ(x), Φ(x) = ½ (1 + erf(x/√2)), or with tanh ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))."
    word, told = compare([yours], [right], mistakes, name="out", cases=[(x,)], otherwise=text) or ("", "")
    return ("wrong-constant" if word in ("other", "wrong-factor") else word), told


def passes_differ(yours: Layer, right: Layer, x: Array, dout: Array, pair: Pair) -> Wrong | None:
    """One pass forward and back of both: out first, dx last."""
    handed, before = [x.copy(), dout.copy()], vars(right).copy()
    theirs: dict[str, Any] = {"out": yours.forward(handed[0])}
    ours: dict[str, Any] = {"out": right.forward(x.copy())}
    wrong = array_differs("out", theirs["out"], ours["out"], right, x, dout, pair.tolerance)
    if wrong:
        return wrong
    theirs["dx"], ours["dx"] = yours.backward(handed[1]), right.backward(dout.copy())
    if not (np.array_equal(handed[0], x) and (np.array_equal(handed[1], dout) or isinstance(yours, Adapted))):
        return "input-overwritten", "It writes into an array that it is given, x or dout: make a new one."
    own = gradients_of(yours)
    for name, gradient in gradients_of(right).items():
        if name[1:] not in pair.matched:
            continue
        found, transposed = pair.matched[name[1:]]
        ours[name], theirs[name] = gradient, own[f"d{found}"]
        if transposed and theirs[name] is not None:
            theirs[name] = np.asarray(theirs[name]).T
    for name, kept in pair.running.items() if isinstance(right, BatchNorm) else ():
        if kept:
            ours[name], theirs[name] = getattr(right, name), getattr(yours, kept)
    for label in sorted(set(ours) - {"out"}, key=lambda label: (label == "dx", label)):
        unbiased = (
            label == "running_var"
            and not pair.given
            and right.training
            and close(
                np.asarray(theirs[label], np.float64), with_unbiased(right, before[label], ours[label], x), pair.tolerance
            )
        )
        if unbiased:
            continue
        last = before.get(label)
        wrong = array_differs(label, theirs[label], ours[label], right, x, dout, pair.tolerance, last)
        if wrong:
            return wrong
    return None


def with_unbiased(right: Layer, before: Array, after: Array, x: Array) -> Array:
    """The running variance as PyTorch has it: of m numbers, larger by m / (m − 1)."""
    m, share = x.size // x.shape[-1], 1 - float(getattr(right, "momentum", 0.9))
    batch = (after - (1 - share) * before) / share
    return np.asarray((1 - share) * before + share * batch * m / max(m - 1, 1))


def array_differs(
    label: str, yours: Any, ours: Any, right: Layer, x: Array, dout: Array, tolerance: float, before: Array | None = None
) -> Wrong | None:
    """What is wrong with an array that should be `ours`; `before` is what a running statistic was."""
    if yours is None:
        forward = "forward" if label == "out" else "backward"
        if label in ("out", "dx"):
            return "returns-nothing", f"{forward} returns None: is a return missing?"
        return f"{label}-unset", f"backward leaves self.{label} unset."
    try:
        given = np.asarray(yours, np.float64)
    except (TypeError, ValueError):
        return "not-an-array", f"{label} is {yours!r}, but an array is needed."
    counts: Mapping[float, str] = {}
    mistakes = known_mistakes(right, label, x, dout)
    if before is not None:
        swapped = Mistake(
            "momentum-swapped", swapped_momentum(right, before, ours), "momentum and 1 − momentum are swapped."
        )
        mistakes = iter([swapped])
    elif label != "out":
        case = wrong_gradient(label, given, ours, right, x, dout)
        mistakes, counts = chain(mistakes, mistakes_in(case)), case.counts
    more: dict[str, Any] = {"name": label, "cases": [(x, dout)], "tolerance": tolerance, "counts": counts}
    return compare([given], [np.asarray(ours)], mistakes, **more)


def swapped_momentum(right: Layer, before: Array, after: Array) -> Array:
    """What a running statistic would be if momentum and 1 − momentum changed places."""
    momentum = getattr(right, "momentum", 0.5)
    batch = (after - momentum * before) / (1 - momentum)
    return np.asarray((1 - momentum) * before + momentum * batch)


def wrong_gradient(label: str, given: Array, ours: Array, right: Layer, x: Array, dout: Array) -> WrongGradient:
    def forward(values: Array) -> Array:
        return copy.deepcopy(right).forward(np.array(values))

    of_ones = copy.deepcopy(right)
    dx = of_ones.backward(np.ones_like(dout))
    with_ones = np.asarray(dx if label == "dx" else gradients_of(of_ones)[label])
    kinks = np.zeros(np.shape(ours), bool)
    parameters = {name: w for name, w, _ in right.parameters()}
    return WrongGradient(label, given, ours, x, dout, forward(x), with_ones, kinks, forward, parameters)
