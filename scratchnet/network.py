"""A network: a list of layers with names, a seed and a dtype. Read next: `optimizers`, then `training`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np

from scratchnet.arguments import Array, InputError, finite, float_array, labels, whole
from scratchnet.initializers import He, InitLike, Zeros, draw_weights, initializer
from scratchnet.layers import Affine, Layer, ParameterSpec, ReLU
from scratchnet.streams import stream

ROWS = 1000  # how many rows an evaluation takes at a time, so that memory does not grow with the data


class Network(Layer):
    """Layers one after the other: forward from the first to the last, backward from the last to the first.

    `layers` are named by kind and count, as the book names them ("Affine1", "ReLU1", "Affine2", …), and their parameters
    "Affine1.W". Building a network draws every parameter anew from the seed, in `dtype`; each has a stream of its own,
    so one layer more changes no other layer's weights. Without a seed one is made up, and kept in `net.seed`.
    """

    needs_dx = False

    def __init__(self, layers: Iterable[Layer], seed: int | None = None, dtype: Any = np.float32) -> None:
        if not isinstance(layers, Iterable):
            raise InputError(f"layers is {layers!r}, but a list of layers is needed, such as [Affine(784, 10)]")
        self.layers = list(layers)
        try:
            self.dtype = np.dtype(dtype)
        except TypeError:
            self.dtype = np.dtype(object)
        if self.dtype.kind != "f":
            raise InputError(f"dtype is {dtype!r}, but a network computes in floats: give np.float32 or np.float64")
        if not self.layers:
            raise InputError("the network has no layers: give a list such as [Affine(784, 10)]")
        self.names = _names(self.layers)
        self.seed = int(np.random.SeedSequence().entropy) if seed is None else whole("seed", seed, least=0)  # type: ignore[arg-type]
        for i, layer in enumerate(self.layers):
            layer.needs_dx = i > 0 or self.needs_dx
            for name, spec in layer.specs.items():
                if not hasattr(layer, name):
                    raise InputError(
                        f"{self.names[i]} noted a parameter {name!r} but has no attribute of that name: "
                        f"write self.{name} = self.parameter({name!r}, …)"
                    )
                setattr(layer, name, np.empty(spec.shape, self.dtype))
        self.initialize()

    def initialize(self, init: InitLike | None = None, seed: int | None = None, bias_init: InitLike | None = None) -> None:
        """Draw every parameter anew, in place.

        `init` takes the place of the initializer of every weight, that is, of every parameter with two or more axes;
        `bias_init` that of every "b". Others (a PReLU's slope) keep their own. Left out: each keeps its own, and the
        network its seed. So `net.initialize(He())` and `net.initialize(LeCun())` scale the same numbers.
        """
        if seed is not None:
            self.seed = whole("seed", seed, least=0)
        for layer_name, layer in zip(self.names, self.layers, strict=True):
            specs = {}
            for name, spec in layer.specs.items():
                given = init if len(spec.shape) > 1 else bias_init if name == "b" else None
                law = spec.init if given is None else initializer(given)
                specs[name] = ParameterSpec(spec.shape, law, spec.fans)
                full_name = f"{layer_name}.{name}"
                rng = stream(self.seed, full_name)
                getattr(layer, name)[...] = draw_weights(full_name, law, spec.shape, spec.fans, rng, self.dtype)
            layer.specs = specs

    def parameters(self) -> list[tuple[str, Array, Array | None]]:
        """(name, w, dw) of every parameter, in the order of the layers; dw is None before the first backward."""
        return [
            (f"{layer_name}.{name}", w, dw)
            for layer_name, layer in zip(self.names, self.layers, strict=True)
            for name, w, dw in layer.parameters()
        ]

    def forward(self, x: Array) -> Array:
        """The scores (N, C) of the rows x (N, D), floats. Keeps in the layers what `backward` needs."""
        out = finite("x", self.as_rows(x))
        for i in range(len(self.layers)):
            out = self.forward_through(i, out)
        return out

    def backward(self, dout: Array) -> Array | None:
        """Set the gradient of every parameter, from dout = ∂loss/∂scores."""
        for i in reversed(range(len(self.layers))):
            dout = self.backward_through(i, dout)
        return dout

    def forward_through(self, i: int, x: Array) -> Array:
        """forward of the i-th layer, which is named if it cannot take x."""
        layer = self.layers[i]
        try:
            return layer.forward(x)
        except ValueError as error:
            fans = next((spec.fans for spec in layer.specs.values() if spec.fans), None)
            if fans and x.shape[-1] != fans.n_in:
                raise InputError(
                    f"{self.names[i]} takes rows of width {fans.n_in}, but got an array of shape {x.shape}: give x that "
                    f"width, or build the layer as {type(layer).__name__}({x.shape[-1]}, {fans.n_out})"
                ) from error
            raise InputError(f"{self.names[i]} cannot take an array of shape {x.shape}: {error}") from error

    def backward_through(self, i: int, dout: Array) -> Array:
        """backward of the i-th layer, with a look at whether it did its part. (The first may return None.)"""
        layer = self.layers[i]
        try:
            dx = layer.backward(dout)
        except AttributeError as error:
            raise InputError(f"{self.names[i]}: {error}: backward comes after forward, which keeps what it needs") from error
        if dx is None and layer.needs_dx:
            raise InputError(f"{self.names[i]} returned no dx: {type(layer).__name__}.backward must return it")
        for parameter in layer.specs:
            if getattr(layer, "d" + parameter, None) is None:
                raise InputError(
                    f"{self.names[i]}.{parameter} got no gradient: {type(layer).__name__}.backward must set "
                    f"self.d{parameter}"
                )
        return dx  # type: ignore[return-value]

    def predict(self, x: Array) -> Array:
        """The class number of each row of x."""
        return np.concatenate([scores.argmax(axis=1) for scores in self.scores(x)])

    def accuracy(self, x: Array, t: Array) -> float:
        """The share of the rows of x whose class is predicted as the labels t say."""
        x = self.as_rows(x)
        t = labels(t, len(x))
        hits = 0
        for i, scores in enumerate(self.scores(x)):
            rows, classes = scores.shape
            right = scores.argmax(axis=1) == labels(t[i * ROWS :][:rows], rows, classes)
            hits += int(right.sum())
        return hits / len(x)

    def scores(self, x: Array) -> Iterator[Array]:
        """forward, in evaluation, `ROWS` rows at a time; what a training step left in the layers stays untouched."""
        x = self.as_rows(x)
        twin = self.twin()
        for start in range(0, len(x), ROWS):
            yield twin.forward(x[start : start + ROWS])

    def twin(self, training: bool = False) -> Self:
        twin = super().twin(training)
        twin.layers = [layer.twin(training) for layer in self.layers]
        return twin

    def __repr__(self) -> str:
        lines = "".join(f"    {layer!r},\n" for layer in self.layers)
        dtype = "" if self.dtype == np.float32 else f", dtype=np.{self.dtype}"
        return f"Network([\n{lines}], seed={self.seed}{dtype})"

    def as_rows(self, x: Array) -> Array:
        x = float_array("x", x, self.dtype)
        if x.ndim < 2:
            raise InputError(f"x has shape {x.shape}, but a batch of rows is needed: for one row write x[None]")
        return x


def mlp(
    n_in: int,
    hidden: Sequence[int],
    n_out: int,
    activation: Callable[[], Layer] = ReLU,
    init: InitLike = He(),  # noqa: B008
    bias_init: InitLike = Zeros(),  # noqa: B008
    seed: int | None = None,
    dtype: Any = np.float32,
) -> Network:
    """A multi-layer perceptron: Affine and activation for each hidden width, and an Affine to the scores.

    `activation` makes a layer when called: a class such as ReLU, or lambda: LeakyReLU(0.2).
    """
    if isinstance(activation, Layer) or not callable(activation):
        raise InputError(f"activation is {activation!r}, but something that makes layers is needed, such as the class ReLU")
    widths = [n_in, *hidden_widths(hidden)]
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [Affine(fan_in, fan_out, init, bias_init), activation()]
    return Network([*layers, Affine(widths[-1], n_out, init, bias_init)], seed, dtype)


def hidden_widths(hidden: Any) -> tuple[int, ...]:
    """The widths of the hidden layers, none being allowed."""
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        raise InputError(f"hidden is {hidden!r}, but a list of widths is needed, such as [100, 100]")
    return tuple(whole("a hidden width", width) for width in hidden)


def _names(layers: Sequence[Layer]) -> list[str]:
    count: Counter[str] = Counter()
    names: list[str] = []
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            made = f"{layer.__name__}()" if isinstance(layer, type) else "a Layer"
            raise InputError(f"layer {i + 1} of the network is {layer!r}, which is no layer: give {made}")
        if isinstance(layer, Network):
            raise InputError(f"layer {i + 1} of the network is a Network: give its layers instead, *net.layers")
        first = next(j for j, other in enumerate(layers) if other is layer)
        if first < i:
            raise InputError(
                f"layers {first + 1} and {i + 1} of the network are one and the same {layer!r}: "
                "make a second one, since each layer remembers its own input"
            )
        kind = type(layer).__name__
        count[kind] += 1
        names.append(f"{kind}{count[kind]}")
    return names
