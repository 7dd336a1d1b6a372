"""Where does the time of a scratchnet step go? Matrix products, the rest of each layer, batch, loss, optimizer, Python.

    python benchmarks/where_time_goes.py [--workloads W1 W5] [--rounds 3] [--steps-scale 1] [--out DIR]

On one thread, where nothing overlaps, in µs a step. Three passes, which take turns block by block:

whole step    without a clock inside
kinds         with a clock around forward and backward of every layer, the loss, the optimizer and the drawing of the batch
products      with a clock around every matrix product of the layers that have weights

So a layer's "rest" is its time in the second pass without its products in the third: adding, masks, sums, unfolding, and
Python. "Python and checks" is what of the whole step is in none of them. Medians over blocks of steps, and over
rounds. What the clocks themselves cost (about .2 µs each) is in the parts, so their sum can pass the whole by a little.
"""

import argparse
import functools
import json
import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from statistics import fmean, median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
from harness import ONE_THREAD, Report, as_markdown, call, describe, in_turn, machine, parser, save
from workloads import WORKLOADS

import scratchnet as sn
from scratchnet.support.tables import Table

PASSES = ("whole step", "kinds", "products")

spent: dict[str, float] = defaultdict(float)


def clocked(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def with_clock(*args: Any, **keywords: Any) -> Any:
        start = perf_counter()
        result = function(*args, **keywords)
        spent[part] += perf_counter() - start
        return result

    return with_clock


def affine_forward(layer: Any, x: Any) -> Any:
    """Affine's, with np.matmul for @, so that the products can be clocked."""
    layer.x = x
    return np.matmul(x, layer.W) + layer.b


def affine_backward(layer: Any, dout: Any) -> Any:
    layer.dW = np.matmul(layer.x.T, dout)
    layer.db = np.ones(len(dout), dout.dtype) @ dout
    return np.matmul(dout, layer.W.T) if layer.needs_dx else None


def noting(kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, with a clock around every np.matmul that it calls."""

    @functools.wraps(function)
    def with_clocks(*args: Any) -> Any:
        with patch.object(np, "matmul", clocked(f"{kind}: products", np.matmul)):
            return function(*args)

    return with_clocks


WITH_PRODUCTS: dict[type, dict[str, Callable[..., Any]]] = {
    sn.Affine: {"forward": affine_forward, "backward": affine_backward},
    sn.Convolution: {},
}


def clocks(what: str, net: sn.Network, trainer: sn.Trainer, data: sn.Dataset) -> ExitStack:
    """Put clocks in, until the stack is closed: around the methods of classes, since a network copies its layers."""
    stack = ExitStack()

    def put(owner: Any, method: str, wrap: Callable[..., Any], part: str) -> None:
        stack.enter_context(patch.object(owner, method, wrap(part, getattr(owner, method))))

    for kind in {type(layer) for _, layer in net.walk()}:
        for method in ("forward", "backward"):
            if what == "kinds":
                put(kind, method, clocked, kind.__name__)
            elif what == "products" and kind in WITH_PRODUCTS:
                function = WITH_PRODUCTS[kind].get(method) or getattr(kind, method)
                stack.enter_context(patch.object(kind, method, noting(kind.__name__, function)))
    if what == "kinds":
        put(type(data), "__getitem__", clocked, "batch")
        put(trainer.criterion, "forward", clocked, "loss")
        put(trainer.criterion, "backward", clocked, "loss")
        put(trainer.optimizer, "step", clocked, "optimizer")
    return stack


def run(workload: str, scale: float) -> dict[str, Report]:
    """{pass: {part: µs a step}}, medians over blocks of steps; the passes take turns block by block."""
    work = WORKLOADS[workload]
    data, batches = work.data(), work.batches()
    net = work.network()
    trainer = sn.Trainer(net, getattr(sn, work.optimizer)(work.lr), batch_size=work.batch)
    found: dict[str, dict[str, list[float]]] = {what: defaultdict(list) for what in PASSES}
    for i in range(1 + max(1, round(scale * work.steps / work.block))):
        for what, parts in found.items():
            spent.clear()
            with clocks(what, net, trainer, data):
                start = perf_counter()
                for step in range(i * work.block, (i + 1) * work.block):
                    trainer.step(*data[batches[step]])
                if what == "whole step":
                    spent["whole step"] = perf_counter() - start
            for part, seconds in spent.items() if i else ():  # the first block warms up
                parts[part].append(seconds / work.block * 1e6)
    return {what: {part: median(values) for part, values in parts.items()} for what, parts in found.items()}


def divide(passes: dict[str, Report]) -> dict[str, float]:
    """The parts of one round, µs."""
    whole, kinds, products = (passes[what] for what in PASSES)
    parts = dict(kinds)
    for part, time in products.items():
        kind = part.partition(":")[0]
        parts[part] = time
        parts[f"{kind}: rest"] = parts.pop(kind) - time
    gemm = sum(products.values())
    layers = sum(kinds.values()) - gemm - sum(kinds[name] for name in ("batch", "loss", "optimizer"))
    total = whole["whole step"]
    return parts | {
        "Python and checks": total - sum(kinds.values()),
        "whole step": total,
        "= matrix products": gemm,
        "= rest of the layers and the loss": layers + kinds["loss"],
        "= batch (gather and scale)": kinds["batch"],
        "= optimizer": kinds["optimizer"],
        "= Python and checks": total - sum(kinds.values()),
    }


def main() -> None:
    made = parser(__doc__, rounds=3)
    made.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    made.add_argument("--steps-scale", type=float, default=1.0, help="times the steps that workloads.py has")
    made.add_argument("--child", metavar="WORKLOAD", help=argparse.SUPPRESS)
    args = made.parse_args()
    if args.child:
        print(json.dumps(run(args.child, args.steps_scale)))
        return
    about = machine()
    print(describe(about), end="\n\n")
    reports: list[Report] = []
    for i, work in in_turn([(i, work) for i in range(args.rounds) for work in args.workloads]):
        passes = call(__file__, ["--child", work, "--steps-scale", args.steps_scale], dict(os.environ) | ONE_THREAD)
        reports.append({"round": i, "workload": work, "us": divide(passes)})

    def times(work: str, part: str) -> list[float]:
        return [report["us"][part] for report in reports if report["workload"] == work and part in report["us"]]

    parts = list(dict.fromkeys(part for report in reports for part in report["us"]))
    order = sorted(parts, key=lambda part: (part.startswith("="), part == "whole step", part == "Python and checks", part))
    summary = {work: {part: median(times(work, part)) for part in parts if times(work, part)} for work in args.workloads}

    def cell(work: str, part: str) -> str:
        if part not in summary[work]:
            return "–"
        return f"{summary[work][part]:,.0f} {100 * summary[work][part] / summary[work]['whole step']:3.0f} %"

    rows = [[part, *(cell(work, part) for work in args.workloads)] for part in order]
    table = Table(["µs a step, one thread", *args.workloads], rows)
    print(table)
    mean = fmean(summary[work]["= matrix products"] / summary[work]["whole step"] for work in args.workloads)
    print(f"\nmatrix products take {mean:.0%} of a step, on the mean over these workloads")
    save(args.out, "where_time_goes", {"machine": about, "summary": summary, "reports": reports}, as_markdown(table))


if __name__ == "__main__":
    main()
