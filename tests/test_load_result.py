"""A finished folder gives back what compare returned, and several folders give one table."""

import functools
import json
import shutil
import sys

import numpy as np
import pytest
from small import draw_nothing, made_up, write_idx_folder

import scratchnet as sn
from scratchnet.cli.main import main
from scratchnet.experiment import saved
from scratchnet.experiment.joined import names_of
from scratchnet.experiment.saved import Unread, restore
from scratchnet.experiment.sources import _from_disk
from scratchnet.report.page import render
from scratchnet.support.digests import with_digest
from scratchnet.support.readers_file import FILES

SMALL = {"hidden": [4, 3], "steps": 3, "seeds": 2, "batch_size": 16, "progress": False}


@functools.cache
def data(seed=1):
    return tuple(sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(80, seed), made_up(40, 2)))


class Sine(sn.Layer):
    def forward(self, x):
        self.x = x
        return np.sin(x)

    def backward(self, dout):
        return dout * np.cos(self.x)


def own(shape, fans, rng):
    return 0.3 * rng.standard_normal(shape)


SETTINGS = {
    "names": {"inits": {"std 0.01": 0.01, "Xavier": sn.LeCun(), "He": sn.He(draw=sn.uniform)}},
    "a grid": {"inits": [sn.He(), sn.LeCun()], "hidden": [[4], [4, 3]], "lr": [0.1, 0.3]},
    "calls in calls": {
        "inits": [sn.ExactGain(sn.Tanh), sn.Critical(sn.Tanh, 0.2)],
        "activation": functools.partial(sn.LeakyReLU, 0.2),
        "optimizer": [sn.SGD(sn.Cosine(0.1, 4)), sn.Momentum(0.1, 0.8, hooks=[sn.WeightDecay(0.1), sn.ClipNorm(1.0)])],
        "bias_init": sn.Constant(0.1),
    },
    "code of one's own": {
        "inits": {"own": own, "He": sn.He()},
        "activation": [Sine, sn.ReLU],
        "optimizer": sn.SGD(lambda step: 0.1),
    },
    "no hidden layer": {"inits": [sn.He()], "hidden": [[]]},
    "one that diverges": {
        "inits": {"wild": 1e8, "He": sn.He()},
        "activation": sn.Identity,
        "optimizer": sn.SGD(1.0),
        "steps": 30,
    },
}


@pytest.fixture
def nothing_drawn(monkeypatch):
    draw_nothing(monkeypatch.setattr)


@pytest.fixture(params=SETTINGS, scope="module")
def pair(request, tmp_path_factory):
    """A result, its folder, and what the folder gives back."""
    settings = SMALL | SETTINGS[request.param]
    result = sn.compare(settings.pop("inits"), data=data(), **settings)
    folder = tmp_path_factory.mktemp("saved") / "here"
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch.setattr)
        result.save(folder)
    return result, folder, sn.load_result(folder)


def test_the_table_the_summaries_and_the_results_are_the_same(pair):
    result, _, again = pair
    assert str(again) == str(result) and repr(again) == repr(result)
    assert json.dumps(again.summaries()) == json.dumps(result.summaries())
    assert [one.to_json() for one in again.results] == [one.to_json() for one in result.results]
    assert [run.describe() for run in again.runs] == [run.describe() for run in result.runs]
    assert (again.axes, again.varying, again.rows, again.classes) == (result.axes, result.varying, result.rows, 4)


def test_the_predictions_are_the_same_to_ten_digits(pair):
    result, _, again = pair
    assert list(again.predicted) == list(result.predicted)
    for label, spread in result.predicted.items():
        found = again.predicted[label]
        for one, other in zip(spread.as_rows(), found.as_rows(), strict=True):
            assert one.keys() == other.keys()
            for name, value in one.items():
                assert other[name] == (pytest.approx(value, rel=1e-9, nan_ok=True) if isinstance(value, float) else value)
        assert [layer.histogram for layer in found.layers] == [layer.histogram for layer in spread.layers]


@pytest.mark.usefixtures("nothing_drawn")
def test_what_is_loaded_may_be_saved_again(pair, tmp_path):
    _, folder, again = pair
    again.save(tmp_path / "copy")
    for name in ("results.jsonl", "results.csv", "spread.csv", "comparison.npz"):
        first = (folder / name).read_bytes()
        if name == "spread.csv":  # JSON has no NaN
            first = first.replace(b",nan", b",")
        assert (tmp_path / "copy" / name).read_bytes() == first, name


@pytest.mark.usefixtures("nothing_drawn")
def test_report_takes_a_folder_that_was_saved_from_python(pair, capsys):
    result, folder, _ = pair
    before = {name: (folder / name).read_bytes() for name in ("results.jsonl", "run.json", "results.csv", "comparison.npz")}
    (folder / "results.csv").unlink()
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(str(result))
    assert before == {name: (folder / name).read_bytes() for name in before}


FOLDERS = {
    "one": {},
    "more steps": {"inits": {"He": sn.He()}, "steps": 5},
    "other data": {"data": data(5)},
    "two classes": {"data": tuple(sn.Dataset(part.images, part.labels % 2) for part in data())},
}


