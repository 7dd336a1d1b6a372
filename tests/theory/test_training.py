"""The loss curve before training: against training itself and by hand, and the sentence where there is none."""

import math

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.theory.balance import layers_gain_alike


def data(rows=300, classes=4, n_in=20, seed=0):
    """Normal numbers around a centre for each class."""
    rng = np.random.default_rng(seed)
    t = rng.integers(classes, size=rows)
    x = 0.3 * rng.standard_normal((rows, n_in)) + 0.2 * rng.standard_normal((classes, n_in))[t]
    return sn.Dataset(x.astype(np.float32), t)


def net(init=sn.He(), width=60, depth=2, classes=4, seed=0, residual=False, **settings):
    if residual:
        blocks = [sn.Residual([sn.ReLU(), sn.Affine(width, width, init)]) for _ in range(depth)]
        return sn.Network([sn.Affine(20, width, init), *blocks, sn.ReLU(), sn.Affine(width, classes, init)], seed)
    return sn.mlp(20, [width] * depth, classes, init=init, seed=seed, **settings)


TRAIN = data()
REAL = {  # optimizer, network; widths and rates at which theory holds for some dozens of steps
    "SGD": (sn.SGD(0.02), {}),
    "Momentum": (sn.Momentum(0.002), {}),
    "Nesterov": (sn.Nesterov(0.002), {"activation": sn.Tanh, "init": sn.LeCun()}),
    "residual": (sn.SGD(0.02), {"residual": True, "init": sn.LeCun()}),
    "LayerNorm": (sn.SGD(0.01), {"normalization": sn.LayerNorm, "activation": sn.GELU, "init": sn.LeCun(), "depth": 1}),
}


