"""Runs are performed in this process or by a pool, also on many machines.

A run is a value and so is its result. With one BLAS thread per run the bytes of the result are the same everywhere. Read
next: `statistics`.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from scratchnet.experiment.pools import Pool, WorkersLost
from scratchnet.experiment.run import Run, RunResult, perform
from scratchnet.experiment.sources import Source, own_source
from scratchnet.support.progress import Progress
from scratchnet.support.readers_file import FILES, import_file
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError


@dataclass(frozen=True)
class Failure:
    """A run that ended in an error and has no result."""

    run: Run
    error: str


def perform_all(
    runs: Iterable[Run],
    source: Source,
    progress: Progress,
    pool: Pool | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[RunResult | Failure]:
    """Yield the result of each run as soon as it ends. Each run has one BLAS thread.

    The work ends after the runs in progress as soon as `stop` returns True. Raises WorkersLost if the pool is gone.
    """
    if pool is None:
        yield from _in_this_process(runs, source, progress, stop)
    else:
        yield from _by_pool(runs, source, progress, pool, stop)


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


def _by_pool(
    runs: Iterable[Run], source: Source, progress: Progress, pool: Pool, stop: Callable[[], bool]
) -> Iterator[RunResult | Failure]:
    """The pool is given only some runs ahead, so that a stop comes soon and memory does not grow."""
    waiting = iter(runs)
    submitted: dict[Any, Run] = {}
    done: SimpleQueue[Any] = SimpleQueue()  # unlike `wait`, it has no lock that Ctrl-C could leave locked
    stopped = False
    try:
        sent = pool.send(source)
        while True:
            while not stop() and not pool.is_full(submitted) and (run := next(waiting, None)) is not None:
                future = pool.submit(perform_in_worker, ReadersFiles(), run, sent)
                submitted[future] = run
                future.add_done_callback(done.put)
            if stop() and not stopped:
                stopped = True
                pool.withdraw(submitted)
            if not submitted:
                return
            try:
                future = done.get(timeout=0.2)
            except Empty:
                continue
            run = submitted.pop(future)
            if not (stopped and future.cancelled()):
                yield _outcome(future, run, progress, pool)
    except BrokenExecutor as error:  # from submit
        raise WorkersLost(f"{pool.lost} ({error})") from error
    finally:
        for future in submitted:
            future.cancel()


def _outcome(future: Future[RunResult], run: Run, progress: Progress, pool: Pool) -> RunResult | Failure:
    try:
        result = future.result()
    except InputError:
        raise
    except Exception as error:
        if pool.lost_by(error):
            why = f" ({error})" if isinstance(error, BrokenExecutor) else ""
            raise WorkersLost(f"{pool.lost}{why}") from error
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


def perform_in_worker(_: ReadersFiles, run: Run, source: Source | None) -> RunResult:
    """Perform one run in the process that calls this; None stands for the source that it has already."""
    train, test = (source or own_source()).load()
    with one_blas_thread():
        return perform(run, train, test)
