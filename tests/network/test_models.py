"""The book's networks: their layers, their numbers, and PyTorch's scores and gradients for the convnets."""

from pathlib import Path

import numpy as np
import pytest
from small import made_up

import scratchnet as sn

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "images.npz")
CLOSE = {"rtol": 1e-10, "atol": 1e-13}


def weights(net):
    return {name: w for name, w, _ in net.parameters()}


# With PyTorch, whose images and weights have their channels first.


def small():
    layers = [sn.Convolution(2, 3, 3, pad=1), sn.ReLU(), sn.MaxPool(2), sn.Flatten(), sn.Affine(3 * 2 * 3, 4)]
    return sn.Network(layers, dtype=np.float64)


# case in images.npz -> (our network, the image (C, H, W) that the first Affine sees flattened)
CONVNETS = {
    "small": (small, (3, 3, 2)),
    "simple": (lambda: sn.simple_convnet(6, 2, 3, 3, 5, 4, dtype=np.float64), (3, 2, 2)),
    "deep": (lambda: sn.deep_convnet((1, 2, 3), 5, 4, dropout=0, dtype=np.float64), (3, 4, 4)),
}


def taken_over(case, name, last, image):
    """PyTorch's array, in our order of axes: name is a layer's, last its "W", "b", "dW" or "db"."""
    array = GOLDEN[f"{case}.{name}.{last}"]
    if name.startswith("Convolution") and array.ndim == 4:
        return sn.channels_last(array, "convolution")
    if array.ndim == 2:
        return sn.channels_last(array.T, "affine", image=image) if name == "Affine1" and image else array.T
    return array


def with_pytorchs_weights(case, image):
    net = CONVNETS[case][0]()
    for full_name, w, _ in net.parameters():
        w[...] = taken_over(case, *full_name.split("."), image)
    return net


@pytest.mark.parametrize("case", CONVNETS)
def test_a_convnet_of_pytorchs_gives_its_scores_and_gradients_here(case):
    image = CONVNETS[case][1]
    net = with_pytorchs_weights(case, image)
    net.layers[0].needs_dx = True
    criterion = sn.SoftmaxCrossEntropy()
    found = net.forward(sn.channels_last(GOLDEN[f"{case}.x"]))
    np.testing.assert_allclose(found, GOLDEN[f"{case}.scores"], **CLOSE)
    assert criterion.forward(found, GOLDEN[f"{case}.t"]) == pytest.approx(float(GOLDEN[f"{case}.loss"]), rel=1e-12)
    dx = net.backward(criterion.backward())
    np.testing.assert_allclose(dx, sn.channels_last(GOLDEN[f"{case}.dx"]), **CLOSE)
    for full_name, _, dw in net.parameters():
        name, _, last = full_name.partition(".")
        np.testing.assert_allclose(dw, taken_over(case, name, f"d{last}", image), **CLOSE, err_msg=full_name)
        assert np.abs(dw).max() > 1e-6  # there is something to compare


@pytest.mark.parametrize("case, image", [("small", (2, 3, 3)), ("small", (6, 3, 1)), ("small", None), ("deep", (4, 3, 4))])
def test_an_affine_taken_over_with_its_rows_in_another_order_gives_other_scores(case, image):
    found = with_pytorchs_weights(case, image).forward(sn.channels_last(GOLDEN[f"{case}.x"]))
    assert np.abs(found - GOLDEN[f"{case}.scores"]).max() > 1e-3


@pytest.mark.parametrize("case", CONVNETS)
def test_other_kinds_give_other_weights(case):
    W = GOLDEN[f"{case}.Convolution1.W"]
    assert sn.channels_last(W, "images").shape != sn.channels_last(W, "convolution").shape
    x = GOLDEN[f"{case}.x"]
    with pytest.raises(sn.InputError):
        CONVNETS[case][0]().forward(x)
    with pytest.raises(sn.InputError):
        CONVNETS[case][0]().forward(sn.channels_last(x, "convolution"))


# The book's numbers.


def test_simple_convnet_is_the_books():
    net = sn.simple_convnet(seed=0)
    assert net.names == ["Convolution1", "ReLU1", "MaxPool1", "Flatten1", "Affine1", "ReLU2", "Affine2"]
    assert {name: w.shape for name, w in weights(net).items()} == {
        **{"Convolution1.W": (5, 5, 1, 30), "Convolution1.b": (30,)},
        **{"Affine1.W": (12 * 12 * 30, 100), "Affine1.b": (100,), "Affine2.W": (100, 10), "Affine2.b": (10,)},
    }
    for name, w in weights(net).items():
        assert abs(w.std() - 0.01 * name.endswith("W")) < 4 * 0.01 / np.sqrt(2 * w.size)
    assert net.forward(np.ones((2, 28, 28, 1), np.float32)).shape == (2, 10)


