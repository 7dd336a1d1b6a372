"""A network: a list of layers with names, a seed and a dtype. Read next: `names`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from scratchnet.initializers import InitLike
from scratchnet.layers import Layer
from scratchnet.layers.lasting import what_lasts
from scratchnet.network.drawing import draw_parameters, make_arrays
from scratchnet.network.errors import FAILURES, backward_error, check_gradients, check_output, forward_error
from scratchnet.network.in_pieces import has_convolution, in_pieces, on_all_cores
from scratchnet.network.names import names_of, refuse_repeats, refuse_shared
from scratchnet.support.tables import Table
from scratchnet.support.threads import cut, keep_freed_memory
from scratchnet.support.validation import (
    Array,
    InputError,
    as_list,
    finite,
    float_array,
    labels,
    no_pixels,
    seed_number,
    shown,
)

ROWS = 1000  # an evaluation takes this many rows at a time, so that memory does not grow with the data
IMAGES = 100  # the same for a network with convolutions


class Network(Layer):
    """Layers one after the other: forward from the first to the last, backward from the last to the first.

    `layers` are named by kind and count, as the book names them ("Affine1", "ReLU1", "Affine2", …), their parameters
    "Affine1.W" and so on. Building a network draws every parameter anew from the seed, in `dtype`. Each parameter has its
    own stream, so one layer more changes no other layer's weights. Without a seed, a random one is taken: see `net.seed`.
    `images` is a batch of inputs for an initializer that looks at one, such as LSUV.

    A network may be a layer of another network, which then draws its parameters from its own seed: "Network1.Affine1.W".
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        seed: int | None = None,
        dtype: Any = np.float32,
        images: Array | None = None,
    ) -> None:
        self.layers = as_list("layers", layers, "a list of layers", "[Affine(784, 10)]")
        try:
            self.dtype = np.dtype(object if dtype is None else dtype).newbyteorder("=")  # for NumPy None is float64
        except Exception:  # of many kinds
            self.dtype = np.dtype(object)
        if self.dtype.kind != "f":
            raise InputError(f"dtype is {shown(dtype)}, but a network computes in floats: give np.float32 or np.float64")
        if not self.layers:
            raise InputError("the network has no layers: give a list such as [Affine(784, 10)]")
        self.names = names_of(self.layers)
        self.nested = False  # as a layer of another network, which then takes care of seed, dtype and input
        self.has_convolution = has_convolution(self.layers)
        self.chain = in_pieces(self)
        self.rowwise = all(layer.rowwise for layer in self.layers)
        refuse_repeats(self.walk())
        refuse_shared(list(self.walk()))
        self.seed = int(np.random.SeedSequence().entropy) if seed is None else seed_number("seed", seed)  # type: ignore[arg-type]
        keep_freed_memory()
        self._allocate(self.dtype, needs_dx=False)
        self.initialize(images=images)
        for _, layer in self.walk():
            layer.as_built = layer.as_built or what_lasts(layer)

    @property
    def named(self) -> list[tuple[str, Layer]]:
        return list(zip(self.names, self.layers, strict=True))

    def walk(self) -> Iterator[tuple[str, Layer]]:
        """(name, layer) for all layers in the order of forward; the layers in a nested network come before it."""
        for name, layer in self.named:
            if isinstance(layer, Network):
                yield from ((f"{name}.{inner_name}", inner) for inner_name, inner in layer.walk())
            yield name, layer

    def _allocate(self, dtype: Any, needs_dx: bool) -> None:
        """Make arrays of `dtype` for all parameters. Every layer behind the first one with parameters must return dx."""
        self.dtype, self.needs_dx = dtype, needs_dx
        for layer_name, layer in self.named:
            if isinstance(layer, Network):
                layer.nested = True
                layer._allocate(dtype, needs_dx)
            layer.needs_dx = needs_dx
            make_arrays(layer_name, layer, dtype)
            needs_dx = needs_dx or bool(layer.parameters())

    def initialize(
        self,
        init: InitLike | None = None,
        seed: int | None = None,
        bias_init: InitLike | None = None,
        images: Array | None = None,
    ) -> None:
        """Draw every parameter anew, in place.

        `init` replaces the initializer of every weight, that is, of every parameter with two or more axes, and `bias_init`
        that of every "b". Other parameters (a PReLU's slope) keep their initializer. Without `init`, `bias_init` or `seed`,
        the old ones stay. So `net.initialize(He())` and `net.initialize(LeCun())` scale the same numbers. `images` is a
        batch of inputs for an initializer that looks at one: `net.initialize(LSUV(), images=train[:1000][0])`.
        """
        draw_parameters(self, init, seed, bias_init, images)

    def kept_arguments(self) -> dict[str, Any]:
        without = {"images": None} | ({"seed": None} if self.nested else {})  # looked at once, and never asked
        return super().kept_arguments() | without

    def parameters(self) -> list[tuple[str, Array, Array | None]]:
        """(name, w, dw) for every parameter, in the order of the layers; dw is None before the first backward.

        A BatchNorm's running statistics are not among them: for a copy of all that training changes, take `state()`.
        """
        return [(f"{layer_name}.{name}", w, dw) for layer_name, layer in self.named for name, w, dw in layer.parameters()]

    @on_all_cores
    def forward(self, x: Array) -> Array:
        """The scores (N, C) for rows x (N, D), or images x (N, H, W, C), of floats. The layers keep what backward needs."""
        if not self.nested:
            x = finite("x", self.as_rows(x))
            self.in_shape = x.shape[1:]
        try:
            for layer in self.chain:
                x = layer.forward(x)
        except FAILURES as error:
            raise forward_error(self.named, self.chain, layer, x, error) from error
        check_output(self.named, self.chain, x)
        if not self.nested:
            self.out_shape = x.shape
        return x

    @on_all_cores
    def backward(self, dout: Array) -> Array | None:
        """Set the gradient of every parameter, from dout = ∂loss/∂scores. Returns ∂loss/∂x, or None if nothing needs it."""
        dx: Any = dout if self.nested else self._as_dout(dout)
        try:
            for layer in reversed(self.chain):
                dx = layer.backward(dx)
                if dx is None:  # no layer before this one has parameters
                    break
        except (AttributeError, *FAILURES) as error:
            raise backward_error(self.named, layer, dx, error) from error
        check_gradients(self.named, layer, dx)
        return dx

    def predict(self, x: Array) -> Array:
        """The predicted class number for each row of x."""
        return np.concatenate([scores.argmax(axis=1) for scores in self.scores(x)])

    def accuracy(self, x: Array, t: Array) -> float:
        """The share of rows of x whose predicted class is the label in t."""
        x = self.as_rows(x)
        t = labels(t, len(x))
        hits = 0
        for rows, scores in zip(self.parts(len(x)), self.scores(x), strict=True):
            hits += int((scores.argmax(axis=1) == labels(t[rows], *scores.shape)).sum())
        return hits / len(x)

    def scores(self, x: Array) -> Iterator[Array]:
        """The scores part by part, in evaluation. What a training step left in the layers is not changed."""
        x = no_pixels("x", self.as_rows(x))
        twin = self.twin()
        for rows in self.parts(len(x)):
            scores = twin.forward(x[rows])
            if scores.ndim != 2:
                raise InputError(
                    f"the network makes {scores.shape} of {len(scores)} rows, but one row of scores for each is needed"
                )
            yield scores

    def parts(self, rows: int) -> list[slice]:
        """The parts, nearly equal in size, that an evaluation takes one after the other."""
        return cut(rows, math.ceil(rows / (IMAGES if self.has_convolution else ROWS)))

    def twin(self, training: bool = False) -> Self:
        twin = super().twin(training)
        twin.layers = [layer.twin(training) for layer in self.layers]
        twin.chain = twin.layers if self.chain is self.layers else in_pieces(twin)
        return twin

    def part(self, stretch: slice) -> Network:
        """A plain network of some of the layers themselves, which takes a batch in one piece."""
        part = Network.__new__(Network)
        vars(part).update(vars(self))
        part.names, part.layers, part.nested = self.names[stretch], self.layers[stretch], True
        part.chain = part.layers
        return part

    def save(self, path: str | Path) -> Path:
        """Write the network to a file that ends in .npz, or in .safetensors: `sn.load(path)` gives it back.

        The file holds the layers with their arguments, the parameters and all else that training changes (BatchNorm's
        running statistics), but no caches. A layer of your own keeps each argument of `__init__` in an attribute of its
        name, and what it remembers from batch to batch in attributes that `__init__` or `start` sets. A network that
        cannot be described is an InputError. The file is written whole, or not at all.
        """
        from scratchnet.network.saving import describe_network
        from scratchnet.support.array_file import check_suffix, write_arrays

        path = check_suffix(path)
        document, arrays = describe_network(self)
        write_arrays(path, "network", document, arrays)
        return path

    def state(self) -> dict[str, Any]:
        """Copies of all that training changes: the parameters, and what layers remember, such as running statistics.

        `net.restore(state)` puts them back: a network is then what it was, for example at its best accuracy.
        """
        from scratchnet.network.state import copied_state

        return copied_state(self)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `state()` returned, here or in another network of the same layers."""
        from scratchnet.network.state import restore_state

        restore_state(self, state)

    def keep_in_one_piece(self) -> None:
        """From now on, send the whole batch through the layers themselves, not piece by piece through their twins."""
        self.chain = self.layers
        for layer in self.layers:
            if isinstance(layer, Network):
                layer.keep_in_one_piece()

    def to_torch(self, image: tuple[int, int, int] | None = None) -> Any:
        """The nn.Sequential of PyTorch that computes the same, with copies of the arrays: the inverse of `from_torch`.

        It takes images (N, C, H, W) where this network takes (N, H, W, C). It is in training, as new modules are: eval()
        puts BatchNorm and Dropout in evaluation. image=(C, H, W), the shape of one input, is needed where no layer before a
        Flatten says how many channels the images have. A layer without a module that is the same (Residual, your own, a
        LayerNorm of images) is an InputError. `from_torch` says what differs in training.
        """
        from scratchnet.convert.to_torch import to_torch  # not at start, since most programs need neither

        return to_torch(self, image)

    def to_onnx(self, path: str | Path) -> Path:
        """Write the network, in evaluation, as an ONNX file, whole or not at all, and return its path.

        The input "x" is (N, D) or (N, H, W, C), as here, the output is "scores", and N is free. The file computes in float32
        whatever the dtype here, since onnxruntime has few layers in float64. Operators are of opset 17, of 2022. A layer
        of your own is an InputError.
        """
        from scratchnet.convert.to_onnx import to_onnx

        return to_onnx(self, path)

    def onnx_nodes(self, graph: Any, x: str) -> str:
        """Add the layers to an ONNX graph; returns the name of the output. Whoever overrides forward overrides this too."""
        for name, layer in self.named:
            x = graph.layer(name, layer, x)
        return x

    def summary(self, in_shape: Sequence[int] | int | None = None) -> Table:
        """A table: each layer's output shape (N rows), its parameters, their initializers and their number.

        `in_shape` is the shape of one input, such as 784 or (28, 28, 1). Without it, it is that of the rows that went
        through last, or what a first Affine takes; where neither is known, there is a question mark. A small batch is sent
        through a twin of the layers, in evaluation. Layers inside a Residual or a nested Network are listed before it.
        """
        from scratchnet.network.summary import summary

        return summary(self, in_shape)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def __repr__(self) -> str:
        lines = textwrap.indent("".join(f"{layer!r},\n" for layer in self.layers), "    ")
        settings = "" if self.nested else f", seed={self.seed}"
        if self.dtype != np.float32 and not self.nested:
            settings += f", dtype=np.{self.dtype}"
        return f"{type(self).__name__}([\n{lines}]{settings})"

    def _as_dout(self, dout: Array) -> Array:
        """`dout` as an array of floats in the shape of what the last forward returned."""
        dout = float_array("dout", dout)
        out_shape = getattr(self, "out_shape", dout.shape)
        if dout.shape != out_shape:
            raise InputError(f"dout has shape {dout.shape}, but the last forward returned {out_shape}: give the same shape")
        return dout

    def check_rows(self, x: Array) -> int:
        """The number of scores for a row. Raises InputError if the network cannot take x: its first rows are tried."""
        scores = self.twin().forward(self.as_rows(x)[:2])
        if scores.ndim != 2:
            raise InputError(
                f"the network makes {scores.shape} of {len(x[:2])} rows, but one row of scores is needed for each"
            )
        return scores.shape[1]

    def as_rows(self, x: Array) -> Array:
        x = float_array("x", x, self.dtype)
        if x.ndim < 2:
            raise InputError(f"x has shape {x.shape}, but a batch of rows is needed: for one row write x[None]")
        return x


def as_network(given: Any) -> Network:
    """`given`, if it is a network."""
    if not isinstance(given, Network):
        raise InputError(f"net is {shown(given)}, but a Network is needed, such as sn.mlp(784, [100], 10)")
    return given
