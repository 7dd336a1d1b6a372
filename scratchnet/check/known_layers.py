"""The library's layer of the same name as a reader's, with the same settings and parameters. Read next: `reference`.

Names of classes, settings and parameters are recognized in the spellings of other frameworks.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from scratchnet.check.names import known_layer, setting, settings_of
from scratchnet.check.report import NotCompared, Wrong, name_of
from scratchnet.layers import (
    ACTIVATIONS,
    GELU,
    Affine,
    AveragePool,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    Identity,
    Layer,
    LayerNorm,
    MaxPool,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)
from scratchnet.support.validation import Array, InputError

LIBRARY: Mapping[str, type[Layer]] = {
    **ACTIVATIONS,
    **{kind.__name__: kind for kind in (Affine, BatchNorm, LayerNorm, Dropout, Convolution, MaxPool, AveragePool, Flatten)},
}
WITHOUT_SETTINGS = (Identity, ReLU, SiLU, Mish, GELU, Softplus, Softsign, Sigmoid, Tanh)
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "slope": ("slope", "negative_slope", "alpha", "a", "leak", "leakiness"),
    "alpha": ("alpha", "a"),
    "epsilon": ("epsilon", "eps"),
    "momentum": ("momentum", "decay"),
    "ratio": ("ratio", "rate", "dropout_ratio", "drop_ratio", "drop_prob", "p", "dropout", "prob"),
    "size": ("size", "pool_size", "kernel_size", "window", "pool", "pool_h", "k"),
    "stride": ("stride", "step"),
}
DEFAULTS = {"slope": 0.01, "alpha": 1.0, "epsilon": 1e-5, "momentum": 0.9, "stride": None}
PARAMETERS = {
    "W": ("W", "weight", "weights", "w", "kernel"),
    "b": ("b", "bias", "biases"),
    "gamma": ("gamma", "weight", "scale", "g", "W", "w"),
    "beta": ("beta", "bias", "shift", "offset", "b"),
    "a": ("a", "alpha", "slope", "weight"),
}
RUNNING = {
    "running_mean": ("running_mean", "moving_mean", "mean_running", "running_mu", "avg_mean", "mu_running", "run_mean"),
    "running_var": ("running_var", "moving_var", "running_variance", "moving_variance", "var_running", "avg_var", "run_var"),
}


def library_layer(layer: Layer, shape: tuple[int, ...]) -> tuple[Layer, bool]:
    """The library's layer of the same name with the same settings, and whether all settings are known; else NotCompared."""
    name = known_layer(layer, LIBRARY)
    if name is None:
        raise NotCompared(f"the library has no {type(layer).__name__}; give a layer that is right, right=…")
    kind, known = LIBRARY[name], name != "SELU"  # whose constants may be written with four digits
    if type(layer) is kind:
        raise NotCompared("it is the library's own")
    if kind in WITHOUT_SETTINGS and settings_of_its_own(layer):
        raise NotCompared(f"it has {settings_of_its_own(layer)[0]}, which the library's {name} has not; give right=…")
    settings: dict[str, Any] = {}
    fans = next((spec.fans for spec in layer.specs.values() if spec.fans), None)
    for one in inspect.signature(kind).parameters:
        if one in ("init", "bias_init"):
            continue
        found = setting(layer, SETTINGS.get(one, (one,)))
        if one in vars(layer):
            settings[one] = vars(layer)[one]
        elif found is not None:
            settings[one] = found
        elif fans and one in ("n_in", "n_out"):
            settings[one] = getattr(fans, one)
        elif one in ("n_in", "n_out") and kind is Affine:
            settings[one] = size_of(layer, shape, one)
        elif one == "n":  # how many units a normalization has
            settings[one] = next(iter(layer.specs.values())).shape[-1] if layer.specs else shape[-1]
        elif one in DEFAULTS:
            settings[one], known = measured_slope(layer) if one == "slope" else DEFAULTS[one], False
        else:
            raise NotCompared(f"it has no attribute {one}, as the library's {kind.__name__} has; give right=…")
    try:
        right = kind(**settings)
    except (InputError, TypeError, ValueError) as error:
        raise NotCompared(f"the library's {kind.__name__} cannot be built with its settings: {error}") from error
    if matched_parameters(layer, right) is None:
        raise NotCompared(f"its parameters are not those of the library's {name_of(right)}; give right=…")
    return right, known


