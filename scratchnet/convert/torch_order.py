"""What differs between a network here and the same in PyTorch: names of arrays, the axes of weights, the order of units.

Images are (N, C, H, W) there and (N, H, W, C) here. So the units behind a Flatten come in another order, and the rows of the
next Affine's W must be turned with them: `UnitOrder` finds out how. Without that nothing fails, and the accuracy is that of
guessing. Read next: `torch_layers`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scratchnet.layers import Affine, BatchNorm, Convolution, Flatten, Layer, LayerNorm, PReLU, channels_first, channels_last
from scratchnet.layers.pooling import Pool
from scratchnet.support.validation import Array, InputError, whole

# The arrays of our layers, and what PyTorch calls them.
ARRAYS: dict[type[Layer], dict[str, str]] = {
    Affine: {"W": "weight", "b": "bias"},
    Convolution: {"W": "weight", "b": "bias"},
    BatchNorm: {"gamma": "weight", "beta": "bias", "running_mean": "running_mean", "running_var": "running_var"},
    LayerNorm: {"gamma": "weight", "beta": "bias"},
    PReLU: {"a": "weight"},
}

Image = tuple[int, int, int]  # (C, H, W)


@dataclass(frozen=True)
class TorchModule:
    """A module of PyTorch in plain values: where it stands ("0.3"), its class, its options and its arrays by their names."""

    path: str
    kind: str
    options: dict[str, Any]
    arrays: dict[str, Array]


@contextmanager
def errors_at(path: str) -> Iterator[None]:
    """Put the path of a module or layer before the message of an InputError."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def turned_last(layer: Layer, name: str, array: Array, turn: Image | None) -> Array:
    """PyTorch's array as our layer's array `name`, with channels last. `turn` is what `UnitOrder.enter` returns."""
    if isinstance(layer, Convolution) and name == "W":
        return channels_last(array, "convolution")
    if isinstance(layer, Affine):
        array = array.T if name == "W" else array
        return channels_last(array, "affine", turn) if turn and name == "W" else array
    return channels_last(array[:, None], "affine", turn)[:, 0] if turn else array


def turned_first(layer: Layer, name: str, array: Array, turn: Image | None) -> Array:
    """The inverse of `turned_last`."""
    if isinstance(layer, Convolution) and name == "W":
        return channels_first(array, "convolution")
    if isinstance(layer, Affine):
        array = channels_first(array, "affine", turn) if turn and name == "W" else array
        return array.T if name == "W" else array
    return channels_first(array[:, None], "affine", turn)[:, 0] if turn else array


def takes_images(layers: Iterator[Layer]) -> bool | None:
    """Does a network of these layers take images, or rows? None where its layers, up to a Flatten, take both."""
    for layer in layers:
        if isinstance(layer, Affine | Convolution | Pool):
            return not isinstance(layer, Affine)
        if isinstance(layer, Flatten):
            return None
    return None


class UnitOrder:
    """A walk through the layers, which knows at each of them whether images or rows come, and the order of their units.

    Behind a Flatten the units are in the order (C, H, W) there and (H, W, C) here, until an Affine mixes them. To turn one
    into the other C is enough, since H · W is the number of units over C. C is known from a convolution or a BatchNorm
    before the Flatten; else from image=(C, H, W), the shape of the inputs.
    """

    def __init__(self, image: Image | None, images: bool | None) -> None:
        self.images = images
        self.channels: int | None = None
        self.sides: tuple[int, int] | None = None
        self.units: int | None = None  # of rows
        self.flattened = False  # are the rows flattened images, whose units no Affine has mixed yet?
        if image is not None:
            if not isinstance(image, tuple | list) or len(image) != 3:
                raise InputError(f"image is {image!r}, but the shape (C, H, W) of one input is needed, such as (1, 28, 28)")
            if images is False:
                raise InputError(f"image is {image!r}, but the first layer takes rows: leave out image=")
            self.channels, *sides = (whole("an axis of image", axis) for axis in image)
            self.sides, self.images = (sides[0], sides[1]), True

    def enter(self, layer: Layer) -> Image | None:
        """Go through a layer. Returns (C, H · W, 1) if its arrays have a number per unit of flattened images, else None."""
        if isinstance(layer, Convolution):
            self.window(layer.n_in, layer.size, layer.stride, layer.pad)
            self.channels = layer.n_out
        elif isinstance(layer, Pool):
            self.window(self.channels, layer.size, layer.step, 0)
        elif isinstance(layer, Flatten):
            self.flatten()
        elif isinstance(layer, Affine):
            if self.images:
                raise InputError("rows are needed, but images come: put a Flatten() before it")
            self.images, turn = False, self.turn(layer.W.shape[0])
            self.units, self.flattened = layer.W.shape[1], False
            return turn
        elif isinstance(layer, BatchNorm | LayerNorm) or (isinstance(layer, PReLU) and layer.n > 1):
            return self.one_number_per_unit(layer, layer.n)
        return None

    def window(self, channels: int | None, size: int, stride: int, pad: int) -> None:
        if self.images is False:
            raise InputError("images are needed, but rows come: take out what makes rows before it")
        if self.channels not in (None, channels):
            raise InputError(f"images of {channels} channels are needed, but those that come have {self.channels}")
        self.images, self.channels = True, channels
        if self.sides is not None:
            height, width = ((side + 2 * pad - size) // stride + 1 for side in self.sides)
            if min(height, width) < 1:
                raise InputError(f"a window of size {size} does not fit into images of {self.sides[0]} × {self.sides[1]}")
            self.sides = height, width

    def flatten(self) -> None:
        if self.images is False:
            return
        self.images, self.flattened = False, True
        known = self.channels is not None and self.sides is not None
        self.units = self.channels * self.sides[0] * self.sides[1] if known else None  # type: ignore[operator, index]

    def one_number_per_unit(self, layer: Layer, n: int) -> Image | None:
        if isinstance(layer, LayerNorm) and self.images:
            raise InputError(
                "for images, PyTorch's LayerNorm works along the width, and the one here along the channels: put it behind "
                "a Flatten(), or take a BatchNorm"
            )
        if self.images is None and isinstance(layer, LayerNorm):
            self.images = False
        if self.images is False:
            turn, self.units = self.turn(n), n
            return turn
        if self.channels not in (None, n):
            raise InputError(f"it has {n} channels, but the images that come have {self.channels}")
        self.channels = n
        return None

    def turn(self, n: int) -> Image | None:
        """(C, H · W, 1) for n units of flattened images, None where both orders are one and the same."""
        if self.units not in (None, n):
            raise InputError(f"it takes {n} units, but {self.units} come: correct its width, or image=(C, H, W)")
        if not self.flattened:
            return None
        if self.channels is None:
            raise InputError(
                "the order of its units depends on the shape of the images that are flattened before it: give "
                "image=(C, H, W), such as image=(1, 28, 28); if the inputs are rows, leave out the Flatten"
            )
        if n % self.channels:
            raise InputError(f"it takes {n} units, but those of flattened images of {self.channels} channels come")
        return None if self.channels in (1, n) else (self.channels, n // self.channels, 1)

    def leave(self) -> None:
        """Raise InputError if the units of the output would be in another order there than here."""
        one_order = self.channels is not None and self.channels in (1, self.units)
        if self.flattened and not one_order:
            raise InputError(
                "the outputs are flattened images, whose units are in the order (C, H, W) in PyTorch and (H, W, C) here: "
                "end with a Linear or Affine, or give image=(C, H, W) if the flattened images have one channel or one pixel"
            )
