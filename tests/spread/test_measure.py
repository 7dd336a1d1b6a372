"""The measured spread: against plain NumPy on the raw activations, and against the book's figures.

The numbers of the last part come from shared experience of the book's networks, averaged here over a few seeds.
"""

import functools
import math

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.spread import Histogram


def batch(rows=2500, width=12, classes=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, width)).astype(np.float32), rng.integers(0, classes, rows)


def network(activation=sn.ReLU, init=1.0, **settings):
    """A network with all there is to count: units that are dead, zeros, outputs near their bounds."""
    settings = {"seed": 0, "bias_init": 1.0, "dtype": np.float64} | settings
    net = sn.mlp(12, [9, 8], 5, activation, init, **settings)
    net.layers[0].b[:2] = -100
    return net


def activations(net, x, prefix=""):
    """The outputs of every layer, on all rows at once; inner layers before the network that they are in."""
    outputs, out = {}, np.asarray(x, net.dtype)
    for name, layer in zip(net.names, net.layers, strict=True):
        if isinstance(layer, sn.Network):
            outputs |= activations(layer, out, f"{prefix}{name}.")
            inside = list(outputs.values())[-1]
            out = out + inside if isinstance(layer, sn.Residual) else inside
        else:
            out = layer.forward(out)
        outputs[prefix + name] = out
    return outputs


def gradients(net, dout, prefix=""):
    """What every layer's backward is given, and what the last one makes of it."""
    douts = {}
    for name, layer in zip(reversed(net.names), reversed(net.layers), strict=True):
        douts[prefix + name] = dout
        if isinstance(layer, sn.Network):
            inner, dx = gradients(layer, dout, f"{prefix}{name}.")
            douts |= inner
            dout = dout + dx if isinstance(layer, sn.Residual) else dx
        else:
            dout = layer.backward(dout)
    return douts, dout


def manual(out, bounds):
    channels = out.shape[-1]
    rows = out = out.reshape(len(out), -1)  # each place of an image has units of its own
    moving = rows[np.linalg.norm(rows, axis=1) > 0]
    lengths = np.linalg.norm(moving, axis=1)
    cosines = moving @ moving.T / np.outer(lengths, lengths)
    middle, half = (np.mean(bounds), np.ptp(bounds) / 2) if bounds else (0, 1)
    return {
        "mean": out.mean(),
        "std": out.std(),
        "rms": np.sqrt((out**2).mean()),
        "within_std": np.sqrt(out.var(axis=0).mean()),
        "between_std": out.mean(axis=0).std(),
        "correlation": cosines[~np.eye(len(moving), dtype=bool)].mean(),
        "dead": (out == 0).reshape(-1, channels).all(axis=0).mean(),
        "zero": (out == 0).mean(),
        "saturated": (np.abs(out - middle) > 0.97 * half).mean() if bounds else None,
    }


@pytest.mark.parametrize("rows", [300, 1000, 2500], ids=["one part", "one whole part", "three parts"])
@pytest.mark.parametrize("activation", [sn.ReLU, sn.Tanh, sn.Sigmoid, sn.LeakyReLU], ids=lambda kind: kind.__name__)
def test_the_spread_is_that_of_the_raw_activations(activation, rows):
    net, (x, _) = network(activation), batch(rows)
    spread = sn.measure_spread(net, x)
    assert [layer.name for layer in spread.layers] == net.names
    for layer, (name, out) in zip(net.layers, activations(net, x).items(), strict=True):
        for what, expected in manual(out, layer.bounds).items():
            measured = getattr(spread[name], what)
            assert measured is expected or measured == pytest.approx(expected, rel=1e-9, abs=1e-12), f"{what} of {name}"


def same(n_in, n_out):
    return sn.Convolution(n_in, n_out, 3, pad=1, bias_init=0.1)


def ends(width=4):
    return [sn.Flatten(), sn.Affine(6 * 5 * width, 5)]


