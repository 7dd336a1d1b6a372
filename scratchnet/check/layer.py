"""What must hold for any layer, one check for each. Read next: `loss_inputs`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scratchnet.adapters import Adapted
from scratchnet.check.chance import Chance, same_global_chance
from scratchnet.check.layer_under_test import LayerUnderTest, check_against_differences, check_other_batches
from scratchnet.check.parameters import (
    check_fans,
    check_initializer_is_honoured,
    check_output_variance,
    check_parameters_are_noted,
    check_parameters_are_used,
)
from scratchnet.check.preparing import a_layer, an_array, as_one_array, dout_of, prepare, right_layer
from scratchnet.check.readers_code import as_layer
from scratchnet.check.reference import check_against_right, check_formula
from scratchnet.check.report import NotCompared, Report, Wrong, name_of, run_checks
from scratchnet.check.running import check_running_statistics, check_ties, check_zeros
from scratchnet.network import Network
from scratchnet.support.validation import Array, whole

Check = Callable[[LayerUnderTest], Wrong | None]


def check_passes(subject: LayerUnderTest) -> Wrong | None:
    """forward and backward return arrays, and backward leaves a gradient for each parameter."""
    layer = subject.fresh()
    dx = layer.backward(dout_of(layer.forward(subject.x.copy())))
    if dx is None:
        return "returns-nothing", "backward returns None: is a return missing?"
    if np.shape(dx) != subject.x.shape:
        return "wrong-shape", f"dx has shape {np.shape(dx)}, but x has {subject.x.shape}: return one number for each of x."
    unset = [name for name, _, gradient in layer.parameters() if gradient is None]
    if unset:
        return "gradient-unset", f"backward leaves {', '.join(f'd{name}' for name in unset)} unset: store self.d{unset[0]}."
    return None


def check_arguments_unchanged(subject: LayerUnderTest) -> Wrong | None:
    """Neither pass writes into x, dout or a parameter."""
    layer, x, dout = subject.fresh(), subject.x.copy(), subject.dout.copy()
    before = [w.copy() for _, w, _ in layer.parameters()]
    layer.forward(x)
    if not np.array_equal(x, subject.x):
        return "input-overwritten", "forward writes into x, which belongs to the layer before: make a new array."
    layer.backward(dout)
    if not np.array_equal(x, subject.x):
        return "input-overwritten", "backward writes into x, which belongs to the layer before: make a new array."
    if not np.array_equal(dout, subject.dout):
        if isinstance(layer, Adapted):
            raise NotCompared(
                "backward writes into dout: sn.adapt gives it a copy, and in your own network take dout.copy()"
            )
        return "upstream-overwritten", "backward writes into dout, which the layer above may still need: make a new array."
    if any(not np.array_equal(w, kept) for (_, w, _), kept in zip(layer.parameters(), before, strict=True)):
        return "parameter-overwritten", "A pass changes a parameter: that is the optimizer's work."
    return None


def check_second_backward(subject: LayerUnderTest) -> Wrong | None:
    """A second backward of the same dout gives the same gradients: nothing is added up over calls."""
    layer = subject.fresh()
    layer.forward(subject.x.copy())

    def once() -> list[Array]:
        dx = layer.backward(subject.dout.copy())
        return [np.copy(an_array(one)) for one in (dx, *(gradient for _, _, gradient in layer.parameters()))]

    first, second = once(), once()
    if any(a.shape != b.shape or not np.allclose(a, b) for a, b in zip(first, second, strict=True)):
        return "accumulated", "A second backward gives other gradients: each replaces the one before, self.dW = …, not +=."
    return None


def check_float32(subject: LayerUnderTest) -> Wrong | None:
    """It makes float32 numbers from float32 numbers."""
    layer = subject.fresh(exact=False)
    if isinstance(layer, Network) and layer.dtype != np.float32:
        raise NotCompared(f"it computes in {layer.dtype}")
    for _, w, _ in layer.parameters():
        if w.dtype != np.float32:
            raise NotCompared(f"its parameters are {w.dtype}")
    out = layer.forward(subject.x.astype(np.float32))
    dx = layer.backward(subject.dout.astype(np.float32))
    kinds = {"out": out, "dx": dx} | {f"d{name}": gradient for name, _, gradient in layer.parameters()}
    leaked = [name for name, array in kinds.items() if np.asarray(array).dtype != np.float32]
    if leaked:
        return "float64-leaked", (
            f"{' and '.join(leaked)} became {np.asarray(kinds[leaked[0]]).dtype} from float32, at half the speed: is there "
            "an array made without dtype, such as np.zeros(n) or np.where(…, 1.0, 0.0)?"
        )
    return None


def check_training_and_evaluation(subject: LayerUnderTest) -> Wrong | None:
    """In evaluation nothing is drawn, rows do not depend on each other, and running statistics are used there alone."""
    layer, x = subject.fresh(training=False), subject.x
    out = layer.forward(x.copy())
    if not np.array_equal(out, layer.forward(x.copy())):
        return "training-mode-in-evaluation", "In evaluation two passes of one x differ: ask self.training before drawing."
    if len(x) > 1 and not np.allclose(layer.forward(x[:2].copy()), out[:2], rtol=1e-6, atol=1e-9):
        return "training-mode-in-evaluation", (
            "In evaluation a row's output depends on the rows beside it: take running statistics, not the batch's, and do "
            "not squeeze or sum over axis 0."
        )
    running = [name for name, value in vars(layer).items() if name.startswith("running") and isinstance(value, np.ndarray)]
    for name in running:
        for training, word, text in (
            (True, "running-statistics-in-training", f"In training the output depends on {name}: take the batch's own."),
            (False, "running-statistics-unused", f"In evaluation the output does not depend on {name}: it is for that."),
        ):
            plain, moved = subject.fresh(training), subject.fresh(training)
            setattr(moved, name, getattr(moved, name) + 1)
            if np.allclose(plain.forward(x.copy()), moved.forward(x.copy())) != training:
                return word, text
    return None


def check_mean_in_training(subject: LayerUnderTest) -> Wrong | None:
    """A layer that draws random numbers in training, and is linear in x, has the same mean output as in evaluation.

    What it adds, whatever x is, is left out: noise may have a mean of its own.
    """
    layer, x = subject.fresh(), subject.x
    if np.array_equal(layer.forward(x.copy()), layer.forward(x.copy())):
        raise NotCompared("it draws no random numbers")
    x = 1 + np.abs(x)
    plain = [subject.fresh(training=False).forward(one.copy()) for one in (x, -x, 0 * x)]
    drawn = [np.asarray(subject.fresh().forward(one.copy())) for one in (x, -x, 0 * x, 2 * x)]
    linear = np.allclose(plain[0] + plain[1], 2 * plain[2], rtol=1e-6, atol=1e-9)
    if subject.repeatable:
        linear = linear and np.allclose(drawn[0] + drawn[1], 2 * drawn[2], rtol=1e-6, atol=1e-9)
        linear = linear and np.allclose(drawn[3] - drawn[2], 2 * (drawn[0] - drawn[2]), rtol=1e-6, atol=1e-9)
    if not linear:
        raise NotCompared("it is not linear, so that its mean may change")
    layer = subject.fresh()
    many = np.array([np.asarray(layer.forward(x.copy()), np.float64) for _ in range(PASSES)])
    none = np.array([np.asarray(layer.forward(0 * x), np.float64) for _ in range(PASSES)])
    passes = many.sum(axis=tuple(range(1, many.ndim))) - none.sum(axis=tuple(range(1, none.ndim)))
    right = float((plain[0] - plain[2]).sum())
    off = float(passes.mean()) - right
    if abs(off) > 6 * float(passes.std()) / PASSES**0.5 + 1e-9:
        return "dropout-not-inverted", (
            f"In training the outputs are {passes.mean() / right:.3f} times as large as in evaluation, in the mean: "
            "divide by the share that is kept, 1 − ratio."
        )
    return None


def check_gradients_in_evaluation(subject: LayerUnderTest) -> Wrong | None:
    """The gradients are right in evaluation too, where self.training is False."""
    wrong = check_against_differences(subject, training=False)
    return wrong and ("training-mode-in-evaluation", f"In evaluation {wrong[1]} In training it is right.")


def check_batch_of_one(subject: LayerUnderTest) -> Wrong | None:
    """In evaluation a row gives the same alone as among others."""
    layer, x = subject.fresh(training=False), subject.x
    out = layer.forward(x.copy())
    alone = layer.forward(x[:1].copy())
    if np.shape(an_array(alone)) != out[:1].shape or not np.allclose(alone, out[:1], rtol=1e-6, atol=1e-9):
        return (
            "batch-of-one",
            f"A batch of one gives {np.shape(alone)}, not the first row of a larger one: is there a squeeze?",
        )
    dx = an_array(layer.backward(subject.dout[:1].copy()))
    if np.shape(dx) != x[:1].shape:
        return "batch-of-one", f"For a batch of one dx has shape {np.shape(dx)}, but x has {x[:1].shape}."
    return None


def check_large_inputs(subject: LayerUnderTest) -> Wrong | None:
    """It makes finite numbers from ±1000, forward and back."""
    layer = subject.fresh(exact=False)
    x = np.where(subject.x > 0, 1000, -1000).astype(np.float32)
    out = layer.forward(x)
    dx = an_array(layer.backward(dout_of(out)))
    if not (np.isfinite(out).all() and np.isfinite(dx).all()):
        return "not-finite", "Inputs of ±1000 give NaN or infinity: is there an e^x of a large x, or infinity times 0?"
    return None


PASSES = 300  # of a layer that draws random numbers
AGREES = "agrees with the right layer"
LAYER_CHECKS: dict[str, Check] = {
    "forward and backward": check_passes,
    "keeps what it is given": check_arguments_unchanged,
    "calls agree": check_second_backward,
    "formula": check_formula,
    "gradients": check_against_differences,
    "training and evaluation": check_training_and_evaluation,
    "the mean survives chance": check_mean_in_training,
    "gradients in evaluation": check_gradients_in_evaluation,
    "batch of one": check_batch_of_one,
    "other batches": check_other_batches,
    "float32": check_float32,
    "large inputs": check_large_inputs,
    "equal numbers": check_ties,
    "zeros": check_zeros,
    "running statistics": check_running_statistics,
    "parameters are noted": check_parameters_are_noted,
    "fans": check_fans,
    "parameters are used": check_parameters_are_used,
    "the initializer is honoured": check_initializer_is_honoured,
    "output variance": check_output_variance,
    AGREES: check_against_right,
}
GRADIENTS = ("gradients", "gradients in evaluation", "other batches")
NEEDS: dict[str, tuple[str, ...]] = {  # if one of those is wrong, the first does not run
    "gradients": ("calls agree",),
    "the mean survives chance": ("training and evaluation",),
    "gradients in evaluation": ("gradients", "training and evaluation"),
    "batch of one": ("training and evaluation",),
    "other batches": ("gradients", "gradients in evaluation", "batch of one", "training and evaluation"),
    "fans": ("gradients", "parameters are used"),
    "output variance": ("the initializer is honoured", "fans"),
    "float32": ("keeps what it is given",),
    "equal numbers": GRADIENTS,
    "zeros": (*GRADIENTS, "equal numbers"),
    "running statistics": ("training and evaluation",),
    "the initializer is honoured": ("parameters are noted",),
}
OF_NUMBERS = (*GRADIENTS, "training and evaluation", "the mean survives chance", "batch of one", "zeros", "equal numbers")
NEEDS_IF_NAMED: dict[str, tuple[str, ...]] = dict.fromkeys((*OF_NUMBERS, "running statistics", "large inputs"), ("formula",))
NEEDS_IF_NAMED[AGREES] = (*OF_NUMBERS, "formula", "running statistics", "calls agree")


def check_elementwise(subject: LayerUnderTest) -> Wrong | None:
    """Each number of out depends only on the same number of x."""
    out = subject.fresh(training=False).forward(subject.x.copy())
    if out.shape != subject.x.shape:
        return "wrong-shape", f"out has shape {out.shape}, but x has {subject.x.shape}: an activation keeps the shape."
    moved = subject.x.copy()
    moved[:, 0] += 1
    if not np.allclose(subject.fresh(training=False).forward(moved)[:, 1:], out[:, 1:]):
        return "not-elementwise", "A number of out depends on other numbers of x: an activation works on each by itself."
    return None


ACTIVATION_CHECKS = LAYER_CHECKS | {"elementwise": check_elementwise}


def check_activation(
    activation: Any,
    in_shape: tuple[int, ...] = (4, 7),
    *,
    right: Any = None,
    expected_failures: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Report:
    """Check an activation: as `check_layer` does, and that it works on each number by itself."""
    more: dict[str, Any] = {"expected_failures": expected_failures, "seed": seed, "checks": ACTIVATION_CHECKS}
    return check_layer(activation, in_shape, right=right, **more)


def check_layer(
    layer: Any,
    in_shape: tuple[int, ...],
    *,
    right: Any = None,
    expected_failures: Mapping[str, str] | None = None,
    seed: int = 0,
    checks: Mapping[str, Check] | None = None,
) -> Report:
    """Run LAYER_CHECKS on a layer: a report with a finding for each, and a diagnosis for what is wrong.

    `layer` is a layer, or a class or function that makes one without arguments; `in_shape` is the shape of a batch, such
    as (4, 7). `right` is a layer that is known to be right, such as sn.LayerNorm(7): then out, dx, every gradient and the
    running statistics are compared with its own first, in training and in evaluation, with the same parameters. Without
    `right`, a layer is compared with the library's layer of the same class name, if there is one and `layer` has its
    settings as attributes of the same names. `expected_failures` says which checks may fail, and why: {"large inputs":
    "e^x overflows"}. `checks` are the checks to run, if not LAYER_CHECKS.
    """
    checks = LAYER_CHECKS if checks is None else checks
    made = a_layer("the layer", as_layer(layer, in_shape))
    rng = np.random.default_rng(whole("seed", seed, least=0))
    subject = LayerUnderTest(copy.deepcopy(made), np.empty(0), np.empty(0), built=made)
    subject.layer, shape = as_one_array(subject.layer, in_shape)
    known = None if right is None else right_layer(right, shape)
    subject.right, subject.chance = known, Chance(made)
    subject.x = 1.5 * rng.standard_normal(shape)
    subject.x.flat[::11] = 0
    if known and AGREES in checks:
        checks = {AGREES: check_against_right, **checks}  # first: if it is wrong, the others say the same

    def prepared() -> None:
        prepare(subject, rng)

    with same_global_chance():
        return run_checks(name_of(made), checks, subject, expected_failures, prepared, NEEDS, NEEDS_IF_NAMED)
