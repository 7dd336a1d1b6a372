"""A layer that is checked, and whether its gradients are those of differences. Read next: `parameters`."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scratchnet.check.chance import Chance
from scratchnet.check.gradient import by_differences, in_float64, own_gradients
from scratchnet.check.patterns import WrongGradient, label_of, mistakes_in
from scratchnet.check.recognize import ROWS, recognize
from scratchnet.check.report import NotCompared, Wrong, shortened
from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.validation import Array, InputError

TOLERANCE = 1e-5  # of the largest element of a gradient
LARGE = 8  # times x: where a slope may be lost
NO_SEED = (
    "it draws from a generator that is made anew in each pass, so that no two passes can be compared: draw from self.rng"
)


@dataclass
class LayerUnderTest:
    """A layer that is checked, the x that goes into it, the dout that comes from above, and a layer that is right, if known.

    x holds some zeros, where many layers have kinks. `built` is the layer as it was given.
    """

    layer: Layer
    x: Array
    dout: Array
    right: Layer | None = None
    built: Any = None
    chance: Chance = field(default_factory=lambda: Chance(None))
    repeatable: bool = True  # does it draw the same random numbers, once all generators are set back?
    positive: bool = False  # does it take positive numbers alone, as a logarithm does?

    def fresh(self, training: bool = True, exact: bool = True) -> Layer:
        """A copy that has seen nothing, in float64 if `exact`; each draws the same random numbers."""
        layer = in_float64(self.layer) if exact else copy.deepcopy(self.layer)
        train(layer, training)
        self.chance.rewind()
        return layer

    def other_batches(self) -> Iterator[tuple[str, Array, bool, bool]]:
        """Other inputs, each with what it is, whether it is for training, and whether the layer may refuse it."""
        rng, n, rest = np.random.default_rng(5), len(self.x), self.x.shape[1:]

        def batch(shape: tuple[int, ...]) -> Array:
            made = 1.5 * rng.standard_normal(shape)
            return np.abs(made) + 0.1 if self.positive else made

        yield f"a batch of {n + 1}", batch((n + 1, *rest)), True, False
        yield "a batch of one", batch((1, *rest)), False, False
        if not self.positive:
            yield f"an x that is {LARGE} times larger", LARGE * batch(self.x.shape), True, False
        if not self.layer.parameters() and len(rest) == 1:
            yield f"rows of {rest[0] + 2} numbers", batch((n + 1, rest[0] + 2)), True, True
            yield "rows of one number", batch((n, 1)), True, True


def train(layer: Layer, training: bool) -> None:
    """Set a layer, and the layers in it, to training or to evaluation, in which they compute dx."""
    for one in [layer, *([part for _, part in layer.walk()] if isinstance(layer, Network) else [])]:
        one.training, one.needs_dx = training, True


def check_against_differences(subject: LayerUnderTest, training: bool = True) -> Wrong | None:
    """dx and the gradient of each parameter are those of differences, for every element and a random dout."""
    if not subject.repeatable and training:
        raise NotCompared(NO_SEED)
    layer = subject.fresh(training)
    own, arrays = own_gradients(layer, subject.x, subject.dout, subject.chance)
    for label in sorted(arrays, key=lambda label: label == "dx"):  # the plain ones first
        wrong = gradient_differs(subject, layer, label, np.asarray(own[label], np.float64))
        if wrong:
            return not_by_chance(subject, label, wrong, training)
    return None


def not_by_chance(subject: LayerUnderTest, label: str, wrong: Wrong, training: bool) -> Wrong:
    """The same fault with one row more: there 2 over the number of rows is not ½, and a factor of 4 is not N."""
    factors = {"twice-the-mean": 2.0, "times-n": 1.0, "divided-by-n": 1.0}
    if wrong[0] not in factors or f"{ROWS}." not in wrong[1]:
        return wrong
    try:
        x = next(batch for _, batch, _, _ in subject.other_batches())
        layer = subject.fresh(training)
        dout = np.random.default_rng(6).standard_normal(np.shape(copy.deepcopy(layer).forward(x.copy())))
        own, _ = own_gradients(layer, x, dout, subject.chance)
        there, yours = LayerUnderTest(subject.layer, x, dout, chance=subject.chance), np.asarray(own[label], np.float64)
        ahead, behind = by_differences(layer, x, dout, label, chance=subject.chance)
        right = (ahead + behind) / 2
        factor = float((yours * right).sum() / (right**2).sum()) / factors[wrong[0]]
        if abs((factor if wrong[0] == "times-n" else 1 / factor) / len(x) - 1) < 1e-3:
            return wrong
        return gradient_differs(there, layer, label, yours) or wrong
    except Exception:
        return wrong


def check_other_batches(subject: LayerUnderTest) -> Wrong | None:
    """The gradients are right for batches of other sizes, and for a larger x. Differences in random directions tell."""
    if not subject.repeatable:
        raise NotCompared(NO_SEED)
    for what, x, training, may_refuse in subject.other_batches():
        layer = subject.fresh(training)
        try:
            out = copy.deepcopy(layer).forward(x.copy())
            dout = np.random.default_rng(6).standard_normal(np.shape(out))
            own, arrays = own_gradients(layer, x, dout, subject.chance)
            fits = all(own[label] is not None and np.shape(own[label]) == np.shape(arrays[label]) for label in arrays)
        except Exception as error:
            if may_refuse or isinstance(error, InputError):
                continue
            return "batch-of-one" if len(x) == 1 else "size-dependent", (
                f"For {what} it raises {type(error).__name__}: {shortened(str(error), 160)}."
            )
        if (
            not np.isfinite(out).all()
            or (may_refuse and not fits)
            or (fits and agrees_in_directions(layer, x, dout, own, arrays, subject.chance))
        ):
            continue
        there = LayerUnderTest(subject.layer, x, dout, chance=subject.chance)
        for label in sorted(arrays, key=lambda label: label == "dx"):
            wrong = gradient_differs(there, layer, label, np.asarray(own[label], np.float64))
            if wrong:
                named = "size-dependent" if may_refuse or wrong[0] in ("other", "wrong-factor") else wrong[0]
                lost = what.startswith("an x") and wrong[0] in ("other", "zero", "path-left-out")
                named = "lost-at-large-inputs" if lost else named
                return named, f"For {what}: {wrong[1]}"
    return None


def agrees_in_directions(
    layer: Layer, x: Array, dout: Array, own: dict[str, Any], arrays: dict[str, Array], chance: Chance, step: float = 1e-5
) -> bool:
    """Is Σ dout · out changed as the gradients say, where x and all parameters go a little in random directions?"""
    rng = np.random.default_rng(7)
    for label, array in arrays.items():
        gradient = np.asarray(own[label], np.float64)
        for _ in range(2):
            direction = rng.standard_normal(array.shape)

            def value(h: float, label: str = label, direction: Array = direction) -> float:
                moved = copy.deepcopy(layer)
                if label != "dx":
                    next(w for name, w, _ in moved.parameters() if label == label_of(name))[...] += h * direction
                chance.rewind()
                return float((moved.forward((x + h * direction if label == "dx" else x).copy()) * dout).sum())

            slope = (value(step) - value(-step)) / (2 * step)
            scale = float(np.abs(gradient * direction).sum()) + 1e-3 + abs(slope)
            if not abs(slope - float((gradient * direction).sum())) <= 3e-6 * scale:
                return False
    return True


def gradient_differs(subject: LayerUnderTest, layer: Layer, label: str, yours: Array) -> Wrong | None:
    x, dout = subject.x, subject.dout
    more: dict[str, Any] = {"chance": subject.chance}
    ahead, behind = by_differences(layer, x, dout, label, **more)
    right = (ahead + behind) / 2
    kinks = np.zeros(right.shape, bool)
    off = np.full(right.shape, np.inf)
    if yours.shape == right.shape:
        scale = max(float(np.abs(right).max(initial=0)), 1e-3)
        # At a kink the slopes from above and from below differ, and stay apart with a smaller step: any between will do.
        near, far = by_differences(layer, x, dout, label, 1e-7, **more), np.abs(ahead - behind) > 1e-3 * scale
        apart = np.abs(ahead - behind)
        kinks = (apart > 5e-6 * scale) & (np.abs(near[0] - near[1]) > 0.5 * apart)
        between = (yours >= np.minimum(*near) - 1e-4 * scale) & (yours <= np.maximum(*near) + 1e-4 * scale)
        right = np.where(far & ~kinks, (near[0] + near[1]) / 2, right)
        off = np.where(kinks & between, 0, np.abs(yours - right))
        off[~np.isfinite(off)] = np.inf
        # Where the slope itself has a kink, as Softsign's at 0, a smaller step comes nearer.
        bend = np.minimum(2 * np.abs(right - (near[0] + near[1]) / 2), 1e-4 * scale)
        if np.all(off <= np.where(far, 1e-4, TOLERANCE) * scale + bend):
            return None
    parameters = {name: w for name, w, _ in layer.parameters()}

    def forward(values: Array) -> Array:
        again = copy.deepcopy(layer)
        subject.chance.rewind()
        return again.forward(np.array(values))

    ones = by_differences(layer, x, np.ones_like(dout), label, **more)
    with_ones = (ones[0] + ones[1]) / 2
    whole_numbers = getattr(layer, "takes_whole_numbers", False)
    case = WrongGradient(label, yours, right, x, dout, forward(x), with_ones, kinks, forward, parameters, whole_numbers)
    where = ~kinks if yours.shape == right.shape and not kinks.all() else True
    inputs = (x, dout) if label == "dx" else (x,)
    return recognize(
        [yours],
        [right],
        mistakes_in(case),
        name=label,
        cases=[inputs],
        where=where,
        counts=case.counts,
        source="differences say",
    )
