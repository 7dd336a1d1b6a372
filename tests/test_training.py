"""The training loop: what it does in a step, what it records, and that measuring leaves no trace."""

import itertools
import math
import random

import numpy as np
import pytest
from small import digits

import scratchnet as sn
from scratchnet.data import Batches


def rows(n=1000, width=12, classes=5, seed=0):
    """Random rows, labelled by the place of the greatest of their first numbers."""
    x = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    return sn.Dataset(x, x[:, :classes].argmax(axis=1))


def network(seed=0, init=sn.He(), **settings):
    return sn.mlp(12, [16, 16], 5, init=init, seed=seed, **settings)


def trainer(optimizer=None, seed=0, batch_size=32, **settings):
    return sn.Trainer(network(**settings), optimizer or sn.SGD(0.1), batch_size=batch_size, seed=seed)


def weights(net):
    return b"".join(w.tobytes() for _, w, _ in net.parameters())


OPTIMIZERS = {
    "SGD": sn.SGD(0.1),
    "Momentum": sn.Momentum(0.05),
    "Adam": sn.Adam(0.01),
    "hooks": sn.SGD(0.1, hooks=[sn.WeightDecay(0.01), sn.ClipNorm(0.5)]),
    "a schedule": sn.Momentum(sn.Cosine(0.1, 200)),
}
each_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=list(OPTIMIZERS))


def test_the_loss_is_the_one_before_the_update():
    learner, train, criterion = trainer(), rows(), sn.SoftmaxCrossEntropy()
    batches = Batches(1000, 32, seed=0)
    for step in range(5):
        twin = network(seed=1)
        for (_, copy, _), (_, w, _) in zip(twin.parameters(), learner.net.parameters(), strict=True):
            copy[...] = w
        x, t = train[batches[step]]
        expected = criterion.forward(twin.forward(x), t)
        history = learner.fit(train, steps=1)
        assert history.loss[-1] == expected
        assert criterion.forward(learner.net.forward(x), t) < expected


@each_optimizer
def test_the_loop_is_the_four_lines_of_the_book(optimizer):
    learner, train = trainer(optimizer), rows()
    history = learner.fit(train, steps=50, test=rows(100, seed=1))

    net, criterion, own = network(), sn.SoftmaxCrossEntropy(), optimizer.fresh()
    batches, losses = Batches(1000, 32, seed=0), []
    for step in range(50):
        x, t = train[batches[step]]
        scores = net.forward(x)
        losses.append(criterion.forward(scores, t))
        net.backward(criterion.backward())
        own.step(net.parameters())

    assert history.loss == losses
    assert weights(learner.net) == weights(net)


@each_optimizer
def test_two_fits_are_one_and_measuring_leaves_no_trace(optimizer):
    train, test = rows(), rows(100, seed=1)
    plain, parted, measured = (trainer(optimizer) for _ in range(3))
    plain.fit(train, steps=200)
    parted.fit(train, steps=100)
    parted.fit(train, steps=100)
    measured.fit(train, steps=100, test=test, evaluate_every=7, spread_at=(1, 3, 50, 100))
    measured.fit(train, steps=100, test=test, evaluate_every=13, spread_at=(100, 101, 199, 200))
    for other in (parted, measured):
        assert other.history.loss == plain.history.loss
        assert weights(other.net) == weights(plain.net)
    assert list(measured.history.spreads) == [1, 3, 50, 100, 101, 199, 200]
    assert len(set(measured.history.evaluated_at)) == len(measured.history.evaluated_at)


def test_training_learns():
    history = trainer().fit(rows(), steps=300, test=rows(500, seed=1))
    assert history.test_accuracy[-1] > 0.8
    assert np.mean(history.loss[-20:]) < 0.5 * np.mean(history.loss[:20])


def test_other_batches_give_another_training():
    one, other = (trainer(seed=seed).fit(rows(), steps=3).loss for seed in (0, 1))
    assert one != other


