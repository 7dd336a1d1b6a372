"""The folder of a comparison: whole files, JSON without NaN, and what the disk refuses."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from comparison.made import quick, quick_once, result
from small import draw_nothing

import scratchnet as sn
from scratchnet.support import files


@pytest.fixture
def nothing_drawn(monkeypatch):
    draw_nothing(monkeypatch.setattr)


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
