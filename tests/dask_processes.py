"""A Dask cluster of processes of its own, which end with the block."""

import re
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def ended(process):
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def scheduler():
    """A Dask scheduler's process and address."""
    begin = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with ended(subprocess.Popen(begin, stderr=subprocess.PIPE, text=True)) as process:
        yield (
            process,
            next(found[1] for line in process.stderr if (found := re.search(r"Scheduler at:\s+(tcp://\S+)", line))),
        )


def worker(address):
    begin = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    return ended(subprocess.Popen(begin, stderr=subprocess.DEVNULL, start_new_session=True))
