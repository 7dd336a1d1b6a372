"""Layers that theory has no formula for: sampled, said so, and within the errors of both samples of what is measured."""

import functools
import math

import numpy as np
import pytest
from meanfield.test_one_input import RowMean, Softmax

import scratchnet as sn
from scratchnet.theory.sampling import MOST

SEEDS, CLASSES = 16, 4
X = np.random.default_rng(0).random((20, 12))
T = np.arange(20) % CLASSES
IMAGES = np.random.default_rng(0).random((6, 8, 8, 2))
OWN = {"std": 0.02, "within_std": 0.02, "rms": 0.02, "grad_rms": 0.1, "dw_rms": 0.25}


class Cube(sn.Layer):
    """A reader's layer of its own, with the sum of the row in each output."""

    def forward(self, x):
        self.x = x
        return x**3 + x.mean(axis=-1, keepdims=True)

    def backward(self, dout):
        return 3 * self.x**2 * dout + dout.mean(axis=-1, keepdims=True)


def affine(n_in=12, n_out=40, *inits):
    return sn.Affine(n_in, n_out, *inits)


def convolution(n_in=2):
    return sn.Convolution(n_in, 20, 3)


NETS = {
    "max pooling": lambda: [convolution(), sn.ReLU(), sn.MaxPool(2), sn.Flatten(), affine(180, CLASSES, sn.LeCun())],
    "average pooling": lambda: [convolution(), sn.AveragePool(2), sn.ReLU(), sn.Flatten(), affine(180, CLASSES, sn.LeCun())],
    "two activations": lambda: [affine(), sn.ReLU(), sn.Tanh(), affine(40, CLASSES, sn.LeCun())],
    "dropout before an activation": lambda: [affine(), sn.Dropout(0.3), sn.ReLU(), affine(40, CLASSES, sn.LeCun())],
    "batch norm after an activation": lambda: [affine(), sn.ReLU(), sn.BatchNorm(40), affine(40, CLASSES, sn.LeCun())],
    "batch norm of images": lambda: [
        *(convolution(), sn.BatchNorm(20), sn.ReLU(), sn.Flatten()),
        affine(36 * 20, CLASSES, sn.LeCun()),
    ],
    "a reader's layer": lambda: [affine(), Cube(), affine(40, CLASSES, sn.LeCun())],
    "slopes that differ": lambda: [affine(), sn.PReLU(40, sn.Normal(0.2)), affine(40, CLASSES, sn.LeCun())],
    "gamma and beta that differ": lambda: [
        *(affine(), sn.LayerNorm(40, init=sn.Normal(0.5), bias_init=sn.Normal(0.5)), sn.ReLU()),
        affine(40, CLASSES, sn.LeCun()),
    ],
    "inside a residual": lambda: [
        affine(),
        sn.Residual([affine(40), sn.ReLU(), sn.Tanh(), affine(40)]),
        affine(40, CLASSES, sn.LeCun()),
    ],
    "one after the other": lambda: [
        *(affine(), sn.ReLU(), sn.Tanh(), affine(40), sn.Tanh(), sn.BatchNorm(40)),
        affine(40, CLASSES, sn.LeCun()),
    ],
}
every_case = pytest.mark.parametrize("case", NETS)


@functools.cache
def both(case):
    layers = NETS[case]()
    x, t = (IMAGES, T[:6]) if isinstance(layers[0], sn.Convolution) else (X, T)
    nets = [sn.Network(NETS[case](), seed) for seed in range(100, 100 + SEEDS)]
    return sn.predict_spread(nets[0], x, t), [sn.measure_spread(net, x, t) for net in nets]


@every_case
def test_sizes_and_the_note(case):
    predicted, measured = both(case)
    assert [note for note in predicted.notes if note.startswith("sampled")]
    assert not any("stops" in note for note in predicted.notes)
    for layer in predicted.layers:
        for quantity, own in OWN.items():
            expected, found = getattr(layer, quantity), [getattr(spread[layer.name], quantity) for spread in measured]
            if found[0] is None:
                continue
            squares = np.square(found)
            error = squares.std(ddof=1) * math.sqrt(1 / SEEDS + 1 / MOST)
            assert abs(expected**2 - squares.mean()) < 4 * error + 2 * own * squares.mean(), f"{quantity} of {layer.name}"
        for quantity, own in {"zero": 0.02, "dead": 0.02, "correlation": 0.03}.items():
            expected, found = getattr(layer, quantity), [getattr(spread[layer.name], quantity) for spread in measured]
            if expected is not None and found[0] is not None:
                error = np.std(found, ddof=1) * math.sqrt(1 / SEEDS + 1 / MOST)
                assert abs(expected - np.mean(found)) < 4 * error + own, f"{quantity} of {layer.name}"


def test_the_bands_hold_most_networks():
    hits = []
    for case in NETS:
        predicted, measured = both(case)
        for layer in predicted.layers[:-1]:
            for quantity in layer.bands.keys() & {"std", "within_std"}:
                low, high = layer.bands[quantity]
                hits += [low <= getattr(spread[layer.name], quantity) <= high for spread in measured]
    assert 0.9 < np.mean(hits) < 0.99


