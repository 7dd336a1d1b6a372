"""The runs of a comparison: each setting may have several values, and there is a run for each combination.

Read next: `sources`.
"""

import copy
import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scratchnet.data import Batches, Dataset
from scratchnet.experiment.networks import OwnNetwork, checked, layers_of
from scratchnet.experiment.run import Run
from scratchnet.initializers import Zeros, init_label, initializer
from scratchnet.layers import ReLU
from scratchnet.network import check_maker, hidden_widths
from scratchnet.optimizers import Optimizer, as_optimizer
from scratchnet.support.tables import visible
from scratchnet.support.validation import InputError, as_list, number, seed_number, shown, whole

MOST_RUNS = 100_000
HIDDEN = (100, 100, 100, 100)
MOMENTS = (0, 0.01, 0.1, 0.3, 1)  # when the spread of the first seed is measured; most happens early


def grid(
    inits: Any,
    train: Dataset,
    test: Dataset,
    *,
    hidden: Any = None,
    activation: Any = None,
    bias_init: Any = None,
    network: Any = None,
    optimizer: Any,
    lr: Any = None,
    batch_size: Any,
    steps: Any,
    epochs: Any,
    seeds: Any,
) -> list[Run]:
    """The runs, label by label, each with all seeds. Every argument is checked here, before any training."""
    makers = _makers(network, hidden=hidden, activation=activation, bias_init=bias_init)
    if train.images.ndim > 2 and makers == [None]:
        raise InputError(
            f"the images have shape {train.images.shape[1:]}, but compare trains on rows: flatten them, with "
            "images.reshape(len(images), -1) or load_mnist(), or give a network that takes images, network=sn.simple_convnet"
        )
    data = fingerprint(train, test)
    seeds = _seeds(seeds)
    activations = _as_list("activation", ReLU if activation is None else activation)
    for one in activations:
        check_maker("activation", one)
    if steps is None and epochs is None:
        steps = 2000
    axes: dict[str, list[Any]] = {
        "initializer": list(_inits_by_label(inits).items()),
        "hidden": [hidden_widths(widths) for widths in _list_of_hidden(HIDDEN if hidden is None else hidden)],
        "activation": activations,
        "bias_init": [initializer(one) for one in _as_list("bias_init", Zeros() if bias_init is None else bias_init)],
        "network": makers,
        "optimizer": [with_lr(one, rate) for one in _as_list("optimizer", optimizer) for rate in _as_list("lr", lr)],
        "batch_size": [Batches(len(train), size, seed=0) for size in _as_list("batch_size", batch_size)],
        "steps": list(itertools.product(_as_list("steps", steps), _as_list("epochs", epochs))),
    }
    if (count := math.prod(map(len, axes.values())) * len(seeds)) > MOST_RUNS:
        raise InputError(f"the settings make {count:,} runs, but at most {MOST_RUNS:,} are possible: give fewer values")
    runs, networks = [], dict[tuple[int, int], OwnNetwork]()
    for values in itertools.product(*axes.values()):
        cell = dict(zip(axes, values, strict=True))
        label, init = cell["initializer"]
        own: dict[str, Any] = {"hidden": cell["hidden"], "activation": cell["activation"], "bias_init": cell["bias_init"]}
        if (make := cell["network"]) is not None:
            if (id(init), id(make)) not in networks:
                layers = layers_of(checked(make, init, seeds[0], train))
                networks[id(init), id(make)] = OwnNetwork(make, layers, train.images.shape[1:])
            own = {"hidden": (), "activation": None, "bias_init": None, "own": networks[id(init), id(make)]}
        for seed in seeds:
            runs.append(
                Run(
                    label=label,
                    initializer=label,
                    init=init,
                    **own,
                    optimizer=cell["optimizer"],
                    batch_size=cell["batch_size"].batch_size,
                    steps=cell["batch_size"].count(*cell["steps"]),
                    seed=seed,
                    data=data,
                    moments=MOMENTS if seed == seeds[0] else (0, 1),
                )
            )
    runs = with_labels(runs)
    if len({run.key for run in runs}) < len(runs):
        raise InputError("two runs of the grid are the same: give each value once")
    first = {run.label: run for run in reversed(runs) if not run.own}.values()
    for run in {run.network_key: run for run in reversed(first)}.values():
        run.network(train)  # raises now, not in an hour, if a width or an initializer is wrong
    return runs


