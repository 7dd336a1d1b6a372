"""The runs of a comparison: they can be repeated bit for bit, are paired, and differ in the initializer alone."""

import functools
import math

import numpy as np
import pytest
from comparison.made import INITS, function, quick, result, tiny
from small import digits
from threadpoolctl import threadpool_limits

import scratchnet as sn
from scratchnet.experiment.texts import stable_repr


def test_the_table_has_a_row_for_each_initializer():
    table = str(result())
    for label in INITS:
        assert sum(line.startswith(label) for line in table.splitlines()) >= 1
    assert "ln 10 = 2.303" in table and "0 of 3" in table and "±" in table
    assert "came out best" in table
    assert result()._repr_html_().count("<tr>") == 1 + len(INITS)


def test_there_is_a_result_for_each_initializer_and_seed():
    found = [(one.initializer, one.seed) for one in result().results]
    assert found == [(label, seed) for label in INITS for seed in range(3)]
    assert all(one.steps == len(one.loss) == 30 for one in result().results)
    assert all(one.first_loss == one.loss[0] for one in result().results)


def test_the_final_loss_is_the_mean_of_the_last_100():
    (one,) = quick([sn.He()], steps=150, seeds=1).results
    assert one.final_loss == pytest.approx(np.mean(one.loss[-100:]), rel=1e-6)


def test_a_run_is_what_the_trainer_gives():
    train, test = digits()
    net = sn.mlp(784, [20], 10, init=sn.He(), seed=1)
    with threadpool_limits(limits=1, user_api="blas"):
        history = sn.Trainer(net, sn.SGD(0.01), batch_size=128, seed=1).fit(train, steps=30, test=test)
    one = result().by_label["He"][1]
    assert one.loss == history.loss
    assert one.test_accuracy == history.test_accuracy[-1]


def test_a_list_of_initializers_is_labelled_by_their_names():
    assert list(quick([sn.He(), sn.LeCun(sn.uniform), 0.5]).by_label) == ["He", "LeCun(draw=uniform)", "Normal(0.5)"]


def test_seeds_may_be_named():
    assert [one.seed for one in quick([sn.He()], seeds=[7, 3]).results] == [7, 3]
    assert quick([sn.He()], seeds=[1]).results[0].loss == quick([sn.He()], seeds=2).results[1].loss


def test_epochs_are_whole_batches():
    assert [one.steps for one in quick([sn.He()], steps=None, epochs=3).results] == [3 * (200 // 16)] * 2


def test_two_comparisons_with_the_same_seeds_leave_the_same_bytes(tmp_path):
    written = [quick([sn.He()]).save(tmp_path / name, svg=True) for name in ("one", "other")]
    for one, other in zip(*written, strict=True):
        assert one.name == other.name
        assert one.name == "run.json" or one.read_bytes() == other.read_bytes()
    names = {path.name for path in written[0]}
    assert {"run.json", "results.jsonl", "results.csv", "spread.csv", "loss.png", "loss.svg"} <= names


def test_labels_with_the_same_network_share_one_prediction(monkeypatch):
    asked = []

    def predict(net, *arguments):
        asked.append(net)
        return sn.predict_spread(net, *arguments)

    monkeypatch.setattr("scratchnet.experiment.predictions.predict_spread", predict)
    found = quick([sn.He(), sn.LeCun()], hidden=[[5], [4, 4]], lr=[0.01, 0.3], batch_size=[8, 16], steps=1, seeds=[3])
    assert len(found.predicted) == 16 and len(asked) == 4
    for run in found.runs:
        assert found.predicted[run.label] == sn.predict_spread(run.network(found.train), *found.train[:], run.optimizer.lr)


def test_three_seeds_are_three_trainings():
    for runs in result().by_label.values():
        assert len({tuple(one.loss) for one in runs}) == 3
        assert len({one.key for one in runs}) == 3


class Spy(sn.Dataset):
    """A set that notes which rows are drawn from it, run by run."""

    def __init__(self, data):
        super().__init__(data.images, data.labels)
        self.drawn = []

    def __getitem__(self, rows):
        if isinstance(rows, np.ndarray):
            self.drawn.append(rows.tolist())
        return super().__getitem__(rows)


def test_all_initializers_see_the_same_batches():
    train, test = tiny()
    spy = Spy(train)
    quick(INITS, data=(spy, test))
    first, second, third = (spy.drawn[i : i + 8] for i in (0, 8, 16))  # two seeds of four steps each
    assert len(spy.drawn) == 24
    assert first == second == third
    assert first[:4] != first[4:]


def test_all_initializers_scale_the_same_numbers():
    before = {label: runs[0].before["Affine1"].w_rms for label, runs in result().by_label.items()}
    assert before["He"] / before["Xavier"] == pytest.approx(math.sqrt(2), rel=1e-6)
    assert before["std 0.01"] / before["Xavier"] == pytest.approx(0.01 * math.sqrt(784), rel=1e-6)


def test_a_repr_is_what_one_would_write():
    assert stable_repr(sn.ReLU) == "ReLU"
    assert stable_repr(sn.He(draw=sn.uniform)) == "He(draw=uniform)"
    assert stable_repr(functools.partial(sn.LeakyReLU, 0.2)) == "LeakyReLU(0.2)"


def test_a_function_may_be_an_initializer_and_a_lambda_an_activation():
    found = quick({"own": function}, activation=lambda: sn.LeakyReLU(0.2))
    assert len(found.results) == 2 and "own" in str(found)


@pytest.mark.parametrize(
    "optimizer",
    [sn.Adam(), sn.Momentum(sn.Cosine(0.1, 4)), sn.SGD(sn.Warmup(0.1, 2)), sn.SGD(0.1, hooks=[sn.ClipNorm(1.0)])],
    ids=repr,
)
def test_any_optimizer_serves_all_runs(optimizer):
    found = quick([sn.He(), sn.LeCun()], optimizer=optimizer)
    alone = quick([sn.LeCun()], optimizer=optimizer)
    assert [one.loss for one in found.by_label["LeCun"]] == [one.loss for one in alone.results]
