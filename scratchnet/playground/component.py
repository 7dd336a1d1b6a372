"""The playground as data: what its scripts need of networks, optimizers and starts, for any page.

A page takes the section from playground.html, and adds STYLE and SCRIPTS. Read next: `book`, then the scripts.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.initializers import Initializer, Normal, initializer, normal
from scratchnet.initializers.scaled import VarianceScaling
from scratchnet.layers import ACTIVATIONS, Affine, Layer, PReLU
from scratchnet.optimizers import OPTIMIZERS, Optimizer
from scratchnet.playground.tables import activation_table, bias_moments, step_table, table_of_class, weight_law
from scratchnet.spread import is_plain
from scratchnet.support.colours import Look
from scratchnet.support.validation import InputError
from scratchnet.theory.weights import weight_rms

STYLE = "playground.css"
ENGINE = ("formulas.js", "network.js", "engine.js")
SCRIPTS = (
    "theory.js",
    *ENGINE,
    "charts.js",
    "state.js",
    "race.js",
    "wall.js",
    "map.js",
    "inside.js",
    "controls.js",
    "playground.js",
)
MAX_STARTS = 6


@dataclass(frozen=True)
class Described:
    """One training that the playground can begin from: its names, how it is drawn, and what the network is made of."""

    label: str
    start: str  # what its initializer is called
    look: Look
    init: Any
    hidden: Sequence[int]
    activation: Callable[[], Layer]
    optimizer: Optimizer
    batch: int
    affine: Sequence[Affine]  # of the network as it starts


class Component:
    """Collects the tables, so that each activation and each optimizer is in the page once."""

    def __init__(self, max_activations: int) -> None:
        self.max_activations = max_activations
        self.activations: list[dict[str, Any]] = []
        self.optimizers: list[dict[str, Any]] = []
        self.settings: list[dict[str, Any]] = []
        self.starts: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self._activation_of: dict[tuple[str, float], int | None] = {}

    def add_activation(self, kind: Callable[[], Layer], shift: float = 0.0) -> int | None:
        """The place of an activation's tables; None if it is not elementwise, or if there are too many."""
        key = (repr(kind()), shift)
        if key not in self._activation_of:
            self._activation_of[key] = None
            if len(self.activations) < self.max_activations:
                try:
                    table = (table_of_class if isinstance(kind, type) else activation_table)(kind, shift)
                except InputError:  # the activation is not elementwise
                    return None
                self.activations.append({**table, "parameters": parameters_of(kind())})
                self._activation_of[key] = len(self.activations) - 1
        return self._activation_of[key]

    def add_optimizer(self, optimizer: Optimizer) -> int:
        entry = {
            "name": repr(optimizer),
            "lr": optimizer.lr,
            "step": None if is_plain(optimizer) else step_table(optimizer),
            "engine": engine_settings(optimizer),
        }
        if entry not in self.optimizers:
            self.optimizers.append(entry)
        return self.optimizers.index(entry)

    def add(self, one: Described) -> bool:
        """Add a training. False if theory in the page does not know its network."""
        biases = [bias_moments(layer) for layer in one.affine]
        shift = biases[0][0]
        if not one.hidden or any(mean != shift for mean, _ in biases):
            return False
        activation = self.add_activation(one.activation, shift)
        if activation is None:
            return False
        law, size = weight_law([weight_rms(layer, "W") for layer in one.affine], [layer.W.shape for layer in one.affine])
        self.settings.append(
            {
                "label": one.label,
                **drawn_as(one.look),
                "hidden": list(one.hidden),
                "bias": [variance for _, variance in biases],
                "activation": activation,
                "optimizer": self.add_optimizer(one.optimizer),
                "lr": one.optimizer.lr,
                "batch": one.batch,
                "law": law,
                "size": size,
            }
        )
        self.add_start(one, law, size)
        return True

    def add_start(self, one: Described, law: str | None, size: float | None) -> None:
        """Add a start to the race, if it is a new one. What the page starts otherwise than Python is said in a note."""
        if law is None or size is None:
            self.notes.append(
                f"{one.start} does not race: its weights have no σ that follows from the numbers of units alone."
            )
            return
        if any(start["law"] == law and math.isclose(start["size"], size, rel_tol=1e-4) for start in self.starts):
            return
        if len(self.starts) == MAX_STARTS:
            return
        if not draws_normals(one.init):
            self.notes.append(f"{one.start} races with normal numbers of the same std.")
        self.starts.append({"label": one.start, "law": law, "size": size, **drawn_as(one.look)})

    def data(self) -> dict[str, Any]:
        return {
            "activations": self.activations,
            "optimizers": self.optimizers,
            "settings": self.settings,
            "starts": self.starts,
            "notes": list(dict.fromkeys(self.notes)),
        }


def drawn_as(look: Look) -> dict[str, int]:
    """The numbers of a colour, a dash and a marker, as the page's scripts take them."""
    return {"colour": look.place, "dash": look.dash, "mark": look.marker}


def draws_normals(init: Any) -> bool:
    """Does this initializer draw σ · z with z ~ N(0, 1), as the page does?"""
    init = initializer(init)
    return isinstance(init, Normal | VarianceScaling | Initializer) and vars(init).get("draw", init.draw) is normal


def parameters_of(layer: Layer) -> dict[str, Any] | None:
    """The numbers that the page's own engine needs to act as this activation; None if it does not know it."""
    if type(layer) not in ACTIVATIONS.values():
        return None
    if isinstance(layer, PReLU):
        return {"n": layer.n, "a": float(layer.a[0])} if np.ptp(layer.a) == 0 else None
    return {name: float(getattr(layer, name)) for name in ("slope", "alpha") if name in vars(layer)}


def engine_settings(optimizer: Optimizer) -> dict[str, Any] | None:
    """The numbers that the page's own engine needs to act as this optimizer; None if it does not know it."""
    if type(optimizer) not in OPTIMIZERS.values() or optimizer.hooks or optimizer.schedule is not None:
        return None
    fields = [name for name in optimizer.__dataclass_fields__ if name != "hooks"]
    return {"name": type(optimizer).__name__, **{name: float(getattr(optimizer, name)) for name in fields}}
