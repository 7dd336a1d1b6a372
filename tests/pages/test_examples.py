"""The examples run from any folder, with small numbers here, and are short enough to be read."""

import ast
import importlib.util
import math
import re
from pathlib import Path

import pytest
from matplotlib.text import Text
from scipy import stats
from small import digits

import scratchnet as sn
from scratchnet import plots

ROOT = Path(__file__).parents[2]
EXAMPLES = {file.stem[:2]: file for file in sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))}

# Small settings, the figures that are saved, and words that stand in them.
SMALL = {
    "01": ({"steps": 3, "hidden": 8, "depth": 2}, ["why_randn"], ["zeros", "randn · 1", "randn · 0.01", "Xavier", "He"]),
    "02": ({"most": 200, "points": 20}, ["mean_of_randn"], ["95 % band, ±1.96 · σ/√n", "outside", "0.2245 at n = 100"]),
    "03": (
        {"rows": 50, "width": 10, "depth": 2},
        ["activations_sigmoid", "activations_relu", "activations_tanh"],
        ["std 1", "std 0.01", "Xavier (book: 1/n)", "He", "within"],
    ),
    "04": ({"steps": 3}, ["weight_init_compare"], ["std 0.01", "Xavier (book: 1/n)", "He"]),
    "05": ({"steps": 3}, ["optimizer_compare"], ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"]),
    "06": ({"steps": 3, "hidden": 8}, ["own_layer"], ["sine, learnt frequency", "tanh"]),
    "07": ({"steps": 3}, ["own_initializer"], ["He", "half zero", "signs"]),
    "08": (
        {"epochs": 2, "scales": 3, "depth": 2},
        ["batch_norm_sixteen_scales"],
        ["with BatchNorm", "without", "std 1", "std 0.01", "std 0.0001"],
    ),
    "09": ({"epochs": 2, "test_images": 300}, ["overfitting"], ["nothing", "weight decay, λ = 0.1", "dropout 0.2", "both"]),
    "10": (
        {"trials": 3, "epochs": 2, "best": 2},
        ["hyperparameter_search", "hyperparameter_search_map"],
        ["validation", "1: lr", "2: lr", "learning rate", "weight decay λ"],
    ),
    "11": ({"epochs": 1}, ["simple_convnet"], ["SimpleConvNet, training images", "MLP, test images", "epoch"]),
    "12": ({"epochs": 1, "rows": 2, "columns": 2}, ["deep_convnet"], ["read as", "sure", "mistakes on 500 test images"]),
    "13": ({"steps": 2, "shown": 2}, ["filters"], ["std 0.01", "Xavier (book: 1/n)", "He", "std 1", "before", "after"]),
    "14": (
        {"steps": 3, "depth": 4, "width": 10},
        ["residual_depth"],
        ["plain", "plain, BatchNorm", "residual", "residual, BatchNorm", "residual, last weights 0"],
    ),
    "15": (
        {"steps": 3, "depth": 3, "width": 10},
        ["two_spreads"],
        ["Xavier (book: 1/n)", "ExactGain(Sigmoid)", "Critical(Sigmoid)"],
    ),
    "24": (
        {"widths": (4, 8), "rates": 2, "steps": 3},
        ["mup"],
        ["standard", "muP", "width 4", "width 8", "learning rate of Adam"],
    ),
    "16": (
        {"steps": 3, "depth": 3, "width": 10, "draws": 1000},
        ["exact_gain"],
        ["LeCun", "He", "ExactGain(LogReLU)", "3 layers of 10"],
    ),
    "17": (
        {"sizes": (1.0, 2.0), "depths": (2, 3), "steps": 3, "width": 10},
        ["trainable_depth"],
        ["6 ξ", "critical σ_w²", "test accuracy after 3 steps"],
    ),
    "18": (
        {"steps": 3, "depth": 4, "width": 10},
        ["lsuv"],
        ["LSUV", "He", "Orthogonal", "ReLU, training", "Tanh, training"],
    ),
    "19": ({"depth": 3, "width": 20, "rows": 20}, ["edge_of_chaos"], ["ordered", "at the edge", "chaotic", "correlation"]),
    "20": (
        {"steps": 6, "every": 2, "stop": 3},
        ["keep_what_was_trained"],
        ["without a stop", "resumed", "parameters alone", "last checkpoint, 2", "stopped at 3"],
    ),
    "23": (
        {"steps": 12, "epochs": 2},
        ["callbacks"],
        ["a tenth of the best", "the best epoch", "train loss", "validation loss", "learning rate, raised after each step"],
    ),
    "25": (
        {"steps": 4, "width": 8, "seeds": 1},
        ["loss_curve"],
        ["std 0.01", "LeCun", "He", "theory, to its end", "Predicted before training"],
    ),
    "22": (
        {"steps": 2, "width": 8, "depth": 2},
        ["watch_your_own_loop"],
        ["Xavier (book: 1/n)", "four times as large", "A loop in plain NumPy"],
    ),
}


def load(number):
    spec = importlib.util.spec_from_file_location(f"example_{number}", EXAMPLES[number])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run_here():
    assert {*SMALL, "21"} == set(EXAMPLES)  # 21 needs PyTorch: tests/convert/test_example.py


@pytest.mark.parametrize("number", SMALL)
def test_an_example_runs_in_any_folder_and_draws_what_it_is_about(number, tmp_path, monkeypatch, capsys):
    saved = {}

    def save(figure, stem):
        figure.draw_without_rendering()  # lays it out, and warns where something does not fit
        saved[stem] = figure

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sn, "load_mnist", digits)  # the first images of it
    monkeypatch.setattr(plots, "save", save)
    settings, stems, words = SMALL[number]
    load(number).main(**settings)
    assert list(saved) == stems
    assert not list(tmp_path.iterdir())
    for figure in saved.values():
        assert figure.axes and all(axes.has_data() for axes in figure.axes if axes.axison)
    texts = [text.get_text() for figure in saved.values() for text in figure.findobj(Text)]
    assert not [word for word in words if not any(word in text for text in texts)]
    assert f"saved {stems[-1]}.png" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "names"), [("02", ["figure"]), ("03", ["figure_sigmoid", "figure_relu", "figure_tanh"])])