def settings_of_its_own(layer: Layer) -> list[str]:
    """The numbers that an activation keeps as attributes, such as a beta."""
    plain = settings_of(Layer())
    found = settings_of(layer).items()
    return [name for name, value in found if name not in plain and type(value) in (int, float) and not name.startswith("_")]


def size_of(layer: Layer, shape: tuple[int, ...], which: str) -> int:
    """n_in or n_out of an affine, from its one weight and the rows that it takes."""
    weights = [w for _, w, _ in layer.parameters() if w.ndim == 2]
    if len(weights) != 1 or shape[-1] not in weights[0].shape:
        raise NotCompared("it has no single weight that fits x; give right=…")
    rows, columns = weights[0].shape
    n_out = columns if rows == shape[-1] else rows
    return shape[-1] if which == "n_in" else n_out


def measured_slope(layer: Layer) -> float:
    """The slope of a leaky ReLU at the negative side, if it is one; else the usual one."""
    x = np.array([[-1.0, -2.0], [1.0, 2.0]])
    try:
        out = np.asarray(layer.twin().forward(x.copy()), np.float64)
    except Exception:
        return DEFAULTS["slope"] or 0.0
    slope = float(-out[0, 0])
    return slope if 0 < slope < 1 else DEFAULTS["slope"] or 0.0


def matched_parameters(layer: Layer, right: Layer) -> dict[str, tuple[str, bool]] | None:
    """For each parameter of the right layer the name of the reader's, and whether it is transposed; None if they differ.

    A layer without any parameter is compared with a normalization of γ = 1 and β = 0.
    """
    theirs = {name: w.shape for name, w, _ in layer.parameters()}
    ours = {name: w.shape for name, w, _ in right.parameters()}
    if not theirs and isinstance(right, BatchNorm | LayerNorm):
        return {}
    matched: dict[str, tuple[str, bool]] = {}
    for name, shape in ours.items():
        lower = {one.lower(): one for one in theirs if one not in [other for other, _ in matched.values()]}
        names = [name, *(one for one in PARAMETERS.get(name, ()) if one != name)]
        found = next((lower[one.lower()] for one in names if one.lower() in lower), None)
        if found is None or theirs[found] not in (shape, shape[::-1]):
            return None
        matched[name] = found, theirs[found] != shape
    return matched if len(matched) == len(theirs) else None


def parameters_differ(layer: Layer, right: Layer) -> Wrong | None:
    if matched_parameters(layer, right) is not None:
        return None
    theirs, ours = ({name: w.shape for name, w, _ in one.parameters()} for one in (layer, right))
    return "parameters-differ", f"Its parameters are {listed(theirs)}, but those of {name_of(right)} are {listed(ours)}."


def listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"


def running_names(layer: Layer, right: Layer) -> dict[str, str | None]:
    """For each running statistic of the right layer the reader's name of it, or None."""
    own = {name.lower(): name for name, value in vars(layer).items() if isinstance(value, np.ndarray)}
    return {
        name: next((own[one] for one in RUNNING.get(name, (name,)) if one in own), None)
        for name in vars(right)
        if name.startswith("running_")
    }


def loaded(right: Layer, layer: Layer, matched: Mapping[str, tuple[str, bool]], turned: bool = False) -> None:
    """Give the right layer the reader's parameters; a square weight is transposed if `turned`."""
    own: dict[str, Array] = {name: w for name, w, _ in layer.parameters()}
    for name, w, _ in right.parameters():
        if name in matched:
            found, transposed = matched[name]
            square = w.ndim == 2 and w.shape[0] == w.shape[1]
            w[...] = own[found].T if transposed or (turned and square) else own[found]
