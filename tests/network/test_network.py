"""A network: names, paired draws, what it refuses, and that looking at it changes nothing."""

import math
from pathlib import Path

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.support.streams import stream


def weights(net):
    return {name: w.copy() for name, w, _ in net.parameters()}


def gradients(net):
    return {name: dw.copy() for name, _, dw in net.parameters()}


def assert_same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def batch(rows=20, width=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, width)).astype(np.float32), rng.integers(0, classes, rows)


def backward(net, x, t):
    criterion = sn.SoftmaxCrossEntropy()
    loss = criterion.forward(net.forward(x), t)
    net.backward(criterion.backward())
    return loss


def small(**settings):
    return sn.mlp(6, [5, 4], 3, **{"seed": 0} | settings)


# Paired draws: what makes a difference between two curves the initializer's, and not the luck's.


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


# Networks inside networks.


def nested(seed=0, dtype=np.float32):
    """Takes rows of width 6, as `small` does; with everything that remembers or draws."""
    branch = [sn.Affine(5, 4), sn.BatchNorm(4), sn.Tanh(), sn.Dropout(0.3), sn.Affine(4, 5)]
    block = sn.Network([sn.Affine(5, 5), sn.ReLU(), sn.Residual([sn.Affine(5, 5), sn.PReLU(5)]), sn.Affine(5, 3)])
    return sn.Network([sn.Affine(6, 5), sn.Residual(branch), sn.Residual([sn.LayerNorm(5), sn.Tanh()]), block], seed, dtype)


NESTED = [
    *("Affine1.W", "Affine1.b"),
    *("Residual1.Affine1.W", "Residual1.Affine1.b", "Residual1.BatchNorm1.gamma", "Residual1.BatchNorm1.beta"),
    *("Residual1.Affine2.W", "Residual1.Affine2.b", "Residual2.LayerNorm1.gamma", "Residual2.LayerNorm1.beta"),
    *("Network1.Affine1.W", "Network1.Affine1.b", "Network1.Residual1.Affine1.W", "Network1.Residual1.Affine1.b"),
    *("Network1.Residual1.PReLU1.a", "Network1.Affine2.W", "Network1.Affine2.b"),
]


def test_parameters_of_inner_layers_have_the_names_of_all_networks_around_them():
    net, (x, t) = nested(), batch()
    assert net.names == ["Affine1", "Residual1", "Residual2", "Network1"]
    assert [name for name, _, _ in net.parameters()] == NESTED
    assert all(dw is None for _, _, dw in net.parameters())
    backward(net, x, t)
    assert all(dw.shape == w.shape for _, w, dw in net.parameters())


def test_walk_gives_all_layers_and_inner_ones_first():
    assert [name for name, _ in nested().walk()] == [
        *("Affine1", "Residual1.Affine1", "Residual1.BatchNorm1", "Residual1.Tanh1", "Residual1.Dropout1"),
        *("Residual1.Affine2", "Residual1", "Residual2.LayerNorm1", "Residual2.Tanh1", "Residual2"),
        *("Network1.Affine1", "Network1.ReLU1", "Network1.Residual1.Affine1", "Network1.Residual1.PReLU1"),
        *("Network1.Residual1", "Network1.Affine2", "Network1"),
    ]


@pytest.mark.parametrize("seed", [0, 5])
def test_inner_weights_are_drawn_from_the_outer_seed_by_their_full_name(seed):
    inner = sn.Network([sn.Affine(6, 6), sn.Residual([sn.Affine(6, 6)])], seed=3)
    own = weights(inner)
    outer = weights(sn.Network([sn.Affine(6, 6), inner, sn.Network([sn.Affine(6, 6)])], seed))
    assert not np.isin(own["Affine1.W"], outer["Network1.Affine1.W"]).any()
    for name in ("Affine1.W", "Network1.Affine1.W", "Network1.Residual1.Affine1.W", "Network2.Affine1.W"):
        drawn = sn.He()((6, 6), sn.Fans(6, 6), stream(seed, name)).astype(np.float32)
        np.testing.assert_array_equal(outer[name], drawn, err_msg=name)


