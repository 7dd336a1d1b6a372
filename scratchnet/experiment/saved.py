"""A finished folder, read back: the runs from their descriptions, and the results from their lines.

A folder is data, and may be a stranger's. A description is parsed and looked up in tables, never evaluated, and the run that
comes of it must have the key that is written beside it. What has no name in the tables, such as an initializer of your own,
comes back as its text alone: its curves and its predictions are in the folder, but no other network of it can be made.
Read next: `joined`.
"""

import argparse
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scratchnet import optimizers, schedules
from scratchnet.data import Dataset, is_mnist
from scratchnet.experiment.grid import fingerprint, with_labels
from scratchnet.experiment.networks import OwnNetwork, network_named
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run
from scratchnet.experiment.sources import Source
from scratchnet.experiment.store import Folder
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import initializer
from scratchnet.layers import ACTIVATIONS, activation
from scratchnet.network import ROWS
from scratchnet.optimizers import OPTIMIZERS, as_optimizer
from scratchnet.spread import Spread
from scratchnet.support.array_file import damage, open_arrays, write_arrays
from scratchnet.support.describe import Builder, Describer
from scratchnet.support.parse_call import parse
from scratchnet.support.read_values import read_as
from scratchnet.support.readers_file import load
from scratchnet.support.validation import InputError
from scratchnet.theory import LossPrediction

KEPT = "comparison.npz"
CALLS = {
    kind.__name__: kind
    for module in (optimizers, schedules)
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
}


@dataclass(frozen=True)
class Unread:
    """Something that a description names and that could not be made again: its text."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise InputError(f"{self.text} cannot be read back from a folder: make the comparison again where it is defined")


@dataclass(frozen=True)
class Described:
    """A run in run.json. `moments` are kept as they are, since 1 and 1.0 have different keys."""

    key: str
    seed: int
    initializer: str
    init: str
    bias_init: str | None
    hidden: list[int]
    activation: str | None
    network: str | None
    layers: str
    in_shape: list[int]
    optimizer: str
    batch_size: int
    steps: int
    data: str


PLAIN: dict[str, Any] = {"network": None, "layers": "", "in_shape": []}
OWN: dict[str, Any] = {"bias_init": None, "hidden": [], "activation": None}


def keep(result: Result, folder: Folder) -> list[Path]:
    """Write what `read_folder` needs beside the results: the predictions, and the first rows unless they are MNIST's."""
    train, describer = result.train, Describer()
    predicted = {label: describer.describe(_rounded(asdict(one)), label) for label, one in result.predicted.items()}
    losses = {label: describer.describe(_rounded(asdict(one)), label) for label, one in result.predicted_losses.items()}
    document = {
        "data": sorted({run.data for run in result.runs}),
        "classes": result.classes,
        "rows": result.rows,
        "source": result.source,
        "predicted": predicted,
        "predicted_losses": losses,
    }
    rows = {} if is_mnist(result.source) else {"x": train.images[:ROWS], "t": train.labels[:ROWS]}
    write_arrays(folder.path / KEPT, "comparison", document, rows)
    return [folder.path / KEPT]


def read_folder(path: str | Path, data: Any = None, run_files: bool = False) -> tuple[Result, list[str]]:
    """The result in a folder, and a sentence for each line that is left out and for runs that are not finished.

    `data` is the pair of sets, where they cannot be found. With `run_files`, the files of Python are run that the folder's
    command names. Raises InputError if the folder holds no comparison, or one that cannot be read back.
    """
    folder = Folder(path)
    about = folder.read_run_json()
    if not about["runs"]:
        raise InputError(f"{folder.path} was not written by scratchnet compare or result.save: it names no runs")
    words = about.get("command")
    command: list[str] = []
    if isinstance(words, list) and words[1:2] == ["compare"] and all(isinstance(word, str) for word in words):
        command = words[2:]
    kept = read_kept(folder)
    files = [word for word in command if ".py:" in word]
    if files and not run_files and not kept:
        raise InputError(
            f"the command in {folder.about} names code in a file, {files[0]!r}: read it, and allow it with run_files=True "
            "(--run-files)"
        )
    own = [load(word.partition("=")[2] if word.startswith("--") else word) for word in files] if run_files else []
    runs = with_labels([restore(described, own) for described in about["runs"]])
    if len({run.key for run in runs}) < len(runs):
        raise InputError(f"{folder.about} names a run twice: put back a copy of it")
    train, rows, classes = training_set(folder, about, runs, kept, command, data)
    results, left_out = folder.read(runs, slim=False)
    if not results:
        raise InputError(f"{folder.path} holds no finished run yet: go on with it by --out {folder.path} --resume")
    finished = {one.key for one in results}
    sentences = [sentence.replace("--resume does", "compare --resume does") for sentence in left_out]
    if len(finished) < len(runs):
        sentences.append(f"{len(finished)} of {len(runs)} runs in {folder.path} are finished")
    result = Result([run for run in runs if run.key in finished], results, train, rows=rows, classes=classes)
    if kept:
        with damage(folder.path / KEPT):
            spreads = {label: Spread.from_dict(Builder({}, {}).build(one)) for label, one in kept["predicted"].items()}
            result.predicted = {label: spreads[label] for label in result.by_label}
            losses = {label: loss_prediction(Builder({}, {}).build(one)) for label, one in kept["predicted_losses"].items()}
            result.predicted_losses = {label: losses[label] for label in result.by_label if label in losses}
    return result, sentences