# Each takes images (6, 5, 2); none but those of `OF_THE_BATCH` looks at other rows than the one at hand.
NETS = {
    "convnet": lambda: [same(2, 4), sn.ReLU(), sn.MaxPool(2), same(4, 3), sn.Sigmoid(), sn.Flatten(), sn.Affine(18, 5)],
    "residual": lambda: [same(2, 4), sn.Residual([sn.ReLU(), same(4, 4), sn.Tanh(), same(4, 4)]), sn.ReLU(), *ends()],
    "nested": lambda: [sn.Network([same(2, 4), sn.ReLU()]), sn.Network([sn.Network([same(4, 4)]), sn.Tanh()]), *ends()],
    "a norm of pixels": lambda: [same(2, 4), sn.LayerNorm(4), sn.Residual([sn.LayerNorm(4), same(4, 4)]), *ends()],
}
OF_THE_BATCH = {
    "norm": lambda: [same(2, 4), sn.BatchNorm(4), sn.ReLU(), same(4, 4), sn.BatchNorm(4), *ends()],
    "residual with a norm": lambda: [same(2, 4), sn.Residual([same(4, 4), sn.BatchNorm(4), same(4, 4)]), *ends()],
    "network with a norm": lambda: [sn.Network([same(2, 4), sn.BatchNorm(4), same(4, 4)]), sn.ReLU(), *ends()],
}


def pictures(rows, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, 6, 5, 2)), rng.integers(0, 5, rows)


def convnet(case):
    """With a channel that is dead."""
    net = sn.Network((NETS | OF_THE_BATCH)[case](), seed=0, dtype=np.float64)
    first = next(layer for _, layer in net.walk() if isinstance(layer, sn.Convolution))
    first.b[1] = -100
    return net


@pytest.mark.parametrize("rows", [20, 100, 300, 1010])
@pytest.mark.parametrize("case", NETS)
def test_the_spread_of_images_is_that_of_their_places(case, rows):
    assert_spread(convnet(case), rows)


@pytest.mark.parametrize("rows", [20, 60, 100])
@pytest.mark.parametrize("case", OF_THE_BATCH)
def test_what_looks_at_the_batch_sees_a_hundred_images_at_once(case, rows):
    assert_spread(convnet(case), rows)