def test_an_example_writes_where_it_is_told(number, names, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    load(number).main(**SMALL[number][0], stem=str(tmp_path / "figure"))
    assert not list((tmp_path / "here").iterdir())
    written = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert written == {f"{name}.{ending}" for name in names for ending in ("png", "svg")}


@pytest.mark.parametrize("number", EXAMPLES)
def test_an_example_is_short_and_begins_with_its_question(number):
    text = EXAMPLES[number].read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert "?" in ast.get_docstring(ast.parse(text))


class SummaryWriter:
    """What the example calls of TensorBoard's writer."""

    def __init__(self):
        self.noted = []

    def add_scalar(self, tag, scalar_value, global_step=None):
        self.noted.append((tag, scalar_value, global_step))


class WandB:
    """What it calls of Weights & Biases."""

    def __init__(self):
        self.noted = []

    def log(self, data, step=None):
        self.noted.append(data)


def test_23_fills_a_logbook_step_by_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sn, "load_mnist", digits)
    monkeypatch.setattr(plots, "save", lambda *_: None)
    example, writer, wandb = load("23"), SummaryWriter(), WandB()
    log = [example.logbook(writer.add_scalar), lambda trainer: wandb.log({"loss": trainer.loss})]
    example.main(steps=3, epochs=2, log=log)
    assert [step for _, _, step in writer.noted] == list(range(1, 21)) and {tag for tag, *_ in writer.noted} == {"loss"}
    assert [one["loss"] for one in wandb.noted] == [loss for _, loss, _ in writer.noted]


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