@pytest.mark.parametrize("kind", [Softmax, RowMean])
def test_without_a_backward_the_way_forward_is_still_predicted(kind):
    net = sn.Network([affine(), kind(), affine(40, CLASSES)], seed=0)
    spread = sn.predict_spread(net, X, T)
    assert all(layer.std > 0 and layer.grad_rms is None for layer in spread.layers)
    assert any(
        note.startswith(f"gradients are not predicted: {kind.__name__} needs a method backward") for note in spread.notes
    )


def test_the_books_convolution_networks_are_predicted_to_their_end():
    images = np.random.default_rng(0).random((2, 28, 28, 1))
    for make in (sn.simple_convnet, sn.deep_convnet):
        spread = sn.predict_spread(make(seed=0, init=sn.LeCun()), images, T[:2])
        assert all(layer.std and layer.grad_rms for layer in spread.layers)
        assert not any("stops" in note for note in spread.notes)


def test_the_own_draw_does_not_matter_but_the_size_of_changed_weights_does():
    def net(seed):
        return sn.Network([affine(), sn.ReLU(), sn.Tanh(), affine(40, CLASSES)], seed=seed, dtype=np.float64)

    first, second = (sn.predict_spread(net(seed), X, T) for seed in (0, 1))
    assert first == second
    larger = net(0)
    larger.layers[0].W *= 100
    assert sn.predict_spread(larger, X)["Tanh1"].std == pytest.approx(0.5, abs=0.02)  # half of the units are 0, the others 1
    trained = net(0)
    trained.layers[0].W[:, :3] *= 30
    predicted, measured = sn.predict_spread(trained, X, T), sn.measure_spread(trained, X, T)
    assert any("Affine1.W are not what the network's seed draws" in note for note in predicted.notes)
    assert predicted["Affine1"].std == pytest.approx(measured["Affine1"].std, rel=1e-9)


def trained(steps, optimizer=None):
    def change(net):
        trainer = sn.Trainer(net, optimizer or sn.SGD(0.1), batch_size=20, seed=0)
        trainer.fit((X.astype("f"), T), steps=steps)

    return change


def one_parameter(layer, name, change):
    def changed(net):
        w = getattr(net.layers[layer], name)
        w[...] = change(np.random.default_rng(0), w)

    return changed


CHANGES = {
    "trained for a step": trained(1),
    "trained for ten steps": trained(10, sn.Adam(0.01)),
    "trained for long": trained(300),
    "pruned": one_parameter(3, "W", lambda rng, w: w * (rng.random(w.shape) < 0.1)),
    "one unit": one_parameter(3, "W", lambda rng, w: w * np.where(np.arange(w.shape[1]) == 3, 100, 1)),
    "other random numbers": one_parameter(3, "W", lambda rng, w: 0.2 * rng.standard_normal(w.shape)),
    "sorted": one_parameter(0, "W", lambda rng, w: np.sort(w, axis=0)),
    "biases": one_parameter(3, "b", lambda rng, w: rng.random(w.shape)),
    "gamma": one_parameter(1, "gamma", lambda rng, w: rng.uniform(0, 3, w.shape)),
    "running statistics": lambda net: net.forward(X.astype("f")),
}


@pytest.mark.parametrize("case", CHANGES)
@pytest.mark.parametrize("training", [True, False])
def test_parameters_that_are_not_what_the_seed_draws(case, training):
    """Predicted as random numbers only where the network itself is within the bands; else by its own numbers."""
    layers = [affine(), sn.BatchNorm(40), sn.ReLU(), affine(40), sn.ReLU(), affine(40, CLASSES, sn.LeCun())]
    net = sn.Network(layers, seed=0)
    CHANGES[case](net)
    predicted, measured = (function(net, X, T, training=training) for function in (sn.predict_spread, sn.measure_spread))
    said = [note for note in predicted.notes if "not what the network's seed draws" in note or "the network itself" in note]
    assert said or (case == "running statistics" and training)
    for layer in predicted.layers:
        for quantity in ("std", "within_std", "grad_rms"):
            expected, found = getattr(layer, quantity), getattr(measured[layer.name], quantity)
            low, high = layer.bands.get(quantity, (expected, expected))
            middle, half = math.sqrt(low * high), math.sqrt(high / low)
            assert abs(math.log(found / middle)) <= 2 * math.log(half) + 0.03, f"{quantity} of {layer.name}"


@pytest.mark.parametrize(("inputs", "ratio"), [(5, 0.6), (10, 0.8), (20, 0.9), (8, 0.5)])
def test_where_dropout_leaves_few_inputs_outputs_are_0_as_often_as_none_is_left(inputs, ratio):
    """All of an image's numbers that are not 0 are dropped with probability ratio^inputs. 0.01 is six standard errors."""
    x, rng = np.zeros((100, 100), np.float32), np.random.default_rng(0)
    for row in x:
        row[rng.choice(100, inputs, replace=False)] = rng.uniform(0.2, 1.2, inputs)
    layers = [sn.Dropout(ratio), sn.Affine(100, 60, sn.He()), sn.Tanh(), sn.Affine(60, 5)]
    predicted = sn.predict_spread(sn.Network(layers, seed=0), x)
    assert predicted["Tanh1"].zero == pytest.approx(ratio**inputs, abs=0.01)
