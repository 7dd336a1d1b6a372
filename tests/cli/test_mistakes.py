"""One sentence and exit code 2 for each mistake, and nothing is begun."""

from pathlib import Path

import pytest
from cli.commands import QUICK, assert_one_line
from small import write_idx_folder

from scratchnet.cli.main import main

WRONG = {
    "an unknown initializer": (["--init", "Hee"], "did you mean He?"),
    "an initializer in another case and wrong": (["--init", "xavir"], "did you mean Xavier?"),
    "code": (["--init", "__import__('os').system('true')"], "initializer"),
    "code in an argument": (["--init", "Normal(__import__('os').system('touch evil'))"], "argument"),
    "half a call": (["--init", "He("], "He("),
    "a call of a number": (["--init", "0.01(3)"], "0.01(3)"),
    "too many arguments": (["--init", "Zeros(3)"], "wrong arguments"),
    "an unknown argument": (["--init", "He(size=3)"], "size"),
    "an argument that cannot be": (["--init", "TruncatedNormal(-1)"], "-1"),
    "a negative std": (["--init", "-0.01"], "-0.01"),
    "std nan": (["--init", "nan"], "nan"),
    "std inf": (["--init", "1e999"], "inf"),
    "an empty initializer": (["--init", ""], "initializer"),
    "no initializer": (["--init"], "--init"),
    "one initializer twice": (["--init", "He", "Xavier", "He"], "twice"),
    "one initializer by two names": (["--init", "He", "he()"], "twice"),
    "an unknown bias initializer": (["--bias-init", "Zeroes"], "did you mean Zeros?"),
    "an unknown activation": (["--activation", "ReLu6"], "did you mean ReLU?"),
    "a number for the activation": (["--activation", "3"], "3"),
    "a wrong activation argument": (["--activation", "LeakyReLU('x')"], "x"),
    "an unknown activation argument": (["--activation", "ReLU(3)"], "wrong arguments"),
    "an unknown optimizer": (["--optimizer", "Adan"], "did you mean Adam?"),
    "a number for the optimizer": (["--optimizer", "3"], "3"),
    "a learning rate twice": (["--optimizer", "SGD(0.1)", "--lr", "0.1"], "--lr"),
    "float steps": (["--steps", "10.5"], "10.5"),
    "float steps that are whole": (["--steps", "1e3"], "1e3"),
    "no steps": (["--steps", "0"], "at least 1"),
    "negative steps": (["--steps", "-5"], "at least 1"),
    "steps that are no number": (["--steps", "many"], "many"),
    "steps beyond all numbers": (["--steps", "9" * 5000], "--steps"),
    "steps nan": (["--steps", "nan"], "nan"),
    "steps and epochs": (["--steps", "5", "--epochs", "1"], "not allowed with"),
    "no epochs": (["--epochs", "0"], "at least 1"),
    "half an epoch": (["--epochs", "0.5"], "0.5"),
    "lr abc": (["--lr", "abc"], "abc"),
    "lr nan": (["--lr", "nan"], "nan"),
    "lr inf": (["--lr", "inf"], "inf"),
    "lr -1": (["--lr", "-1"], "-1"),
    "lr 0": (["--lr", "0"], "above 0"),
    "hidden 10x": (["--hidden", "10x"], "10x"),
    "hidden abc": (["--hidden", "abc"], "abc"),
    "hidden 0x3": (["--hidden", "0x3"], "0x3"),
    "hidden 10,0": (["--hidden", "10,0"], "0"),
    "hidden -3": (["--hidden", "-3"], "-3"),
    "hidden 3.5": (["--hidden", "3.5"], "3.5"),
    "hidden nothing": (["--hidden", ","], "--hidden"),
    "hidden 100x0": (["--hidden", "100x0"], "100x0"),
    "a batch larger than the data": (["--batch-size", "301"], "only 300 rows"),
    "no batch": (["--batch-size", "0"], "at least 1"),
    "a data folder that is not there": (["--data", "nowhere"], "nowhere"),
    "no seeds": (["--seeds", "0"], "at least 1"),
    "half a seed": (["--seeds", "1.5"], "1.5"),
    "a negative seed": (["--seed", "-1"], "at least 0"),
    "an unknown flag": (["--colour", "red"], "--colour"),
    "a word too many": (["more"], "more"),
}


@pytest.mark.parametrize("options, message", WRONG.values(), ids=list(WRONG))
def test_a_mistake_is_answered_in_one_line(options, message, run):
    right = {"--init": ["He"], "--hidden": ["8"], "--steps": ["6"], "--seeds": ["1"], "--batch-size": ["16"]}
    if "--epochs" in options:
        del right["--steps"]
    keep = [word for flag, values in right.items() if flag not in options for word in (flag, *values)]
    assert_one_line(*run("compare", *keep, *options), message)
    assert not list(Path().iterdir())  # nothing was begun, and no code was run


SPREAD_WRONG = {
    "an unknown initializer": ["--init", "Hee"],
    "lr 0": ["--lr", "0"],
    "an unknown input": ["--input", "cifar"],
    "images for randn": ["--input", "randn", "--data", "somewhere"],
    "half a seed": ["--seed", "0.5"],
    "hidden abc": ["--hidden", "abc"],
    "no hidden layer for randn": ["--input", "randn", "--hidden", "0"],
    "an unknown bias": ["--input", "randn", "--bias-init", "Zeroes"],
}


@pytest.mark.parametrize("options", SPREAD_WRONG.values(), ids=list(SPREAD_WRONG))
def test_a_mistake_in_spread_is_answered_in_one_line(options, run):
    assert_one_line(*run("spread", *options), "")
    assert not list(Path().iterdir())


@pytest.mark.parametrize("spoil", [lambda old: old[:-40], lambda old: b"\x89PNG\r\n\x1a\n"], ids=["truncated", "foreign"])
def test_spoilt_data_is_named_in_one_line(spoil, run):
    path = write_idx_folder(Path("set")) / "train-images-idx3-ubyte.gz"
    path.write_bytes(spoil(path.read_bytes()))
    assert_one_line(*run("compare", *QUICK, "--data", "set"), "train-images-idx3-ubyte.gz")


@pytest.mark.parametrize("verb", ["compare", "spread"])
def test_an_out_that_is_a_file_is_named_in_one_line(verb, run):
    Path("file").write_text("precious")
    assert_one_line(
        *run(verb, *(QUICK if verb == "compare" else ["--hidden", "8", "--init", "He"]), "--out", "file"), "file"
    )
    assert Path("file").read_text() == "precious"


@pytest.mark.parametrize("argv", [[], ["compair"], ["--verbose"]], ids=["no verb", "a wrong verb", "a flag alone"])
def test_without_a_verb_usage_is_one_line(argv, capsys):
    assert_one_line(main(argv), *capsys.readouterr(), "--help")


@pytest.mark.parametrize("argv", [["--help"], ["compare", "--help"], ["spread", "--help"]], ids=" ".join)
def test_help_tells_the_flags(argv, capsys):
    assert main(argv) == 0
    assert ("compare" if len(argv) == 1 else "--init") in capsys.readouterr().out
