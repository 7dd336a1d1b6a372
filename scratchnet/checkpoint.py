"""A training as a file: the network, and all else that its next step depends on. Read next:
`scratchnet.experiment.run`.

Beside what `net.save` keeps: the optimizer with its state for each parameter, the steps made, the seed of the batches, the
loss's class, the states of the layers' random generators, the history, and a fingerprint of the training rows. The rows
themselves are not kept.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet import hooks, losses, optimizers, schedules
from scratchnet.layers.lasting import is_scalar, without_caches
from scratchnet.network.loading import OUR_LAYERS, check_classes
from scratchnet.network.saving import (
    Listed,
    NetworkDescriber,
    build_network,
    describe_network,
    restore_network,
    set_attribute,
    walk,
)
from scratchnet.optimizers import Optimizer
from scratchnet.spread import Spread
from scratchnet.support.array_file import damage, open_arrays, printable, write_arrays
from scratchnet.support.describe import Builder, Describer
from scratchnet.support.validation import Array, InputError, number, whole

OURS = {
    name: kind
    for module in (hooks, losses, optimizers, schedules)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and kind.__module__ == module.__name__
}
LOSSES = "history.loss"
COUNTERS = {"lr", "hooks", "schedule", "t", "state"}  # attributes of an optimizer with entries of their own


class TrainerDescriber(NetworkDescriber):
    """Describes optimizers too."""

    def kept(self, value: Any) -> Mapping[str, Any]:
        return value.kept_arguments() if isinstance(value, Optimizer) else super().kept(value)


class StateDescriber(Describer):
    """Describes the states of random generators too, some of which hold an array of whole numbers."""

    def special(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
            return {"whole": value.dtype.str, "values": value.tolist()}
        return None


def describe_trainer(trainer: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """The description of a trainer, and its arrays. Raises InputError if it could not go on as before."""
    document, arrays = describe_network(trainer.net)
    describer = TrainerDescriber(trainer.net)
    optimizer, history = trainer.optimizer, trainer.history
    training = {
        "batch_size": trainer.batch_size,
        "seed": trainer.seed,
        "steps": trainer.steps,
        "data": trainer.data,
        "optimizer": describer.describe(optimizer, type(optimizer).__name__),
        "criterion": describer.describe(trainer.criterion, type(trainer.criterion).__name__),
        "generators": _generators(trainer.net, lambda where, rng: StateDescriber().describe(rng.bit_generator.state, where)),
        "counters": {"t": optimizer.t, "lr": describer.describe(optimizer.lr, "lr")},
        "history": {
            "evaluated_at": history.evaluated_at,
            **{name: [_as_json(value) for value in getattr(history, name)] for name in history.MEASURED},
            "diverged_at": history.diverged_at,
            "diverged_in": history.diverged_in,
            "spreads": [[step, describer.describe(asdict(spread), "a spread")] for step, spread in history.spreads.items()],
        },
    }
    fresh = Builder(describer.classes, describer.classes).build(training["optimizer"])
    training["changed"] = _changed(optimizer, fresh, COUNTERS)
    for part, new in zip([optimizer.schedule, *optimizer.hooks], [fresh.schedule, *fresh.hooks], strict=True):
        if part is not None and _changed(part, new, set()):
            kind = type(part).__name__
            raise InputError(
                f"{kind} cannot be saved, since it remembers more than its arguments: give one without a memory"
            )
    training["moved"], moved = _moved(optimizer)
    return {**document, "trainer": training}, {**arrays, **moved, LOSSES: np.array(history.loss, np.float64)}


def write_trainer(trainer: Any, path: Path) -> None:
    write_arrays(path, "trainer", *describe_trainer(trainer))


def steps_in(path: Path) -> int:
    """The number of steps that the trainer in a file has made."""
    document = open_arrays(path, "trainer").document
    with damage(path):
        return whole("steps", document["trainer"]["steps"], least=0)


def read_trainer(
    path: str | Path, layers: Mapping[str, Any] | None, own: Mapping[str, Any] | None, make: Callable[..., Any]
) -> Any:
    """The trainer in a file: `make(net, optimizer, criterion, batch_size, seed)` with all that training changed."""
    own_layers, own_rest = check_classes("layers", layers), check_classes("optimizers", own)
    file = open_arrays(path, "trainer")

    def how(argument: str, name: str) -> str:
        return f"sn.load_trainer({file.path.name!r}, {argument}={{'{name}': {name}}})"

    with damage(file.path):
        training = file.document["trainer"]
        shapes = Counter(shape for _, shape in file.listed.values())
        net = build_network(file.document["network"], OUR_LAYERS, own_layers, shapes, partial(how, "layers"))
        builder = Builder(OURS, own_rest, partial(how, "optimizers"))
        trainer = make(net, *(builder.build(training[key]) for key in ("optimizer", "criterion", "batch_size", "seed")))
        trainer.steps = whole("steps", training["steps"], least=0)
        trainer.data = None if training["data"] is None else printable(training["data"])

        moved = _expected(training, net, file.listed)
        if file.listed[LOSSES] != ("<f8", (trainer.steps,)):
            raise InputError(f"there are not {trainer.steps} losses")
        of_network = {name: kind for name, kind in file.listed.items() if name not in moved and name != LOSSES}
        arrays: dict[str, Array] = {}

        def read() -> Mapping[str, Array]:
            arrays.update(file.arrays())
            return arrays

        restore_network(net, file.document["state"], of_network, read)
        _restore_optimizer(trainer.optimizer, training, net, {moved[name]: arrays[name] for name in moved})
        _restore_generators(net, training["generators"])
        _restore_history(trainer.history, training["history"], arrays[LOSSES])
    return trainer


def _expected(training: Any, net: Any, listed: Listed) -> dict[str, tuple[str, str]]:
    """The arrays of the optimizer's state: {name in the file: (parameter, key)}, each of its parameter's shape and dtype.

    An optimizer of the user's own may keep other shapes.
    """
    parameters = {name: w for name, w, _ in net.parameters()}
    expected = {
        f"optimizer.{name}.{key}": (name, key) for name, moved in training["moved"].items() for key in moved["arrays"]
    }
    for full_name, (name, _) in expected.items():
        given, needed = listed[full_name], (parameters[name].dtype.str, parameters[name].shape)
        if not training["optimizer"]["own"] and given != needed:
            raise InputError(f"{full_name} is {given[0]} of shape {given[1]}, but {needed[0]} of {needed[1]} is needed")
    return expected


def _restore_optimizer(optimizer: Any, training: Any, net: Any, moved: Mapping[tuple[str, str], Array]) -> None:
    values = Builder({}, {})
    optimizer.t = whole("t", training["counters"]["t"], least=0)
    optimizer.lr = number("lr", training["counters"]["lr"], least=0)
    for name, described in training["changed"].items():
        set_attribute(optimizer, "optimizer", name, values.build(described))
    parameters = {name: w for name, w, _ in net.parameters()}
    for name, state in training["moved"].items():
        optimizer.state[name] = parameters[name], {key: values.build(one) for key, one in state["numbers"].items()}
    for (name, key), array in moved.items():
        optimizer.state[name][1][key] = array


def _restore_generators(net: Any, states: Mapping[str, Any]) -> None:
    builder = Builder({}, {}, special={"whole": lambda state: np.array(state["values"], np.dtype(state["whole"]))})

    def restore(where: str, rng: np.random.Generator) -> None:
        rng.bit_generator.state = builder.build(states[where])

    if set(_generators(net, restore)) != set(states):
        raise InputError("its random generators are not those of the layers")


def _restore_history(history: Any, described: Any, losses: Array) -> None:
    history.loss = losses.tolist()
    history.evaluated_at = [whole("a step", step, least=0) for step in described["evaluated_at"]]
    older = {} if "train_loss" in described else dict.fromkeys(history.MEASURED, ())  # older files lack some of the lists
    for name, values in (older | described).items():
        if name in history.MEASURED:
            setattr(history, name, [_from_json(name, value) for value in values])
    at = described["diverged_at"]
    history.diverged_at = None if at is None else whole("diverged_at", at, least=0)
    layer = described.get("diverged_in")  # older files do not say
    history.diverged_in = None if layer is None else str(layer)
    spreads = Builder({}, {})
    history.spreads = {
        whole("a step", step, least=0): Spread.from_dict(spreads.build(one)) for step, one in described["spreads"]
    }


def _as_json(value: float) -> float | str | None:
    """A measured number. JSON has neither NaN nor infinity."""
    return value if math.isfinite(value) else None if math.isnan(value) else str(value)


def _from_json(name: str, value: Any) -> float:
    return math.nan if value is None else float(value) if value in ("inf", "-inf") else number(name, value)


def _generators(net: Any, of_one: Callable[[str, np.random.Generator], Any]) -> dict[str, Any]:
    """What a function makes of each random generator that a layer keeps."""
    found = {}
    for name, layer in walk(net):
        for attribute, value in without_caches(layer).items():
            if isinstance(value, np.random.Generator):
                found[f"{name}.{attribute}"] = of_one(f"{name}.{attribute}", value)
    return found


def _moved(optimizer: Optimizer) -> tuple[dict[str, Any], dict[str, Array]]:
    """An optimizer's state for each parameter: numbers and the names of arrays, and the arrays."""
    moved: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    for name, (_, state) in optimizer.state.items():
        own = {key: value for key, value in state.items() if isinstance(value, np.ndarray)}
        kind = type(optimizer).__name__
        numbers = {key: Describer().describe(value, f"{kind}'s {key}") for key, value in state.items() if key not in own}
        moved[name] = {"arrays": list(own), "numbers": numbers}
        arrays |= {f"optimizer.{name}.{key}": array for key, array in own.items()}
    return moved, arrays


def _changed(value: Any, fresh: Any, left_out: set[str]) -> dict[str, Any]:
    """The numbers, words and lists among the attributes of an object that differ from those of a new one."""
    changed = {}
    kind = type(value).__name__
    for name, attribute in getattr(value, "__dict__", {}).items():
        if name in left_out or not (is_scalar(attribute) or isinstance(attribute, list | tuple | dict | np.ndarray)):
            continue
        described = Describer().describe(attribute, f"{kind}.{name}")
        if name not in vars(fresh) or described != Describer().describe(vars(fresh)[name], f"{kind}.{name}"):
            changed[name] = described
    return changed
