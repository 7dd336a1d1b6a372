"""A network from a file that `net.save` wrote. Read next: `from_torch`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scratchnet import layers as all_layers
from scratchnet.layers import Layer
from scratchnet.network.network import Network
from scratchnet.network.residual import Residual
from scratchnet.network.saving import build_network, restore_network
from scratchnet.support.array_file import damage, open_arrays
from scratchnet.support.validation import InputError

OUR_LAYERS = {
    name: kind for name, kind in vars(all_layers).items() if isinstance(kind, type) and issubclass(kind, Layer)
} | {
    "Network": Network,
    "Residual": Residual,
}


def load(path: str | Path, layers: Mapping[str, Any] | None = None) -> Network:
    """The network that `net.save(path)` wrote: its layers, names, seed, dtype, initializers and numbers.

    It gives the same scores to the last bit. Dropout starts its stream of the seed afresh. `layers` are the classes of your
    own that the network needs, by name: `sn.load("net.npz", layers={"Sine": Sine})`. An initializer of your own is not in
    the file, and only its name is left. A file that is damaged, or not what its description says, is an InputError. No code
    in a file is ever run, and nothing is allocated that is larger than the file.
    """
    own = check_classes("layers", layers)
    file = open_arrays(path, "network")
    with damage(file.path):
        shapes = Counter(shape for _, shape in file.listed.values())

        def how(name: str) -> str:
            return f"sn.load({file.path.name!r}, layers={{'{name}': {name}}})"

        net = build_network(file.document["network"], OUR_LAYERS, own, shapes, how)
        if not isinstance(net, Network):
            raise InputError(f"it holds a {type(net).__name__}, which is no network")
        restore_network(net, file.document["state"], file.listed, file.arrays)
    return net


def check_classes(name: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """`given` as a dictionary of classes by name."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(kind, type) for kind in given.values()):
        raise InputError(f"{name} is {given!r}, but classes by their names are needed, such as {{'Sine': Sine}}")
    return dict(given)
