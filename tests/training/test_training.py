"""The training loop: what it does in a step, what it records, and that measuring leaves no trace."""

import itertools
import math

import numpy as np
import pytest
from small import digits
from trainings import network, rows, trainer, weights

import scratchnet as sn
from scratchnet.data import Batches

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
    history = learner.fit(data, epochs=1, test=data[:10])
    assert len(history.loss) == learner.steps == 60_000 // 128
    assert history.evaluated_at == [468]


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
    learner.fit(rows(), steps=40, on_step=lambda trainer: seen.append(trainer.optimizer.lr))
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
