"""The command that makes runs again, with their own settings and one change. Read next: `averages`."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scratchnet.data import is_mnist
from scratchnet.experiment import Result, Run
from scratchnet.experiment.networks import network_named
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import Normal, initializer
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import optimizer
from scratchnet.support.validation import InputError

DEFAULTS = {
    "network": ["mlp"],
    "hidden": ["100x4"],
    "activation": ["ReLU"],
    "bias-init": ["Zeros"],
    "optimizer": ["SGD"],
    "batch-size": ["128"],
    "steps": ["2000"],
    "seed": ["0"],
    "seeds": ["3"],
}


@dataclass(frozen=True)
class Change:
    """What a proposed command changes: one more initializer, or another value of one setting."""

    init: str | None = None
    seeds: int | None = None
    lr: float | None = None
    hidden: list[int] = field(default_factory=list)
    steps: int | None = None


def command(result: Result, runs: Sequence[Run], change: Change) -> str | None:
    """The command that makes these runs again with their own settings and the change; None if no command can.

    Where the runs differ in a setting, it has the values of all of them, and so compares all combinations.
    """
    values = dict[str, list[str | None]]()
    several = len({stable_repr(type(run.optimizer)) for run in runs}) > 1
    for run in runs:
        for name, value in arguments(run, change, several).items():
            values.setdefault(name, []).append(value)
    seeds = sorted({run.seed for run in result.runs})
    if None in [one for some in values.values() for one in some] or not uses_mnist(result):
        return None
    if seeds != list(range(seeds[0], seeds[0] + len(seeds))):  # the command counts on from the first
        return None
    found = {name: list(dict.fromkeys(map(str, some))) for name, some in values.items()}
    if found.get("optimizer") == ["SGD"] and found["lr"] == ["0.01"]:
        del found["lr"]
    found |= {"seed": [str(seeds[0])], "seeds": [str(change.seeds or len(seeds))]}
    found["init"] += [change.init] if change.init and change.init not in found["init"] else []
    if len(found.get("network", [])) > 1 and "mlp" in found["network"]:
        return None  # an option such as --hidden goes with mlp alone
    words = ["scratchnet", "compare"]
    for name, some in found.items():
        if some != DEFAULTS.get(name):
            words += [f"--{name}", *some]
    return shlex.join(words)


def arguments(run: Run, change: Change, several: bool) -> dict[str, str | None]:
    """The options of a run's command, each with its value; None for a value that the command line cannot name.

    With `several` optimizers, each is a call that holds its own learning rate.
    """
    plain: dict[str, str | None] = {
        "hidden": hidden_argument(change.hidden or list(run.hidden)),
        "activation": named_activation(run),
        "bias-init": init_argument(run.bias_init),
    }
    own: dict[str, str | None] = {"network": run.network_name if named(run) else None}
    return {
        "init": init_argument(run.init),
        **(own if run.own else plain),
        **optimizer_arguments(run, change.lr, several),
        "batch-size": str(run.batch_size),
        "steps": str(change.steps or run.steps),
    }


def optimizer_arguments(run: Run, lr: float | None, several: bool) -> dict[str, str | None]:
    """--optimizer and --lr, or a call such as Momentum(lr=0.01, momentum=0.5), which holds the rate."""
    name, call = type(run.optimizer).__name__, repr(run.optimizer)
    try:
        plain, made = optimizer(name), optimizer(call)
    except InputError:
        return {"optimizer": None}
    plain.lr = run.optimizer.lr
    if repr(made) != call or type(made) is not type(run.optimizer):
        return {"optimizer": None}
    if repr(plain) == call and not several:
        return {"optimizer": name, "lr": number_argument(lr or run.optimizer.lr)}
    made.lr = lr or made.lr
    return {"optimizer": repr(made)}


def number_argument(value: float) -> str:
    """The shortest text that is read as this number: 0.01, or 2e-5."""
    return re.sub(r"\.0$", "", re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), repr(float(value))))


def named_activation(run: Run) -> str | None:
    name = getattr(run.activation, "__name__", "")
    return name if ACTIVATIONS.get(name) is run.activation else None


def named(run: Run) -> bool:
    """Does the command line know the function that makes the network?"""
    try:
        made = network_named(run.network_name)
    except InputError:
        return False
    return made is not None and stable_repr(made) == run.network_name


def init_argument(init: Any) -> str | None:
    """An initializer as the command line writes it, or None if it cannot."""
    try:
        init = initializer(init)
    except InputError:
        return None
    number = [number_argument(init.sigma)] if isinstance(init, Normal) else []
    for word in [*number, type(init).__name__, repr(init)]:
        try:
            if initializer(word, ACTIVATIONS) == init:
                return word
        except InputError:
            continue
    return None


def hidden_argument(hidden: list[int]) -> str:
    """Hidden layers as the command line writes them: 100x4, 100,50, or 100."""
    if len(hidden) > 1 and len(set(hidden)) == 1:
        return f"{hidden[0]}x{len(hidden)}"
    return ",".join(map(str, hidden)) or "0"


def uses_mnist(result: Result) -> bool:
    """Whether the runs use the data that the command takes by default."""
    one_set = len({run.data for run in result.runs}) == 1
    return one_set and is_mnist(result.source)
