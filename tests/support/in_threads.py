"""What `test_threads` runs in processes of their own: python in_threads.py "NAME …" N, with N threads for the BLAS.

Each function here raises an AssertionError if anything is not as it should be; some print a digest to be compared.
"""

import hashlib
import json
import random
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import small
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

import scratchnet as sn
from scratchnet.experiment.store import Folder
from scratchnet.support import threads
from scratchnet.support.threads import one_blas_thread, threads_for_pieces

N = int(sys.argv[2]) if len(sys.argv) > 2 else 2
PATIENCE = 60


def blas():
    found = {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}
    assert len(found) == 1, found
    return found.pop()


def product():
    """The bytes of a product, which may depend on the number of threads."""
    x = np.random.default_rng(0).standard_normal((1100, 300), np.float32)
    return (x.T @ x).tobytes() + (x[:128] @ x[:300].T).tobytes() + (x @ np.ones(300, np.float32)).tobytes()


def start():
    """Limits set by a call, not by `with`: from threadpoolctl 3.8 on, the main thread then controls OpenBLAS for good."""
    global ONE, MANY
    threadpool_limits(1, user_api="blas")
    ONE = product()
    threadpool_limits(N, user_api="blas")
    assert blas() == N
    MANY = product()


def assert_within():
    assert blas() == 1
    assert product() == ONE


def assert_outside():
    assert blas() == N
    assert product() == MANY


def in_a_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(PATIENCE)


def within(context=one_blas_thread):
    with context():
        assert_within()


def one_after_the_other():
    with ThreadPoolExecutor(1) as early:
        early.submit(blas).result()  # its thread begins before any limit
        for context in (one_blas_thread, threads_for_pieces):
            for run in (lambda work: work(), in_a_thread, lambda work: early.submit(work).result(PATIENCE)) * 2:
                run(lambda context=context: within(context))
                assert_outside()


def nested():
    with one_blas_thread():
        within()
        assert_within()
        within(threads_for_pieces)
        assert_within()
        in_a_thread(within)
        assert_within()
        with threads_for_pieces() as number:
            assert number == 1
    assert_outside()
    with threads_for_pieces() as number:
        assert number == N
        within()
        assert_within()
        with threads_for_pieces() as again:
            assert again == N
    assert_outside()


def overlapping():
    """Every order in which two threads can enter and leave, the main thread and another or two others."""
    for first in (one_blas_thread, threads_for_pieces):
        for second in (one_blas_thread, threads_for_pieces):
            for first_out in (0, 1):
                with ThreadPoolExecutor(1) as a, ThreadPoolExecutor(1) as b:
                    pools, contexts = [a, b], [first(), second()]
                    for pool, context in zip(pools, contexts, strict=True):
                        pool.submit(context.__enter__).result(PATIENCE)
                        pool.submit(assert_within).result(PATIENCE)
                    pools[first_out].submit(contexts[first_out].__exit__, None, None, None).result(PATIENCE)
                    pools[1 - first_out].submit(assert_within).result(PATIENCE)
                    assert_within()
                    pools[1 - first_out].submit(contexts[1 - first_out].__exit__, None, None, None).result(PATIENCE)
                    assert_outside()
                    a.submit(assert_outside).result(PATIENCE)
                assert_outside()


def errors():
    def fail():
        with one_blas_thread():
            assert_within()
            raise KeyError("here")

    for run in (lambda work: work(), in_a_thread):
        try:
            run(fail)
        except KeyError:
            assert_outside()
        else:
            raise AssertionError("no error")
    with one_blas_thread():
        try:
            in_a_thread(fail)
        except KeyError:
            assert_within()
    assert_outside()


def at_random():
    """Four threads that enter, nest and leave in no order."""

    def walk(seed):
        choose = random.Random(seed)

        def enter(depth):
            with choose.choice([one_blas_thread, threads_for_pieces])():
                assert_within()
                if depth < 3 and choose.random() < 0.5:
                    enter(depth + 1)
                assert_within()

        for _ in range(30):
            enter(0)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(walk, seed) for seed in range(4)]
        wait(done, PATIENCE)
        for one in done:
            one.result(0)
    assert_outside()


def others_limits():
    """Limits that the caller sets: ours holds within them, and afterwards theirs can be set from any thread again."""

    def set_and_look(number):
        with threadpool_limits(number, user_api="blas"):
            return blas()

    with threadpool_limits(N + 1, user_api="blas"):
        in_a_thread(within)
        assert blas() == N + 1
        within()
        assert blas() == N + 1
    assert_outside()
    in_a_thread(within)
    assert in_a_thread(lambda: set_and_look(N + 1)) == N + 1
    assert_outside()
    assert set_and_look(N + 2) == N + 2
    assert_outside()


