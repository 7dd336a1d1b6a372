"""What the README and the pages of the site show works as it stands there: Python, commands and links."""

import itertools
import json
import re
import shlex
import sys
import time
from pathlib import Path

import pytest
from small import draw_nothing, write_idx_folder

import scratchnet as sn
from scratchnet import plots
from scratchnet.cli import main

ROOT = Path(__file__).parents[2]
DOCS = [page for page in (ROOT / "docs").rglob("*.md") if "auto_" not in str(page)]
PAGES = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in [*ROOT.glob("*.md"), *DOCS]}
SHOWN = {name: text for name, text in PAGES.items() if name == "README.md" or name.startswith("docs/")}
BLOCKS = [(name, code) for name, text in SHOWN.items() for code in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("name", "code"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_python_of_a_page_runs_in_any_folder(name, code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = code.replace("steps=2000, seeds=3", "steps=5, seeds=1")  # test_promise has the whole of it
    exec(compile(code, name, "exec"), {})
    out = capsys.readouterr().out
    assert "Affine1" in out or ("gradients" in out and "WRONG" not in out)


def test_the_pages_have_their_parts():
    assert {"README.md", "docs/start.md", "docs/theory.md", "docs/how_to/grid.md", "docs/how_to/initializer.md"} == {
        name for name, _ in BLOCKS
    }


def test_pictures_and_files_that_a_page_names_are_there():
    count = 0
    for name, text in PAGES.items():
        named = re.findall(r"\]\(([^)#:]+)\)", text)
        count += len(named)
        assert not [target for target in named if not ((ROOT / name).parent / target).is_file()], name
    assert count > 80


def test_every_example_has_its_answer():
    for example in (ROOT / "examples").glob("[0-9]*.py"):
        assert f"](../examples/{example.name})" in PAGES["docs/examples.md"]


def test_every_exercise_is_on_the_page_of_the_exercises():
    folders = sorted(folder.name for folder in (ROOT / "scratchnet" / "exercises").glob("[0-9]*"))
    assert re.findall(r"exercises/(\w+)/README.md", PAGES["docs/exercises.md"]) == folders


# Those with a prompt, on the page of the answer, are run by test_answer.
COMMAND = r"scratchnet (?:compare|spread|initializers|check|exercises|report|playground|gallery)\b"
LINES = [line for text in SHOWN.values() for line in re.findall(rf"^{COMMAND}.*$", text, re.MULTILINE)]
INLINE = [line for text in SHOWN.values() for line in re.findall(rf"`({COMMAND}[^`…\n]*)`", text)]
COMMANDS = list(dict.fromkeys(re.split(r" #| \|", line)[0].strip() for line in [*LINES, *INLINE]))
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
MY_FILE = """
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
ON_PAGES = {"docs/start.md": ("class Stretch", "print("), "docs/how_to/initializer.md": ("def signs", "net =")}
for name, code in BLOCKS:
    if name in ON_PAGES:
        MY_FILE += (
            "\nimport numpy as np\n\n" + "".join(code.partition(ON_PAGES[name][0])[1:]).partition(ON_PAGES[name][1])[0]
        )


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
    """A folder with what the pages' commands take for granted: a data set, a finished comparison, a reader's files."""
    monkeypatch.chdir(tmp_path)
    data = str(write_idx_folder(tmp_path / "folder" / "with" / "fashion-mnist"))
    (tmp_path / "my.py").write_text(MY_FILE)

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
def test_a_command_of_a_page_does_its_work(command, place, monkeypatch, capsys):
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
        assert "divided-by-n" in out and "divided-by-n" in PAGES["docs/how_to/layer.md"]


def test_what_is_not_run_is_on_a_page():
    assert set(NOT_RUN) <= set(COMMANDS)
    assert len(COMMANDS) > 15


SCRIPTS = [
    (name, *found)
    for name, text in SHOWN.items()
    for found in re.findall(
        r"(?:\.venv/bin/)?python ((?:examples|benchmarks|studies|tests)/[\w/.]+)((?:(?: \\\n)?[^\n#`&|])*)", text
    )
]


@pytest.mark.parametrize(("page", "script", "options"), SCRIPTS)
def test_a_script_of_a_page_is_there_and_knows_its_options(page, script, options):
    """The examples are run by test_examples, the others are long."""
    path = ROOT / script
    file = path / "__main__.py" if path.is_dir() else path
    known = "".join(one.read_text(encoding="utf-8") for one in {file, ROOT / "benchmarks" / "harness.py"})
    assert all(f'"{option}"' in known for option in re.findall(r"--[\w-]+", options))


def test_scripts_are_found_on_the_pages():
    assert {script.partition("/")[0] for _, script, _ in SCRIPTS} == {"examples", "benchmarks", "studies"}
