"""What a network refuses: images, labels, layers, and one weight in two places."""

import numpy as np
import pytest
from network.nets import LOOKS, T, X, backward, small

import scratchnet as sn


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
