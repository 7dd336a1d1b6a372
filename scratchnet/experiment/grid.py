"""From what a user asks for to the runs of a comparison: every setting may have several values, and all go with all."""

import copy
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scratchnet.data import Batches, Dataset
from scratchnet.experiment.run import Run
from scratchnet.initializers import init_label, initializer
from scratchnet.network import hidden_widths
from scratchnet.optimizers import Optimizer, as_optimizer
from scratchnet.support.validation import InputError, number, whole

MOMENTS = (0, 0.01, 0.1, 0.3, 1)  # of the first seed, to be looked at through its training; most happens early


def grid(
    inits: Any,
    train: Dataset,
    test: Dataset,
    *,
    hidden: Any,
    activation: Any,
    bias_init: Any,
    optimizer: Any,
    lr: Any = None,
    batch_size: Any,
    steps: Any,
    epochs: Any,
    seeds: Any,
) -> list[Run]:
    """The runs, label by label, each with all of its seeds. What a user gave is checked here, before any training."""
    data = fingerprint(train, test)
    seeds = _seeds(seeds)
    axes: dict[str, list[Any]] = {
        "initializer": list(_labelled(inits).items()),
        "hidden": [hidden_widths(widths) for widths in _networks(hidden)],
        "activation": _several(activation),
        "bias_init": [initializer(one) for one in _several(bias_init)],
        "optimizer": [with_lr(one, rate) for one in _several(optimizer) for rate in _several(lr)],
        "batch_size": [Batches(len(train), size, seed=0) for size in _several(batch_size)],
        "steps": list(itertools.product(_several(2000 if steps is None and epochs is None else steps), _several(epochs))),
    }
    runs = []
    for values in itertools.product(*axes.values()):
        cell = dict(zip(axes, values, strict=True))
        label, init = cell["initializer"]
        for seed in seeds:
            runs.append(
                Run(
                    label=label,
                    initializer=label,
                    init=init,
                    bias_init=cell["bias_init"],
                    hidden=cell["hidden"],
                    activation=cell["activation"],
                    optimizer=cell["optimizer"],
                    batch_size=cell["batch_size"].batch_size,
                    steps=cell["batch_size"].count(*cell["steps"]),
                    seed=seed,
                    data=data,
                    moments=MOMENTS if seed == seeds[0] else (0, 1),
                )
            )
    varying = [name for name in runs[0].settings if len({run.settings[name] for run in runs}) > 1 and name != "initializer"]
    runs = [replace(run, label=" / ".join([run.label, *(run.settings[name] for name in varying)])) for run in runs]
    if len({run.key for run in runs}) < len(runs):
        raise InputError("two runs of the grid are one and the same: give each value once")
    for run in runs[:: len(seeds)]:
        run.network(train)  # says now, not in an hour, what is wrong with a width or an initializer
    return runs


def with_lr(optimizer: Any, lr: Any) -> Optimizer:
    """A fresh optimizer, with another learning rate if one is given."""
    fresh = as_optimizer(optimizer).fresh()
    if lr is None:
        return fresh
    fresh = copy.copy(fresh)
    fresh.lr, fresh.schedule = number("lr", lr, above=0), None
    return fresh


def _several(given: Any) -> list[Any]:
    """A list of values, or one value."""
    return list(given) if isinstance(given, list | tuple) else [given]


def _networks(hidden: Any) -> list[Any]:
    """Of [100, 100] one network, of [[100], [100, 100]] two."""
    several = isinstance(hidden, list | tuple) and hidden and all(isinstance(one, list | tuple) for one in hidden)
    return list(hidden) if several else [hidden]


def _seeds(given: Any) -> list[int]:
    if isinstance(given, Iterable):
        seeds = [whole("a seed", seed, least=0) for seed in given]
    else:
        seeds = list(range(whole("seeds", given)))
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds is {seeds}, but one or more different numbers are needed, or how many")
    return seeds


def _labelled(inits: Any) -> dict[str, Any]:
    """Initializers by their labels."""
    if not isinstance(inits, Mapping):
        if isinstance(inits, str) or not isinstance(inits, Sequence):
            raise InputError(
                f"inits is {inits!r}, but a list of initializers or a dictionary of label: initializer is needed"
            )
        labelled = {init_label(initializer(init)): init for init in inits}
        if len(labelled) < len(inits):
            raise InputError("two initializers have the same label: give a dictionary of label: initializer")
        inits = labelled
    if not inits:
        raise InputError("there are no initializers to compare: give at least one, such as [sn.He()]")
    return {str(label): initializer(init) for label, init in inits.items()}


def fingerprint(*parts: Dataset) -> str:
    """A hash of the sets' files, or of their values where they have none."""
    content = hashlib.sha256()
    for data in parts:
        if data.source:
            content.update(json.dumps(data.source, sort_keys=True).encode())
        else:
            content.update(data.images.tobytes())
            content.update(data.labels.tobytes())
    return content.hexdigest()[:16]
