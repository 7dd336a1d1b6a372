"""scratchnet spread: its tables, files and JSON."""

import json
import re
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "options", [[], ["--activation", "Tanh", "--hidden", "9x2", "--init", "He", "0.1"]], ids=["default", "own"]
)
def test_spread_prints_a_table_for_each_initializer(options, run, request):
    if not options:
        request.getfixturevalue("empty_figures")
    code, out, err = run("spread", *options, "--out", "here")
    assert (code, err) == (0, "")
    kind, depth, inits = ("Tanh", 2, 2) if options else ("ReLU", 4, 4)
    assert out.count(f"\n{kind}{depth} ") == out.count("rms dW") == inits and f"{kind}{depth + 1}" not in out
    assert out.count("predicted, and measured in brackets") == inits
    for label in options[-2:] or ["std 1", "std 0.01", "Xavier (book: 1/n)", "He"]:
        label = "std 0.1" if label == "0.1" else label
        assert re.search(rf"^\* {re.escape(label)} init (will|may|starts|how)", out, re.MULTILINE), label
    figures = ("activations", "spread", "update_ratios", "singular_values", "trainability")
    assert {path.name for path in Path("here").iterdir()} == {
        *(f"{name}.png" for name in figures),
        "spread.csv",
    }


@pytest.mark.usefixtures("empty_figures")
def test_spread_of_randn_is_the_books_histograms(run):
    code, out, _ = run("spread", "--input", "randn", "--out", "here")
    assert code == 0
    assert out.count("\nSigmoid5 ") == 4 and "rms dW" not in out
    rows = Path("here/spread.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 4 * 10  # predicted and measured


@pytest.mark.usefixtures("empty_figures")
def test_spread_in_json_is_one_object(run):
    code, out, err = run("spread", "--init", "He", "--hidden", "8x2", "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    for kind in ("predicted", "measured"):
        assert [row["name"] for row in report[kind]] == ["Affine1", "ReLU1", "Affine2", "ReLU2", "Affine3"]
        assert {row["spread"] for row in report[kind]} == {kind}
    assert "after" in report["loss"]["He"] and "steps" in report["loss"]["He"]
    assert "will train" in report["outlook"]["He"] and "edge of chaos" in report["reach"]["He"]
    assert set(report["first_loss"]) == {"He"} and all(Path(file).is_file() for file in report["files"])


def test_a_deep_network_whose_signal_dies_is_drawn(run):
    assert run("spread", "--input", "randn", "--activation", "Tanh", "--hidden", "10x15", "--init", "0.01")[0] == 0