def test_an_epoch_of_60000_rows_at_128_has_468_steps():
    data = sn.Dataset(np.ones((60_000, 2), np.float32), np.arange(60_000) % 3)
    learner = sn.Trainer(sn.mlp(2, [4], 3, seed=0), sn.SGD(0.1), batch_size=128)
    history = learner.fit(data, epochs=1)
    assert len(history.loss) == learner.steps == 60_000 // 128
    assert history.evaluated_at == [468]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"epochs": 3}, [7, 14, 21]),
        ({"steps": 20}, [7, 14, 20]),
        ({"steps": 10, "evaluate_every": 4}, [4, 8, 10]),
        ({"steps": 5, "evaluate_every": 100}, [5]),
        ({"epochs": 20}, list(range(7, 141, 7))),
    ],
)
def test_accuracies_are_taken_at_the_chosen_steps(settings, expected):
    history = trainer(batch_size=128).fit(rows(1000), test=rows(50), **settings)
    assert history.evaluated_at == expected
    assert len(history.train_accuracy) == len(history.test_accuracy) == len(expected)


def test_accuracies_are_those_of_the_network():
    train, test = rows(), rows(300, seed=1)
    learner = trainer()
    history = learner.fit(train, steps=40, test=test)
    assert history.test_accuracy[-1] == learner.net.accuracy(*test[:])
    assert history.train_accuracy[-1] == learner.net.accuracy(*train[:300])


def test_without_a_test_set_there_is_no_test_accuracy():
    history = trainer().fit(rows(), steps=5)
    assert history.test_accuracy == [] and len(history.train_accuracy) == 1
    assert str(history).split()[-1] in ("–", "-")


def test_arrays_will_do_for_a_dataset():
    data = rows()
    assert trainer().fit(data[:], steps=5, test=data[:50]).loss == trainer().fit(data, steps=5).loss


@pytest.mark.parametrize("at", [(), (0,), (0, 10), (10, 3), range(0, 11, 5)])
def test_spreads_are_taken_at_the_chosen_steps(at):
    history = trainer().fit(rows(), steps=10, spread_at=at)
    assert list(history.spreads) == sorted(at)


def test_the_spread_is_that_of_the_network_at_that_step():
    train = rows()
    learner = trainer()
    x, t = train[:1000]
    before = sn.measure_spread(learner.net, x, t, lr=0.1)
    history = learner.fit(train, steps=10, spread_at=(0, 10))
    assert history.spreads[0] == before
    assert history.spreads[10] == sn.measure_spread(learner.net, x, t, lr=0.1) != before


BAD_LENGTHS = [
    {"steps": 2.5},
    {"steps": 2000.0},
    {"steps": 60_000 / 128},
    {"steps": 0},
    {"steps": -1},
    {"steps": True},
    {"steps": "10"},
    {"epochs": 0},
    {"epochs": 1.5},
    {"epochs": True},
    {"epochs": math.nan},
    {"steps": 1, "epochs": 1},
    {},
    {"steps": 1, "evaluate_every": 0},
    {"steps": 1, "evaluate_every": 468.75},
    {"steps": 1, "spread_at": [0.5]},
    {"steps": 1, "spread_at": [-1]},
]


@pytest.mark.parametrize("settings", BAD_LENGTHS, ids=str)
def test_lengths_that_are_not_whole_numbers_are_refused(settings):
    learner = trainer()
    before = weights(learner.net)
    with pytest.raises(sn.InputError) as error:
        learner.fit(rows(), **settings)
    assert "\n" not in str(error.value)
    assert learner.steps == 0 and weights(learner.net) == before


BAD_TRAINERS = {
    "a network's class": (sn.Network, sn.SGD(0.1), {}, "net is"),
    "an optimizer's class": (network(), sn.SGD, {}, "optimizer is"),
    "an optimizer's name": (network(), "SGD", {}, "optimizer is"),
    "no batch": (network(), sn.SGD(0.1), {"batch_size": 0}, "batch_size is 0"),
    "half a batch": (network(), sn.SGD(0.1), {"batch_size": 0.5}, "batch_size is 0.5"),
    "a negative seed": (network(), sn.SGD(0.1), {"seed": -1}, "seed is -1"),
}


@pytest.mark.parametrize("net, optimizer, settings, message", BAD_TRAINERS.values(), ids=list(BAD_TRAINERS))
def test_a_trainer_of_the_wrong_parts_is_refused(net, optimizer, settings, message):
    with pytest.raises(sn.InputError, match=message):
        sn.Trainer(net, optimizer, **settings)


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(sn.InputError, match="only 20 rows"):
        trainer(batch_size=21).fit(rows(20), steps=1)


