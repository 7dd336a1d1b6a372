"""Two functions, `affine_forward(x, w, b) -> out, cache` and `affine_backward(dout, cache) -> dx, dw, db`, as one object.

Read next: `optimizer`.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scratchnet.adapters.calls import arguments, required
from scratchnet.support.validation import InputError

FORWARD, BACKWARD = "forward", "backward"


class FunctionPair:
    """forward and backward as methods. The arrays beside x are attributes, under the names of the function's arguments.

    backward gets dout and the cache. A backward that takes more, or a forward that returns no cache, gets the arguments
    of forward by their names, and `out` or `y` for the output.
    """

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any], given: Mapping[str, Any]) -> None:
        self.functions = (forward, backward)
        self.kind_name = stem_of(forward)
        self.home = forward.__module__
        names = arguments(forward)[1:]
        unknown = [name for name in given if name not in names]
        if unknown:
            raise InputError(f"{forward.__name__} has no argument {unknown[0]}: it takes {', '.join(names) or 'x alone'}")
        missing = [name for name in required(forward)[1:] if name not in given]
        if missing:
            arrays = ", ".join(f"{name}=…" for name in missing)
            raise InputError(
                f"{forward.__name__} takes {', '.join(missing)} too: write sn.adapt(forward, backward, {arrays})"
            )
        self.given = tuple(given)
        for name, value in given.items():
            setattr(self, name, np.array(value) if isinstance(value, np.ndarray) else value)

    def forward(self, x: Any, training: bool = True) -> Any:
        values = {name: vars(self)[name] for name in self.given}
        for name, value in values.items():
            if isinstance(value, dict) and "mode" in value:
                values[name] = (
                    value if training and value["mode"] != "test" else {**value, "mode": "train" if training else "test"}
                )
                vars(self)[name] = values[name]
        returned = self.functions[0](x, **values)
        has_cache = isinstance(returned, tuple) and len(returned) > 1
        out = returned[0] if has_cache else returned
        self.cache = (returned[1] if len(returned) == 2 else tuple(returned[1:])) if has_cache else None
        self.called = {arguments(self.functions[0])[0]: x, **values}
        self.made = out
        return out

    def backward(self, dout: Any) -> Any:
        names = required(self.functions[1])[1:]
        if len(names) < 2 and self.cache is not None:
            return self.functions[1](dout, self.cache) if names else self.functions[1](dout)
        known = {"out": self.made, "y": self.made, "cache": self.cache, **self.called}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise InputError(
                f"{self.functions[1].__name__} takes {unknown[0]}, which is no argument of {self.functions[0].__name__}: "
                "have forward return (out, cache), and backward take (dout, cache)"
            )
        return self.functions[1](dout, *(known[name] for name in names))


def stem_of(forward: Any) -> str:
    """affine, for affine_forward."""
    stem = forward.__name__.replace(FORWARD, "").replace("__", "_").strip("_")
    return stem or str(forward.__name__)


def function_pair(thing: Any) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """A function with `forward` in its name, and the one in the same file with `backward`; either may be given."""
    name = getattr(thing, "__name__", "")
    if isinstance(thing, type) or not callable(thing) or not (FORWARD in name or BACKWARD in name):
        return None
    inside = vars(sys.modules.get(thing.__module__, sys)) | getattr(thing, "__globals__", {})
    pair = name.replace(BACKWARD, FORWARD), name.replace(FORWARD, BACKWARD)
    found = [inside.get(one) for one in pair]
    missing = [one for one, function in zip(pair, found, strict=True) if not callable(function)]
    if missing:
        raise InputError(f"{name} has no {missing[0]} beside it: a layer of functions needs both")
    return found[0], found[1]  # type: ignore[return-value]
