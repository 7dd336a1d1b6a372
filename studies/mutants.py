"""What do the checks find? In the library's own layers, initializers and optimizers one token at a time is changed.

    python studies/mutants.py [--jobs 2] [--out docs/mutants.md]

Each mutant is a copy of a class in which one operator, comparison, constant, axis, name or call is changed. A mutant that
makes the same numbers as the original on random inputs changes nothing and is left out. The table counts how many of the
others the checks find wrong and, where the kind of the change says which diagnosis is expected, how many get it. An
initializer's std is compared with the original's.
"""

import argparse
import ast
import copy
import importlib
import inspect
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet.support.files import write_whole
from scratchnet.support.tables import Table, percent

SECONDS = 20  # that a mutant may take: one that does not end counts as found
LAYERS: dict[str, list[tuple[Callable[[Any], Any], tuple[int, ...]]]] = {
    "Affine": [(lambda kind: kind(7, 3), (4, 7)), (lambda kind: kind(4, 4), (4, 4))],
    "PReLU": [(lambda kind: kind(7), (4, 7))],
    "Scale": [(lambda kind: kind(0.3), (4, 7))],
    "BatchNorm": [(lambda kind: kind(7), (4, 7)), (lambda kind: kind(2), (3, 4, 4, 2))],
    "LayerNorm": [(lambda kind: kind(7), (4, 7))],
    "Dropout": [(lambda kind: kind(0.3), (4, 7))],
    "Convolution": [
        (lambda kind: kind(2, 3, 3, pad=1), (2, 5, 5, 2)),
        (lambda kind: kind(4, 6, 2, stride=2, groups=2), (2, 5, 4, 4)),
    ],
    "MaxPool": [(lambda kind: kind(2), (2, 4, 4, 2)), (lambda kind: kind(3, stride=2), (2, 5, 5, 2))],
    "AveragePool": [(lambda kind: kind(2), (2, 4, 4, 2)), (lambda kind: kind(3, stride=2), (2, 5, 5, 2))],
    "Flatten": [(lambda kind: kind(), (2, 4, 4, 2))],
}
ACTIVATIONS = [
    "ReLU",
    "LeakyReLU",
    "ELU",
    "SELU",
    "Sigmoid",
    "Tanh",
    "Softsign",
    "Softplus",
    "SiLU",
    "Mish",
    "GELU",
    "Identity",
]
LAYERS |= {name: [(lambda kind: kind(), (4, 7))] for name in ACTIVATIONS}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "Normal": (0.1,),
    "TruncatedNormal": (0.1,),
    "Uniform": (0.1,),
    "ExactGain": (sn.ReLU,),
}
INITIALIZERS = [
    "Normal",
    "TruncatedNormal",
    "Uniform",
    "LeCun",
    "Xavier",
    "He",
    "VarianceScaling",
    "TorchDefault",
    "Orthogonal",
]
OPTIMIZERS = ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"]
METHODS = {"layers": {"backward"}, "initializers": {"std", "__call__"}, "optimizers": {"move"}}
SWAPS: dict[type[Any], type[Any]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
NAMES = {"fan_in": "fan_out", "fan_out": "fan_in", "n_in": "n_out", "sum": "mean", "mean": "sum", "beta1": "beta2"}
NAMES |= {"beta2": "beta1", "sin": "cos", "exp": "sqrt", "maximum": "minimum"}


@dataclass(frozen=True)
class Mutant:
    """A module with one token changed: where, in which class, how, and the diagnosis that is expected, if any."""

    module: str
    owner: str
    line: int
    change: str
    source: str
    expected: str | None


def mutants(module: str, room: str, owners: set[str]) -> Iterator[Mutant]:
    """All mutants of the methods of a room's classes in a module."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    for owner in [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in owners]:
        for method in [node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name in METHODS[room]]:
            for node in ast.walk(method):
                for change, undo, expected in changes(node, room, owner.name):
                    source = ast.unparse(owner)
                    undo()
                    yield Mutant(module, owner.name, getattr(node, "lineno", method.lineno), change, source, expected)


def changes(node: ast.AST, room: str, owner: str) -> Iterator[tuple[str, Callable[[], None], str | None]]:
    """Each way to change a node, made in place: what it is called, how to undo it, and the diagnosis that is expected."""

    def put(name: str, value: Any) -> Callable[[], None]:
        kept = getattr(node, name)
        setattr(node, name, value)
        return lambda: setattr(node, name, kept)

    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
        old, new = type(node.op), SWAPS[type(node.op)]
        expected = None
        if isinstance(node, ast.AugAssign) and room == "optimizers" and ast.unparse(node.target) == "w":
            expected = "sign-flipped"
        yield f"{old.__name__} for {new.__name__}", put("op", new()), expected
    if isinstance(node, ast.Return) and room == "layers" and node.value is not None:
        negative = ast.UnaryOp(ast.USub(), node.value)
        yield "− before what is returned", put("value", negative), "sign-flipped"
        yield "twice what is returned", put("value", ast.BinOp(ast.Constant(2), ast.Mult(), node.value)), "doubled"
    if isinstance(node, ast.Assign) and room == "layers" and ast.unparse(node.targets[0]).startswith("self.d"):
        yield "− before a gradient", put("value", ast.UnaryOp(ast.USub(), node.value)), "sign-flipped"
        yield "twice a gradient", put("value", ast.BinOp(ast.Constant(2), ast.Mult(), node.value)), "doubled"
        yield "no gradient", put("value", ast.Constant(None)), "gradient-unset"
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        new = SWAPS[type(node.ops[0])]
        yield f"{type(node.ops[0]).__name__} for {new.__name__}", put("ops", [new(), *node.ops[1:]]), None
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield f"{node.value} for {node.value + 1}", put("value", node.value + 1), None
        yield f"{node.value} for {node.value - 1}", put("value", node.value - 1), None
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} for {not node.value}", put("value", not node.value), None
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        expected = "fans-swapped" if owner in ("He", "LeCun") else None
        if node.attr == "sum" and room == "layers":
            expected = "divided-by-n"
        yield f"{node.attr} for {NAMES[node.attr]}", put("attr", NAMES[node.attr]), expected
    for name, child in ast.iter_fields(node):
        if isinstance(child, ast.Attribute) and child.attr == "T":
            yield "without .T", put(name, child.value), "transposed" if owner == "Affine" else None
        if isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.USub):
            yield "without −", put(name, child.operand), None
        if isinstance(child, ast.Call) and ast.unparse(child.func) in ("math.sqrt", "np.sqrt") and len(child.args) == 1:
            formulas = ("He", "LeCun", "Xavier", "VarianceScaling")
            word = "variance-for-std" if owner in formulas else "root-missing" if owner in ("AdaGrad", "RMSprop") else None
            yield "without √", put(name, child.args[0]), word
        if isinstance(child, ast.Name | ast.Attribute) and ast.unparse(child) == "dout" and isinstance(node, ast.BinOp):
            yield (
                "1 for dout",
                put(name, ast.Constant(1.0)),
                ("upstream-ignored" if owner in ACTIVATIONS and isinstance(node.op, ast.Mult) else None),
            )


def built(mutant: Mutant) -> Any:
    """The mutant's class, among the names of the original's module."""
    namespace = dict(vars(importlib.import_module(mutant.module)))
    exec(compile(mutant.source, f"{mutant.module}, a mutant", "exec"), namespace)
    return namespace[mutant.owner]


def numbers(subject: Any, room: str, in_shape: tuple[int, ...]) -> list[Any]:
    """The numbers that a subject makes from random inputs."""
    rng = np.random.default_rng(1)
    found: list[Any] = []
    with np.errstate(all="ignore"):
        if room == "initializers":
            for shape, fans in (
                ((30, 20), sn.Fans(30, 20)),
                ((20, 30), sn.Fans(20, 30)),
                ((3, 3, 4, 6), sn.Fans(4, 6, (3, 3))),
            ):
                found.append(np.asarray(subject(shape, fans, np.random.default_rng(2))))
                found.append(subject.std(fans) if hasattr(subject, "std") else None)
        elif room == "optimizers":
            w = rng.standard_normal((3, 4))
            for _ in range(6):
                subject.step([("W", w, rng.standard_normal((3, 4)))])
                found.append(w.copy())
        else:
            for training in (True, False):
                layer = copy.deepcopy(subject)
                layer.training = training
                layer.start(np.random.default_rng(3))
                for name in layer.specs:
                    getattr(layer, name)[...] = np.random.default_rng(4).standard_normal(getattr(layer, name).shape)
                x = rng.standard_normal(in_shape)
                out = layer.forward(x.copy())
                found += [out, layer.backward(rng.standard_normal(out.shape))]
                found += [gradient for _, _, gradient in layer.parameters()]
    return found


def same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        x is y or (np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-7, atol=1e-12, equal_nan=True))
        for x, y in zip(a, b, strict=True)
    )


def judged(mutant: Mutant) -> tuple[bool, str | None]:
    """Does it behave differently, and which diagnosis does it get, if any?"""

    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    room = mutant.module.split(".")[1]
    changed, word = False, None
    try:
        kind, original = built(mutant), getattr(sn, mutant.owner)
        cases = LAYERS.get(mutant.owner, [(lambda kind: kind(*ARGUMENTS.get(mutant.owner, ())), ())])
        for make, in_shape in cases:
            try:
                one, right = make(kind), make(original)
                changed = changed or not same(numbers(one, room, in_shape), numbers(right, room, in_shape))
            except TimeoutError:
                raise
            except Exception:
                changed = True
            if room == "layers":
                report = sn.check_layer(make(kind), in_shape)
            elif room == "optimizers":
                report = sn.check_optimizer(make(kind))
            else:
                std = right.std if isinstance(inspect.getattr_static(original, "std", None), type(lambda: 0)) else None
                report = sn.check_initializer(make(kind), std=std)
            word = word or next(iter(report.diagnoses), None)
    except TimeoutError:
        changed, word = True, "no-end"
    except Exception as error:
        changed, word = True, f"raises {type(error).__name__}"
    finally:
        signal.alarm(0)
    return changed, word


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--jobs", type=int, default=2)
    made.add_argument("--out", type=Path)
    args = made.parse_args()
    rooms = {"layers": set(LAYERS), "initializers": set(INITIALIZERS), "optimizers": set(OPTIMIZERS)}
    modules = {room: sorted({getattr(sn, name).__module__ for name in names}) for room, names in rooms.items()}
    every = [one for room, names in rooms.items() for module in modules[room] for one in mutants(module, room, names)]
    with ProcessPoolExecutor(args.jobs) as pool:
        found = list(zip(every, pool.map(judged, every, chunksize=4), strict=True))
    rows, words, total = [], Counter[str](), [0, 0, 0, 0, 0]
    for room in rooms:
        here = [(one, *verdict) for one, verdict in found if one.module.split(".")[1] == room]
        live = [(one, word) for one, changed, word in here if changed]
        caught = [word for _, word in live if word]
        words.update(caught)
        expected = [(one, word) for one, word in live if one.expected]
        named = sum(word == one.expected for one, word in expected)
        total = [a + b for a, b in zip(total, (len(here), len(live), len(caught), named, len(expected)), strict=True)]
        rows.append(
            [
                room,
                str(len(here)),
                str(len(live)),
                f"{len(caught)} ({percent(len(caught) / max(len(live), 1))})",
                f"{named} of {len(expected)}",
            ]
        )
    share = f"{total[2]} ({percent(total[2] / total[1])})"
    rows.append(["all", str(total[0]), str(total[1]), share, f"{total[3]} of {total[4]} ({percent(total[3] / total[4])})"])
    table = Table(["room", "mutants", "that change something", "found wrong", "given the expected diagnosis"], rows)
    told = [
        str(table),
        "",
        "Diagnoses given: " + ", ".join(f"{word} {count}" for word, count in words.most_common()) + ".",
        "",
    ]
    for title, chosen in (
        ("Not found:", [case for case in found if case[1][0] and not case[1][1]]),
        (
            "Found, but given another diagnosis:",
            [case for case in found if case[1][0] and case[0].expected not in (None, case[1][1])],
        ),
        ("Found wrong though those inputs showed nothing:", [case for case in found if not case[1][0] and case[1][1]]),
    ):
        told += [title]
        for mutant, (_, word) in chosen:
            expected = f"; expected {mutant.expected}" if mutant.expected else ""
            told.append(
                f"* {mutant.owner}, line {mutant.line}: {mutant.change}{expected}{f', given {word}' if word else ''}"
            )
        told += [*([] if chosen else ["* none"]), ""]
    print("\n".join(told))
    if args.out:
        text = [
            "# What the checks find when one token is changed",
            "",
            "    python studies/mutants.py --out docs/mutants.md",
            "",
        ]
        write_whole(args.out, "\n".join([*text, "```", *told, "```", ""]))


if __name__ == "__main__":
    main()
