"""A comparison: runs that can be repeated bit for bit, printed as a table and saved in a folder."""

import csv
import dataclasses
import functools
import hashlib
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small import digits, draw_nothing, empty_figure, made_up
from threadpoolctl import threadpool_info, threadpool_limits

import scratchnet as sn
from scratchnet.comparison import Comparison
from scratchnet.experiment import Run
from scratchnet.experiment.networks import OwnNetwork
from scratchnet.experiment.store import Folder
from scratchnet.experiment.texts import stable_repr
from scratchnet.report.answer import headline
from scratchnet.support import files

INITS = {"std 0.01": 0.01, "Xavier": sn.LeCun(), "He": sn.He()}
SETTINGS = {"hidden": [20], "steps": 30, "seeds": 3, "progress": False}


def compare(inits=None, data=None, **settings):
    return sn.compare(inits or INITS, data=data or digits(), **SETTINGS | settings)


@functools.cache
def result():
    return compare()


@pytest.fixture
def nothing_drawn(monkeypatch):
    draw_nothing(monkeypatch.setattr)


def tiny():
    """Two sets that train in no time."""
    return tuple(sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(200, 1), made_up(50, 2)))


def quick(inits=None, **settings):
    return compare(inits, **{"data": tiny(), "hidden": [5], "steps": 4, "seeds": 2, "batch_size": 16} | settings)


@functools.cache
def quick_once(init):
    """Of one initializer, for tests that only read it."""
    return quick([init])


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


RUN = Run("He", "He", sn.He(), sn.Zeros(), (20,), sn.ReLU, sn.SGD(0.01), 128, 30, 0, "abc")
OTHERS = {
    "initializer": ["he", ""],
    "init": [sn.LeCun(), sn.He(sn.uniform), sn.He(slope=0.1), sn.Normal(0.01), sn.Normal(0.02)],
    "bias_init": [sn.Ones(), sn.Normal(0.1)],
    "hidden": [(21,), (20, 20), ()],
    "activation": [sn.Tanh, functools.partial(sn.LeakyReLU, 0.2), functools.partial(sn.LeakyReLU, slope=0.3)],
    "optimizer": [sn.SGD(0.02), sn.Momentum(0.01), sn.Momentum(0.01, 0.8), sn.SGD(0.01, hooks=[sn.WeightDecay(0.1)])],
    "batch_size": [64],
    "steps": [31],
    "seed": [1],
    "data": ["abd"],
    "moments": [(0, 0.5, 1)],
    "own": [
        OwnNetwork(sn.simple_convnet, "abc", (28, 28, 1)),
        OwnNetwork(sn.simple_convnet, "abd", (28, 28, 1)),
        OwnNetwork(sn.simple_convnet, "abc", (784,)),
        OwnNetwork(functools.partial(sn.simple_convnet, maps=3), "abc", (28, 28, 1)),
    ],
}


def test_a_runs_key_changes_with_each_field():
    assert {"label", *OTHERS} == {field.name for field in dataclasses.fields(Run)}
    assert dataclasses.replace(RUN, label="another grid's").key == RUN.key
    changed = [dataclasses.replace(RUN, **{name: value}) for name, values in OTHERS.items() for value in values]
    assert len({run.key for run in [RUN, *changed]}) == 1 + len(changed)


def test_a_runs_key_is_the_same_in_another_process():
    code = (
        "import scratchnet as sn; from scratchnet.experiment import Run;"
        "print(Run('He', 'He', sn.He(), sn.Zeros(), (20,), sn.ReLU, sn.SGD(0.01), 128, 30, 0, 'abc').key)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == RUN.key == dataclasses.replace(RUN).key


def function(shape, fans, rng):
    return rng.standard_normal(shape) * 0.1


class Callable:
    """An initializer without a repr of its own."""

    def __call__(self, shape, fans, rng):
        return rng.standard_normal(shape) * 0.1


NAMELESS = {
    "a function": {"init": function},
    "a lambda": {"init": lambda shape, fans, rng: rng.standard_normal(shape)},
    "a partial of a function": {"init": functools.partial(function, fans=None)},
    "a callable object": {"init": Callable()},
    "an activation": {"activation": lambda: sn.LeakyReLU(0.2)},
    "a partial with a function": {"activation": functools.partial(sn.PReLU, init=function)},
    "a schedule": {"optimizer": sn.SGD(lambda step: 0.1)},
    "a hook": {"optimizer": sn.SGD(0.1, hooks=[lambda triples: triples])},
    "a bias": {"bias_init": function},
    "a draw": {"init": sn.VarianceScaling(1.0, "in", lambda shape, rng: rng.standard_normal(shape))},
}


@pytest.mark.parametrize("changes", NAMELESS.values(), ids=list(NAMELESS))
def test_no_description_holds_a_memory_address(changes):
    described = json.dumps(dataclasses.replace(RUN, **changes).describe())
    assert " at 0x" not in described


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


@pytest.fixture
def diverging():
    return quick({"calm": sn.He(), "wild": sn.Normal(1e8)}, steps=50, activation=sn.Identity, optimizer=sn.SGD(1.0))


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


def test_an_overflowing_start_is_said_and_saved(tmp_path):
    found = quick({"calm": sn.He(), "wild": sn.Normal(1e30)})
    assert "wild init diverged in 2 of 2 runs, the first at step 0, where the numbers of Affine2 left the floats." in str(
        found
    )
    assert all(one.diverged and one.steps == 1 and math.isnan(one.first_loss) for one in found.by_label["wild"])
    assert "wild init diverged" in str(found)
    assert found.save(tmp_path)
    assert lines_of(tmp_path)[2]["first_loss"] is None


def lines_of(folder):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in (folder / "results.jsonl").read_text().splitlines()]