@each_optimizer
def test_one_optimizer_serves_three_trainers(optimizer):
    settings = repr(optimizer)
    shared = [trainer(optimizer, init=init) for init in (sn.He(), sn.LeCun(), sn.Normal(0.1))]
    apart = [trainer(optimizer.fresh(), init=init) for init in (sn.He(), sn.LeCun(), sn.Normal(0.1))]
    for _, one in itertools.product(range(10), shared):  # in turns
        one.fit(rows(), steps=1)
    for one, other in zip(shared, apart, strict=True):
        assert one.history.loss == other.fit(rows(), steps=10).loss
        assert weights(one.net) == weights(other.net)
    assert optimizer.t == 0 and optimizer.state == {} and repr(optimizer) == settings


def test_by_hand_one_momentum_for_two_networks_is_refused():
    optimizer, criterion = sn.Momentum(0.1), sn.SoftmaxCrossEntropy()
    x, t = rows()[:10]
    nets = [network(), network()]
    for net in nets:
        criterion.forward(net.forward(x), t)
        net.backward(criterion.backward())
    optimizer.step(nets[0].parameters())
    with pytest.raises(sn.InputError, match="make an optimizer for each network"):
        optimizer.step(nets[1].parameters())


DIVERGING = {
    "SGD": (sn.SGD(1e6), sn.He()),
    "Momentum": (sn.Momentum(1e6), sn.He()),
    "Nesterov": (sn.Nesterov(1e6), sn.He()),
    "AdaGrad": (sn.AdaGrad(1e30), sn.He()),
    "RMSprop": (sn.RMSprop(1e30), sn.He()),
    "Adam": (sn.Adam(1e30), sn.He()),
    "decay and clipping": (sn.SGD(1e30, hooks=[sn.WeightDecay(1.0), sn.ClipNorm(1.0)]), sn.He()),
    "a huge start": (sn.SGD(1.0), sn.Normal(100.0)),
    "a start beyond all bounds": (sn.SGD(0.1), sn.Normal(1e20)),
}


@pytest.mark.parametrize("optimizer, init", DIVERGING.values(), ids=list(DIVERGING))
def test_a_run_that_diverges_stops_and_says_when(optimizer, init):
    learner = trainer(optimizer, init=init)
    history = learner.fit(rows(), steps=2000, test=rows(100, seed=1), spread_at=range(2000))
    assert history.diverged_at is not None and history.diverged_at < 1999
    assert len(history.loss) == history.diverged_at + 1 == learner.steps
    assert not math.isfinite(history.loss[-1]) and np.isfinite(history.loss[:-1]).all()
    assert history.evaluated_at[-1] == learner.steps
    assert f"diverged at step {history.diverged_at}" in str(history)
    assert "diverged" in history._repr_html_()


def test_mnist_with_a_std_of_1_and_a_large_lr_diverges():
    train, test = digits()
    net = sn.mlp(784, [50] * 4, 10, init=sn.Normal(1), seed=0)
    history = sn.Trainer(net, sn.SGD(0.1), batch_size=128).fit(train, steps=100, test=test)
    assert history.loss[0] > 1000
    assert history.diverged_at is not None


def test_a_diverged_training_does_not_go_on():
    learner = trainer(sn.SGD(1e6))
    steps = len(learner.fit(rows(), steps=2000).loss)
    assert len(learner.fit(rows(), steps=10).loss) == steps


def test_the_history_is_a_table_in_a_terminal_and_in_a_notebook():
    history = trainer(batch_size=128).fit(rows(), epochs=2, test=rows(50))
    lines = str(history).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["7", "14"]
    assert f"{history.test_accuracy[-1]:.4f}" in lines[-1]
    page = history._repr_html_()
    assert page.startswith("<table>") and page.count("<tr>") == 3
    assert f"<td>{history.test_accuracy[-1]:.4f}</td>" in page


SCHEDULES = {
    "StepDecay": (sn.StepDecay(0.4, every=10, factor=0.5), {0: 0.4, 9: 0.4, 10: 0.2, 19: 0.2, 20: 0.1, 35: 0.05}),
    "ExponentialDecay": (sn.ExponentialDecay(0.4, time=10), {0: 0.4, 10: 0.4 / math.e, 20: 0.4 / math.e**2}),
    "Cosine": (
        sn.Cosine(0.4, steps=40),
        {0: 0.4, 10: 0.2 + 0.2 / math.sqrt(2), 20: 0.2, 39: 0.4 * math.sin(math.pi / 80) ** 2},
    ),
    "Warmup": (sn.Warmup(0.4, steps=4), {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 4: 0.4, 39: 0.4}),
    "one's own": (lambda step: 0.1 / (1 + step), {0: 0.1, 1: 0.05, 9: 0.01}),
}


