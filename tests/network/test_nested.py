"""Networks in networks and residual branches: names, draws, gradients, evaluation."""

from pathlib import Path

import numpy as np
import pytest
from network.nets import T, X, assert_same, backward, batch, gradients, nested, weights

import scratchnet as sn
from scratchnet.support.streams import stream

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
