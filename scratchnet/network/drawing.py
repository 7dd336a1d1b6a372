"""How a network makes and draws its parameters: each by its own initializer, from its own stream of the seed.

Read next: `errors`.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from scratchnet.initializers import InitLike, check_repeats, init_label, initializer
from scratchnet.layers import Layer
from scratchnet.support.validation import Array, InputError, finite, no_pixels, seed_number


def make_arrays(layer_name: str, layer: Layer, dtype: Any) -> None:
    """Give the layer an array of `dtype` for each of its parameters."""
    for name, spec in layer.specs.items():
        if not hasattr(layer, name):
            raise InputError(
                f"{layer_name} noted a parameter {name!r} but has no attribute of that name: "
                f"write self.{name} = self.parameter({name!r}, …)"
            )
        setattr(layer, name, np.empty(spec.shape, dtype))


def draw_parameters(
    net: Any, init: InitLike | None, seed: int | None, bias_init: InitLike | None, images: Array | None
) -> None:
    """Draw every parameter of `net` anew, in place, as `Network.initialize` says."""
    laws: dict[tuple[str, str], Any] = {}
    for layer_name, layer in net.walk():
        for name, spec in layer.specs.items():
            given = init if len(spec.shape) > 1 else bias_init if name == "b" else None
            laws[layer_name, name] = spec.init if given is None else initializer(given)
    looking = {f"{layer_name}.{name}": law for (layer_name, name), law in laws.items() if hasattr(law, "look_at")}
    if looking:
        images = checked_images(net, images, *next(iter(looking.items())))
    if seed is not None:
        net.seed = seed_number("seed", seed)
    for layer_name, layer in net.walk():
        layer.specs = {name: replace(spec, init=laws[layer_name, name]) for name, spec in layer.specs.items()}
        layer.draw(layer_name, net.seed)
    for layer_name, layer in net.walk():
        for name, spec in layer.specs.items():
            check_repeats(f"{layer_name}.{name}", spec.init, spec.shape, spec.fans, net.seed)
    for law in dict.fromkeys(looking.values()):
        law.look_at(net, images)
    if images is not None and not looking:  # not needed, but raises if they are another network's
        net.twin().forward(finite("images", net.as_rows(images))[:2])


def checked_images(net: Any, images: Array | None, name: str, law: Any) -> Array:
    """A batch for an initializer that looks at one, tried out before any parameter is drawn anew."""
    if images is None:
        raise InputError(
            f"{name}: {init_label(law)} looks at a batch of inputs: give the network images=train[:1000][0], or write "
            f"net.initialize({law!r}, images=train[:1000][0])"
        )
    images = no_pixels("images", finite("images", net.as_rows(images)))
    with np.errstate(over="ignore", invalid="ignore"):
        net.twin().forward(images[:1])
    return images
