"""A real Dask cluster on this machine, whose workers and scheduler are killed."""

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reliability.commands import Comparison, one_sentence, scratch_folder
from reliability.disk import wait_for
from reliability.rows import Row

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def scheduler() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    with ended(subprocess.Popen(command, stderr=subprocess.PIPE, text=True)) as process:
        assert process.stderr
        yield process, next(m[1] for line in process.stderr if (m := re.search(r"Scheduler at:\s+(tcp://\S+)", line)))


def worker(address: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-dashboard",
        "--no-nanny",
    ]
    return subprocess.Popen(command, text=True, **QUIET)  # type: ignore[call-overload, no-any-return]


def start(comparison: Comparison, out: Path, address: str) -> subprocess.Popen[str]:
    return comparison.start(out, "--dask", address)


def cluster_faults(count: int = 5) -> Row:
    """Each fault `count` times."""
    row = Row("A real Dask cluster: workers are killed and others come, the scheduler is killed, an adaptive cluster")
    with scratch_folder() as folder:
        comparison = Comparison(folder)

        def workers_die(draw: random.Random, out: Path) -> str:
            with scheduler() as (_, address), ended(worker(address)) as first, ended(worker(address)):
                process = start(comparison, out, address)
                wait_for(out, draw.randint(1, 10), process)
                first.kill()
                with ended(worker(address)):
                    process.communicate(timeout=120)
                assert process.returncode == 0
                comparison.assert_whole(out)
            return "a worker killed: the others went on, to the same bytes"

        def scheduler_dies(draw: random.Random, out: Path) -> str:
            with scheduler() as (head, address), ended(worker(address)):
                process = start(comparison, out, address)
                wait_for(out, draw.randint(1, 10), process)
                os.kill(head.pid, signal.SIGKILL)
                _, error = process.communicate(timeout=120)
            assert process.returncode == 1, error
            said = [line for line in error.splitlines() if "has no workers yet" not in line]
            one_sentence("\n".join(said))
            comparison.resume(out)
            return "the scheduler killed: one sentence, then resumed to the same bytes"

        def adaptive(draw: random.Random, out: Path) -> str:
            program = (
                "from distributed import LocalCluster\n"
                "if __name__ == '__main__':\n"
                "    cluster = LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=None)\n"
                "    cluster.adapt(minimum=0, maximum=2)\n"
                "    print(cluster.scheduler_address, flush=True)\n"
                "    input()\n"
            )
            script = out.with_suffix(".py")
            script.write_text(program)
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
            with subprocess.Popen([sys.executable, str(script)], **pipes) as cluster:  # type: ignore[call-overload]
                address = cluster.stdout.readline().strip()
                process = start(comparison, out, address)
                _, error = process.communicate(timeout=180)
                cluster.communicate("\n", timeout=60)
            assert process.returncode == 0, error
            comparison.assert_whole(out)
            return "an adaptive cluster that begins without workers: the same bytes"

        for fault in (workers_die, scheduler_dies, adaptive):
            for seed in range(count):
                out = folder / f"{fault.__name__}{seed}"
                row.add(f"{fault.__name__}, seed {seed}", lambda f=fault, s=seed, o=out: f(random.Random(s), o))
    return row
