"""What must hold for a layer's parameters: fans, initializers, and that forward reads them. Read next: `running`."""

from typing import Any

import numpy as np

from scratchnet.check.layer_under_test import LayerUnderTest
from scratchnet.check.report import NotCompared, Wrong
from scratchnet.check.unnoted import changed
from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.validation import Array


def check_parameters_are_used(subject: LayerUnderTest) -> Wrong | None:
    """Forward computes with what is loaded into a parameter, and each parameter has the shape that was noted."""
    if not subject.layer.parameters():
        raise NotCompared("it has no parameters")
    if isinstance(subject.layer, Network):
        raise NotCompared("it is a network, where a layer may hide what another does")
    for name, w, _ in subject.fresh().parameters():
        spec = subject.layer.specs.get(name)
        if spec and w.shape != spec.shape:
            return "parameter-replaced", f"self.{name} has shape {w.shape}, but was noted with {spec.shape}."
        one, other = subject.fresh(), subject.fresh()
        for noted, array, _ in other.parameters():
            if noted == name:
                array[...] = array + 1 + np.arange(array.size).reshape(array.shape)
        inputs = [subject.x] if subject.positive else [subject.x, -subject.x]
        same = [np.allclose(one.forward(x.copy()), other.forward(x.copy()), rtol=1e-9, atol=1e-9) for x in inputs]
        if w.size and all(same):
            return "parameter-unused", f"Another {name} gives the same output: forward has to read self.{name} each time."
    return None


def check_parameters_are_noted(subject: LayerUnderTest) -> Wrong | None:
    """Each array with a gradient is a parameter, and what self.parameter gives stays as it is."""
    for one in getattr(subject.layer, "unnoted_arrays", ()):
        shape = one.array(subject.layer).shape
        return "not-a-parameter", (
            f"{one.gradient_name} is set, but {one.name} is no parameter, so that no training moves it: write "
            f'self.{one.attribute} = self.parameter("{one.attribute}", {shape}, init, fans).'
        )
    layer = subject.built
    inside = list(layer.layers)
    for name, value in vars(layer).items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Layer) and one.parameters() and one not in inside and not isinstance(layer, Network):
                return "not-a-parameter", (
                    f"self.{name} is a layer with parameters, but they are none of this layer's, so that no training moves "
                    "them: put the layers into sn.Network or sn.Residual."
                )
    if not layer.specs or isinstance(layer, Network):
        raise NotCompared("it has no parameters of its own")
    given: dict[str, tuple[Array, Array]] = {}
    kind = type(layer)

    def parameter(self: Layer, name: str, *args: Any, **more: Any) -> Array:
        drawn = kind.parameter(self, name, *args, **more)
        given[name] = drawn, drawn.copy()
        return drawn

    try:
        again = changed(kind, parameter=parameter)(**layer.kept_arguments())
    except Exception as error:
        raise NotCompared("it cannot be built a second time: keep the constructor's arguments as attributes") from error
    for name, (array, before) in given.items():
        if getattr(again, name, None) is not array or not np.array_equal(array, before):
            return "initializer-ignored", (
                f"self.{name} is no longer what self.parameter gave: a network draws {name} anew, so that what was done to "
                "it is lost. Give the initializer that draws it so."
            )
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
    layer = subject.fresh(training=False)
    x = np.where(subject.x == 0, 1.0, subject.x)
    out = layer.forward(x.copy())
    zero = layer.forward(0 * x)
    linear = np.allclose(layer.forward(2 * x) - zero, 2 * (out - zero), rtol=1e-6, atol=1e-9)
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
            if not (linear or swapped):
                raise NotCompared("it is not linear, so that more weights than fan_in may feed one output")
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
