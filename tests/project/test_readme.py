"""What the README shows works as it stands there."""

import itertools
import json
import re
import shlex
import sys
import time
import tomllib
from pathlib import Path

import pytest
from small import draw_nothing, write_idx_folder

import scratchnet as sn
from scratchnet import plots
from scratchnet.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python_of_the_readme_runs_in_any_folder(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = BLOCKS[number].replace("steps=2000, seeds=3", "steps=5, seeds=1")  # test_comparison has the whole of it
    exec(compile(code, f"README.md, block {number + 1}", "exec"), {})
    assert "Affine1" in capsys.readouterr().out


def test_the_readme_has_its_three_parts():
    assert len(BLOCKS) == 3


def test_pictures_and_files_that_the_readme_names_are_there():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(targets) > 20
    for page in PAGES:
        named = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        assert not [target for target in named if not (page.parent / target).is_file()], page


def test_nothing_is_pinned_so_that_nothing_rots():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(one for extra in extras for one in extra),
    ]
    assert wanted and all(re.fullmatch(r"[\w-]+>=[\d.]+", one) for one in wanted)


def test_the_version_and_the_licence_to_cite_are_those_of_the_package():
    cited = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == sn.__version__
    assert project["license"].startswith(cited["license"])
    assert project["description"] == cited["abstract"].strip('"')
    assert f"## {sn.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_example_is_in_the_readme():
    for example in (ROOT / "examples").glob("[0-9]*.py"):
        assert f"examples/{example.name}" in README


SHOWN = re.findall(r"^scratchnet (?:compare|spread|initializers|check|exercises|report)\b.*$", README, flags=re.MULTILINE)
INLINE = re.findall(r"`(scratchnet [a-z][^`…\n]+)`", README)
COMMANDS = list(dict.fromkeys(line.split(" #")[0].strip() for line in [*SHOWN, *INLINE]))
NOT_RUN = {
    "scratchnet compare --dask tcp://127.0.0.1:8786": "needs a scheduler at this port; "
    "tests/experiment/test_execute.py runs --dask on a cluster of its own",
}
CODES = {  # where it is not 0; the exercises are not written yet
    "scratchnet check": 3,
    "scratchnet check 03": 3,
    "scratchnet check 03 --watch": 130,
    "scratchnet check my.py:MyLayer --in-shape 4,7": 1,
}
MY_LAYER = """
import scratchnet as sn

class MyLayer(sn.Affine):
    def __init__(self, n_in=7, n_out=3, init=sn.He()):
        super().__init__(n_in, n_out, init)

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(axis=0)
        return dx

def train_step(x, t, trainer=sn.Trainer(sn.mlp(784, [10], 10, seed=0), sn.SGD(0.1))):
    return trainer.step(x, t)
"""


def words_of(command):
    return shlex.split(command.split("&&")[0])[1:]


def small(words, data):
    """The same command on a small set, with few steps."""
    if words[0] == "spread":
        return words if "randn" in words else [*words, "--data", data]
    if words[0] == "compare" and "--help" not in words:
        length = ["--epochs", "1"] if "--epochs" in words else ["--steps", "2"]
        return [*words, "--data", data, "--seeds", "1", "--jobs", "1", "--json", *length]
    return words


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with what the README's commands take for granted: a data set, a finished comparison, a reader's files."""
    monkeypatch.chdir(tmp_path)
    data = str(write_idx_folder(tmp_path / "folder" / "with" / "fashion-mnist"))
    (tmp_path / "my.py").write_text(MY_LAYER)

    def ready(command):
        if " report " in command:
            for folder in itertools.takewhile(lambda word: not word.startswith("-"), words_of(command)[1:]):
                words = small(["compare", "--init", "He", "--out", folder], data)
                monkeypatch.setattr(sys, "argv", ["scratchnet", *words])  # which the folder keeps
                assert main(words) == 0
        if "06_he/" in command or (command.startswith("scratchnet check") and "my.py" not in command):
            assert main(["exercises", "work"]) == 0
            monkeypatch.chdir("work")
        if "06_he/" in command:
            Path("06_he/exercise.py").write_text("import scratchnet as sn\n\nHe = sn.He\n")
        return small(words_of(command), data)

    return ready


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in NOT_RUN], ids=str)
def test_a_command_of_the_readme_does_its_work(command, place, monkeypatch, capsys):
    words = place(command)
    capsys.readouterr()
    if "--watch" in words:

        def interrupt(seconds):
            raise KeyboardInterrupt

        monkeypatch.setattr(time, "sleep", interrupt)
    # Figures, page and theory take seconds, and have tests of their own.
    draw_nothing(monkeypatch.setattr)
    monkeypatch.setattr("scratchnet.experiment.predictions.predict_spread", sn.measure_spread)
    monkeypatch.setattr(plots, "save", lambda *_: [])
    assert main(words) == CODES.get(command, 0)
    out = capsys.readouterr().out
    assert out
    if words[0] == "compare" and "--help" not in words:
        (results,) = Path("runs").glob("*/results.jsonl")
        assert len(json.loads(out)["runs"]) == len(results.read_text(encoding="utf-8").splitlines()) > 0
    if words[0] == "check" and "my.py:MyLayer" in command:
        assert "divided-by-n" in out and "divided-by-n" in README


def test_what_is_not_run_is_in_the_readme():
    assert set(NOT_RUN) <= set(COMMANDS)
    assert len(COMMANDS) > 15
