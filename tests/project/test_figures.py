"""Every committed figure has a command that makes it anew."""

import ast
import importlib.util
import re
from pathlib import Path

import matplotlib.image
import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def figures():
    spec = importlib.util.spec_from_file_location("figures", ROOT / "studies" / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_committed_figure_is_known_and_made_once(figures):
    made = [file for recipe in figures.RECIPES.values() for file in recipe.files]
    names = (str(file.relative_to(DOCS)) for file in DOCS.rglob("*") if file.suffix in (".png", ".svg"))
    committed = {name for name in names if not name.startswith("auto_")}  # the site's build makes those
    assert len(set(made)) == len(made)
    assert committed == {file for file in made if file.endswith((".png", ".svg"))}
    assert all((DOCS / file).is_file() for file in made)


def test_every_example_and_every_script_of_a_command_is_there(figures):
    commands = [command for recipe in figures.RECIPES.values() for command in recipe.commands]
    scripts = {word.removeprefix("{root}/") for command in commands for word in command.split() if "{root}/" in word}
    assert all((ROOT / script).is_file() for script in scripts)
    text = (DOCS / "extensions" / "example_pages.py").read_text(encoding="utf-8")
    quick = ast.literal_eval(re.search(r"^QUICK = (\(.*?\))", text, re.MULTILINE)[1])  # these the site's build runs
    assert scripts >= {
        f"examples/{example.name}" for example in (ROOT / "examples").glob("[0-9]*.py") if example.name[:2] not in quick
    }
    assert set(quick) < {example.name[:2] for example in (ROOT / "examples").glob("[0-9]*.py")}


def test_a_figure_is_made_anew_in_the_size_of_the_committed_one(figures, tmp_path, capsys):
    figures.main(["--only", "trainability", "--out", str(tmp_path)])
    assert [file.name for file in tmp_path.iterdir()] == ["trainability.png"]
    assert capsys.readouterr().out == "trainability\n"
    drawn, committed = (matplotlib.image.imread(folder / "trainability.png") for folder in (tmp_path, DOCS))
    assert drawn.shape == committed.shape


def test_what_a_command_prints_is_its_log(figures, tmp_path, monkeypatch):
    recipe = figures.Recipe(('python -c \'print(6 * 7); open("a.png", "w").close()\'',), {"a.png": "a.png"}, log="a.log")
    monkeypatch.setitem(figures.RECIPES, "a", recipe)
    figures.make("a", tmp_path)
    assert (tmp_path / "a.log").read_text().splitlines()[1:] == ["42"]
    assert (tmp_path / "a.png").is_file()


def test_the_slow_figures_are_made_only_when_asked_for(figures, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(figures, "make", lambda name, out: asked.append(name))
    figures.main(["--out", str(tmp_path)])
    assert asked == [name for name, recipe in figures.RECIPES.items() if not recipe.slow]
    assert "deep_convnet" not in asked
    asked.clear()
    figures.main(["--full"])
    assert asked == list(figures.RECIPES)


def test_the_list_names_all(figures, capsys):
    figures.main(["--list"])
    listed = capsys.readouterr().out
    assert all(f"{name}" in listed for name in figures.RECIPES)
    assert "deep_convnet (slow): deep_convnet.png" in listed


def test_an_unknown_name_is_an_error(figures, capsys):
    with pytest.raises(SystemExit):
        figures.main(["--only", "nonsense"])
    assert "nonsense" in capsys.readouterr().err
