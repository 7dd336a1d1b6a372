"""What does a grid of many short runs cost beside the runs themselves, and does the parent's memory grow with them?

    python benchmarks/overhead.py [--runs 200] [--steps 100] [--out DIR]

784-100×4-10 with ReLU on MNIST, batches of 128, one BLAS thread a run, so many seeds of He. Compared are: the training
alone; a run (the training, the spread before and after, the accuracies on test and training images); and the grid as
`scratchnet compare` carries it out, here and in two processes, with each result handed over, written and flushed. The
overhead is what the grid takes more than its runs do; of two processes, twice the time is taken. The last column is the
parent's memory after the last run, over that after a tenth of them. Medians over the rounds.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from harness import as_markdown, describe, machine, parser, save

import scratchnet as sn
from scratchnet.data import Batches
from scratchnet.experiment import Source, grid, perform_all
from scratchnet.experiment.pools import processes
from scratchnet.experiment.run import perform
from scratchnet.experiment.store import Folder
from scratchnet.support.progress import Progress
from scratchnet.support.tables import Table
from scratchnet.support.threads import one_blas_thread


def memory_mb() -> float:
    """What this process has now."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024 / 1e6


def carried_out(runs: list[Any], source: Source, jobs: int) -> tuple[float, float]:
    """Seconds a run and process, and the growth of this process's memory in MB."""
    folder, early = Folder(Path(tempfile.mkdtemp()) / "out"), 0.0
    folder.start(runs, {})
    with Progress(sum(run.steps for run in runs), len(runs), quiet=True) as progress, processes(jobs, source) as pool:
        if pool is not None:  # the processes start, import and load
            for _ in perform_all(runs[:jobs], source, progress, pool):
                pass
        begun = perf_counter()
        for i, outcome in enumerate(perform_all(runs, source, progress, pool)):
            folder.append(outcome)
            if i == len(runs) // 10:
                early = memory_mb()
        return jobs * (perf_counter() - begun) / len(runs), memory_mb() - early


def timed(work: Callable[[Any], object], runs: list[Any]) -> float:
    """Seconds a run, the first of which warms up."""
    work(runs[0])
    begun = perf_counter()
    for run in runs:
        with one_blas_thread():
            work(run)
    return (perf_counter() - begun) / len(runs)


def main() -> None:
    made = parser(__doc__, rounds=3)
    made.add_argument("--runs", type=int, default=200)
    made.add_argument("--steps", type=int, default=100)
    args = made.parse_args()
    about = machine()
    print(describe(about))
    source = Source(None)
    train, test = source.load()
    settings: dict[str, Any] = {
        "hidden": [100] * 4,
        "activation": sn.ReLU,
        "bias_init": sn.Zeros(),
        "optimizer": sn.SGD(0.01),
    }
    runs = grid([sn.He()], train, test, **settings, batch_size=128, steps=args.steps, epochs=None, seeds=args.runs)

    def train_alone(run: Any) -> None:
        trainer = sn.Trainer(run.network(train), run.optimizer, batch_size=run.batch_size, seed=run.seed)
        batches = Batches(len(train), run.batch_size, run.seed)
        for i in range(run.steps):
            trainer.step(*train[batches[i]])

    ways: dict[str, Callable[[], tuple[float, float | None]]] = {
        "the training alone": lambda: (timed(train_alone, runs), None),
        "a run": lambda: (timed(lambda run: perform(run, train, test), runs), None),
        "the grid, one process": lambda: carried_out(runs, source, 1),
        "the grid, two processes": lambda: carried_out(runs, source, 2),
    }
    rounds = [{name: way() for name, way in ways.items()} for _ in range(args.rounds)]
    rows = []
    for name in ways:
        seconds = median(one[name][0] for one in rounds)
        overhead = median(one[name][0] - one["a run"][0] for one in rounds)
        growth = [one[name][1] for one in rounds if one[name][1] is not None]
        grid_only = [f"{1e3 * overhead:.1f}", f"{median(growth):.1f}"] if growth else ["–", "–"]
        rows.append([name, f"{1e3 * seconds:.1f}", *grid_only])
    table = Table([f"{args.runs} runs of {args.steps} steps", "ms a run", "overhead, ms", "memory grown, MB"], rows)
    print("", table, sep="\n")
    content = {"machine": about, "runs": args.runs, "steps": args.steps, "rounds": rounds}
    save(args.out, "overhead", content, as_markdown(table))


if __name__ == "__main__":
    main()