def test_initialize_reaches_inner_layers_and_redraws_in_place():
    net, before = nested(), weights(nested())
    arrays = [w for _, w, _ in net.parameters()]
    net.initialize(sn.Constant(2), seed=1, bias_init=sn.Constant(3))
    assert all(w is array for (_, w, _), array in zip(net.parameters(), arrays, strict=True))
    expected = {"W": 2, "b": 3, "gamma": 1, "beta": 0, "a": 0.25}
    for name, w, _ in net.parameters():
        assert set(w.ravel()) == {np.float32(expected[name.rpartition(".")[2]])}, name
    net.initialize(sn.He(), seed=0, bias_init=sn.Zeros())
    assert_same(weights(net), before)


def test_the_dtype_reaches_inner_layers():
    for dtype in (np.float32, np.float64):
        net, (x, t) = nested(dtype=dtype), batch()
        backward(net, x, t)
        assert {array.dtype for _, w, dw in net.parameters() for array in (w, dw)} == {np.dtype(dtype)}
        assert net.forward(x).dtype == dtype
    assert_same(weights(nested()), {name: w.astype(np.float32) for name, w in weights(nested(dtype=np.float64)).items()})


def test_a_residual_adds_what_its_branch_makes_to_x():
    net = sn.Network([sn.Affine(6, 5), sn.Residual([sn.Affine(5, 4), sn.Tanh(), sn.Affine(4, 5)])], seed=0, dtype=np.float64)
    W1, b1, W2, b2, W3, b3 = weights(net).values()
    x = X @ W1 + b1
    np.testing.assert_allclose(net.forward(X), x + np.tanh(x @ W2 + b2) @ W3 + b3, rtol=1e-12, atol=1e-14)


