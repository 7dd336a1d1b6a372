"""A network as an nn.Sequential of PyTorch. Read next: `to_onnx`."""

from collections.abc import Iterator, Sequence
from typing import Any

from scratchnet.convert.torch_layers import KINDS
from scratchnet.convert.torch_order import ARRAYS, Image, TorchModule, UnitOrder, errors_at, takes_images, turned_first
from scratchnet.layers import BatchNorm, Flatten, Layer
from scratchnet.support.validation import InputError


def to_torch(net: Any, image: Image | None = None) -> Any:
    """The nn.Sequential that computes the same: see `Network.to_torch`."""
    modules = described(net, image)
    try:
        import torch
    except ImportError as error:
        raise ImportError('net.to_torch() needs PyTorch 2.4 or later: run pip install "scratchnet[torch]"') from error
    state = {f"{one.path}.{name}": torch.tensor(array) for one in modules for name, array in one.arrays.items()}
    with torch.device("meta"):  # no numbers yet, so that none are drawn from PyTorch's global generator
        made = {one.path: getattr(torch.nn, one.kind)(**one.options) for one in modules}
        sequential = nested(made, torch.nn.Sequential)
    for one in modules:
        if one.kind.startswith("BatchNorm"):
            state[f"{one.path}.num_batches_tracked"] = torch.tensor(0)
    sequential.load_state_dict(state, assign=True)
    return sequential


def nested(made: dict[str, Any], sequential: Any) -> Any:
    """Modules by their paths as Sequentials in a Sequential: "1.0" is the first module of the second."""
    inner: dict[str, dict[str, Any]] = {}
    for path, module in made.items():
        first, _, rest = path.partition(".")
        inner.setdefault(first, {})[rest] = module
    return sequential(*(parts[""] if "" in parts else nested(parts, sequential) for parts in inner.values()))


def described(net: Any, image: Image | None = None) -> list[TorchModule]:
    """The modules, in plain values, that make up the network. PyTorch is not needed."""
    if not defines(net, "to_torch"):
        raise unknown("the network", net)
    layers = list(plain_layers(net, "", ""))
    order = UnitOrder(image, takes_images(layer for _, _, layer in layers))
    modules = []
    for path, name, layer in layers:
        kind, options = KINDS[type(layer)]
        with errors_at(name):
            if isinstance(layer, BatchNorm):
                if order.images is None:  # a Flatten behind it says that images come; PyTorch raises an error if it is wrong
                    order.images = any(isinstance(one, Flatten) for _, _, one in layers)
                kind = "BatchNorm2d" if order.images else "BatchNorm1d"
            turn = order.enter(layer)
            names = ARRAYS.get(type(layer), {})
            arrays = {theirs: turned_first(layer, ours, getattr(layer, ours), turn) for ours, theirs in names.items()}
        modules.append(TorchModule(path, kind, options(layer), arrays))
    order.leave()
    return modules


def plain_layers(net: Any, path: str, prefix: str) -> Iterator[tuple[str, str, Layer]]:
    """(path there, name here, layer) for all layers but the networks, which are taken apart."""
    named: Sequence[tuple[str, Layer]] = net.named
    for i, (name, layer) in enumerate(named):
        if layer.layers and defines(layer, "to_torch"):
            yield from plain_layers(layer, f"{path}{i}.", f"{prefix}{name}.")
        elif type(layer) in KINDS:
            yield f"{path}{i}", f"{prefix}{name}", layer
        else:
            raise unknown(f"{prefix}{name}", layer)


def unknown(name: str, layer: Layer) -> InputError:
    return InputError(
        f"{name}: {type(layer).__name__} has no module of PyTorch that is the same: leave it out, or write the module "
        "yourself and copy the arrays"
    )


def defines(layer: Layer, method: str) -> bool:
    """Is `method` from the class that also says what the layer computes? With a forward of its own, it is another layer."""
    return method in vars(next(kind for kind in type(layer).__mro__ if "forward" in vars(kind)))
