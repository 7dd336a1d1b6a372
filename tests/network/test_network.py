"""A network: paired draws, names, what it computes, and how it prints."""

import math

import numpy as np
import pytest
from network.nets import assert_same, backward, batch, small, weights

import scratchnet as sn


def test_at_one_seed_he_weights_are_root_2_times_lecun_weights():
    he, lecun = (sn.mlp(50, [40] * 3, 10, init=init, seed=3, dtype=np.float64) for init in (sn.He(), sn.LeCun()))
    for name in ("Affine1.W", "Affine2.W", "Affine3.W", "Affine4.W"):
        np.testing.assert_allclose(weights(he)[name], math.sqrt(2) * weights(lecun)[name], rtol=1e-15, atol=0)
    he.initialize(sn.LeCun())
    assert_same(weights(he), weights(lecun))


@pytest.mark.parametrize("activation", [sn.Tanh, sn.PReLU, sn.Identity, None], ids=["Tanh", "PReLU", "Identity", ""])
def test_an_activation_changes_no_other_layers_weights(activation):
    plain = sn.Network([sn.Affine(6, 5), sn.ReLU(), sn.Affine(5, 3)], seed=0)
    between = [activation()] if activation else []
    other = sn.Network([sn.Affine(6, 5), *between, sn.Affine(5, 3)], seed=0)
    for name in ("Affine1.W", "Affine2.W"):
        np.testing.assert_array_equal(weights(plain)[name], weights(other)[name])


def test_equal_layers_draw_different_weights():
    W = weights(sn.mlp(8, [8, 8], 8, bias_init=0.1, seed=0))
    values = [value for w in W.values() for value in w.ravel()]
    assert len(set(values)) == len(values) == 3 * (64 + 8)


def test_the_weights_follow_from_the_seed():
    assert_same(weights(small(seed=5)), weights(small(seed=5)))
    assert not np.isin(weights(small(seed=5))["Affine1.W"], weights(small(seed=6))["Affine1.W"]).any()


def test_without_a_seed_one_is_made_up_and_kept():
    net = small(seed=None)
    assert_same(weights(net), weights(small(seed=net.seed)))
    assert small(seed=None).seed != net.seed


def test_draws_do_not_change_with_dtype():
    single, double = weights(small()), weights(small(dtype=np.float64))
    assert {w.dtype for w in single.values()} == {np.dtype(np.float32)}
    assert {w.dtype for w in double.values()} == {np.dtype(np.float64)}
    assert_same(single, {name: w.astype(np.float32) for name, w in double.items()})


def test_initialize_redraws_in_place():
    net, (x, t) = small(), batch()
    before, arrays = weights(net), [w for _, w, _ in net.parameters()]
    optimizer = sn.Momentum(0.1)
    backward(net, x, t)
    optimizer.step(net.parameters())
    net.initialize(sn.Xavier(), seed=1)
    assert all(w is array for (_, w, _), array in zip(net.parameters(), arrays, strict=True))
    assert_same(weights(net), weights(small(init=sn.Xavier(), seed=1)))

    backward(net, x, t)
    optimizer.step(net.parameters())  # it still knows the arrays, and moves them
    assert not np.array_equal(net.layers[0].W, weights(small(init=sn.Xavier(), seed=1))["Affine1.W"])
    net.initialize(sn.He(), seed=0)
    assert_same(weights(net), before)


def test_initialize_takes_the_place_of_weights_and_not_of_biases_or_slopes():
    net = sn.mlp(6, [5], 3, activation=sn.PReLU, seed=0)
    net.initialize(sn.Ones())
    assert {name: set(w.ravel()) for name, w, _ in net.parameters()} == {
        "Affine1.W": {1.0},
        "Affine1.b": {0.0},
        "PReLU1.a": {0.25},
        "Affine2.W": {1.0},
        "Affine2.b": {0.0},
    }
    net.initialize(bias_init=sn.Constant(0.5))
    assert set(net.layers[0].b) == {0.5}
    assert set(net.layers[0].W.ravel()) == {1.0}
    net.initialize()
    assert set(net.layers[0].b) == {0.5}


def test_parameters_come_in_the_order_of_the_layers_by_the_books_names():
    net = sn.Network([sn.Affine(6, 5), sn.PReLU(5), sn.Affine(5, 4), sn.Tanh(), sn.Affine(4, 3)], seed=0)
    assert net.names == ["Affine1", "PReLU1", "Affine2", "Tanh1", "Affine3"]
    assert [name for name, _, _ in net.parameters()] == [
        *("Affine1.W", "Affine1.b", "PReLU1.a"),
        *("Affine2.W", "Affine2.b", "Affine3.W", "Affine3.b"),
    ]
    assert [dw for _, _, dw in net.parameters()] == [None] * 7
    backward(net, *batch())
    assert all(dw.shape == w.shape for _, w, dw in net.parameters())


