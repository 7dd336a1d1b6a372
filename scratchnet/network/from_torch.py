"""A network from PyTorch: from a module, or from the state_dict of one. Read next: `scratchnet.optimizers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from scratchnet.convert.torch_layers import KINDS, KNOWN, MAKERS, Options
from scratchnet.convert.torch_order import ARRAYS, Image, TorchModule, UnitOrder, errors_at, takes_images, turned_last
from scratchnet.layers import Layer
from scratchnet.network.errors import Named
from scratchnet.network.network import Network
from scratchnet.network.residual import Residual
from scratchnet.support.validation import Array, InputError


def from_torch(
    module_or_state_dict: Any,
    image: Image | None = None,
    like: Network | None = None,
    seed: int | None = None,
) -> Network:
    """The network here that computes what a module of PyTorch computes in evaluation, with copies of its arrays.

    The module is one layer or an nn.Sequential, which may hold more of them: here they become one list. Known are Linear,
    Conv2d (square windows, no dilation), BatchNorm1d and 2d, LayerNorm (of rows), MaxPool2d and AvgPool2d (no padding, no
    ceil_mode), Flatten, Dropout, and all activations of this library. Anything else is an InputError that names its path.

    Where PyTorch takes images (N, C, H, W), the network takes (N, H, W, C), which `channels_last` makes. The weights are
    converted too, with the rows of the first Linear behind a Flatten. If no layer before the Flatten says how many channels
    the images have, image=(C, H, W), the shape of one input, must be given.

    A state_dict, of tensors or arrays, does not say which layers stand between its arrays. So it needs `like`, a network
    with the same layers. The result is a copy of it with the arrays of the state_dict, matched by their order and shapes.

    float32 and float64 are kept. `seed` is the network's, for Dropout and for drawing parameters anew, by PyTorch's default
    law. Scores in evaluation are PyTorch's within rounding, but for Softplus in float64: beyond 20 PyTorch leaves out e⁻ˣ,
    which is at most 2e-9. Two things differ in training. A layer without a bias gets b = 0, and a normalization without
    weights gamma = 1 and beta = 0, which training here changes. And BatchNorm, whose momentum becomes 1 − PyTorch's, updates
    the running variance with the variance of the batch, and PyTorch with m / (m − 1) times it.
    """
    if like is not None and not isinstance(like, Network):
        raise InputError(f"like is of type {type(like).__name__}, but a Network is needed, such as sn.mlp(784, [100], 10)")
    state = module_or_state_dict
    if not isinstance(state, Mapping):
        if like is None or not hasattr(state, "state_dict"):
            return network_of(list(described(state)), image, seed)
        state = state.state_dict()
    if like is None:
        raise InputError(
            "a state_dict holds arrays, but does not say which layers stand between them: give the module itself, or "
            "like=net, a network with the same layers"
        )
    return network_like(like, state, image)


def described(module: Any, path: str = "") -> Iterator[TorchModule]:
    """The modules of a Sequential one after the other, in plain values."""
    try:
        from torch import nn
    except ImportError as error:
        raise ImportError('from_torch needs PyTorch 2.4 or later: run pip install "scratchnet[torch]"') from error
    if not isinstance(module, nn.Module):
        raise InputError(
            f"module_or_state_dict is {str(module)[:50]!r}, but an nn.Module or its state_dict is needed, such as "
            'torch.load("model.pt")'
        )
    named = list(walk(module, path, nn))
    places: dict[int, str] = {}
    for place, one in named:
        for tensor in one.parameters():
            if id(tensor) in places:
                raise InputError(
                    f"{places[id(tensor)]} and {place} share a parameter, but each layer here has its own: give each a copy"
                )
            places[id(tensor)] = place
    for place, one in named:
        with errors_at(place):
            yield TorchModule(place, type(one).__name__, options_of(one), arrays_of(one))


def walk(module: Any, path: str, nn: Any) -> Iterator[tuple[str, Any]]:
    """(path, module) for all modules but the Sequentials, which are taken apart."""
    kind = type(module).__name__
    here = path or kind
    sequential = isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward
    if not sequential and (kind not in MAKERS or getattr(nn, kind, None) is not type(module)):
        raise unknown(here, kind, bool(module._modules))
    if module._forward_hooks or module._forward_pre_hooks:
        raise InputError(
            f"{here}: {kind} has hooks, which would be lost: remove them, as torch.nn.utils.remove_weight_norm does"
        )
    if sequential:
        for name, inner in module._modules.items():  # named_children would leave out the second of two that are one
            yield from walk(inner, f"{path}.{name}" if path else name, nn)
    else:
        yield here, module


def unknown(path: str, kind: str, has_modules: bool = False) -> InputError:
    remedy = "leave it out, or put one of these in its place"
    if has_modules:
        remedy = "give the nn.Sequential in it, or its state_dict with like=net"
    if kind in ("Softmax", "LogSoftmax"):
        remedy = "leave it out, since networks here end in scores"
    return InputError(f"{path}: {kind} is not known here; known are {KNOWN}: {remedy}")


def options_of(module: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def arrays_of(module: Any) -> dict[str, Array]:
    tensors = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}
    return {name: as_array(name, tensor) for name, tensor in tensors.items() if name != "num_batches_tracked"}


def as_array(name: str, tensor: Any) -> Array:
    """A tensor or an array as an array of float32 or float64, which may share the tensor's memory."""
    try:
        array = np.asarray(tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor)
    except (TypeError, ValueError, RuntimeError) as error:  # bfloat16; sparse; without numbers, as on the device "meta"
        raise InputError(
            f"{name} cannot be made an array, being {getattr(tensor, 'dtype', 'no tensor')} on the device "
            f"{getattr(tensor, 'device', 'cpu')}: give a module of float32, as module.float() makes it"
        ) from error
    if array.dtype not in (np.float32, np.float64):
        raise InputError(f"{name} holds {array.dtype}, but float32 or float64 is needed: give module.float()")
    return array


