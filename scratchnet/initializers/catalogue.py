"""The list of all initializers, which `scratchnet initializers` prints: formula, bound, and what others call each.

The formulas and bounds are read from the docstrings, the names from `peers`. Read next: `scratchnet.layers.base`.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.initializers.base import Fans, normal
from scratchnet.initializers.names import DRAWS, KINDS, initializer
from scratchnet.initializers.peers import BOOK, DIFFERS, JAX, KERAS, OUT, TORCH
from scratchnet.support.tables import Table, short
from scratchnet.support.validation import InputError

EXAMPLE = Fans(784, 100)  # the layer of the column "784 × 100"
WIDEST = {"normal": "", "uniform": "±√3 · σ", "truncated": "±2 · σ / .8796"}  # the bounds of a draw with variance 1

# Their names as the list shows them, without aliases. ARGUMENTS fills in arguments that have no default.
SHOWN = {
    "torch": [f"torch.{name}" for name in TORCH if name.endswith("_")],
    "keras": [f"keras.{name}" for name in KERAS if name[0].isupper() and not name.endswith("Initializer")],
    "jax": [f"jax.{name}" for name in JAX],
    "book": [f"book.{name}" for name in BOOK],
}
HEADS = {"torch": "PyTorch", "keras": "Keras", "jax": "JAX", "book": "the book"}
ARGUMENTS = {
    "torch.constant_": ["(0.1)"],
    "torch.sparse_": ["(0.9)"],
    "jax.constant": ["(0.1)"],
    "keras.VarianceScaling": ["(distribution='untruncated_normal')", "(distribution='uniform')", "()"],
    "jax.variance_scaling": [f"(1.0, 'fan_in', {draw!r})" for draw in ("normal", "uniform", "truncated_normal")],
    "keras.RandomUniform": ["()", "(0, 1)"],
}


def formula(kind: Any) -> str:
    """The formula for σ in the docstring of an initializer or of its base class."""
    for one in kind.__mro__:
        found = re.search(r"σ = (.+?)(?:,  |,? the rms|$)", vars(one).get("__doc__") or "", re.MULTILINE)
        if found:
            return found[1]
    return ""


def bound(kind: Any, draw: str) -> str:
    """How far from 0 a weight can be: U(low, high) in the docstring, or else the bound of the draw."""
    found = re.search(r"~ U\((.+?), (.+?)\),", kind.__doc__ or "")
    if found:
        return f"±{found[2]}" if found[1] == f"−{found[2]}" else f"{found[1]} … {found[2]}"
    return WIDEST.get(draw, "")


def call(kind: Any, draw: str | None) -> str:
    """As a user writes it: He(), He(draw=uniform), Normal(std). Optional arguments are left out."""
    arguments = [name for name, one in inspect.signature(kind).parameters.items() if one.default is one.empty]
    if draw not in (None, "normal"):
        arguments.append(f"draw={draw}")
    return f"{kind.__name__}({', '.join(arguments)})"


def draw_of(init: Any) -> str | None:
    """The name of its draw, if the user chooses the draw."""
    return init.draw.__name__ if "draw" in inspect.signature(type(init)).parameters else None


def entries() -> Iterator[dict[str, Any]]:
    """A dictionary for each initializer and draw."""
    called: dict[tuple[Any, str | None], dict[str, list[str]]] = {}
    for peer, names in SHOWN.items():
        for name in names:
            for arguments in ARGUMENTS.get(name, ["()"]):
                init = initializer(name + arguments)
                called.setdefault((type(init), draw_of(init)), {}).setdefault(peer, []).append(name)
    for kind in dict.fromkeys(KINDS.values()):
        chosen = "draw" in inspect.signature(kind).parameters
        for draw in DRAWS if chosen else [None]:
            yield {
                "name": call(kind, draw),
                "std": formula(kind),
                "bound": bound(kind, draw or getattr(kind, "draw", normal).__name__),
                "std_784x100": size(kind, draw),
                **{peer: called.get((kind, draw), {}).get(peer, []) for peer in SHOWN},
            }


def size(kind: Any, draw: str | None) -> float | None:
    """The std for the example's layer; None if `kind` needs an argument or is not for such a layer."""
    try:
        init = kind(**({"draw": DRAWS[draw]} if draw else {}))
        init((EXAMPLE.n_in, EXAMPLE.n_out), EXAMPLE, np.random.default_rng(0))
        return float(init.std(EXAMPLE))
    except (InputError, TypeError, NotImplementedError):
        return None


def as_object() -> dict[str, Any]:
    """The whole list for a program to read."""
    return {"initializers": list(entries()), "left_out": OUT, "not_as_theirs": DIFFERS}


def as_table() -> Table:
    """The list, and under it what is left out and why."""
    header = ["initializer", "std σ", "bound", f"{EXAMPLE.n_in} × {EXAMPLE.n_out}", *HEADS.values()]
    rows = [
        [row["name"], row["std"], row["bound"], short(row["std_784x100"]), *(bare(row[peer]) for peer in HEADS)]
        for row in entries()
    ]
    notes = [
        "",
        "Write their names with the library in front: torch.xavier_uniform_, keras.HeNormal, jax.normal(0.02), book.he.",
    ]
    for title, reasons in (("Left out", OUT), ("Not as theirs", DIFFERS)):
        notes += ["", f"{title}:", *(f"  {name}: {reason}" for name, reason in reasons.items())]
    return Table(header, rows, notes)


def bare(names: list[str]) -> str:
    return ", ".join(name.partition(".")[2] for name in names)
