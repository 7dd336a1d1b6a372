"""Networks of your own in a comparison: a function of an initializer and a seed that returns a Network.

`network(init=…, seed=…)` is all that a comparison asks of it; if it has an argument `images`, it gets a batch of inputs too,
for an initializer that looks at one. sn.simple_convnet is such a function. Read next: `grid`.
"""

import functools
import hashlib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.data import Dataset
from scratchnet.experiment.sources import Source
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import Normal, init_label
from scratchnet.network import ROWS, Network, deep_convnet, mlp, simple_convnet
from scratchnet.support.parse_call import parse
from scratchnet.support.tables import visible, without_addresses
from scratchnet.support.validation import Array, InputError, shown, unknown
from scratchnet.theory.predict import PAIRS

Maker = Callable[..., Network]

NETWORKS: dict[str, Maker] = {"simple_convnet": simple_convnet, "deep_convnet": deep_convnet, "mlp": mlp}
PLAIN = "a function of an initializer and a seed is needed, such as def make(init, seed): return sn.Network([…], seed)"


@dataclass(frozen=True)
class OwnNetwork:
    """The function that makes a run's networks, a hash of the layers that they have, and the shape of their inputs."""

    make: Maker
    layers: str
    in_shape: tuple[int, ...]

    def describe(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {"network": stable_repr(self.make), "layers": self.layers, "in_shape": list(self.in_shape)}


def network_named(text: str) -> Maker | None:
    """The function that a text names, "deep_convnet", or "mlp(784, [50], 10)" with its arguments; None for "mlp" alone,
    whose widths and activation are settings of their own. The text is parsed, never evaluated.
    """
    makers = {name: functools.partial(functools.partial, make) for name, make in NETWORKS.items()}
    made = parse("network", text, makers)
    if not isinstance(made, functools.partial):
        raise unknown("network", text, NETWORKS)
    if made.args or made.keywords:
        return made
    return None if made.func is mlp else made.func


def build(make: Maker, init: Any, seed: int, images: Array | None = None) -> Network:
    """The network that the function makes with this initializer and this seed."""
    what = f"network is {stable_repr(make)}"
    if not callable(make) or isinstance(make, Network):
        raise InputError(f"network is {shown(make)}, but {PLAIN}")
    arguments = {"init": init, "seed": seed}
    try:
        known = inspect.signature(make)
        takes_images = "images" in known.parameters
        known.bind(**arguments, **({"images": images} if takes_images else {}))
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}, which cannot be called with init=… and seed=… ({error}): {PLAIN}") from error
    if takes_images:
        arguments["images"] = images
    elif hasattr(init, "look_at"):
        raise InputError(
            f"{what}, but {init_label(init)} looks at a batch of inputs: write def make(init, seed, images): "
            "return sn.Network([…], seed, images=images)"
        )
    try:
        net = make(**arguments)
    except (InputError, MemoryError):
        raise
    except Exception as error:
        raise InputError(f"{what}, which makes no network: {type(error).__name__}: {error}") from error
    if not isinstance(net, Network):
        raise InputError(f"{what}, which returns {shown(net)}: {PLAIN}")
    if net.seed != seed:
        raise InputError(f"{what}, which gives its network another seed than it gets: write sn.Network([…], seed)")
    return net


def checked(make: Maker, init: Any, seed: int, train: Dataset) -> Network:
    """The network of `build`, after a look at what a comparison relies on.

    The function uses the initializer that it gets, makes the same network twice, and its network takes the rows of `train`
    and makes a score for each class. Raises InputError otherwise.
    """
    what, images = f"network is {stable_repr(make)}", train[: rows_for(train.images.shape[1:])][0]
    net, again = (build(make, init, seed, images) for _ in range(2))
    if layers_of(net) != layers_of(again) or not _same_numbers(net, again):
        raise InputError(
            f"{what}, which makes another network when it is called again with the same initializer and seed: draw nothing "
            "outside of the layers' initializers"
        )
    if not _uses(make, init, net, images):
        raise InputError(f"{what}, which does not use the initializer that it gets: write sn.Affine(784, 100, init=init)")
    outputs = net.check_rows(images)
    if outputs < train.classes:
        raise InputError(
            f"{what}, which makes {outputs} scores, but the labels have {train.classes} classes: end in as many outputs"
        )
    return net


def _same_numbers(one: Network, two: Network) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True) for (_, a, _), (_, b, _) in zip(one.parameters(), two.parameters(), strict=True)
    )


def _uses(make: Maker, init: Any, net: Network, images: Array) -> bool:
    """Does a parameter have the initializer itself, or are two networks of two initializers different?"""
    laws = [spec.init for _, layer in net.walk() for spec in layer.specs.values()]
    if any(law is init for law in laws):
        return True
    try:
        return not _same_numbers(*(build(make, Normal(std), net.seed, images) for std in (0.011, 0.013)))
    except InputError:  # a function for one kind of initializer
        return any(law == init for law in laws)


def layers_of(net: Network) -> str:
    """A hash of the layers with their arguments and shapes: the same on every machine, another for other layers."""
    shapes = [(name, type(layer).__name__, [spec.shape for spec in layer.specs.values()]) for name, layer in net.walk()]
    text = f"{shapes} {visible(without_addresses(repr(net.layers)))} {net.dtype}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def rows_for(shape: tuple[int, ...]) -> int:
    """How many inputs of this shape a spread is measured and predicted on: 1,000 rows, or as many images as theory pairs."""
    return min(ROWS, max(2, int(math.sqrt(PAIRS / math.prod(shape[:-1])))))


def fitting(source: Source, network: Any) -> Source:
    """The source itself, or for networks that take no rows, the images of the same files in their own shape."""
    if source.given is not None or network is None:
        return source
    train, _ = source.load()
    try:
        for make in network if isinstance(network, list | tuple) else [network]:
            build(make, Normal(0.01), 0, train[:2][0]).check_rows(train[:2][0])
    except InputError:
        return Source(source.folder, images=True)
    return source