@pytest.mark.parametrize("case", REAL)
def test_the_predicted_loss_is_what_training_finds(case):
    optimizer, settings = REAL[case]
    found = sn.predict_training(net(**settings), TRAIN, optimizer, 50, 60)
    assert found.until >= 15
    curves = [
        sn.Trainer(net(seed=seed, **settings), optimizer, batch_size=50, seed=seed)
        .fit(TRAIN, steps=found.until + 1, progress=False)
        .loss
        for seed in range(8)
    ]
    for step in (3, found.until // 2, found.until - 2):
        measured = np.mean(curves, axis=0)[max(step - 2, 0) : step + 3].mean()
        assert found.at(step) == pytest.approx(measured, rel=0.06), step


@pytest.mark.parametrize("optimizer", [sn.Momentum(0.05), sn.Nesterov(0.05), sn.SGD(0.3)])
@pytest.mark.parametrize("batch_size", [1, 20, 200])
def test_momentum_that_overshoots_and_batches_of_any_size_are_followed_or_the_curve_ends(optimizer, batch_size):
    """One wide layer whose outputs share a large mean, so that one direction of the scores is much faster than the rest."""
    train = data(200)

    def one(seed):
        return sn.mlp(20, [200], 4, sn.Softplus, init=sn.LeCun(), seed=seed)

    found = sn.predict_training(one(0), train, optimizer, batch_size, 12)
    x, t = train[:]
    losses = []
    for seed in range(8):
        trainer = sn.Trainer(one(seed), optimizer, batch_size=batch_size, seed=seed)
        trainer.fit(train, steps=found.until, progress=False) if found.until else None
        losses.append(sn.SoftmaxCrossEntropy().forward(trainer.net.forward(x), t))
    error = np.std(losses, ddof=1) / math.sqrt(len(losses))
    assert abs(found.at(found.until) - np.mean(losses)) <= 0.08 * np.mean(losses) + 3 * error


def test_a_step_that_overshoots_and_networks_that_differ_end_the_curve():
    train = data(200, 2)
    large = sn.predict_training(net(classes=2), train, sn.SGD(5.0), 200, 30)
    assert large.until == 0 and "a single step is so large" in large.reason
    rng = np.random.default_rng(0)
    few = sn.Dataset(rng.standard_normal((2, 20)).astype(np.float32), np.array([0, 1]))
    differ = sn.predict_training(net(sn.LeCun(), classes=2, width=10), few, sn.SGD(0.05), 1, 200)
    assert differ.until < 200 and "single networks differ so much" in differ.reason


def test_the_first_slope_is_the_squared_gradient_times_the_rate():
    """By the networks' own backward, on all rows: −lr |∇L|²."""
    rows = data(1600)
    criterion, x, t = sn.SoftmaxCrossEntropy(), *rows[:]
    squares = []
    for seed in range(20):
        one = net(sn.LeCun(), seed=seed)
        criterion.forward(one.forward(x), t)
        one.backward(criterion.backward())
        squares.append(sum(float(np.sum(dw.astype(np.float64) ** 2)) for _, _, dw in one.parameters()))
    found = sn.predict_training(net(sn.LeCun()), rows, sn.SGD(0.01), 50, 1)
    assert found.first_slope == pytest.approx(-0.01 * np.mean(squares), rel=0.15)
    assert found.loss[1] - found.loss[0] == pytest.approx(found.first_slope, rel=0.6)  # one batch, not all rows


def test_a_network_that_does_not_learn_is_predicted_to_the_end():
    found = sn.predict_training(net(sn.Normal(0.001)), TRAIN, sn.SGD(0.001), 50, 500)
    assert found.until == 500 and found.at(500) == pytest.approx(math.log(4), rel=3e-3)
    assert found.leaves_plateau is None and "does not leave the plateau" in found.plateau
    assert found.reason == "theory answers for all of these steps"


def test_a_network_that_learns_features_gets_no_curve_beyond():
    found = sn.predict_training(net(), TRAIN, sn.SGD(0.05), 50, 2000)
    assert 0 < found.until < 200 and "features are learnt" in found.reason
    assert found.at(found.until) == found.loss[-1] and found.at(found.until + 1) is None
    assert found.leaves_plateau is not None and str(found.leaves_plateau) in found.plateau


def test_two_layers_alone_learn_as_softmax_regression():
    """Without a hidden layer the kernel is exact: the curve is that of gradient descent from random weights."""
    rows = data(400, 3)
    one = sn.Network([sn.Affine(20, 3, sn.LeCun())], seed=0)
    found = sn.predict_training(one, rows, sn.SGD(0.02), 400, 40)
    assert found.until == 40
    losses = []
    for seed in range(10):
        trainer = sn.Trainer(sn.Network([sn.Affine(20, 3, sn.LeCun())], seed), sn.SGD(0.02), batch_size=400, seed=0)
        losses.append(trainer.fit(rows, steps=41, progress=False).loss)
    np.testing.assert_allclose([found.at(s) for s in (5, 20, 40)], np.mean(losses, axis=0)[[5, 20, 40]], rtol=0.12)


class MyLoss(sn.SoftmaxCrossEntropy):
    pass


class MySGD(sn.SGD):
    pass


NO_ANSWER = {  # (network, optimizer, criterion, words of the sentence)
    "Adam": (net(), sn.Adam(), None, "not predicted for Adam"),
    "an optimizer of one's own": (net(), MySGD(0.1), None, "not predicted for MySGD"),
    "a schedule": (net(), sn.SGD(sn.Cosine(0.1, 100)), None, "rate that changes"),
    "weight decay": (net(), sn.SGD(0.1, hooks=[sn.WeightDecay(0.1)]), None, "hooks"),
    "MSE": (net(), sn.SGD(0.1), sn.MSE(), "not predicted for MSE"),
    "a loss of one's own": (net(), sn.SGD(0.1), MyLoss(), "not predicted for MyLoss"),
    "dropout": (net(dropout=0.5), sn.SGD(0.1), None, "Dropout"),
    "batch normalization": (net(normalization=sn.BatchNorm), sn.SGD(0.1), None, "BatchNorm"),
    "constant weights": (net(sn.Constant(0.1)), sn.SGD(0.1), None, "theory stops at Affine1"),
    "large scores": (net(sn.Normal(1.0)), sn.SGD(0.1), None, "the scores' variance is"),
    "no last Affine": (sn.Network([sn.Affine(20, 4), sn.Tanh()], seed=0), sn.SGD(0.1), None, "does not end in an Affine"),
    "parameters of an activation": (net(activation=sn.PReLU), sn.SGD(0.1), None, "PReLU"),
}


@pytest.mark.parametrize("case", NO_ANSWER)
def test_where_theory_has_no_answer_it_says_so(case):
    network, optimizer, criterion, words = NO_ANSWER[case]
    found = sn.predict_training(network, TRAIN, optimizer, 50, 20, criterion)
    assert found.until is None and found.loss == () and found.at(0) is None and found.first_slope is None
    assert words in found.reason and words in str(found) and found.sentence() == found.reason


def test_a_single_class_and_a_convolution_have_no_answer():
    one_class = sn.Dataset(np.ones((10, 20), np.float32), np.zeros(10, int))
    assert "one score" in sn.predict_training(net(classes=1), one_class, sn.SGD(0.1), 5, 5).reason
    images = sn.Dataset(0.3 * np.ones((6, 4, 4, 1), np.float32), np.arange(6) % 3)
    layers = [sn.Convolution(1, 3, 3), sn.ReLU(), sn.Flatten(), sn.Affine(12, 3)]
    assert "Convolution" in sn.predict_training(sn.Network(layers, seed=0), images, sn.SGD(0.1), 2, 5).reason


@pytest.mark.parametrize("init", [sn.Normal(1e-30), sn.Normal(1e3), sn.Normal(1e30), sn.Zeros()], ids=repr)
@pytest.mark.parametrize("rate", [1e-9, 1e3])
def test_numbers_of_any_size_end_in_a_curve_or_a_sentence(init, rate, monkeypatch):
    monkeypatch.setattr("scratchnet.theory.training.MOST", 300)
    found = sn.predict_training(net(init), data(60), sn.SGD(rate), 10, 10**9)
    assert found.reason and np.isfinite(found.loss).all() and np.isfinite(found.std).all()
    assert len(found.steps) == len(found.loss) == len(found.std)


WRONG = {
    "a net": (lambda: sn.predict_training("net", TRAIN, sn.SGD()), "Network"),
    "train": (lambda: sn.predict_training(net(), 3, sn.SGD()), "Dataset or a pair"),
    "an optimizer": (lambda: sn.predict_training(net(), TRAIN, "SGD"), "Optimizer"),
    "a batch": (lambda: sn.predict_training(net(), TRAIN, sn.SGD(), 10_000), "batch_size is 10,000"),
    "steps": (lambda: sn.predict_training(net(), TRAIN, sn.SGD(), 10, 0), "steps"),
    "a width": (lambda: sn.predict_training(net(), data(n_in=7), sn.SGD()), "7"),
    "a label": (lambda: sn.predict_training(net(classes=2), TRAIN, sn.SGD()), "label"),
    "a step": (lambda: sn.LossPrediction().at(-1), "step is -1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments(case):
    call, words = WRONG[case]
    with pytest.raises(sn.InputError, match=words):
        call()


def test_it_prints_as_a_table_and_in_words():
    found = sn.LossPrediction(
        (0, 20, 70), (2.4, 2.0, 1.5), (0.1,) * 3, 65, "from step 65 on it ends", -0.01, 23, "it leaves"
    )
    assert found.sentence() == "1.7 after 50 steps; from step 65 on it ends"
    assert "from step 65 on it ends" in repr(found) and "<table>" in found._repr_html_()
    assert [line.split() for line in str(found).splitlines()[2:4]] == [["0", "2.4", "0.1"], ["1", "2.38", "0.1"]]
    assert found.plot().axes[0].get_xscale() == "log"


# A claim of docs/loss_curves.md (Du et al. 2018): with ReLU all layers gain the same |W|².


def test_all_layers_begin_to_gain_the_same_square_norm():
    """d|W|²/dt = −2 ⟨W, dW⟩ = −2 Σ D·f in each layer, exactly as long as biases are 0."""
    one, criterion = net(dtype=np.float64, depth=3), sn.SoftmaxCrossEntropy()
    x, t = TRAIN[:]
    scores = one.forward(x)
    criterion.forward(scores, t)
    D = criterion.backward()
    one.backward(D)
    found = [float(np.vdot(w, dw)) for name, w, dw in one.parameters() if name.endswith("W")]
    assert found == pytest.approx([float(np.vdot(D, scores))] * 4, rel=1e-5)


def test_all_layers_have_gained_the_same_square_norm_after_training():
    train, _ = sn.load_mnist()
    one = sn.mlp(784, [100] * 4, 10, init=sn.He(), seed=0)
    weights = [(w, w.astype(np.float64)) for name, w, _ in one.parameters() if name.endswith("W")]
    sn.Trainer(one, sn.SGD(0.01), batch_size=128).fit(train, steps=250, progress=False)
    gains = [float(np.sum(w.astype(np.float64) ** 2) - np.sum(start**2)) for w, start in weights]
    assert min(gains) > 0 and max(gains) - min(gains) < 0.03 * np.mean(gains)


GAINS = {  # (network, optimizer, whether all layers gain the same |W|²)
    "ReLU": (net(depth=3), sn.SGD(0.1), True),
    "leaky ReLU": (net(activation=sn.LeakyReLU), sn.SGD(0.1), True),
    "no hidden layer": (net(depth=0), sn.SGD(0.1), True),
    "tanh": (net(activation=sn.Tanh), sn.SGD(0.1), False),
    "GELU": (net(activation=sn.GELU), sn.SGD(0.1), False),
    "PReLU": (net(activation=sn.PReLU), sn.SGD(0.1), False),
    "biases": (net(bias_init=sn.Normal(0.1)), sn.SGD(0.1), False),
    "LayerNorm": (net(normalization=sn.LayerNorm), sn.SGD(0.1), False),
    "a residual network": (net(residual=True), sn.SGD(0.1), False),
    "Adam": (net(), sn.Adam(0.1), False),
    "weight decay": (net(), sn.SGD(0.1, hooks=[sn.WeightDecay(0.1)]), False),
}


@pytest.mark.parametrize("case", GAINS)
def test_where_all_layers_gain_the_same_square_norm(case):
    network, optimizer, expected = GAINS[case]
    assert layers_gain_alike(network, optimizer) is expected
    if type(optimizer) is not sn.SGD or optimizer.hooks:
        return
    one = network.twin()
    weights = [w for name, w, _ in one.parameters() if name.endswith("W")]
    starts = [w.astype(np.float64) for w in weights]
    trainer = sn.Trainer(one, sn.SGD(0.02), batch_size=50, seed=0)
    for _ in range(40):
        trainer.fit(TRAIN, steps=1, progress=False)
        for name, b, _ in one.parameters():
            if name.endswith(".b"):
                b[...] = 0 if expected else b
    gains = [float(np.sum(w.astype(np.float64) ** 2) - np.sum(start**2)) for w, start in zip(weights, starts, strict=True)]
    assert (np.ptp(gains) < 0.03 * abs(np.mean(gains))) == expected, gains
