"""`net.summary()` and a network in a notebook: shapes as data have them, and a question mark where nothing tells them."""

import numpy as np
import pytest

import scratchnet as sn


def column(table, name="output shape"):
    at = table.header.index(name)
    return {row[0]: row[at] for row in table.rows}


class Double(sn.Layer):
    """A layer of one's own, of another width than its input."""

    def __init__(self):
        self.s = self.parameter("s", (1,), sn.Ones())

    def forward(self, x):
        self.x = x
        return np.concatenate([x, self.s * x], axis=1)

    def backward(self, dout):
        half = dout.shape[1] // 2
        self.ds = (dout[:, half:] * self.x).sum(keepdims=True)[0]
        return dout[:, :half] + self.s * dout[:, half:]


class Fails(sn.Layer):
    def forward(self, x):
        raise ZeroDivisionError("<b>mine</b>")


class Halves(sn.Layer):
    """Joins each two rows."""

    def forward(self, x):
        return x.reshape(len(x) // 2, -1)


class Book:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def test_a_perceptron_is_known_from_its_first_affine():
    table = sn.mlp(784, [100, 50], 10, init=sn.LeCun(), seed=3, normalization=sn.BatchNorm, dropout=0.2).summary()
    shapes = column(table)
    assert list(shapes)[:6] == ["input", "Affine1", "BatchNorm1", "ReLU1", "Dropout1", "Affine2"]
    assert shapes["input"] == "(N, 784)" and shapes["Dropout1"] == "(N, 100)" and shapes["Affine3"] == "(N, 10)"
    assert column(table, "count")["Affine1"] == "78,500" and column(table, "count")["BatchNorm1"] == "200"
    assert column(table, "parameters")["Affine2"] == "W (100, 50), b (50,)"
    assert column(table, "drawn by")["Affine2"] == "LeCun, Zeros"
    assert table.notes == ["84,360 parameters, 337 KB of float32; seed 3"]
    assert repr(table) == str(table) and str(table).splitlines()[-1] == table.notes[0]


NETWORKS = {
    "convnet": (lambda: sn.simple_convnet(seed=0), (28, 28, 1)),
    "deep": (lambda: sn.deep_convnet(seed=0, maps=(2, 2, 2), hidden=4), (28, 28, 1)),
    "nested": (
        lambda: sn.Network([sn.Network([sn.ReLU(), sn.Affine(6, 4)]), sn.Residual([sn.Affine(4, 4), sn.Tanh()])], seed=0),
        (6,),
    ),
    "own": (lambda: sn.Network([Double(), sn.Affine(12, 3)], seed=0), (6,)),
    "adapted": (lambda: sn.Network([sn.adapt(Book(np.ones((6, 4)), np.zeros(4))), sn.PReLU(4)], seed=0), (6,)),
}


@pytest.mark.parametrize("make, shape", NETWORKS.values(), ids=list(NETWORKS))
def test_shapes_and_counts_are_those_of_the_arrays(make, shape):
    net = make()
    unknown, given = net.summary(), net.summary(shape)
    sizes = {}
    for name, w, _ in net.parameters():
        layer = name.rpartition(".")[0]
        sizes[layer] = sizes.get(layer, 0) + w.size
    counts = {name: int(count.replace(",", "")) for name, count in column(given, "count").items() if count}
    assert {name: count for name, count in counts.items() if count} == sizes
    assert f"{sum(sizes.values()):,} parameters" in given.notes[0]

    x = np.ones((5, *shape), np.float32)
    expected = {"input": x.shape}
    net.keep_in_one_piece()
    for name, layer in net.walk():

        def noted(x, name=name, forward=layer.forward):
            expected[name] = forward(x).shape
            return forward(x)

        layer.forward = noted
    net.forward(x)
    for _, layer in net.walk():
        del layer.forward
    assert column(given) == {name: str(shape).replace("(5", "(N") for name, shape in expected.items()}
    assert column(net.summary()) == column(given)  # known once data has gone through
    assert all(text in ("?", column(given)[name]) for name, text in column(unknown).items())


@pytest.mark.parametrize("name", ["convnet", "own", "adapted"])
def test_what_is_not_known_is_said_and_not_guessed(name):
    table = NETWORKS[name][0]().summary()
    first = list(column(table))[1]
    assert column(table)["input"] == column(table)[first] == "?"
    assert table.notes[1].startswith("?: known once data has gone through, or with net.summary(shape)")


def test_a_layer_that_fails_ends_the_shapes_and_not_the_table():
    net = sn.Network([sn.Affine(7, 5), Fails(), sn.Affine(5, 2)], seed=0)
    table = net.summary()
    assert column(table) == {"input": "(N, 7)", "Affine1": "(N, 5)", "Fails1": "?", "Affine2": "?"}
    assert table.notes[1] == "?: not known, since Fails1 raised ZeroDivisionError: <b>mine</b>"
    assert "&lt;b&gt;mine" in net._repr_html_() and "<b>mine" not in net._repr_html_()


def test_a_layer_that_changes_the_number_of_rows_is_shown_as_it_is():
    assert column(sn.Network([sn.Affine(7, 5), Halves()], seed=0).summary())["Halves1"] == "(1, 10) of 2 rows"


def test_a_notebook_shows_the_table():
    net = sn.mlp(6, [4], 3, seed=0)
    assert net._repr_html_() == net.summary()._repr_html_()
    assert net._repr_html_().startswith("<table>") and "<td>W (6, 4), b (4,)</td>" in net._repr_html_()


def test_it_leaves_no_trace():
    net = sn.Network([sn.Affine(6, 4), sn.BatchNorm(4), sn.Dropout(0.5), sn.Affine(4, 3)], seed=0)
    twin = sn.Network([sn.Affine(6, 4), sn.BatchNorm(4), sn.Dropout(0.5), sn.Affine(4, 3)], seed=0)
    x = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    net.forward(x)
    net.summary()
    twin.forward(x)
    assert np.array_equal(net.forward(x), twin.forward(x)) and all("forward" not in vars(one) for one in net.layers)
    for one in (net, twin):
        one.backward(np.ones((5, 3), np.float32))
    assert all(np.array_equal(a, b) for (_, _, a), (_, _, b) in zip(net.parameters(), twin.parameters(), strict=True))


@pytest.mark.parametrize(
    "in_shape, message",
    [
        (7, "takes rows of width 6|Affine1"),
        ((), "in_shape is empty"),
        ((6.0,), r"an axis of in_shape is 6\.0"),
        ("6", "in_shape is '6'"),
        (0, "an axis of in_shape is 0"),
    ],
)
def test_a_wrong_shape_is_answered_in_one_sentence(in_shape, message):
    with pytest.raises(sn.InputError, match=message) as error:
        sn.mlp(6, [4], 3, seed=0).summary(in_shape)
    assert "\n" not in str(error.value)
