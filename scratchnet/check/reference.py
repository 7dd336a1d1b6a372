"""Does a layer compute what a layer that is known to be right computes? Read next: `layer`."""

import copy
import inspect
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from scratchnet.check.dropout import dropout_differs
from scratchnet.check.gradient import gradients_of
from scratchnet.check.known_mistakes import known_mistakes
from scratchnet.check.layer_under_test import LayerUnderTest
from scratchnet.check.patterns import WrongGradient, mistakes_in
from scratchnet.check.recognize import Mistake, compare
from scratchnet.check.report import NotCompared, Wrong
from scratchnet.layers import (
    ACTIVATIONS,
    Affine,
    AveragePool,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    MaxPool,
)
from scratchnet.support.validation import Array, InputError

LIBRARY: Mapping[str, type[Layer]] = {
    **ACTIVATIONS,
    **{kind.__name__: kind for kind in (Affine, BatchNorm, LayerNorm, Dropout, Convolution, MaxPool, AveragePool, Flatten)},
}


def check_against_right(subject: LayerUnderTest) -> Wrong | None:
    """out, dx, every gradient and running statistics are those of the right layer, in training and in evaluation."""
    right = subject.right or library_layer(subject.layer)
    if type(right) is Dropout and right.ratio:
        return dropout_differs(subject.fresh, right.ratio)
    right = LayerUnderTest(right, subject.x, subject.dout).fresh()
    draw = np.random.default_rng(0)
    x = 2 * draw.standard_normal(subject.x.shape) + 1
    drawing = copy.deepcopy(right)
    out = drawing.forward(x.copy())
    if not np.array_equal(out, drawing.forward(x.copy())):
        raise NotCompared(f"{type(right).__name__} draws random numbers, so that two of them differ")
    dout = draw.standard_normal(out.shape)
    wrong = parameters_differ(subject.layer, right)
    if wrong:
        return wrong
    own = {name: w for name, w, _ in subject.layer.parameters()}
    for name, w, _ in right.parameters():
        w[...] = own[name]
    running = [name for name in vars(right) if name.startswith("running_")]
    missing = [name for name in running if not hasattr(subject.layer, name)]
    for name in set(running) - set(missing):
        setattr(right, name, 0.5 + 2 * draw.random(getattr(right, name).shape))
    for training in (True, False):
        if missing and not training:
            text = f"it has no {missing[0]}: so that it can be compared in evaluation, give it that name"
            raise NotCompared(text)
        yours, ours = subject.fresh(training), copy.deepcopy(right)
        ours.training = training
        for name in set(running) - set(missing):
            setattr(yours, name, getattr(right, name).copy())
        wrong = passes_differ(yours, ours, x, dout, missing)
        if wrong:
            word, text = wrong
            return word, text if training or text.startswith("In evaluation") else f"In evaluation: {text}"
    return None


def library_layer(layer: Layer) -> Layer:
    """The library's layer of the same name with the same settings; NotCompared if there is none."""
    kind = LIBRARY.get(type(layer).__name__)
    if kind is None:
        raise NotCompared(f"the library has no {type(layer).__name__}; give a layer that is right, right=…")
    if type(layer) is kind:
        raise NotCompared("it is the library's own")
    settings: dict[str, Any] = {}
    for name in inspect.signature(kind).parameters:
        if name in ("init", "bias_init"):
            continue
        fans = next((spec.fans for spec in layer.specs.values() if spec.fans), None)
        if name in vars(layer):
            settings[name] = vars(layer)[name]
        elif fans and name in ("n_in", "n_out"):
            settings[name] = getattr(fans, name)
        elif name == "n" and layer.specs:  # how many units a normalization has
            settings[name] = next(iter(layer.specs.values())).shape[-1]
        else:
            raise NotCompared(f"it has no attribute {name}, as the library's {kind.__name__} has; give right=…")
    try:
        right = kind(**settings)
    except (InputError, TypeError) as error:
        raise NotCompared(f"the library's {kind.__name__} cannot be built with its settings: {error}") from error
    if parameters_differ(layer, right):
        raise NotCompared(f"its parameters are not those of the library's {right!r}; give right=…")
    return right


def parameters_differ(layer: Layer, right: Layer) -> Wrong | None:
    theirs, ours = ({name: w.shape for name, w, _ in one.parameters()} for one in (layer, right))
    if theirs == ours:
        return None
    return "parameters-differ", f"Its parameters are {listed(theirs)}, but those of {right!r} are {listed(ours)}."


def listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"


def passes_differ(yours: Layer, right: Layer, x: Array, dout: Array, missing: list[str]) -> Wrong | None:
    """One pass forward and back of both: out first, dx last."""
    handed, before = [x.copy(), dout.copy()], vars(right).copy()
    theirs: dict[str, Any] = {"out": yours.forward(handed[0])}
    ours: dict[str, Any] = {"out": right.forward(x.copy())}
    wrong = array_differs("out", theirs["out"], ours["out"], right, x, dout)
    if wrong:
        return wrong
    theirs["dx"], ours["dx"] = yours.backward(handed[1]), right.backward(dout.copy())
    if not (np.array_equal(handed[0], x) and np.array_equal(handed[1], dout)):
        return "input-overwritten", "It writes into an array that it is given, x or dout: make a new one."
    for layer, arrays in ((yours, theirs), (right, ours)):
        arrays |= gradients_of(layer)
        arrays |= {name: value for name, value in vars(layer).items() if name.startswith("running_")}
    for label in sorted(set(ours) - {"out", *missing}, key=lambda label: (label == "dx", label)):
        wrong = array_differs(label, theirs[label], ours[label], right, x, dout, before.get(label))
        if wrong:
            return wrong
    return None


def array_differs(
    label: str, yours: Any, ours: Any, right: Layer, x: Array, dout: Array, before: Array | None = None
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
    return compare([given], [np.asarray(ours)], mistakes, name=label, cases=[(x, dout)], tolerance=1e-6, counts=counts)


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