@pytest.mark.usefixtures("nothing_drawn")
def test_results_are_json_line_by_line_without_nan(diverging, tmp_path):
    diverging.save(tmp_path)
    lines = lines_of(tmp_path)
    assert [(line["initializer"], line["seed"]) for line in lines] == [("calm", 0), ("calm", 1), ("wild", 0), ("wild", 1)]
    assert lines[2]["final_loss"] is None and lines[2]["diverged"] is True and lines[2]["loss"][-1] is None
    assert [line["key"] for line in lines] == [run.key for run in diverging.runs]


@pytest.mark.usefixtures("nothing_drawn")
def test_what_is_saved_is_what_was_found(tmp_path):
    result().save(tmp_path)
    for line, one in zip(lines_of(tmp_path), result().results, strict=True):
        assert line["loss"] == one.loss
        assert line["spreads"]["0"]["layers"][0]["std"] == one.before.layers[0].std
        assert line["spreads"][str(one.steps)]["layers"][0]["std"] == one.after.layers[0].std
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["test_accuracy"]) for row in rows] == [one.test_accuracy for one in result().results]
    with (tmp_path / "spread.csv").open(newline="") as file:
        spreads = list(csv.DictReader(file))
    moments = sum(len(one.spreads) for one in result().results)
    assert len(spreads) == moments * 3 + 3 * 3  # moments, layers; and what was predicted of each initializer
    first, *others = [list(one.spreads) for one in result().by_label["He"]]
    assert len(first) > 2 and others == [[first[0], first[-1]]] * 2  # the first seed is watched on its way
    assert [row["label"] for row in spreads if row["kind"] == "predicted"] == ["std 0.01"] * 3 + ["Xavier"] * 3 + ["He"] * 3
    about = json.loads((tmp_path / "run.json").read_text())
    assert [run["key"] for run in about["runs"]] == [run.key for run in result().runs]
    assert about["numpy"] == np.__version__


