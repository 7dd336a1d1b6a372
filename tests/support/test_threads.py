"""Threads: the BLAS has one within, whoever else is at work, and as many as before afterwards; results keep their bytes.

pytest's own process has a BLAS of one thread. So what needs more runs in processes of its own: see `in_threads`.
"""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from scratchnet.support.threads import on_threads, one_blas_thread, pieces, threads_for_pieces

TESTS = Path(__file__).parents[1]


def in_threads(names, number):
    """Run functions of in_threads.py in a process of its own, whose BLAS has so many threads; return what each prints."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": str(number), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, str(Path(__file__).with_name("in_threads.py")), names, str(number)]
    process = subprocess.run(command, env=env, capture_output=True, text=True, timeout=110)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


@pytest.fixture(scope="module", autouse=True)
def _blas_with_threads():
    if not blas_threads():
        pytest.skip("no BLAS here whose threads threadpoolctl can set")


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def two_threads():
    """As on a machine of two cores."""
    with threadpool_limits(2, user_api="blas"):
        yield


@pytest.mark.parametrize("number", [2, 4])
def test_the_blas_has_one_thread_within_and_afterwards_as_many_as_before(number):
    in_threads("one_after_the_other nested overlapping errors at_random others_limits", number)


def test_a_blas_in_which_each_thread_has_a_number_of_its_own():
    in_threads("numbers_of_their_own", 2)


def test_a_convolutional_network_has_the_same_bytes_in_every_thread_and_uses_the_pieces_threads():
    assert len({tuple(in_threads("convnet", number)) for number in (1, 2, 4)}) == 1


def test_results_and_predictions_have_the_same_bytes_whatever_the_threads():
    """In the main thread and others, side by side and nested, in Dask's threads; with one BLAS thread, two and four."""
    digests = [in_threads(names, number) for names, number in (("comparison", 1), ("comparison", 2), ("comparison dask", 4))]
    assert len({digest for some in digests for digest in some}) == 1 and [len(some) for some in digests] == [1, 1, 2]


@pytest.mark.parametrize("rows", [1, 2, 7, 24, 25, 26, 49, 50, 51, 99, 100, 1000, 2501])
def test_pieces_are_of_nearly_one_size_and_even_in_number(rows):
    cut = pieces(rows)
    np.testing.assert_array_equal(np.concatenate([np.arange(rows)[piece] for piece in cut]), np.arange(rows))
    sizes = [piece.stop - piece.start for piece in cut]
    assert max(sizes) - min(sizes) <= 1
    assert len(cut) == 1 or len(cut) % 2 == 0
    assert (len(cut) > 1) == (rows > 50)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_on_threads_gives_the_results_in_order_and_does_each_work_once(count):
    done = []
    assert on_threads(lambda i: (done.append(i), i * i)[1], range(count)) == [i * i for i in range(count)]
    assert sorted(done) == list(range(count))


@pytest.mark.usefixtures("two_threads")
def test_two_threads_work_at_a_time():
    with threads_for_pieces() as threads:
        if threads < 2:
            pytest.skip("the BLAS here has one thread only")
    together = threading.Barrier(2, timeout=20)
    on_threads(lambda i: together.wait(), range(2))  # breaks, with an error, unless both come


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("wrong", [0, 1, 2, 5])
def test_an_error_in_a_thread_is_raised_when_the_others_are_done(wrong):
    done = set()

    def work(i):
        if i == wrong:
            raise ZeroDivisionError(f"at {i}")
        done.add(i)

    with pytest.raises(ZeroDivisionError, match=f"at {wrong}"):
        on_threads(work, range(6))
    assert done >= {i for i in range(6) if i % 2 != wrong % 2}
    assert on_threads(abs, [-1, -2]) == [1, 2]


@pytest.mark.usefixtures("two_threads")
def test_within_the_blas_has_one_thread_and_afterwards_as_many_as_before():
    before = blas_threads()
    with one_blas_thread():
        assert set(blas_threads()) <= {1}
    with threads_for_pieces() as threads:
        assert threads == max(before, default=1)
        assert set(blas_threads()) <= {1}
        with threads_for_pieces() as again:
            assert again == threads
        assert on_threads(lambda i: blas_threads(), range(4)) == [[1] * len(before)] * 4
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
def test_within_one_blas_thread_the_pieces_have_one_too():
    with one_blas_thread(), threads_for_pieces() as threads:
        assert threads == 1


STEPS = """
import resource
import numpy as np
import scratchnet as sn

net, (x, t) = sn.simple_convnet(seed=0), (np.ones((100, 28, 28, 1), np.float32), np.zeros(100, int))
trainer = sn.Trainer(net, sn.SGD(0.01))
for step in range(15):
    if step == 5:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    trainer.step(x, t)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of use to glibc only")
def test_a_training_step_takes_up_the_memory_of_the_one_before():
    """A step has arrays of some 40 MB, that is, 10,000 pages: not to be had from the system again and again."""
    faults = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True).stdout
    assert float(faults) < 1000
