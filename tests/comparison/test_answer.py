"""What a comparison says and draws: what diverged, and why. tests/pages has the default one."""

import re

import numpy as np
import pytest
from comparison.made import compare, quick, quick_once
from small import digits, empty_figure

import scratchnet as sn
from scratchnet.comparison import Comparison
from scratchnet.experiment.store import Folder
from scratchnet.report.answer import headline


def test_what_diverged_is_said(diverging):
    wild = diverging.by_label["wild"]
    assert all(one.diverged and one.final_loss is None and one.steps < 50 for one in wild)
    assert "2 of 2" in str(diverging)
    first = min(wild, key=lambda one: one.steps)
    where = f"the first at step {first.steps - 1}, where the numbers of {first.diverged_in} left the floats"
    assert f"wild init diverged in 2 of 2 runs, {where}. It started from a loss of" in str(diverging)
    assert first.diverged_in == "SoftmaxCrossEntropy" and where in str(diverging.verdicts())
    assert "calm init diverged" not in str(diverging) and "0 of 2" in str(diverging)


def test_what_diverges_changes_nothing_beside_it(diverging):
    settings = {"steps": 50, "activation": sn.Identity, "optimizer": sn.SGD(1.0)}
    alone, beside = quick({"calm": sn.He()}, **settings), diverging.by_label["calm"]
    assert [one.to_json() for one in beside] == [one.to_json() for one in alone.results]
    assert not any("diverged_in" in one.to_json() for one in beside)
    for one in diverging.results:
        assert type(one).from_json(one.to_json()).diverged_in == one.diverged_in


def test_where_every_run_diverged_none_came_out_best():
    found = quick({"a": sn.Normal(1e30), "b": sn.Normal(1e25)})
    assert found.verdicts()[0] == "Every run diverged: a smaller lr or smaller weights may help."
    assert headline(found) == "Every run diverged" and "came out best" not in str(found)


@pytest.mark.parametrize(
    "init, optimizer, sentence",
    [
        (0.01, sn.SGD(0.01), r"never left ln 10 = 2\.303: its Affine1 moves 10\^-7 of its size a step, where 10\^-3 trains"),
        (
            0.01,
            sn.Momentum(0.0001),
            r"never left ln 10 = 2\.303: its Affine1 moves 10\^-8 of its size a step after the first steps of Momentum,",
        ),
        (sn.Zeros(), sn.SGD(0.01), r"never left ln 10 = 2\.303: its weights start from nothing"),
        (0.5, sn.SGD(1e-9), r"started from a loss of [\d,]+, far above ln 10 = 2\.303"),
    ],
)
def test_the_last_lines_say_what_happened_and_why(init, optimizer, sentence):
    found = compare({"it": init}, data=digits(), hidden=[100] * 4, steps=20, seeds=1, optimizer=optimizer)
    (verdict,) = found.verdicts()
    assert re.match(f"it init {sentence}", verdict)


def test_a_start_that_learns_is_not_complained_of():
    assert compare({"He": sn.He()}, data=digits(), steps=60, seeds=1, optimizer=sn.SGD(0.1)).verdicts() == []


def test_a_map_may_be_drawn_over_any_two_settings():
    data = digits(train=60, test=30)
    grid = {"hidden": [[4], [4, 4]], "optimizer": [sn.SGD(0.1), sn.Adam(0.01)], "batch_size": 8, "progress": False}
    found = sn.compare([sn.He()], **grid, steps=3, seeds=2, data=data)
    assert found.axes == ("hidden layers", "optimizer")
    cells = found.accuracies("optimizer", "hidden layers")
    of_adam = [run.key for run in found.runs if isinstance(run.optimizer, sn.Adam) and len(run.hidden) == 2]
    mean = np.mean([one.test_accuracy for one in found.results if one.key in of_adam])
    assert cells["Adam(lr=0.01)"]["4x2"] == pytest.approx(mean) and len(of_adam) == 2
    assert found.accuracies("hidden layers", "optimizer")["4x2"]["Adam(lr=0.01)"] == cells["Adam(lr=0.01)"]["4x2"]
    axes = found.accuracy_figure("optimizer", "initializer").axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("optimizer", "initializer")
    with pytest.raises(sn.InputError, match=r"no setting 'depth': there are initializer, hidden layers"):
        found.accuracies("depth", "optimizer")
    assert sn.compare([sn.He()], hidden=[4], steps=2, seeds=1, batch_size=8, data=data, progress=False).axes is None


def test_only_figures_that_no_later_run_can_change_are_drawn_ahead(tmp_path, monkeypatch):
    found = quick([sn.He(), sn.LeCun()])
    monkeypatch.setattr(Comparison, "draw", empty_figure)
    first = {run.key for run in found.runs if run.seed == 0}
    for kept, names in (
        (first, ["activations", "activations_after"]),  # the first seed of each label
        ({one.key for one in found.results} - {found.by_label["He"][0].key}, []),  # one is missing
    ):
        part = Comparison(found.runs, [one for one in found.results if one.key in kept], found.train, found.predictions)
        ahead = {}
        assert list(part.draw_ahead(Folder(tmp_path), False, ahead)) == list(ahead) == names


def test_losses_are_predicted_and_drawn_under_the_measured_ones():
    assert quick_once(sn.He()).predicted_losses == {}  # a few steps
    settings = {"steps": 50, "lr": [0.01, 0.02]}
    here, pooled = quick([sn.He()], **settings), quick([sn.He()], **settings, jobs=2)
    run = here.runs[-1]
    alone = sn.predict_training(run.network(here.train), here.train, run.optimizer, run.batch_size, run.steps)
    assert here.predicted_losses[run.label] == alone and list(here.predicted_losses) == list(here.by_label)
    assert pooled.predicted_losses == here.predicted_losses
    (axes,) = here.plot("loss").axes
    assert axes.get_xscale() == "log" and sum(line.get_color() == "black" for line in axes.lines) >= 2
