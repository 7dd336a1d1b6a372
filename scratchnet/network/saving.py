"""A network as a description in JSON and named arrays, for a file. Read next: `state`.

The description has each layer's class, constructor's arguments and initializers. The arrays are the parameters, and what
else training changes: a BatchNorm's running statistics. Caches, which forward and backward keep, belong to neither.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scratchnet.initializers import Initializer, Zeros, initializer
from scratchnet.initializers.base import Fans, InitLike
from scratchnet.layers import ACTIVATIONS, Layer, ParameterSpec
from scratchnet.layers.lasting import is_scalar, without_caches
from scratchnet.support.describe import Builder, Describer, is_own
from scratchnet.support.validation import Array, InputError, whole

Listed = Mapping[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class NotSaved:
    """Stands for an initializer of the user's own, which a file does not hold: only its name is known."""

    name: str

    def __call__(self, shape: tuple[int, ...], fans: Any, rng: np.random.Generator) -> Array:
        raise InputError(
            f"the initializer {self.name} is not in the file that this network was loaded from: write net.initialize(init)"
        )

    def __repr__(self) -> str:
        return self.name


def describe_network(net: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """The description of a network, and its arrays. Raises InputError if a network built from it would be another one."""
    kind = type(net).__name__
    describer = NetworkDescriber(net)
    described = describer.describe_object(net, kind)
    arrays = {name: w for name, w, _ in net.parameters()}
    # Build a second network from the description, and compare the two.
    try:
        fresh = build_network(described, describer.classes, describer.classes, Counter(w.shape for w in arrays.values()))
        if NetworkDescriber(fresh).describe_object(fresh, kind) != described:
            raise InputError("its layers keep other arguments")
        if _parameters(fresh) != _parameters(net):
            raise InputError("its parameters have other names, shapes or dtypes")
    except InputError as error:
        raise InputError(
            f"{kind} cannot be saved, since one built from what its layers keep differs from it ({error}): let each layer "
            "keep the arguments of __init__ as they were given, in attributes of their names"
        ) from error
    state: dict[str, Any] = {}
    for (name, layer), (_, new) in zip(walk(net), walk(fresh), strict=True):
        remembered, changed = _remembered(name, layer, new)
        arrays |= {f"{name}.{attribute}": array for attribute, array in remembered.items()}
        state |= {name: changed} if changed else {}
    return {"network": described, "state": state}, arrays


def walk(net: Any) -> list[tuple[str, Layer]]:
    return [*net.walk(), (type(net).__name__, net)]


def build_network(
    described: Any,
    ours: Mapping[str, Any],
    own: Mapping[str, Any],
    shapes: Mapping[tuple[int, ...], int],
    how: Callable[[str], str] = repr,
) -> Any:
    """A network of that description, with zeros for parameters. `shapes` counts the arrays of each shape in the file.

    A layer that asks for a parameter of another shape is refused before anything is allocated.
    """
    left = Counter(shapes)

    def make(kind: Any, arguments: dict[str, Any], described: Any) -> Any:
        if not (isinstance(kind, type) and issubclass(kind, Layer)):
            return kind(**arguments)
        inits = {name: builder.build(init) for name, init in described["inits"].items()}
        layer: Any = kind.__new__(kind, **arguments)
        names: list[str] = []

        def parameter(name: str, shape: tuple[int, ...], init: InitLike, fans: Fans | None = None) -> Array:
            """In place of Layer.parameter: zeros, which Network draws anew without looking at images."""
            shape = tuple(whole(f"an axis of {name}", axis, least=0) for axis in shape)
            if not left[shape]:
                raise InputError(f"{name} has shape {shape}, but no array in the file has it")
            left[shape] -= 1
            names.append(name)
            layer.specs = {**layer.specs, name: ParameterSpec(shape, Zeros(), fans)}
            return np.zeros(shape, np.float32)

        layer.parameter = parameter
        layer.__init__(**arguments)
        del layer.parameter
        if set(names) != set(inits):
            raise InputError(f"its parameters are {sorted(names)}, but {sorted(inits)} in the file")
        saved_inits[id(layer)] = layer, inits
        return layer

    saved_inits: dict[int, tuple[Layer, dict[str, Any]]] = {}
    builder = Builder(ours, own, how, {"initializer": _initializer}, make)
    net = builder.build(described)
    if not hasattr(net, "walk"):
        raise InputError(f"it holds {type(net).__name__} where a network is needed")
    for _, layer in walk(net):
        if id(layer) in saved_inits:  # else an own network has built it
            _, inits = saved_inits[id(layer)]
            layer.specs = {name: replace(spec, init=inits[name]) for name, spec in layer.specs.items()}
    return net


def restore_network(net: Any, state: Mapping[str, Any], listed: Listed, read: Callable[[], Mapping[str, Array]]) -> None:
    """Put the arrays and the numbers of a file into a network just built. `listed` has (dtype, shape) of each array.

    Names, shapes and dtypes are compared before `read` reads the arrays.
    """
    parameters = {name: w for name, w, _ in net.parameters()}
    remembered = {}
    for name, layer in walk(net):
        for attribute in lasting(layer):
            value = vars(layer)[attribute]
            if isinstance(value, np.ndarray) or (value is None and f"{name}.{attribute}" in listed):
                remembered[f"{name}.{attribute}"] = layer, attribute
    expected = {**parameters, **{name: vars(layer)[attribute] for name, (layer, attribute) in remembered.items()}}
    for name in {**expected, **listed}:
        if name not in listed or name not in expected:
            raise InputError(f"the array {name} is {'missing' if name in expected else 'not one of the network'}")
        array, (dtype, shape) = expected[name], listed[name]
        if array is not None and (array.shape != shape or array.dtype.kind != np.dtype(dtype).kind):
            raise InputError(f"{name} is {dtype} of shape {shape}, but {array.dtype} of shape {array.shape} is needed")
        if name in parameters and array.dtype != np.dtype(dtype):
            raise InputError(f"{name} is {dtype}, but {array.dtype} is needed")
    arrays = read()
    for name, w in parameters.items():
        w[...] = arrays[name]
    for name, (layer, attribute) in remembered.items():
        setattr(layer, attribute, arrays[name])
    layers, numbers = dict(walk(net)), Builder({}, {})
    for name, changed in state.items():
        for attribute, described in changed.items():
            set_attribute(layers[name], name, attribute, numbers.build(described))


def set_attribute(owner: Any, where: str, attribute: str, value: Any) -> None:
    """Set what a file names, unless it would hide a method."""
    if callable(getattr(owner, attribute, None)) or attribute.startswith("__"):
        raise InputError(f"{where}.{attribute} cannot be set")
    setattr(owner, attribute, value)


class NetworkDescriber(Describer):
    """Describes layers with their initializers, and initializers by their names."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.names = {id(layer): name for name, layer in walk(net)}
        self.inits = [spec.init for _, layer in walk(net) for spec in layer.specs.values()]

    def kept(self, value: Any) -> Mapping[str, Any]:
        return value.kept_arguments() if isinstance(value, Layer) else super().kept(value)

    def describe_object(self, value: Any, where: str) -> dict[str, Any]:
        described = super().describe_object(value, self.names.get(id(value), where))
        if isinstance(value, Layer):
            described["inits"] = {name: self.special(spec.init) for name, spec in value.specs.items()}
        return described

    def special(self, value: Any) -> Any:
        if isinstance(value, NotSaved) or not (isinstance(value, Initializer) or any(value is init for init in self.inits)):
            return {"initializer": value.name, "own": True} if isinstance(value, NotSaved) else None
        if not isinstance(value, Initializer):
            return {"initializer": getattr(value, "__name__", type(value).__name__), "own": True}
        try:
            ours = not is_own(type(value)) and initializer(repr(value), ACTIVATIONS) == value
        except InputError:
            ours = False
        return {"initializer": repr(value), "own": not ours}


def _initializer(described: Mapping[str, Any]) -> Any:
    text = str(described["initializer"])[:1000]
    return NotSaved(text) if described["own"] else initializer(text, ACTIVATIONS)


def _parameters(net: Any) -> list[tuple[str, tuple[int, ...], str]]:
    return [(name, w.shape, w.dtype.str) for name, w, _ in net.parameters()]


def lasting(layer: Layer) -> list[str]:
    """The names of the attributes that last, apart from the constructor's arguments, the parameters and their gradients."""
    described = {*layer.kept_arguments(), *layer.specs, *(f"d{name}" for name in layer.specs), "specs", "as_built"}
    if hasattr(layer, "walk"):
        described |= {"layers", "names", "chain"}
    return [name for name in without_caches(layer) if name not in described]


def _remembered(where: str, layer: Layer, new: Layer) -> tuple[dict[str, Array], dict[str, Any]]:
    """What differs from a new layer, apart from parameters: arrays, such as running statistics, and numbers."""
    arrays: dict[str, Array] = {}
    changed: dict[str, Any] = {}
    kind = type(layer).__name__
    for name in lasting(layer):
        value, as_new = vars(layer)[name], vars(new).get(name)
        if isinstance(value, np.ndarray):
            if name not in vars(new) or (as_new is not None and np.shape(as_new) != value.shape):
                raise InputError(
                    f"{where}.{name} cannot be saved, since a new {kind} has no such array: make it in __init__ or in start"
                )
            arrays[name] = value
        elif any(isinstance(one, Layer) for one in (value if isinstance(value, list | tuple) else [value])):
            raise InputError(f"{where} cannot be saved, since it holds a layer: derive {kind} from Network, as Residual is")
        elif is_scalar(value) or isinstance(value, list | tuple | dict | set):
            described = Describer().describe(value, f"{where}.{name}")
            if name not in vars(new) or described != Describer().describe(as_new, f"{where}.{name}"):
                changed[name] = described
    return arrays, changed