def test_residual_agrees_with_pytorch():
    golden = np.load(Path(__file__).parents[1] / "golden" / "images.npz")
    branch = [sn.Affine(7, 4), sn.Tanh(), sn.Affine(4, 7)]
    net = sn.Network([sn.Affine(5, 7), sn.Residual(branch)], dtype=np.float64)
    for name, w, _ in net.parameters():
        w[...] = golden[f"Residual.{name}"]
    net.layers[0].needs_dx = True
    np.testing.assert_allclose(net.forward(golden["Residual.x"]), golden["Residual.out"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(net.backward(golden["Residual.dout"]), golden["Residual.dx"], rtol=1e-12, atol=1e-14)
    for name, _, dw in net.parameters():
        prefix, _, last = name.rpartition(".")
        np.testing.assert_allclose(dw, golden[f"Residual.{prefix}.d{last}"], rtol=1e-12, atol=1e-14, err_msg=name)


GRADIENTS = {
    "nested": nested,
    "residual with a norm": lambda: sn.Network(
        [sn.Affine(6, 5), sn.Residual([sn.BatchNorm(5), sn.Tanh(), sn.Affine(5, 5), sn.BatchNorm(5)])], seed=0
    ),
    "residual, first": lambda: sn.Network([sn.Residual([sn.Affine(6, 6), sn.Tanh()]), sn.Affine(6, 3)], seed=0),
    "residual of nothing but an activation": lambda: sn.Network([sn.Residual([sn.Tanh()]), sn.Affine(6, 3)], seed=0),
    "a residual in a residual": lambda: sn.Network(
        [sn.Residual([sn.Affine(6, 6), sn.Residual([sn.Tanh(), sn.Affine(6, 6)]), sn.Tanh()])], seed=0
    ),
    "a network in a network": lambda: sn.Network([sn.Network([sn.Network([sn.Affine(6, 4)]), sn.Tanh()])], seed=0),
    "norm and dropout": lambda: sn.mlp(6, [5], 3, sn.Tanh, normalization=sn.BatchNorm, dropout=0.4, seed=0),
    "a norm of rows": lambda: sn.mlp(6, [5], 3, sn.Tanh, normalization=sn.LayerNorm, seed=0),
}


@pytest.mark.parametrize("make", GRADIENTS.values(), ids=GRADIENTS)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_gradients_of_networks_within_networks_are_right(make, training):
    net, x = make(), batch(rows=6, seed=2)[0]
    net.forward(2 + 3 * x)  # so that the running statistics are some
    report = sn.check_gradient(net.twin(training), x)
    assert len(report.comparisons) == 1 + len(net.parameters())
    assert report.ok, f"\n{report}"


@pytest.mark.parametrize("place", ["beside", "inside", "inside of two"])
def test_the_same_layer_twice_is_refused_inside_networks_too(place):
    layer = sn.Affine(6, 6)
    layers, names = {
        "beside": ([layer, sn.Residual([layer])], "Affine1 and Residual1.Affine1"),
        "inside": ([sn.Network([sn.ReLU(), layer]), sn.Residual([layer])], "Network1.Affine1 and Residual1.Affine1"),
        "inside of two": ([sn.Network([sn.Network([layer])]), layer], "Network1.Network1.Affine1 and Affine1"),
    }[place]
    with pytest.raises(sn.InputError, match=rf"{names} of the network are the same layer Affine\(6, 6\)"):
        sn.Network(layers)


def test_the_same_network_twice_is_refused():
    block = sn.Residual([sn.Affine(6, 6)])
    with pytest.raises(sn.InputError, match="are the same layer"):
        sn.Network([block, block])


def test_an_error_inside_names_all_networks_around_it():
    net = sn.Network([sn.Affine(6, 5), sn.Residual([sn.ReLU(), sn.Network([sn.Affine(4, 5)])])], seed=0)
    with pytest.raises(sn.InputError, match=r"Residual1: Network1: Affine1 takes rows of width 4, but .* \(20, 5\)"):
        net.forward(X)


@pytest.mark.parametrize("branch", [[sn.Affine(5, 4)], [sn.Affine(5, 1)], [sn.Affine(5, 5), sn.Affine(5, 6)]], ids=repr)
def test_a_branch_that_changes_the_shape_is_refused(branch):
    width = branch[-1].b.size
    words = rf"Residual1: the branch makes \(20, {width}\) of an x of shape \(20, 5\), but both must have one shape"
    with pytest.raises(sn.InputError, match=words):
        sn.Network([sn.Affine(6, 5), sn.Residual(branch)]).forward(X)


def evaluated(net, x):
    """By hand, in evaluation: running statistics, and nothing dropped."""
    out = x
    for layer in net.layers:
        inside = evaluated(layer, out) if isinstance(layer, sn.Network) else layer.twin(training=False).forward(out)
        out = out + inside if isinstance(layer, sn.Residual) else inside
    return out


@pytest.mark.parametrize("make", [nested, GRADIENTS["norm and dropout"]], ids=["nested", "plain"])
def test_predict_and_accuracy_evaluate_inner_layers_too(make):
    net = make()
    for seed in range(30):
        net.forward(2 + 3 * batch(seed=seed)[0])
    x = 2 + 3 * batch(rows=300, seed=99)[0]
    expected = evaluated(net, x).argmax(axis=1)
    np.testing.assert_array_equal(net.predict(x), expected)
    assert net.accuracy(x, expected) == 1
    assert (net.forward(x).argmax(axis=1) != expected).any()  # training is something else
    np.testing.assert_array_equal(net.predict(x), net.predict(x[:1]).tolist() + net.predict(x[1:]).tolist())


# Which gradients are computed.


class Counting(sn.Affine):
    """Notes for which inputs a dx was computed."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.found = dx is not None
        return dx


def test_nobody_computes_dx_for_the_images_behind_a_flatten():
    images, t = batch(width=3 * 2 * 5)[0].reshape(20, 3, 2, 5), T
    makers = {"flat": [], "images": [sn.Flatten()], "more": [sn.Flatten(), sn.Identity(), sn.Network([sn.Identity()])]}
    found = {}
    for name, first in makers.items():
        net = sn.Network([*first, Counting(30, 5), sn.Tanh(), Counting(5, 3)], seed=0)
        criterion = sn.SoftmaxCrossEntropy()
        criterion.forward(net.forward(images.reshape(20, 30) if name == "flat" else images), t)
        assert net.backward(criterion.backward()) is None
        assert [layer.found for layer in net.layers if isinstance(layer, Counting)] == [False, True]
        found[name] = gradients(net)
    assert_same(found["images"], found["flat"])
    assert_same(found["more"], found["flat"])


@pytest.mark.parametrize("wrap", [sn.Network, sn.Residual])
def test_the_first_layer_with_parameters_inside_a_network_computes_no_dx(wrap):
    inner, later = wrap([Counting(6, 6), sn.Tanh(), Counting(6, 6)]), wrap([Counting(6, 6)])
    net = sn.Network([sn.Tanh(), inner, later, sn.Affine(6, 3)], seed=0)
    backward(net, X, T)
    assert [layer.found for _, layer in net.walk() if isinstance(layer, Counting)] == [False, True, True]


# Normalization and dropout change no draw.


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


# Looking changes nothing.


class Spy(sn.Layer):
    """Passes everything on, and notes how many rows it sees and whether the network is training."""

    def __init__(self):
        self.rows, self.trainings = [], []

    def forward(self, x):
        self.rows.append(len(x))
        self.trainings.append(self.training)
        return x

    def backward(self, dout):
        return dout


LOOKS = {
    "predict": lambda net, x, t: net.predict(x),
    "accuracy": lambda net, x, t: net.accuracy(x, t),
    "measure_spread": lambda net, x, t: sn.measure_spread(net, x, t),
}
LOOKED_AT = {
    **{kind.__name__: lambda kind=kind: small(activation=kind) for kind in (sn.ReLU, sn.PReLU, sn.SELU, sn.Tanh, sn.GELU)},
    "norm and dropout": lambda: small(normalization=sn.BatchNorm, dropout=0.3),
    "nested": nested,
}
every_look = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)


@every_look
@pytest.mark.parametrize("make", LOOKED_AT.values(), ids=LOOKED_AT)
def test_a_look_between_forward_and_backward_changes_no_gradient(look, make):
    net, undisturbed, (x, t) = make(), make(), batch()
    backward(undisturbed, x, t)
    criterion = sn.SoftmaxCrossEntropy()
    criterion.forward(net.forward(x), t)
    look(net, *batch(rows=7, seed=1))
    net.backward(criterion.backward())
    assert_same(gradients(net), gradients(undisturbed))
    look(net, *batch(rows=7, seed=1))
    assert_same(gradients(net), gradients(undisturbed))
    assert_same(weights(net), weights(make()))


@every_look
def test_a_look_takes_at_most_1000_rows_at_a_time(look):
    spy = Spy()
    net = sn.Network([sn.Affine(6, 5), spy, sn.Affine(5, 3)], seed=0)
    look(net, *batch(rows=2500))
    assert max(spy.rows) <= 1000
    assert sum(spy.rows) >= 2500
    assert set(spy.trainings) == {look is LOOKS["measure_spread"]}
    assert spy.training
    net.forward(batch()[0])
    assert spy.trainings[-1]


@every_look
def test_a_look_takes_at_most_100_images_at_a_time(look):
    spy, rng = Spy(), np.random.default_rng(0)
    net = sn.Network([sn.Convolution(1, 2, 2), spy, sn.Flatten(), sn.Affine(8, 3)], seed=0)
    look(net, rng.standard_normal((250, 3, 3, 1)).astype(np.float32), rng.integers(0, 3, 250))
    assert max(spy.rows) <= 100
    assert sum(spy.rows) == 250 + (3 if look is LOOKS["measure_spread"] else 0)  # three copies for the Jacobian
    assert set(spy.trainings) == {look is LOOKS["measure_spread"]}


def test_accuracy_counts_every_part():
    net, (x, t) = small(), batch(rows=2500)
    assert net.accuracy(x, t) == (net.forward(x).argmax(axis=1) == t).mean()
    assert net.predict(x).shape == (2500,)


# What it is given.

X, T = batch()


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "x",
    [read_only(X), X.astype(">f4"), np.asfortranarray(X), np.repeat(X, 2, 0)[::2], X.astype(np.float64), X.tolist()],
    ids=["read-only", "big-endian", "column-major", "strided", "float64", "list"],
)
@pytest.mark.parametrize("t", [T, T.astype(">i2"), T.astype(np.uint8), T.tolist()], ids=["int", "big", "uint8", "list"])
def test_any_array_of_floats_works(x, t):
    net, reference = small(), small()
    assert backward(net, x, t) == pytest.approx(backward(reference, X, T), rel=1e-6)
    assert net.accuracy(x, t) == reference.accuracy(X, T)
    for (_, _, dw), (_, _, expected) in zip(net.parameters(), reference.parameters(), strict=True):
        assert dw.dtype == np.float32
        np.testing.assert_allclose(dw, expected, rtol=1e-5, atol=1e-7)
    assert sn.measure_spread(net, x, t).first_loss == pytest.approx(sn.measure_spread(net, X, T).first_loss, rel=1e-6)


def spoiled(value):
    x = X.copy()
    x[3, 2] = value
    return x


@pytest.mark.parametrize(
    "x, words",
    [
        (X[0], r"x has shape \(6,\), but a batch of rows is needed: for one row write x\[None\]"),
        (np.float32(1), "a batch of rows is needed"),
        (X.astype(np.uint8), r"x holds uint8, but floats are needed: for pixels write x / np\.float32\(255\)"),
        (X.astype(np.int64), r"x holds int64, but floats .* x\.astype\(np\.float32\)"),
        (X > 0, "x holds bool, but floats are needed"),
        (spoiled(np.nan), r"x holds 1 NaN or infinite value, the first at \[3, 2\]"),
        (X[:0], r"x is empty \(shape \(0, 6\)\)"),
        (np.empty((0,)), "x is empty"),
        (X.astype(object), "x holds object, but floats are needed"),
        (X.astype(str), "x holds <U.*, but floats are needed"),
        (X.astype(complex), "x holds complex128, but floats are needed"),
        (None, "x is None, but an array of numbers is needed"),
        ("a picture", "x holds <U"),
        (X[:, :4], r"Affine1 takes rows of width 6, but got an array of shape \(20, 4\).*Affine\(4, 5\)"),
    ],
    ids=lambda value: None if isinstance(value, str) else "",
)
@pytest.mark.parametrize("look", [*LOOKS, "forward"])
def test_a_wrong_x_is_refused_in_one_sentence(x, words, look):
    looks = LOOKS | {"forward": lambda net, x, t: net.forward(x)}
    with pytest.raises(sn.InputError, match=words) as caught:
        looks[look](small(), x, T)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("activation", [sn.ReLU, sn.Tanh], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("x", [spoiled(np.inf), X.astype(np.float64) * 1e300], ids=["inf", "beyond float32"])
def test_an_infinite_x_is_refused(x, activation):
    with pytest.raises(sn.InputError, match=r"x holds .* NaN or infinite value"):
        small(activation=activation).forward(x)


@pytest.mark.parametrize(
    "t, words",
    [
        (T + 1, "a label is 3, but with 3 classes labels run from 0 to 2"),
        (T - 1, "a label is -1, but with 3 classes"),
        (np.eye(3)[T], r"labels have shape \(20, 3\), as one-hot rows have.*t\.argmax\(axis=1\)"),
        (np.eye(3, dtype=int)[T], "one-hot"),
        (T[:, None], r"labels have shape \(20, 1\)"),
        (T.astype(np.float32), r"labels hold float32, but class numbers are whole: write t\.astype\(int\)"),
        (T.astype(str), "labels hold <U"),
        (T.astype(object), "labels hold object"),
        (T == 1, "labels hold bool"),
        (T[:19], "there are 19 labels for 20 rows"),
        (1, r"labels have shape \(\)"),
    ],
    ids=lambda value: None if isinstance(value, str) else "",
)
@pytest.mark.parametrize("look", ["accuracy", "measure_spread", "loss"])
def test_wrong_labels_are_refused_in_one_sentence(t, words, look):
    looks = LOOKS | {"loss": backward}
    with pytest.raises(sn.InputError, match=words) as caught:
        looks[look](small(), X, t)
    assert "\n" not in str(caught.value)


def test_infinite_scores_of_a_network_that_diverged_are_no_fault_of_x():
    net = small()
    net.layers[0].W[...] = np.inf
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(net.forward(X)).all()


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: sn.Network([]), "the network has no layers"),
        (lambda: sn.Network([sn.ReLU()] * 2), r"ReLU1 and ReLU2 of the network are the same layer ReLU\(\)"),
        (lambda: sn.Network([sn.Affine(3, 3), sn.ReLU]), r"layer 2 of the network is .*give ReLU\(\)"),
        (lambda: sn.Network([np.tanh]), "layer 1 of the network is .*, which is not a layer"),
        (lambda: sn.Network([sn.ReLU()], dtype=int), "but a network computes in floats"),
        (lambda: sn.Network([sn.ReLU()], seed=-1), "seed is -1"),
        (lambda: sn.Network([sn.ReLU()], seed=1.0), r"seed is 1.0.*write int\(1.0\)"),
        (lambda: sn.mlp(6, 5, 3), "hidden is 5, but a list of widths"),
        (lambda: sn.mlp(6, [5.0], 3), "a hidden width is 5.0"),
        (lambda: sn.mlp(6, [0], 3), "a hidden width is 0"),
        (lambda: sn.mlp(6, [5], 3, activation=sn.ReLU()), r"activation is ReLU\(\), but something that makes layers"),
        (lambda: sn.mlp(6, [5], 3, activation="ReLU"), "activation is 'ReLU'"),
        (lambda: small().initialize(sn.He), r"write He\(\)"),
        (lambda: sn.Network([sn.Affine(6, 5), sn.ReLU(), sn.Affine(4, 3)]).forward(X), "Affine2 takes rows of width 4"),
    ],
)
def test_what_is_no_network_is_refused(make, words):
    with pytest.raises(sn.InputError, match=words):
        make()


class Forgetful(sn.Affine):
    def backward(self, dout):
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class DeadEnd(sn.Affine):
    def backward(self, dout):
        super().backward(dout)


@pytest.mark.parametrize(
    "layer, words",
    [
        (Forgetful(5, 5), r"Forgetful1\.W got no gradient: Forgetful\.backward must set self\.dW"),
        (DeadEnd(5, 5), "DeadEnd1 returned no dx: DeadEnd.backward must return it"),
    ],
    ids=["Forgetful", "DeadEnd"],
)
def test_a_backward_that_leaves_something_out_is_named(layer, words):
    net = sn.Network([sn.Affine(6, 5), layer, sn.Affine(5, 3)], seed=0)
    with pytest.raises(sn.InputError, match=words):
        backward(net, X, T)


class Misnamed(sn.Layer):
    def __init__(self):
        self.weight = self.parameter("W", (2, 2), 0.1, sn.Fans(2, 2))


def test_a_parameter_without_its_attribute_is_named():
    with pytest.raises(sn.InputError, match=r"Misnamed1 noted a parameter 'W' but .* write self\.W = "):
        sn.Network([Misnamed()])


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_a_missing_method_is_named(method):
    with pytest.raises(NotImplementedError, match=f"Layer needs a method {method}"):
        getattr(sn.Layer(), method)(X)


def tied(place):
    """Two layers that are meant to have one weight."""
    first, second = sn.Affine(6, 6), sn.Affine(6, 6)
    second.W = {"array": first.W, "transposed": first.W.T, "a part": first.W[:, :]}[place]
    return first, second


@pytest.mark.parametrize("kind", ["array", "transposed", "a part"])
@pytest.mark.parametrize("place", ["beside", "in a branch", "in two networks"])
def test_one_weight_of_two_layers_is_refused(kind, place):
    first, second = tied(kind)
    layers = {
        "beside": lambda: [first, sn.ReLU(), second],
        "in a branch": lambda: [first, sn.Residual([sn.ReLU(), sn.Affine(6, 6)]), second],
        "in two networks": lambda: [first, sn.Tanh(), second, sn.Network([sn.Affine(6, 6)])],
    }[place]()
    with pytest.raises(
        sn.InputError, match=r"Affine1\.W and Affine2\.W share one array.*adds the two gradients in backward"
    ):
        sn.Network(layers)


@pytest.mark.parametrize("share", [lambda w: w, lambda w: w.T, lambda w: w[:]], ids=["array", "transposed", "a part"])
def test_a_weight_that_is_shared_later_is_not_moved_twice(share):
    net = sn.Network([sn.Affine(6, 6), sn.Tanh(), sn.Affine(6, 6)], seed=0)
    net.layers[2].W = share(net.layers[0].W)
    net.backward(np.ones_like(net.forward(np.ones((4, 6)))))
    with pytest.raises(sn.InputError, match=r"Affine1\.W and Affine2\.W are .*which would be moved twice"):
        sn.Adam().step(net.parameters())


class Tied(sn.Layer):
    """out = tanh(x W) Wᵀ: the way to share a weight that the sentences name."""

    def __init__(self, n_in, n_out):
        self.W = self.parameter("W", (n_in, n_out), sn.LeCun(), sn.Fans(n_in, n_out))

    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.W)
        return self.h @ self.W.T

    def backward(self, dout):
        dz = dout @ self.W * (1 - self.h**2)
        self.dW = self.x.T @ dz + dout.T @ self.h
        return dz @ self.W.T


def test_a_layer_of_ones_own_may_use_its_weight_twice():
    assert sn.check_layer(Tied(7, 3), (4, 7)).ok