def numbers_of_their_own():
    """A library in which each thread has its own number of threads, as MKL has: here OpenMP, which scikit-learn brings."""
    import sklearn.utils._openmp_helpers  # noqa: F401

    openmp = ThreadpoolController().select(user_api="openmp")
    assert openmp.lib_controllers
    threads._blas = lambda: openmp

    def look():
        return {library.num_threads for library in openmp.lib_controllers}

    with ThreadPoolExecutor(1) as a, ThreadPoolExecutor(1) as b, ThreadPoolExecutor(1) as c:
        for pool, number in ((a, 3), (b, 4), (c, 5)):
            pool.submit(openmp.limit, limits=number).result()
        contexts = [one_blas_thread(), threads_for_pieces()]
        assert a.submit(contexts[0].__enter__).result() is None
        assert b.submit(contexts[1].__enter__).result() == 4
        assert [pool.submit(look).result() for pool in (a, b, c)] == [{1}, {1}, {5}]
        a.submit(contexts[0].__exit__, None, None, None).result()
        assert [pool.submit(look).result() for pool in (a, b, c)] == [{3}, {1}, {5}]
        assert b.submit(threads.on_threads, lambda i: look(), range(8)).result() == [{1}] * 8
        b.submit(contexts[1].__exit__, None, None, None).result()
        assert [pool.submit(look).result() for pool in (a, b, c)] == [{3}, {4}, {5}]


class Watch(sn.Layer):
    """out = x, and a note of the threads on which it was computed and of how many the pieces have."""

    rowwise = True

    def __init__(self):
        self.idents, self.numbers = set(), set()

    def forward(self, x):
        assert blas() == 1
        self.idents.add(threading.get_ident())
        with threads_for_pieces() as number:
            self.numbers.add(number)
        return x

    def backward(self, dout):
        return dout


def convnet():
    """Forward and backward of a convolutional network: the same bytes in any thread, alone or beside others."""
    x = np.random.default_rng(0).standard_normal((200, 8, 8, 3), np.float32)

    def work():
        watch = Watch()
        layers = [sn.Convolution(3, 8, 3, pad=1), watch, sn.ReLU(), sn.MaxPool(2), sn.Flatten()]
        net = sn.Network([*layers, sn.Affine(128, 300), sn.ReLU(), sn.Affine(300, 10)], seed=0)
        digest = hashlib.sha256(net.forward(x).tobytes())
        net.backward(np.ones((200, 10), np.float32))
        for _, _, dw in net.parameters():
            digest.update(dw.tobytes())
        assert min(max(watch.numbers), 2) <= len(watch.idents) <= max(watch.numbers)
        return digest.hexdigest(), max(watch.numbers)

    found = [work(), in_a_thread(work), work()]
    assert len({digest for digest, _ in found}) == 1
    assert [number for _, number in found] == [N] * 3
    with ThreadPoolExecutor(3) as pool:
        side_by_side = [one.result(PATIENCE) for one in [pool.submit(work) for _ in range(12)]]
    assert {digest for digest, _ in side_by_side} == {found[0][0]}
    assert {number for _, number in side_by_side} <= {1, N}
    assert_outside()
    print(found[0][0])


def compared(**how):
    """The bytes of results.jsonl and of spread.csv, in which the predictions are."""
    result = sn.compare(
        {"He": sn.He(), "LSUV": sn.LSUV()},
        hidden=[32],
        seeds=2,
        steps=3,
        data=small.digits(train=300, test=50),
        progress=False,
        **how,
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(place)
        folder.replace(result)
        folder.write_spread_csv(result)
        return [hashlib.sha256((Path(place) / name).read_bytes()).hexdigest() for name in ("results.jsonl", "spread.csv")]


def comparison():
    expected = compared()
    with ThreadPoolExecutor(2) as pool:
        assert compared(executor=pool, jobs=2) == expected
    assert_outside()
    assert in_a_thread(compared) == expected
    with one_blas_thread(), ThreadPoolExecutor(2) as pool:
        assert compared(executor=pool, jobs=2) == expected
    assert_outside()
    assert compared() == expected
    print(json.dumps(expected))


def dask():
    from distributed import Client

    with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0") as client:
        found = compared(executor=client.get_executor(pure=False), jobs=2)
    assert_outside()
    print(json.dumps(found))


if __name__ == "__main__":
    for name in sys.argv[1].split():
        start()
        globals()[name]()
