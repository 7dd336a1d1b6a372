"""How does the cost of a step grow with the width, the depth, the batch, the number of images? For scratchnet and PyTorch.

    python benchmarks/scaling.py [--axes width depth batch images] [--rounds 3] [--steps-scale 1] [--one-thread]
                                       [--out DIR]

    width    784-n-n-10          depth   784-100×n-10          batch   784-100×4-10 with batches of n
    images   784-100×4-10 on n images: the time of a step, and what reading them takes in seconds and in memory

SGD(0.01), batches of 128 where nothing else is said. Each point is a process of its own, in turn, round after round. A slope
is that of the line through the medians' logarithms by least squares: 2 means that twice as much costs four times as much.
The slope of the last two points is shown beside it, since all costs start flat: there is a price for each call.
"""

import argparse
import gzip
import json
import math
import os
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import linear_regression, median
from time import perf_counter
from typing import Any

import numpy as np
from contestants import CONTESTANTS
from harness import ONE_THREAD, Report, as_markdown, call, describe, in_turn, machine, parser, save
from memory import peak_mb
from workloads import WORKLOADS, Workload

import scratchnet as sn
from scratchnet.support.tables import Table

NAMES = ["scratchnet", "pytorch"]
POINTS = {
    "width": [32, 64, 128, 256, 512, 1024, 2048],
    "depth": [1, 2, 4, 8, 16, 32],
    "batch": [8, 32, 128, 512, 2048, 8192],
    "images": [7_500, 15_000, 30_000, 60_000, 120_000, 240_000],
}
PANELS = {  # panel: axis, what is drawn of a report, and its unit
    "width": ("width", "ms", "ms a step"),
    "depth": ("depth", "ms", "ms a step"),
    "batch": ("batch", "ms", "ms a step"),
    "images: a step": ("images", "ms", "ms a step"),
    "images: reading": ("images", "load_s", "seconds to read them"),
    "images: memory": ("images", "data_mb", "peak MB above that without images"),
}
BUDGET = 0.6  # seconds that a point's steps are timed for, about


def workload(axis: str, n: int, folder: str) -> Workload:
    changed: dict[str, dict[str, Any]] = {
        "width": {"hidden": [n, n]},
        "depth": {"hidden": [100] * n},
        "batch": {"batch": n},
        "images": {"folder": folder, "images": n},
    }
    return replace(WORKLOADS["W1"], **changed[axis])


def run_point(axis: str, n: int, name: str, folder: str, scale: float) -> Report:
    """What the child process reports. Reading is scratchnet's in any case, so it is reported for it alone."""
    work = workload(axis, n, folder)
    report: Report = {}
    if name == "scratchnet" and axis == "images":
        before, start = peak_mb(), perf_counter()
        work.data()
        report = {"load_s": perf_counter() - start, "data_mb": peak_mb() - before}
    train = CONTESTANTS[name].build(work)
    train(range(3))
    start = perf_counter()
    train(range(3, 6))
    block = max(1, math.ceil(BUDGET * scale / 5 / ((perf_counter() - start) / 3)))
    times = []
    for first in range(6, 6 + 5 * block, block):
        start = perf_counter()
        train(range(first, first + block))
        times.append((perf_counter() - start) / block * 1000)
    return {"ms": median(times), **report}


def write_images(folder: Path, n: int) -> None:
    """MNIST's training images over and over, n in all, as a set of four IDX files with a small test part."""
    train, _ = sn.load_mnist(flatten=False)
    for part, count in {"train": n, "t10k": 100}.items():
        rows = np.arange(count) % len(train)
        images, labels = train.images[rows, :, :, 0], train.labels[rows].astype(np.uint8)
        for kind, values in {"images-idx3": images, "labels-idx1": labels}.items():
            header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
            with gzip.open(folder / f"{part}-{kind}-ubyte.gz", "wb", compresslevel=1) as file:
                file.write(header + values.tobytes())