def test_deep_convnet_is_the_books():
    net = sn.deep_convnet(seed=0)
    assert net.names == [
        *("Convolution1", "ReLU1", "Convolution2", "ReLU2", "MaxPool1"),
        *("Convolution3", "ReLU3", "Convolution4", "ReLU4", "MaxPool2"),
        *("Convolution5", "ReLU5", "Convolution6", "ReLU6", "MaxPool3", "Flatten1"),
        *("Affine1", "ReLU7", "Dropout1", "Affine2", "Dropout2"),
    ]
    shapes = {name: w.shape for name, w in weights(net).items() if name.endswith("W")}
    maps = [1, 16, 16, 32, 32, 64, 64]
    assert shapes == {
        **{f"Convolution{i + 1}.W": (3, 3, maps[i], maps[i + 1]) for i in range(6)},
        **{"Affine1.W": (4 * 4 * 64, 50), "Affine2.W": (50, 10)},
    }
    for name, w in weights(net).items():
        fan_in = np.prod(w.shape[:-1])
        size = np.sqrt(2 / fan_in) if name.endswith("W") else 0
        assert abs(w.std() - size) <= 4 * size / np.sqrt(2 * w.size), name
    assert [layer.ratio for layer in net.layers if isinstance(layer, sn.Dropout)] == [0.5, 0.5]
    out, sides = np.zeros((1, 28, 28, 1), np.float32), []
    for layer in net.layers[: net.names.index("Flatten1")]:
        out = layer.forward(out)
        sides += [out.shape[1]] if isinstance(layer, sn.MaxPool) else []
    assert sides == [14, 8, 4]


def test_what_is_asked_for_is_built():
    net = sn.simple_convnet(9, 2, 3, 4, 5, 6, sn.Tanh, sn.He(), sn.Constant(0.5), seed=3, dtype=np.float64)
    layers = [sn.Convolution(2, 3, 4), sn.Tanh(), sn.MaxPool(2), sn.Flatten(), sn.Affine(27, 5), sn.Tanh(), sn.Affine(5, 6)]
    same = sn.Network(layers, seed=3, dtype=np.float64)
    same.initialize(sn.He(), bias_init=sn.Constant(0.5))
    for (name, w), (other, expected) in zip(weights(net).items(), weights(same).items(), strict=True):
        assert name == other
        np.testing.assert_array_equal(w, expected)
    assert net.forward(np.ones((2, 9, 9, 2))).shape == (2, 6)

    deep = sn.deep_convnet((1, 2, 3), 4, 5, sn.PReLU, sn.Zeros(), sn.Ones(), dropout=0.25, seed=3)
    assert [layer.ratio for layer in deep.layers if isinstance(layer, sn.Dropout)] == [0.25, 0.25]
    assert {float(w.max()) for name, w in weights(deep).items()} == {0.0, 0.25, 1.0}
    assert sum(isinstance(layer, sn.PReLU) for layer in deep.layers) == 7
    assert deep.predict(np.ones((2, 28, 28, 1), np.float32)).shape == (2,)


def test_mlp_puts_the_norm_before_and_dropout_behind_the_activation():
    net = sn.mlp(6, [5, 4], 3, sn.Tanh, normalization=sn.LayerNorm, dropout=0.25, seed=0)
    block = ["Affine", "LayerNorm", "Tanh", "Dropout"]
    assert net.names == [*(f"{name}1" for name in block), *(f"{name}2" for name in block), "Affine3"]
    assert [layer.n for layer in net.layers if isinstance(layer, sn.LayerNorm)] == [5, 4]
    assert [layer.ratio for layer in net.layers if isinstance(layer, sn.Dropout)] == [0.25, 0.25]
    assert sn.mlp(6, [5], 3, normalization=lambda n: sn.BatchNorm(n, 0.5)).layers[1].momentum == 0.5


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: sn.simple_convnet(6, 2, 2, 3, 3, 2, sn.Tanh, sn.LeCun(), 0.1, seed=1),
        lambda: sn.Network(
            [
                *(sn.Convolution(2, 3, 3, stride=2, pad=1, bias_init=0.1), sn.BatchNorm(3), sn.SiLU(), sn.Dropout(0.3)),
                sn.Residual([sn.Convolution(3, 3, 3, pad=1, groups=3), sn.LayerNorm(3), sn.Tanh(), sn.Convolution(3, 3, 1)]),
                *(sn.AveragePool(2, 1), sn.Flatten(), sn.Affine(2 * 2 * 3, 2)),
            ],
            seed=0,
        ),
    ],
    ids=["simple", "with all there is"],
)
def test_the_gradients_of_small_convnets_are_right(make, training):
    net, x = make(), np.random.default_rng(4).standard_normal((3, 6, 6, 2))
    net.forward(x)
    report = sn.check_gradient(net.twin(training), x)
    assert report.ok, f"\n{report}"


@pytest.mark.parametrize(
    "make",
    [
        lambda: sn.simple_convnet(6, 1, 6, 3, 12, 4, init=sn.He(), seed=0),
        lambda: sn.mlp(36, [20, 20], 4, normalization=sn.BatchNorm, dropout=0.2, seed=0),
    ],
    ids=["simple_convnet", "normalized mlp"],
)
def test_it_learns(make):
    net = make()
    (images, t), (test_images, test_t) = made_up(400, seed=1), made_up(200, seed=2)
    shape = (-1, 6, 6, 1) if "Convolution1" in net.names else (-1, 36)
    x, test_x = ((array / np.float32(255)).reshape(shape) for array in (images, test_images))
    assert net.accuracy(test_x, test_t) < 0.7
    sn.Trainer(net, sn.Adam(0.01), batch_size=50).fit((x, t), epochs=8)
    assert net.accuracy(test_x, test_t) > 0.95
