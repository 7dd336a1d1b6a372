"""Where theory stops, what it says then, what it refuses, and that it leaves a network as it was."""

import copy
import math
import re

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.initializers import Identity

X = np.random.default_rng(0).random((20, 12))
T = np.arange(20) % 4
IMAGES = np.random.default_rng(0).random((6, 8, 8, 3))


class Kept(sn.Affine):
    """A reader's kind of Affine is one as well."""


def affine(n_in=12, n_out=30, *inits):
    return sn.Affine(n_in, n_out, *inits)


def convolution():
    return sn.Convolution(3, 10, 3)


def shifted(shape, fans, rng):
    return rng.standard_normal(shape) + 2


# layers -> where no formula holds, and why
STOPS = {
    "not square": (lambda: [affine(), sn.ReLU(), affine(30, 40, Identity())], "Affine2", "its W is not random about 0"),
    "dirac": (lambda: [sn.Convolution(3, 10, 3, init=sn.Dirac())], "Convolution1", "its W is not random about 0"),
    "small": (lambda: [affine(12, 4, sn.Constant(-0.1)), sn.ReLU()], "Affine1", "its W is not random about 0"),
    "constant": (lambda: [affine(12, 30, sn.Constant(0.1)), sn.ReLU()], "Affine1", "its W is not random about 0"),
    "mean": (lambda: [affine(), sn.ReLU(), affine(30, 30, shifted)], "Affine2", "its W is not random about 0"),
    "branch without weights": (
        lambda: [affine(), sn.Residual([sn.ReLU()]), affine(30)],
        "Residual1",
        "its branch has no random weights of its own",
    ),
}


@pytest.mark.parametrize("case", STOPS)
def test_where_no_formula_holds_networks_are_drawn_and_a_note_says_why(case):
    make, stop, why = STOPS[case]
    x = IMAGES if isinstance(make()[0], sn.Convolution) else X
    net = sn.Network(make(), seed=0)
    spread = sn.predict_spread(net, x)
    (note,) = [note for note in spread.notes if note.startswith("sampled")]
    assert re.match(rf"sampled from {re.escape(stop)} on, since no formula holds .*{why}", note) and note in str(spread)
    names = [layer.name for layer in spread.layers]
    assert names == [name for name, _ in net.walk()]
    measured = [sn.measure_spread(sn.Network(make(), seed), x) for seed in range(12)]
    for layer in spread.layers:
        assert layer.histogram is not None
        for quantity in ("std", "within_std"):
            squares = [getattr(one[layer.name], quantity) ** 2 for one in measured]
            error = np.std(squares, ddof=1) * math.sqrt(1 / 12 + 1 / 64) + 1e-6 * np.mean(squares)
            assert abs(getattr(layer, quantity) ** 2 - np.mean(squares)) <= 4 * error + 0.02 * np.mean(squares)


class Falls(sn.Layer):
    """A reader's layer that takes two rows at a time, and no more."""

    def forward(self, x):
        if len(x) > 2:
            raise ValueError("too many rows")
        return x

    def backward(self, dout):
        return dout


def test_where_theory_stops_it_says_so_and_predicts_what_comes_before():
    spread = sn.predict_spread(sn.Network([affine(), sn.ReLU(), Falls(), affine(30)], seed=0), X)
    assert spread.notes[0].startswith("theory stops at Falls1: ")
    for layer in spread.layers[:2]:
        assert layer.std > 0 and layer.within_std > 0 and layer.histogram is not None
    for layer in spread.layers[2:]:
        known = {name for name, value in vars(layer).items() if value is not None and name not in ("name", "bands")}
        assert known <= {"w_rms"} and not layer.bands
    assert all(layer.grad_rms is None for layer in spread.layers)
    assert spread.first_loss is spread.jacobian is None
    assert spread.notes[0] in str(spread)


def test_running_statistics_that_differ_belong_to_the_networks_own_weights():
    net = sn.mlp(12, [30], 4, normalization=sn.BatchNorm, seed=0, dtype=np.float64)
    fresh, scaled = sn.predict_spread(net, X, training=False), sn.predict_spread(net, X)
    assert not any("stops" in note for note in fresh.notes)
    assert fresh["BatchNorm1"].std == pytest.approx(fresh["Affine1"].std / math.sqrt(1 + 1e-5), rel=1e-9)
    assert scaled["BatchNorm1"].std == pytest.approx(1, rel=1e-3)
    net.layers[1].training = True
    net.forward(X)
    predicted, measured = (function(net, X, training=False) for function in (sn.predict_spread, sn.measure_spread))
    assert "its running statistics differ from unit to unit" in predicted.notes[-1]
    assert predicted["ReLU1"].std == pytest.approx(measured["ReLU1"].std, rel=1e-9)


