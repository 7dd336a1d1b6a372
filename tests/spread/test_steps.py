"""The update ratio is that of the optimizer at hand: measured by its own step, predicted from the rms of the gradients."""

import copy
import math

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.support.validation import InputError


class Signs(sn.Optimizer):
    """w ← w − η sign(dw)"""

    def move(self, w, dw, state):
        w -= self.lr * np.sign(dw)


class Plain:
    """A reader's own, with dictionaries."""

    def __init__(self, lr=0.1):
        self.lr = lr

    def update(self, params, grads):
        for name in params:
            params[name] -= self.lr * grads[name]


OPTIMIZERS = {
    "SGD": sn.SGD(0.1),
    "Momentum": sn.Momentum(0.1),
    "Nesterov": sn.Nesterov(0.1, momentum=0.8),
    "AdaGrad": sn.AdaGrad(0.01),
    "RMSprop": sn.RMSprop(0.01),
    "Adam": sn.Adam(0.01),
    "a schedule": sn.Momentum(sn.Warmup(0.1, steps=10)),
    "SGD with a schedule": sn.SGD(sn.Cosine(0.1, 5)),
    "weight decay": sn.SGD(0.1, hooks=[sn.WeightDecay(0.5)]),
    "clipping": sn.SGD(0.1, hooks=[sn.ClipNorm(0.01)]),
    "Adam, decay, clipping": sn.Adam(0.01, hooks=[sn.WeightDecay(0.1), sn.ClipNorm(0.01)]),
    "frozen": sn.SGD(0.1, hooks=[lambda triples: [one for one in triples if one[0] != "Affine1.W"]]),
    "one's own": Signs(0.01),
    "one's own, adapted": sn.adapt(Plain()),
}
ROWS, LABELS = 200, np.arange(200) % 5
X = np.random.default_rng(0).standard_normal((ROWS, 12))


def network(seed=0, activation=sn.Tanh, bias_init=0.1):
    inside = [sn.Affine(40, 40, init=sn.LeCun(), bias_init=bias_init), activation()]
    layers = [sn.Affine(12, 40, init=sn.LeCun(), bias_init=bias_init), activation(), sn.Network(inside)]
    return sn.Network([*layers, sn.Affine(40, 5, init=sn.LeCun(), bias_init=bias_init)], seed, np.float64)


WEIGHTS = {"Affine1": "Affine1.W", "Network1.Affine1": "Network1.Affine1.W", "Affine2": "Affine2.W"}


def ratios(spread):
    return {name: spread[name].update_ratio for name in WEIGHTS}


def really_moved(trainer):
    """log10 of what the trainer's next step changes in each weight, over its size."""
    before = {name: w.copy() for name, w, _ in trainer.net.parameters()}
    trainer.step(X, LABELS)
    found = {}
    for name, w, _ in trainer.net.parameters():
        change, size = (math.sqrt(float((one**2).mean())) for one in (w - before[name], before[name]))
        found[name] = math.log10(change / size) if change else None
    return {layer: found[weight] for layer, weight in WEIGHTS.items()}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_it_is_what_the_next_step_really_moves(optimizer):
    net = network()
    trainer = sn.Trainer(net, optimizer, batch_size=ROWS)
    for _ in range(3):  # also after some steps, with what the optimizer remembers
        state = copy.deepcopy([w for _, w, _ in net.parameters()])
        measured = ratios(sn.measure_spread(net, X, LABELS, optimizer=trainer.optimizer))
        assert measured == ratios(trainer.spread((X, LABELS)))
        assert all(np.array_equal(a, b) for a, (_, b, _) in zip(state, net.parameters(), strict=True))
        for name, ratio in really_moved(trainer).items():
            assert measured[name] is ratio or measured[name] == pytest.approx(ratio, rel=1e-9), name


CLOSED = {
    "Momentum": (sn.Momentum(0.1), lambda dw: 0.1 * dw),
    "Nesterov": (sn.Nesterov(0.1, momentum=0.8), lambda dw: 0.1 * 1.8 * dw),
    "a schedule": (sn.Momentum(sn.Warmup(0.1, steps=10)), lambda dw: 0.01 * dw),
    "AdaGrad": (sn.AdaGrad(0.01), lambda dw: 0.01),
    "RMSprop": (sn.RMSprop(0.01, decay=0.99), lambda dw: 0.01 / math.sqrt(0.01)),
    "Adam": (sn.Adam(0.01), lambda dw: 0.01),
    "AdamW's first step from w = 0 aside": (Signs(0.02), lambda dw: 0.02),
}


