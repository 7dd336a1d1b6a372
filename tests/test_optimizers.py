"""Each optimizer's path against PyTorch's (golden/optimizers.npz), and the hooks that see the gradients first."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.optimizers import OPTIMIZERS

GOLDEN = np.load(Path(__file__).parent / "golden" / "optimizers.npz")
START, GRADIENTS = GOLDEN["start"], GOLDEN["gradients"]

CASES = {
    "SGD": sn.SGD(lr=0.1),
    "Momentum": sn.Momentum(lr=0.1),
    "Nesterov": sn.Nesterov(lr=0.1),
    "AdaGrad": sn.AdaGrad(lr=0.1),
    "RMSprop": sn.RMSprop(lr=0.1),
    "Adam": sn.Adam(lr=0.1, epsilon=1e-30),
    "WeightDecay": sn.SGD(lr=0.1, hooks=[sn.WeightDecay(0.05)]),
}


def path(optimizer, start=START, gradients=GRADIENTS):
    optimizer, w, steps = optimizer.fresh(), start.copy(), []
    for dw in gradients:
        optimizer.step([("Affine1.W", w, dw)])
        steps.append(w.copy())
    return np.array(steps)


def test_the_table_holds_every_optimizer():
    assert {*OPTIMIZERS} == {*CASES} - {"WeightDecay"}


@pytest.mark.parametrize("case", CASES)
def test_twenty_steps_agree_with_pytorch(case):
    np.testing.assert_allclose(path(CASES[case]), GOLDEN[case], rtol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_a_step_goes_on_with_the_arrays_of_the_step_before(case, monkeypatch):
    optimizer, w = CASES[case].fresh(), START.copy()
    optimizer.step([("W", w, GRADIENTS[0])])
    arrays = dict(optimizer.state["W"][1])
    monkeypatch.setattr(np, "zeros_like", None)  # no further zeros are made
    optimizer.step([("W", w, GRADIENTS[1])])
    after = optimizer.state["W"][1]
    assert after.keys() == arrays.keys() and all(after[name] is arrays[name] for name in arrays)


def test_adam_is_the_books_where_epsilon_matters():
    """Gradients about as small as ε, where PyTorch's Adam parts from the book's. m and v are written as sums."""
    lr, beta1, beta2, epsilon = 0.1, 0.9, 0.999, 1e-7
    gradients, w = 1e-6 * GRADIENTS, START.copy()
    expected = []
    for t in range(1, len(gradients) + 1):
        age = np.arange(t - 1, -1, -1)[:, None, None]
        m = (1 - beta1) * (beta1**age * gradients[:t]).sum(axis=0)
        v = (1 - beta2) * (beta2**age * gradients[:t] ** 2).sum(axis=0)
        w = w - lr * math.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + epsilon)
        expected.append(w)
    np.testing.assert_allclose(path(sn.Adam(lr), gradients=gradients), expected, rtol=1e-10)
    assert not np.allclose(path(sn.Adam(lr, epsilon=1e-30), gradients=gradients), expected, rtol=1e-3)


def test_the_books_nesterov_is_the_same():
    """The book: w ← w + μ² v − (1 + μ) η dw with the v from before the step."""
    w, v, expected = START.copy(), np.zeros_like(START), []
    for dw in GRADIENTS:
        w = w + 0.9 * 0.9 * v - (1 + 0.9) * 0.1 * dw
        v = 0.9 * v - 0.1 * dw
        expected.append(w)
    np.testing.assert_allclose(path(sn.Nesterov(lr=0.1)), expected, rtol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_a_step_changes_w_in_place_and_nothing_else(case):
    w, dw = START.astype(np.float32), GRADIENTS[0].astype(np.float32)
    dw.flags.writeable = False
    same, before = w, w.copy()
    CASES[case].fresh().step([("Affine1.W", w, dw)])
    assert w is same
    assert w.dtype == np.float32
    assert (w != before).all()


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_each_parameter_has_a_state_of_its_own(case):
    optimizer = CASES[case].fresh()
    one, other = START.copy(), START.copy()
    for dw in GRADIENTS:
        optimizer.step([("Affine1.W", one, dw), ("Affine2.W", other, -2 * dw)])
    np.testing.assert_array_equal(one, path(CASES[case])[-1])
    np.testing.assert_array_equal(other, path(CASES[case], gradients=-2 * GRADIENTS)[-1])


def test_a_weight_decays_but_a_bias_does_not():
    optimizer = sn.SGD(0.1, hooks=[sn.WeightDecay(0.5)])
    W, b = np.ones((2, 2)), np.ones(2)
    optimizer.step([("Affine1.W", W, np.zeros((2, 2))), ("Affine1.b", b, np.zeros(2))])
    np.testing.assert_allclose(W, 1 - 0.1 * 0.5)
    np.testing.assert_array_equal(b, 1)


@pytest.mark.parametrize("case", ["clipped", "unclipped"])
def test_clip_norm_agrees_with_pytorch(case):
    dW, db = GOLDEN["clip.dW"], GOLDEN["clip.db"]
    norm = math.sqrt((dW**2).sum() + (db**2).sum())
    limit = float(GOLDEN[f"{case}.limit"])
    triples = sn.ClipNorm(limit)([("Affine1.W", np.ones((4, 3)), dW), ("Affine1.b", np.ones(3), db)])
    # PyTorch divides by norm + 1e-6, so what it clips is smaller by 1e-6 / norm of itself.
    for (_, _, clipped), name in zip(triples, ("dW", "db"), strict=True):
        np.testing.assert_allclose(clipped, GOLDEN[f"{case}.{name}"], rtol=1.01e-6 / norm if case == "clipped" else 0)
    total = math.sqrt(sum((clipped**2).sum() for _, _, clipped in triples))
    assert total == pytest.approx(min(norm, limit), rel=1e-14)


def test_hooks_are_applied_in_order():
    w, dw = np.full((1, 1), 10.0), np.zeros((1, 1))
    sn.SGD(1.0, hooks=[sn.WeightDecay(1.0), sn.ClipNorm(2.0)]).step([("W", w, dw)])  # decays by 10, which is cut to 2
    assert w.item() == 8


def test_a_schedule_is_asked_with_the_steps_made_so_far():
    asked = []

    def schedule(step):
        asked.append(step)
        return 2.0**-step

    w = np.zeros((1, 1))
    optimizer = sn.SGD(lr=schedule)
    for _ in range(3):
        optimizer.step([("W", w, np.ones((1, 1)))])
    assert asked == [0, 0, 1, 2]  # once when it is built, to have an lr to show
    assert w.item() == -1.75
    assert optimizer.lr == 0.25


def test_an_optimizer_refuses_a_second_network():
    """In the book's comparison one Momentum moves three networks, and is silently wrong."""
    optimizer = sn.Momentum(0.1)
    optimizer.step([("Affine1.W", START.copy(), GRADIENTS[0])])
    with pytest.raises(sn.InputError, match=r"already moves the Affine1\.W of another network"):
        optimizer.step([("Affine1.W", START.copy(), GRADIENTS[0])])
    optimizer.fresh().step([("Affine1.W", START.copy(), GRADIENTS[0])])