def read_kept(folder: Folder) -> dict[str, Any] | None:
    """The document of comparison.npz and, under "rows of", its arrays; None if there is no such file."""
    path = folder.path / KEPT
    if not path.exists():
        return None
    file = open_arrays(path, "comparison")
    arrays = file.arrays()
    with damage(path):
        return {name: file.document[name] for name in ("data", "classes", "rows", "source", "predicted")} | {
            "predicted_losses": file.document.get("predicted_losses", {}),  # not in files of earlier versions
            "arrays": arrays,
        }


def restore(described: Mapping[str, Any], own: Sequence[Any] = ()) -> Run:
    """The run of a description in run.json. `own` are objects from readers' files that it may name."""
    moments = described.get("moments")
    rest = {name: value for name, value in described.items() if name != "moments"}
    known = read_as(Described, (OWN if "network" in rest else PLAIN) | rest, "a run")
    if not isinstance(moments, list) or not all(type(one) in (int, float) for one in moments):
        raise InputError("a run's moments are not a list of numbers: put back a copy of run.json")
    network = None
    if known.network is not None:
        network = OwnNetwork(_named("network", known.network, own), known.layers, tuple(known.in_shape))
    run = Run(
        label=known.initializer,
        initializer=known.initializer,
        init=_named("initializer", known.init, own),
        bias_init=None if known.bias_init is None else _named("initializer", known.bias_init, own),
        hidden=tuple(known.hidden),
        activation=None if known.activation is None else _named("activation", known.activation, own),
        own=network,
        optimizer=_named("optimizer", known.optimizer, own),
        batch_size=known.batch_size,
        steps=known.steps,
        seed=known.seed,
        data=known.data,
        moments=tuple(moments),
    )
    if run.key != known.key:
        raise InputError(f"the run {known.key} was described by another version of scratchnet: make the comparison again")
    return run


def _named(kind: str, text: str, own: Sequence[Any]) -> Any:
    """What a text names: something that is described by this very text. Otherwise the text itself."""
    for one in own:
        candidates: list[Callable[[], Any]] = [functools.partial(_itself, one), *([one] if isinstance(one, type) else [])]
        for make in candidates:
            try:
                made = make()
            except Exception:  # a class that needs arguments
                continue
            if stable_repr(made) == text:
                return made
    return _of_ours(kind, text)


def _itself(value: Any) -> Any:
    return value


@functools.cache  # the same text is the same object, so that labels with one network share a prediction
def _of_ours(kind: str, text: str) -> Any:
    made: Any
    try:
        if kind == "network":
            made = network_named(text)
        elif kind == "optimizer":
            made = as_optimizer(parse(kind, text, OPTIMIZERS, calls=CALLS))
        else:
            made = activation(text) if kind == "activation" else initializer(text, ACTIVATIONS)
    except InputError:
        return Unread(text)
    return made if stable_repr(made) == text else Unread(text)


def training_set(
    folder: Folder,
    about: Mapping[str, Any],
    runs: Sequence[Run],
    kept: Mapping[str, Any] | None,
    command: Sequence[str],
    data: Any,
) -> tuple[Dataset, int, int]:
    """The training set, or its first rows; the number of all its rows, and of its classes. The runs name its fingerprint."""
    digests = {run.data for run in runs}
    images = any(run.own is not None and len(run.own.in_shape) > 1 for run in runs)
    if kept and data is None:
        if set(kept["data"]) != digests:
            raise InputError(f"{KEPT} in {folder.path} belongs to other runs: put back the file that was saved with them")
        if kept["arrays"]:
            with damage(folder.path / KEPT):
                train = Dataset(kept["arrays"]["x"], kept["arrays"]["t"], kept["source"])
                return train, int(kept["rows"]), int(kept["classes"])
    source = about.get("data")
    if data is not None:
        train, test = Source.of(data).load()
    elif isinstance(source, dict) and is_mnist(source):
        train, test = Source(images=images).load()
    elif place := _data_option(command):
        train, test = Source(place, images=images).load()
    else:
        raise InputError(
            f"{folder.path} does not say where its data are, and its data are not in it: give them, "
            "sn.load_result(folder, data=(train, test))"
        )
    if digests != {fingerprint(train, test)}:
        raise InputError(f"the data are not those that {folder.path} was made with: give the same training and test set")
    return train, len(train), train.classes


def _data_option(command: Sequence[str]) -> str | None:
    """The folder that --data names in a command of compare."""
    option = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    option.add_argument("--data")
    try:
        return option.parse_known_args(list(command))[0].data
    except (argparse.ArgumentError, SystemExit):
        return None


def _rounded(value: Any) -> Any:
    """The numbers to ten digits. The digits after them vary with where in memory theory's arrays lie."""
    if isinstance(value, float):
        return float(f"{value:.10g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return type(value)(_rounded(one) for one in value) if isinstance(value, list | tuple) else value


def loss_prediction(fields: Mapping[str, Any]) -> LossPrediction:
    """The LossPrediction of which dataclasses.asdict made `fields`."""
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()}
    return LossPrediction(**values)
