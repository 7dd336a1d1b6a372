"""Functions that `fit` calls with the trainer after each step or epoch."""

import math
import traceback

import numpy as np
import pytest
from trainings import rows, trainer, weights

import scratchnet as sn

TRAIN, VALIDATION = rows(), rows(100, seed=1)  # 31 steps of 32 rows are an epoch


def test_a_callback_sees_the_trainer_after_its_step():
    learner, seen, epochs = trainer(), [], []
    assert (learner.steps, learner.epoch) == (0, 0) and math.isnan(learner.loss)
    learner.fit(
        TRAIN,
        epochs=2,
        validation=VALIDATION,
        on_step=lambda one: seen.append((one, one.steps, one.epoch, one.loss)),
        on_epoch=lambda one: epochs.append((one.steps, one.epoch, one.history.evaluated_at[-1])),
    )
    assert all(one is learner for one, *_ in seen)
    assert [steps for _, steps, _, _ in seen] == list(range(1, 63))
    assert [epoch for _, _, epoch, _ in seen] == [0] * 30 + [1] * 31 + [2]
    assert [loss for *_, loss in seen] == learner.history.loss
    assert epochs == [(31, 1, 31), (62, 2, 62)]  # the epoch is evaluated before its callback
    assert repr(learner) == "<Trainer: SGD(lr=0.1), SoftmaxCrossEntropy, batches of 32, 62 steps made>"


def test_callbacks_change_nothing_and_several_are_called_in_order():
    plain, watched, seen = trainer(), trainer(), []
    plain.fit(TRAIN, steps=40)
    both = [lambda one: seen.append("a"), lambda one: seen.append("b")]
    watched.fit(TRAIN, steps=40, on_step=both, on_epoch=(*both, print))
    assert watched.history.loss == plain.history.loss and weights(watched.net) == weights(plain.net)
    assert seen == ["a", "b"] * 31 + ["a", "b"] + ["a", "b"] * 9


@pytest.mark.parametrize("event, steps", [("on_step", 17), ("on_epoch", 31)])
def test_a_stopped_training_is_evaluated_saved_and_goes_on(event, steps, tmp_path):
    def stop(one):
        if one.steps >= 17:
            one.stop()

    path = tmp_path / "t.npz"
    stopped, whole = trainer(sn.Adam(0.01)), trainer(sn.Adam(0.01))
    stopped.fit(TRAIN, steps=60, validation=VALIDATION, checkpoint=path, **{event: stop})
    assert stopped.steps == steps and stopped.history.evaluated_at == [steps]
    whole.fit(TRAIN, steps=60)
    for one in (stopped, sn.load_trainer(path)):
        one.fit(TRAIN, steps=60 - steps)
        assert one.history.loss == whole.history.loss and weights(one.net) == weights(whole.net)
        assert one.epoch == 1


def test_early_stopping_in_a_few_lines():
    best = {}

    def stop_early(one):
        losses = one.history.validation_loss
        if losses[-1] == min(losses):
            best.update(one.net.state())
        elif len(losses) - np.argmin(losses) > 3:
            one.stop()

    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((120, 12)).astype(np.float32), rng.integers(0, 5, 120)
    learner = trainer(sn.Adam(0.02), batch_size=30)
    history = learner.fit((x[:60], t[:60]), epochs=200, validation=(x[60:], t[60:]), on_epoch=stop_early)
    at = int(np.argmin(history.validation_loss))
    assert learner.epoch == len(history.validation_loss) == at + 4 < 200
    learner.net.restore(best)
    again = sn.SoftmaxCrossEntropy().forward(next(learner.net.scores(x[60:])), t[60:])
    assert again == pytest.approx(history.validation_loss[at], rel=1e-6)


def test_an_exception_keeps_its_traceback_and_leaves_the_trainer_usable():
    def fail(one):
        if one.steps == 7:
            raise ZeroDivisionError("mine")

    learner, whole = trainer(sn.Momentum(0.05)), trainer(sn.Momentum(0.05))
    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        learner.fit(TRAIN, steps=20, on_step=fail, validation=VALIDATION, evaluate_every=7)
    assert traceback.extract_tb(caught.tb)[-1].name == "fail" and caught.value.__cause__ is None
    assert learner.steps == len(learner.history.loss) == 7 and learner.history.evaluated_at == [7]
    learner.fit(TRAIN, steps=13, validation=VALIDATION, evaluate_every=7)
    whole.fit(TRAIN, steps=20, validation=VALIDATION, evaluate_every=7)
    assert learner.history.loss == whole.history.loss and learner.history.measured == whole.history.measured


def test_a_callback_may_set_the_learning_rate_and_a_checkpoint_keeps_it(tmp_path):
    def halve(one):
        one.optimizer.lr /= 2

    whole, half, seen = trainer(), trainer(), []
    whole.fit(TRAIN, steps=6, on_step=[halve, lambda one: seen.append(one.optimizer.lr)])
    assert seen == [0.1 / 2**step for step in range(1, 7)]
    half.fit(TRAIN, steps=3, on_step=halve, checkpoint=tmp_path / "t.npz")
    back = sn.load_trainer(tmp_path / "t.npz")
    assert back.fit(TRAIN, steps=3, on_step=halve).loss == whole.history.loss


@pytest.mark.parametrize(
    "lr, optimizer, message",
    [
        (-1.0, sn.SGD(0.1), r"trainer\.optimizer\.lr is -1"),
        (math.nan, sn.SGD(0.1), "a finite number of at least 0"),
        (sn.Cosine(0.1, 20), sn.SGD(0.1), "a finite number of at least 0"),
        (0.01, sn.SGD(sn.Cosine(0.1, 20)), r"the schedule Cosine\(lr=0.1, steps=20\) sets it again"),
    ],
)
def test_a_learning_rate_without_effect_is_refused(lr, optimizer, message):
    def set_lr(one):
        one.optimizer.lr = lr

    with pytest.raises(sn.InputError, match=message):
        trainer(optimizer).fit(TRAIN, steps=2, on_step=set_lr)


def test_a_divergence_is_seen_by_callbacks():
    seen = []
    learner = trainer(sn.SGD(1e6))
    learner.fit(TRAIN, steps=50, on_step=lambda one: seen.append(one.loss), test=VALIDATION)
    assert not math.isfinite(seen[-1]) and learner.history.evaluated_at == [learner.steps]


def test_a_loaded_trainer_knows_no_epochs_before_its_rows(tmp_path):
    learner = trainer()
    learner.fit(TRAIN, steps=40)
    back = sn.load_trainer(learner.save(tmp_path / "t.npz"))
    with pytest.raises(sn.InputError, match="call fit first"):
        _ = back.epoch
    back.fit(TRAIN, steps=1)
    assert back.epoch == 1 == learner.epoch
