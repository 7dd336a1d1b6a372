"""A reader's object with forward and backward, as a `Layer`. Read next: `functions`.

The object is called on a small random batch. That shows which of its arrays backward leaves a gradient for: those are the
parameters. Before each pass they are put into the object, and after backward their gradients are taken from it.
"""

import copy
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from scratchnet.adapters.calls import Calls, arrays_of_forward, check_methods, required
from scratchnet.adapters.probing import Shape, probe
from scratchnet.adapters.slots import Pair, copied, is_floats, kind_name
from scratchnet.initializers import Fans
from scratchnet.layers import Layer, ParameterSpec
from scratchnet.support.validation import Array, InputError


class AsGiven:
    """The initializer of an adapted layer's parameter: the numbers that the reader's object holds."""

    def __init__(self, array: Array) -> None:
        self.array = np.array(array)

    def __call__(self, shape: Shape, fans: Any, rng: np.random.Generator) -> Array:
        return self.array.copy()

    def __repr__(self) -> str:
        return "as given"


class Adapted(Layer):
    """A reader's object as a layer: out and dx are what its forward and backward make.

    `inner` is the object. Its parameters are attributes of this layer too, under the same names, and `d` + name is the
    gradient. `safe` gives the object copies of x and dout, since a reader's code may write into them. `refusal` is raised
    where backward fails after a forward in evaluation, of which a reader's backward may not know.
    """

    inner: Any
    pairs: tuple[Pair, ...]
    calls: Calls
    safe: bool = True
    refusal: type[Exception] | None = None
    origin: Any = None

    def set_up(self, inner: Any, pairs: Sequence[Pair], calls: Calls, safe: bool) -> Self:
        self.inner, self.pairs, self.calls, self.safe = inner, tuple(pairs), calls, safe
        self.state = copied(vars(inner))
        self.cache: Any = None
        for pair in pairs:
            array = pair.slots[0].get(inner)
            self.specs = {**self.specs, pair.name: ParameterSpec(array.shape, AsGiven(array), None)}
            setattr(self, pair.name, array)
        for name, value in vars(inner).items():  # settings, to compare with the library's layer of this name
            if isinstance(value, bool | int | float | str) and not hasattr(self, name):
                setattr(self, name, value)
        return self

    def forward(self, x: Array) -> Array:
        return self._forward(x)

    def _forward(self, *xs: Array) -> Array:
        self._put()
        given = tuple(x.copy() for x in xs) if self.safe else xs
        out, self.cache = self.calls.forward(self.inner, given, self.training)
        return self._as_input(out, xs[0])

    def backward(self, dout: Array) -> Any:
        self._put()
        try:
            dx, returned = self.calls.backward(self.inner, dout.copy() if self.safe else dout, self.cache)
        except Exception as error:
            if self.training or self.calls.training_argument is None or self.refusal is None:
                raise
            raise self.refusal("its backward is for training alone") from error
        for pair in self.pairs:
            if isinstance(pair.gradient, int):
                gradient = returned[pair.gradient] if pair.gradient < len(returned) else None
            else:
                gradient = None if pair.gradient is None else pair.gradient.get(self.inner)
            setattr(self, f"d{pair.name}", self._as_input(gradient, dout))
        return self._as_input(dx, dout)

    def _as_input(self, out: Any, x: Array) -> Any:
        """In a network the floats keep their width, whatever the reader's code makes of them."""
        if self.safe and isinstance(out, np.ndarray) and out.dtype.kind == "f" and x.dtype.kind == "f":
            return out.astype(x.dtype, copy=False)
        return out

    def _put(self) -> None:
        """The parameters are in the object, the same arrays."""
        for pair in self.pairs:
            for slot in pair.slots:
                slot.put(self.inner, getattr(self, pair.name))

    def start(self, rng: np.random.Generator) -> None:
        """The object is as it was given, apart from its parameters."""
        vars(self.inner).clear()
        vars(self.inner).update(copy.deepcopy(self.state))

    def twin(self, training: bool = False) -> Self:
        twin = super().twin(training)
        twin.inner = copy.copy(self.inner)
        for name, value in vars(twin.inner).items():
            if isinstance(value, dict | list):
                setattr(twin.inner, name, copy.copy(value))
        return twin

    def kept_arguments(self) -> dict[str, Any]:
        raise InputError(
            f"{type(self).__name__} is an adapted layer, which a file cannot hold: save its arrays, by np.savez(path, "
            "**{name: w for name, w, _ in net.parameters()}), or derive its class from sn.Layer"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        if type(self) is adapted_class(*self.origin):
            return _new, self.origin, self.__getstate__()
        return super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"adapt({type(self).__name__})"


class AdaptedPair(Adapted):
    """The same for an object whose forward takes two arrays."""

    def forward(self, x: Array, y: Array) -> Array:  # type: ignore[override]
        return self._forward(x, y)


@functools.cache
def adapted_class(name: str, module: str, arrays: int) -> type[Adapted]:
    """The class of adapted layers that go by the name of the reader's own class."""
    base = AdaptedPair if arrays == 2 else Adapted
    return type(name, (base,), {"__module__": module, "__doc__": base.__doc__, "origin": (name, module, arrays)})


def _new(name: str, module: str, arrays: int) -> Adapted:
    return object.__new__(adapted_class(name, module, arrays))


def adapted_layer(
    inner: Any,
    in_shape: Any = None,
    gradients: Mapping[str, str] | None = None,
    safe: bool = True,
) -> Adapted:
    """The object as a layer. With `safe`, an array that forward reads and that gets no gradient is an InputError.

    Without `safe`, as for checks, such an array is a parameter without gradient, and nothing is copied or cast.
    """
    check_methods(inner)
    name, arrays = kind_name(inner), arrays_of_forward(inner)
    if arrays > 2:
        raise InputError(f"{name}.forward takes {', '.join(required(inner.forward))}, but a layer takes x, or x and y")
    if len(required(inner.backward)) > 2:
        raise InputError(
            f"{name}.backward takes {', '.join(required(inner.backward))}, but it gets dout, or dout and a cache"
        )
    if safe and arrays > 1:
        raise InputError(
            f"{name}.forward takes {arrays} arrays, but in a network each layer gets one: give it the other before"
        )
    pairs, calls = probe(inner, in_shape, gradients or {}, arrays, strict=safe)
    layer = _new(name, getattr(inner, "home", None) or type(inner).__module__, arrays)
    layer.set_up(inner, pairs, calls, safe)
    for pair in pairs:
        spec = layer.specs[pair.name]
        if safe and len(spec.shape) > 1:
            fans = measured_fans(layer, pair.name)
            layer.specs = {**layer.specs, pair.name: ParameterSpec(spec.shape, spec.init, fans)}
    return layer


def measured_fans(layer: Adapted, name: str) -> Fans | None:
    """The fans of a weight, by the shape of an x that the object takes; None where that tells nothing."""
    w = getattr(layer, name)
    shapes: list[tuple[Shape, Fans]]
    if w.ndim == 2:
        shapes = [((2, w.shape[0]), Fans(*w.shape)), ((2, w.shape[1]), Fans(w.shape[1], w.shape[0]))]
    elif w.ndim == 4:
        n_out, n_in, *window = w.shape
        shapes = [((2, n_in, window[0] + 1, window[1] + 2), Fans(n_in, n_out, tuple(window)))]
        *last, n_in, n_out = w.shape
        shapes += [((2, last[0] + 1, last[1] + 2, n_in), Fans(n_in, n_out, tuple(last)))]
    else:
        return None
    for shape, fans in shapes:
        thing, x = copied(layer), np.random.default_rng(0).standard_normal(shape)
        try:
            with np.errstate(all="ignore"):
                out = thing.forward(x)
                dout = np.zeros_like(out)
                dout[0].flat[0] = 1
                thing.backward(dout)
            used = getattr(thing, f"d{name}")
        except Exception:
            continue
        if not is_floats(used) or used.shape != w.shape:
            continue
        if w.ndim == 2 and w.shape[0] == w.shape[1]:  # square: one output reads a column of (in, out), or a row of (out, in)
            return Fans(*w.shape)
        return fans
    return None
