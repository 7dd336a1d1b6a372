"""Runs are performed in this process, in a pool of processes, or by any concurrent.futures executor, also on many machines.

A run is a value and so is its result. With one BLAS thread per run the bytes of the result are the same everywhere. Read
next: `statistics`.
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from queue import Empty, SimpleQueue
from typing import Any

from scratchnet.experiment.run import Run, RunResult, perform
from scratchnet.experiment.sources import Source
from scratchnet.support.progress import Progress
from scratchnet.support.readers_file import FILES, import_file
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

    `stop` is called before each run and often during it: True ends the work after the runs in progress, and
    KeyboardInterrupt ends it at once.
    """
    if executor is None:
        yield from _in_this_process(runs, source, progress, stop)
    else:
        yield from _by_executor(runs, source, progress, executor, jobs, stop)


def _in_this_process(
    runs: Iterable[Run], source: Source, progress: Progress, stop: Callable[[], bool]
) -> Iterator[RunResult | Failure]:
    train, test = source.load()

    def after_step(loss: float) -> None:
        progress.step(loss)
        stop()

    for run in runs:
        if stop():
            return
        progress.start(run.label, run.seed)
        with one_blas_thread():
            result = perform(run, train, test, after_step)
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    source.load()


@contextmanager
def processes(jobs: int, source: Source) -> Iterator[Executor | None]:
    """A pool of `jobs` processes, each of which loads the data once; None for one job, which this process does."""
    if jobs == 1:
        yield None
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (source,))
    try:
        yield pool
    except KeyboardInterrupt:
        for process in active_children():
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
