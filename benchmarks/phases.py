"""Where the time of the command `scratchnet compare` goes: wall and CPU seconds of each phase, of the default and of a grid.

    python benchmarks/phases.py [--rounds 3] [--steps 2000] [--before FOLDER] [--out DIR]

One process does everything (--jobs 1), and a clock starts and stops around the functions of each phase: a second belongs to
the innermost phase that runs. Then the command runs as it is, without clocks and with as many processes as there are cores:
its wall is divided by the seconds of all runs over that number of processes. --before is a checkout of another version,
which takes turns with this one. The grid has 2 activations, 5 initializers, 2 learning rates and one seed.
"""

import argparse
import functools
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from harness import Report, as_markdown, call, describe, in_turn, machine, parser, save

HERE = Path(__file__).resolve().parents[1]
COMMANDS = {
    "default": [],
    "grid": [
        "--init",
        "Normal(0.01)",
        "LeCun",
        "Xavier",
        "He",
        "Orthogonal",
        "--activation",
        "relu",
        "tanh",
        "--lr",
        "0.01",
        "0.1",
    ],
}
# phase: functions by module, or methods by class. A version has one or more of each phase.
PHASES = {
    "data": ["data.mnist.load_mnist", "data.folder.load_idx"],
    "training": ["training.trainer.Trainer.step"],
    "batches": ["data.dataset.Dataset.__getitem__"],
    "evaluation": ["training.targets.accuracy", "training.targets.mean_loss", "training.evaluation.loss_and_accuracy"],
    "measured spreads": ["spread.measure.measure_spread"],
    "prediction": ["theory.predict.predict_spread"],
    "drawing": [f"plots.{name}" for name in ("curves.loss_curves", "histograms.activation_histograms", "maps.accuracy_map")]
    + ["plots.spreads.spread_by_depth", "plots.spreads.update_ratios"],
    "PNG": ["plots.base.to_files", "plots.base.save"],
    "page": ["report.svg.to_svg", "report.page.write_report"],
}
RUNS = ("training", "batches", "evaluation", "measured spreads")
OUTSIDE = {"batches": {"other"}}  # this phase counts only directly within these: in all others it is a part of them


