"""Batches of images in pieces: the same numbers as in one go, on any number of threads, whoever asks for them."""

import multiprocessing
import os
import platform
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import scratchnet as sn
from scratchnet.support.threads import on_threads, one_blas_thread, pieces, threads_for_pieces

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


class Centred(sn.Layer):
    """out = x − the batch's mean: a reader's own layer that would not do in pieces, and does not say that it would."""

    def forward(self, x):
        return x - x.mean(axis=0)

    def backward(self, dout):
        return dout - dout.mean(axis=0)


class Halved(sn.Layer):
    """out = x / 2 in training, and x in evaluation; row by row."""

    rowwise = True

    def forward(self, x):
        self.factor = 0.5 if self.training else 1
        return self.factor * x

    def backward(self, dout):
        return self.factor * dout


class Reciprocal(sn.Layer):
    """out = 1 / x, and a note of the threads on which it was computed."""

    rowwise = True

    def __init__(self):
        self.threads = set()

    def forward(self, x):
        self.threads.add(threading.get_ident())
        self.out = 1 / x
        return self.out

    def backward(self, dout):
        return -dout * self.out**2


def ends(width=4):
    return [sn.Flatten(), sn.Affine(6 * 5 * width, 3)]


def same(n_in, n_out):
    return sn.Convolution(n_in, n_out, 3, pad=1, bias_init=0.1)


# Each takes images (6, 5, 2).
NETS = {
    "convolutions": lambda: [same(2, 4), sn.ReLU(), same(4, 4), sn.Tanh(), *ends()],
    "strides and groups": lambda: [sn.Convolution(2, 4, 3, 2, 2, 2), sn.Tanh(), sn.Flatten(), sn.Affine(4 * 4 * 4, 3)],
    "pools": lambda: [same(2, 3), sn.MaxPool(2), same(3, 4), sn.AveragePool(2), sn.Flatten(), sn.Affine(4, 3)],
    "slopes that are learnt": lambda: [same(2, 4), sn.PReLU(4), same(4, 4), sn.PReLU(), *ends()],
    "a norm of each pixel": lambda: [same(2, 4), sn.LayerNorm(4), sn.ReLU(), same(4, 4), *ends()],
    "a norm of the batch between": lambda: [same(2, 4), sn.BatchNorm(4), sn.ReLU(), same(4, 4), sn.BatchNorm(4), *ends()],
    "dropout between": lambda: [same(2, 4), sn.Dropout(0.3), same(4, 4), sn.Dropout(0.3), *ends()],
    "ones own layer between": lambda: [same(2, 4), Centred(), same(4, 4), Centred(), *ends()],
    "ones own layer in a piece": lambda: [Halved(), same(2, 4), Halved(), sn.ReLU(), *ends()],
    "residual": lambda: [same(2, 4), sn.Residual([sn.ReLU(), same(4, 4), sn.PReLU(), same(4, 4)]), sn.ReLU(), *ends()],
    "residual, first": lambda: [sn.Residual([same(2, 3), sn.Tanh(), same(3, 2)]), *ends(2)],
    "residual with a norm": lambda: [
        *(same(2, 4), sn.Residual([same(4, 4), sn.BatchNorm(4), sn.ReLU(), same(4, 4)]), *ends()),
    ],
    "a network within": lambda: [sn.Network([same(2, 4), sn.ReLU()]), sn.Network([sn.Network([same(4, 4)])]), *ends()],
    "a network with a norm within": lambda: [sn.Network([same(2, 4), sn.BatchNorm(4), same(4, 4), sn.ReLU()]), *ends()],
}
every_net = pytest.mark.parametrize("make", NETS.values(), ids=NETS)


def network(make, seed=0):
    """In float64, and with dx down to the images."""
    net = sn.Network(make(), seed, np.float64)
    for _, layer in net.walk():
        layer.needs_dx = True
    return net


def images(rows=100, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, 6, 5, 2))


def douts(rows=100):
    return np.random.default_rng(9).standard_normal((rows, 3))


def forward(layer, x):
    """Layer by layer, all rows at once."""
    if not isinstance(layer, sn.Network):
        return layer.forward(x)
    out = x
    for inner in layer.layers:
        out = forward(inner, out)
    return x + out if isinstance(layer, sn.Residual) else out


def backward(layer, dout):
    if not isinstance(layer, sn.Network):
        return layer.backward(dout)
    dx = dout
    for inner in reversed(layer.layers):
        dx = backward(inner, dx)
    return dout + dx if isinstance(layer, sn.Residual) else dx


def results(net, rows=100, forward=sn.Network.forward, backward=sn.Network.backward):
    """Scores, dx, and the gradient of every parameter."""
    found = {"scores": forward(net, images(rows)), "dx": backward(net, douts(rows))}
    return {name: array.copy() for name, array in (found | {name: dw for name, _, dw in net.parameters()}).items()}


def assert_close(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], **CLOSE, err_msg=name)


def assert_same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def two_threads():
    """As on a machine of two cores; where the BLAS has no threads to be set, all goes on one."""
    with threadpool_limits(2, user_api="blas"):
        yield


@pytest.mark.usefixtures("two_threads")
@every_net
@pytest.mark.parametrize("rows", [2, 26, 51, 100])
def test_in_pieces_or_in_one_go_the_numbers_are_the_same(make, rows):
    assert_close(results(network(make), rows), results(network(make), rows, forward, backward))


@every_net
def test_the_number_of_threads_changes_no_bit(make):
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            found.append(results(network(make)))
    assert_same(*found)


