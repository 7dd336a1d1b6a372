"""What PyTorch, Keras, JAX and the book call their initializers, and which one here has the same law.

`PEERS["torch"]["torch.kaiming_uniform_"]` makes He(uniform). The arguments have the peer's own names and defaults. Many
names mislead: "normal" is truncated in Keras and JAX but not in PyTorch, a stddev may be the one before the cut, and the
book's Xavier is LeCun. `OUT` and `DIFFERS` list what is left out, with the reason. Read next: `names`.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from scratchnet.initializers.base import TRUNCATED_STD, Draw, normal, truncated, uniform
from scratchnet.initializers.plain import Constant, Normal, Ones, TruncatedNormal, Uniform, UniformBetween, Zeros
from scratchnet.initializers.scaled import He, LeCun, VarianceScaling, Xavier
from scratchnet.initializers.structured import DeltaOrthogonal, Dirac, Identity, Orthogonal, TorchSparse
from scratchnet.support.validation import InputError, number

# Their names that have no initializer here, and why.
OUT = {
    "torch.calculate_gain": "it is a number, not an initializer: torch.kaiming_normal_(nonlinearity='tanh') uses it",
    "keras.STFT": "it is a fixed table of sines for spectrograms of sound, not a random start; no layer here takes sound",
    "keras.STFTInitializer": "it is another name of keras.STFT",
    "keras.Initializer": "it is the base class of all initializers: here sn.Initializer",
    "jax.Initializer": "it is the base class of all initializers: here sn.Initializer",
    "keras.get": "it finds an initializer by its name: here sn.initializer(name)",
    "keras.serialize": "it turns an initializer into text: here repr(init)",
    "keras.deserialize": "it turns text into an initializer: here sn.initializer(text)",
}

# Their arguments that are not accepted here, and one number that differs.
DIFFERS = {
    "mean, other than 0": "weights start around 0: for another mean give lambda shape, fans, rng: mean + std * "
    "rng.standard_normal(shape)",
    "a, b of trunc_normal_; lower, upper of truncated_normal": "a normal is cut at ±2 std or, from ±8 std on, not at all",
    "groups of dirac_": "the layer's own groups are used",
    "in_axis, out_axis, batch_axis, column_axis": "weights are (…, n_in, n_out), as theirs are by default, and the layer "
    "passes its fans",
    "seed, generator, dtype, out_sharding": "the network's own are used",
    "fan_out of a convolution with groups": "here it counts the outputs of one group, theirs those of all groups",
}

# What PyTorch's calculate_gain returns; for leaky_relu it depends on the slope.
GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1.0),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1.0),
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}
MODES = {"fan_in": "in", "fan_out": "out", "fan_avg": "avg", "fan_geo_avg": "geometric"}


def one_of(name: str, value: Any, allowed: Sequence[str]) -> Any:
    if value not in allowed:
        raise InputError(f"{name} is {value!r}, but there are {', '.join(allowed)}")
    return value


def centred(mean: Any) -> None:
    if number("mean", mean) != 0:
        raise InputError(f"mean is {mean!r}, but {DIFFERS['mean, other than 0']}")


def fixed(init: Any) -> Any:
    """For a name that takes no arguments here."""
    return init


def between(low: float, high: float) -> Uniform | UniformBetween:
    found = UniformBetween(low, high)
    return Uniform(found.high) if found.low == -found.high else found


def cut_normal(std: float, low: float, high: float) -> Normal:
    """A normal with `std`, cut at `low` and `high` times std, which narrows it. Beyond 8 std there is nothing to cut."""
    if low <= -8 and high >= 8:
        return Normal(std)
    if math.isclose(low, -2) and math.isclose(high, 2):
        return TruncatedNormal(std * TRUNCATED_STD)
    raise InputError(
        f"the bounds are {low:g} and {high:g} std, but a normal is cut at ±2 std here or, from ±8 std on, not at all: "
        "give bounds of ±2 std"
    )


# PyTorch


def torch_uniform(a: float = 0.0, b: float = 1.0) -> Uniform | UniformBetween:
    return between(a, b)


def torch_normal(mean: float = 0.0, std: float = 1.0) -> Normal:
    centred(mean)
    return Normal(std)


def torch_trunc_normal(mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Normal:
    centred(mean)
    std = number("std", std, above=0)
    return cut_normal(std, number("a", a) / std, number("b", b) / std)


def torch_constant(val: float) -> Constant:
    return Constant(number("val", val))


def torch_xavier(draw: Draw, gain: float = 1.0) -> Xavier | VarianceScaling:
    gain = number("gain", gain, above=0, below=1e9)
    return Xavier(draw) if gain == 1 else VarianceScaling(gain**2, "avg", draw)


def torch_kaiming(
    draw: Draw, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> He | VarianceScaling:
    mode = MODES[one_of("mode", mode, ("fan_in", "fan_out"))]
    slope = number("a", a, above=-1e9, below=1e9)
    if one_of("nonlinearity", nonlinearity, (*GAINS, "leaky_relu")) != "leaky_relu":
        slope = 0.0  # which only a leaky ReLU has
    if nonlinearity in ("relu", "leaky_relu") and mode == "in":
        return He(draw, slope)
    gain = math.sqrt(2 / (1 + slope**2)) if nonlinearity == "leaky_relu" else GAINS[nonlinearity]
    return VarianceScaling(gain**2, mode, draw)


TORCH: dict[str, Callable[..., Any]] = {
    "uniform_": torch_uniform,
    "normal_": torch_normal,
    "trunc_normal_": torch_trunc_normal,
    "constant_": torch_constant,
    "ones_": Ones,
    "zeros_": Zeros,
    "eye_": partial(fixed, Identity()),
    "dirac_": Dirac,
    "xavier_uniform_": partial(torch_xavier, uniform),
    "xavier_normal_": partial(torch_xavier, normal),
    "kaiming_uniform_": partial(torch_kaiming, uniform),
    "kaiming_normal_": partial(torch_kaiming, normal),
    "orthogonal_": Orthogonal,
    "sparse_": TorchSparse,
}
# The older names without the underscore, which PyTorch still has.
TORCH |= {name.removesuffix("_"): make for name, make in TORCH.items() if name not in ("trunc_normal_", "ones_", "zeros_")}


# Keras


def keras_constant(value: float = 0.0) -> Constant:
    return Constant(value)


def keras_normal(mean: float = 0.0, stddev: float = 0.05) -> Normal:
    centred(mean)
    return Normal(number("stddev", stddev, least=0))


def keras_uniform(minval: float = -0.05, maxval: float = 0.05) -> Uniform | UniformBetween:
    return between(minval, maxval)


def keras_truncated(mean: float = 0.0, stddev: float = 0.05) -> Normal:
    centred(mean)
    return cut_normal(number("stddev", stddev, least=0), -2, 2)


def keras_scaling(scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal") -> VarianceScaling:
    draws = {"truncated_normal": truncated, "normal": truncated, "untruncated_normal": normal, "uniform": uniform}
    mode = MODES[one_of("mode", mode, ("fan_in", "fan_out", "fan_avg"))]
    return VarianceScaling(scale, mode, draws[one_of("distribution", distribution, tuple(draws))])


KERAS: dict[str, Callable[..., Any]] = {
    "Zeros": Zeros,
    "Ones": Ones,
    "Constant": keras_constant,
    "RandomNormal": keras_normal,
    "RandomUniform": keras_uniform,
    "TruncatedNormal": keras_truncated,
    "VarianceScaling": keras_scaling,
    "GlorotNormal": partial(fixed, Xavier(truncated)),
    "GlorotUniform": partial(fixed, Xavier(uniform)),
    "HeNormal": partial(fixed, He(truncated)),
    "HeUniform": partial(fixed, He(uniform)),
    "LecunNormal": partial(fixed, LeCun(truncated)),
    "LecunUniform": partial(fixed, LeCun(uniform)),
    "Orthogonal": Orthogonal,
    "Identity": Identity,
}
# Its second names: he_normal for HeNormal, as its strings have it, and so on.
KERAS |= {re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower(): make for name, make in KERAS.items()}
KERAS |= {"OrthogonalInitializer": Orthogonal, "IdentityInitializer": Identity}


# JAX


def jax_constant(value: float) -> Constant:
    return Constant(value)


def jax_normal(stddev: float = 0.01) -> Normal:
    return Normal(number("stddev", stddev, least=0))


def jax_uniform(scale: float = 0.01) -> UniformBetween:
    return UniformBetween(0.0, number("scale", scale, least=0))


def jax_truncated(stddev: float = 0.01, *, lower: float = -2.0, upper: float = 2.0) -> Normal:
    return cut_normal(number("stddev", stddev, least=0), number("lower", lower), number("upper", upper))


def jax_scaling(scale: float, mode: str, distribution: str) -> VarianceScaling:
    draws = {"truncated_normal": truncated, "normal": normal, "uniform": uniform}  # "normal" is not Keras'
    mode = MODES[one_of("mode", mode, tuple(MODES))]
    return VarianceScaling(scale, mode, draws[one_of("distribution", distribution, tuple(draws))])


def jax_orthogonal(scale: float = 1.0) -> Orthogonal:
    return Orthogonal(scale)


def jax_delta_orthogonal(scale: float = 1.0) -> DeltaOrthogonal:
    return DeltaOrthogonal(scale)


JAX: dict[str, Callable[..., Any]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": jax_constant,
    "normal": jax_normal,
    "uniform": jax_uniform,
    "truncated_normal": jax_truncated,
    "variance_scaling": jax_scaling,
    "lecun_normal": partial(fixed, LeCun(truncated)),
    "lecun_uniform": partial(fixed, LeCun(uniform)),
    "glorot_normal": partial(fixed, Xavier(truncated)),
    "glorot_uniform": partial(fixed, Xavier(uniform)),
    "xavier_normal": partial(fixed, Xavier(truncated)),
    "xavier_uniform": partial(fixed, Xavier(uniform)),
    "he_normal": partial(fixed, He(truncated)),
    "he_uniform": partial(fixed, He(uniform)),
    "kaiming_normal": partial(fixed, He(truncated)),
    "kaiming_uniform": partial(fixed, He(uniform)),
    "orthogonal": jax_orthogonal,
    "delta_orthogonal": jax_delta_orthogonal,
}


# The book


def book_randn(weight_init_std: float = 1.0) -> Normal:
    return Normal(number("weight_init_std", weight_init_std, least=0))


BOOK: dict[str, Callable[..., Any]] = {
    "randn": book_randn,
    "xavier": partial(fixed, LeCun()),  # the book's Xavier is 1/√fan_in
    "he": partial(fixed, He()),
    # what its MultiLayerNet takes for weight_init_std
    "sigmoid": partial(fixed, LeCun()),
    "relu": partial(fixed, He()),
}


def refuse(reason: str, *_: Any, **__: Any) -> NoReturn:
    raise InputError(f"it has no counterpart here, since {reason}")


PEERS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    peer: {f"{peer}.{name}": make for name, make in makers.items()}
    | {name: partial(refuse, reason) for name, reason in OUT.items() if name.startswith(f"{peer}.")}
    for peer, makers in {"torch": TORCH, "keras": KERAS, "jax": JAX, "book": BOOK}.items()
}
