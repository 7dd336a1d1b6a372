"""What a layer is: forward, backward, and parameters that know how they were drawn.

A layer of your own needs the two methods and nothing else; see `Affine` for the pattern and `examples/06_own_layer.py`
for a complete one. Read next: `lasting`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from scratchnet.initializers import Fans, InitLike, draw_weights, initializer
from scratchnet.layers.lasting import without_caches
from scratchnet.support.quiet import quiet
from scratchnet.support.streams import stream
from scratchnet.support.tables import as_written
from scratchnet.support.validation import Array, InputError, seed_number, whole


@dataclass(frozen=True)
class ParameterSpec:
    """How a parameter is drawn: its shape, its initializer and the fans it is drawn for."""

    shape: tuple[int, ...]
    init: Any
    fans: Fans | None


class Layer:
    """One step of a network: forward computes `out` from `x`, backward computes `dx` from `dout`.

    `backward` is called after `forward` with dout = ∂loss/∂out, in the shape of `out`. It sets `d…` for each parameter and
    returns dx = ∂loss/∂x. It writes to nothing else, and each call replaces the gradients of the call before.

    A subclass need not call `super().__init__()`. What it sets in `__init__` and in `start` lasts: it is copied, pickled and
    saved. Arrays that forward and backward set are caches, which are left out.
    """

    training: bool = True  # set by the network; False while it evaluates
    needs_dx: bool = True  # set by the network; False where no layer before has parameters: nobody reads dx
    rowwise: bool = False  # does each row of out depend on the same row of x alone, and on no random number?
    bounds: ClassVar[tuple[float, float] | None] = None  # the range of an activation that can saturate, such as (-1, 1)
    layers: Sequence[Layer] = ()  # of a network: the layers in it
    specs: Mapping[str, ParameterSpec] = MappingProxyType({})
    as_built: Mapping[str, bool] | None = None  # set by the network: the layer's attributes, and whether each lasts

    def __init_subclass__(cls) -> None:
        # Our own layers warn of no overflow, also when they are called alone. A reader's layer is as its author wrote it.
        for name in {"forward", "backward"} & vars(cls).keys():
            if cls.__module__.startswith("scratchnet."):
                setattr(cls, name, quiet(vars(cls)[name]))

    def forward(self, x: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, x) that returns the output")

    def backward(self, dout: Array) -> Array | None:
        raise NotImplementedError(f"{type(self).__name__} needs a method backward(self, dout) that returns dx")

    def parameter(self, name: str, shape: tuple[int, ...], init: InitLike, fans: Fans | None = None) -> Array:
        """Note a parameter, draw it at once, and return it: `self.W = self.parameter("W", (n_in, n_out), init, fans)`.

        The name is the attribute's; its gradient's is "d" + name. The draw is in float32, and differs from call to call:
        `initialize(seed=0)` draws the array anew, in place, and so does a network, from its own seed.
        """
        if not isinstance(shape, tuple | list):
            raise InputError(f"the shape of {name} is {shape!r}, but a tuple is needed, such as (n_in, n_out) or (n_out,)")
        spec = ParameterSpec(tuple(whole(f"an axis of {name}", axis, least=0) for axis in shape), initializer(init), fans)
        self.specs = {**self.specs, name: spec}
        label = f"{type(self).__name__}.{name}"
        return draw_weights(label, spec.init, spec.shape, spec.fans, np.random.default_rng(), np.float32)

    def parameters(self) -> list[tuple[str, Array, Array | None]]:
        """(name, w, dw) of every parameter; dw is None before the first backward."""
        return [(name, getattr(self, name), getattr(self, "d" + name, None)) for name in self.specs]

    def initialize(self, *, seed: int) -> None:
        """Draw every parameter anew, in place: the same seed gives the same numbers.

        They are the numbers that the layer has in a network with this seed, where it is the first of its kind.
        """
        self.draw(f"{type(self).__name__}1", seed_number("seed", seed))

    def draw(self, layer_name: str, seed: int) -> None:
        """Draw every parameter anew, in place, each from the stream of its own name, such as "Affine1.W"."""
        for name, spec in self.specs.items():
            full_name, w = f"{layer_name}.{name}", getattr(self, name)
            w[...] = draw_weights(full_name, spec.init, spec.shape, spec.fans, stream(seed, full_name), w.dtype)
        self.start(stream(seed, layer_name))

    def start(self, rng: np.random.Generator) -> None:
        """Forget everything that training changed, except the parameters. Called when those are drawn anew.

        Layers that remember (BatchNorm's running statistics) or draw random numbers (Dropout) override it. `rng` is this
        layer's own stream of the seed.
        """

    def twin(self, training: bool = False) -> Self:
        """A second layer with the same parameter arrays. Its forward and backward leave this layer unchanged."""
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        twin.training = training
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle of the layer holds: all but the caches."""
        return {**dict.fromkeys(name for name in self.as_built or () if name in vars(self)), **without_caches(self)}

    def __repr__(self) -> str:
        """As a user would write it, if the layer keeps the constructor's arguments as attributes or parameters."""
        arguments, kept_arguments = [], self.kept_arguments()
        for name, argument in inspect.signature(type(self)).parameters.items():
            kept = kept_arguments.get(name)
            if argument.default is argument.empty:
                arguments.append("…" if kept is None else as_written(kept))
            elif kept is not None and kept != argument.default:
                arguments.append(f"{name}={as_written(kept)}")
        return f"{type(self).__name__}({', '.join(arguments)})"

    def kept_arguments(self) -> dict[str, Any]:
        """The constructor's arguments, as far as the layer keeps them as attributes or in its parameters' specs."""
        specs = list(self.specs.values())
        noted: dict[str, Any] = {}
        if specs:
            noted["init"] = specs[0].init
            if specs[0].fans:
                noted |= {"n_in": specs[0].fans.n_in, "n_out": specs[0].fans.n_out}
        if len(specs) > 1:
            noted["bias_init"] = specs[1].init
        kept = noted | vars(self)
        return {name: kept[name] for name in inspect.signature(type(self)).parameters if name in kept}