@pytest.mark.parametrize("schedule, values", SCHEDULES.values(), ids=list(SCHEDULES))
def test_a_schedule_sets_the_learning_rate_of_each_step(schedule, values):
    learner, seen = trainer(sn.SGD(schedule)), []
    learner.fit(rows(), steps=40, on_step=lambda loss: seen.append(learner.optimizer.lr))
    assert {step: seen[step] for step in values} == pytest.approx(values, rel=1e-12)


def test_cosine_ends_at_zero_and_stays_there():
    assert [sn.Cosine(0.4, steps=40)(step) for step in (40, 41, 1000)] == [0, 0, 0]


@pytest.mark.parametrize("schedule, _", SCHEDULES.values(), ids=list(SCHEDULES))
def test_spreads_are_measured_under_a_schedule_too(schedule, _):
    history = trainer(sn.SGD(schedule)).fit(rows(), steps=5, spread_at=(0, 5))
    assert history.spreads[0].lr == schedule(0)
    assert history.spreads[0]["Affine1"].update_ratio is not None


def test_a_spread_is_measured_where_a_schedule_has_come_to_zero():
    history = trainer(sn.SGD(sn.Cosine(0.1, 5))).fit(rows(), steps=8, spread_at=(0, 8))
    assert history.spreads[8]["Affine1"].update_ratio is None
    assert history.spreads[8]["Affine1"].dw_rms > 0


def test_clipping_bounds_the_step_that_is_made():
    learner = trainer(sn.SGD(0.1, hooks=[sn.ClipNorm(1e-3)]))
    before = [w.copy() for _, w, _ in learner.net.parameters()]
    learner.fit(rows(), steps=1)
    moved = math.sqrt(sum(((w - old) ** 2).sum() for (_, w, _), old in zip(learner.net.parameters(), before, strict=True)))
    assert moved == pytest.approx(0.1 * 1e-3, rel=1e-3)


def test_clipping_at_a_norm_that_is_never_reached_changes_nothing():
    clipped = trainer(sn.SGD(0.1, hooks=[sn.ClipNorm(1e6)])).fit(rows(), steps=20).loss
    assert clipped == trainer().fit(rows(), steps=20).loss


def test_decay_makes_weights_smaller_but_leaves_biases_alone():
    plain, decayed = trainer(bias_init=0.5), trainer(sn.SGD(0.1, hooks=[sn.WeightDecay(0.1)]), bias_init=0.5)
    start = {name: w.copy() for name, w, _ in plain.net.parameters()}
    for learner in (plain, decayed):
        learner.fit(rows(), steps=1)
    for (name, w, _), (_, other, _) in zip(plain.net.parameters(), decayed.net.parameters(), strict=True):
        expected = w - 0.1 * 0.1 * start[name] if w.ndim > 1 else w
        assert np.allclose(other, expected, atol=1e-7)
        assert np.array_equal(other, w) == (w.ndim == 1)


# Other losses than SoftmaxCrossEntropy.


class AbsoluteError:
    """A loss of one's own, of no base class."""

    def forward(self, y, t):
        self.sign = np.sign(y - t) / y.size
        return np.abs(y - t).mean()

    def backward(self):
        return self.sign


class Hinge:
    """For one output and t of -1 or 1."""

    def forward(self, y, t):
        self.y, self.t = y[:, 0], t
        return np.maximum(0, 1 - t * y[:, 0]).mean()

    def backward(self):
        return (-(self.t * (1 - self.t * self.y > 0)) / len(self.t))[:, None]


class OneHotCrossEntropy:
    """The book's loss: softmax within, one-hot targets or class numbers, a mean over the batch."""

    def forward(self, x, t):
        self.y = np.exp(x - x.max(axis=1, keepdims=True))
        self.y /= self.y.sum(axis=1, keepdims=True)
        self.t = np.eye(self.y.shape[1])[t] if t.ndim == 1 else t
        return -np.sum(self.t * np.log(self.y + 1e-7)) / len(x)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


