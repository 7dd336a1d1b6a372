"""The predicted spread against what measure_spread finds in drawn networks.

Squares are means over networks, so the squares that are measured in some tens of networks are averaged. They may be off by
four standard errors of that mean, and by what the theory of wide layers leaves out: `OWN` says how much of a root.
"""

import functools
import gc
import math
import tracemalloc

import numpy as np
import pytest
from small import digits

import scratchnet as sn

SEEDS, ROWS, INPUTS, CLASSES, WIDTH = 30, 50, 40, 6, 100
OWN = {"std": 0.02, "within_std": 0.02, "rms": 0.02, "grad_rms": 0.1, "dw_rms": 0.25}


def batch(*shape):
    """Positive inputs that share a pattern, as images do, and those of one class a bit more."""
    rng = np.random.default_rng(0)
    t = rng.integers(0, CLASSES, ROWS)
    patterns = rng.random((CLASSES, *shape))
    x = 0.5 * rng.random(shape) + 0.4 * patterns[t] + 0.6 * rng.random((ROWS, *shape))
    return x * rng.uniform(0.6, 1.4, (ROWS, *[1] * len(shape))), t


def hidden(depth, kind, init, *norms, bias=sn.Zeros(), n_in=INPUTS):
    layers = []
    for layer in range(depth):
        layers += [sn.Affine(WIDTH if layer else n_in, WIDTH, init, bias), *(norm(WIDTH) for norm in norms), kind()]
    return layers


def scores(init=sn.LeCun(), n_in=WIDTH):
    return sn.Affine(n_in, CLASSES, init)


def block(*first):
    inner = sn.Affine(WIDTH, 2 * WIDTH, sn.He()), sn.ReLU(), sn.Affine(2 * WIDTH, WIDTH, sn.LeCun())
    return sn.Residual([*first, *inner])


def stem():
    return sn.Affine(INPUTS, WIDTH, sn.LeCun(), sn.Normal(0.1))


NETS = {
    "ReLU, He": lambda: [*hidden(3, sn.ReLU, sn.He()), scores()],
    "tanh, biases": lambda: [*hidden(3, sn.Tanh, sn.LeCun(), bias=sn.Normal(0.4)), scores()],
    "sigmoid": lambda: [*hidden(3, sn.Sigmoid, sn.LeCun()), scores()],
    "tanh that saturates": lambda: [*hidden(2, sn.Tanh, 1.0), scores(0.05)],
    "GELU, PyTorch": lambda: [*hidden(3, sn.GELU, sn.TorchDefault(), bias=sn.TorchDefault()), scores()],
    "orthogonal": lambda: [*hidden(3, sn.Tanh, sn.Orthogonal(1.2)), scores()],
    "fan out": lambda: [
        sn.Affine(INPUTS, 200, sn.Xavier()),
        sn.Tanh(),
        sn.Affine(200, 60, sn.Xavier()),
        sn.Tanh(),
        scores(n_in=60),
    ],
    "constant bias": lambda: [*hidden(3, sn.Tanh, sn.LeCun(), bias=sn.Constant(0.3)), scores()],
    "ReLU, constant bias": lambda: [*hidden(2, sn.ReLU, sn.He(), bias=sn.Constant(0.1)), scores()],
    "PReLU": lambda: [*hidden(2, lambda: sn.PReLU(WIDTH), sn.He()), scores()],
    "dropout": lambda: [*hidden(1, sn.ReLU, sn.He()), sn.Dropout(0.4), *hidden(1, sn.ReLU, sn.He(), n_in=WIDTH), scores()],
    "batch norm": lambda: [*hidden(3, sn.ReLU, sn.He(), sn.BatchNorm), scores()],
    "layer norm": lambda: [*hidden(3, sn.ReLU, sn.Normal(0.05), sn.LayerNorm), scores()],
    "layer norm behind": lambda: [*hidden(1, sn.ReLU, sn.He()), sn.LayerNorm(WIDTH), scores()],
    "residual": lambda: [stem(), block(), block(), scores()],
    "residual, normed": lambda: [stem(), block(sn.LayerNorm(WIDTH)), block(sn.LayerNorm(WIDTH)), scores()],
    "residual, batch norm": lambda: [stem(), block(sn.BatchNorm(WIDTH)), block(sn.BatchNorm(WIDTH)), scores()],
    "nested": lambda: [
        sn.Network(hidden(1, sn.ReLU, sn.He())),
        sn.Network(hidden(1, sn.Tanh, sn.LeCun(), n_in=WIDTH)),
        scores(),
    ],
    "convolution": lambda: [
        *(
            sn.Convolution(4, 60, 3, pad=1, init=sn.He()),
            sn.ReLU(),
            sn.Convolution(60, 40, 3, 2, 1, 4, sn.He(), sn.Normal(0.2)),
        ),
        *(sn.Tanh(), sn.Flatten(), sn.Affine(4 * 3 * 40, 50, sn.LeCun()), sn.Tanh(), scores(n_in=50)),
    ],
}
IMAGES = {"convolution": (7, 5, 4)}
RANDOM = {"dropout", "batch norm", "residual, batch norm"}  # an output depends on other rows or on chance


@functools.cache
def both(case, seeds=SEEDS):
    """(predicted, measured in so many networks)"""
    x, t = batch(*IMAGES.get(case, (INPUTS,)))
    nets = [sn.Network(NETS[case](), seed) for seed in range(seeds)]
    return sn.predict_spread(nets[0], x, t), [sn.measure_spread(net, x, t) for net in nets]