def test_what_comes_before_the_first_weights_is_known():
    net = sn.Network([sn.Tanh(), sn.ReLU(), sn.Dropout(0.0), affine(), sn.ReLU(), affine(30, 4)], seed=0, dtype=np.float64)
    predicted, measured = sn.predict_spread(net, X - 0.5, T), sn.measure_spread(net, X - 0.5, T)
    for name in ("Tanh1", "ReLU1"):
        for quantity in ("mean", "rms", "within_std", "correlation"):
            assert getattr(predicted[name], quantity) == pytest.approx(getattr(measured[name], quantity), rel=1e-9)
    assert predicted["Affine1"].within_std == pytest.approx(
        math.sqrt(2 / 12 * np.maximum(np.tanh(X - 0.5), 0).var(axis=0).sum()), rel=1e-9
    )
    pooled = sn.Network([sn.MaxPool(2), sn.Convolution(3, 10, 3), sn.ReLU(), sn.Flatten(), affine(40, 4)], seed=0)
    assert not any("stops" in note for note in sn.predict_spread(pooled, IMAGES).notes)


def test_an_activation_that_subclasses_a_layer_is_one():
    net = sn.Network([Kept(12, 30), sn.ReLU()], seed=0)
    assert sn.predict_spread(net, X)["ReLU1"].zero == pytest.approx(0.5)


def scores_of(variance):
    """A network whose scores have this variance."""
    net = sn.mlp(12, [300], 4, seed=0)
    before = sn.predict_spread(net, X)["ReLU1"].rms
    net.initialize()
    return sn.Network([*net.layers[:-1], affine(300, 4, sn.Normal(math.sqrt(variance / 300) / before))], seed=0)


@pytest.mark.parametrize(("variance", "said"), [(0.97, False), (1.03, True)])
def test_large_scores_are_pointed_out(variance, said):
    spread = sn.predict_spread(scores_of(variance), X, T)
    assert spread["Affine2"].rms ** 2 == pytest.approx(variance, rel=1e-6)
    notes = [note for note in spread.notes if "the scores' variance is 1.03: beyond 1 gradients" in note]
    assert bool(notes) == said == any("the scores' variance" in note for note in spread.notes)


def variance_of(limits):
    return (math.log(limits[1] / limits[0]) / 1.96) ** 2


@pytest.mark.parametrize("width", [8, 15, 30, 400])
def test_deep_and_narrow_networks_are_pointed_out_from_where_a_quarter_of_variance_is_passed(width):
    net = sn.Network([layer for i in range(6) for layer in (affine(width if i else 12, width), sn.ReLU())], seed=0)
    spread = sn.predict_spread(net, X)
    beyond = [layer.name for layer in spread.layers if max(map(variance_of, layer.bands.values())) > 0.25]
    notes = [f"from {beyond[0]} on single networks differ so much, being deep and narrow"] if beyond else []
    assert len(notes) == len(spread.notes) == (width < 400)
    assert all(said.startswith(note) for said, note in zip(spread.notes, notes, strict=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((sn.ReLU(), X), r"net is ReLU\(\), but a Network is needed, such as sn.mlp"),
        ((None, X), "net is None, but a Network is needed"),
        (("net", X, T, -0.1), "lr is -0.1"),
        (("net", X, T, math.nan), "lr is nan"),
        (("net", np.where(X > 0.99, math.nan, X)), "x holds .* NaN or infinite value"),
        (("net", np.where(X > 0.99, math.inf, X)), "x holds .* NaN or infinite value"),
        (("net", X[0]), "x has shape .* but a batch of rows is needed"),
        (("net", np.ones((3, 12), int)), "x holds int64, but floats are needed"),
        (("net", X, T + 1), "a label is 4, but with 4 classes labels run from 0 to 3"),
        (("net", X, T - 1), "a label is -1, but with 4 classes"),
        (("net", X, T[:-1]), "there are 19 labels for 20 rows"),
        (("net", X, np.eye(4)[T]), "as one-hot rows have"),
        (("net", X, T.astype(float)), "the labels hold float64"),
        (("net", np.zeros((5001, 12))), r"x has 5,001 inputs, which make too many pairs: give the first 2,236, x\[:2236\]"),
    ],
)
def test_what_is_wrong_is_said(arguments, words):
    net, *others = arguments
    with pytest.raises(sn.InputError, match=words) as caught:
        sn.predict_spread(sn.mlp(12, [30], 4, seed=0) if net == "net" else net, *others)
    assert "\n" not in str(caught.value)


def test_pairs_of_images_count_at_all_places():
    net = sn.Network([sn.Convolution(1, 4, 3), sn.ReLU()], seed=0)
    with pytest.raises(sn.InputError, match=r"x has 200 inputs, which make too many pairs: give the first 55, x\[:55\]"):
        sn.predict_spread(net, np.zeros((200, 40, 40, 1), np.float32))


def state(net):
    return {
        name: {key: copy.deepcopy(value) for key, value in vars(layer).items() if key not in ("layers", "runs")}
        for name, layer in net.walk()
    }


