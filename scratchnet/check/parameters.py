"""What must hold for a layer's parameters: fans, initializers, and that forward reads them. Read next: `dropout`."""

import numpy as np

from scratchnet.check.layer_under_test import LayerUnderTest
from scratchnet.check.report import NotCompared, Wrong


def check_parameters_are_used(subject: LayerUnderTest) -> Wrong | None:
    """Forward computes with what is loaded into a parameter, and each parameter has the shape that was noted."""
    if not subject.layer.parameters():
        raise NotCompared("it has no parameters")
    for name, w, _ in subject.fresh().parameters():
        spec = subject.layer.specs.get(name)
        if spec and w.shape != spec.shape:
            return "parameter-replaced", f"self.{name} has shape {w.shape}, but was noted with {spec.shape}."
        one, other = subject.fresh(), subject.fresh()
        for noted, array, _ in other.parameters():
            if noted == name:
                array[...] = array + 1 + np.arange(array.size).reshape(array.shape)
        if w.size and np.allclose(one.forward(subject.x.copy()), other.forward(subject.x.copy()), rtol=1e-9, atol=1e-9):
            return "parameter-unused", f"Another {name} gives the same output: forward has to read self.{name} each time."
    return None


def check_initializer_is_honoured(subject: LayerUnderTest) -> Wrong | None:
    """A parameter is what its initializer draws: its size is right if the initializer has a std."""
    compared = False
    for name, spec in subject.layer.specs.items():
        std = getattr(spec.init, "std", None)
        w = np.asarray(getattr(subject.layer, name), np.float64)
        if std is None or w.size < 50 or not callable(std):
            continue
        right = float(std(spec.fans)) if spec.fans or not getattr(spec.init, "asks_fans", True) else None
        compared = compared or bool(right)
        if right and abs(float(np.sqrt((w**2).mean())) / right - 1) > 6 / (2 * w.size) ** 0.5:
            return "initializer-ignored", (
                f"{name} has std {w.std():.4g}, but {spec.init!r} draws {right:.4g}: take what self.parameter gives."
            )
    if not compared:
        raise NotCompared("no parameter has 50 numbers or more and an initializer with a std")
    return None


def check_fans(subject: LayerUnderTest) -> Wrong | None:
    """fan_in, as passed to `parameter`, is how many of the weights feed one output."""
    layer = subject.fresh()
    x = np.where(subject.x == 0, 1.0, subject.x)
    out = layer.forward(x.copy())
    given = {name: spec.fans for name, spec in layer.specs.items() if spec.fans and len(spec.shape) > 1}
    if not given:
        raise NotCompared("no parameter of two axes or more has fans")
    for name, fans in given.items():
        used = 0
        for place in range(0, out[0].size, max(out[0].size // 20, 1)):
            dout = np.zeros_like(out)
            dout[0].flat[place] = 1
            layer.forward(x.copy())
            layer.backward(dout)
            used = max(used, int(np.count_nonzero(getattr(layer, f"d{name}"))))
        if used != fans.fan_in:
            swapped = used == fans.fan_out
            return "fans-swapped" if swapped else "fans-wrong", (
                f"{used} of {name} feed one output, but fan_in is given as {fans.fan_in}"
                f"{', which is fan_out: Fans(n_in, n_out)' if swapped else ': Fans(n_in, n_out, window)'}."
            )
    return None


def check_output_variance(subject: LayerUnderTest) -> Wrong | None:
    """If x has variance 1, a weight (n_in, n_out) makes outputs of variance fan_in · σ², with its initializer's σ."""
    weights = [spec for spec in subject.layer.specs.values() if len(spec.shape) == 2]
    if len(weights) != 1 or subject.x.ndim != 2 or weights[0].shape[0] != subject.x.shape[1]:
        raise NotCompared("it has no single weight of shape (n_in, n_out)")
    (spec,), layer = weights, subject.fresh(training=False)
    std = getattr(spec.init, "std", None)
    if not callable(std) or spec.fans is None:
        raise NotCompared("its weight has no fans, or an initializer without std")
    x = np.random.default_rng(0).standard_normal((400, subject.x.shape[1]))
    measured = float(((layer.forward(x) - layer.forward(0 * x)) ** 2).mean())
    right, n = spec.fans.fan_in * float(std(spec.fans)) ** 2, np.prod(spec.shape)
    # n weights have been drawn, and x.size inputs; each product has the spread of a χ² with one degree of freedom
    if abs(measured / right - 1) > 6 * np.sqrt(2 / n) + 6 * np.sqrt(2 / x.size) if right else measured > 0:
        return "output-variance", (
            f"With inputs of variance 1 the outputs have {measured:.4g}, but fan_in σ² is {right:.4g}: is the sum scaled, "
            "or are the weights?"
        )
    return None
