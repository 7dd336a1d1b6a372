"""What was tried to lose a result, to break in, or to see a traceback: makes tests/RELIABILITY.md.

    python tests/reliability                        # all rows, about an hour on two cores
    python tests/reliability --only kills soak      # these rows; the others stay as they are in the file
    python tests/reliability --share 0.05           # fewer tries of each
    python tests/reliability --out FILE

Each row makes its tries from seeds 0, 1, 2, ..., so that a problem can be repeated. The rows of the disk need the rights to
mount a file system, that of the cluster needs `distributed`.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[0] = str(TESTS)

from reliability.cluster import cluster_faults  # noqa: E402
from reliability.dependencies import lowest_and_newest  # noqa: E402
from reliability.disk import disk_faults  # noqa: E402
from reliability.files import damaged_files  # noqa: E402
from reliability.inputs import api_calls, fuzzed  # noqa: E402
from reliability.interruptions import kills, signals  # noqa: E402
from reliability.rows import Row  # noqa: E402
from reliability.soak import soak  # noqa: E402
from scratchnet.support.files import write_whole  # noqa: E402

ROWS: dict[str, tuple[Callable[[int], Row | list[Row]], int]] = {
    "kills": (kills, 50),
    "signals": (signals, 100),
    "files": (damaged_files, 2000),
    "fuzz": (fuzzed, 1_000_000),
    "calls": (api_calls, 50_000),
    "disk": (disk_faults, 10),
    "cluster": (cluster_faults, 5),
    "soak": (soak, 2000),
    "dependencies": (lowest_and_newest, 1),
}
HEAD = """# What was tried to break it

    python tests/reliability

This file is made by that command. Each try has a seed, so that it can be repeated. A "problem" is anything that must not be:
a lost or changed result, a traceback, a message of more than one line, a process or a half-written file that is left. The
same is tried with fewer tries each time the tests run.

| what was tried | tries | what came out | problems |
| --- | ---: | --- | ---: |
"""
NAMED = "numpy", "matplotlib", "threadpoolctl", "filelock", "safetensors", "distributed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--share", type=float, default=1, help="the share of the tries to make")
    parser.add_argument("--out", type=Path, default=TESTS / "RELIABILITY.md")
    given = parser.parse_args()

    path = given.out.with_suffix(".json")
    made = json.loads(path.read_text()) if path.exists() else {}
    for name in given.only:
        work, count = ROWS[name]
        begun = time.monotonic()
        rows = work(max(1, round(count * given.share)))
        rows = rows if isinstance(rows, list) else [rows]
        made[name] = {"rows": [row.cells() for row in rows], "problems": [p for row in rows for p in row.problems]}
        print(f"{name}: {time.monotonic() - begun:.0f} s, {len(made[name]['problems'])} problems", flush=True)
        for problem in made[name]["problems"][:20]:
            print("  ", problem, flush=True)
        write_whole(path, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
        write_whole(given.out, page(made))


def page(made: dict[str, dict[str, list[list[str]]]]) -> str:
    text = HEAD
    for name in ROWS:
        for cells in made.get(name, {}).get("rows", []):
            text += "| " + " | ".join(cells) + " |\n"
    problems = [problem for one in made.values() for problem in one["problems"]]
    if problems:
        text += "\nThe problems:\n\n" + "".join(f"* {problem}\n" for problem in problems)
    versions = ", ".join(f"{name} {version(name)}" for name in NAMED)
    return text + f"\nPython {platform.python_version()}, {versions}, {platform.system()}.\n"


if __name__ == "__main__":
    main()
