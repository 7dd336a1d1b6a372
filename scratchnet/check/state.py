"""All that a reader's function keeps between calls: what it refers to, saved and put back. Read next: `batches`.

The walk starts at the names in the function's code, its closure, its defaults, and the object of a method, and follows
attributes, dictionaries and lists. So any step of training can be tried, and undone.
"""

import contextlib
import inspect
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from scratchnet.support.validation import Array

MOST = 5000  # objects


@dataclass
class Snapshot:
    """The contents of everything at one moment."""

    contents: list[tuple[Any, Any]] = field(default_factory=list)
    arrays: list[tuple[Array, Array]] = field(default_factory=list)
    generators: list[tuple[Any, Any]] = field(default_factory=list)
    numpys: Any = None
    pythons: Any = None


class State:
    """What a function, a method or an object keeps."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def roots(self) -> dict[str, tuple[Any, Any]]:
        """By name what the walk starts at, and the dictionary that holds it (None for what cannot be rebound)."""
        if not (inspect.isfunction(self.thing) or inspect.ismethod(self.thing)):
            return {"": (self.thing, None)}
        found: dict[str, tuple[Any, Any]] = {}
        if inspect.ismethod(self.thing):
            found["self"] = (self.thing.__self__, None)
        seen = set[int]()
        functions: list[Any] = [getattr(self.thing, "__func__", self.thing)]
        while functions:
            function = functions.pop()
            if id(function) in seen:
                continue
            seen.add(id(function))
            inside = inspect.getclosurevars(function)
            found |= {name: (value, None) for name, value in inside.nonlocals.items()}
            found |= {name: (value, function.__globals__) for name, value in inside.globals.items()}
            for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
                found[f"a default of {function.__name__}"] = (default, None)
            values = (*inside.nonlocals.values(), *inside.globals.values())
            functions += [value for value in values if inspect.isfunction(value) and not is_library(value)]
        return {name: pair for name, pair in found.items() if not isinstance(pair[0], ModuleType | type)}

    def walk(self) -> Iterator[tuple[str, Any]]:
        """(path, object) of everything that is kept, each object once."""
        seen, kept = set[int](), list[Any]()  # kept alive, so that no two have one id
        left = [(name, value) for name, (value, _) in self.roots().items()]
        while left and len(seen) < MOST:
            path, value = left.pop(0)
            if (
                id(value) in seen
                or isinstance(value, ModuleType | type | str | bytes | int | float | complex)
                or value is None
            ):
                continue
            seen.add(id(value))
            kept.append(value)
            value = as_view(value)
            yield path, value
            if isinstance(value, dict):
                left += [(f"{path}[{key!r}]", one) for key, one in value.items()]
            elif isinstance(value, list | tuple):
                left += [(f"{path}[{i}]", one) for i, one in enumerate(value)]
            elif inspect.ismethod(value):
                left.append((path, value.__self__))
            elif inspect.isfunction(value):
                cells = inspect.getclosurevars(value).nonlocals if value.__closure__ and not is_library(value) else {}
                left += list(cells.items())
            elif not isinstance(value, np.ndarray | np.random.Generator) and hasattr(value, "__dict__"):
                left += [(f"{path}.{name}".lstrip("."), one) for name, one in vars(value).items()]

    def arrays(self) -> dict[str, Array]:
        """The arrays of floats by path."""
        return {
            path: value
            for path, value in self.walk()
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size and value.flags.writeable
        }

    def save(self) -> Snapshot:
        saved = Snapshot(numpys=getattr(np.random, "get_state")(), pythons=random.getstate())  # noqa: B009
        for name, (value, home) in self.roots().items():
            if home is not None:
                saved.contents.append((home, {name: value}))
        for _, value in self.walk():
            if isinstance(value, np.ndarray):
                saved.arrays.append((value, value.copy()))
            elif isinstance(value, np.random.Generator):
                saved.generators.append((value, value.bit_generator.state))
            elif isinstance(value, dict | list):
                saved.contents.append((value, value.copy()))
            elif hasattr(value, "__dict__") and not callable(getattr(value, "__code__", None)):
                saved.contents.append((value, vars(value).copy()))
        return saved

    def draw(self, count: int) -> None:
        """All generators draw some numbers."""
        getattr(np.random, "random")(count)  # noqa: B009
        for _, value in self.walk() if count else ():
            if isinstance(value, np.random.Generator):
                value.random(count)

    def restore(self, saved: Snapshot) -> None:
        homes = {id(home) for _, home in self.roots().values() if home is not None}
        for value, content in saved.contents:
            if id(value) in homes:
                value.update(content)
            elif isinstance(value, list):
                value[:] = content
            else:
                there = value if isinstance(value, dict) else vars(value)
                there.clear()
                there.update(content)
        for array, numbers in saved.arrays:
            if array.flags.writeable:
                array[...] = numbers
        for generator, state in saved.generators:
            generator.bit_generator.state = state
        getattr(np.random, "set_state")(saved.numpys)  # noqa: B009
        random.setstate(saved.pythons)


def as_view(value: Any) -> Any:
    """A tensor of PyTorch in the computer's memory as an array of the same numbers; anything else as it is."""
    if callable(getattr(value, "detach", None)) and callable(getattr(value, "numpy", None)):
        with contextlib.suppress(TypeError, RuntimeError):  # one on another device
            return value.detach().numpy()
    return value


def is_library(function: Any) -> bool:
    """Is it a function of NumPy or of this package?"""
    return str(function.__module__).split(".")[0] in ("numpy", "scratchnet")