X, CLASSES = rows(200)[:]
LINE = (2 * X[:, :1] - X[:, 1:2]).astype(np.float32)
ONE_HOT = np.eye(5)[CLASSES]
REGRESSIONS = {
    "(N,)": (sn.MSE, 1, LINE[:, 0]),
    "(N, 1)": (sn.MSE, 1, LINE),
    "float16": (sn.MSE, 1, LINE.astype(np.float16)),
    "float64": (sn.MSE, 1, LINE[:, 0].astype(np.float64)),
    "big-endian": (sn.MSE, 1, LINE.astype(">f4")),
    "a list": (sn.MSE, 1, LINE[:, 0].tolist()),
    "whole numbers as floats": (sn.MSE, 1, np.rint(LINE[:, 0])),
    "(N, 3)": (sn.MSE, 3, LINE * np.float32([1, 2, 3])),
    "one-hot": (sn.MSE, 5, ONE_HOT),
    "an autoencoder": (sn.MSE, 12, X),
    "one's own": (AbsoluteError, 1, LINE),
    "one's own, whole numbers": (AbsoluteError, 1, np.rint(LINE).astype(int)),
    "one's own, -1 and 1": (Hinge, 1, np.where(LINE[:, 0] > 0, 1, -1)),
    "one's own, booleans": (AbsoluteError, 1, LINE > 0),
    "one's own, one-hot": (OneHotCrossEntropy, 5, ONE_HOT),
    "one's own, one-hot of whole numbers": (OneHotCrossEntropy, 5, ONE_HOT.astype(int)),
}


def regressor(criterion, outputs, lr=0.1, **settings):
    return sn.Trainer(sn.mlp(12, [16], outputs, seed=0, **settings), sn.SGD(lr), criterion, batch_size=20)


@pytest.mark.parametrize("criterion, outputs, t", REGRESSIONS.values(), ids=list(REGRESSIONS))
def test_any_loss_trains_on_the_targets_it_was_written_for(criterion, outputs, t):
    learner = regressor(criterion(), outputs)
    history = learner.fit((X, t), steps=60, test=(X[:50], t[:50]), spread_at=[0], progress=False)
    assert np.mean(history.loss[-10:]) < 0.9 * np.mean(history.loss[:10])
    assert history.train_accuracy == history.test_accuracy == [] and len(history.test_loss) == 6
    y = next(learner.net.scores(X[:50]))
    t = np.asarray(t)[:50]
    t = t.astype(np.float32) if t.dtype.kind == "f" else t
    expected = criterion().forward(y, t.reshape(y.shape) if criterion is sn.MSE else t)
    assert history.test_loss[-1] == pytest.approx(expected, rel=1e-6)
    assert str(history).splitlines()[0].split("  ")[-1].strip() == "test loss"
    assert str(history).split()[-1] == f"{history.test_loss[-1]:.4g}"


def test_the_step_of_a_regression_is_that_of_the_formula():
    net = sn.Network([sn.Affine(12, 1)], seed=0)
    w, b = (w.astype(np.float64) for _, w, _ in net.parameters())
    learner = sn.Trainer(net, sn.SGD(0.1), sn.MSE(), batch_size=200)
    history = learner.fit((X, LINE[:, 0]), steps=1)
    off = X @ w + b - LINE
    assert history.loss[0] == pytest.approx((off**2).mean(), rel=1e-5)
    np.testing.assert_allclose(net.parameters()[0][1], w - 0.1 * 2 * X.T @ off / 200, atol=1e-5)


def test_class_numbers_have_an_accuracy_under_a_loss_of_ones_own():
    ours, own = trainer(), sn.Trainer(network(), sn.SGD(0.1), OneHotCrossEntropy(), batch_size=32)
    for learner in (ours, own):
        learner.fit(rows(), steps=20, test=rows(50, seed=1))
    assert own.history.test_accuracy == ours.history.test_accuracy
    assert own.history.loss == pytest.approx(ours.history.loss, rel=1e-4) and own.history.test_loss == []


def test_a_dataset_of_bytes_and_targets_trains():
    images = np.random.default_rng(0).integers(0, 256, (40, 12)).astype(np.uint8)
    data = sn.Dataset.with_targets(images, images[:, 0] / 255)
    history = regressor(sn.MSE(), 1).fit(data, steps=60)
    assert np.mean(history.loss[-10:]) < 0.5 * history.loss[0]


