"""scratchnet report: a comparison on the disk, drawn again."""

import json
import shutil
from pathlib import Path

import pytest
from cli.commands import FILES, assert_one_line
from report.test_answer import made

from scratchnet.cli.main import main
from scratchnet.cli.report import axes_asked
from scratchnet.experiment.run import key_of
from scratchnet.support.digests import with_digest
from scratchnet.support.readers_file import FILES as FILES_THAT_RAN
from scratchnet.support.validation import InputError


def test_report_draws_anew_what_compare_has_written(comparison, capsys):
    shutil.copytree(comparison.folder, "here")
    for name in FILES - {"run.json", "results.jsonl"}:
        Path("here", name).unlink()
    assert main(["report", "here", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 6
    for name in FILES:
        assert Path("here", name).read_bytes() == (comparison.folder / name).read_bytes()


NO_DATA = "its data are not in it"
BROKEN = {
    "an initializer's file that is gone": (["scratchnet", "compare", "--init", "my.py:Mine"], "there is no file my.py"),
    "a question for help": (["scratchnet", "compare", "--help"], NO_DATA),
    "an unknown option": (["scratchnet", "compare", "--colour", "red"], NO_DATA),
    "an option without its value": (["scratchnet", "compare", "--data"], NO_DATA),
    "a number": (["scratchnet", "compare", "--seed", 3], NO_DATA),
    "one text": ("scratchnet compare", NO_DATA),
    "nothing": ([], NO_DATA),
    "a folder that is gone": (["scratchnet", "compare", "--data", "gone"], "gone"),
}


@pytest.mark.parametrize(("command", "message"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_command_in_run_json_is_one_sentence(command, message, comparison, data, capsys):
    with_command(comparison.folder, command)
    assert_one_line(main(["report", "here", "--run-files"]), *capsys.readouterr(), message)


@pytest.mark.usefixtures("nothing_drawn")
def test_the_runs_are_those_that_run_json_describes_whatever_the_command_says(comparison, data):
    with_command(comparison.folder, ["x", "compare", "--data", data, "--steps", "7", "--hidden", "9x9", "--lr", "abc"])
    assert main(["report", "here"]) == 0
    assert Path("here/results.csv").read_bytes() == (comparison.folder / "results.csv").read_bytes()


def with_command(folder, command):
    """A copy of a folder whose run.json holds another command and the right digest, as a stranger may have made it."""
    shutil.copytree(folder, "here")
    about = json.loads(Path("here", "run.json").read_text())
    del about["digest"]
    Path("here", "run.json").write_text(with_digest(json.dumps(about | {"command": command}, indent=1)))


@pytest.fixture
def files_of_readers():
    """Forget the files that a test has run: worker processes of later tests would run them too."""
    before = dict(FILES_THAT_RAN)
    yield
    FILES_THAT_RAN.clear()
    FILES_THAT_RAN.update(before)


NAMES_A_FILE = {
    "an initializer": ["--init", "evil.py:X"],
    "one word": ["--init=evil.py:X"],
    "an abbreviation": ["--ini", "He", "evil.py:X(3)"],
    "an activation": ["--activation", "evil.py:X"],
    "another folder": ["--init", "sub/../evil.py:X"],
}


@pytest.mark.usefixtures("files_of_readers")
@pytest.mark.parametrize("words", NAMES_A_FILE.values(), ids=list(NAMES_A_FILE))
def test_report_runs_no_file_that_a_folder_names_unless_it_is_asked_to(words, comparison, capsys):
    Path("sub").mkdir()
    Path("evil.py").write_text("from pathlib import Path\nPath('was_run').touch()\n")
    with_command(comparison.folder, ["x", "compare", *words])
    assert_one_line(main(["report", "here"]), *capsys.readouterr(), "evil.py:X")
    assert not Path("was_run").exists()
    assert main(["report", "here", "--run-files"]) == 2
    assert Path("was_run").exists() and "there is no X in" in capsys.readouterr().err


def test_a_runs_key_is_compared_before_anything_else(comparison, capsys):
    Path("evil.py").write_text("from pathlib import Path\nPath('was_run').touch()\n")
    with_command(comparison.folder, ["x", "compare", "--init", "evil.py:X"])
    about = json.loads(Path("here", "run.json").read_text())
    del about["digest"]
    about["runs"][0]["steps"] += 1
    Path("here", "run.json").write_text(with_digest(json.dumps(about, indent=1)))
    assert_one_line(main(["report", "here", "--run-files"]), *capsys.readouterr(), "do not have their own keys")
    assert not Path("was_run").exists()


@pytest.mark.usefixtures("nothing_drawn")
def test_report_writes_elsewhere_and_leaves_the_folder_as_it_is(comparison, capsys):
    shutil.copytree(comparison.folder, "here")
    before = {path.name: path.read_bytes() for path in Path("here").iterdir()}
    assert main(["report", "here", "--out", "there"]) == 0
    assert before == {path.name: path.read_bytes() for path in Path("here").iterdir()}
    assert Path("there/results.csv").read_bytes() == before["results.csv"] and not Path("there/results.jsonl").exists()
    assert "there: " in capsys.readouterr().out
    shutil.copytree("here", "another")
    assert_one_line(main(["report", "here", "--out", "another"]), *capsys.readouterr(), "already holds the results")


@pytest.mark.usefixtures("nothing_drawn")
def test_report_says_what_it_leaves_out_and_draws_the_rest(comparison, capsys):
    shutil.copytree(comparison.folder, "here")
    lines = Path("here/results.jsonl").read_bytes().splitlines(keepends=True)
    spoilt = [lines[0].replace(b'"seed": 0', b'"seed": 1'), *lines[1:]]
    Path("here/results.jsonl").write_bytes(b"".join(spoilt))
    assert main(["report", "here"]) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 2 and "line 1 of here/results.jsonl" in err and "digest does not match" in err
    assert "5 of 6 runs in here are finished" in err and "Nothing learned" in out
    assert len(Path("here/results.csv").read_text().splitlines()) == 1 + 5
    assert Path("here/results.jsonl").read_bytes() == b"".join(spoilt)


def test_report_of_what_is_no_comparison_is_one_sentence(capsys):
    Path("made_in_python").mkdir()
    Path("made_in_python", "run.json").write_text(with_digest('{"command": ["my_script.py"], "runs": []}'))
    Path("torn").mkdir()
    Path("torn", "run.json").write_text("{")
    Path("a_list").mkdir()
    Path("a_list", "run.json").write_text("[]")
    for folder, message in (
        ("made_in_python", "was not written by"),
        ("torn", "run.json is damaged"),
        ("a_list", "run.json is damaged"),
        ("gone", "holds no run.json"),
    ):
        assert_one_line(main(["report", folder]), *capsys.readouterr(), message)


def test_a_folder_that_asks_for_very_much_is_refused_before_it_is_made(comparison, capsys):
    """Its runs have a huge network, with the right keys and digests, as a stranger may have made it."""
    shutil.copytree(comparison.folder, "here")
    about = json.loads(Path("here", "run.json").read_text())
    del about["digest"]
    keys = {}
    for run in about["runs"]:
        old, run["hidden"] = run.pop("key"), [900_000] * 900
        keys[old] = run["key"] = key_of(run)
    Path("here", "run.json").write_text(with_digest(json.dumps(about, indent=1)))
    lines = [json.loads(line) for line in Path("here/results.jsonl").read_text().splitlines()]
    for line in lines:
        del line["digest"]
        line["key"] = keys[line["key"]]
    Path("here/results.jsonl").write_text("".join(with_digest(json.dumps(line)) + "\n" for line in lines))
    assert_one_line(main(["report", "here"]), *capsys.readouterr(), "fit in the memory")


def test_a_folder_of_many_networks_is_refused_before_they_are_made(comparison, capsys, monkeypatch):
    shutil.copytree(comparison.folder, "here")
    monkeypatch.setattr("scratchnet.cli.sizes.MOST_NETWORKS", 0)
    assert_one_line(main(["report", "here"]), *capsys.readouterr(), "too many to draw")


AXES = {  # --rows and --columns, and the settings that the map then has
    "both": ("lr", "hidden", ("optimizer", "hidden layers")),
    "rows": ("batch-size", None, ("batch", "initializer")),
    "rows that are the first": ("init", None, ("initializer", "hidden layers")),
    "columns": (None, "init", ("hidden layers", "initializer")),
    "a setting that does not vary": ("steps", "hidden", "--rows is 'steps', in which these runs do not differ"),
    "no setting": (None, "\x1b[1mcolour", "give one of init, hidden, optimizer, lr, batch-size"),
    "twice the same": ("lr", "optimizer", "which are one setting"),
}


@pytest.mark.parametrize(("rows", "columns", "expected"), AXES.values(), ids=list(AXES))
def test_the_reader_names_the_axes_of_the_map_as_the_options_of_compare(rows, columns, expected):
    found = made({"He": [0.9], "Xavier": [0.5]}, hidden=[[9], [8]], lr=[0.1, 0.01], batch_size=[8, 16])
    if isinstance(expected, tuple):
        found.axes = axes_asked(found, rows, columns)
        assert found.axes == expected
        figure = found.draw("accuracy")
        assert figure.axes[0].get_ylabel() == expected[0] and figure.axes[-2].get_xlabel() == expected[1]
    else:
        with pytest.raises(InputError) as caught:
            axes_asked(found, rows, columns)
        assert expected in str(caught.value) and "\x1b" not in str(caught.value)


def test_one_setting_beside_the_initializer_makes_a_map_and_none_makes_no_map():
    found = made({"He": [0.9]}, hidden=[[9], [8]])
    assert axes_asked(found, "hidden", None) == ("hidden layers", "initializer")
    with pytest.raises(InputError, match="need runs that differ in more than the initializer"):
        axes_asked(made({"He": [0.9], "Xavier": [0.5]}), "init", None)
