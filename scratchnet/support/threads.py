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
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

ROWS = 50  # of a piece, at most

Item = TypeVar("Item")
Result = TypeVar("Result")

# How many threads the pieces have in this context; None where the BLAS behind NumPy has them for itself.
_threads: contextvars.ContextVar[int | None] = contextvars.ContextVar("threads", default=None)
_pieces_held = threading.Lock()  # by the thread whose pieces have all threads

# The limit on the BLAS: how many contexts of this process are within it, and how many threads the libraries had before.
_limit_held = threading.Lock()
_within = 0
_before: dict[Any, int] = {}


def pieces(rows: int) -> list[slice]:
    """An even number of pieces of nearly one size, or one piece if there are few rows."""
    return cut(rows, 1 if rows <= ROWS else 2 * math.ceil(rows / ROWS / 2))


def cut(rows: int, count: int) -> list[slice]:
    """`count` parts of nearly one size."""
    return [slice(rows * i // count, rows * (i + 1) // count) for i in range(count)]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within, the BLAS behind NumPy has one thread, and so have the pieces, whatever other threads of the process do."""
    with _limited_blas(), _pieces_on(1):
        yield


@contextmanager
def threads_for_pieces() -> Iterator[int]:
    """Within, the BLAS behind NumPy has one thread, and the pieces have the threads it had before: yields their number.

    Threads that each run a BLAS on all cores halve the speed, and so do the BLAS's own threads, which go on looking for
    work for a while after each product. Hence a network with convolutions does all of its products within.
    """
    threads = _threads.get()
    if threads is not None:
        yield threads
        return
    # Two of the caller's own threads at once: the pieces of the first have all threads, those of the other have one.
    first = _pieces_held.acquire(blocking=False)
    try:
        with _limited_blas() as before, _pieces_on(before if first else 1):
            yield before if first else 1
    finally:
        if first:
            _pieces_held.release()


@contextmanager
def _pieces_on(threads: int) -> Iterator[None]:
    token = _threads.set(threads)
    try:
        yield
    finally:
        _threads.reset(token)


@contextmanager
def _limited_blas() -> Iterator[int]:
    """Within, the BLAS has one thread; yields how many it has without. The contexts of several threads may overlap.

    A library has either one number of threads for the whole process, which the last context to end sets back, or one
    for each calling thread, which each context sets back for its own.
    """
    global _within
    own: dict[Any, int] = {}
    with _limit_held:
        _within += 1
    try:
        with _limit_held:
            for library in _blas().lib_controllers:
                number = library.num_threads or 1  # None where a library does not say
                if number > 1:
                    (own if _is_per_thread(library) else _before).setdefault(library, number)
                    _set_threads(library, 1)
            before = max([1, *own.values(), *_before.values()])
        yield before
    finally:
        with _limit_held:
            _within -= 1
            for library, number in own.items():
                _set_threads(library, number)
            while not _within and _before:
                _set_threads(*_before.popitem())


@functools.cache
def _is_per_thread(library: Any) -> bool:
    """Whether each calling thread has its own number of threads in a library: then another thread's limit changes nothing.

    So it is with MKL, and with OpenBLAS built with OpenMP, from threadpoolctl 3.7 on. Asked while the number is above 1.
    """
    other = threading.Thread(target=_set_threads, args=(library, 1))
    other.start()
    other.join()
    return bool(library.num_threads > 1)


def _set_threads(library: Any, number: int) -> None:
    """Set a library's number of threads, from any thread.

    threadpoolctl 3.8 and later lets one thread control OpenBLAS, the first that sets a number, and ignores all others
    without a word. So control is taken away from whichever thread has it, and kept only while there is a limit.
    """
    release = getattr(library, "clear_controlling_thread", lambda force: None)
    release(force=True)
    library.set_num_threads(number)
    if number > 1:
        release(force=True)


def on_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """[work(item) for item in items], shared out among the threads."""
    with threads_for_pieces() as threads:
        threads = min(threads, len(items))

        def share(first: int) -> list[Result]:
            return [work(item) for item in items[first::threads]]

        def share_of_other(first: int) -> list[Result]:
            with one_blas_thread():  # the limit of this thread may not be that of the other
                return share(first)

        # A copy of the context carries np.errstate over to the other threads.
        others = [_pool(os.getpid()).submit(contextvars.copy_context().run, share_of_other, i) for i in range(1, threads)]
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


@functools.cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@functools.cache
def _pool(process: int) -> Any:
    """Threads of this process: after a fork the child has its parent's objects, but not its threads."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix=f"scratchnet-{process}")
