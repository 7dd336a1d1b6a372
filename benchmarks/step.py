"""How long does one training step take? scratchnet against the matrix products alone, and against its peers.

    python benchmarks/step.py [--workloads W1 W4] [--contestants floor scratchnet pytorch] [--rounds 5]
                                    [--steps-scale 1] [--out DIR]
    python benchmarks/step.py --check       # do they all learn the same? Losses instead of times

The workloads are in workloads.py, the contestants in contestants/; those that are not installed are skipped by name.

Each contestant runs in a process of its own, in turn, round after round, with all threads and with one. A time is the median
over the rounds of a process's median block of steps; a ratio is the median of the ratios within a round, so that it does
not move when the whole machine slows down. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE can halve NumPy's speed: where one of
them is set, everything is measured with and without them.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import fmean, median
from time import perf_counter, process_time

from contestants import CONTESTANTS
from harness import (
    Report,
    as_markdown,
    call,
    describe,
    in_turn,
    machine,
    median_ratio,
    parser,
    save,
    settings,
    threads_and_blas,
)
from memory import peak_mb
from workloads import WORKLOADS

from scratchnet.support.tables import Table

CHECK = {True: 300, False: 60}  # steps of a check: of an MLP, of a convnet


def run_contestant(workload: str, contestant: str, scale: float) -> Report:
    """What the child process reports: the median time of a step in ms, its memory, and what it was computed with."""
    work = WORKLOADS[workload]
    train = CONTESTANTS[contestant].build(work)
    train(range(work.block))  # not timed: compiling, threads, caches
    times = []
    cpu, wall = process_time(), perf_counter()
    for first in range(work.block, work.block + max(1, round(scale * work.steps / work.block)) * work.block, work.block):
        start = perf_counter()
        train(range(first, first + work.block))
        times.append((perf_counter() - start) / work.block * 1000)
    busy = (process_time() - cpu) / (perf_counter() - wall)
    return {"ms": median(times), "blocks_ms": times, "mb": peak_mb(), "cores_busy": busy, **threads_and_blas()}


def check_contestant(workload: str, contestant: str, scale: float) -> list[float]:
    """The loss of every step."""
    work = WORKLOADS[workload]
    steps = max(1, round(scale * CHECK[work.is_mlp] / work.block)) * work.block
    train = CONTESTANTS[contestant].build(work)
    return [loss for first in range(0, steps, work.block) for loss in train(range(first, first + work.block))]


def measure(pairs: Sequence[tuple[str, str]], rounds: int, scale: float) -> Iterator[Report]:
    """One report a round, setting, workload and contestant; what is compared runs in immediate succession."""
    turns = list(product(range(rounds), settings().items(), pairs))
    for i, (setting, environment), (work, name) in in_turn(turns):
        report = call(__file__, ["--child", "time", work, name, "--steps-scale", scale], environment)
        yield {"round": i, "setting": setting, "workload": work, "contestant": name, **report}


def summarize(reports: Sequence[Report]) -> list[Report]:
    """One row a setting, workload and contestant: medians, and the medians of its ratios within a round."""
    groups: dict[tuple[str, str, str], list[Report]] = {}
    for report in reports:
        groups.setdefault((report["setting"], report["workload"], report["contestant"]), []).append(report)
    times = {key: [report["ms"] for report in group] for key, group in groups.items()}

    def ratio(key: tuple[str, str, str], to: str) -> float | None:
        base = times.get((*key[:2], to))
        return None if base is None else median_ratio(times[key], base)

    def row(key: tuple[str, str, str], group: list[Report]) -> Report:
        return {
            **dict(zip(("setting", "workload", "contestant"), key, strict=True)),
            "ms": median(times[key]),
            "ms_least": min(times[key]),
            "ms_most": max(times[key]),
            "times_floor": ratio(key, "floor"),
            "times_scratchnet": ratio(key, "scratchnet"),
            "mb": median(report["mb"] for report in group),
            "cores_busy": median(report["cores_busy"] for report in group),
        }

    return [row(key, group) for key, group in groups.items()]


def table(summary: Sequence[Report], setting: str) -> Table:
    header = [setting, "ms a step", "least – most", "× floor", "× scratchnet", "cores busy", "peak MB"]
    rows = [
        [
            f"{row['workload']} {row['contestant']}",
            f"{row['ms']:.3f}",
            f"{row['ms_least']:.3f} – {row['ms_most']:.3f}",
            *("–" if row[key] is None else f"{row[key]:.2f}" for key in ("times_floor", "times_scratchnet")),
            f"{row['cores_busy']:.1f}",
            f"{row['mb']:.0f}",
        ]
        for row in summary
        if row["setting"] == setting
    ]
    return Table(header, rows)


def check(pairs: Sequence[tuple[str, str]], scale: float) -> Table:
    """All start from the same weights and see the same batches, so all should have the same losses, dropout apart."""
    rows = []
    for work, name in in_turn(pairs):
        if name != "floor":
            losses = call(__file__, ["--child", "check", work, name, "--steps-scale", scale])
            shown = [losses[0], losses[min(9, len(losses) - 1)], fmean(losses[-20:])]
            rows.append([f"{work} {name}", *(f"{loss:.4f}" for loss in shown), str(len(losses))])
    return Table(["losses", "first", "tenth", "mean of last 20", "steps"], rows)


def arguments() -> argparse.Namespace:
    made = parser(__doc__, rounds=5)
    made.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    made.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), metavar="NAME")
    made.add_argument("--steps-scale", type=float, default=1.0, help="times the steps that workloads.py has")
    made.add_argument("--check", action="store_true", help="train each and show its losses")
    made.add_argument("--child", nargs=3, metavar=("WHAT", "WORKLOAD", "CONTESTANT"), help=argparse.SUPPRESS)
    args = made.parse_args()
    if args.rounds < 1 or args.steps_scale <= 0:
        made.error("--rounds must be at least 1, and --steps-scale above 0")
    return args


def main() -> None:
    args = arguments()
    if args.child:
        what, *who = args.child
        print(json.dumps({"time": run_contestant, "check": check_contestant}[what](*who, args.steps_scale)))
        return
    present = [name for name in args.contestants if CONTESTANTS[name].is_installed()]
    skipped = [name for name in args.contestants if name not in present]
    pairs = [(work, name) for work in args.workloads for name in present if CONTESTANTS[name].takes(WORKLOADS[work])]
    about = machine()
    print(describe(about), *(f"{name}: not installed, skipped" for name in skipped), sep="\n", end="\n\n")
    if args.check:
        print(check(pairs, args.steps_scale))
        return
    reports = list(measure(pairs, args.rounds, args.steps_scale))
    summary = summarize(reports)
    tables = [table(summary, setting) for setting in settings()]
    print(*tables, sep="\n\n")
    titles = {work: WORKLOADS[work].title for work in args.workloads}
    asked = {"rounds": args.rounds, "steps_scale": args.steps_scale, "skipped": skipped, "workloads": titles}
    legend = "".join(f"- {work}: {title}\n" for work, title in titles.items())
    markdown = "\n".join([legend, *map(as_markdown, tables), "```\n" + describe(about) + "\n```\n"])
    figure = None
    if args.out and "scratchnet" in present and len(present) > 1:
        from picture import ratio_bars  # not at the top: it loads Matplotlib, which would count as every contestant's memory

        figure = ratio_bars(summary)
    save(args.out, "step", {"machine": about, **asked, "summary": summary, "reports": reports}, markdown, figure)


if __name__ == "__main__":
    main()