def network_of(modules: list[TorchModule], image: Image | None = None, seed: int | None = None) -> Network:
    """The network of modules in plain values, for which PyTorch is not needed."""
    layers = []
    for module in modules:
        if module.kind not in MAKERS:
            raise unknown(module.path, module.kind)
        with errors_at(module.path):
            layers.append(MAKERS[module.kind](Options(module)))
    images = takes_images(iter(layers))
    order = UnitOrder(image, images)
    dtypes = {array.dtype for module in modules for array in module.arrays.values()}
    if len(dtypes) > 1:
        raise InputError("the module has arrays of float32 and of float64, but a network has one dtype: give module.float()")
    net = Network(layers, seed, dtypes.pop() if dtypes else np.float32)
    for module, layer in zip(modules, layers, strict=True):
        with errors_at(module.path):
            if module.kind in ("BatchNorm1d", "BatchNorm2d"):
                order.images = check_images(module.kind, order.images)
            fill(layer, module.arrays, order.enter(layer))
    order.leave()
    return net


def check_images(kind: str, images: bool | None) -> bool:
    if images is not None and images != (kind == "BatchNorm2d"):
        come, other = ("images", "BatchNorm2d") if images else ("rows", "BatchNorm1d")
        raise InputError(f"it is a {kind}, but {come} come: put a {other} there")
    return kind == "BatchNorm2d"


def fill(layer: Layer, arrays: Mapping[str, Array], turn: Image | None) -> None:
    """Copy PyTorch's arrays into a layer; one that is missing (a bias) becomes 0, a missing gamma 1."""
    for name, theirs in ARRAYS.get(type(layer), {}).items():
        own = getattr(layer, name)
        if theirs not in arrays:
            own[...] = float(name in ("gamma", "running_var"))
            continue
        array = turned_last(layer, name, arrays[theirs], turn) if arrays[theirs].ndim == own.ndim else arrays[theirs]
        if array.shape != own.shape:
            raise InputError(f"{theirs} has shape {arrays[theirs].shape}, which does not go with {layer!r}")
        setattr(layer, name, array.astype(own.dtype)) if name.startswith("running") else np.copyto(own, array)


def network_like(like: Network, state: Mapping[str, Any], image: Image | None = None) -> Network:
    """A copy of `like` with the arrays of a state_dict, by order and shape."""
    net = deepcopy(like)
    named = list(plain_layers(net.named))
    with_arrays = [path for path, layer in named if ARRAYS.get(type(layer))]
    groups: dict[str, dict[str, Array]] = {}
    for key, tensor in state.items():
        prefix, _, name = str(key).rpartition(".")
        group = groups.setdefault(prefix, {})
        if name != "num_batches_tracked":
            group[name] = as_array(str(key), tensor)
            if group[name].dtype != net.dtype:
                raise InputError(
                    f"{key} holds {group[name].dtype}, but like is a network of {net.dtype}: give like with "
                    f"dtype=np.{group[name].dtype}"
                )
    if len(groups) != len(with_arrays):
        raise InputError(
            f"the state_dict has arrays of {len(groups)} modules, but like has {len(with_arrays)} layers with arrays: give "
            "a network with the same layers"
        )
    order = UnitOrder(image, takes_images(layer for _, layer in named))
    arrays = iter(groups.items())
    for path, layer in named:
        with errors_at(path):
            if isinstance(layer, Residual) and order.flattened and order.channels != 1:
                raise InputError(
                    "x and what its branch adds would have their units in two orders: put an Affine between Flatten and it"
                )
            turn = order.enter(layer)
            if path in with_arrays:
                prefix, group = next(arrays)
                check_names(layer, prefix, group)
                fill(layer, group, turn)
    order.leave()
    return net


def check_names(layer: Layer, prefix: str, group: Mapping[str, Array]) -> None:
    """Raise InputError if a module has not the arrays of the layer. A bias may be missing."""
    names = set(ARRAYS[type(layer)].values())
    if not names - {"bias"} <= set(group) <= names:
        raise InputError(
            f"the state_dict has {', '.join(group)} in {prefix!r}, but {', '.join(sorted(names))} are needed: give like "
            "with the layers in the order of the state_dict"
        )


def plain_layers(named: Named, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """(path, layer) for all layers in the order of forward; a network comes before the layers in it."""
    for name, layer in named:
        path = f"{prefix}{name}"
        if isinstance(layer, Network) and type(layer).forward in (Network.forward, Residual.forward):
            yield path, layer
            yield from plain_layers(layer.named, f"{path}.")
        elif type(layer) in KINDS:
            yield path, layer
        else:
            raise InputError(
                f"{path}: what {type(layer).__name__} does to a state_dict is not known: copy the arrays yourself"
            )
