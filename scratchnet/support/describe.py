"""Objects as JSON, and back: a class by its name, with its constructor's arguments as far as those are plain values.

So `Cosine(0.1, steps=2000)` is {"class": "Cosine", "arguments": {"lr": 0.1, "steps": 2000}}. Nothing is evaluated or
imported on the way back: a name is looked up in a table of classes. An object whose arguments are not found is refused.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scratchnet.support.validation import InputError


class MissingClass(InputError):
    """A file needs a class of the user's own, which was not given."""


OUR_PACKAGE = __name__.partition(".")[0]
DTYPES = ("float16", "float32", "float64")


class Describer:
    """Makes JSON of values. `classes` collects the classes that it met."""

    def __init__(self) -> None:
        self.classes: dict[str, type] = {}

    def special(self, value: Any) -> Any:
        """The description of a value that needs its own; None for others."""

    def describe(self, value: Any, where: str) -> Any:
        """`value` as JSON. `where` names it in an error, such as "Affine1.init"."""
        if value is None or isinstance(value, bool | str) or type(value) in (int, float):
            return value if not isinstance(value, float) or math.isfinite(value) else {"float": str(value)}
        if isinstance(value, np.dtype):
            if value.name not in DTYPES:
                raise InputError(
                    f"{where} cannot be saved: it is {value.name}, but {', '.join(DTYPES)} are the same on all machines"
                )
            return {"dtype": value.name}
        if isinstance(value, np.bool | np.integer | np.floating) and value.dtype.itemsize <= 8:
            return {"numpy": value.dtype.str, "value": self.describe(value.item(), where)}
        if type(value) is list:
            return [self.describe(one, f"{where}[{i}]") for i, one in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": self.describe(list(value), where)}
        if type(value) is dict and all(isinstance(key, str) for key in value):
            return {"dict": {key: self.describe(one, f"{where}[{key!r}]") for key, one in value.items()}}
        if isinstance(value, type):
            return {"type": self._name(value, where), "own": is_own(value)}
        if (described := self.special(value)) is not None:
            return described
        if hasattr(value, "__dict__") and not hasattr(value, "__name__"):  # neither a function nor a module
            return self.describe_object(value, where)
        raise InputError(
            f"{where} cannot be saved: it is {_shown(value)}, but a number, a word, a list of them or an object is needed "
            "(in place of a function, one whose class has a method __call__)"
        )

    def describe_object(self, value: Any, where: str) -> dict[str, Any]:
        """The class and the arguments of an object, each of which it must keep in an attribute of the same name."""
        kind = type(value)
        name = self._name(kind, where)
        kept = self.kept(value)
        arguments = {}
        for argument, parameter in _signature(kind, where).items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise InputError(
                    f"{where} cannot be saved: give {name}.__init__ arguments with names instead of {parameter}"
                )
            if argument not in kept:
                raise InputError(
                    f"{where} cannot be saved, since it does not keep its argument {argument}: write "
                    f"self.{argument} = {argument} in {name}.__init__"
                )
            arguments[argument] = self.describe(kept[argument], f"{where}.{argument}")
        return {"class": name, "own": is_own(kind), "arguments": arguments}

    def kept(self, value: Any) -> Mapping[str, Any]:
        """Where the constructor's arguments are found."""
        return vars(value)

    def _name(self, kind: type, where: str) -> str:
        if self.classes.setdefault(kind.__name__, kind) is not kind:
            raise InputError(f"{where} cannot be saved: two classes are called {kind.__name__}, so rename one")
        return kind.__name__


def is_own(kind: type) -> bool:
    """Is the class the user's own?"""
    return kind.__module__.partition(".")[0] != OUR_PACKAGE


def _signature(kind: type, where: str) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(kind).parameters
    except ValueError as error:
        raise InputError(f"{where} cannot be saved: the arguments of {kind.__name__} are not known") from error


def _shown(value: Any) -> str:
    name = getattr(value, "__name__", None)
    return f"the function {name}" if name else f"of the class {type(value).__name__}"


class Builder:
    """Makes values of JSON. `ours` and `own` are the classes that a name may mean; `how(name)` says how to give an own one.

    `special` builds further kinds, by their key; `make` calls a class with arguments, and may check what it does.
    """

    def __init__(
        self,
        ours: Mapping[str, Any],
        own: Mapping[str, Any],
        how: Callable[[str], str] = repr,
        special: Mapping[str, Callable[[Any], Any]] | None = None,
        make: Callable[[Any, dict[str, Any], Any], Any] = lambda kind, arguments, described: kind(**arguments),
    ) -> None:
        self.ours, self.own, self.how, self.special, self.make = ours, own, how, special or {}, make

    def build(self, described: Any) -> Any:
        if isinstance(described, list):
            return [self.build(one) for one in described]
        if not isinstance(described, dict):
            return described
        key = next(iter(described), "")
        value: Any = described.get(key)
        if key in self.special:
            return self.special[key](described)
        if key == "float" and value in ("nan", "inf", "-inf"):
            return float(value)
        if key == "dtype" and value in DTYPES:
            return np.dtype(value)
        if key == "numpy" and np.dtype(value).kind in "biuf":
            return np.array(self.build(described["value"]), np.dtype(str(value)))[()]
        if key == "tuple":
            return tuple(self.build(value))
        if key == "dict":
            return {name: self.build(one) for name, one in value.items()}
        if key == "type":
            return self._class(described, key)
        if key != "class":
            raise InputError(f"it has an unknown entry {key!r}")
        kind = self._class(described, key)
        arguments = {name: self.build(one) for name, one in described["arguments"].items()}
        try:
            return self.make(kind, arguments, described)
        except MissingClass:
            raise
        except InputError as error:
            raise InputError(f"{value}: {error}") from error
        except Exception as error:
            raise InputError(f"{value} cannot be made with the arguments in the file: {error}") from error

    def _class(self, described: dict[str, Any], key: str) -> Any:
        name = described[key]
        if described["own"]:
            if name not in self.own:
                raise MissingClass(f"needs the class {name}, which is not scratchnet's: write {self.how(name)}")
            return self.own[name]
        if name not in self.ours:
            raise InputError(f"scratchnet has no class {name}")
        return self.ours[name]
