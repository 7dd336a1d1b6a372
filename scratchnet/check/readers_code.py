"""What is a reader's class or function, and how is it checked? A layer, a loss, an optimizer, an initializer, a training.

Code without the library's base classes is adapted, and told apart by its methods, and functions by what they return.
Read next: `state`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from scratchnet.adapters import (
    Adapted,
    adapted_layer,
    adapted_loss,
    adapted_optimizer,
    function_pair,
    functions_for,
    kind_of_object,
    made_for,
)
from scratchnet.check.report import NotCompared, made_of
from scratchnet.initializers import Fans
from scratchnet.layers import Layer
from scratchnet.optimizers import Optimizer
from scratchnet.support.validation import Array, InputError, shown

SAY = "say what it is by --as layer, activation, loss, optimizer, initializer or training"


def kind_of(subject: Any) -> str:
    """What an object is, or what a class or function makes: "layer", "loss", …; InputError if nothing tells."""
    made = subject if isinstance(subject, type) else type(subject)
    if issubclass(made, Layer):
        return "layer"
    if issubclass(made, Optimizer):
        return "optimizer"
    if hasattr(subject, "net") and callable(getattr(subject, "step", None)):  # a Trainer
        return "training"
    known = kind_of_object(subject)
    if known:
        return known
    if inspect.isfunction(subject) or inspect.ismethod(subject):
        return kind_of_function(subject)
    if any("__call__" in vars(kind) for kind in made.__mro__):
        return "initializer"
    there = [name for name in ("forward", "backward") if hasattr(made, name)]
    if there:
        other = "backward" if there == ["forward"] else "forward"
        raise InputError(f"{name_of_thing(subject)} has {there[0]}, but no {other}: a layer or a loss has both")
    raise InputError(f"{name_of_thing(subject)} has neither forward and backward nor update: {SAY}")


def kind_of_function(function: Any) -> str:
    """What a function is, by its name where that says forward or train, else by what it returns."""
    if function_pair(function):
        return "layer"
    needed = needed_arguments(function)
    words = function.__name__.lower()
    if len(needed) == 2 and any(word in words for word in ("train", "step", "fit")) and not returns_pair(function):
        return "training"
    if not needed and not arguments_of(function):
        made = made_of(words, function)
        if isinstance(made, np.ndarray | float | int | str) or made is None:
            raise InputError(
                f"{function.__name__} takes nothing and returns {type(made).__name__}: return a layer, a Trainer, …"
            )
        return kind_of(made)
    if len(needed) != 2:
        return "initializer"
    tried = {
        "initializer": (lambda: function(7, 5), lambda out: np.ndim(out) == 2 and np.size(out) == 35),
        "optimizer": (
            lambda: function(np.ones(3), np.ones(3)),
            lambda out: isinstance(out, tuple) and np.shape(out[0]) == (3,),
        ),
        "loss": (lambda: function(np.eye(4, 3), np.arange(4) % 3), is_loss_value),
        "an initializer": (lambda: function((7, 5), Fans(7, 5)), lambda out: np.shape(out) == (7, 5)),
    }
    for kind, (call, fits) in tried.items():
        try:
            with np.errstate(all="ignore"):
                if fits(call()):
                    return kind.removeprefix("an ")
        except (NotImplementedError, InputError):
            raise
        except Exception:
            continue
    raise InputError(f"{function.__name__}({', '.join(needed)}) may be many things: {SAY}")


def returns_pair(function: Any) -> bool:
    """Is it cs231n's rule for one parameter: next_w, config = sgd_step(w, dw)?"""
    return {"w", "dw"} <= set(needed_arguments(function))


def is_loss_value(out: Any) -> bool:
    if isinstance(out, tuple):
        return len(out) == 2 and np.ndim(out[0]) == 0 and np.shape(out[1]) == (4, 3)
    if np.ndim(out) == 0 and isinstance(out, float | np.floating):
        raise InputError(
            "the function returns a loss alone, and its gradient is checked: return (loss, dx), or write a class"
        )
    return False


def needed_arguments(function: Any) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in arguments_of(function) if one.kind in kinds and one.default is one.empty]


