"""Batches of images in pieces: the same numbers as in one go, on any number of threads, whoever asks for them."""

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import scratchnet as sn
from scratchnet.support.threads import threads_for_pieces

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
@pytest.mark.parametrize("error", [KeyError("here"), KeyboardInterrupt("here")], ids=repr)
def test_an_error_of_another_kind_stays_what_it_is(error):
    before = blas_threads()
    with pytest.raises(type(error), match="here"):
        sn.Network([refusing(error), same(2, 4)]).forward(spoiled(99, 1e9))
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
def test_a_batch_that_does_not_fit_into_the_memory_is_named():
    net = sn.Network([refusing(MemoryError("Unable to allocate")), same(2, 4)])
    with pytest.raises(sn.InputError, match=r"Refusing1.* of shape \(100, 6, 5, 2\) needs more memory than there is"):
        net.forward(spoiled(99, 1e9))


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
