"""Chance that is not the layer's own: NumPy's global generator, and generators that stand in a reader's module.

A layer that draws from them gives other numbers in each pass. To compare passes, the generators are set back before each.
Read next: `gradient`.
"""

import contextlib
import copy
import random
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

LEGACY: Any = getattr(np.random, "RandomState")  # noqa: B009


def global_state() -> bytes:
    """The states of np.random and random, which this package itself never touches."""
    state: Any = getattr(np.random, "get_state")()  # noqa: B009
    return bytes(state[1].tobytes()) + bytes(str((state[2:], hash(random.getstate()))), "ascii")


@contextlib.contextmanager
def same_global_chance() -> Iterator[None]:
    """np.random and random are afterwards as they were before."""
    states: tuple[Any, Any] = getattr(np.random, "get_state")(), random.getstate()  # noqa: B009
    try:
        yield
    finally:
        getattr(np.random, "set_state")(states[0])  # noqa: B009
        random.setstate(states[1])


class Chance:
    """The generators that the code of an object may draw from, beside its own attributes, and their states now."""

    def __init__(self, thing: Any) -> None:
        modules = [sys.modules.get(kind.__module__) for kind in type(thing).__mro__ if kind is not object]
        inside = [value for module in modules if module for value in vars(module).values()]
        for kind in type(thing).__mro__:
            inside += [*vars(kind).values()]
            for method in vars(kind).values():
                inside += [cell.cell_contents for cell in getattr(method, "__closure__", None) or () if cell_is_set(cell)]
                inside += list(getattr(method, "__globals__", {}).values())
        self.generators = list({id(one): one for one in inside if isinstance(one, np.random.Generator)}.values())
        self.states = [copy.deepcopy(one.bit_generator.state) for one in self.generators]
        self.old = {id(one): one for one in inside if isinstance(one, LEGACY)}
        self.old_states: dict[int, Any] = {key: one.get_state() for key, one in self.old.items()}
        self.numpys: Any = getattr(np.random, "get_state")()  # noqa: B009
        self.pythons = random.getstate()
        self.used = True  # False once it is known that nothing draws from them

    def rewind(self) -> None:
        """Set them back."""
        if not self.used:
            return
        for one, state in zip(self.generators, self.states, strict=True):
            one.bit_generator.state = state
        for key, old in self.old.items():
            old.set_state(self.old_states[key])
        getattr(np.random, "set_state")(self.numpys)  # noqa: B009
        random.setstate(self.pythons)

    def moved(self) -> bool:
        """Has anything drawn from them since?"""
        numpys: Any = getattr(np.random, "get_state")()  # noqa: B009
        own = [str(one.bit_generator.state) for one in self.generators] != [str(state) for state in self.states]
        old = any(str(one.get_state()) != str(self.old_states[key]) for key, one in self.old.items())
        globally = str(numpys[2:]) != str(self.numpys[2:]) or not np.array_equal(numpys[1], self.numpys[1])
        return own or old or globally or random.getstate() != self.pythons


def cell_is_set(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # it is empty
        return False
