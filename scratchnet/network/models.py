"""The book's networks, with the book's numbers as defaults. Read next: `saving`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from scratchnet.initializers import He, InitLike, Normal, Zeros
from scratchnet.layers import Affine, Convolution, Dropout, Flatten, Layer, MaxPool, ReLU
from scratchnet.network.network import Network
from scratchnet.support.validation import Array, InputError, as_list, number, shown, whole


def mlp(
    n_in: int,
    hidden: Sequence[int],
    n_out: int,
    activation: Callable[[], Layer] = ReLU,
    init: InitLike = He(),
    bias_init: InitLike = Zeros(),
    seed: int | None = None,
    dtype: Any = np.float32,
    normalization: Callable[[int], Layer] | None = None,
    dropout: float = 0.0,
    images: Array | None = None,
) -> Network:
    """A multi-layer perceptron: Affine and activation for each hidden width, and an Affine to the scores.

    `activation` makes a layer when called: a class such as ReLU, or lambda: LeakyReLU(0.2). `normalization` makes one
    of a width, such as the class BatchNorm, to stand between Affine and activation; `dropout` is the ratio of a Dropout
    after each activation. `images` is a batch of inputs for an initializer that looks at one, such as LSUV. The book's
    MultiLayerNet and, with normalization and dropout, its MultiLayerNetExtend.
    """
    check_maker("activation", activation)
    if normalization is not None:
        check_maker("normalization", normalization)
    dropout = number("dropout", dropout, least=0, below=1)
    widths = [n_in, *hidden_widths(hidden)]
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [Affine(fan_in, fan_out, init, bias_init)]
        layers += [] if normalization is None else [_made("normalization", normalization, fan_out)]
        layers += [_made("activation", activation)]
        layers += [Dropout(dropout)] if dropout else []
    return Network([*layers, Affine(widths[-1], n_out, init, bias_init)], seed, dtype, images)


def simple_convnet(
    side: int = 28,
    n_in: int = 1,
    maps: int = 30,
    size: int = 5,
    hidden: int = 100,
    n_out: int = 10,
    activation: Callable[[], Layer] = ReLU,
    init: InitLike = Normal(0.01),
    bias_init: InitLike = Zeros(),
    seed: int | None = None,
    dtype: Any = np.float32,
    images: Array | None = None,
) -> Network:
    """The book's SimpleConvNet (chapter 7): convolution, activation, pooling, and two Affines with one between.

    Images are (N, side, side, n_in): `load_mnist(flatten=False)`. The book trains it with Adam(0.001), batches of 100 and
    20 epochs, to a test accuracy of .98 to .99.
    """
    check_maker("activation", activation)
    size, side, maps, hidden = whole("size", size), whole("side", side), whole("maps", maps), whole("hidden", hidden)
    make = partial(_made, "activation", activation)
    pooled = (side - size + 1) // 2
    if pooled < 1:
        raise InputError(f"side is {side}, but a window of size {size} and pooling by 2 need images of at least {size + 1}")
    return Network(
        [
            *(Convolution(n_in, maps, size, init=init, bias_init=bias_init), make(), MaxPool(2), Flatten()),
            *(Affine(pooled * pooled * maps, hidden, init, bias_init), make()),
            Affine(hidden, n_out, init, bias_init),
        ],
        seed,
        dtype,
        images,
    )


def deep_convnet(
    maps: Sequence[int] = (16, 32, 64),
    hidden: int = 50,
    n_out: int = 10,
    activation: Callable[[], Layer] = ReLU,
    init: InitLike = He(),
    bias_init: InitLike = Zeros(),
    dropout: float = 0.5,
    seed: int | None = None,
    dtype: Any = np.float32,
    images: Array | None = None,
) -> Network:
    """The book's DeepConvNet (chapter 8): three pairs of 3 × 3 convolutions, each with pooling, two Affines, dropout.

    For images (N, 28, 28, 1), `load_mnist(flatten=False)`. As in the book, the fourth convolution has a frame of 2, so that
    the sides go 28, 14, 8, 4, and dropout follows the last Affine too. The book trains it with Adam(0.001), batches
    of 100 and 20 epochs, to a test accuracy of .99.
    """
    check_maker("activation", activation)
    if not isinstance(maps, list | tuple) or len(maps) != 3:
        raise InputError(
            f"maps is {shown(maps)}, but three numbers of maps, one per pair of convolutions, are needed, "
            "such as (16, 32, 64)"
        )
    dropout = number("dropout", dropout, least=0, below=1)
    first, second, third = (whole("a number of maps", count) for count in maps)
    hidden = whole("hidden", hidden)
    make = partial(_made, "activation", activation)

    def pair(n_in: int, n_out: int, last_pad: int) -> list[Layer]:
        return [
            *(Convolution(n_in, n_out, 3, pad=1, init=init, bias_init=bias_init), make()),
            *(Convolution(n_out, n_out, 3, pad=last_pad, init=init, bias_init=bias_init), make()),
            MaxPool(2),
        ]

    return Network(
        [
            *(*pair(1, first, 1), *pair(first, second, 2), *pair(second, third, 1), Flatten()),
            *(Affine(4 * 4 * third, hidden, init, bias_init), make(), Dropout(dropout)),
            *(Affine(hidden, n_out, init, bias_init), Dropout(dropout)),
        ],
        seed,
        dtype,
        images,
    )


def hidden_widths(hidden: Any) -> tuple[int, ...]:
    """The widths of the hidden layers. An empty list is allowed: no hidden layer."""
    return tuple(
        whole("a hidden width", width) for width in as_list("hidden", hidden, "a list of widths", "[100, 100]", 10_000)
    )


SUCH_AS = {"activation": "the class ReLU", "normalization": "the class BatchNorm"}


def _made(name: str, make: Callable[..., Layer], *width: int) -> Layer:
    try:
        layer = make(*width)
    except InputError:
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        of_what = "a width" if width else "nothing"
        raise InputError(
            f"{name} is {shown(make)}, but a class or function of {of_what} is needed, such as {SUCH_AS[name]}: {error}"
        ) from error
    if not isinstance(layer, Layer):
        raise InputError(f"{name} makes {shown(layer)}, which is not a layer: give {SUCH_AS[name]}, or one like it")
    return layer


def check_maker(name: str, given: Any) -> None:
    """Raise InputError if `given` cannot be something that makes layers."""
    if isinstance(given, Layer) or not callable(given):
        raise InputError(f"{name} is {shown(given)}, but something that makes layers is needed, such as {SUCH_AS[name]}")
