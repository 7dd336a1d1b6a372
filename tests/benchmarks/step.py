"""How long does one training step take? scratchnet against the matrix products alone, and against eager PyTorch.

The step is that of a 784-100-100-100-100-10 network with ReLU, SGD(0.01) and batches of 128 from the real MNIST, drawing
the batch from the uint8 images included. The contestants:

floor       only the matrix products of such a step, on arrays at hand: what no library that multiplies with this
            BLAS can undercut
scratchnet  Trainer.step, as Trainer.fit calls it
pytorch     the same network, data and optimizer in eager PyTorch; skipped where it is not installed

    python tests/benchmarks/step.py [--rounds 5] [--steps 400] [--json PATH]

Each contestant runs in a process of its own, in turn, round after round, with all BLAS threads and with one. A time is the
median over the rounds of a process's median step; a ratio is the median of the ratios within a round, so that it does not
move when the whole machine slows down. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE can halve NumPy's speed: where one of them
is set, everything is measured with and without them.
"""

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info
from tqdm import tqdm

import scratchnet as sn
from scratchnet.data import Batches
from scratchnet.tables import Table

WIDTHS = [784, 100, 100, 100, 100, 10]
BATCH = 128
LR = 0.01
WARM_UP = 60  # steps that are not timed
BLOCK = 10  # steps timed together
PINS = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Step = Callable[[int], object]


def floor() -> Step:
    """x W and xᵀ dout of every layer, and dout Wᵀ of all but the first, in the order of a training step."""
    rng = np.random.default_rng(0)

    def draw(rows: int, columns: int) -> Any:
        return rng.standard_normal((rows, columns), dtype=np.float32)

    layers = [(draw(BATCH, n), draw(n, m), draw(BATCH, m)) for n, m in pairwise(WIDTHS)]

    def step(i: int) -> None:
        for x, W, _ in layers:
            x @ W
        for x, W, dout in reversed(layers[1:]):
            x.T @ dout
            dout @ W.T
        x, _, dout = layers[0]
        x.T @ dout

    return step


def scratchnet() -> Step:
    train, _ = sn.load_mnist()
    net = sn.mlp(WIDTHS[0], WIDTHS[1:-1], WIDTHS[-1], seed=0)
    trainer = sn.Trainer(net, sn.SGD(LR), batch_size=BATCH)
    batches = Batches(len(train), BATCH, seed=0)
    return lambda i: trainer.step(*train[batches[i]])


def pytorch() -> Step:
    """As quick as it is in plain words: index_select and mul_ take a third of the time of images[rows] / 255."""
    import torch

    train, _ = sn.load_mnist()
    images, labels = torch.tensor(train.images), torch.tensor(train.labels)
    layers: list[torch.nn.Module] = []
    for n, m in pairwise(WIDTHS):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), LR)
    batches = Batches(len(train), BATCH, seed=0)

    def step(i: int) -> float:
        rows = torch.from_numpy(batches[i])
        x = images.index_select(0, rows).float().mul_(1 / 255)
        loss = criterion(net(x), labels.index_select(0, rows))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


CONTESTANTS: dict[str, Callable[[], Step]] = {"floor": floor, "scratchnet": scratchnet, "pytorch": pytorch}


def run_contestant(name: str, steps: int) -> dict[str, Any]:
    """What the child process reports: the median time of a step in ms, and what it was computed with."""
    step = CONTESTANTS[name]()
    for i in range(WARM_UP):
        step(i)
    times = []
    for first in range(WARM_UP, WARM_UP + steps, BLOCK):
        block = range(first, min(first + BLOCK, WARM_UP + steps))
        start = perf_counter()
        for i in block:
            step(i)
        times.append((perf_counter() - start) / len(block) * 1000)
    return {"ms": median(times), **configuration()}


def configuration() -> dict[str, Any]:
    """Threads, BLAS and versions of this process. PyTorch's own BLAS is linked into it, where threadpoolctl sees none."""
    threads, blas = 0, "unknown BLAS"
    versions = {"Python": platform.python_version(), "NumPy": np.__version__, "scratchnet": sn.__version__}
    for pool in threadpool_info():
        if pool["user_api"] == "blas":
            threads = pool["num_threads"]
            blas = " ".join(str(pool.get(key)) for key in ("internal_api", "version", "architecture"))
    if "torch" in sys.modules:
        import torch

        threads = torch.get_num_threads()
        blas = "MKL in PyTorch" if torch.backends.mkl.is_available() else "the BLAS in PyTorch"
        versions["PyTorch"] = torch.__version__
    return {"threads": threads, "blas": blas, "versions": versions}