@functools.cache
def first(name):
    settings = SMALL | {"inits": {"He": sn.He(), "LeCun": sn.LeCun()}, "data": data(), "hidden": [3]} | FOLDERS[name]
    return sn.compare(settings.pop("inits"), **settings)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders that are only read."""
    place = tmp_path_factory.mktemp("folders")
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch.setattr)
        for name in FOLDERS:
            first(name).save(place / name)
    return place


@pytest.fixture
def here(folders, tmp_path):
    """A copy of one that may be spoilt."""
    return shutil.copytree(folders / "one", tmp_path / "here")


def test_figures_and_page_of_a_loaded_result_are_those_of_the_first(here):
    result, again = first("one"), sn.load_result(here)
    for name in ("loss", "activations", "spread"):
        one, other = result.plot(name), again.plot(name)
        for axes, same in zip(one.axes, other.axes, strict=True):
            assert axes.get_title() == same.get_title() and len(axes.lines) == len(same.lines)
            for line, copy in zip(axes.lines, same.lines, strict=True):
                np.testing.assert_allclose(
                    np.asarray(copy.get_xydata(), float), np.asarray(line.get_xydata(), float), rtol=1e-8
                )
    assert "80 training images" in render(again, {}) and render(again, {}).count("<table") == render(result, {}).count(
        "<table"
    )


@pytest.mark.usefixtures("nothing_drawn")
def test_what_compare_has_written_is_read_with_its_own_data(tmp_path, monkeypatch):
    """The command's data are found again by its own option."""
    where = write_idx_folder(tmp_path / "idx", train=80, test=40)
    words = ["compare", "--init", "He", "0.1", "--data", str(where), "--out", str(tmp_path / "out"), "--hidden", "3"]
    words += ["--steps", "2", "--seeds", "1", "--batch-size", "16", "--jobs", "1", "--quiet"]
    monkeypatch.setattr(sys, "argv", ["scratchnet", *words])
    assert main() == 0
    again = sn.load_result(tmp_path / "out")
    inits = {"He": sn.He(), "std 0.1": 0.1}
    made = sn.compare(inits, data=sn.load_idx(where), **SMALL | {"hidden": [3], "steps": 2, "seeds": 1})
    assert str(again) == str(made) and again.summaries() == made.summaries()
    assert not (tmp_path / "out" / "comparison.npz").exists()
    shutil.move(where, tmp_path / "elsewhere")
    _from_disk.cache_clear()
    with pytest.raises(sn.InputError, match="idx"):
        sn.load_result(tmp_path / "out")
    given = sn.load_idx(tmp_path / "elsewhere")
    assert str(sn.load_result(tmp_path / "out", data=given)) == str(made)
    with pytest.raises(sn.InputError, match="are not those that"):
        sn.load_result(tmp_path / "out", data=data())


@pytest.mark.usefixtures("nothing_drawn")
def test_several_folders_are_one_table(folders, tmp_path, capsys):
    both = sn.load_result(folders / "one", folders / "more steps")
    assert list(both.by_label) == ["one: He / 3", "one: LeCun / 3", "more steps: He / 5"]
    results = [*first("one").results, *first("more steps").results]
    assert [result.loss for result in both.results] == [result.loss for result in results]
    assert len({run.key for run in both.runs}) == len(both.runs) == 6
    text = str(both)
    assert "The folders have different numbers of steps (one: 3; more steps: 5)." in text and "different data" not in text
    before = {path: path.read_bytes() for path in folders.rglob("*") if path.is_file()}
    assert main(["report", str(folders / "one"), str(folders / "more steps"), "--out", str(tmp_path / "both")]) == 0
    assert capsys.readouterr().out.startswith(text)
    assert before == {path: path.read_bytes() for path in folders.rglob("*") if path.is_file()}
    assert not (tmp_path / "both/results.jsonl").exists() and (tmp_path / "both/results.csv").exists()
    both.save(tmp_path / "kept")
    again = sn.load_result(tmp_path / "kept")
    assert again.summaries() == both.summaries() and again.table().rows == both.table().rows


def test_the_same_settings_in_two_folders_stay_apart(folders, tmp_path):
    for name in ("a/out", "b/out", "c"):
        shutil.copytree(folders / "one", tmp_path / name)
    both = sn.load_result(tmp_path / "a/out", tmp_path / "b/out")
    assert list(both.by_label) == ["a/out: He", "a/out: LeCun", "b/out: He", "b/out: LeCun"]
    assert both.notes == [] and all(len(runs) == 2 for runs in both.by_label.values())
    assert "out: He" in sn.load_result(tmp_path / "a/out", tmp_path / "c").by_label


def test_other_data_are_said_and_not_compared(folders):
    result = sn.load_result(folders / "one", folders / "other data")
    words = "The folders were made with different data (one / other data): their accuracies are not comparable."
    assert words in str(result) and words in render(result, {})
    said = "other data: He init was trained on other data, so the two are not compared."
    assert result.beats("one: He", "other data: He") == said
    assert "1,000 training images" not in render(result, {}) and "80 training images" not in render(result, {})


