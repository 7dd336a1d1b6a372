"""LSUV: variance 1 behind every layer on the batch it saw, and nothing else changed."""

import re

import numpy as np
import pytest
from small import digits, write_idx_folder

import scratchnet as sn
from scratchnet import cli
from scratchnet.comparison import Comparison
from scratchnet.experiment.run import Run


def normal(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def deep(kind, width=40, depth=20):
    return lambda: sn.mlp(30, [width] * depth, 5, kind, seed=3)


def convnet():
    layers = [
        *(sn.Convolution(2, 6, 3, pad=1), sn.ReLU(), sn.MaxPool(2), sn.Convolution(6, 4, 3, stride=2), sn.Tanh()),
        *(sn.Flatten(), sn.Affine(16, 8), sn.GELU(), sn.Affine(8, 5)),
    ]
    return sn.Network(layers, seed=3)


def residual():
    branch = [sn.ReLU(), sn.Affine(20, 20), sn.ReLU(), sn.Affine(20, 20)]
    return sn.Network([sn.Affine(30, 20), sn.Residual(branch), sn.BatchNorm(20), sn.ReLU(), sn.Affine(20, 5)], seed=3)


CASES = {
    "ReLU": (deep(sn.ReLU), (500, 30)),
    "Tanh": (deep(sn.Tanh), (500, 30)),
    "Sigmoid": (deep(sn.Sigmoid), (500, 30)),
    "convnet": (convnet, (150, 10, 10, 2)),
    "residual and BatchNorm": (residual, (500, 30)),
}


def outputs(net, x):
    """What comes out of every layer with weights, by a plain walk through the layers."""
    found = {}
    for name, layer in zip(net.names, net.layers, strict=True):
        if isinstance(layer, sn.Residual):
            inner, last = outputs(layer, x)
            found |= {f"{name}.{key}": value for key, value in inner.items()}
            x = x + last
        else:
            x = layer.forward(x)
            if "W" in layer.specs:
                found[name] = x
    return found, x


@pytest.mark.parametrize("case", CASES)
def test_every_layer_gives_variance_1_on_the_batch(case):
    make, shape = CASES[case]
    net, x = make(), normal(shape)
    net.initialize(sn.LSUV(tol=0.01), images=x)
    found, _ = outputs(net, x)
    assert len(found) == sum("W" in layer.specs for _, layer in net.walk())
    for name, out in found.items():
        assert out.var(dtype=np.float64) == pytest.approx(1, abs=0.011), name


def test_it_is_the_loop_of_the_paper():
    net, x = deep(sn.ReLU, depth=4)(), normal((300, 30))
    net.initialize(sn.LSUV(), images=x)
    plain = deep(sn.ReLU, depth=4)()
    plain.initialize(sn.Orthogonal())
    for last in range(0, len(plain.layers), 2):
        for _ in range(10):
            out = x
            for layer in plain.layers[: last + 1]:
                out = layer.forward(out)
            if abs(out.var() - 1) < 0.1:
                break
            plain.layers[last].W /= out.std()
    for (name, w, _), (_, expected, _) in zip(net.parameters(), plain.parameters(), strict=True):
        np.testing.assert_allclose(w, expected, rtol=1e-4, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_weights_are_those_of_orthogonal_at_the_same_seed_but_for_a_factor(case):
    make, shape = CASES[case]
    net, orthogonal = make(), make()
    net.initialize(sn.LSUV(), images=normal(shape))
    orthogonal.initialize(sn.Orthogonal())
    for (name, w, _), (_, q, _) in zip(net.parameters(), orthogonal.parameters(), strict=True):
        factor = w.ravel()[0] / q.ravel()[0] if w.ndim > 1 else 1
        np.testing.assert_allclose(w, factor * q, rtol=1e-5, atol=1e-6, err_msg=name)
        assert w.ndim == 1 or factor > 0


def test_few_tries_and_wide_tolerance_change_less():
    x = normal((300, 30))
    one, rough = deep(sn.ReLU)(), deep(sn.ReLU)()
    one.initialize(sn.LSUV(tries=1), images=5 * x)
    assert outputs(one, 5 * x)[0]["Affine1"].var() == pytest.approx(1, abs=0.01)
    rough.initialize(sn.LSUV(tol=1e9), images=x)
    orthogonal = deep(sn.ReLU)()
    orthogonal.initialize(sn.Orthogonal())
    np.testing.assert_array_equal(rough.layers[0].W, orthogonal.layers[0].W)


def test_looking_leaves_no_trace_but_in_the_weights():
    net = sn.mlp(30, [20], 5, normalization=sn.BatchNorm, dropout=0.5, seed=0)
    net.initialize(sn.LSUV(), images=normal((100, 30)))
    other = sn.mlp(30, [20], 5, normalization=sn.BatchNorm, dropout=0.5, seed=0)
    other.initialize(sn.LSUV(), images=normal((100, 30)))
    norm = net.layers[1]
    assert not norm.running_mean.any() and (norm.running_var == 1).all()
    np.testing.assert_array_equal(net.forward(normal((9, 30))), other.forward(normal((9, 30))))  # the same dropout


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sn.mlp(30, [9], 5, init=sn.LSUV()), r"Affine1\.W: LSUV looks at a batch.*initialize\(LSUV\(\), images="),
        (lambda: deep(sn.ReLU)().initialize(sn.LSUV()), r"LSUV looks at a batch"),
        (lambda: deep(sn.ReLU)().initialize(sn.LSUV(), images=np.ones((3, 30), int)), "float"),
        (lambda: deep(sn.ReLU)().initialize(sn.LSUV(), images=np.full((3, 30), np.nan)), "NaN"),
        (lambda: deep(sn.ReLU)().initialize(sn.LSUV(), images=normal((3, 31))), "width 30"),
        (lambda: deep(sn.ReLU)().initialize(sn.LSUV(), images=np.zeros((3, 30))), r"Affine1: .*variance 0"),
        (lambda: convnet().initialize(sn.LSUV(), images=np.zeros((3, 10, 10, 2))), r"Convolution1: .*variance 0"),
        (lambda: sn.mlp(30, [9], 5, bias_init=sn.LSUV()), "LSUV is for weights, with two axes or more"),
        (lambda: sn.LSUV(tol=0), "tol"),
        (lambda: sn.LSUV(tries=0.5), "tries"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(sn.InputError, match=words):
        call()


@pytest.mark.parametrize("images", [None, normal((3, 31)), normal((3, 30)).astype(int), np.full((3, 30), np.inf)])
def test_a_network_without_a_batch_that_fits_stays_as_it_was(images):
    net = deep(sn.ReLU)()
    before = [w.copy() for _, w, _ in net.parameters()]
    with pytest.raises(sn.InputError):
        net.initialize(sn.LSUV(), seed=7, images=images)
    assert net.seed == 3
    for w, (_, now, _) in zip(before, net.parameters(), strict=True):
        np.testing.assert_array_equal(w, now)


def test_a_ruined_network_starts_anew():
    net = deep(sn.ReLU)()
    net.layers[0].W[...] = np.inf
    net.initialize(sn.LSUV(), images=normal((300, 30)))
    assert all(np.isfinite(w).all() for _, w, _ in net.parameters())


def test_biases_stay_and_the_weights_make_room_for_them():
    """Var(out) = factor² Var(x Q) + Var(b) + a small mixed term, so one division does not do."""
    net, other = deep(sn.Tanh, depth=3)(), deep(sn.Tanh, depth=3)()
    x = normal((500, 30))
    net.initialize(sn.LSUV(tol=0.01), bias_init=sn.Normal(0.5), images=3 * x)
    other.initialize(sn.Orthogonal(), bias_init=sn.Normal(0.5))
    for name, out in outputs(net, 3 * x)[0].items():
        assert out.var(dtype=np.float64) == pytest.approx(1, abs=0.011), name
    for layer, plain in zip(net.layers[::2], other.layers[::2], strict=True):
        np.testing.assert_array_equal(layer.b, plain.b)
    first = (3 * x @ other.layers[0].W).astype(np.float64)
    b = other.layers[0].b.astype(np.float64)
    mixed = 2 * (first * (b - b.mean())).mean()
    factor = np.roots([first.var(), mixed, b.var() - 1]).max()
    np.testing.assert_allclose(net.layers[0].W, factor * other.layers[0].W, rtol=0.02, atol=1e-6)


def test_it_tries_as_often_as_it_is_told():
    x = normal((300, 30))
    net, plain = (sn.mlp(30, [], 20, bias_init=sn.Normal(0.5), seed=3) for _ in range(2))
    plain.initialize(sn.Orthogonal())
    for tries in range(1, 4):
        net.initialize(sn.LSUV(tol=1e-6, tries=tries), images=2 * x)
        plain.layers[0].W /= plain.forward(2 * x).std(dtype=np.float64)
        np.testing.assert_allclose(net.layers[0].W, plain.layers[0].W, rtol=1e-5, atol=1e-7)


def test_weights_of_other_initializers_are_not_touched():
    class Own(sn.Layer):
        """A layer with a weight that keeps its own initializer in a comparison."""

        def __init__(self):
            self.W = self.parameter("W", (20, 20), sn.initializer("Identity"))

        def forward(self, x):
            self.x = x
            return np.maximum(x @ self.W, 0)

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    train, _ = digits()
    run = Run("He", "He", sn.He(), sn.Zeros(), (20,), Own, sn.SGD(0.1), 10, 1, 4, "digits")
    net = run.network(train)
    np.testing.assert_array_equal(net.layers[1].W, np.eye(20))
    expected = sn.mlp(784, [20], 10, init=sn.He(), seed=4).layers[0].W
    np.testing.assert_array_equal(net.layers[0].W, expected)
    sn.LSUV().look_at(net, train[:100][0])
    np.testing.assert_array_equal(net.layers[0].W, expected)


def test_a_comparison_shows_it_the_first_training_images():
    train, test = digits()
    result = sn.compare([sn.He(), sn.LSUV()], hidden=[20, 20], steps=3, seeds=1, data=(train, test), progress=False)
    before = result.by_label["LSUV"][0].before
    for name in ("Affine1", "Affine2", "Affine3"):
        assert before[name].std ** 2 == pytest.approx(1, abs=0.15)  # .1, and the mean that belongs to no variance


def test_the_command_line_knows_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Comparison, "figures", lambda *_, **__: {})  # which take a second
    words = ["--init", "He", "LSUV", "--hidden", "8x2", "--steps", "2", "--seeds", "1", "--batch-size", "16"]
    folders = ["--data", str(write_idx_folder(tmp_path / "data")), "--out", str(tmp_path / "out")]
    assert cli.main(["compare", *folders, *words]) == 0
    assert re.search(r"^LSUV ", capsys.readouterr().out, re.MULTILINE)


def test_a_network_is_built_with_images():
    x = normal((200, 30))
    later = sn.mlp(30, [20, 20], 5, seed=1)
    later.initialize(sn.LSUV(), images=x)
    built = [
        sn.mlp(30, [20, 20], 5, init=sn.LSUV(), seed=1, images=x),
        sn.Network(
            [sn.Affine(30, 20, sn.LSUV()), sn.ReLU(), sn.Affine(20, 20, sn.LSUV()), sn.ReLU(), sn.Affine(20, 5, sn.LSUV())],
            seed=1,
            images=x,
        ),
    ]
    for net in built:
        for (_, w, _), (_, due, _) in zip(net.parameters(), later.parameters(), strict=True):
            assert np.array_equal(w, due)
    with pytest.raises(sn.InputError, match=r"looks at a batch of inputs: give the network images="):
        sn.mlp(30, [20], 5, init=sn.LSUV())
