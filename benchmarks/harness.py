"""What all benchmarks share: processes of their own, the settings to measure in, what they ran on, medians and ratios."""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

PINS = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
LIBRARIES = ["OPENBLAS", "OMP", "MKL"]
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in LIBRARIES} | {"NPROC": "1"}  # NPROC: JAX's threads on a CPU
PACKAGES = ["scratchnet", "numpy", "torch", "jax", "jaxlib", "scikit-learn", "threadpoolctl"]

Report = dict[str, Any]


def settings() -> dict[str, dict[str, str]]:
    """The environments to measure in: as found and, where something is pinned, unpinned; each with one thread too."""
    found = dict(os.environ)
    environments = {"as found": found, "as found, one thread": found | ONE_THREAD}
    if any(pin in found for pin in PINS):
        unpinned = {name: value for name, value in found.items() if name not in PINS}
        environments |= {"unpinned": unpinned, "unpinned, one thread": unpinned | ONE_THREAD}
    return environments


def call(script: str | Path, arguments: Iterable[Any], environment: dict[str, str] | None = None) -> Any:
    """What a script prints as its last line, as JSON, run in a fresh process."""
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:])} failed: see above")
    return json.loads(done.stdout.splitlines()[-1])


def in_turn(turns: Sequence[Any]) -> Iterable[Any]:
    """The turns, with a bar on a terminal. Loads tqdm only here, which no contestant should pay for."""
    from tqdm import tqdm

    return tqdm(turns, unit="process", leave=False, disable=None)


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios within a round, which does not move when the whole machine slows down."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def threads_and_blas() -> Report:
    """Of this process, as threadpoolctl sees them. PyTorch and JAX have a BLAS of their own, which it does not see."""
    from threadpoolctl import threadpool_info

    keys = ("user_api", "internal_api", "version", "architecture", "threading_layer", "num_threads")
    pools = [{key: pool[key] for key in keys if pool.get(key) is not None} for pool in threadpool_info()]
    report: Report = {"threadpools": pools, "threads": max([pool["num_threads"] for pool in pools], default=0)}
    if "torch" in sys.modules:
        import torch

        report["torch_threads"] = torch.get_num_threads()
        report["torch_blas"] = "MKL" if torch.backends.mkl.is_available() else "another"
    return report


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown CPU"


def versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> Report:
    """What the figures were measured on."""
    import numpy as np

    build = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": list(os.getloadavg()),
        "numpy_blas": f"{build.get('name')} {build.get('version')}",
        "pins": {name: os.environ[name] for name in PINS if name in os.environ},
        "versions": versions(),
        **threads_and_blas(),
    }


def describe(about: Report) -> str:
    """The machine in a few lines, to stand over a table."""
    pins = ", ".join(f"{name}={value}" for name, value in about["pins"].items())
    pools = "; ".join(" ".join(str(value) for value in pool.values()) for pool in about["threadpools"])
    return "\n".join(
        [
            f"{about['cpu']}, {about['cores']} cores, {about['usable_cores']} usable; load {about['load_before'][0]:.1f}",
            f"NumPy's BLAS: {about['numpy_blas']}; thread pools as found: {pools or 'none'}",
            f"{pins} as found; unpinned: without" if pins else f"{' and '.join(PINS)}: neither is set, nothing to unpin",
            ", ".join(f"{name} {version}" for name, version in about["versions"].items()),
        ]
    )


def parser(doc: str | None, rounds: int) -> argparse.ArgumentParser:
    """--rounds and --out, which all benchmarks have."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds)
    made.add_argument("--out", type=Path, metavar="DIR", help="write the figures there as JSON, Markdown and a picture")
    return made


def save(folder: Path | None, name: str, content: Report, markdown: str = "", figure: Any = None) -> None:
    """name.json, name.md and name.png and .svg in the folder, if one was given."""
    if folder is None:
        return
    from scratchnet import plots
    from scratchnet.support.files import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{name}.json", json.dumps(content, indent=1) + "\n")
    if markdown:
        write_whole(folder / f"{name}.md", f"# {name.replace('_', ' ').capitalize()}\n\n{markdown}")
    if figure is not None:
        plots.save(figure, folder / name)
    print(f"saved {name}.* in {folder}")


def as_markdown(table: Any) -> str:
    """A scratchnet Table in Markdown."""
    header, rows = table.header, table.rows
    rule = ["---", *["---:"] * (len(header) - 1)]
    lines = ["| " + " | ".join(cells) + " |" for cells in [header, rule, *rows]]
    return "\n".join([*lines, "", *(f"{note}  " for note in table.notes)]) + "\n"