def assert_spread(net, rows):
    x, t = pictures(rows)
    spread = sn.measure_spread(net, x, t, lr=0.1)
    outputs, bounds = activations(net, x), {name: layer.bounds for name, layer in net.walk()}
    assert [layer.name for layer in spread.layers] == list(outputs) == list(bounds)
    for name, out in outputs.items():
        for what, expected in manual(out, bounds[name]).items():
            measured = getattr(spread[name], what)
            assert measured is expected or measured == pytest.approx(expected, rel=1e-9, abs=1e-12), f"{what} of {name}"
        first, histogram = out[: rows // math.ceil(rows / 100)], spread[name].histogram
        assert sum(histogram.counts) == first.size
        assert histogram.limits[0] <= first.min() <= first.max() <= histogram.limits[1]

    criterion = sn.SoftmaxCrossEntropy()
    assert spread.first_loss == pytest.approx(criterion.forward(list(outputs.values())[-1], t), rel=1e-12)
    douts, _ = gradients(net, criterion.backward())
    for name, layer in net.walk():
        assert spread[name].grad_rms == pytest.approx(np.sqrt((douts[name] ** 2).mean()), rel=1e-9), name
        if "W" in layer.specs:
            dw_rms, w_rms = np.sqrt((layer.dW**2).mean()), np.sqrt((layer.W**2).mean())
            assert spread[name].dw_rms == pytest.approx(dw_rms, rel=1e-9), name
            assert spread[name].w_rms == pytest.approx(w_rms, rel=1e-12), name
            assert spread[name].update_ratio == pytest.approx(np.log10(0.1 * dw_rms / w_rms), rel=1e-9), name
        else:
            assert spread[name].dw_rms is spread[name].w_rms is None


def test_a_dead_channel_is_one_unit_and_its_pixels_are_not_so_many():
    spread = sn.measure_spread(convnet("convnet"), pictures(50)[0])
    assert spread["ReLU1"].dead == spread["MaxPool1"].dead == 1 / 4


def test_inner_layers_are_listed_before_the_network_that_they_are_in():
    spread = sn.measure_spread(convnet("residual"), pictures(50)[0])
    inner = ["Residual1.ReLU1", "Residual1.Convolution1", "Residual1.Tanh1", "Residual1.Convolution2"]
    names = ["Convolution1", *inner, "Residual1", "ReLU1", "Flatten1", "Affine1"]
    assert [layer.name for layer in spread.layers] == names
    assert [line.split()[0] for line in str(spread).splitlines()[2 : 2 + len(names)]] == names
    assert spread["Residual1.Tanh1"].saturated is not None


def test_batch_norm_goes_by_the_batch_in_training_and_by_what_it_remembers_in_evaluation():
    net, (x, _) = sn.mlp(12, [9, 8], 5, sn.Tanh, normalization=sn.BatchNorm, seed=0, dtype=np.float64), batch(800)
    training, evaluation = (sn.measure_spread(net, x, training=training) for training in (True, False))
    assert evaluation["Affine1"] == training["Affine1"]
    for name in ("BatchNorm1", "BatchNorm2"):
        assert training[name].std == pytest.approx(1, rel=1e-4)  # but for ε
        assert training[name].within_std == pytest.approx(training[name].std, rel=1e-12)
        assert training[name].between_std < 1e-12
    before = evaluation["Affine1"]  # the running mean is still 0, the running variance 1
    for what in ("mean", "std", "within_std", "between_std"):
        expected = getattr(before, what) / math.sqrt(1 + 1e-5)
        assert getattr(evaluation["BatchNorm1"], what) == pytest.approx(expected, rel=1e-9)
    assert evaluation["BatchNorm2"].between_std > 0.01


def test_dropout_drops_in_training_and_not_in_evaluation():
    net, (x, _) = sn.mlp(12, [9], 5, sn.Tanh, dropout=0.3, seed=0), batch(2500)
    training, evaluation = (sn.measure_spread(net, x, training=training) for training in (True, False))
    assert abs(training["Dropout1"].zero - 0.3) < 4 * math.sqrt(0.3 * 0.7 / (2500 * 9))
    assert evaluation["Dropout1"].zero == 0
    assert evaluation["Dropout1"].std == evaluation["Tanh1"].std


@pytest.mark.parametrize("case", NETS | OF_THE_BATCH)
@pytest.mark.parametrize("training", [True, False])
def test_measuring_leaves_nothing_changed(case, training):
    net, (x, t) = convnet(case), pictures(60)
    criterion = sn.SoftmaxCrossEntropy()
    criterion.forward(net.forward(x), t)
    dx = net.backward(criterion.backward())
    before = {name: {key: np.copy(value) for key, value in vars(layer).items()} for name, layer in net.walk()}
    sn.measure_spread(net, *pictures(90, seed=1), training=training)
    for name, layer in net.walk():
        assert list(vars(layer)) == list(before[name]), name
        for key, value in vars(layer).items():
            if isinstance(value, np.ndarray | int | float | bool):
                np.testing.assert_array_equal(value, before[name][key], err_msg=f"{name}.{key}")
    assert dx is None
    assert all(layer.training and type(layer).forward is layer.forward.__func__ for _, layer in net.walk())


def test_what_is_counted_is_there_to_count():
    relu, tanh = (sn.measure_spread(network(kind), batch()[0]) for kind in (sn.ReLU, sn.Tanh))
    assert relu["ReLU1"].dead == pytest.approx(2 / 9)
    assert 0.3 < relu["ReLU1"].zero < 0.7
    assert relu["ReLU1"].saturated is None
    assert tanh["Tanh1"].saturated > 2 / 9
    assert tanh["Tanh1"].dead == 0


def test_a_unit_that_lives_for_one_input_is_not_dead():
    x = np.zeros((2500, 4), np.float32)
    x[0, 0] = x[1500, 1] = x[2499, 2] = 1  # one in each of the three parts; the fourth unit is dead
    relu = sn.measure_spread(sn.Network([sn.ReLU()]), x)["ReLU1"]
    assert relu.dead == 0.25
    assert relu.zero == 1 - 3 / 10_000
    assert relu.correlation == 0  # between the three that have a direction


@pytest.mark.parametrize("activation", [sn.ReLU, sn.Sigmoid], ids=lambda kind: kind.__name__)
def test_the_two_spreads_make_up_the_pooled_one(activation):
    for layer in sn.measure_spread(network(activation, dtype=np.float32), batch()[0]).layers:
        assert layer.std**2 == pytest.approx(layer.within_std**2 + layer.between_std**2, rel=1e-12)


@pytest.mark.parametrize("rows", [300, 2500], ids=["one part", "three parts"])
def test_the_gradients_are_those_of_a_plain_backward(rows):
    net, (x, t) = network(sn.Tanh, sn.LeCun()), batch(rows)
    spread = sn.measure_spread(net, x, t, lr=0.1)
    activations(net, x)
    criterion = sn.SoftmaxCrossEntropy()
    assert spread.first_loss == pytest.approx(criterion.forward(net.layers[-1].forward(net.layers[-1].x), t), rel=1e-12)
    dout = criterion.backward()
    for name, layer in zip(reversed(net.names), reversed(net.layers), strict=True):
        assert spread[name].grad_rms == pytest.approx(np.sqrt((dout**2).mean()), rel=1e-12)
        dout = layer.backward(dout)
        if isinstance(layer, sn.Affine):
            dw_rms, w_rms = np.sqrt((layer.dW**2).mean()), np.sqrt((layer.W**2).mean())
            assert spread[name].dw_rms == pytest.approx(dw_rms, rel=1e-12)
            assert spread[name].w_rms == pytest.approx(w_rms, rel=1e-12)
            assert spread[name].update_ratio == pytest.approx(np.log10(0.1 * dw_rms / w_rms), rel=1e-12)
        else:
            assert spread[name].dw_rms is spread[name].w_rms is spread[name].update_ratio is None


def test_update_ratio_is_the_step_that_sgd_makes():
    net, (x, t) = network(sn.Tanh, sn.LeCun()), batch(500)
    spread, before = sn.measure_spread(net, x, t, lr=0.1), {name: w.copy() for name, w, _ in net.parameters()}
    sn.Trainer(net, sn.SGD(0.1), batch_size=500).step(x, t)
    for name in ("Affine1", "Affine2", "Affine3"):
        w, moved = before[f"{name}.W"], dict(p[:2] for p in net.parameters())[f"{name}.W"]
        ratio = np.linalg.norm(moved - w) / np.linalg.norm(w)
        assert spread[name].update_ratio == pytest.approx(np.log10(ratio), rel=1e-9)


def test_without_labels_there_are_no_gradients():
    spread = sn.measure_spread(network(), batch()[0])
    assert spread.first_loss is None
    for layer in spread.layers:
        assert layer.grad_rms is layer.dw_rms is layer.update_ratio is None


def test_a_spread_of_mse_takes_targets():
    net, (x, t) = network(), batch()
    targets = np.eye(5)[t]
    criterion = sn.MSE()
    expected = criterion.forward(activations(net, x)["Affine3"], targets)
    assert sn.measure_spread(net, x, targets, criterion=sn.MSE()).first_loss == pytest.approx(expected, rel=1e-12)


def test_a_network_that_diverged_has_a_spread_too():
    net = network(init=1e30, dtype=np.float32)
    spread = sn.measure_spread(net, *batch())
    assert not np.isfinite(spread.first_loss)
    assert "Affine3" in str(spread)


def test_a_layer_is_found_by_its_name():
    spread = sn.measure_spread(network(), batch()[0])
    assert spread["ReLU2"] is spread.layers[3]
    with pytest.raises(KeyError, match="no layer 'ReLU3'; there are Affine1, ReLU1"):
        spread["ReLU3"]


def test_a_spread_prints_as_a_table_of_what_there_is():
    lines = str(sn.measure_spread(network(), batch()[0])).splitlines()
    header = ["layer", "mean", "std", "rms", "within", "between", "corr.", "rank", "dead", "zero", "rms", "W"]
    assert lines[0].split() == header
    assert [line.split()[0] for line in lines[2:7]] == ["Affine1", "ReLU1", "Affine2", "ReLU2", "Affine3"]
    with_gradients = str(sn.measure_spread(network(sn.Tanh), *batch()))
    for word in ("saturated", "rms grad", "rms dW", "rms W", "log10 step/W", "lr 0.01"):
        assert word in with_gradients


# Histograms.

rng = np.random.default_rng(0)
VALUES = {
    "normal": rng.standard_normal(5000),
    "shifted": 1000 + rng.standard_normal(5000),
    "tiny": 1e-30 * rng.standard_normal(5000),
    "wide": np.concatenate([rng.standard_normal(500), [1e6, -1e6]]),
    "on the edges": rng.integers(-40, 40, 5000) / 8,
    "zeros": np.maximum(rng.standard_normal(5000), 0),
    "one value": np.full(7, 0.3),
    "all zero": np.zeros(7),
    "float32": rng.standard_normal((50, 40)).astype(np.float32),
}
every_value = pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)