@every_net
def test_a_batch_of_another_size_leaves_nothing_behind(make):
    net = network(make)
    results(net, 7)
    results(net, 130)
    net.forward(images(51))
    net.initialize()
    assert_same(results(net, 7), results(network(make), 7))
    net.initialize()
    assert_same(results(net), results(network(make)))


@every_net
@pytest.mark.parametrize("look", [sn.Network.predict, sn.measure_spread], ids=["predict", "measure_spread"])
def test_a_look_between_forward_and_backward_changes_nothing(make, look):
    def forward_and_look(net, x):
        scores = net.forward(x)
        look(net, images(60, seed=1))
        return scores

    assert_same(results(network(make), forward=forward_and_look), results(network(make)))


@every_net
def test_evaluation_goes_by_pieces_too(make):
    net, other = network(make), network(make)
    np.testing.assert_array_equal(net.predict(images()), forward(other.twin(), images()).argmax(axis=1))
    np.testing.assert_allclose(net.twin().forward(images()), forward(other.twin(), images()), **CLOSE)


# Threads.


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


@pytest.mark.parametrize("first_out", [0, 1])
def test_two_at_a_time_leave_the_blas_its_threads(first_out):
    """Two threads, each with a network of its own, whose passes overlap."""
    before, entered, leave = blas_threads(), [threading.Event() for _ in range(2)], [threading.Event() for _ in range(2)]

    def overlap(i):
        with threads_for_pieces():
            entered[i].set()
            assert leave[i].wait(20)

    with ThreadPoolExecutor(2) as pool:
        works = []
        for i in range(2):
            works.append(pool.submit(overlap, i))
            assert entered[i].wait(20)
        for i in (first_out, 1 - first_out):
            leave[i].set()
            works[i].result(20)
    assert blas_threads() == before


# What happens inside a thread. 99 is a row of the last piece, which with two threads is not the caller's.


def refusing(error):
    class Refusing(Reciprocal):
        def forward(self, x):
            if (x > 1e6).any():
                raise error
            return super().forward(x)

    return Refusing()


def spoiled(row, value):
    x = np.abs(images()) + 0.1
    x[row, 3, 2, 1] = value
    return x


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("row", [0, 50, 99])
@pytest.mark.parametrize("nested", [False, True], ids=["", "nested"])
def test_an_error_in_a_piece_names_the_layer_and_speaks_of_the_whole_batch(row, nested):
    layers = [refusing(ValueError("too large")), same(2, 4)]
    net, before = sn.Network([sn.Network(layers), *ends()] if nested else [*layers, *ends()], seed=0), blas_threads()
    with pytest.raises(sn.InputError, match=r"Refusing1 cannot take an array of shape \(100, 6, 5, 2\): too large"):
        net.forward(spoiled(row, 1e9))
    assert blas_threads() == before
    assert np.isfinite(net.forward(spoiled(row, 1.0))).all()


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("error", [KeyError("here"), MemoryError("here"), KeyboardInterrupt("here")], ids=repr)
def test_an_error_of_another_kind_stays_what_it_is(error):
    before = blas_threads()
    with pytest.raises(type(error), match="here"):
        sn.Network([refusing(error), same(2, 4)]).forward(spoiled(99, 1e9))
    assert blas_threads() == before


class DeadEnd(sn.ReLU):
    def backward(self, dout):
        super().backward(dout)


class Forgetful(sn.PReLU):
    def backward(self, dout):
        return dout


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(
    "layer, words", [(DeadEnd(), "DeadEnd1 returned no dx"), (Forgetful(), r"Forgetful1\.a got no gradient")]
)
def test_a_backward_that_leaves_something_out_is_named(layer, words):
    net, before = sn.Network([same(2, 4), layer, same(4, 4), *ends()], seed=0), blas_threads()
    net.forward(images())
    with pytest.raises(sn.InputError, match=words):
        net.backward(douts())
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("row", [0, 99])
def test_the_callers_errstate_holds_in_every_thread(row):
    reciprocal, x = Reciprocal(), spoiled(row, 0.0)
    net = sn.Network([reciprocal, same(2, 4), *ends()], seed=0, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert not np.isfinite(net.forward(x)[row]).all()
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        net.forward(x)
    with threads_for_pieces() as threads:
        assert len(reciprocal.threads) >= min(threads, 2)


@pytest.mark.usefixtures("two_threads")
@every_net
def test_after_forward_and_backward_the_blas_has_its_threads_again(make):
    net, before = network(make), blas_threads()
    net.forward(images())
    assert blas_threads() == before
    net.backward(douts())
    assert blas_threads() == before


# Other processes, and threads of the caller's.


def make_results(name):
    return results(network(NETS[name]))


def test_it_works_in_a_thread():
    with ThreadPoolExecutor(1) as pool:
        assert_same(pool.submit(make_results, "residual").result(60), make_results("residual"))


def test_networks_in_several_threads_do_not_disturb_each_other():
    names, before = [*NETS] * 2, blas_threads()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(make_results, names))
    for name, one in zip(names, found, strict=True):
        assert_same(one, make_results(name))
    assert blas_threads() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.usefixtures("two_threads")
def test_it_works_in_a_forked_process():
    """The child has the parent's threads by name alone, and must not wait for them."""
    expected, fork = make_results("residual"), multiprocessing.get_context("fork")
    here, there = fork.Pipe()
    process = fork.Process(target=lambda: there.send(make_results("residual")))
    process.start()
    try:
        assert here.poll(30), "the child waits"
        assert_same(here.recv(), expected)
    finally:
        process.kill()
        process.join()
    assert_same(make_results("residual"), expected)


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
