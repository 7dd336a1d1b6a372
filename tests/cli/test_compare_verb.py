"""scratchnet compare: what it writes and prints, and what its options mean."""

import json
from pathlib import Path

import pytest
from cli.commands import FILES, QUICK

import scratchnet as sn


def test_compare_writes_its_files_and_prints_its_table(comparison):
    assert comparison.code == 0
    assert {path.name for path in comparison.folder.iterdir()} == FILES
    out, err = comparison.out, comparison.err
    for label in ("std 0.01", "Xavier (book", "He"):
        assert sum(line.startswith(label) for line in out.splitlines()) >= 1
    assert "ln 4 = 1.386" in out and "Nothing learned" in out
    assert all(name in out for name in FILES)
    assert "36" in err and "300 + 100 images" in err and "6 steps" in err and "3 initializers" in err and "here" in err
    assert len((comparison.folder / "results.jsonl").read_text().splitlines()) == 6


@pytest.mark.usefixtures("nothing_drawn")
def test_without_out_a_folder_is_made_for_each_comparison(run):
    assert run("compare", *QUICK)[0] == run("compare", *QUICK)[0] == 0
    folders = list(Path("runs").iterdir())
    assert len(folders) == 2
    assert all((folder / "results.csv").is_file() for folder in folders)


def test_the_command_saves_what_the_function_does(comparison, data):
    inits = {"std 0.01": 0.01, "Xavier (book: 1/n)": sn.LeCun(), "He": sn.He()}
    settings = {"hidden": [8, 8], "steps": 6, "seeds": 2, "batch_size": 16, "progress": False}
    sn.compare(inits, data=sn.load_idx(data), **settings).save("there")
    for name in FILES - {"run.json"}:
        assert (comparison.folder / name).read_bytes() == Path("there", name).read_bytes()


@pytest.mark.usefixtures("empty_figures")
def test_json_is_one_object_and_nothing_else(run):
    code, out, err = run("compare", *QUICK, "--json", "--out", "here")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert set(report) == {"runs", "files", "out"} and report["out"] == "here"
    names = {"initializer", "seed", "steps", "test_accuracy", "first_loss", "final_loss", "diverged"}
    assert len(report["runs"]) == 6 and all(names <= set(one) for one in report["runs"])
    assert {Path(file).name for file in report["files"]} == FILES
    assert all(Path(file).is_file() for file in report["files"])


@pytest.mark.usefixtures("nothing_drawn")
def test_quiet_says_nothing_but_the_results(run):
    code, out, err = run("compare", *QUICK, "--quiet")
    assert (code, err) == (0, "") and "He" in out


@pytest.mark.usefixtures("nothing_drawn")
def test_results_are_not_overwritten(run):
    run("compare", *QUICK, "--out", "here")
    before = Path("here/results.jsonl").read_bytes()
    code, out, err = run("compare", *QUICK, "--out", "here")
    assert (code, out) == (2, "") and "here already holds the results" in err and len(err.splitlines()) == 1
    assert Path("here/results.jsonl").read_bytes() == before


@pytest.mark.usefixtures("nothing_drawn")
def test_initializers_are_named_in_many_ways(run):
    inits = ["TruncatedNormal(0.02)", "He(draw=uniform)", "0.01", "book.xavier", "Xavier", "he", "torchdefault"]
    code, out, _ = run("compare", *QUICK, "--json", "--init", *inits)
    labels = list(dict.fromkeys(one["initializer"] for one in json.loads(out)["runs"]))
    assert code == 0 and len(labels) == 7
    assert labels[:3] == ["TruncatedNormal(0.02)", "He(draw=uniform)", "std 0.01"]
    assert "book" in labels[3] and "Glorot" in labels[4]


FLAGS = {
    "an activation": (["--activation", "Tanh"], "activation", "Tanh"),
    "an activation with an argument": (["--activation", "LeakyReLU(0.2)"], "activation", "LeakyReLU(0.2)"),
    "an optimizer": (["--optimizer", "Momentum", "--lr", "0.05"], "optimizer", "Momentum(lr=0.05)"),
    "an optimizer's arguments": (
        ["--optimizer", "Momentum(0.05, momentum=0.5)"],
        "optimizer",
        "Momentum(lr=0.05, momentum=0.5)",
    ),
    "the first of two networks": (["--hidden", "8", "6"], "hidden", [8]),
    "widths by commas": (["--hidden", "8,6"], "hidden", [8, 6]),
    "a width times three": (["--hidden", "5x3"], "hidden", [5, 5, 5]),
    "no hidden layer": (["--hidden", "0"], "hidden", []),
    "biases": (["--bias-init", "Normal(0.1)"], "bias_init", "Normal(0.1)"),
    "a seed": (["--seed", "7"], "seed", 7),
}


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("options, name, value", FLAGS.values(), ids=list(FLAGS))
def test_flags_are_written_down_as_they_were_meant(options, name, value, run):
    code, _, err = run("compare", *QUICK, "--init", "He", "--out", "here", *options)
    assert code == 0, err
    assert json.loads(Path("here/run.json").read_text())["runs"][0][name] == value


@pytest.mark.usefixtures("empty_figures")
def test_several_values_of_several_options_are_all_combined(run):
    several = ["--hidden", "8x2", "6", "--activation", "ReLU", "Tanh", "--lr", "0.1", "0.01"]
    code, out, _ = run("compare", *QUICK, "--init", "He", "LeCun", *several, "--seeds", "1", "--out", "here", "--quiet")
    runs = json.loads(Path("here/run.json").read_text())["runs"]
    assert code == 0 and len(runs) == len({one["key"] for one in runs}) == 2**4
    assert out.count("\nHe / 8x2 / Tanh / SGD(lr=0.1) ") == 1
    assert Path("here/accuracy.png").is_file()


@pytest.mark.usefixtures("nothing_drawn")
def test_epochs_are_passes_through_the_data(run):
    code, out, _ = run("compare", "--init", "He", "--hidden", "8", "--epochs", "2", "--batch-size", "100", "--json")
    assert code == 0 and {one["steps"] for one in json.loads(out)["runs"]} == {6}


@pytest.mark.usefixtures("nothing_drawn")
def test_diverged_runs_are_told_and_are_no_failure(run):
    code, out, _ = run("compare", *QUICK, "--steps", "60", "--seeds", "1", "--lr", "1e9", "--init", "He")
    assert code == 0 and "1 of 1" in out and "diverged in 1 of 1 runs" in out