def _makers(network: Any, **settings: Any) -> list[Any]:
    """The functions that make the networks; [None] for multi-layer perceptrons, which the settings describe."""
    if network is None:
        return [None]
    given = [name for name, value in settings.items() if value is not None]
    if given:
        raise InputError(
            f"{given[0]} is given beside network, whose function says itself what the network is: leave {given[0]} out"
        )
    return _as_list("network", network)


def with_labels(runs: Sequence[Run]) -> list[Run]:
    """The runs with labels that tell them apart: the initializer, and each other setting that varies."""
    settings = [run.settings for run in runs]
    varying = [name for name in settings[0] if len({one[name] for one in settings}) > 1 and name != "initializer"]
    return [
        replace(run, label=" / ".join([run.initializer, *(one[name] for name in varying)]))
        for run, one in zip(runs, settings, strict=True)
    ]


def with_lr(optimizer: Any, lr: Any) -> Optimizer:
    """A fresh copy of the optimizer, with the learning rate `lr` if one is given."""
    fresh = as_optimizer(optimizer).fresh()
    if lr is None:
        return fresh
    fresh = copy.copy(fresh)
    fresh.lr, fresh.schedule = number("lr", lr, above=0), None
    return fresh


def _as_list(name: str, given: Any) -> list[Any]:
    """`given` as a list; a single value becomes a list of one."""
    if isinstance(given, list | tuple) and not given:
        raise InputError(f"{name} is an empty list: give one value or more")
    return list(given) if isinstance(given, list | tuple) else [given]


def _list_of_hidden(hidden: Any) -> list[Any]:
    """The hidden widths of each network: [100, 100] is one network, [[100], [100, 100]] are two."""
    is_nested = isinstance(hidden, list | tuple) and hidden and all(isinstance(one, list | tuple) for one in hidden)
    return list(hidden) if is_nested else [hidden]


def _seeds(given: Any) -> list[int]:
    """The seeds that were named, or 0, 1, … if their number was given."""
    if isinstance(given, Iterable):
        seeds = [
            seed_number("a seed", seed)
            for seed in as_list("seeds", given, "a number of seeds, or a list of them", "[0, 1, 2]", MOST_RUNS)
        ]
    else:
        seeds = list(range(whole("seeds", given, most=MOST_RUNS)))
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds is {shown(seeds)}, but one or more different numbers are needed, or how many")
    return seeds


def _inits_by_label(inits: Any) -> dict[str, Any]:
    """The initializers by label. They enter here, and are made from numbers and names only here."""
    if isinstance(inits, Mapping):
        found = {visible(str(label)): initializer(init) for label, init in inits.items()}
        if len(found) < len(inits):
            raise InputError("two initializers have the same label: give each another one")
    elif isinstance(inits, list | tuple):
        made = [initializer(init) for init in inits]
        found = {init_label(init): init for init in made}
        if len(found) < len(made):
            raise InputError("two initializers have the same label: give a dictionary of label: initializer")
    else:
        raise InputError(
            f"inits is {shown(inits)}, but a list of initializers or a dictionary of label: initializer is needed"
        )
    if not found:
        raise InputError("there are no initializers to compare: give at least one, such as [sn.He()]")
    return found


def fingerprint(*parts: Dataset) -> str:
    """A hash of the files of the sets, or of their values if they come from no file."""
    content = hashlib.sha256()
    for data in parts:
        if data.source:
            content.update(json.dumps(data.source, sort_keys=True).encode())
        else:
            content.update(data.images.tobytes())
            content.update(data.labels.tobytes())
    return content.hexdigest()[:16]
