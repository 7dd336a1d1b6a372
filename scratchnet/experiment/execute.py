"""Carrying runs out: here, in processes of our own, or by any executor of concurrent.futures, on many machines if it can.

A run is a value and so is its result, so it does not matter where it is done: with one BLAS thread a run, the bytes of its
result are the same.
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

PATIENCE = 10  # seconds that a Dask scheduler has to answer


@dataclass(frozen=True)
class Failure:
    """A run that ended in an error, which is no result."""

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
    """The results of the runs as they come, each with one BLAS thread.

    `stop` is asked before each run is begun, and often meanwhile, since it may raise KeyboardInterrupt, which ends all.
    """
    if executor is None:
        yield from _here(runs, source, progress, stop)
    else:
        yield from _elsewhere(runs, source, progress, executor, jobs, stop)


def _here(
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


def _elsewhere(
    runs: Iterable[Run], source: Source, progress: Progress, executor: Executor, jobs: int, stop: Callable[[], bool]
) -> Iterator[RunResult | Failure]:
    """Never more runs handed out than are worked at, so that an end is near and memory does not grow."""
    waiting = iter(runs)
    handed: dict[Future[RunResult], Run] = {}
    done: SimpleQueue[Future[RunResult]] = SimpleQueue()  # holds no lock that Ctrl-C could leave locked, as `wait` does
    try:
        while True:
            while not stop() and len(handed) < jobs and (run := next(waiting, None)) is not None:
                future = executor.submit(work, ReadersFiles(), run, source)
                handed[future] = run
                future.add_done_callback(done.put)
            if not handed:
                return
            try:
                future = done.get(timeout=0.2)
            except Empty:
                continue
            yield _outcome(future, handed.pop(future), progress)
    except BrokenExecutor as error:
        raise WorkersLost(str(error)) from error
    finally:
        for future in handed:
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
    """The files whose classes and functions a run may hold. Another process that is handed this imports them first.

    It stands before the run: what is handed over is unpacked in that order.
    """

    def __reduce__(self) -> Any:
        return _import_files, (list(FILES.values()),)


def _import_files(files: list[str]) -> ReadersFiles:
    for file in files:
        import_file(file)
    return ReadersFiles()


def work(_: ReadersFiles, run: Run, source: Source) -> RunResult:
    """One run, in whichever process this is called."""
    train, test = (_own or source).load()
    with one_blas_thread():
        return perform(run, train, test)


_own: Source | None = None  # in a process of our own pool: the data that it was given when it began


def _begin(source: Source) -> None:
    global _own
    _own = source
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    source.load()


@contextmanager
def processes(jobs: int, source: Source) -> Iterator[Executor | None]:
    """A pool of so many processes, each with the data loaded once; None for one job, which is done here."""
    if jobs == 1:
        yield None
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (source,))
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
    """The executor of a Dask cluster, and how many threads it has."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError('--dask needs Dask: pip install "scratchnet[dask]"') from error
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError(f"--dask is {address!r}, where no scheduler answers: start one with dask scheduler") from error
    with client:
        yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
