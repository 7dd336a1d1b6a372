"""Runs are performed in this process, in a pool of processes, or by any concurrent.futures executor, also on many machines.

A run is a value and so is its result. With one BLAS thread per run the bytes of the result are the same everywhere. Read
next: `statistics`.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from queue import Empty, SimpleQueue
from typing import Any

from scratchnet.experiment.run import Run, RunResult, perform
from scratchnet.experiment.sources import Source
from scratchnet.support.progress import Progress
from scratchnet.support.readers_file import FILES, import_file
from scratchnet.support.signals import held, ignore
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError

DASK_TIMEOUT = 10  # seconds for a Dask scheduler to answer


@dataclass(frozen=True)
class Failure:
    """A run that ended in an error and has no result."""

    run: Run
    error: str


class WorkersLost(Exception):
    """The processes that did the work are gone."""


def perform_all(
    runs: Iterable[Run],
    source: Source,
    progress: Progress,
    executor: Executor | None = None,
    jobs: int = 1,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[RunResult | Failure]:
    """Yield the result of each run as soon as it ends. Each run has one BLAS thread.

    The work ends after the runs in progress as soon as `stop` returns True.
    """
    if executor is None:
        yield from _in_this_process(runs, source, progress, stop)
    else:
        yield from _by_executor(runs, source, progress, executor, jobs, stop)


def _in_this_process(
    runs: Iterable[Run], source: Source, progress: Progress, stop: Callable[[], bool]
) -> Iterator[RunResult | Failure]:
    train, test = source.load()

    for run in runs:
        if stop():
            return
        progress.start(run.label, run.seed)
        with one_blas_thread():
            result = perform(run, train, test, progress.step)
        progress.end(result.diverged, run.steps - result.steps)
        yield result


def _by_executor(
    runs: Iterable[Run], source: Source, progress: Progress, executor: Executor, jobs: int, stop: Callable[[], bool]
) -> Iterator[RunResult | Failure]:
    """At most `jobs` runs are submitted at a time, so that a stop comes soon and memory does not grow."""
    waiting = iter(runs)
    submitted: dict[Future[RunResult], Run] = {}
    done: SimpleQueue[Future[RunResult]] = SimpleQueue()  # unlike `wait`, it has no lock that Ctrl-C could leave locked
    try:
        while True:
            while not stop() and len(submitted) < jobs and (run := next(waiting, None)) is not None:
                future = executor.submit(perform_in_worker, ReadersFiles(), run, source)
                submitted[future] = run
                future.add_done_callback(done.put)
            if not submitted:
                return
            try:
                future = done.get(timeout=0.2)
            except Empty:
                continue
            yield _outcome(future, submitted.pop(future), progress)
    except BrokenExecutor as error:
        raise WorkersLost(str(error)) from error
    finally:
        for future in submitted:
            future.cancel()


def _outcome(future: Future[RunResult], run: Run, progress: Progress) -> RunResult | Failure:
    try:
        result = future.result()
    except (BrokenExecutor, InputError):
        raise
    except Exception as error:
        progress.end(False, run.steps)
        return Failure(run, f"{type(error).__name__}: {error}")
    progress.start(run.label, run.seed)
    progress.loss = result.loss[-1]
    progress.end(result.diverged, run.steps)
    return result


class ReadersFiles:
    """The readers' files whose classes and functions a run may use. A process that unpickles this imports them.

    It is the first argument, because arguments are unpickled in order and the run needs the files.
    """

    def __reduce__(self) -> Any:
        return _import_files, (list(FILES.values()),)


def _import_files(files: list[str]) -> ReadersFiles:
    for file in files:
        import_file(file)
    return ReadersFiles()


def perform_in_worker(_: ReadersFiles, run: Run, source: Source) -> RunResult:
    """Perform one run in the process that calls this."""
    train, test = (_pool_source or source).load()
    with one_blas_thread():
        return perform(run, train, test)


_pool_source: Source | None = None  # in a process of our own pool: the source that it got when it started


def _start_worker(source: Source) -> None:
    global _pool_source
    _pool_source = source
    ignore()  # the parent handles Ctrl-C and SIGTERM, which a terminal or a batch system sends to all processes
    threading.Thread(target=_end_with_parent, daemon=True).start()
    source.load()


def _end_with_parent() -> None:
    """End this process when its parent has ended, however that came about."""
    parent = parent_process()
    assert parent
    parent.join()
    os._exit(1)


class _Pool(ProcessPoolExecutor):
    """A ProcessPoolExecutor whose processes no signal reaches but SIGKILL."""

    def submit(self, *work: Any) -> Any:  # type: ignore[override]
        with held():  # this may start a process
            return super().submit(*work)


@contextmanager
def processes(jobs: int, source: Source) -> Iterator[Executor | None]:
    """A pool of `jobs` processes, each of which loads the data once; None for one job, which this process does."""
    if jobs == 1:
        yield None
        return
    with _quiet_resource_tracker():
        pool = _Pool(jobs, get_context("spawn"), _start_worker, (source,))
    try:
        yield pool
    except KeyboardInterrupt:
        for process in active_children():
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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


@contextmanager
def dask(address: str) -> Iterator[Any]:
    """The executor of a Dask cluster, and its number of threads."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError('--dask needs Dask: pip install "scratchnet[dask]"') from error
    try:
        client = Client(address, timeout=DASK_TIMEOUT)
    except (OSError, ValueError) as error:
        raise InputError(f"--dask is {address!r}, where no scheduler answers: start one with dask scheduler") from error
    with client:
        yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