@pytest.mark.parametrize(
    "dw, words",
    [(None, r"Affine1\.W has no gradient yet: call net\.backward"), (np.ones(3), r"Affine1\.W has shape \(4, 3\)")],
    ids=["none", "shape"],
)
def test_a_missing_or_misshapen_gradient_moves_nothing(dw, words):
    b, w = np.zeros(3), START.copy()
    with pytest.raises(sn.InputError, match=words):
        sn.SGD().step([("Affine1.b", b, np.ones(3)), ("Affine1.W", w, dw)])
    np.testing.assert_array_equal(b, 0)


@pytest.mark.parametrize("lr", [0, -0.1, math.nan, math.inf, "0.1", None, True])
def test_a_learning_rate_is_a_number_above_0(lr):
    with pytest.raises(sn.InputError, match="lr is"):
        sn.SGD(lr=lr)


def test_an_optimizer_prints_as_one_writes_it():
    assert repr(sn.SGD(0.1)) == "SGD(lr=0.1)"
    assert repr(sn.Momentum(0.1, momentum=0.8)) == "Momentum(lr=0.1, momentum=0.8)"
    assert repr(sn.SGD(hooks=[sn.ClipNorm(1.0)])) == "SGD(lr=0.01, hooks=[ClipNorm(limit=1.0)])"