class Clock:
    """Wall and CPU seconds by phase; "other" is what no phase has."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.phases = ["other"]
        self.last = perf_counter(), process_time()

    def turn(self) -> None:
        """The time since the last turn goes to the innermost phase."""
        now = perf_counter(), process_time()
        for i in (0, 1):
            self.spent[self.phases[-1]][i] += now[i] - self.last[i]
        self.last = now

    def around(self, phase: str, function: Any) -> Any:
        @functools.wraps(function)
        def clocked(*args: Any, **kwargs: Any) -> Any:
            if self.phases[-1] not in OUTSIDE.get(phase, {self.phases[-1]}):
                return function(*args, **kwargs)
            self.turn()
            self.phases.append(phase)
            try:
                return function(*args, **kwargs)
            finally:
                self.turn()
                self.phases.pop()

        return clocked

    def put_on(self, phase: str, name: str) -> bool:
        """Clock the function or method of this name wherever a module has it; False if this version has none."""
        *path, last = name.split(".")
        inside = path.pop() if path[-1][:1].isupper() else None
        try:
            holder: Any = importlib.import_module(".".join(["scratchnet", *path]))
            holder = getattr(holder, inside) if inside else holder
            function = getattr(holder, last)
        except (ImportError, AttributeError):
            return False
        clocked = self.around(phase, function)
        holders = [holder] if inside else [one for key, one in sys.modules.items() if key.startswith("scratchnet")]
        for one in holders:
            for attribute, value in list(vars(one).items()):
                if value is function:
                    setattr(one, attribute, clocked)
        return True


def clocked_command(arguments: list[str]) -> Report:
    """The command within this process: {phase: [wall, CPU]}."""
    clock = Clock()
    clock.phases.append("imports")
    modules = (
        "scratchnet.cli.main",
        "scratchnet.cli.compare",
        "scratchnet.plots",
        "scratchnet.report",
        "scratchnet.experiment",
    )
    for module in modules:
        importlib.import_module(module)
    clock.turn()
    clock.phases.pop()
    for phase, names in PHASES.items():
        found = [name for name in names if clock.put_on(phase, name)]
        assert found, f"this version has nothing of {phase}: {names}"
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        code = sys.modules["scratchnet.cli.main"].main(arguments)
    clock.turn()
    assert not code, f"the command failed: {code}"
    return dict(clock.spent)


def whole_command(arguments: list[str]) -> Report:
    """The command in a process of its own, which imports from PYTHONPATH and not from the folder that it runs in (-P)."""
    start, before = perf_counter(), os.times()
    subprocess.run([sys.executable, "-P", "-m", "scratchnet", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": perf_counter() - start, "cpu": cpu}


def child(which: str, name: str, steps: int, jobs: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        seeds = [] if name == "default" else ["--seeds", "1"]
        common = ["compare", *COMMANDS[name], *seeds, "--steps", str(steps), "--out", f"{folder}/out", "--quiet"]
        return (
            clocked_command([*common, "--jobs", "1"]) if which == "phases" else whole_command([*common, "--jobs", str(jobs)])
        )


def main() -> None:
    made = parser(__doc__, rounds=3)
    made.add_argument("--steps", type=int, default=2000)
    made.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    made.add_argument("--before", type=Path, metavar="FOLDER", help="a checkout of another version")
    made.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    args = made.parse_args()
    jobs = os.cpu_count() or 1
    if args.child:
        which, name, steps, processes = args.child
        print(json.dumps(child(which, name, int(steps), int(processes))))
        return
    from scratchnet.support.tables import Table

    about = machine()
    print(describe(about), end="\n\n")
    trees = {"before": args.before, "now": HERE} if args.before else {"now": HERE}
    turns = [(i, tree, name) for i in range(args.rounds) for name in args.commands for tree in trees]
    reports: list[Report] = []
    for i, tree, name in in_turn(turns):
        environment = os.environ | {"PYTHONPATH": str(Path(trees[tree]).resolve())}
        command = [name, args.steps, jobs]
        phases, whole = (call(__file__, ["--child", which, *command], environment) for which in ("phases", "whole"))
        about_it = {"round": i, "version": tree, "command": name, "steps": args.steps}
        reports.append(about_it | {"phases": phases, "whole": whole})
    summary = {
        f"{name}, {tree}": summarize([one for one in reports if (one["command"], one["version"]) == (name, tree)], jobs)
        for name in args.commands
        for tree in trees
    }
    order = ["imports", *PHASES, "other", "all phases"]
    rows = [
        [phase, *(f"{one['phases'][phase][0]:.2f} {one['phases'][phase][1]:.2f}" for one in summary.values())]
        for phase in order
    ]
    rows += [[f"command, {jobs} processes", *(f"{one['wall']:.2f} {one['cpu']:.2f}" for one in summary.values())]]
    rows += [["its wall / the runs' share", *(f"{one['ratio']:.2f}" for one in summary.values())]]
    table = Table(["seconds: wall, CPU", *summary], rows)
    print(table)
    save(args.out, "phases", {"machine": about, "summary": summary, "reports": reports}, as_markdown(table))


def summarize(reports: list[Report], jobs: int) -> Report:
    """Medians over rounds; the ratio is taken within each round."""

    def middle(phase: str) -> list[float]:
        return [median(one["phases"].get(phase, [0.0, 0.0])[i] for one in reports) for i in (0, 1)]

    phases = {phase: middle(phase) for phase in ("imports", *PHASES, "other")}
    sums = [[sum(times[i] for times in one["phases"].values()) for i in (0, 1)] for one in reports]
    phases["all phases"] = [median(one[i] for one in sums) for i in (0, 1)]
    shares = [sum(one["phases"].get(phase, [0.0, 0.0])[0] for phase in RUNS) / jobs for one in reports]
    return {
        "phases": phases,
        "wall": median(one["whole"]["wall"] for one in reports),
        "cpu": median(one["whole"]["cpu"] for one in reports),
        "ratio": median(one["whole"]["wall"] / share for one, share in zip(reports, shares, strict=True)),
    }


if __name__ == "__main__":
    main()