# A wrong call, and a call that follows its message.
NET = lambda outputs: sn.mlp(12, [4], outputs, seed=0)  # noqa: E731
BYTES, WHOLE_FLOATS, ONE_HOT_INTS = (X * 9).astype(np.uint8), CLASSES * 1.0, ONE_HOT.astype(int)
ADVICE = {
    "floats": (
        (None, 5, LINE[:, 0]),
        r"regression write sn\.Trainer\(net, optimizer, sn\.MSE\(\)\)",
        (sn.MSE, 1, LINE[:, 0]),
    ),
    "whole floats": ((None, 5, WHOLE_FLOATS), r"t\.astype\(int\)", (None, 5, WHOLE_FLOATS.astype(int))),
    "one-hot floats": ((None, 5, ONE_HOT), r"t\.argmax\(axis=1\)", (None, 5, ONE_HOT.argmax(axis=1))),
    "one-hot": ((None, 5, ONE_HOT_INTS), r"t\.argmax\(axis=1\)", (None, 5, ONE_HOT_INTS.argmax(axis=1))),
    "labels from 1": ((None, 5, CLASSES + 1), "write t - 1", (None, 5, CLASSES)),
    "classes for MSE": ((sn.MSE, 5, CLASSES), r"\(x, np\.eye\(5\)\[t\]\)", (sn.MSE, 5, np.eye(5)[CLASSES])),
    "ints for MSE": ((sn.MSE, 1, CLASSES), r"\(x, t\.astype\(np\.float32\)\)", (sn.MSE, 1, CLASSES.astype(np.float32))),
    "one-hot for MSE": ((sn.MSE, 5, ONE_HOT_INTS), r"t\.astype\(np\.float32\)", (sn.MSE, 5, ONE_HOT.astype(np.float32))),
    "too many outputs": ((sn.MSE, 5, LINE), "build it with 1 output,", (sn.MSE, 1, LINE)),
    "too many outputs, (N,)": ((sn.MSE, 5, LINE[:, 0]), "build it with 1 output,", (sn.MSE, 1, LINE[:, 0])),
    "too few outputs": ((sn.MSE, 1, ONE_HOT), "build it with 5 outputs", (sn.MSE, 5, ONE_HOT)),
    "images": ((sn.MSE, 12, X.reshape(-1, 3, 4)), r"t\.reshape\(len\(t\), -1\)", (sn.MSE, 12, X.reshape(len(X), -1))),
    "bytes": ((sn.MSE, 12, BYTES), r"t / np\.float32\(255\)", (sn.MSE, 12, BYTES / np.float32(255))),
    "a table": ((AbsoluteError, 1, LINE[:, 0]), r"\(x, t\[:, None\]\)", (AbsoluteError, 1, LINE[:, 0][:, None])),
}


@pytest.mark.parametrize("wrong, message, right", ADVICE.values(), ids=list(ADVICE))
def test_the_advice_of_a_message_works(wrong, message, right):
    def fit(criterion, outputs, t):
        criterion = criterion and criterion()
        return sn.Trainer(NET(outputs), sn.SGD(0.01), criterion, batch_size=10).fit((X, t), steps=1)

    with pytest.raises(sn.InputError, match=message) as error:
        fit(*wrong)
    assert "\n" not in str(error.value)
    assert np.isfinite(fit(*right).loss).all()


def test_a_dataset_of_labels_is_told_what_mse_needs():
    learner = sn.Trainer(NET(5), sn.SGD(0.1), sn.MSE(), batch_size=10)
    with pytest.raises(sn.InputError, match=r"np\.eye\(5\)\[t\]"):
        learner.fit(sn.Dataset(X, CLASSES), steps=1)
    with pytest.raises(sn.InputError, match=r"SoftmaxCrossEntropy takes one whole number"):
        trainer().fit(sn.Dataset.with_targets(X, LINE), steps=1)


class BadLoss(AbsoluteError):
    def __init__(self, loss=1.0, dscores=None):
        self.loss, self.dscores = loss, dscores

    def forward(self, y, t):
        return self.loss

    def backward(self):
        return self.dscores