def test_adams_fast_lines_are_its_plain_ones_to_the_last_bit():
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        adam = sn.Adam(0.01)
        fast, plain = (rng.standard_normal((30, 20)).astype(dtype) for _ in range(2))
        plain[...] = fast
        states = {}, {}
        for adam.t in range(1, 20):
            dw = rng.standard_normal(fast.shape).astype(dtype)
            adam.move(fast, dw, states[0])
            adam.plain_move(plain, dw, states[1])
            assert np.array_equal(fast, plain) and all(np.array_equal(states[0][k], states[1][k]) for k in "mv")


def test_each_optimizer_checks_its_own_settings_and_no_others():
    @dataclass(repr=False)
    class Fading(sn.Optimizer):
        decay: float = 1.5  # a learner's own meaning: no concern of ours

        def move(self, w, dw, state):
            w -= self.lr * self.decay ** -float(self.t) * dw

    assert Fading(0.1).decay == 1.5
    for kind, settings in {
        sn.Momentum: ["momentum"],
        sn.Nesterov: ["momentum"],
        sn.RMSprop: ["decay"],
        sn.Adam: ["beta1", "beta2"],
    }.items():
        for setting in settings:
            for wrong in (1.0, 1.5, -0.1, np.nan, "0.9"):
                with pytest.raises(sn.InputError, match=f"{setting} is "):
                    kind(**{setting: wrong})
    for kind in (sn.AdaGrad, sn.RMSprop, sn.Adam):
        with pytest.raises(sn.InputError, match="epsilon is 0"):
            kind(epsilon=0)


class LayerWise(sn.SGD):
    """A rate of its own for each parameter."""

    def move(self, w, dw, state, name):
        w -= self.lr * {"Affine1.W": 1.0, "Affine1.b": 2.0, "Network1.Affine1.W": 0.0, "Network1.Affine1.b": 3.0}[name] * dw


class InKeywords(sn.Adam):
    """The name as a keyword, with a default, and the library's own step."""

    def move(self, w, dw, state, *, name=""):
        state["seen"] = name
        super().move(w, dw, state)


def test_move_gets_the_name_that_hooks_get():
    seen = []
    net = sn.Network([sn.Affine(3, 4), sn.ReLU(), sn.Network([sn.Affine(4, 2)])], seed=0, dtype=np.float64)
    before = {name: w.copy() for name, w, _ in net.parameters()}
    optimizer = LayerWise(0.1, hooks=[lambda triples: seen.extend(name for name, _, _ in triples) or triples])
    net.backward(np.ones_like(net.forward(np.ones((5, 3)))))
    optimizer.step(net.parameters())
    assert seen == list(before) == ["Affine1.W", "Affine1.b", "Network1.Affine1.W", "Network1.Affine1.b"]
    for (name, w, dw), factor in zip(net.parameters(), (1, 2, 0, 3), strict=True):
        np.testing.assert_allclose(w, before[name] - 0.1 * factor * dw)
    own = InKeywords()
    own.step(net.parameters())
    assert {name: state["seen"] for name, (_, state) in own.state.items()} == {name: name for name in before}
    assert sn.check_optimizer(InKeywords).ok


@pytest.mark.parametrize(
    "move",
    [
        lambda self, name, w, dw, state: None,
        lambda self, w, dw, state, nam: None,
        lambda self, w, dw: None,
        lambda self, w, dw, state, name, lr: None,
        lambda self, w, dw, state, *, key: None,
    ],
)
def test_a_move_that_cannot_be_called_is_refused(move):
    with pytest.raises(sn.InputError, match=r"Wrong\.move takes \(self, .*write move\(self, w, dw, state\), or"):
        type("Wrong", (sn.SGD,), {"move": move})


def test_any_move_that_can_be_called_is_taken():
    for move in (
        lambda self, w, dw, state: None,
        lambda self, weight, gradient, memory, scale=1: None,
        lambda *arguments: None,
        lambda self, *arguments, **settings: None,
        staticmethod(lambda w, dw, state, name: None),
    ):
        type("Right", (sn.SGD,), {"move": move})().step([("W", np.ones(2), np.ones(2))])


def test_a_move_with_a_name_changes_neither_repr_nor_arguments():
    assert repr(LayerWise(0.1)) == "LayerWise(lr=0.1)" and "asks_name" not in sn.SGD.__dataclass_fields__
