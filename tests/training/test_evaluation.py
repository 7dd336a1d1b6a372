"""What is evaluated during a training, and when; the history that holds it."""

import math

import numpy as np
import pytest
from trainings import rows, trainer

import scratchnet as sn

X = rows(200)[:][0]
LINE = 2 * X[:, :1] - X[:, 1:2]
TEST, VALIDATION = rows(50, seed=1), rows(70, seed=2)


def regressor(criterion=None, batch_size=20, **settings):
    return sn.Trainer(sn.mlp(12, [16], 1, seed=0, **settings), sn.SGD(0.1), criterion or sn.MSE(), batch_size=batch_size)


def evaluated(net, x, t):
    """The loss and the accuracy in evaluation, all rows at once."""
    scores = np.concatenate(list(net.scores(x)))
    return sn.SoftmaxCrossEntropy().forward(scores, t), float((scores.argmax(axis=1) == t).mean())


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


def test_the_history_is_a_table_in_a_terminal_and_in_a_notebook():
    history = trainer(batch_size=128).fit(rows(), epochs=2, test=rows(50))
    lines = str(history).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["7", "14"]
    assert f"{history.test_accuracy[-1]:.4f}" in lines[-1]
    page = history._repr_html_()
    assert page.startswith("<table>") and page.count("<tr>") == 3
    assert f"<td>{history.test_accuracy[-1]:.4f}</td>" in page


def test_a_history_of_fits_with_and_without_a_test_set_is_a_table():
    learner, train, test = trainer(batch_size=10), rows(100), rows(50, seed=1)
    for given in (None, test, None):
        history = learner.fit(train, steps=2, test=given, evaluate_every=2)
    assert [math.isnan(one) for one in history.test_accuracy] == [True, False, True]
    assert len(history.train_accuracy) == 3 == len(history.evaluated_at)
    last = [line.split()[-1] for line in str(history).splitlines()[2:]]
    assert last == ["-", f"{history.test_accuracy[1]:.4f}", "-"]
    assert history._repr_html_().count("<tr>") == 4


def test_such_a_history_is_saved_and_loaded(tmp_path):
    learner = regressor()
    learner.fit((X, LINE), steps=2, evaluate_every=2)
    learner.fit((X, LINE), steps=2, test=(X, LINE), checkpoint=tmp_path / "t.npz")
    loaded = sn.load_trainer(tmp_path / "t.npz")
    assert str(loaded.history) == str(learner.history)
    assert math.isnan(loaded.history.test_loss[0]) and loaded.history.test_loss[1:] == learner.history.test_loss[1:]
    assert loaded.fit((X, LINE[:, 0]), steps=3).loss == learner.fit((X, LINE), steps=3).loss


def test_an_empty_history_is_a_table_too():
    assert str(trainer().history).splitlines()[0].split()[0] == "steps"


SETS = {
    "none": ({}, []),
    "test": ({"test": TEST}, ["train", "test"]),
    "validation": ({"validation": VALIDATION}, ["train", "validation"]),
    "both": ({"validation": VALIDATION, "test": TEST}, ["train", "validation", "test"]),
    "a rate alone": ({"evaluate_every": 5}, ["train"]),
}


@pytest.mark.parametrize("settings, names", SETS.values(), ids=list(SETS))
def test_only_what_was_asked_for_is_evaluated(settings, names):
    learner = trainer(batch_size=100, dropout=0.3, normalization=sn.BatchNorm)
    history = learner.fit(rows(), steps=15, **settings)
    assert history.measured.keys() == {f"{name}_{number}" for name in names for number in ("loss", "accuracy")}
    assert history.evaluated_at == ([] if not names else [5, 10, 15] if "evaluate_every" in settings else [10, 15])
    most = max([len(settings[name]) for name in names if name in settings], default=10_000)
    for name in names:
        data = rows()[:most] if name == "train" else settings[name][:]
        loss, accuracy = evaluated(learner.net, *data)
        assert history.measured[f"{name}_loss"][-1] == pytest.approx(loss, rel=1e-6)
        assert history.measured[f"{name}_accuracy"][-1] == pytest.approx(accuracy, rel=1e-12)


