"""Runs are performed in this process or by a pool, also on many machines.

A run is a value and so is its result. With one BLAS thread per run the bytes of the result are the same everywhere. Read
next: `statistics`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from scratchnet.experiment.pools import DaskPool, Pool, ProcessPool, WorkersLost
from scratchnet.experiment.predictions import Prediction, Predictions
from scratchnet.experiment.run import Run, RunResult, perform
from scratchnet.experiment.sources import Source, own_source
from scratchnet.experiment.travel import Traveller, check_travels
from scratchnet.spread import Spread
from scratchnet.support.progress import Progress
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError
from scratchnet.theory import LossPrediction


@dataclass(frozen=True)
class Failure:
    """A run that ended in an error and has no result."""

    run: Run
    error: str


def perform_all(
    runs: Sequence[Run],
    source: Source,
    progress: Progress,
    pool: Pool | None = None,
    stop: Callable[[], bool] = lambda: False,
    predictions: Predictions | None = None,
    meanwhile: Iterator[object] = iter(()),  # noqa: B008
) -> Iterator[RunResult | Failure]:
    """Yield the result of each run as soon as it ends. Each run has one BLAS thread.

    A pool also makes the predictions that are missing, beside the runs. The work ends after the runs in progress as
    soon as `stop` returns True. While the last runs are in progress and a process of the pool has nothing left to do, this
    process does the pieces of work of `meanwhile`. Raises WorkersLost if the pool is gone.
    """
    if pool is None:
        yield from _in_this_process(runs, source, progress, stop)
    else:
        yield from _by_pool(runs, source, progress, pool, stop, predictions or Predictions([]), meanwhile)


def _in_this_process(
    runs: Sequence[Run], source: Source, progress: Progress, stop: Callable[[], bool]
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
    runs: Sequence[Run],
    source: Source,
    progress: Progress,
    pool: Pool,
    stop: Callable[[], bool],
    predictions: Predictions,
    meanwhile: Iterator[object],
) -> Iterator[RunResult | Failure]:
    """The pool is given only some work ahead, so that a stop comes soon and memory does not grow."""
    if isinstance(pool, ProcessPool | DaskPool):
        check_travels(runs)
    waiting, unpredicted = iter(runs), iter(predictions.missing)
    submitted: dict[Any, Run | Prediction] = {}
    done: SimpleQueue[Any] = SimpleQueue()  # unlike `wait`, it has no lock that Ctrl-C could leave locked
    stopped = False

    def next_work() -> Run | Prediction | None:
        """A run, or a prediction if none is under way: a prediction takes more memory than a run."""
        predicting = any(isinstance(work, Prediction) for work in submitted.values())
        return (None if predicting else next(unpredicted, None)) or next(waiting, None)

    try:
        sent = pool.send(source)
        while True:
            while not stop() and not pool.is_full(submitted) and (work := next_work()) is not None:
                future = pool.submit(perform_in_worker, Traveller(work), sent)
                submitted[future] = work
                future.add_done_callback(done.put)
            if stop() and not stopped:
                stopped = True
                pool.withdraw(submitted)
            if not submitted:
                return
            if done.empty() and not stopped and not pool.is_full(submitted) and next(meanwhile, None) is not None:
                continue
            try:
                future = done.get(timeout=0.2)
            except Empty:
                continue
            work = submitted.pop(future)
            if stopped and future.cancelled():
                continue
            if isinstance(work, Run):
                yield _outcome(future, work, progress, pool)
            else:
                _keep(future, work, predictions, pool)
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
        _check_lost(error, pool)
        progress.end(False, run.steps)
        return Failure(run, f"{type(error).__name__}: {error}")
    progress.start(run.label, run.seed)
    progress.loss = result.loss[-1]
    progress.end(result.diverged, run.steps)
    return result


def _keep(future: Future[Any], prediction: Prediction, predictions: Predictions, pool: Pool) -> None:
    try:
        predictions.add(prediction, future.result())
    except Exception as error:  # whoever asks for the prediction makes it again, and gets the error
        _check_lost(error, pool)


def _check_lost(error: Exception, pool: Pool) -> None:
    """Raise WorkersLost if a future ended in this error because the pool is gone."""
    if pool.lost_by(error):
        why = f" ({error})" if isinstance(error, BrokenExecutor) else ""
        raise WorkersLost(f"{pool.lost}{why}") from error


def perform_in_worker(work: Traveller[Run | Prediction], source: Source | None) -> RunResult | Spread | LossPrediction:
    """Do one piece of work in the process that calls this; None stands for the source that it has already."""
    train, test = (source or own_source()).load()
    if isinstance(work.value, Prediction):
        return work.value.perform(train)
    with one_blas_thread():
        return perform(work.value, train, test)