@pytest.mark.parametrize(("optimizer", "step"), CLOSED.values(), ids=list(CLOSED))
@pytest.mark.parametrize("kind", ["measured", "predicted"])
def test_first_steps_have_their_closed_form(kind, optimizer, step):
    net = network()
    spread = (sn.measure_spread if kind == "measured" else sn.predict_spread)(net, X, LABELS)
    spread = (
        spread.with_optimizer(optimizer, net)
        if kind == "predicted"
        else sn.measure_spread(net, X, LABELS, optimizer=optimizer)
    )
    for name in WEIGHTS:
        layer = spread[name]
        assert 10**layer.update_ratio == pytest.approx(step(layer.dw_rms) / layer.w_rms, rel=0.03), name


@pytest.mark.parametrize("activation", [sn.Tanh, sn.ReLU])
def test_the_predicted_first_step_is_the_measured_one(activation):
    nets = [network(seed, activation, bias_init=0.0) for seed in range(6)]
    predicted = sn.predict_spread(nets[0], X, LABELS)
    for name, optimizer in OPTIMIZERS.items():
        seeds = [ratios(sn.measure_spread(net, X, LABELS, optimizer=optimizer)) for net in nets]
        for layer, ratio in ratios(predicted.with_optimizer(optimizer, nets[0])).items():
            values = [one[layer] for one in seeds]
            if ratio is None or None in values:
                assert ratio is None and values == [None] * len(values), (name, layer)
            else:
                assert ratio == pytest.approx(np.mean(values), abs=0.15), (name, layer)


def test_a_tiny_gradient_is_no_full_step_of_adam():
    """Adam's ε is as large as the gradients of small weights: the step is η |dw| / (|dw| + ε / √(1 − β₂))."""
    net = sn.Network([sn.Affine(12, 30, init=sn.Normal(1e-4)), sn.Affine(30, 5, init=sn.Normal(1e-4))], 0, np.float64)
    optimizer = sn.Adam(0.01)
    measured = sn.measure_spread(net, X, LABELS, optimizer=optimizer)["Affine1"]
    predicted = sn.predict_spread(net, X, LABELS).with_optimizer(optimizer, net)["Affine1"]
    assert measured.update_ratio < math.log10(0.01 / 1e-4)
    assert predicted.update_ratio == pytest.approx(measured.update_ratio, abs=0.1)


def test_plain_sgd_is_as_it_was():
    """No rounding of a step that is really made: the formula, and nothing more in a file."""
    net = network()
    as_number, as_optimizer = (
        sn.measure_spread(net, X, LABELS, 0.3),
        sn.measure_spread(net, X, LABELS, optimizer=sn.SGD(0.3)),
    )
    assert as_number == as_optimizer and as_optimizer.step is None
    predicted = sn.predict_spread(net, X, LABELS)
    assert predicted.with_optimizer(sn.SGD(0.3), net) == predicted.with_lr(0.3)


def test_the_words_name_the_optimizer():
    net = network()
    adam, momentum = (sn.measure_spread(net, X, LABELS, optimizer=one) for one in (sn.Adam(1e-5), sn.Momentum(1e-4)))
    assert "of its size in the first step of Adam at lr 1e-5" in adam.outlook()
    assert "a step after the first steps of Momentum at lr 0.0001" in momentum.outlook()
    slowest = min(ratios(momentum).values())
    assert f"10^{slowest + 1:.1f} of its size" in momentum.outlook()  # 1 / (1 − .9) = 10 times as far
    assert "up to 10 times as far" in str(momentum) and "Adam moves in its next step at lr 1e-5" in str(adam)
    for spread in (adam, momentum):
        assert "plain SGD" not in f"{spread} {spread.outlook()} {spread.findings()}"
        assert "lr · rms" not in str(spread)


def test_an_optimizer_that_fails_has_no_prediction_and_says_so():
    class Fails(sn.Optimizer):
        def move(self, w, dw, state):
            raise RuntimeError("no")

    net = network()
    spread = sn.predict_spread(net, X, LABELS).with_optimizer(Fails(), net)
    assert set(ratios(spread).values()) == {None} and "step/W is not predicted for Fails(lr=0.01): RuntimeError: no" in str(
        spread
    )


def test_it_comes_back_from_a_file(tmp_path):
    found = sn.compare([sn.He()], hidden=[5], optimizer=sn.Adam(), steps=2, seeds=1, data=DATA, progress=False)
    again = type(found.results[0]).from_json(found.results[0].to_json())
    assert again.before == found.results[0].before and again.before.step.optimizer == "Adam"
    plain = sn.compare([sn.He()], hidden=[5], steps=2, seeds=1, data=DATA, progress=False).results[0].to_json()
    assert '"step"' not in plain
    line = found.results[0].to_json()
    with pytest.raises(InputError):
        type(found.results[0]).from_json(line.replace('"settled"', '"settle"'))


DATA = tuple(sn.Dataset(X.astype(np.float32), LABELS) for _ in range(2))