def settings() -> dict[str, dict[str, str]]:
    """The environments to measure in: as found and, where something is pinned, unpinned; each with one thread too."""
    found = dict(os.environ)
    environments = {"as found": found, "as found, one thread": found | ONE_THREAD}
    if any(pin in found for pin in PINS):
        unpinned = {name: value for name, value in found.items() if name not in PINS}
        environments |= {"unpinned": unpinned, "unpinned, one thread": unpinned | ONE_THREAD}
    return environments


def call(name: str, steps: int, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--contestant", name, "--steps", str(steps)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def measure(names: Sequence[str], rounds: int, steps: int) -> Iterator[dict[str, Any]]:
    """One report a round, setting and contestant; what is compared runs in immediate succession."""
    turns = list(product(range(rounds), settings().items(), names))
    for i, (setting, environment), name in tqdm(turns, unit="process", leave=False, disable=None):
        yield {"round": i, "setting": setting, "contestant": name, **call(name, steps, environment)}


def summarize(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a setting and contestant: the median time, and the medians of its ratios within a round."""
    times: dict[tuple[str, str], list[float]] = {}
    about = {}
    for report in reports:
        key = report["setting"], report["contestant"]
        times.setdefault(key, []).append(report["ms"])
        about[key] = {word: report[word] for word in ("threads", "blas", "versions")}

    def ratio(key: tuple[str, str], to: str) -> float:
        return median(ours / theirs for ours, theirs in zip(times[key], times[key[0], to], strict=True))

    return [
        {
            "setting": key[0],
            "contestant": key[1],
            "ms": median(times[key]),
            "times_floor": ratio(key, "floor"),
            "times_scratchnet": ratio(key, "scratchnet"),
            **about[key],
        }
        for key in times
    ]


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor() or 'unknown CPU'}, {os.cpu_count()} cores"


def pins() -> str:
    found = [f"{name}={os.environ[name]}" for name in PINS if name in os.environ]
    if not found:
        return f"{' and '.join(PINS)}: neither is set, so there is nothing to unpin"
    return f"{', '.join(found)} as found; unpinned: without"


def table(summary: Sequence[dict[str, Any]], setting: str) -> Table:
    rows = [row for row in summary if row["setting"] == setting]
    cells = [
        [row["contestant"], f"{row['ms']:.3f}", f"{row['times_floor']:.2f}", f"{row['times_scratchnet']:.2f}"]
        for row in rows
    ]
    notes = [
        f"{row['contestant']}: threads {row['threads']}, {row['blas']}; "
        + ", ".join(f"{name} {version}" for name, version in row["versions"].items())
        for row in rows
    ]
    return Table([setting, "ms a step", "× floor", "× scratchnet"], cells, notes)


def write_json(path: Path, content: object) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=400, help="steps timed in each process")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all figures to this file as well")
    parser.add_argument("--contestant", choices=CONTESTANTS, help="run this one only, and print its report as JSON")
    args = parser.parse_args()
    if min(args.rounds, args.steps) < 1:
        parser.error("--rounds and --steps must be at least 1")
    if args.json and not args.json.parent.is_dir():
        parser.error(f"--json: there is no folder {args.json.parent}")
    if args.contestant:
        print(json.dumps(run_contestant(args.contestant, args.steps)))
        return
    skipped = [] if importlib.util.find_spec("torch") else ["pytorch"]
    reports = list(measure([name for name in CONTESTANTS if name not in skipped], args.rounds, args.steps))
    summary = summarize(reports)
    for setting in settings():
        print(table(summary, setting), end="\n\n")
    for name in skipped:
        print(f"{name}: not installed, skipped")
    print(pins(), cpu_model(), sep="\n")
    if args.json:
        about = {"cpu": cpu_model(), "pins": pins(), "rounds": args.rounds, "steps": args.steps, "skipped": skipped}
        write_json(args.json, {**about, "summary": summary, "reports": reports})


if __name__ == "__main__":
    main()
