"""A comparison of networks that a function makes: convnets, residual ones, layers of one's own."""

import csv
import functools
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from small import draw_nothing, made_up, write_idx_folder

import scratchnet as sn
from scratchnet.cli import main
from scratchnet.experiment.networks import fitting, layers_of, network_named, rows_for
from scratchnet.experiment.sources import Source
from scratchnet.report.page import render


class Twice(sn.Layer):
    """A layer of one's own."""

    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout


def plain(init, seed):
    return sn.Network([sn.Affine(36, 8, init=init), sn.ReLU(), sn.Affine(8, 4, init=init)], seed)


def residual(init, seed, images=None):
    branch = sn.Residual([sn.Affine(8, 8, init=sn.He()), sn.Tanh(), sn.Affine(8, 8), sn.Scale(0)])
    layers = [sn.Affine(36, 8, init=init), sn.LayerNorm(8), branch, Twice(), sn.Affine(8, 4, init=init)]
    return sn.Network(layers, seed, images=images)


def wrapped(init, seed):
    """Uses the initializer within another one."""

    def half(shape, fans, rng):
        return init(shape, fans, rng) / 2

    return sn.Network([sn.Affine(36, 4, init=half)], seed)


convnet = functools.partial(sn.simple_convnet, side=6, maps=2, size=3, hidden=5, n_out=4)
NETWORKS = {
    "plain": plain,
    "residual": residual,
    "convnet": convnet,
    "wrapped": wrapped,
    "lambda": lambda init, seed: plain(init, seed),
}


@pytest.fixture
def nothing_drawn(monkeypatch):
    draw_nothing(monkeypatch.setattr)


def data(flat=True):
    def part(rows, seed):
        images, t = made_up(rows, seed)
        return sn.Dataset(images.reshape(rows, -1) if flat else images[..., None], t)

    return part(60, 1), part(20, 2)


def quick(network, inits=(sn.He(), sn.LeCun()), **settings):
    settings = {"steps": 3, "seeds": 2, "batch_size": 7, "progress": False, "data": data(network is not convnet)} | settings
    return sn.compare(list(inits), network=network, **settings)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=list(NETWORKS))
def test_a_run_is_the_training_of_what_the_function_makes(network):
    found, (train, test) = quick(network), data(network is not convnet)
    for run, result in zip(found.runs, found.results, strict=True):
        net = network(init=run.init, seed=run.seed)
        trainer = sn.Trainer(net, sn.SGD(0.01), batch_size=7, seed=run.seed)
        history = trainer.fit(train, steps=3, test=test, progress=False)
        assert result.loss == history.loss and result.test_accuracy == history.test_accuracy[-1]
        assert [layer.name for layer in result.before.layers] == [name for name, _ in net.walk()]
    assert "He" in str(found) and found.predicted.keys() == {"He", "LeCun"}


def test_it_is_the_perceptron_if_the_function_makes_one():
    settings = {"steps": 3, "seeds": 2, "batch_size": 7, "data": data(), "progress": False}
    by_settings = sn.compare([sn.He()], hidden=[8], **settings)
    by_function = sn.compare([sn.He()], network=functools.partial(sn.mlp, 36, [8], 4), **settings)
    for one, two in zip(by_settings.results, by_function.results, strict=True):
        assert {**one.summary(), "key": ""} == {**two.summary(), "key": ""} and one.spreads == two.spreads
    assert "network" not in by_settings.runs[0].describe() and "hidden" not in by_function.runs[0].describe()


def test_two_processes_give_the_same_bytes():
    one, two = (quick(NETWORKS["lambda"], jobs=jobs) for jobs in (1, 2))
    assert [run.to_json() for run in one.results] == [run.to_json() for run in two.results]
    assert str(one) == str(two)


@pytest.mark.usefixtures("nothing_drawn")
def test_several_networks_are_labelled_and_mapped(tmp_path):
    found = quick([plain, residual], data=data())
    assert next(iter(found.by_label)).startswith("He / ") and len(found.by_label) == 4
    assert found.axes == ("initializer", "network")
    paths = {path.name for path in found.save(tmp_path)}
    assert "results.csv" in paths
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["network"].rpartition(".")[2] for row in rows} == {"plain", "residual"} and rows[0]["hidden"] == ""


# --- what is refused, in one sentence

