"""What was tried to lose a result, to break in, or to see a traceback: makes tests/RELIABILITY.md.

    python tests/reliability                        # all rows, about an hour on two cores
    python tests/reliability --only kills soak      # these rows; the others stay as they are in the file
    python tests/reliability --share 0.05           # fewer tries of each
    python tests/reliability --out FILE

Each row makes its tries from seeds 0, 1, 2, ..., so that a problem can be repeated. The rows of the disk need the rights to
mount a file system, that of the cluster needs `distributed`.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
if __name__ == "__main__":
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

| row | what was tried | tries | what came out | problems |
| --- | --- | ---: | --- | ---: |
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--share", type=float, default=1, help="the share of the tries to make")
    parser.add_argument("--out", type=Path, default=TESTS / "RELIABILITY.md")
    given = parser.parse_args()

    lines = given.out.read_text(encoding="utf-8").splitlines() if given.out.exists() else []
    for name in given.only:
        work, count = ROWS[name]
        begun = time.monotonic()
        rows = work(max(1, round(count * given.share)))
        made = [line for row in (rows if isinstance(rows, list) else [rows]) for line in row.lines(name)]
        print(f"{name}: {time.monotonic() - begun:.0f} s", *made, sep="\n", flush=True)
        lines = [line for line in lines if not line.startswith((f"| {name} |", f"* {name}: "))] + made
        write_whole(given.out, page(lines))


def page(lines: list[str]) -> str:
    """The page of these lines, in the order of ROWS."""
    table = [line for name in ROWS for line in lines if line.startswith(f"| {name} |")]
    problems = [line for name in ROWS for line in lines if line.startswith(f"* {name}: ")]
    return HEAD + "\n".join(table) + "\n" + ("\nThe problems:\n\n" + "\n".join(problems) + "\n" if problems else "")


if __name__ == "__main__":
    main()