def mean_and_error(values):
    return np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))


# Here the rank that theory has is too low: orthogonal weights keep it, where normal ones lose a bit in every layer; what is
# off by chance behind ReLU is not so to that extent behind a tanh; and the few scores of all nets.
NO_RANK = {"orthogonal", "residual, batch norm", "nested", "dropout"}

every_case = pytest.mark.parametrize("case", NETS)


@every_case
def test_sizes(case):
    predicted, measured = both(case)
    for layer in predicted.layers:
        for quantity, own in OWN.items():
            expected = getattr(layer, quantity)
            if quantity == "dw_rms" and expected is None:
                assert "W" not in dict(sn.Network(NETS[case]()).walk())[layer.name].specs
                continue
            square, error = mean_and_error([getattr(spread[layer.name], quantity) ** 2 for spread in measured])
            assert abs(expected**2 - square) < 4 * error + 2 * own * square, f"{quantity} of {layer.name}"
        assert layer.std == pytest.approx(math.hypot(layer.within_std, layer.between_std))
        if layer.w_rms is not None:
            assert np.mean([spread[layer.name].w_rms for spread in measured]) == pytest.approx(layer.w_rms, rel=0.02)


SHARES = {"dead": 0.02, "zero": 0.01, "saturated": 0.004, "correlation": 0.02, "update_ratio": 0.15}


@every_case
def test_shares_and_ratios(case):
    predicted, measured = both(case)
    for layer in predicted.layers:
        names = {**SHARES, "mean": 0.04 * layer.rms}
        names |= {} if case in NO_RANK or layer.name == predicted.layers[-1].name else {"rank": 0.12 * (layer.rank or 0)}
        for quantity, own in names.items():
            expected = getattr(layer, quantity)
            found = [getattr(spread[layer.name], quantity) for spread in measured]
            if expected is None:
                continue
            mean, error = mean_and_error(found)
            assert abs(expected - mean) < 4 * error + own, f"{quantity} of {layer.name}"


@every_case
def test_the_first_loss_and_the_jacobian(case):
    predicted, measured = both(case)
    loss, error = mean_and_error([spread.first_loss for spread in measured])
    assert abs(predicted.first_loss - loss) < 4 * error + 0.03
    assert (predicted.jacobian is None) == (measured[0].jacobian is None) == (case in RANDOM)
    if predicted.jacobian is not None:
        square, error = mean_and_error([spread.jacobian.rms**2 for spread in measured])
        assert abs(predicted.jacobian.rms**2 - square) < 4 * error + 0.06 * square


def inside(case, *quantities):
    """For each of many networks and layers: is it within the band?"""
    predicted, measured = both(case)
    hits = []
    for layer in predicted.layers:
        for quantity in quantities:
            low, high = layer.bands[quantity]
            hits += [low <= getattr(spread[layer.name], quantity) <= high for spread in measured]
    return np.mean(hits)


@pytest.mark.parametrize("case", ["ReLU, He", "tanh, biases", "GELU, PyTorch", "convolution", "nested", "residual"])
def test_nineteen_of_twenty_networks_lie_within_the_bands(case):
    """So many networks and their layers, which hang together, leave .95 uncertain by about .05."""
    assert 0.87 < inside(case, "std", "within_std") < 0.995
    if case != "residual":  # whose scores are so large that gradients go with the weights that made them
        assert 0.82 < inside(case, "grad_rms") < 0.995


@every_case
def test_every_layer_has_a_band_but_where_nothing_varies(case):
    predicted, _ = both(case)
    for layer in predicted.layers:
        fixed = {"BatchNorm": {"std", "within_std"}, "LayerNorm": {"std"}}
        without = fixed.get(layer.name.rpartition(".")[2].rstrip("123"), set())
        assert layer.bands.keys() == {"std", "within_std", "grad_rms"} - without
        for quantity, (low, high) in layer.bands.items():
            assert low < getattr(layer, quantity) < high


def test_the_spread_that_a_histogram_hides():
    """The book's sigmoid with its Xavier: five layers on every input gives the same output, at a pooled std of .12."""
    x = np.random.default_rng(0).standard_normal((200, 100))
    nets = [sn.Network(hidden(5, sn.Sigmoid, sn.LeCun(), n_in=100), seed, np.float64) for seed in range(10)]
    predicted = sn.predict_spread(nets[0], x)["Sigmoid5"]
    measured = [sn.measure_spread(net, x)["Sigmoid5"] for net in nets]
    assert predicted.std == pytest.approx(0.121, abs=0.002)
    assert predicted.within_std == pytest.approx(0.0006, abs=0.00005)
    for quantity in ("std", "within_std"):
        square, error = mean_and_error([getattr(spread, quantity) ** 2 for spread in measured])
        assert abs(getattr(predicted, quantity) ** 2 - square) < 4 * error + 0.02 * square


def test_a_prediction_leaves_no_large_array_behind():
    """Its tables have a number for each pair of inputs; in a circle of references they would stay for a long time."""
    net, (x, t) = sn.mlp(784, [20] * 3, 10, seed=0), digits()[0][:300]
    sn.predict_spread(net, x, t)  # what is kept for the next prediction of these inputs is there now
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        sn.predict_spread(net, x, t)
        assert tracemalloc.get_traced_memory()[0] < x.shape[0] ** 2 * 8
    finally:
        tracemalloc.stop()
        gc.enable()