@pytest.mark.parametrize(
    "criterion, message",
    [
        (BadLoss(), r"BadLoss\.backward returned None"),
        (BadLoss(dscores=np.zeros(10)), r"shape \(10,\), but the scores have \(10, 1\)"),
        (BadLoss(dscores=1.0), r"shape \(\), but the scores"),
        (BadLoss(loss=np.zeros((10, 1))), "a number is needed: return its mean"),
        (BadLoss(loss=None), "returned None, but a number is needed"),
    ],
)
def test_what_a_loss_of_ones_own_must_return_is_said(criterion, message):
    with pytest.raises(sn.InputError, match=message):
        sn.Trainer(NET(1), sn.SGD(0.1), criterion, batch_size=10).fit((X, LINE), steps=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda fit: fit(X, CLASSES),
        lambda fit: fit(X, CLASSES, steps=1),
        lambda fit: fit(X, CLASSES, 5),
        lambda fit: fit(X, CLASSES.tolist(), epochs=1),
        lambda fit: fit(X, y=CLASSES, epochs=1),
        lambda fit: fit(x=X, t=CLASSES, epochs=1),
    ],
)
def test_x_and_t_apart_are_told_to_be_one_pair(call):
    with pytest.raises(sn.InputError, match=r"write fit\(\(x, t\), epochs=5\)"):
        call(trainer().fit)
    with pytest.raises(sn.InputError, match="both in one pair of brackets"):
        trainer().fit(X, epochs=1)
    assert len(trainer().fit((X, CLASSES), 2).loss) == 2  # steps, as before


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda fit: fit((rows(), rows()), steps=1), r"write fit\(train, test=test\)"),
        (lambda fit: fit(((X, CLASSES), (X, CLASSES)), steps=1), r"write fit\(train, test=test\)"),
        (lambda fit: fit((X, CLASSES, CLASSES), steps=1), "train is a tuple of 3"),
        (lambda fit: fit(None, steps=1), "train is None"),
        (lambda fit: fit(rows(), epochs=1, batch_size=5), r"write sn\.Trainer\(net, optimizer, batch_size=…\)"),
        (lambda fit: fit(rows(), epochs=1, validation_data=rows()), r"write test="),
    ],
)
def test_what_other_libraries_write_is_told_what_to_write_here(call, message):
    with pytest.raises(sn.InputError, match=message):
        call(trainer().fit)


def test_a_history_of_fits_with_and_without_a_test_set_is_a_table():
    learner, train, test = trainer(batch_size=10), rows(100), rows(50, seed=1)
    for given in (None, test, None):
        history = learner.fit(train, steps=2, test=given)
    assert [math.isnan(one) for one in history.test_accuracy] == [True, False, True]
    assert len(history.train_accuracy) == 3 == len(history.evaluated_at)
    last = [line.split()[-1] for line in str(history).splitlines()[2:]]
    assert last == ["-", f"{history.test_accuracy[1]:.4f}", "-"]
    assert history._repr_html_().count("<tr>") == 4


def test_such_a_history_is_saved_and_loaded(tmp_path):
    learner = regressor(sn.MSE(), 1)
    learner.fit((X, LINE), steps=2)
    learner.fit((X, LINE), steps=2, test=(X, LINE), checkpoint=tmp_path / "t.npz")
    loaded = sn.load_trainer(tmp_path / "t.npz")
    assert str(loaded.history) == str(learner.history)
    assert math.isnan(loaded.history.test_loss[0]) and loaded.history.test_loss[1:] == learner.history.test_loss[1:]
    assert loaded.fit((X, LINE[:, 0]), steps=3).loss == learner.fit((X, LINE), steps=3).loss


def test_an_empty_history_is_a_table_too():
    assert str(trainer().history).splitlines()[0].split()[0] == "steps"


@pytest.mark.parametrize(
    "scale, t_scale, name", [(300, 1, "inputs reach 9"), (1, 1e6, "targets reach 4"), (1, 1, "a smaller lr")]
)
def test_a_divergence_names_inputs_and_targets_that_are_too_large(scale, t_scale, name):
    learner = regressor(sn.MSE(), 1, lr=10.0)
    history = learner.fit((X * scale, LINE * t_scale), steps=400)
    assert history.diverged_at is not None and name in str(history)


# What a copy of the parameters loses.