def slope(points: Sequence[tuple[float, float]]) -> float:
    logarithms = [(math.log(x), math.log(y)) for x, y in points]
    return linear_regression(*zip(*logarithms, strict=True)).slope


def measure(axes: Sequence[str], names: Sequence[str], rounds: int, scale: float, one_thread: bool) -> list[Report]:
    environment = dict(os.environ) | (ONE_THREAD if one_thread else {})
    turns = [(i, axis, n, name) for i in range(rounds) for axis in axes for n in POINTS[axis] for name in names]
    reports = []
    with tempfile.TemporaryDirectory() as away:
        folders = {n: Path(away) / str(n) for n in POINTS["images"]}
        for n, folder in folders.items() if "images" in axes else ():
            folder.mkdir()
            write_images(folder, n)
        for i, axis, n, name in in_turn(turns):
            of = folders[n] if axis == "images" else "-"
            report = call(__file__, ["--child", axis, n, name, of, "--steps-scale", scale], environment)
            reports.append({"round": i, "axis": axis, "n": n, "contestant": name, **report})
    return reports


def curves_of(reports: Sequence[Report], axes: Sequence[str]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """{panel: {contestant: medians over the rounds}}"""
    curves: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for panel, (axis, key, _) in PANELS.items():
        groups: dict[tuple[str, int], list[float]] = {}
        for report in reports:
            if report["axis"] == axis and key in report:
                groups.setdefault((report["contestant"], report["n"]), []).append(report[key])
        for (name, n), values in groups.items():
            curves.setdefault(panel, {}).setdefault(name, []).append((n, max(median(values), 1e-3)))
    return curves


def arguments() -> argparse.Namespace:
    made = parser(__doc__, rounds=3)
    made.add_argument("--axes", nargs="+", choices=POINTS, default=list(POINTS), metavar="AXIS")
    made.add_argument("--steps-scale", type=float, default=1.0, help=f"times the {BUDGET} s that a point is timed for")
    made.add_argument("--one-thread", action="store_true")
    made.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    return made.parse_args()


def main() -> None:
    args = arguments()
    if args.child:
        axis, n, name, folder = args.child
        print(json.dumps(run_point(axis, int(n), name, folder, args.steps_scale)))
        return
    names = [name for name in NAMES if CONTESTANTS[name].is_installed()]
    about = machine()
    print(describe(about), *(f"{name}: not installed, skipped" for name in NAMES if name not in names), sep="\n", end="\n\n")
    reports = measure(args.axes, names, args.rounds, args.steps_scale, args.one_thread)
    curves = curves_of(reports, args.axes)
    slopes = {(panel, name): (slope(pts), slope(pts[-2:])) for panel, lines in curves.items() for name, pts in lines.items()}
    rows = [
        [
            f"{panel}, {name}",
            f"{slopes[panel, name][0]:.2f}",
            f"{slopes[panel, name][1]:.2f}",
            "  ".join(f"{n}: {value:.3g}" for n, value in points),
        ]
        for panel, lines in curves.items()
        for name, points in lines.items()
    ]
    table = Table(["cost against", "slope", "last two", "medians (ms a step, seconds, MB)"], rows)
    print(table)
    figure = None
    if args.out:
        from picture import log_curves  # it loads Matplotlib, which would count as the children's memory

        notes = {key: f"slope {whole:.2f}" for key, (whole, _) in slopes.items()}
        figure = log_curves(curves, {panel: PANELS[panel][::2] for panel in curves}, notes)
    summary = [{"panel": p, "contestant": name, "slope": s, "last_two": last} for (p, name), (s, last) in slopes.items()]
    content = {"machine": about, "rounds": args.rounds, "one_thread": args.one_thread}
    save(args.out, "scaling", {**content, "summary": summary, "reports": reports}, as_markdown(table), figure)


if __name__ == "__main__":
    main()
