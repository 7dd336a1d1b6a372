"""How the settings of a run are written: the same in each process, since a run's key is a hash of them.

Read next: `networks`.
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scratchnet.support.readers_file import FILES
from scratchnet.support.tables import short, visible, without_addresses


def optimizer_and_rate(text: str) -> tuple[str, float | str | None]:
    """From the repr of an optimizer, its repr without the learning rate, and that rate, or the schedule as text."""
    name, bracket, inside = text.partition("(")
    arguments, depth = [""], 0
    for letter in inside.removesuffix(")"):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += letter
    first, *others = [argument.strip() for argument in arguments]
    if not bracket or not first.startswith("lr="):
        return text, None
    rate = first.removeprefix("lr=")
    try:
        lr: float | str = float(rate)
    except ValueError:
        lr = rate
    return name + (f"({', '.join(others)})" if others else ""), lr


def widths_text(widths: Sequence[int]) -> str:
    """100x4, or 100-50."""
    if len(widths) > 1 and len(set(widths)) == 1:
        return f"{widths[0]}x{len(widths)}"
    return "-".join(map(str, widths)) or "no hidden layer"


def stable_repr(thing: Any) -> str:
    """The repr of a class, a function, an initializer or a partial, without memory addresses: the same in each process.

    Control characters in it are written as escapes, so that it can be printed.
    """
    if isinstance(thing, functools.partial):
        arguments = [stable_repr(value) for value in thing.args]
        arguments += [f"{name}={stable_repr(value)}" for name, value in thing.keywords.items()]
        return f"{stable_repr(thing.func)}({', '.join(arguments)})"
    if isinstance(thing, type) or (hasattr(thing, "__qualname__") and hasattr(thing, "__module__")):
        if thing.__module__ in FILES:  # a reader's file, with its folder, since many are called exercise.py
            return f"{'/'.join(Path(FILES[thing.__module__]).parts[-2:])}:{thing.__qualname__}"
        inside = thing.__module__.startswith("scratchnet.")
        return thing.__qualname__ if inside else f"{thing.__module__}.{thing.__qualname__}"
    return visible(without_addresses(repr(thing)))


def network_words(runs: Sequence[Any], n_in: int, classes: int) -> str:
    """What the runs share of network and optimizer: 784–100×4–10, ReLU, SGD 0.01. What varies is left out."""

    def shared(values: Sequence[str]) -> list[str]:
        return [values[0]] if len(set(values)) == 1 else []

    one_set = len({run.data for run in runs}) == 1
    if any(run.own for run in runs):
        parts = shared([run.network_name for run in runs])
    else:
        parts = shared([mlp_words(n_in, run.hidden, classes) for run in runs] if one_set else ["", "-"])
        parts += shared([stable_repr(run.activation) for run in runs]) if any(run.hidden for run in runs) else []
    return ", ".join([*parts, *shared([optimizer_words(stable_repr(run.optimizer)) for run in runs])])


def mlp_words(n_in: int, hidden: Sequence[int], classes: int) -> str:
    """784–100×4–10, or 784–100–50–10."""
    alike = len(hidden) > 1 and len(set(hidden)) == 1
    return "–".join([str(n_in), *([f"{hidden[0]}×{len(hidden)}"] if alike else map(str, hidden)), str(classes)])


def optimizer_words(text: str) -> str:
    """SGD 0.01, or Momentum(momentum=0.5) 2e-5, from the repr."""
    name, lr = optimizer_and_rate(text)
    return name if lr is None else f"{name} {short(lr) if isinstance(lr, float) else lr}"
