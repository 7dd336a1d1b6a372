"""How parameters move, from the simplest to the hardest: the book's six optimizers, by its formulas.

An optimizer says how one parameter moves; the base class walks the parameters and keeps a state for each. In the formulas
η is the learning rate `lr`, μ the momentum, and every operation works element by element. Read next: `scratchnet.hooks`.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from scratchnet.support.parse_call import parse
from scratchnet.support.quiet import quiet
from scratchnet.support.tables import without_addresses
from scratchnet.support.validation import Array, InputError, as_list, number, shown, unknown

Triples = Iterable[tuple[str, Array, Array | None]]
State = dict[str, Any]


@dataclass
class Optimizer:
    """Walks the parameters once per step, and moves each by the rule of `move`.

    `lr` is a number, or a schedule: a callable that turns the number of steps made so far into a number. `hooks` are
    callables from the list of (name, w, dw) to such a list, applied in order before the walk. The state belongs to one
    network. An optimizer of your own that adds a setting checks it in __post_init__, as `Momentum` does.
    """

    lr: Any = 0.01
    hooks: Sequence[Callable[[list[Any]], list[Any]]] = field(default=(), kw_only=True)

    asks_name = False  # does its `move` take the parameter's name too?

    def __init_subclass__(cls) -> None:
        signature = inspect.signature(cls.move)
        arguments = list(signature.parameters)
        cls.asks_name = "name" in arguments
        given = [None] * (4 if inspect.isfunction(inspect.getattr_static(cls, "move")) else 3)  # self is bound already
        try:
            signature.bind(*given, **({"name": None} if cls.asks_name else {}))
        except TypeError:
            raise InputError(
                f"{cls.__name__}.move takes ({', '.join(arguments)}): write move(self, w, dw, state), or "
                "move(self, w, dw, state, name) to get the parameter's name too"
            ) from None

    def __post_init__(self) -> None:
        if isinstance(self.lr, type):
            raise InputError(
                f"lr is the class {self.lr.__name__}: give a number above 0, or a schedule such as Cosine(0.1, 2000)"
            )
        self.schedule = self.lr if callable(self.lr) else None
        self.lr = number("lr", self.lr, above=0) if self.schedule is None else self._scheduled(0)
        if not isinstance(self.hooks, list | tuple) or not all(
            callable(hook) and not isinstance(hook, type) for hook in self.hooks
        ):
            raise InputError(
                f"hooks is {shown(self.hooks)}, but a list of them is needed, such as hooks=[WeightDecay(1e-4)]"
            )
        self.t = 0  # steps made; in `move`, the number of the current step, from 1
        self.state: dict[str, tuple[Array, State]] = {}

    def move(self, w: Array, dw: Array, state: State) -> None:
        """Change w in place by its gradient dw. `state` is this parameter's own dictionary, empty at first.

        A `move(self, w, dw, state, name)` also gets the parameter's name, such as "Affine1.W": see examples/24_mup.py.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method move(self, w, dw, state)")

    @quiet
    def step(self, parameters: Triples) -> None:
        """Move every parameter of `net.parameters()`."""
        triples = as_list("parameters", parameters, "a list of (name, w, dw)", "net.parameters()")
        try:
            for name, w, dw in triples:
                check_gradient(name, w, dw)
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"parameters is {shown(triples)}, but a list of (name, w, dw) with arrays is needed: write net.parameters()"
            ) from error
        for hook in self.hooks:
            triples = hook(triples)
            if not isinstance(triples, list | tuple):
                raise InputError(
                    f"the hook {shown(hook)} returned {shown(triples)}, but the list of (name, w, dw) is needed"
                )
        self.lr = self.next_lr
        self.t += 1
        for name, w, dw in triples:
            if name not in self.state:
                self._check_apart(name, w)
            owner, state = self.state.setdefault(name, (w, {}))
            if owner is not w:
                raise InputError(
                    f"this {type(self).__name__} already moves the {name} of another network, and remembers that network's "
                    "steps: make an optimizer for each network"
                )
            self.move(w, dw, state, **({"name": name} if self.asks_name else {}))

    def _check_apart(self, name: str, w: Array) -> None:
        for other, (owner, _) in self.state.items():
            if np.may_share_memory(owner, w) and owner is not w:
                what = "views of one array"
            elif owner is w:
                what = "the same array"
            else:
                continue
            raise InputError(
                f"{other} and {name} are {what}, which would be moved twice: write one layer that uses the weight in both "
                "places, and adds the two gradients in backward"
            )

    @property
    def next_lr(self) -> Any:
        """The learning rate of the next step."""
        return self.lr if self.schedule is None else self._scheduled(self.t)

    def fresh(self) -> Self:
        """An optimizer with the same settings that has moved nothing yet."""
        fresh = copy.copy(self)
        fresh.t = 0
        if self.schedule is not None:
            fresh.lr = self._scheduled(0)
        fresh.state = {}
        return fresh

    def kept_arguments(self) -> dict[str, Any]:
        """The constructor's arguments, with the schedule itself as `lr`."""
        return {**vars(self), "lr": self.lr if self.schedule is None else self.schedule}

    def _scheduled(self, step: int) -> float:
        assert self.schedule is not None
        try:
            return number("lr", self.schedule(step), least=0)
        except Exception as error:
            raise InputError(
                f"lr is {shown(self.schedule)}, but a number above 0 is needed, or a schedule that makes one of a number of "
                f"steps, such as sn.Cosine(0.1, steps=2000): for {step} it failed with {type(error).__name__}: {error}"
            ) from error

    def __repr__(self) -> str:
        arguments = [f"lr={self.lr if self.schedule is None else self.schedule!r}"]
        for name in self.__dataclass_fields__:
            value, default = getattr(self, name), self.__dataclass_fields__[name].default
            if name != "lr" and value != default:
                arguments.append(f"{name}={value!r}")
        return without_addresses(f"{type(self).__name__}({', '.join(arguments)})")