@every_value
def test_a_histogram_counts_every_value_where_it_is(values):
    histogram = Histogram.from_values(values)
    low, high = histogram.limits
    assert sum(histogram.counts) == values.size
    assert len(histogram.counts) <= 256
    assert low <= values.min() <= values.max() <= high
    edges = (histogram.first + np.arange(len(histogram.counts) + 1)) * 2.0**histogram.exponent
    np.testing.assert_array_equal(histogram.counts, np.histogram(values.astype(np.float64), edges)[0])


@every_value
@pytest.mark.parametrize("wider", [0, 1, 3, 7])
def test_wide_bins_are_made_of_whole_narrow_ones(values, wider):
    histogram = Histogram.from_values(values)
    exponent = histogram.exponent + wider
    first = histogram.first // 2**wider - 1  # from a bin before the first, which must be empty
    bins = len(histogram.counts) // 2**wider + 3
    edges = (first + np.arange(bins + 1)) * 2.0**exponent
    counts = np.round(histogram.shares(edges) * values.size, 6)
    values = np.minimum(values, np.nextafter(histogram.limits[1], -np.inf))  # the last bin has its upper edge too
    np.testing.assert_array_equal(counts, np.histogram(values.astype(np.float64), edges)[0])
    assert counts.sum() == values.size
    assert counts[0] == 0