@pytest.mark.usefixtures("nothing_drawn")
def test_save_leaves_nothing_half_written_and_may_be_repeated(tmp_path):
    folder = tmp_path / "deep" / "folder"
    first = quick().save(folder)
    assert sorted(folder.iterdir()) == first == quick().save(str(folder))
    assert not [path for path in folder.iterdir() if path.name.startswith(".") or ".part" in path.name]


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("name", ["run.json", "results.jsonl", "results.csv", "spread.csv", "loss.png", "loss.svg"])
def test_a_disk_that_fills_up_leaves_the_old_file_whole(name, tmp_path, monkeypatch):
    quick_once(sn.He()).save(tmp_path, svg=True)
    old = (tmp_path / name).read_bytes()
    open_file = Path.open

    class Full:
        """A file that takes half of what is written to it."""

        def __init__(self, path):
            self.path, self.file = path, open_file(path, "xb")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, content):
            self.file.write(content[: len(content) // 2])
            raise OSError(28, "No space left on device")

    def opened(path, mode="r", *rest, **settings):
        is_full = name in path.name and mode == "xb"
        return Full(path) if is_full else open_file(path, mode, *rest, **settings)

    monkeypatch.setattr(files.Path, "open", opened)
    with pytest.raises(OSError, match="No space left") as error:
        quick_once(sn.LeCun()).save(tmp_path)
    assert error.value.filename == str(tmp_path / name)
    assert (tmp_path / name).read_bytes() == old
    assert not list(tmp_path.glob(".*"))


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(sn.InputError, match=r"cannot write to .*file.*choose another folder"):
        quick().save(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "precious"


WRONG = {
    "no initializers": {"inits": {}},
    "an empty list": {"inits": []},
    "a string": {"inits": "He"},
    "an initializer, not a list": {"inits": sn.He()},
    "a set": {"inits": {sn.He()}},
    "one initializer twice": {"inits": [sn.He(), sn.He()]},
    "a class": {"inits": [sn.He]},
    "a class with a label": {"inits": {"He": sn.He}},
    "an unknown name": {"inits": ["Hee"]},
    "None": {"inits": [None]},
    "a negative std": {"inits": [-0.01]},
    "a wrong shape": {"inits": [lambda shape, fans, rng: np.zeros(3)]},
    "NaN": {"inits": [lambda shape, fans, rng: np.full(shape, np.nan)]},
    "no seeds": {"seeds": 0},
    "negative seeds": {"seeds": -1},
    "half a seed": {"seeds": 1.5},
    "an empty list of seeds": {"seeds": []},
    "one seed twice": {"seeds": [1, 1]},
    "a negative seed": {"seeds": [-1]},
    "a float seed": {"seeds": [0.5]},
    "a string of seeds": {"seeds": "3"},
    "a boolean for seeds": {"seeds": True},
    "float steps": {"steps": 30.0},
    "no steps": {"steps": 0},
    "steps and epochs": {"steps": 3, "epochs": 1},
    "float epochs": {"steps": None, "epochs": 0.5},
    "a batch larger than the data": {"batch_size": 201},
    "no batch": {"batch_size": 0},
    "a zero width": {"hidden": [0]},
    "a float width": {"hidden": [20.5]},
    "a number for hidden": {"hidden": 100},
    "a string for hidden": {"hidden": "100"},
    "an activation that is made": {"activation": sn.ReLU()},
    "an activation's name": {"activation": "ReLU"},
    "an activation that is no layer": {"activation": lambda: np.tanh},
    "an optimizer's class": {"optimizer": sn.SGD},
    "an optimizer's name": {"optimizer": "SGD"},
    "a bias initializer's class": {"bias_init": sn.Zeros},
    "a training set alone": {"data": tiny()[0]},
    "arrays for the data": {"data": (np.ones((9, 3)), np.ones((9, 3)))},
    "a test set of another width": {"data": (tiny()[0], sn.Dataset(np.ones((9, 35)), np.arange(9) % 4))},
    "a test label beyond the training labels": {"data": (tiny()[0], sn.Dataset(np.ones((9, 36)), np.arange(9)))},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_what_cannot_be_compared_is_refused_in_a_sentence_before_any_training(wrong, monkeypatch):
    def train(*_):
        raise AssertionError("a training step was made")

    monkeypatch.setattr(sn.Trainer, "step", train)
    right = {"inits": [sn.He()], "data": tiny(), "hidden": [5], "steps": 4, "seeds": 2, "batch_size": 16}
    with pytest.raises(sn.InputError) as error:
        sn.compare(**right | {"progress": False} | wrong)
    assert "\n" not in str(error.value) and len(str(error.value)) > 20


def test_progress_is_told_unless_it_is_refused(capsys):
    quick()
    assert capsys.readouterr() == ("", "")


@pytest.mark.timeout(240)
def assert_the_bytes_are_those_that_were(results):
    """Where NumPy and its BLAS are those of the recorded run; others round otherwise."""
    recorded = json.loads((Path(__file__).parent / "golden" / "default_comparison.json").read_text())
    here = [
        [info[k] for k in ("internal_api", "version", "architecture")]
        for info in threadpool_info()
        if "architecture" in info
    ]
    if np.__version__ == recorded["numpy"] and recorded["blas"] in here:
        lines = "".join(re.sub(r', "digest": "[0-9a-f]+"}$', "}", one.to_json()) + "\n" for one in results)
        assert hashlib.sha256(lines.encode()).hexdigest() == recorded["sha256"]


def test_the_promise_of_the_default_comparison():
    inits = {"std 0.01": 0.01, "Xavier (book: 1/n)": sn.LeCun(), "He": sn.He()}
    result = sn.compare(inits, progress=False, jobs=2)
    assert_the_bytes_are_those_that_were(result.results)
    found = result.by_label
    assert all(one.steps == 2000 for runs in found.values() for one in runs)
    accuracy = {label: np.mean([one.test_accuracy for one in runs]) for label, runs in found.items()}
    assert accuracy["He"] > 0.85 and accuracy["Xavier (book: 1/n)"] > 0.85 > 0.2 > accuracy["std 0.01"]
    assert len(found["He"]) == 3
    assert all(abs(one.final_loss - math.log(10)) < 0.01 for one in found["std 0.01"])
    assert all(abs(one.first_loss - math.log(10)) < 0.2 for runs in found.values() for one in runs)


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


def test_another_test_set_is_another_experiment():
    train, test = digits()
    keys = [
        sn.compare([sn.He()], data=(train, part), hidden=[5], steps=1, seeds=1, progress=False).results[0].key
        for part in (test, test, sn.Dataset(*test[:100]))
    ]
    assert keys[0] == keys[1] != keys[2]


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
