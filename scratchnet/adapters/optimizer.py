"""A reader's optimizer, `update(params, grads)` with dictionaries or lists, or a function (w, dw), as an `Optimizer`.

Read next: `loss`.
"""

import copy
import functools
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from scratchnet.adapters.calls import required
from scratchnet.adapters.slots import copied, kind_name
from scratchnet.optimizers import Optimizer, Triples
from scratchnet.support.validation import Array, InputError

METHODS = ("update", "step", "apply", "apply_gradients", "update_params", "optimize", "move")
LR_NAMES = ("lr", "learning_rate", "eta", "alpha", "step_size", "rate")


def update_method(thing: Any) -> str | None:
    """The method that takes parameters and gradients."""
    return next((name for name in METHODS if len(required(getattr(thing, name, None) or (lambda: None))) == 2), None)


class AdaptedOptimizer(Optimizer):
    """A reader's optimizer, which gets all parameters at once: in dictionaries by name, or in lists, as it takes them.

    `lr` is the object's own learning rate, whatever it calls it.
    """

    inner: Any
    call: Any
    lr_name: str | None = None
    schedule: Any = None

    def set_up(self, inner: Any, call: Callable[[Any, dict[str, Any], dict[str, Any]], None]) -> Self:
        self.hooks, self.schedule, self.t, self.state = (), None, 0, {}
        self.inner, self.given, self.call = inner, copied(inner), call
        self.lr_name = learning_rate_name(inner, call)
        for name, value in settings_of(inner).items():
            if isinstance(value, bool | int | float | str) and name not in ("lr", "t", "schedule"):
                setattr(self, name, value)
        return self

    @property
    def lr(self) -> Any:
        return settings_of(self.inner)[self.lr_name] if self.lr_name else 0.01

    @lr.setter
    def lr(self, value: Any) -> None:
        if self.lr_name:
            for thing in (self.inner, self.given):
                settings_of(thing)[self.lr_name] = value

    def step(self, parameters: Triples) -> None:
        """Move every parameter of `net.parameters()`."""
        triples = list(parameters)
        for name, w, dw in triples:
            if dw is None:
                raise InputError(f"{name} has no gradient yet: call net.backward before optimizer.step")
            owner = self.state.setdefault(name, (w, {}))[0]
            if owner is not w:
                raise InputError(
                    f"this {type(self).__name__} already moves the {name} of another network: make a second one"
                )
        self.t += 1
        params = {name: w for name, w, _ in triples}
        self.call(self.inner, params, {name: dw for name, _, dw in triples})
        for name, w, _ in triples:
            if params[name] is not w:
                w[...] = params[name]

    def fresh(self) -> Self:
        fresh = copy.copy(self)
        fresh.inner, fresh.t, fresh.state = copied(self.given), 0, {}
        return fresh

    def kept_arguments(self) -> dict[str, Any]:
        raise InputError(
            f"{type(self).__name__} is an adapted optimizer, which a file cannot hold: derive it from sn.Optimizer"
        )

    def __repr__(self) -> str:
        return f"adapt({type(self).__name__})"


def settings_of(inner: Any) -> dict[str, Any]:
    """Where the settings stand: the attributes, or the dictionary that a function is called with."""
    found: dict[str, Any] = inner.config if isinstance(inner, FunctionRule) else vars(inner)
    return found


class FunctionRule:
    """cs231n's form: next_w, config = rule(w, dw, config), with a config for each parameter."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.kind_name, self.home = function, function.__name__, function.__module__
        self.config: dict[str, Any] = {}
        self.configs: dict[str, Any] = {}
        made = function(np.ones(2), np.ones(2))[1]
        if isinstance(made, dict):
            self.config = {name: value for name, value in made.items() if isinstance(value, float) and value}

    def update(self, params: dict[str, Array], grads: dict[str, Array]) -> None:
        for name in params:
            config = self.configs.get(name) or dict(self.config)
            params[name], self.configs[name] = self.function(params[name], grads[name], config)


def by_dictionary(method: str, inner: Any, params: dict[str, Any], grads: dict[str, Any]) -> None:
    getattr(inner, method)(params, grads)


def by_list(method: str, inner: Any, params: dict[str, Any], grads: dict[str, Any]) -> None:
    arrays = list(params.values())
    getattr(inner, method)(arrays, list(grads.values()))
    params.update(zip(list(params), arrays, strict=True))


def learning_rate_name(inner: Any, call: Any) -> str | None:
    """The setting that is the learning rate: one of the usual names, or the one that doubles the first step."""
    settings = {name: value for name, value in settings_of(inner).items() if isinstance(value, float)}
    known = next((name for name in LR_NAMES if name in settings), None)
    if known:
        return known
    for name in settings:
        moves = []
        for factor in (1, 2):
            thing, params = copied(inner), {"W": np.zeros(3)}
            settings_of(thing)[name] *= factor
            w = params["W"]
            call(thing, params, {"W": np.array([1.0, -2.0, 3.0])})
            moves.append(params["W"] if params["W"] is not w else w)
        if np.allclose(moves[1], 2 * moves[0], rtol=1e-6) and moves[0].any():
            return name
    return None


def adapted_optimizer(inner: Any) -> AdaptedOptimizer:
    """The object or function as an optimizer. Whether it takes dictionaries or lists is tried on a small example."""
    if callable(inner) and not hasattr(type(inner), "update") and len(required(inner)) == 2:
        inner = FunctionRule(inner)
    method = update_method(inner)
    name = kind_name(inner)
    if method is None:
        raise InputError(f"{name} has no method update(params, grads): give an optimizer that has")
    errors = []
    for way in (by_dictionary, by_list):
        call, thing = functools.partial(way, method), copied(inner)
        params = {"W": np.ones((2, 3)), "b": np.ones(3)}
        before = list(params.values())
        try:
            with np.errstate(all="ignore"):
                call(thing, params, {"W": np.full((2, 3), 0.5), "b": np.full(3, 0.5)})
        except NotImplementedError:
            raise
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
            continue
        if way is by_dictionary and all(params[k] is w and (w == 1).all() for k, w in zip(params, before, strict=True)):
            errors.append("it moves nothing")
            continue
        made = object.__new__(adapted_optimizer_class(name, getattr(inner, "home", None) or type(inner).__module__))
        return made.set_up(inner, call)
    raise InputError(f"{name}.{method} takes neither dictionaries nor lists of arrays: {errors[0]}")


@functools.cache
def adapted_optimizer_class(name: str, module: str) -> type[AdaptedOptimizer]:
    return type(name, (AdaptedOptimizer,), {"__module__": module, "__doc__": AdaptedOptimizer.__doc__})