def test_a_scale_that_is_too_short_leaves_the_rest_out():
    histogram = Histogram.from_values(VALUES["normal"])
    counts = np.round(histogram.shares(np.linspace(-1, 1, 9)) * VALUES["normal"].size, 6)
    inside = VALUES["normal"][np.abs(VALUES["normal"]) < 1]
    np.testing.assert_array_equal(counts, np.histogram(inside, np.linspace(-1, 1, 9))[0])


def test_a_histogram_leaves_out_what_is_not_finite():
    assert sum(Histogram.from_values(np.array([1.0, np.nan, np.inf, -np.inf, 2.0])).counts) == 2
    assert Histogram.from_values(np.array([np.nan])).counts == (0,)


def test_a_layer_has_the_histogram_of_its_first_rows():
    net, (x, _) = network(sn.Tanh), batch()
    parts = math.ceil(len(x) / 1000)
    expected = Histogram.from_values(activations(net, x[: len(x) // parts])["Tanh2"])
    assert sn.measure_spread(net, x)["Tanh2"].histogram == expected
    assert expected.first < 0  # the book's range (0, 1) hides tanh's negative half


# The book's numbers.

BOOK = {  # pooled std of the activations, layer by layer: x = randn(1000, 100), five layers of 100
    "sigmoid 1": (sn.Sigmoid, 1.0, [0.459, 0.440, 0.438, 0.438, 0.438]),
    "sigmoid 0.01": (sn.Sigmoid, 0.01, [0.0249, 0.0125]),
    "sigmoid 1/n": (sn.Sigmoid, sn.LeCun(), [0.208, 0.127, 0.122, 0.121, 0.121]),
    "tanh 1/n": (sn.Tanh, sn.LeCun(), [0.628, 0.486, 0.408, 0.358, 0.322]),
    "relu 0.01": (sn.ReLU, 0.01, [0.058, 0.0041, 2.9e-4, 2.1e-5, 1.5e-6]),
    "relu 1/n": (sn.ReLU, sn.LeCun(), [0.584, 0.413, 0.292, 0.206, 0.146]),
    "relu he": (sn.ReLU, sn.He(), [0.826] * 5),
}


def book_spread(activation, init, seed):
    layers = [layer for _ in range(5) for layer in (sn.Affine(100, 100, init), activation())]
    x = np.random.default_rng(seed).standard_normal((1000, 100))
    return sn.measure_spread(sn.Network(layers, seed), x).layers[1::2]


@pytest.mark.parametrize("activation, init, expected", BOOK.values(), ids=BOOK)
def test_the_books_histograms(activation, init, expected):
    stds = np.mean([[layer.std for layer in book_spread(activation, init, seed)] for seed in range(8)], axis=0)
    np.testing.assert_allclose(stds[: len(expected)], expected, rtol=0.1)


def test_the_pooled_histogram_hides_a_dead_sigmoid():
    """Five layers on every input gives the same output, and the book's histogram looks fine."""
    fifth = book_spread(sn.Sigmoid, sn.LeCun(), seed=0)[-1]
    assert 0.1 < fifth.std < 0.14
    assert 0 < fifth.within_std < 0.01 * fifth.std
    assert fifth.correlation > 0.9999


@functools.cache
def mnist():
    return sn.load_mnist()[0][:1000]


def mnist_spreads(init, rows, seeds):
    """Of the book's network, on the first training images."""
    x, t = mnist()
    nets = [sn.mlp(784, [100] * 4, 10, init=init, seed=seed) for seed in range(seeds)]
    return [sn.measure_spread(net, x[:rows], t[:rows]) for net in nets]


@pytest.mark.parametrize("init, expected, within", [(sn.He(), 2.39, 0.03), (sn.Normal(0.01), 2.303, 0.001)], ids=repr)
def test_the_first_loss(init, expected, within):
    assert abs(np.mean([spread.first_loss for spread in mnist_spreads(init, 1000, 10)]) - expected) < within


def test_the_first_loss_of_std_1_is_huge():
    assert min(spread.first_loss for spread in mnist_spreads(sn.Normal(1.0), 1000, 5)) > 10_000


@pytest.mark.parametrize(
    "init, expected",
    [
        (sn.Normal(0.01), [-7.0, -6.6, -6.6, -6.6, -6.1]),
        (sn.LeCun(), [-3.6, -4.0, -4.0, -4.0, -3.5]),
        (sn.He(), [-3.1, -3.5, -3.5, -3.5, -3.0]),
        (sn.TorchDefault(), [-4.3, -4.7, -4.7, -4.7, -4.2]),
    ],
    ids=repr,
)
def test_the_update_ratios(init, expected):
    """Of the book's first batch: 128 images, lr 0.01."""
    ratios = [[layer.update_ratio for layer in spread.layers[::2]] for spread in mnist_spreads(init, 128, 5)]
    np.testing.assert_allclose(np.mean(ratios, axis=0), expected, atol=0.15)
