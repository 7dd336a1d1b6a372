"""The examples run from any folder, with small numbers here, and are short enough to be read."""

import ast
import importlib.util
import math
import re
from pathlib import Path

import pytest
from scipy import stats
from small import digits

import scratchnet as sn

ROOT = Path(__file__).parents[2]
EXAMPLES = {file.stem[:2]: file for file in sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))}
SOURCES = [*EXAMPLES.values(), *sorted((ROOT / "scratchnet").rglob("*.py"))]

SMALL = {
    "01": ({"steps": 3, "hidden": 8, "depth": 2}, ["why_randn"]),
    "02": ({"most": 200, "points": 20}, ["mean_of_randn"]),
    "03": (
        {"rows": 50, "width": 10, "depth": 2},
        ["activations_sigmoid", "activations_relu", "activations_tanh"],
    ),
    "04": ({"steps": 3}, ["weight_init_compare"]),
    "05": ({"steps": 3}, ["optimizer_compare"]),
    "06": ({"steps": 3, "hidden": 8}, ["own_layer"]),
    "07": ({"steps": 3}, ["own_initializer"]),
    "08": ({"epochs": 2, "scales": 3, "depth": 2}, ["batch_norm_sixteen_scales"]),
    "09": ({"epochs": 2, "test_images": 300}, ["overfitting"]),
    "10": ({"trials": 3, "epochs": 2, "best": 2}, ["hyperparameter_search", "hyperparameter_search_map"]),
    "11": ({"epochs": 1}, ["simple_convnet"]),
    "12": ({"epochs": 1, "rows": 2, "columns": 2}, ["deep_convnet"]),
    "13": ({"steps": 2, "shown": 2}, ["filters"]),
    "14": ({"steps": 3, "depth": 4, "width": 10}, ["residual_depth"]),
    "15": ({"steps": 3, "depth": 3, "width": 10}, ["two_spreads"]),
    "16": ({"steps": 3, "depth": 3, "width": 10, "draws": 1000}, ["exact_gain"]),
    "17": ({"sizes": (1.0, 2.0), "depths": (2, 3), "steps": 3, "width": 10}, ["trainable_depth"]),
    "18": ({"steps": 3, "depth": 4, "width": 10}, ["lsuv"]),
    "19": ({"depth": 3, "width": 20, "rows": 20}, ["edge_of_chaos"]),
}


def load(number):
    spec = importlib.util.spec_from_file_location(f"example_{number}", EXAMPLES[number])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run_here():
    assert set(SMALL) == set(EXAMPLES)


@pytest.mark.parametrize("number", SMALL)
def test_an_example_runs_in_any_folder_and_writes_its_figures(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sn, "load_mnist", digits)  # the first images of it
    settings, stems = SMALL[number]
    load(number).main(**settings)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {f"{stem}.{ending}" for stem in stems for ending in ("png", "svg")}
    assert all(path.stat().st_size > 5000 for path in tmp_path.iterdir())
    assert f"saved {stems[-1]}.png" in capsys.readouterr().out


@pytest.mark.parametrize("number", ["02", "03"])
def test_an_example_writes_where_it_is_told(number, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    settings, _ = SMALL[number]
    load(number).main(**settings, stem=str(tmp_path / "figure"))
    assert not list((tmp_path / "here").iterdir())
    assert list(tmp_path.glob("figure*.png"))


@pytest.mark.parametrize("number", EXAMPLES)
def test_an_example_is_short_and_begins_with_its_question(number):
    text = EXAMPLES[number].read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert "?" in ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_source_reaches_for_tricks(file):
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert "sys.path" not in text
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            assert not names & {"*", "pickle", "cPickle", "dill", "joblib"}
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("eval", "exec", "np.load")
            assert ast.unparse(node.func) != "plt.show" or file.parts[-2:] == ("cli", "common.py")


def test_02_shows_that_the_readers_mean_is_nothing_odd(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    example = load("02")
    example.main()
    told = capsys.readouterr().out
    for what in ("mean", "std"):
        outside, points, share = re.search(rf"{what}: (\d+) of (\d+) points .*, ([\d.]+)%", told).groups()
        assert 100 * int(outside) / int(points) == pytest.approx(float(share), abs=0.06)
        assert 2 < float(share) < 9
        assert int(points) > 500
    away = float(re.search(r"is ([\d.]+) standard deviations", told)[1])
    p = float(re.search(r"p = ([\d.]+)%", told)[1])
    assert away == pytest.approx(example.SEEN * math.sqrt(100))
    assert p == pytest.approx(100 * 2 * stats.norm.sf(0.2245 * 10), abs=0.05)
    assert p == 2.5
