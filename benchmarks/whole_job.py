"""How long does the book's comparison take, from the start of the process to its end? Imports and reading MNIST included.

    python benchmarks/whole_job.py [--rounds 5] [--steps 2000] [--seeds 1] [--jobs scratchnet pytorch] [--out DIR]

Three networks, 784-100×4-10 with ReLU under std 0.01, Xavier (1/n) and He, SGD(0.01), batches of 128, --steps steps each,
and that for each of --seeds seeds. "with figures" also saves PNG files of the loss curves and of the activations;
scratchnet's compare then writes its whole folder: five figures, predictions, tables and the page. The programs are in
jobs.py; they run in turn, round after round, with all threads. Ratios are medians of the ratios within a round, each to the
job with or without figures. Memory of several processes is left out. scratchnet's compare does more than the others: it
measures the spread of each network before and after, and takes the accuracy on training images as well.
"""

from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

from harness import Report, as_markdown, call, describe, in_turn, machine, median_ratio, parser, save
from jobs import JOBS, POOLS

from scratchnet.support.tables import Table


def run(name: str, steps: int, seeds: int) -> Report:
    start = perf_counter()
    report: Report = call(Path(__file__).with_name("jobs.py"), [name, steps, seeds])
    return {"seconds": perf_counter() - start, **report}


def main() -> None:
    made = parser(__doc__, rounds=5)
    made.add_argument("--steps", type=int, default=2000)
    made.add_argument("--seeds", type=int, default=1)
    made.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS), metavar="NAME")
    args = made.parse_args()
    present = [name for name in args.jobs if find_spec(JOBS[name][0])]
    about = machine()
    print(describe(about), *(f"{name}: not installed, skipped" for name in args.jobs if name not in present), sep="\n")
    turns = [(i, name) for i in range(args.rounds) for name in present]
    reports = [{"round": i, "job": name, **run(name, args.steps, args.seeds)} for i, name in in_turn(turns)]

    def of(name: str, key: str) -> list[float]:
        return [report[key] for report in reports if report["job"] == name]

    summary = {}
    rows = []
    for name in present:
        seconds, outcome = of(name, "seconds"), next(report["outcome"] for report in reports if report["job"] == name)
        same = {to: f"{to} with figures" if "with figures" in name else to for to in ("scratchnet", "pytorch")}
        ratios = {to: median_ratio(seconds, of(job, "seconds")) for to, job in same.items() if job in present}
        memory = None if name in POOLS else median(of(name, "mb"))
        summary[name] = {"seconds": median(seconds), "mb": memory, "ratios": ratios, "outcome": outcome}
        words = [f"{ratios[to]:.2f}" if to in ratios else "–" for to in ("scratchnet", "pytorch")]
        accuracies = " ".join(f"{accuracy:.3f}" for _, accuracy in outcome.values())
        spread = f"{min(seconds):.2f} – {max(seconds):.2f}"
        rows.append([name, f"{median(seconds):.2f}", spread, *words, "–" if memory is None else f"{memory:.0f}", accuracies])
    header = ["whole job", "seconds", "least – most", "× scratchnet", "× pytorch", "peak MB", "test accuracies"]
    table = Table(header, rows)
    print("", table, sep="\n")
    content = {
        "machine": about,
        "rounds": args.rounds,
        "steps": args.steps,
        "seeds": args.seeds,
        "summary": summary,
        "reports": reports,
    }
    save(args.out, "whole_job" if args.seeds == 1 else f"whole_job_{args.seeds}_seeds", content, as_markdown(table))


if __name__ == "__main__":
    main()
