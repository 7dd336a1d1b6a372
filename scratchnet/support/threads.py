"""Images in pieces: how a network gets a batch of them through its convolutions on all cores, at the speed of the caches.

A piece is some 50 rows of the batch, which one core takes through several layers while they are in its cache. The pieces
are the same whatever the number of cores, and so are the results.
"""

import contextvars
import functools
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import numpy as np

ROWS = 50  # of a piece, at most

Item = TypeVar("Item")
Result = TypeVar("Result")

# How many threads the pieces have; None while the BLAS behind NumPy has them for itself.
_held = threading.Lock()
_threads: contextvars.ContextVar[int | None] = contextvars.ContextVar("threads", default=None)


def pieces(rows: int) -> list[slice]:
    """An even number of pieces of nearly one size, or all rows as one piece if there are but a few."""
    return cut(rows, 1 if rows <= ROWS else 2 * math.ceil(rows / ROWS / 2))


def cut(rows: int, count: int) -> list[slice]:
    """`count` parts of nearly one size."""
    return [slice(rows * i // count, rows * (i + 1) // count) for i in range(count)]


@contextmanager
def threads_for_pieces() -> Iterator[int]:
    """Within, the BLAS behind NumPy has one thread, and the pieces have as many as it had before: that number is given.

    Threads that each run a BLAS on all cores halve the speed, and so do the BLAS's own threads, which go on looking for
    work for a while after each product. Hence a network with convolutions does all of its products within.
    """
    threads = _threads.get()
    if threads is not None:
        yield threads
        return
    # Two of the caller's own threads at once: the first holds the BLAS, the other goes on as one thread.
    holds = _held.acquire(blocking=False)
    try:
        threads = max((library.num_threads for library in _blas().lib_controllers), default=1) if holds else 1
        token = _threads.set(threads)
        try:
            with one_blas_thread() if holds else nullcontext():
                yield threads
        finally:
            _threads.reset(token)
    finally:
        if holds:
            _held.release()


def on_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """[work(item) for item in items], shared out among the threads."""
    with threads_for_pieces() as threads:
        threads = min(threads, len(items))

        def share(first: int) -> list[Result]:
            return [work(item) for item in items[first::threads]]

        # A copy of the context carries np.errstate over to the other threads.
        others = [_pool(os.getpid()).submit(contextvars.copy_context().run, share, i) for i in range(1, threads)]
        try:
            shares = [share(0)]
        finally:
            shares_of_others = [other.result() for other in others]
    shares += shares_of_others
    return [shares[i % threads][i // threads] for i in range(len(items))]


@functools.cache
def keep_freed_memory() -> None:
    """Have this process keep the memory that it frees, up to some 64 MB, for what it allocates next.

    Otherwise the arrays of each training step come as fresh pages from the system, which zeroes them: up to a third of a
    convolutional network's time. glibc, the C library of Linux, keeps as much as the largest block it has seen freed (32 MiB
    at most) tells it to; so one is freed here. Elsewhere this does nothing.
    """
    np.empty(2**25 - 2**13, np.uint8)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within, the BLAS behind NumPy has one thread, and so have the pieces; for as long as any thread is within."""
    global _within, _limit
    with _door:
        _within += 1
        if _within == 1:
            _limit = _blas().limit(limits=1)
    try:
        yield
    finally:
        with _door:
            _within -= 1
            if not _within:
                _limit.restore_original_limits()


_door = threading.Lock()
_within = 0
_limit: Any = None


@functools.cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@functools.cache
def _pool(process: int) -> Any:
    """Threads of this process: after a fork the child has its parent's objects, but not its threads."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix=f"scratchnet-{process}")