SEED_IGNORED = "gives its network another seed"
WIDTHS = itertools.count(5)
WRONG = {
    "no function": (plain(sn.He(), 0), "a function of an initializer and a seed is needed"),
    "a word": ("simple_convnet", "a function of an initializer and a seed is needed"),
    "no seed": (lambda init: plain(init, 0), "cannot be called with init=… and seed=…"),
    "other names": (lambda initializer, rng: plain(initializer, 0), "cannot be called with init=… and seed=…"),
    "a seed of its own": (lambda init, seed: plain(init, 3), SEED_IGNORED),
    "no network": (lambda init, seed: [sn.Affine(36, 4, init=init)], "returns"),
    "an error": (lambda init, seed: 1 / 0, "ZeroDivisionError: division by zero"),
    "another initializer": (lambda init, seed: plain(sn.He(), seed), "does not use the initializer"),
    "drawn elsewhere": (
        lambda init, seed: plain(lambda shape, fans, rng: np.random.default_rng().normal(size=shape), seed),
        "draws other numbers each time from the same rng",
    ),
    "other layers": (
        lambda init, seed: sn.mlp(36, [next(WIDTHS)], 4, init=init, seed=seed),
        "makes another network when it is called again",
    ),
    "too few scores": (
        lambda init, seed: sn.mlp(36, [5], 3, init=init, seed=seed),
        "3 scores, but the labels have 4 classes",
    ),
    "another width": (lambda init, seed: sn.mlp(35, [5], 4, init=init, seed=seed), "36"),
}


@pytest.mark.parametrize(("network", "sentence"), WRONG.values(), ids=list(WRONG))
def test_what_cannot_be_compared_is_said_before_training(network, sentence):
    with pytest.raises(sn.InputError, match=sentence.replace("(", r"\(")):
        quick(network, inits=[sn.LeCun()], data=data())


@pytest.mark.parametrize(
    "beside", [{"hidden": [5]}, {"activation": sn.Tanh}, {"bias_init": sn.Ones()}, {"activation": sn.ReLU}], ids=repr
)
def test_settings_that_the_function_makes_meaningless_are_refused(beside):
    (name,) = beside
    with pytest.raises(sn.InputError, match=f"{name} is given beside network.*leave {name} out"):
        quick(plain, **beside)


def test_an_initializer_that_looks_at_images_needs_an_argument_for_them():
    with pytest.raises(sn.InputError, match=r"looks at a batch of inputs: write def make\(init, seed, images\)"):
        quick(plain, inits=[sn.LSUV()])
    found = quick(functools.partial(sn.mlp, 36, [8], 4), inits=[sn.LSUV()])
    assert found.results[0].before["Affine1"].std == pytest.approx(1, rel=0.05)


# --- keys, folders, page


def test_the_key_holds_the_layers_and_is_the_same_in_another_process(tmp_path):
    file = tmp_path / "mine.py"
    text = "import scratchnet as sn\ndef make(init, seed):\n    return sn.mlp(36, [{}], 4, init=init, seed=seed)\n"
    keys = []
    for width in (5, 6):
        file.write_text(text.format(width))
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]); import numpy as np; import scratchnet as sn; import mine;"
            "d = sn.Dataset(np.zeros((9, 36), 'f'), np.arange(9) % 4);"
            "found = sn.compare([sn.He()], network=mine.make, data=(d, d), steps=1, seeds=1, batch_size=3, progress=False);"
            "print(found.runs[0].key)"
        )
        for _ in range(2 if width == 5 else 1):
            done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
            keys.append(done.stdout)
    assert keys[0] == keys[1] != keys[2]
    assert layers_of(plain(sn.He(), 0)) == layers_of(plain(sn.He(), 1)) != layers_of(plain(sn.LeCun(), 0))


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("network", [convnet, residual], ids=["known by name", "one's own"])
def test_a_folder_is_read_back_and_drawn(network, tmp_path):
    found = quick(network)
    names = {path.name for path in found.save(tmp_path)}
    assert {"report.html", "loss.png", "comparison.npz", "results.csv", "spread.csv"} <= names
    again = sn.load_result(tmp_path)
    assert str(again) == str(found) and [run.key for run in again.runs] == [run.key for run in found.runs]
    page = render(again, {})
    assert "There are no sliders for He, LeCun" in page
    shown = "simple_convnet(side=6" if network is convnet else "residual"
    assert shown in page[page.index("setting") : page.index("<h1>")]
    described = json.loads((tmp_path / "run.json").read_text())["runs"][0]
    assert described["in_shape"] == ([6, 6, 1] if network is convnet else [36])


def test_the_page_of_perceptrons_says_nothing_of_it():
    found = sn.compare([sn.He()], hidden=[5], steps=2, seeds=1, data=data(), progress=False, batch_size=7)
    assert "There are no sliders" not in render(found, {})


def test_figures_of_a_convnet_are_measured_and_predicted_to_its_end():
    found = quick(convnet, inits=[sn.He()], seeds=1)
    measured, predicted = found.results[0].before, found.predicted["He"]
    assert measured["Convolution1"].update_ratio is not None and predicted.layers[-1].std is not None
    assert any(note.startswith("sampled from Convolution1 on") for note in predicted.notes)  # of two maps
    for name in ("spread", "update_ratios"):
        assert found.draw(name).axes


