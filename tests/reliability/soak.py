"""One process makes thousands of runs: do its memory, its open files or its threads grow?"""

import resource
import threading
from pathlib import Path

from small import write_idx_folder

import scratchnet as sn
from reliability.commands import scratch_folder
from reliability.rows import Row
from scratchnet.comparison import Comparison


def held() -> tuple[float, int, int]:
    """Resident memory in MB, open files, threads."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6, len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def soak(count: int = 2000) -> Row:
    """Comparisons of twenty runs each, saved with figures and page, in one process."""
    row = Row(f"A soak of {count:,} runs in one process: comparisons of 20 runs, each saved with its figures and page")
    inits = {"He": sn.He(), "LeCun": sn.LeCun(), "Xavier": sn.Xavier(), "0.1": sn.Normal(0.1)}
    seen = []
    with scratch_folder() as folder:
        data = sn.load_idx(write_idx_folder(folder / "data"))
        for i in range(max(4, count // 20)):

            def one(i: int = i) -> str:
                kept: Comparison = sn.compare(inits, data=data, hidden=[8, 8], steps=40, seeds=5, progress=False)
                kept.save(folder / str(i))
                assert len(kept.results) == 20 and (folder / str(i) / "report.html").stat().st_size > 10_000
                return "a comparison of 20 runs, whole"

            row.add(i, one)
            seen.append(held())
    begin, end = seen[len(seen) // 4], seen[-1]
    runs = 20 * (len(seen) - len(seen) // 4 - 1)
    row.measured = (
        f"Over the last {runs:,} runs memory went from {begin[0]:.0f} to {end[0]:.0f} MB"
        f" ({1000 * (end[0] - begin[0]) / runs:.1f} kB per run), open files from {begin[1]} to {end[1]},"
        f" threads from {begin[2]} to {end[2]}"
    )
    if end[1] > begin[1] or end[2] > begin[2] or end[0] - begin[0] > 0.01 * runs:
        row.problems.append(row.measured)
    return row
