"""A network as a table: the output shape of each layer, its parameters, how they are drawn, and how many they are.

A layer need not know the shape of its output, so a small batch is sent through a twin of the network, and the shapes are
read from it. Where no shape of the input is known there is a question mark. Read next: `residual`.
"""

from typing import Any

import numpy as np

from scratchnet.initializers import init_label
from scratchnet.layers import Affine, Layer
from scratchnet.support.quiet import quiet
from scratchnet.support.tables import Table
from scratchnet.support.validation import InputError, as_list, whole

BATCH = 2  # rows that are sent through
HEADER = ("layer", "output shape", "parameters", "drawn by", "count")

Shape = tuple[int, ...]


@quiet
def summary(net: Any, in_shape: Any = None) -> Table:
    """The table of `net.summary(in_shape)`."""
    start, shape = (0, _checked(net, in_shape)) if in_shape is not None else _known_input(net)
    shapes: dict[str, Shape] = {}
    notes: list[str] = []
    if shape is not None:
        shapes, error = _output_shapes(net, start, shape)
        if error:
            failed = next(name for name, layer in net.walk() if not layer.layers and name not in shapes)
            notes = [f"?: not known, since {failed} raised {type(error).__name__}: {error}"]
    if len(shapes) < len(list(net.walk())) and not notes:
        notes = ["?: known once data has gone through, or with net.summary(shape), such as (28, 28, 1), of one input"]
    input_shape = "?" if shape is None or start else _text((BATCH, *shape))
    rows = [["input", input_shape, "", "", ""]]
    for name, layer in net.walk():
        specs = layer.specs.items()
        count = "" if layer.layers else f"{sum(w.size for _, w, _ in layer.parameters()):,}"
        rows.append(
            [
                name,
                _text(shapes[name]) if name in shapes else "?",
                ", ".join(f"{parameter} {spec.shape}" for parameter, spec in specs),
                ", ".join(init_label(spec.init) for _, spec in specs),
                count,
            ]
        )
    arrays = [w for _, w, _ in net.parameters()]
    total = f"{sum(w.size for w in arrays):,} parameters, {_bytes(sum(w.nbytes for w in arrays))} of {net.dtype}"
    return Table(HEADER, rows, [f"{total}; seed {net.seed}", *notes])


def _checked(net: Any, in_shape: Any) -> Shape:
    """The shape of one input as the user gave it. Raises InputError if the network does not take it."""
    given = [in_shape] if isinstance(in_shape, int | np.integer) else in_shape
    axes = as_list("in_shape", given, "the shape of one input", "(784,) or (28, 28, 1)", most=10)
    shape = tuple(whole("an axis of in_shape", axis) for axis in axes)
    if not shape:
        raise InputError("in_shape is empty, but the shape of one input is needed, such as (784,) or (28, 28, 1)")
    net.twin().forward(_batch(net, shape))
    return shape


def _known_input(net: Any) -> tuple[int, Shape | None]:
    """(i, the shape of the input of layer i): what went through last, or what the first Affine takes."""
    if (seen := getattr(net, "in_shape", None)) is not None:
        return 0, seen
    for i, layer in enumerate(net.layers):
        if type(first := _first(layer)) is Affine:
            return i, first.W.shape[:1]
    return 0, None


def _first(layer: Layer) -> Layer:
    return _first(layer.layers[0]) if layer.layers else layer


def _output_shapes(net: Any, start: int, shape: Shape) -> tuple[dict[str, Shape], Exception | None]:
    """The shapes that the layers from `start` on make of a batch, by name, and what a layer raised."""
    twin, shapes = net.twin(), dict[str, Shape]()
    twin.keep_in_one_piece()

    def note(name: str, layer: Layer) -> None:
        forward = layer.forward

        def noted(x: Any) -> Any:
            out = forward(x)
            shapes[name] = np.shape(out)
            return out

        layer.forward = noted  # type: ignore[method-assign]

    watched = dict(twin.walk())
    for name, layer in watched.items():
        note(name, layer)
    x = _batch(net, shape)
    try:
        for layer in twin.layers[start:]:
            x = layer.forward(x)
    except Exception as error:  # of a reader's layer too: a table is no place to fail
        return shapes, error
    finally:
        for layer in watched.values():  # otherwise each refers to itself
            del layer.forward
    return shapes, None


def _batch(net: Any, shape: Shape) -> Any:
    return np.random.default_rng(0).random((BATCH, *shape)).astype(net.dtype)


def _text(shape: Shape) -> str:
    if shape[:1] != (BATCH,):
        return f"{shape} of {BATCH} rows"
    return f"(N, {', '.join(map(str, shape[1:]))})" if shape[1:] else "(N,)"


def _bytes(count: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
