"""scratchnet report: a comparison on the disk, drawn again."""

import json
import shutil
from pathlib import Path

import pytest
from cli.commands import FILES, assert_one_line

from scratchnet.cli.main import main


def test_report_draws_anew_what_compare_has_written(comparison, capsys):
    shutil.copytree(comparison.folder, "here")
    for name in FILES - {"run.json", "results.jsonl"}:
        Path("here", name).unlink()
    assert main(["report", "here", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 6
    for name in FILES:
        assert Path("here", name).read_bytes() == (comparison.folder / name).read_bytes()


BROKEN = {
    "a wrong value": (["scratchnet", "compare", "--lr", "abc"], "'abc' is given, but a finite number above 0 is needed"),
    "an initializer's file that is gone": (["scratchnet", "compare", "--init", "my.py:Mine"], "there is no file my.py"),
    "an unknown option": (["scratchnet", "compare", "--colour", "red"], "--colour"),
    "a number": (["scratchnet", "compare", "--seed", 3], "was not written by"),
    "one text": ("scratchnet compare", "was not written by"),
    "nothing": ([], "was not written by"),
    "another command of the same name": (["scratchnet", "compare", "--steps", "7"], "holds other runs"),
}


@pytest.mark.parametrize(("command", "message"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_command_in_run_json_is_one_sentence(command, message, comparison, data, capsys):
    about = json.loads((comparison.folder / "run.json").read_text())
    Path("here").mkdir()
    Path("here", "run.json").write_text(json.dumps(about | {"command": command}))
    assert_one_line(main(["report", "here"]), *capsys.readouterr(), message)


def test_report_of_what_is_no_comparison_is_one_sentence(capsys):
    Path("made_in_python").mkdir()
    Path("made_in_python", "run.json").write_text('{"command": ["my_script.py"], "runs": []}')
    Path("torn").mkdir()
    Path("torn", "run.json").write_text("{")
    Path("a_list").mkdir()
    Path("a_list", "run.json").write_text("[]")
    for folder, message in (
        ("made_in_python", "was not written by"),
        ("torn", "holds no run.json"),
        ("a_list", "holds no run.json"),
        ("gone", "holds no run.json"),
    ):
        assert_one_line(main(["report", folder]), *capsys.readouterr(), message)