# --- data in the shape that the network takes


def test_the_images_of_the_files_come_in_the_shape_that_the_network_takes(tmp_path):
    source = Source(str(write_idx_folder(tmp_path / "idx")))
    assert fitting(source, None) is source and fitting(source, plain) is source
    images = fitting(source, [convnet])
    assert images.images and images.load()[0].images.shape == (300, 6, 6, 1)
    given = Source.of(data())
    assert fitting(given, convnet) is given


@pytest.mark.parametrize(("shape", "rows"), [((784,), 1000), ((28, 28, 1), 79), ((6, 6, 1), 372), ((3000, 3000, 3), 2)])
def test_as_many_rows_as_theory_can_pair(shape, rows):
    assert rows_for(shape) == rows


NAMES = {
    "simple_convnet": sn.simple_convnet,
    "deep_convnet": sn.deep_convnet,
    "mlp": None,
    "simple_convnet()": sn.simple_convnet,
}


def test_networks_by_name():
    assert {text: network_named(text) for text in NAMES} == NAMES
    made = network_named("simple_convnet(maps=3, hidden=7)")
    assert made.func is sn.simple_convnet and made.keywords == {"maps": 3, "hidden": 7}
    for wrong in ("resnet", "3", "simple_convnet(maps=open)", "__import__('os')", "", "simple_convnet(**{})"):
        with pytest.raises(sn.InputError):
            network_named(wrong)


# --- the command line

OWN = """
import scratchnet as sn

def make(init, seed):
    return sn.Network([sn.Affine(36, 6, init=init), sn.Tanh(), sn.Affine(6, 4, init=init)], seed)

def fixed(init, seed):
    return sn.Network([sn.Affine(36, 4, init=sn.He())], seed)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("networks")
    write_idx_folder(where / "idx", train=40, test=20)
    (where / "my.py").write_text(OWN)
    return where


def command(folder, *words):
    return [
        "compare",
        "--data",
        str(folder / "idx"),
        "--steps",
        "2",
        "--seeds",
        "1",
        "--batch-size",
        "7",
        "--jobs",
        "1",
        *words,
    ]


CONVNET = "simple_convnet(side=6, maps=2, size=3, hidden=5, n_out=4)"


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("network", [CONVNET, "my.py:make"])
def test_compare_resume_and_report_by_the_command_line(network, folder, tmp_path, capsys):
    text = str(folder / network) if ".py" in network else network
    out = str(tmp_path / "out")
    assert main(command(folder, "--network", text, "--out", out, "--init", "He", "LeCun")) == 0
    said = capsys.readouterr()
    assert "He" in said.out and ("simple_convnet" in said.err or "my.py:make" in said.err)
    lines = (tmp_path / "out" / "results.jsonl").read_text()
    (tmp_path / "out" / "results.jsonl").write_text(lines.splitlines(keepends=True)[0])
    assert main(command(folder, "--network", text, "--out", out, "--init", "He", "LeCun", "--resume", "--quiet")) == 0
    assert (tmp_path / "out" / "results.jsonl").read_text() == lines
    assert main(command(folder, "--network", "mlp", "--out", out, "--init", "He", "LeCun", "--resume", "--quiet")) == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--network", "my.py:make", "--hidden", "5"], "hidden is given beside network"),
        (["--network", "my.py:make", "--activation", "ReLU"], "activation is given beside network"),
        (["--network", "my.py:make", "--bias-init", "Ones"], "bias_init is given beside network"),
        (["--network", "my.py:fixed"], "does not use the initializer"),
        (["--network", "my.py:missing"], "there is no missing in"),
        (["--network", "resnet"], "resnet"),
    ],
)
def test_mistakes_on_the_command_line_are_one_sentence(words, sentence, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(command(folder, *words, "--init", "LeCun", "--out", str(tmp_path / "out"))) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.usefixtures("nothing_drawn")
def test_mlp_by_name_is_the_default(folder, tmp_path, capsys):
    for name, words in (("a", ["--network", "mlp"]), ("b", [])):
        assert main(command(folder, *words, "--hidden", "5", "--init", "He", "--quiet", "--out", str(tmp_path / name))) == 0
    assert (tmp_path / "a" / "results.jsonl").read_bytes() == (tmp_path / "b" / "results.jsonl").read_bytes()


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("network", [CONVNET, "my.py:make"])
def test_spread_of_such_a_network(network, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    words = ["spread", "--data", "idx", "--network", network, "--init", "He", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "Affine1" in out and ("theory stops at MaxPool1" in out or "first loss" in out)
    assert main([*words, "--hidden", "5"]) == 2 and main([*words, "--input", "randn"]) == 2
