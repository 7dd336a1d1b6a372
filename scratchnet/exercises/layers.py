"""How a layer that is an answer is judged: beside the library's own, with several batches and settings.

float64 numbers from float32 ones are slower, but no mistake: they get a remark. Read next: `plain_words`.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from scratchnet.check.layer import check_layer
from scratchnet.check.recognize import Mistake, all_close, close, worst_element
from scratchnet.check.report import Finding, Wrong
from scratchnet.exercises.judging import Findings, batch, finding, no_array
from scratchnet.exercises.plain_words import Advice, Members, in_plain_words, plain_error
from scratchnet.layers import Layer
from scratchnet.support.validation import Array

Arrays = dict[str, Any]
LayerMistakes = Callable[[str, Array, Array, Layer], Iterator[Mistake]]
REMARK = (
    "It is right. A remark: it makes float64 numbers from float32 ones, and those are half as fast. np.zeros(n) and "
    "np.where(…, 1.0, 0.0) are float64; .astype(x.dtype) makes them float32."
)
MEMBERS: Members = tuple(
    f"self.{name}"
    for name in (
        *("x", "slope", "ratio", "rng", "training", "mask", "gamma", "beta", "epsilon", "momentum", "std", "x_hat"),
        *("dgamma", "dbeta", "running_mean", "running_var"),
    )
)
TOLERANCE = 1e-6


def no_mistakes(label: str, x: Array, dout: Array, right: Layer) -> Iterator[Mistake]:
    yield from ()


def judge_layer(
    yours: Callable[..., Any],
    right: Callable[..., Layer],
    settings: list[tuple[Any, ...]],
    in_shape: tuple[int, int],
    mistakes: LayerMistakes = no_mistakes,
    advice: Advice = MappingProxyType({}),
    look: Callable[..., Wrong | None] = lambda make: None,
) -> Findings:
    """The findings on a class of layers.

    `settings` are the arguments of the two classes, the first for all checks. `mistakes(label, x, dout, right)` yields those
    of this exercise, in out, dx, or a gradient. `advice` is another remedy for a word of `plain_words`. `look(yours)` says
    what else is wrong, before the checks.
    """
    name = yours.__name__ if isinstance(yours, type) else "The layer"
    try:
        layer = yours(*settings[0])
        wrong = first_look(name, layer, right(*settings[0]), batch(in_shape, 3), mistakes) or look(yours)
    except NotImplementedError:
        raise
    except Exception as error:
        word, text = plain_error(name, error, MEMBERS, advice)
        if "in line" not in text and word != "wrong-call":
            raise  # it is no error of the reader's
        yield finding(name, (word, text))
        return
    if wrong:
        yield finding(name, wrong)
        return
    wrong = other_batches(yours, right, settings, in_shape) if deterministic(yours, settings[0], in_shape) else None
    if wrong:
        yield finding(name, wrong)
        return
    report = check_layer(lambda: yours(*settings[0]), in_shape, right=right(*settings[0]))
    for one in (*report.failures, *(one for one in report.findings if one.passed)):
        yield remarked(in_plain_words(one, MEMBERS, advice))


def remarked(one: Finding) -> Finding:
    """A float64 answer is right: what the check says of it becomes a remark."""
    return replace(one, passed=True, diagnosis=None, text=REMARK) if one.diagnosis == "float64-leaked" else one


def first_look(name: str, yours: Any, right: Layer, x: Array, mistakes: LayerMistakes) -> Wrong | None:
    """What is returned is one array of numbers; and the mistakes of this exercise, in training."""
    if not isinstance(yours, Layer):
        return "no-layer", f"{name} is no layer: keep its first line, class {name}(sn.Layer)."
    dout = batch(x.shape, 4)
    right = same_parameters(yours, right)
    ours = passed(right, x, dout)
    tried = copy.deepcopy(yours)
    try:
        theirs = passed(tried, x, dout)
    except NotImplementedError:
        raise
    except Exception:
        return None  # the checks say where
    for (label, w, _), (_, after, _) in zip(yours.parameters(), tried.parameters(), strict=True):
        if not np.array_equal(w, after):
            return "parameter-overwritten", f"A pass changes {label}: that is the optimizer's work, so set self.d{label}."
    for label in ("out", "dx"):
        wrong = no_array({"out": "forward", "dx": "backward"}[label], theirs[label])
        if wrong:
            return wrong
    for label in [label for label in ours if label != "dx"] + ["dx"]:
        try:
            array = np.asarray(theirs.get(label), np.float64)
        except (TypeError, ValueError):
            return None
        expected = np.asarray(ours[label], np.float64)
        if close(array, expected, TOLERANCE):
            continue
        for mistake in mistakes(label, x, dout, right):
            if all_close([array], mistake.answers, TOLERANCE):
                shown = worst_element(label, [(x, dout)], [array], [expected], TOLERANCE, True, "should be")
                return mistake.word, f"{mistake.text} {shown}"
        return None
    return None


def same_parameters(yours: Layer, right: Layer) -> Layer:
    """The right layer with the parameters of yours, after all of them were changed a little."""
    ours = {name: w for name, w, _ in right.parameters()}
    for k, (name, w, _) in enumerate(yours.parameters()):
        w += 0.3 * batch(w.shape, 10 + k).astype(w.dtype)
        if name in ours and ours[name].shape == w.shape:
            ours[name][...] = w
    return right


def passed(layer: Layer, x: Array, dout: Array) -> Arrays:
    """out, dx, and the gradients of the parameters."""
    found: Arrays = {"out": layer.forward(x.copy())}
    found["dx"] = layer.backward(dout.copy())
    return found | {f"d{name}": gradient for name, _, gradient in layer.parameters()}


def deterministic(yours: Callable[..., Any], arguments: tuple[Any, ...], shape: tuple[int, int]) -> bool:
    """Do two forward passes of one batch agree? Else, or if they raise, the checks say more."""
    layer = yours(*arguments)
    try:
        return bool(np.array_equal(layer.forward(batch(shape)), layer.forward(batch(shape))))
    except Exception:
        return False


def adds_up(layer: Layer, x: Array, dout: Array) -> bool:
    """Does a second backward add to the first?"""
    layer.forward(x.copy())

    def once() -> list[Array]:
        dx = layer.backward(dout.copy())
        return [np.array(one) for one in (dx, *(gradient for _, _, gradient in layer.parameters()))]

    return not all(np.allclose(one, other) for one, other in zip(once(), once(), strict=True))


def other_batches(
    yours: Callable[..., Any], right: Callable[..., Layer], settings: list[tuple[Any, ...]], in_shape: tuple[int, int]
) -> Wrong | None:
    """What is wrong with a second batch, of another size, or with other settings, where the first batch is right."""
    rows, units = in_shape
    for k, arguments in enumerate(settings):
        layer = yours(*arguments)
        ours = same_parameters(layer, right(*arguments))
        for n in (rows, rows + 3):
            x, dout = batch((n, units + k), n), batch((n, units + k), n + 1)
            wrong = differs(layer, x, dout, passed(ours, x, dout))
            if not wrong:
                continue
            if k:
                text = f"With other settings, {arguments}, {wrong} Is a number fixed that self or a shape has?"
                return "setting-fixed", text
            if n == rows or adds_up(yours(*arguments), x, dout):
                return None  # the checks name it
            alone, fresh = yours(*arguments), right(*arguments)
            same_parameters(alone, fresh)
            if differs(alone, x, dout, passed(fresh, x, dout)):
                return "size-fixed", f"For a batch of {n} rows {wrong} Is a number of rows or units fixed?"
            return "state-kept", f"In a second pass {wrong} Does it keep something from the first? forward sets it anew."
    return None


def differs(yours: Layer, x: Array, dout: Array, ours: Mapping[str, Any]) -> str:
    """A sentence on the first array that differs, or on an error; nothing if all is right."""
    try:
        theirs = passed(yours, x, dout)
    except Exception as error:
        return plain_error("it", error, MEMBERS)[1]
    for label, expected in ours.items():
        array, right = np.asarray(theirs[label], np.float64), np.asarray(expected, np.float64)
        if not close(array, right, 1e-4):
            return worst_element(label, [()], [array], [right], 1e-4, True, "should be")
    return ""