def test_nothing_runs_through_the_network_that_nobody_asked_for(monkeypatch):
    seen = []
    scores = sn.Network.scores
    monkeypatch.setattr(sn.Network, "scores", lambda net, x: seen.append(len(x)) or scores(net, x))
    learner, train = trainer(), rows()
    learner.fit(train, steps=3)
    learner.fit(train, epochs=1)
    assert seen == []
    learner.fit(train, steps=10, test=TEST, evaluate_every=5)
    assert seen == [50, 50] * 3  # training and test rows at steps 35, 40 and 44, the end


def test_overfitting_is_seen():
    """Labels without a rule are learnt by heart: the loss on new rows grows while that on old ones falls."""
    x = np.random.default_rng(0).standard_normal((120, 12)).astype(np.float32)
    t = np.random.default_rng(1).integers(0, 5, 120)
    learner = trainer(sn.Adam(0.02), batch_size=30)
    history = learner.fit((x[:60], t[:60]), epochs=80, validation=(x[60:], t[60:]))
    assert history.train_loss[-1] < 0.2 * history.train_loss[0] and history.train_accuracy[-1] == 1
    assert history.validation_loss[-1] > 1.5 * history.validation_loss[0] and history.validation_accuracy[-1] < 0.5
    header = str(history).splitlines()[0]
    assert [name in header for name in ("train loss", "validation loss", "validation accuracy")] == [True] * 3


class SquaredSum:
    """The book's loss: half a sum, not a mean."""

    def forward(self, y, t):
        self.difference = y - t
        return 0.5 * (self.difference**2).sum()

    def backward(self):
        return self.difference


def test_a_loss_that_is_a_sum_compares_with_that_of_training():
    learner = regressor(SquaredSum())
    learner.optimizer.lr = 1e-9  # the network stays as it is, so all batches together are the set
    history = learner.fit((X, LINE), epochs=1, validation=(X, LINE))
    assert history.validation_loss[-1] == pytest.approx(np.mean(history.loss), rel=1e-4)


@pytest.mark.parametrize("criterion, outputs, t", [(sn.MSE, 1, LINE), (sn.MSE, 5, np.eye(5)[rows(200).labels])])
def test_a_regression_has_no_accuracy(criterion, outputs, t):
    learner = sn.Trainer(sn.mlp(12, [4], outputs, seed=0), sn.SGD(0.1), criterion(), batch_size=20)
    history = learner.fit((X, t), epochs=1, validation=(X, t), test=(X, t))
    assert history.measured.keys() == {"train_loss", "validation_loss", "test_loss"}
    assert history.train_loss == history.validation_loss == history.test_loss


@pytest.mark.parametrize("name", ["validation", "test"])
def test_a_set_in_another_form_than_train_is_refused(name):
    with pytest.raises(sn.InputError, match=rf"{name}: the targets have shape \(200,\), but those of train \(200, 1\)"):
        regressor(SquaredSum()).fit((X, LINE), steps=1, **{name: (X, LINE[:, 0])})
    with pytest.raises(sn.InputError, match=rf"{name}: a label is 7"):
        trainer().fit(rows(), steps=1, **{name: (TEST.images, TEST.labels + 3)})


def test_checkpoints_keep_what_was_evaluated_to_the_last_bit(tmp_path):
    learner = trainer(batch_size=100)
    learner.fit(rows(), steps=15, validation=VALIDATION, test=TEST, checkpoint=tmp_path / "t.npz")
    learner.history.test_loss[0] = -math.inf
    learner.history.train_loss[0] = math.nan
    back = sn.load_trainer(learner.save(tmp_path / "u.npz")).history
    for name, values in learner.history.measured.items():
        assert np.array(getattr(back, name)).tobytes() == np.array(values).tobytes()


def test_files_of_before_have_fewer_lists(tmp_path):
    from scratchnet.checkpoint import describe_trainer
    from scratchnet.support.array_file import write_arrays

    learner = trainer(batch_size=100)
    learner.fit(rows(), steps=5, test=TEST)
    document, arrays = describe_trainer(learner)
    for name in ("train_loss", "validation_loss", "validation_accuracy"):
        del document["trainer"]["history"][name]
    write_arrays(tmp_path / "old.npz", "trainer", document, arrays)
    back = sn.load_trainer(tmp_path / "old.npz").history
    assert back.test_accuracy == learner.history.test_accuracy and back.train_loss == back.validation_loss == []