JOINED = {
    "other classes": (["one", "two classes"], r"different numbers of classes \(one 4, two classes 2\)"),
    "one twice": (["one", "one"], "is given twice"),
    "one twice by another path": (["one", "other data/../one"], "is given twice"),
    "one that is not there": (["one", "none"], "holds no run.json"),
}


@pytest.mark.parametrize(("names", "words"), JOINED.values(), ids=list(JOINED))
def test_folders_that_cannot_be_joined_are_one_sentence(names, words, folders, capsys):
    with pytest.raises(sn.InputError, match=words):
        sn.load_result(*(folders / name for name in names))
    assert main(["report", *(str(folders / name) for name in names)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.usefixtures("nothing_drawn")
def test_a_line_that_is_left_out_is_said(here, capsys):
    lines = (here / "results.jsonl").read_bytes().splitlines(keepends=True)
    (here / "results.jsonl").write_bytes(b"".join([lines[0].replace(b'"seed": 0', b'"seed": 9'), *lines[1:]]))
    with pytest.warns(UserWarning) as said:
        found = sn.load_result(here)
    sentences = [str(one.message) for one in said]
    assert len(sentences) == 2 and "line 1 of" in sentences[0] and "3 of 4 runs" in sentences[1]
    assert len(found.results) == 3 and "3 of 4 runs" in str(found)
    assert main(["report", str(here)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("name", ["run.json", "results.jsonl", "comparison.npz"])
@pytest.mark.filterwarnings("ignore:line|. of 4 runs")
def test_a_damaged_file_is_one_sentence(name, here):
    content = (here / name).read_bytes()
    refused = 0
    for at in range(0, len(content), len(content) // 12):
        (here / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            found = sn.load_result(here)
        except sn.InputError as error:
            assert "\n" not in str(error) and len(str(error)) < 300
            refused += 1
        else:
            losses = {one.key: one.loss for one in first("one").results}
            assert all(one.loss == losses[one.key] for one in found.results)
    assert refused >= 10 or name == "results.jsonl"


def test_a_file_of_other_runs_is_refused(folders, here):
    shutil.copy(folders / "other data/comparison.npz", here / "comparison.npz")
    with pytest.raises(sn.InputError, match="belongs to other runs"):
        sn.load_result(here)


def test_without_its_data_a_folder_asks_for_them(here):
    (here / "comparison.npz").unlink()
    with pytest.raises(sn.InputError, match=r"give them, sn.load_result\(folder, data=\(train, test\)\)"):
        sn.load_result(here)
    assert str(sn.load_result(here, data=data())) == str(first("one"))


def test_no_file_is_run_unless_it_is_asked_for(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("from pathlib import Path\nPath('was_run').touch()\nX = 3\n")
    about = json.loads((here / "run.json").read_text())
    del about["digest"]
    about["command"] = ["scratchnet", "compare", "--init", "mine.py:X"]
    (here / "run.json").write_text(with_digest(json.dumps(about)))
    assert str(sn.load_result(here)) == str(first("one"))  # what it needs is in the folder
    (here / "comparison.npz").unlink()
    with pytest.raises(sn.InputError, match="run_files=True"):
        sn.load_result(here, data=data())
    assert not (tmp_path / "was_run").exists()
    files = dict(FILES)
    try:
        assert str(sn.load_result(here, data=data(), run_files=True)) == str(first("one"))
    finally:
        FILES.clear()
        FILES.update(files)
    assert (tmp_path / "was_run").exists()


def test_a_name_is_as_long_as_it_must_be():
    assert names_of(["a"]) == ["a"]
    assert names_of(["x/a", "y/a", "z/b"]) == ["x/a", "y/a", "z/b"]


DESCRIBED = {
    **{"initializer": "He", "init": "He()", "bias_init": "Zeros()", "hidden": [3], "activation": "ReLU"},
    **{"optimizer": "SGD(lr=0.1)", "batch_size": 8, "steps": 2, "seed": 0, "data": "abc", "moments": [0, 1]},
}
NAMES_CODE = [
    "__import__('os').system('ls')",
    "eval('1')",
    "He().__class__",
    "open",
    "print('x')",
    "SGD(open('x'))",
    "[1]",
    "",
]


@pytest.mark.parametrize("text", NAMES_CODE)
def test_a_description_is_never_evaluated(text, monkeypatch):
    monkeypatch.setattr(saved.Run, "key", "k")
    for name in ("init", "bias_init", "activation", "optimizer"):
        found = getattr(restore(DESCRIBED | {name: text, "key": "k"}), name)
        assert type(found) is Unread and found.text == text
        with pytest.raises(sn.InputError, match="cannot be read back"):
            found()


@pytest.mark.parametrize(
    "change",
    [{"steps": "2"}, {"hidden": 3}, {"moments": [True]}, {"init": 3}, {"more": 1}, {"seed": 1}],
    ids=str,
)
def test_a_description_that_is_none_is_one_sentence(change):
    with pytest.raises(sn.InputError):
        restore(DESCRIBED | {"key": "0" * 16} | change)
