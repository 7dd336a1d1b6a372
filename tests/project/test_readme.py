"""What the README shows works as it stands there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_python_of_the_readme_runs_in_any_folder(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = BLOCKS[number].replace("steps=2000, seeds=3", "steps=50, seeds=2")  # test_compare has the whole of it
    exec(compile(code, f"README.md, block {number + 1}", "exec"), {})
    assert "Affine1" in capsys.readouterr().out


def test_the_readme_has_its_three_parts():
    assert len(BLOCKS) == 3


def test_pictures_and_files_that_the_readme_names_are_there():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(targets) > 20
    missing = [target for target in targets if not (ROOT / target).is_file()]
    assert not missing


def test_nothing_is_pinned_so_that_nothing_rots():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(one for extra in extras for one in extra),
    ]
    assert wanted and all(re.fullmatch(r"[\w-]+>=[\d.]+", one) for one in wanted)


def test_every_example_is_in_the_readme():
    for example in (ROOT / "examples").glob("[0-9]*.py"):
        assert f"examples/{example.name}" in README


@pytest.mark.parametrize(
    "line", re.findall(r"^scratchnet (?:compare|spread|initializers|check).*$", README, flags=re.MULTILINE)
)
def test_commands_of_the_readme_are_understood(line, monkeypatch):
    import shlex

    from scratchnet.cli import values
    from scratchnet.cli.main import parser

    argv = shlex.split(line, comments=True)[1:]
    if "--help" not in argv:
        parser().parse_args([word for word in argv if argv[0] == "check" or not values.from_file(word)])