def test_mlp_is_affine_and_activation_in_turn():
    assert small(activation=sn.Tanh).names == ["Affine1", "Tanh1", "Affine2", "Tanh2", "Affine3"]
    assert sn.mlp(6, [], 3).names == ["Affine1"]
    assert small(activation=lambda: sn.LeakyReLU(0.2)).layers[3].slope == 0.2


def test_a_network_computes_what_its_layers_do():
    net, (x, _) = small(), batch()
    W1, b1, W2, b2, W3, b3 = weights(net).values()
    expected = np.maximum(np.maximum(x @ W1 + b1, 0) @ W2 + b2, 0) @ W3 + b3
    np.testing.assert_allclose(net.forward(x), expected, rtol=1e-6)
    assert net.forward(x).dtype == np.float32
    np.testing.assert_array_equal(net.predict(x), expected.argmax(axis=1))
    assert net.accuracy(x, expected.argmax(axis=1)) == 1
    assert net.accuracy(x, (expected.argmax(axis=1) + 1) % 3) == 0


def test_the_gradient_of_a_whole_network_is_right():
    x = batch(seed=2)[0].astype(np.float64)
    assert sn.check_gradient(sn.mlp(6, [5, 4], 3, sn.Tanh, bias_init=0.1, seed=0), x).ok


def test_a_dictionary_is_a_checkpoint():
    net, other, (x, t) = small(), small(seed=1), batch()
    backward(net, x, t)
    sn.SGD(0.1).step(net.parameters())
    checkpoint = weights(net)
    for name, w, _ in other.parameters():
        w[...] = checkpoint[name]
    np.testing.assert_array_equal(net.forward(x), other.forward(x))


@pytest.mark.parametrize(
    "net",
    [
        small(),
        small(init=sn.LeCun(), activation=lambda: sn.LeakyReLU(0.2), seed=7, dtype=np.float64),
        sn.Network([sn.Affine(6, 5, init=0.01, bias_init=sn.Constant(0.1)), sn.PReLU(5), sn.ELU(0.5)], seed=1),
        sn.Network(
            [
                *(sn.Convolution(2, 4, 3, 2, 1, 2, sn.LeCun(), sn.Ones()), sn.BatchNorm(4, 0.8, 1e-3, sn.Constant(2))),
                *(sn.MaxPool(3, 2), sn.AveragePool(2), sn.Dropout(0.2), sn.Flatten(), sn.LayerNorm(4, epsilon=1e-3)),
                sn.Residual([sn.Affine(4, 4, 0.1), sn.Network([sn.Network([sn.Affine(4, 4, bias_init=sn.Ones())])])]),
            ],
            seed=1,
            dtype=np.float64,
        ),
    ],
    ids=["relu", "leaky", "prelu", "nested"],
)
def test_a_network_prints_as_one_writes_it(net):
    names = {name: getattr(sn, name) for name in sn.__all__}
    again = eval(repr(net), names | {"np": np})
    assert_same(weights(again), weights(net))
    assert repr(again) == repr(net)


def test_a_network_prints_a_line_a_layer():
    net = sn.Network([sn.Affine(6, 5, sn.Normal(0.01)), sn.ReLU(), sn.Affine(5, 3)], seed=4)
    expected = ["Network([", "    Affine(6, 5, init=Normal(0.01)),", "    ReLU(),", "    Affine(5, 3),", "], seed=4)"]
    assert repr(net).splitlines() == expected


def test_with_normalization_and_dropout_the_affines_draw_the_same_weights():
    plain = weights(small())
    names = ["Affine1", "BatchNorm1", "ReLU1", "Dropout1", "Affine2", "BatchNorm2", "ReLU2", "Dropout2", "Affine3"]
    for normalization in (sn.BatchNorm, sn.LayerNorm):
        net = small(normalization=normalization, dropout=0.2)
        assert net.names == [name.replace("BatchNorm", normalization.__name__) for name in names]
        assert_same({name: w for name, w in weights(net).items() if name.startswith("Affine")}, plain)
    for settings in ({"dropout": 0.2}, {"normalization": lambda n: sn.BatchNorm(n, momentum=0.5)}):
        other = weights(small(**settings))
        assert_same({name: other[name] for name in plain}, plain)
    assert small(dropout=0).names == small().names
