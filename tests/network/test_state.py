"""What a copy of the parameters loses: `net.state()` keeps it."""

import numpy as np
import pytest
from trainings import rows, weights

import scratchnet as sn

X, _ = rows(200)[:]


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
