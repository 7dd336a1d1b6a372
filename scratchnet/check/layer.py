"""What must hold of any layer, a check each; what is wrong is said in the words of the book. Read next: `loss`."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scratchnet.check.report import Report, Wrong, name_of, run_checks
from scratchnet.check.trial import Trial, gradients
from scratchnet.layers import Layer
from scratchnet.support.validation import Array, InputError, whole


def passes(trial: Trial) -> Wrong | None:
    """forward and backward return arrays, and backward leaves a gradient for each parameter."""
    layer = trial.fresh()
    dx = layer.backward(_dout_of(layer.forward(trial.x.copy())))
    if dx is None:
        return "returns-nothing", "backward returns None: is a return missing?"
    if np.shape(dx) != trial.x.shape:
        return "wrong-shape", f"dx has shape {np.shape(dx)}, but x has {trial.x.shape}: one number for each of x is due."
    unset = [name for name, _, gradient in layer.parameters() if gradient is None]
    if unset:
        return "gradient-unset", f"backward leaves {', '.join(f'd{name}' for name in unset)} unset: store self.d{unset[0]}."
    return None


def keeps_what_it_is_given(trial: Trial) -> Wrong | None:
    """Neither x nor dout nor a parameter is written to."""
    layer, x, dout = trial.fresh(), trial.x.copy(), trial.dout.copy()
    before = [w.copy() for _, w, _ in layer.parameters()]
    layer.forward(x)
    if not np.array_equal(x, trial.x):
        return "input-overwritten", "forward writes into x, which belongs to the layer before: make a new array."
    layer.backward(dout)
    if not np.array_equal(x, trial.x):
        return "input-overwritten", "backward writes into x, which belongs to the layer before: make a new array."
    if not np.array_equal(dout, trial.dout):
        return "upstream-overwritten", "backward writes into dout, which the layer above may still need: make a new array."
    if any(not np.array_equal(w, kept) for (_, w, _), kept in zip(layer.parameters(), before, strict=True)):
        return "parameter-overwritten", "A pass changes a parameter: that is the optimizer's work."
    return None


def calls_agree(trial: Trial) -> Wrong | None:
    """A second backward of the same dout gives the same gradients: nothing is added up over calls."""
    layer = trial.fresh()
    layer.forward(trial.x.copy())

    def once() -> list[Array]:
        dx = layer.backward(trial.dout.copy())
        return [np.copy(_array(one)) for one in (dx, *(gradient for _, _, gradient in layer.parameters()))]

    first, second = once(), once()
    if any(a.shape != b.shape or not np.allclose(a, b) for a, b in zip(first, second, strict=True)):
        return "accumulated", "A second backward gives other gradients: each replaces the one before, self.dW = …, not +=."
    return None


def stays_in_float32(trial: Trial) -> Wrong | None:
    """Of float32 numbers it makes float32 numbers."""
    layer = trial.fresh(exact=False)
    for _, w, _ in layer.parameters():
        if w.dtype != np.float32:
            return None  # it was built in another type
    out = layer.forward(trial.x.astype(np.float32))
    dx = layer.backward(trial.dout.astype(np.float32))
    kinds = {"out": out, "dx": dx} | {f"d{name}": gradient for name, _, gradient in layer.parameters()}
    leaked = [name for name, array in kinds.items() if np.asarray(array).dtype != np.float32]
    if leaked:
        return "float64-leaked", (
            f"{' and '.join(leaked)} became {np.asarray(kinds[leaked[0]]).dtype} from float32, at half the speed: is there "
            "an array made without dtype, such as np.zeros(n) or np.where(…, 1.0, 0.0)?"
        )
    return None


def training_and_evaluation(trial: Trial) -> Wrong | None:
    """In evaluation nothing is drawn, rows do not depend on each other, and running statistics are used there alone."""
    layer, x = trial.fresh(training=False), trial.x
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
            plain, moved = trial.fresh(training), trial.fresh(training)
            setattr(moved, name, getattr(moved, name) + 1)
            if np.allclose(plain.forward(x.copy()), moved.forward(x.copy())) != training:
                return word, text
    return None


def the_mean_survives_chance(trial: Trial) -> Wrong | None:
    """A layer that draws random numbers in training has in the mean the output that it has in evaluation."""
    layer, x = trial.fresh(), trial.x
    if np.array_equal(layer.forward(x.copy()), layer.forward(x.copy())):
        return None
    many = np.ones((max(4000 // max(x[0].size, 1), 2), *x.shape[1:]))
    out = trial.fresh().forward(many.copy())
    due = trial.fresh(training=False).forward(many.copy())
    off = float(out.mean() - due.mean())
    if abs(off) > 6 * float(out.std()) / out.size**0.5 + 1e-9:
        return "dropout-not-inverted", (
            f"The mean of ones is {out.mean():.3f} in training and {due.mean():.3f} in evaluation: divide by the share that "
            "is kept, 1 − ratio."
        )
    return None


def gradients_in_evaluation(trial: Trial) -> Wrong | None:
    """The same as in training, where self.training is False."""
    wrong = gradients(trial, training=False)
    return wrong and ("training-mode-in-evaluation", f"In evaluation {wrong[1]} In training it is right.")


def batch_of_one(trial: Trial) -> Wrong | None:
    """One row alone, in evaluation, gives what it gives among others."""
    layer, x = trial.fresh(training=False), trial.x
    out = layer.forward(x.copy())
    alone = layer.forward(x[:1].copy())
    if np.shape(_array(alone)) != out[:1].shape or not np.allclose(alone, out[:1], rtol=1e-6, atol=1e-9):
        return (
            "batch-of-one",
            f"A batch of one gives {np.shape(alone)}, not the first row of a larger one: is there a squeeze?",
        )
    dx = _array(layer.backward(trial.dout[:1].copy()))
    if np.shape(dx) != x[:1].shape:
        return "batch-of-one", f"For a batch of one dx has shape {np.shape(dx)}, but x has {x[:1].shape}."
    return None


def large_inputs(trial: Trial) -> Wrong | None:
    """Of ±1000 it makes finite numbers, forward and back."""
    layer = trial.fresh(exact=False)
    x = np.where(trial.x > 0, 1000, -1000).astype(np.float32)
    out = layer.forward(x)
    dx = _array(layer.backward(_dout_of(out)))
    if not (np.isfinite(out).all() and np.isfinite(dx).all()):
        return "not-finite", "Inputs of ±1000 give NaN or infinity: is there an e^x of a large x, or infinity times 0?"
    return None


def fans(trial: Trial) -> Wrong | None:
    """fan_in, as passed to `parameter`, is how many of the weights feed one output."""
    layer = trial.fresh()
    x = np.where(trial.x == 0, 1.0, trial.x)
    out = layer.forward(x.copy())
    for name, spec in layer.specs.items():
        if spec.fans is None or len(spec.shape) < 2:
            continue
        used = 0
        for place in range(0, out[0].size, max(out[0].size // 20, 1)):
            dout = np.zeros_like(out)
            dout[0].flat[place] = 1
            layer.forward(x.copy())
            layer.backward(dout)
            used = max(used, int(np.count_nonzero(getattr(layer, f"d{name}"))))
        if used != spec.fans.fan_in:
            swapped = used == spec.fans.fan_out
            return "fans-swapped" if swapped else "fans-wrong", (
                f"{used} of {name} feed one output, but fan_in is given as {spec.fans.fan_in}"
                f"{', which is fan_out: Fans(n_in, n_out)' if swapped else ': Fans(n_in, n_out, window)'}."
            )
    return None


def output_variance(trial: Trial) -> Wrong | None:
    """Of x of variance 1 a weight (n_in, n_out) makes outputs of variance fan_in · σ², the σ of its initializer."""
    weights = [spec for spec in trial.layer.specs.values() if len(spec.shape) == 2]
    if len(weights) != 1 or trial.x.ndim != 2 or weights[0].shape[0] != trial.x.shape[1]:
        return None
    (spec,), layer = weights, trial.fresh(training=False)
    std = getattr(spec.init, "std", None)
    if not callable(std) or spec.fans is None:
        return None
    x = np.random.default_rng(0).standard_normal((400, trial.x.shape[1]))
    measured = float(((layer.forward(x) - layer.forward(0 * x)) ** 2).mean())
    due, n = spec.fans.fan_in * float(std(spec.fans)) ** 2, np.prod(spec.shape)
    # that many weights have been drawn, and inputs; each product has the spread of a χ² of one degree
    if abs(measured / due - 1) > 6 * np.sqrt(2 / n) + 6 * np.sqrt(2 / x.size) if due else measured > 0:
        return "output-variance", (
            f"Of inputs of variance 1 the outputs have {measured:.4g}, but fan_in σ² is {due:.4g}: is the sum scaled, or "
            "are the weights?"
        )
    return None


def parameters_are_used(trial: Trial) -> Wrong | None:
    """What is loaded into a parameter is what forward computes with, and each is of the shape that was noted."""
    for name, w, _ in trial.fresh().parameters():
        spec = trial.layer.specs.get(name)
        if spec and w.shape != spec.shape:
            return "parameter-replaced", f"self.{name} has shape {w.shape}, but was noted with {spec.shape}."
        one, other = trial.fresh(), trial.fresh()
        for noted, array, _ in other.parameters():
            if noted == name:
                array[...] = array + 1 + np.arange(array.size).reshape(array.shape)
        if w.size and np.allclose(one.forward(trial.x.copy()), other.forward(trial.x.copy()), rtol=1e-9, atol=1e-9):
            return "parameter-unused", f"Another {name} gives the same output: forward has to read self.{name} each time."
    return None


def initializer_is_honoured(trial: Trial) -> Wrong | None:
    """A parameter is what its initializer draws: of the right size where the initializer tells its std."""
    for name, spec in trial.layer.specs.items():
        std = getattr(spec.init, "std", None)
        w = np.asarray(getattr(trial.layer, name), np.float64)
        if std is None or w.size < 50 or not callable(std):
            continue
        due = float(std(spec.fans)) if spec.fans or not getattr(spec.init, "asks_fans", True) else None
        if due and abs(float(np.sqrt((w**2).mean())) / due - 1) > 6 / (2 * w.size) ** 0.5:
            return "initializer-ignored", (
                f"{name} has std {w.std():.4g}, but {spec.init!r} draws {due:.4g}: take what self.parameter gives."
            )
    return None


LAYER_CHECKS: dict[str, Callable[[Trial], Wrong | None]] = {
    "forward and backward": passes,
    "keeps what it is given": keeps_what_it_is_given,
    "calls agree": calls_agree,
    "gradients": gradients,
    "training and evaluation": training_and_evaluation,
    "the mean survives chance": the_mean_survives_chance,
    "gradients in evaluation": gradients_in_evaluation,
    "batch of one": batch_of_one,
    "float32": stays_in_float32,
    "large inputs": large_inputs,
    "fans": fans,
    "parameters are used": parameters_are_used,
    "the initializer is honoured": initializer_is_honoured,
    "output variance": output_variance,
}
NEEDS = {
    "gradients in evaluation": "gradients",
    "fans": "gradients",
    "output variance": "the initializer is honoured",
}  # where the second is wrong the first is not asked


def elementwise(trial: Trial) -> Wrong | None:
    """Each number of out depends on the same number of x alone."""
    out = trial.fresh(training=False).forward(trial.x.copy())
    if out.shape != trial.x.shape:
        return "wrong-shape", f"out has shape {out.shape}, but x has {trial.x.shape}: an activation keeps the shape."
    moved = trial.x.copy()
    moved[:, 0] += 1
    if not np.allclose(trial.fresh(training=False).forward(moved)[:, 1:], out[:, 1:]):
        return "not-elementwise", "A number of out depends on other numbers of x: an activation works on each by itself."
    return None


ACTIVATION_CHECKS = LAYER_CHECKS | {"elementwise": elementwise}


def check_activation(
    activation: Any,
    in_shape: tuple[int, ...] = (4, 7),
    *,
    expected_failures: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Report:
    """The same for an activation, which besides works on each number by itself."""
    return check_layer(activation, in_shape, expected_failures=expected_failures, seed=seed, checks=ACTIVATION_CHECKS)


def check_layer(
    layer: Any,
    in_shape: tuple[int, ...],
    *,
    expected_failures: Mapping[str, str] | None = None,
    seed: int = 0,
    checks: Mapping[str, Callable[[Trial], Wrong | None]] = LAYER_CHECKS,
) -> Report:
    """Put a layer through LAYER_CHECKS: a report with a finding for each, and a diagnosis for what is wrong.

    `layer` is a layer, or what makes one when called without arguments; `in_shape` is that of a batch, such as (4, 7).
    `expected_failures` says of which checks a failure is right, and why: {"large inputs": "e^x overflows"}. `checks` are
    those to be asked.
    """
    made = a_layer(layer)
    if not isinstance(in_shape, tuple | list) or len(in_shape) < 2:
        raise InputError(f"in_shape is {in_shape!r}, but the shape of a batch is needed, rows first, such as (4, 7)")
    shape = tuple(whole("an axis of in_shape", axis) for axis in in_shape)
    rng = np.random.default_rng(whole("seed", seed, least=0))
    trial = Trial(copy.deepcopy(made), 1.5 * rng.standard_normal(shape), np.empty(0))
    trial.x.flat[::11] = 0

    def prepared() -> None:
        out = trial.fresh().forward(trial.x.copy())
        trial.dout = rng.standard_normal(np.shape(_array(out)))
        for _, w, _ in trial.layer.parameters():
            if w.ndim < 2 or not w.any():  # ones and zeros would hide a mistake
                w += 0.3 * rng.standard_normal(w.shape)

    return run_checks(name_of(made), checks, trial, expected_failures, prepared, NEEDS)


def a_layer(given: Any) -> Layer:
    """A layer, or what a class or a function makes without arguments."""
    if not isinstance(given, Layer) and callable(given):
        try:
            given = given()
        except InputError:
            raise
        except TypeError as error:
            raise InputError(
                f"{given!r} cannot be made without arguments ({error}): give a layer, as in MyLayer(7, 3)"
            ) from error
    if not isinstance(given, Layer):
        raise InputError(f"the layer is {given!r}, but an object whose class derives from sn.Layer is needed")
    return given


def _array(out: Any) -> Array:
    if not isinstance(out, np.ndarray):
        raise InputError(f"forward returns {out!r}, but an array is needed: is a return missing?")
    return out


def _dout_of(out: Array) -> Array:
    return np.ones_like(_array(out))
