"""What a layer is: forward, backward, and parameters that know how they were drawn.

A layer of your own needs the two methods and nothing else; see `Affine` for the pattern and `examples/06_own_layer.py`
for a complete one. Read next: `affine`.
"""

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from scratchnet.initializers import Fans, InitLike, draw_weights, initializer
from scratchnet.support.streams import stream
from scratchnet.support.validation import Array, InputError, whole


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

    A subclass need not call `super().__init__()`.
    """

    training: bool = True  # set by the network; False while it evaluates
    needs_dx: bool = True  # set by the network; False where no layer before has parameters: nobody reads dx
    rowwise: bool = False  # does each row of out depend on the same row of x alone, and on no random number?
    bounds: ClassVar[tuple[float, float] | None] = None  # the range of an activation that can saturate, such as (-1, 1)
    layers: Sequence["Layer"] = ()  # of a network: the layers in it
    specs: Mapping[str, ParameterSpec] = MappingProxyType({})

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
        self.draw(f"{type(self).__name__}1", whole("seed", seed, least=0))

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
        twin = copy.copy(self)
        twin.training = training
        return twin

    def __repr__(self) -> str:
        """As a user would write it, if the layer keeps the constructor's arguments as attributes or parameters."""
        arguments = []
        for name, argument in inspect.signature(type(self)).parameters.items():
            kept = self._kept(name)
            if argument.default is argument.empty:
                arguments.append("…" if kept is None else repr(kept))
            elif kept is not None and kept != argument.default:
                arguments.append(f"{name}={kept!r}")
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _kept(self, argument: str) -> Any:
        if argument in vars(self):
            return vars(self)[argument]
        specs = list(self.specs.values())
        if specs and argument == "init":
            return specs[0].init
        if len(specs) > 1 and argument == "bias_init":
            return specs[1].init
        if specs and specs[0].fans and argument in ("n_in", "n_out"):
            return getattr(specs[0].fans, argument)
        return None
