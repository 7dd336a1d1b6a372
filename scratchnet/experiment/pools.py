"""Who performs the runs where this process does not: its own pool of processes, any executor, or a Dask cluster.

Read next: `travel`.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from types import ModuleType
from typing import Any

from scratchnet.data import Dataset
from scratchnet.experiment.sources import SharedImages, Source, set_source, share
from scratchnet.experiment.travel import Traveller
from scratchnet.support.signals import held, ignore
from scratchnet.support.validation import InputError

DASK_TIMEOUT = 10  # seconds for a Dask scheduler to answer
DASK_INTERVAL = 1  # seconds between two questions for the number of threads


class WorkersLost(Exception):
    """What did the work is gone; the message says what."""


class Pool:
    """A concurrent.futures.Executor, and how many runs it is given ahead: `jobs`, or enough to keep any number busy."""

    lost = "the processes that did the work are gone"

    def __init__(self, executor: Any, jobs: int | None = None) -> None:
        self.executor, self.jobs = executor, jobs
        self.ahead = 2 * (os.cpu_count() or 1)

    def send(self, source: Source) -> Any:
        """What each run gets for its source."""
        return source

    def submit(self, *work: Any) -> Any:
        """The future of work[0](*work[1:])."""
        return self.executor.submit(*work)

    def is_full(self, submitted: Collection[Any]) -> bool:
        """Whether enough runs are submitted: a few of them, and no more, wait for a worker."""
        if self.jobs is not None:
            return len(submitted) >= self.jobs
        return sum(not future.running() for future in submitted) >= self.ahead

    def lost_by(self, error: Exception) -> bool:
        """Whether the error of a future means that the pool is gone, rather than that the run failed."""
        return isinstance(error, BrokenExecutor | CancelledError)

    def withdraw(self, submitted: Collection[Any]) -> None:
        """Cancel the runs that have not begun."""
        for future in submitted:
            future.cancel()


class ProcessPool(Pool):
    """A pool of our own processes, which have the data already. No signal but SIGKILL reaches them."""

    def send(self, source: Source) -> Any:
        return None

    def submit(self, *work: Any) -> Any:
        with held(), _without_main_module():  # this may start a process
            return super().submit(*work)


@contextmanager
def processes(jobs: int, source: Source) -> Iterator[Pool | None]:
    """A pool of `jobs` processes, which share the images; None for one job, which this process does."""
    if jobs == 1:
        yield None
        return
    with _quiet_resource_tracker():
        sets, images = share(source)
        executor: Any = ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (Traveller(sets), images))
    try:
        yield ProcessPool(executor, jobs)
    except KeyboardInterrupt:
        for process in active_children():
            process.kill()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _without_main_module() -> Iterator[None]:
    """A process that is started within does not run the caller's script once more.

    multiprocessing would, to find the script's classes, and the script would start a comparison of its own. Nobody needs it:
    these classes travel themselves.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _start_worker(sets: Traveller[tuple[Dataset, Dataset]], images: list[SharedImages]) -> None:
    ignore()  # the parent handles Ctrl-C and SIGTERM, which a terminal or a batch system sends to all processes
    threading.Thread(target=_end_with_parent, daemon=True).start()
    set_source(sets.value, images)


def _end_with_parent() -> None:
    """End this process when its parent has ended, however that came about."""
    parent = parent_process()
    assert parent
    parent.join()
    os._exit(1)


@contextmanager
def _quiet_resource_tracker() -> Iterator[None]:
    """Python's resource tracker, which starts with the first pool, removes the semaphores of a killed parent silently."""
    name = "PYTHONWARNINGS"
    before = os.environ.get(name)
    os.environ[name] = f"{before},ignore:resource_tracker" if before else "ignore:resource_tracker"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


class DaskPool(Pool):
    """A Dask cluster, whose workers may come and go. `executor` is the client, or an executor that belongs to it."""

    lost = "the Dask scheduler is gone, or has cancelled the runs"

    def __init__(self, client: Any, executor: Any, jobs: int | None = None) -> None:
        super().__init__(executor, jobs)
        self.client = client
        self.asked: float | None = None
        self.told = False

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Within, the client asks the scheduler, or says that it has closed itself because the scheduler is gone."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            raise WorkersLost(self.lost) from error

    def send(self, source: Source) -> Any:
        """Data that were given become one task: Dask takes its result to each worker once, and again if a worker dies."""
        if source.given is None:
            return source
        import dask

        with self._answering(), dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            return self.client.submit(_unchanged, source, pure=False)

    def submit(self, *work: Any) -> Any:
        pure = {"pure": False} if self.executor is self.client else {}
        try:
            with self._answering():
                return self.executor.submit(*work, **pure)
        except ValueError as error:  # the data are with another client
            raise InputError("executor belongs to another Dask client than the current one: give the client") from error

    def threads(self) -> int:
        """How many threads the workers have now. Says so on stderr, once, if there are none."""
        if self.asked is None or time.monotonic() - self.asked > DASK_INTERVAL:
            with self._answering():
                self.known = sum(self.client.nthreads().values())
            self.asked = time.monotonic()
        if not self.known and not self.told:
            self.told = True
            print("the Dask cluster has no workers yet: the runs wait until dask worker starts one", file=sys.stderr)
        return self.known

    def is_full(self, submitted: Collection[Any]) -> bool:
        """Twice as many as there are threads, so that none waits for us, and a cluster that adapts grows."""
        return len(submitted) >= (self.jobs or max(2 * self.threads(), self.ahead))

    def lost_by(self, error: Exception) -> bool:
        """The client loses the scheduler some time before it cancels its futures."""
        from distributed.comm import CommClosedError

        closed = isinstance(error, OSError) and self.client.status != "running"
        return super().lost_by(error) or closed or isinstance(error, CommClosedError)

    def withdraw(self, submitted: Collection[Any]) -> None:
        if self.executor is not self.client:  # then the futures do not name their tasks
            super().withdraw(submitted)
            return
        with self._answering():
            begun = {key for keys in self.client.processing().values() for key in keys}
            self.client.cancel([future for future in submitted if future.key not in begun])


def _unchanged(source: Source) -> Source:
    return source


def pool_of(executor: Any, jobs: int | None = None) -> Pool:
    """The Pool of an executor or a Dask client that the caller has made."""
    if type(executor).__module__.partition(".")[0] != "distributed":
        return Pool(executor, jobs)
    from distributed import Client

    try:
        client = executor if isinstance(executor, Client) else Client.current()
    except ValueError as error:
        raise InputError("executor belongs to a Dask client that is not the current one: give the client itself") from error
    return DaskPool(client, executor, jobs)


@contextmanager
def dask(address: str) -> Iterator[DaskPool]:
    """The Dask cluster whose scheduler has this address."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError('--dask needs Dask: pip install "scratchnet[dask]"') from error
    logging.disable()  # when the scheduler dies, Dask logs a page of tracebacks; one sentence of ours says it
    try:
        try:
            client = Client(address, timeout=DASK_TIMEOUT)
        except (OSError, ValueError) as error:
            raise InputError(f"--dask is {address!r}, where no scheduler answers: start one with dask scheduler") from error
        with client:
            yield DaskPool(client, client)
    finally:
        logging.disable(logging.NOTSET)