def kept(state: State, name: str, w: Array) -> Array:
    """The array that a state keeps under a name: zeros in the shape of w at first."""
    if name not in state:  # with `setdefault` each step would make the zeros anew
        state[name] = np.zeros_like(w)
    found: Array = state[name]
    return found


@dataclass(repr=False)
class SGD(Optimizer):
    """w ← w − η dw"""

    def move(self, w: Array, dw: Array, state: State) -> None:
        w -= self.lr * dw


@dataclass(repr=False)
class Momentum(Optimizer):
    """v ← μ v − η dw,   w ← w + v

    PyTorch keeps v ← μ v + dw and w ← w − η v: the same while η is constant.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        number("momentum", self.momentum, least=0, below=1)

    def move(self, w: Array, dw: Array, state: State) -> None:
        v = kept(state, "v", w)
        v *= self.momentum
        v -= self.lr * dw
        w += v


@dataclass(repr=False)
class Nesterov(Optimizer):
    """v ← μ v − η dw,   w ← w + μ v − η dw

    Momentum whose gradient is taken one step ahead, rewritten for the current w (Bengio et al. 2012). The book writes
    w ← w + μ² v_old − (1 + μ) η dw, which is the same. So is PyTorch's SGD(nesterov=True) while η is constant.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        number("momentum", self.momentum, least=0, below=1)

    def move(self, w: Array, dw: Array, state: State) -> None:
        v = kept(state, "v", w)
        v *= self.momentum
        v -= self.lr * dw
        w += self.momentum * v - self.lr * dw


