"""A real Dask cluster on this machine, whose workers and scheduler are killed."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from dask_processes import scheduler, worker

from reliability.commands import Comparison, one_sentence, scratch_folder
from reliability.disk import wait_for
from reliability.rows import Row


def cluster_faults(count: int = 5) -> Row:
    """Each fault `count` times."""
    row = Row("A real Dask cluster: workers are killed and others come, the scheduler is killed, an adaptive cluster")
    with scratch_folder() as folder:
        comparison = Comparison(folder)

        def workers_die(draw: random.Random, out: Path) -> str:
            with scheduler() as (_, address), worker(address) as first, worker(address):
                process = comparison.start(out, "--dask", address)
                wait_for(out, draw.randint(1, 10), process)
                first.kill()
                with worker(address):
                    process.communicate(timeout=120)
                assert process.returncode == 0
                comparison.assert_whole(out)
            return "a worker killed: the others went on, to the same bytes"

        def scheduler_dies(draw: random.Random, out: Path) -> str:
            with scheduler() as (head, address), worker(address):
                process = comparison.start(out, "--dask", address)
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
                process = comparison.start(out, "--dask", address)
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