def arguments_of(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def name_of_thing(thing: Any) -> str:
    return str(getattr(thing, "__name__", None) or shown(thing))


class NoBackward(NotCompared, InputError):
    """A reader's backward is for training alone: nothing can be compared in evaluation."""


def as_layer(given: Any, in_shape: Any = None) -> Any:
    """A reader's class, object or pair of functions as a layer; all else as it is."""
    made = _as_layer(given, in_shape)
    if isinstance(made, Adapted):
        made.refusal = NoBackward
    return made


def _as_layer(given: Any, in_shape: Any) -> Any:
    if isinstance(given, Layer):
        return given
    if isinstance(given, type):
        plain = is_plain_layer(given) and not issubclass(given, Layer)
        return adapted_layer(made_for(given, in_shape), in_shape, safe=False) if plain else given
    pair = function_pair(given)
    if pair:
        return adapted_layer(functions_for(*pair, in_shape), in_shape, safe=False)
    if inspect.isfunction(given) and not needed_arguments(given):
        given = made_of("the layer", given)
    plain = is_plain_layer(given) and not isinstance(given, Layer)
    return adapted_layer(given, in_shape, safe=False) if plain else given


def is_plain_layer(thing: Any) -> bool:
    return callable(getattr(thing, "forward", None)) and callable(getattr(thing, "backward", None))


def as_optimizer(given: Any) -> Any:
    """A reader's optimizer as one of the library's; all else as it is."""
    if isinstance(given, type) or (inspect.isfunction(given) and not needed_arguments(given)):
        given = made_of("the optimizer", given)
    if isinstance(given, Optimizer):
        return given
    if kind_of_object(given) == "optimizer" or (inspect.isfunction(given) and len(needed_arguments(given)) == 2):
        return adapted_optimizer(given)
    return given


def as_loss(given: Any) -> Any:
    """A reader's loss, or a function that returns (loss, dx), as an object with forward(scores, t) and backward()."""
    made = made_of("the loss", given) if isinstance(given, type) else given
    if inspect.isfunction(made) and len(needed_arguments(made)) == 2:
        return adapted_loss(made)
    return adapted_loss(made) if is_plain_layer(made) and needed_arguments(made.backward) else made


def as_initializer(given: Any) -> Any:
    """f(n_in, n_out), f(shape) or f(shape, rng), as init(shape, fans, rng); all else as it is."""
    if isinstance(given, type):
        given = made_of("the initializer", given)
    if not callable(given) or not 1 <= len(needed_arguments(given)) <= 2:
        return given
    form = initializer_form(given)
    return given if form is None else ReadersInitializer(given, form)


FORMS: dict[str, Callable[..., Any]] = {
    "n_in and n_out": lambda f, shape, fans, rng: f(fans.n_in, fans.n_out),
    "a shape": lambda f, shape, fans, rng: f(shape),
    "a shape and a generator": lambda f, shape, fans, rng: f(shape, rng),
    "a shape and fans": lambda f, shape, fans, rng: f(shape, fans),
}


def initializer_form(given: Any) -> str | None:
    """What it takes, by trying; None if no form gives an array of the right shape."""
    for name, call in FORMS.items():
        try:
            if np.shape(call(given, (7, 5), Fans(7, 5), np.random.default_rng(0))) == (7, 5):
                return name
        except NotImplementedError:
            return None
        except Exception:
            continue
    return None


class ReadersInitializer:
    """A reader's initializer of another form. np.random, which it may draw from, is set from the generator at each draw."""

    def __init__(self, function: Any, form: str) -> None:
        self.function, self.form = function, form
        self.__name__ = str(getattr(function, "__name__", type(function).__name__))

    def __call__(self, shape: tuple[int, ...], fans: Any, rng: np.random.Generator) -> Array:
        if fans is not None and fans.window and self.form == "n_in and n_out":
            raise NotCompared("it takes n_in and n_out alone, and a convolution has a window")
        numpys: Any = np.random
        state = numpys.get_state()
        try:
            numpys.seed(int(rng.integers(2**32)))
            return np.asarray(FORMS[self.form](self.function, shape, fans or Fans(shape[0], shape[-1]), rng))
        finally:
            numpys.set_state(state)

    def __repr__(self) -> str:
        return self.__name__