@dataclass(repr=False)
class AdaGrad(Optimizer):
    """h ← h + dw²,   w ← w − η dw / (√h + ε)

    PyTorch's Adagrad is the same with ε = 1e-10.
    """

    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        number("epsilon", self.epsilon, above=0)

    def move(self, w: Array, dw: Array, state: State) -> None:
        h = kept(state, "h", w)
        h += dw * dw
        w -= self.lr * dw / (np.sqrt(h) + self.epsilon)


@dataclass(repr=False)
class RMSprop(Optimizer):
    """h ← ρ h + (1 − ρ) dw²,   w ← w − η dw / (√h + ε)

    PyTorch's RMSprop is the same with ρ = .99 (alpha) and ε = 1e-8; Keras has ρ = .9.
    """

    decay: float = 0.99
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        number("decay", self.decay, least=0, below=1)
        number("epsilon", self.epsilon, above=0)

    def move(self, w: Array, dw: Array, state: State) -> None:
        h = kept(state, "h", w)
        h *= self.decay
        h += (1 - self.decay) * dw * dw
        w -= self.lr * dw / (np.sqrt(h) + self.epsilon)


@dataclass(repr=False)
class Adam(Optimizer):
    """m ← m + (1 − β₁)(dw − m),   v ← v + (1 − β₂)(dw² − v),   w ← w − η_t m / (√v + ε)

        η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)

    The form of the book, and of the end of section 2 in Kingma & Ba 2014. PyTorch, Keras and JAX add ε to
    √(v / (1 − β₂ᵗ)) instead, which differs only where a gradient is as small as ε.
    """

    lr: Any = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        number("beta1", self.beta1, least=0, below=1)
        number("beta2", self.beta2, least=0, below=1)
        number("epsilon", self.epsilon, above=0)

    def move(self, w: Array, dw: Array, state: State) -> None:
        m = kept(state, "m", w)
        v = kept(state, "v", w)
        lr_t = self.lr * math.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        # `plain_move` with one array for all steps of the formula: on a large weight, twice as fast as new arrays.
        step = dw - m
        step *= 1 - self.beta1
        m += step
        np.multiply(dw, dw, out=step)
        step -= v
        step *= 1 - self.beta2
        v += step
        np.sqrt(v, out=step)
        step += self.epsilon
        np.divide(m, step, out=step)
        step *= lr_t
        w -= step

    def plain_move(self, w: Array, dw: Array, state: State) -> None:
        """The same to the last bit, as one would write it: the tests compare `move` with it."""
        m = kept(state, "m", w)
        v = kept(state, "v", w)
        lr_t = self.lr * math.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        m += (1 - self.beta1) * (dw - m)
        v += (1 - self.beta2) * (dw * dw - v)
        w -= lr_t * (m / (np.sqrt(v) + self.epsilon))


OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in (SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam)}


def check_gradient(name: str, w: Array, dw: Array | None) -> None:
    """Raise InputError unless w holds floats, and dw is an array of the same shape."""
    if dw is None:
        raise InputError(f"{name} has no gradient yet: call net.backward before optimizer.step")
    if dw.shape != w.shape:
        raise InputError(f"{name} has shape {w.shape} but its gradient {dw.shape}: backward must give it the same")
    if w.dtype.kind != "f":
        raise InputError(f"{name} holds {w.dtype}, but floats are needed: write {name}.astype(np.float32)")


def as_optimizer(given: Any) -> Optimizer:
    """`given`, if it is an optimizer."""
    if not isinstance(given, Optimizer):
        remedy = f"write {given.__name__}() to make one" if isinstance(given, type) else "such as sn.SGD(lr=0.01)"
        raise InputError(f"optimizer is {shown(given)}, but an Optimizer is needed: {remedy}")
    return given


def optimizer(text: str) -> Optimizer:
    """The optimizer that `text` names, "SGD" or "Momentum(0.05)". The text is parsed, never evaluated."""
    made = parse("optimizer", text, OPTIMIZERS)
    if not isinstance(made, Optimizer):
        raise unknown("optimizer", text, OPTIMIZERS)
    return made