def same(a, b):
    if isinstance(a, np.random.Generator):
        return a.bit_generator.state == b.bit_generator.state
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else isinstance(a, type(b))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_is_left_as_it_was_and_the_answer_is_the_same_again(dtype, training):
    norms = sn.BatchNorm(30), sn.LayerNorm(30)
    layers = [affine(), norms[0], sn.ReLU(), sn.Dropout(0.4), sn.Residual([affine(30, 30), norms[1]]), affine(30, 4)]
    net = sn.Network(layers, seed=0, dtype=dtype)
    before, x = state(net), X.copy()
    first = sn.predict_spread(net, x, T, training=training)
    second = sn.predict_spread(net, x, T, training=training)
    assert first == second
    np.testing.assert_array_equal(x, X)
    after = state(net)
    assert before.keys() == after.keys()
    for name in before:
        assert before[name].keys() == after[name].keys(), name
        assert all(same(before[name][key], after[name][key]) for key in before[name]), name
    random = np.random.get_state()[1].copy()  # noqa: NPY002
    sn.predict_spread(net, x, T, training=training)
    np.testing.assert_array_equal(random, np.random.get_state()[1])  # noqa: NPY002
    measured = sn.measure_spread(net, X, T, training=training), sn.measure_spread(net, X, T, training=training)
    assert measured[0]["Dropout1"].zero == measured[1]["Dropout1"].zero  # the streams were not drawn from either


def test_a_prediction_says_that_it_is_one():
    net = sn.mlp(12, [30], 4, seed=0)
    spread = sn.predict_spread(net, X, T, lr=0.3)
    assert (spread.predicted, spread.lr, spread.classes) == (True, 0.3, 4)
    assert not sn.measure_spread(net, X).predicted
    assert [layer.name for layer in spread.layers] == net.names
    assert spread == sn.predict_spread(sn.mlp(12, [30], 4, seed=5), X, T, lr=0.3)  # the draw does not matter
    single, double = (sn.predict_spread(sn.mlp(12, [30], 4, seed=0, dtype=kind), X, T) for kind in ("f4", "f8"))
    for one, two in zip(single.layers, double.layers, strict=True):
        assert (one.std, one.grad_rms) == pytest.approx((two.std, two.grad_rms), rel=1e-5)


def test_weights_that_were_changed_count_by_their_rms():
    net = sn.mlp(12, [300], 4, seed=0, dtype=np.float64)
    before = sn.predict_spread(net, X)
    assert before["Affine1"].w_rms == math.sqrt(2 / 12)  # the law's, not the draw's
    net.layers[0].W *= 3
    after = sn.predict_spread(net, X)
    rms = math.sqrt((net.layers[0].W ** 2).mean())
    assert after["Affine1"].w_rms == pytest.approx(rms, rel=1e-12)
    assert after["Affine1"].rms == pytest.approx(math.sqrt(12) * rms * math.sqrt((X**2).mean()), rel=1e-12)
    net.initialize()
    net.layers[0].b += 2.0  # all alike: a mean
    assert sn.predict_spread(net, X)["Affine1"].mean == 2


def test_a_function_counts_by_the_rms_of_what_it_drew():
    def heavy(shape, fans, rng):
        return rng.standard_t(8, shape) / math.sqrt(fans.fan_in)

    net = sn.mlp(12, [300], 4, init=heavy, seed=0, dtype=np.float64)
    found = sn.predict_spread(net, X)["Affine1"]
    rms = math.sqrt((net.layers[0].W ** 2).mean())
    assert (found.w_rms, found.rms) == pytest.approx((rms, math.sqrt(12 * (X**2).mean()) * rms), rel=1e-12)


def test_black_inputs_and_weights_of_0_are_no_trouble():
    with np.errstate(all="raise", under="ignore"):
        black = sn.predict_spread(sn.mlp(12, [30], 4, sn.Sigmoid, seed=0), np.zeros((5, 12)), T[:5])
        some = sn.predict_spread(sn.mlp(12, [30], 4, seed=0), X * (np.arange(20) > 3)[:, None], T)
        zeros = sn.predict_spread(sn.mlp(12, [30], 4, init=0, seed=0), X, T)
        one = sn.predict_spread(sn.mlp(12, [30], 4, seed=0), X[:1], T[:1])
    assert (black["Sigmoid1"].mean, black["Sigmoid1"].within_std) == (0.5, 0)
    assert some["Affine1"].rms == pytest.approx(math.sqrt(2 / 12 * (X[4:] ** 2).sum() / 20), rel=1e-6)
    assert (zeros["ReLU1"].rms, zeros["Affine2"].rms, zeros["ReLU1"].dead) == (0, 0, 1)
    assert zeros.first_loss == pytest.approx(math.log(4))
    assert (one["ReLU1"].within_std, one["ReLU1"].correlation) == (0, None)