def test_state_holds_the_running_statistics_and_restore_puts_all_back():
    net = sn.Network([sn.Affine(12, 6), sn.BatchNorm(6), sn.ReLU(), sn.Residual([sn.BatchNorm(6)]), sn.Affine(6, 5)], seed=0)
    learner = sn.Trainer(net, sn.SGD(0.5), batch_size=32)
    learner.fit(rows(), steps=5)
    state, before = net.state(), net.predict(X)
    scores = next(net.scores(X))
    assert state.keys() == {name for name, _, _ in net.parameters()} | {
        f"{name}.{array}" for name in ("BatchNorm1", "Residual1.BatchNorm1") for array in ("running_mean", "running_var")
    }
    learner.fit(rows(), steps=20)
    assert not np.array_equal(next(net.scores(X)), scores)
    twin = sn.Network(
        [sn.Affine(12, 6), sn.BatchNorm(6), sn.ReLU(), sn.Residual([sn.BatchNorm(6)]), sn.Affine(6, 5)], seed=1
    )
    for other in (net, twin):
        other.restore(state)
        assert np.array_equal(next(other.scores(X)), scores) and np.array_equal(other.predict(X), before)
    learner.fit(rows(), steps=1)  # the state is a copy: training does not change it
    twin.restore(state)
    assert np.array_equal(next(twin.scores(X)), scores)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda state: state.pop("BatchNorm1.running_var"), "has no 'BatchNorm1.running_var'"),
        (lambda state: state.update({"Affine2.W": np.ones(3)}), "has a 'Affine2.W'"),
        (lambda state: state.update({"Affine1.W": np.ones((6, 12))}), r"numbers of shape \(12, 6\)"),
    ],
)
def test_a_state_of_another_network_is_refused_and_changes_nothing(change, message):
    net = sn.Network([sn.Affine(12, 6), sn.BatchNorm(6)], seed=0)
    before, state = weights(net), {name: value + 1 for name, value in net.state().items()}
    change(state)
    with pytest.raises(sn.InputError, match=message):
        net.restore(state)
    with pytest.raises(sn.InputError, match="a dictionary of arrays is needed"):
        net.restore(list(state))
    assert weights(net) == before


# An initializer that does not draw with its rng.


class OwnNormal:
    def __call__(self, shape, fans, rng):
        return np.random.default_rng().standard_normal(shape)


UNREPEATABLE = {
    "np.random": lambda shape, fans, rng: 0.01 * np.random.randn(*shape),  # noqa: NPY002
    "a generator of its own": OwnNormal(),
    "a draw": sn.He(draw=lambda shape, rng: np.random.normal(size=shape)),  # noqa: NPY002
    "random": lambda shape, fans, rng: np.full(shape, random.random()),
}
REPEATABLE = {
    "rng": lambda shape, fans, rng: 0.01 * rng.standard_normal(shape),
    "a draw": sn.He(draw=lambda shape, rng: rng.laplace(size=shape) / math.sqrt(2)),
    "an array": lambda shape, fans, rng: np.ones((12, 16) if 12 in shape else shape),
    "for one shape": lambda shape, fans, rng: {(12, 16): np.eye(12, 16), (16, 5): np.eye(16, 5)}[shape],
    "NaN on a small shape": lambda shape, fans, rng: np.full(shape, math.nan if max(shape) < 5 else 1.0),
}


@pytest.mark.parametrize("init", UNREPEATABLE.values(), ids=list(UNREPEATABLE))
def test_an_initializer_that_ignores_rng_is_refused_with_the_line_to_write(init):
    calls = [
        lambda: sn.mlp(12, [16], 5, init=init, seed=0),
        lambda: network().initialize(init),
        lambda: sn.compare({"own": init}, data=(rows(40), rows(20)), hidden=[4], steps=1, batch_size=10, progress=False),
    ]
    for call in calls:
        with pytest.raises(sn.InputError, match=r"Affine1\.W: .*no run could be repeated: draw with rng") as error:
            call()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("init", REPEATABLE.values(), ids=list(REPEATABLE))
def test_an_initializer_that_repeats_is_taken(init):
    one, other = (sn.mlp(12, [16], 5, init=init, seed=0) for _ in range(2))
    assert weights(one) == weights(other)


def test_what_is_drawn_is_not_changed_by_the_check():
    given = iter([np.ones((12, 16)), np.ones((16, 5))] * 2)  # a layer draws when it is made, and a network once more
    net = sn.mlp(12, [16], 5, init=lambda shape, fans, rng: next(given), seed=0)
    assert all((w == (w.ndim > 1)).all() for _, w, _ in net.parameters())


def test_a_large_weight_is_not_drawn_once_more():
    shapes = []

    def init(shape, fans, rng):
        shapes.append(shape)
        return np.zeros(shape)

    sn.Network([sn.Affine(500, 400, init)], seed=0)
    assert shapes.count((500, 400)) == 2 and all(math.prod(shape) <= 16 for shape in shapes if shape != (500, 400))
