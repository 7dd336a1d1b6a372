"""A network: a list of layers with names, a seed and a dtype. Read next: `residual`, `models`, `optimizers`."""

import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Self

import numpy as np

from scratchnet.arguments import Array, InputError, finite, float_array, labels, whole
from scratchnet.initializers import InitLike, draw_weights, initializer
from scratchnet.layers import Convolution, Layer, ParameterSpec
from scratchnet.pieces import keep_freed_memory, on_threads, pieces, threads_for_pieces
from scratchnet.streams import stream

ROWS = 1000  # how many rows an evaluation takes at a time, so that memory does not grow with the data
IMAGES = 100  # the same where there are convolutions


class Network(Layer):
    """Layers one after the other: forward from the first to the last, backward from the last to the first.

    `layers` are named by kind and count, as the book names them ("Affine1", "ReLU1", "Affine2", …), and their parameters
    "Affine1.W". Building a network draws every parameter anew from the seed, in `dtype`; each has a stream of its own,
    so one layer more changes no other layer's weights. Without a seed one is made up, and kept in `net.seed`.

    A network may be a layer of another one, which draws its parameters anew from its own seed: "Network1.Affine1.W".
    """

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
        self.nested = False  # is it a layer of another network, which then looks after its seed, dtype and input
        self.runs, self.in_pieces = _runs(self.layers)  # runs of layers, and those that images go through in pieces
        self.copies: dict[range, list[Network]] = {}  # of the layers of a run, one a piece, since the last forward
        self.rowwise = all(layer.rowwise for layer in self.layers)
        self.has_convolution = _has_convolution(self)
        places: dict[int, str] = {}
        for name, layer in self.walk():
            if id(layer) in places:
                raise InputError(
                    f"{places[id(layer)]} and {name} of the network are one and the same {layer!r}: "
                    "make a second one, since each layer remembers its own input"
                )
            places[id(layer)] = name
        self.seed = int(np.random.SeedSequence().entropy) if seed is None else whole("seed", seed, least=0)  # type: ignore[arg-type]
        keep_freed_memory()
        self._allocate(self.dtype, needs_dx=False)
        self.initialize()

    def walk(self) -> Iterator[tuple[str, Layer]]:
        """(name, layer) of all layers in the order of forward; those inside a network that is a layer come before it."""
        return _walk(self.names, self.layers, range(len(self.layers)))

    def _allocate(self, dtype: Any, needs_dx: bool) -> None:
        """Arrays of `dtype` for all parameters; dx is needed of every layer behind the first that has some."""
        self.dtype, self.needs_dx = dtype, needs_dx
        for layer_name, layer in zip(self.names, self.layers, strict=True):
            if isinstance(layer, Network):
                layer.nested = True
                layer._allocate(dtype, needs_dx)
            layer.needs_dx = needs_dx
            for name, spec in layer.specs.items():
                if not hasattr(layer, name):
                    raise InputError(
                        f"{layer_name} noted a parameter {name!r} but has no attribute of that name: "
                        f"write self.{name} = self.parameter({name!r}, …)"
                    )
                setattr(layer, name, np.empty(spec.shape, dtype))
            needs_dx = needs_dx or bool(layer.parameters())

    def initialize(self, init: InitLike | None = None, seed: int | None = None, bias_init: InitLike | None = None) -> None:
        """Draw every parameter anew, in place.

        `init` takes the place of the initializer of every weight, that is, of every parameter with two or more axes;
        `bias_init` that of every "b". Others (a PReLU's slope) keep their own. Left out: each keeps its own, and the
        network its seed. So `net.initialize(He())` and `net.initialize(LeCun())` scale the same numbers.
        """
        if seed is not None:
            self.seed = whole("seed", seed, least=0)
        for layer_name, layer in self.walk():
            specs = {}
            for name, spec in layer.specs.items():
                given = init if len(spec.shape) > 1 else bias_init if name == "b" else None
                law = spec.init if given is None else initializer(given)
                specs[name] = ParameterSpec(spec.shape, law, spec.fans)
                full_name = f"{layer_name}.{name}"
                rng = stream(self.seed, full_name)
                getattr(layer, name)[...] = draw_weights(full_name, law, spec.shape, spec.fans, rng, self.dtype)
            layer.specs = specs
            layer.start(stream(self.seed, layer_name))

    def parameters(self) -> list[tuple[str, Array, Array | None]]:
        """(name, w, dw) of every parameter, in the order of the layers; dw is None before the first backward."""
        return [
            (f"{layer_name}.{name}", w, dw)
            for layer_name, layer in zip(self.names, self.layers, strict=True)
            for name, w, dw in layer.parameters()
        ]

    def forward(self, x: Array) -> Array:
        """The scores (N, C) of the rows x (N, D), or images x (N, H, W, C), floats. Its layers keep what backward needs."""
        out = x if self.nested else finite("x", self.as_rows(x))
        self.copies = {}
        with threads_for_pieces() if self.has_convolution else nullcontext():
            for run in self.runs:
                out = self._forward_run(run, out)
        return out

    def backward(self, dout: Array) -> Array | None:
        """Set the gradient of every parameter, from dout = ∂loss/∂scores. Stops where no layer before has parameters."""
        dx: Array | None = dout
        with threads_for_pieces() if self.has_convolution else nullcontext():
            for run in reversed(self.runs):
                dx = self._backward_run(run, dx)
        return dx

    def forward_through(self, i: int, x: Array) -> Array:
        """forward of the i-th layer, which is named if it cannot take x."""
        layer = self.layers[i]
        try:
            return layer.forward(x)
        except InputError as error:
            raise InputError(f"{self.names[i]}: {error}") from error
        except ValueError as error:
            fans = next((spec.fans for spec in layer.specs.values() if spec.fans), None)
            if fans and x.ndim > 2 and math.prod(x.shape[1:]) == fans.n_in:
                raise InputError(
                    f"{self.names[i]} takes rows of width {fans.n_in}, but got images of shape {x.shape}: put a Flatten() "
                    "before it"
                ) from error
            if fans and x.shape[-1] != fans.n_in:
                raise InputError(
                    f"{self.names[i]} takes rows of width {fans.n_in}, but got an array of shape {x.shape}: give x that "
                    f"width, or build the layer as {type(layer).__name__}({x.shape[-1]}, {fans.n_out})"
                ) from error
            raise InputError(f"{self.names[i]} cannot take an array of shape {x.shape}: {error}") from error

    def backward_through(self, i: int, dout: Array) -> Array | None:
        """backward of the i-th layer, with a look at whether it did its part."""
        layer = self.layers[i]
        try:
            dx = layer.backward(dout)
        except AttributeError as error:
            raise InputError(f"{self.names[i]}: {error}: backward comes after forward, which keeps what it needs") from error
        except InputError as error:
            raise InputError(f"{self.names[i]}: {error}") from error
        except ValueError as error:
            raise InputError(
                f"{self.names[i]} cannot take a dout of shape {dout.shape} after its last x: {error}"
            ) from error
        if dx is None and layer.needs_dx:
            raise InputError(f"{self.names[i]} returned no dx: {type(layer).__name__}.backward must return it")
        for parameter in layer.specs:
            if getattr(layer, "d" + parameter, None) is None:
                raise InputError(
                    f"{self.names[i]}.{parameter} got no gradient: {type(layer).__name__}.backward must set "
                    f"self.d{parameter}"
                )
        return dx

    def _forward_run(self, run: range, x: Array) -> Array:
        """forward of the layers of a run; images in pieces, each through copies of the layers that keep what it needs."""
        rows = pieces(len(x)) if run in self.in_pieces else []
        if len(rows) > 1:
            copies = [self._copy_of(run) for _ in rows]
            try:
                outs = on_threads(lambda i: copies[i].forward(x[rows[i]]), range(len(rows)))
            except InputError:
                pass  # what follows raises the same, about all of x
            else:
                self.copies[run] = copies
                return np.concatenate(outs)
        for i in run:
            x = self.forward_through(i, x)
        return x

    def _backward_run(self, run: range, dout: Array | None) -> Array | None:
        """backward of the layers of a run; that of its copies, if there are any, whose gradients are added up."""
        if dout is not None and run in self.copies:
            copies = self.copies[run]
            douts = [dout[piece] for piece in pieces(len(dout))]
            dxs: list[Any] = on_threads(lambda i: copies[i].backward(douts[i]), range(len(copies)))
            for (_, layer), *pairs in zip(_walk(self.names, self.layers, run), *(one.walk() for one in copies), strict=True):
                for name in layer.specs:
                    setattr(layer, "d" + name, sum(getattr(twin, "d" + name) for _, twin in pairs))
            return None if dxs[0] is None else np.concatenate(dxs)
        for i in reversed(run):
            if dout is not None:
                dout = self.backward_through(i, dout)
        return dout

    def _copy_of(self, run: range) -> "Network":
        """A plain Network, even of a Residual's layers: twins of them, on the same parameters."""
        part = object.__new__(Network)
        vars(part).update(vars(self))
        part.layers = [self.layers[i].twin(self.layers[i].training) for i in run]
        part.names = [self.names[i] for i in run]
        part.nested, part.runs, part.in_pieces = True, [range(len(run))], set()
        return part

    def predict(self, x: Array) -> Array:
        """The class number of each row of x."""
        return np.concatenate([scores.argmax(axis=1) for scores in self.scores(x)])

    def accuracy(self, x: Array, t: Array) -> float:
        """The share of the rows of x whose class is predicted as the labels t say."""
        x = self.as_rows(x)
        t = labels(t, len(x))
        hits = 0
        for rows, scores in zip(self.parts(len(x)), self.scores(x), strict=True):
            hits += int((scores.argmax(axis=1) == labels(t[rows], *scores.shape)).sum())
        return hits / len(x)

    def scores(self, x: Array) -> Iterator[Array]:
        """forward, part by part, in evaluation; what a training step left in the layers stays untouched."""
        x = self.as_rows(x)
        twin = self.twin()
        for rows in self.parts(len(x)):
            scores = twin.forward(x[rows])
            if scores.ndim != 2:
                raise InputError(
                    f"the network makes {scores.shape} of {len(scores)} rows, but a row of scores for each is due"
                )
            yield scores

    def parts(self, rows: int) -> list[slice]:
        """The parts, nearly equal, that an evaluation takes one after the other."""
        count = math.ceil(rows / (IMAGES if self.has_convolution else ROWS))
        return [slice(rows * i // count, rows * (i + 1) // count) for i in range(count)]

    def twin(self, training: bool = False) -> Self:
        twin = super().twin(training)
        twin.layers = [layer.twin(training) for layer in self.layers]
        return twin

    def __repr__(self) -> str:
        lines = textwrap.indent("".join(f"{layer!r},\n" for layer in self.layers), "    ")
        settings = "" if self.nested else f", seed={self.seed}"
        if self.dtype != np.float32 and not self.nested:
            settings += f", dtype=np.{self.dtype}"
        return f"{type(self).__name__}([\n{lines}]{settings})"

    def as_rows(self, x: Array) -> Array:
        x = float_array("x", x, self.dtype)
        if x.ndim < 2:
            raise InputError(f"x has shape {x.shape}, but a batch of rows is needed: for one row write x[None]")
        return x


def _walk(names: Sequence[str], layers: Sequence[Layer], run: range) -> Iterator[tuple[str, Layer]]:
    for i in run:
        name, layer = names[i], layers[i]
        if isinstance(layer, Network):
            yield from ((f"{name}.{inner_name}", inner) for inner_name, inner in layer.walk())
        yield name, layer


def _runs(layers: Sequence[Layer]) -> tuple[list[range], set[range]]:
    """The layers' numbers, cut where a layer is not `rowwise`; and those of the runs that hold a convolution."""
    runs: list[range] = []
    for i, layer in enumerate(layers):
        goes_on = runs and layer.rowwise and layers[i - 1].rowwise
        runs = [*runs[:-1], range(runs[-1].start, i + 1)] if goes_on else [*runs, range(i, i + 1)]
    return runs, {run for run in runs if layers[run[0]].rowwise and any(_has_convolution(layers[i]) for i in run)}


def _has_convolution(layer: Layer) -> bool:
    if isinstance(layer, Network):
        return any(_has_convolution(inner) for inner in layer.layers)
    return isinstance(layer, Convolution)


def _names(layers: Sequence[Layer]) -> list[str]:
    count: Counter[str] = Counter()
    names: list[str] = []
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            made = f"{layer.__name__}()" if isinstance(layer, type) else "a Layer"
            raise InputError(f"layer {i + 1} of the network is {layer!r}, which is no layer: give {made}")
        kind = type(layer).__name__
        count[kind] += 1
        names.append(f"{kind}{count[kind]}")
    return names
