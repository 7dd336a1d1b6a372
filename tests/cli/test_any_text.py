"""Whatever stands in an option is answered in one line below 300 characters, with exit code 2, and nothing is begun."""

import os
from pathlib import Path

import pytest

from scratchnet.cli.main import main
from scratchnet.cli.sizes import memory

RIGHT = {"--init": "He", "--hidden": "8", "--steps": "6", "--seeds": "1", "--batch-size": "16"}
CALLS = {
    "thousands of brackets": "(" * 5000,
    "brackets that close": "(" * 150 + ")" * 150,
    "deep lists": "[" * 3000,
    "lists in a call": f"He({'[' * 90}{']' * 90})",
    "calls in calls": "He(" * 90 + ")" * 90,
    "thousands of signs": "-" * 5000 + "1",
    "names of names": "a" + ".a" * 450,
    "a long sum": "1" + "+1" * 450,
    "5,000 digits": "9" * 5000,
    "400 digits": "9" * 400,
    "400 digits in a call": f"He({'9' * 400})",
    "hexadecimal digits": f"He(0x{'f' * 5000})",
    "beyond floats": "1e400",
    "minus zero": "-0",
    "digits of another script": "٣",
    "a zero character": "He\0",
    "bytes that are no text": "He\udce9\udcff",
    "nothing": "",
    "a space": " ",
    "40,000 letters": "x" * 40_000,
    "40,000 letters in a call": f"He({'x' * 40_000})",
    "a long argument": f"He('{'x' * 900}')",
    "an argument twice": "He(draw=uniform, draw=normal)",
    "two stars": "He(**1)",
    "many arguments": f"He({'1,' * 400})",
    "a foreign escape": "'\\d'",
    "control characters": "\x1b[31m\r\n",
    "a module of another library": "torch.nothing",
}
NUMBERS = {key: CALLS[key] for key in ("5,000 digits", "beyond floats", "minus zero", "digits of another script", "nothing")}
NUMBERS |= {"10^40": f"1{'0' * 40}", "a hundred digits": "9" * 100, "with underscores": "1_0", "with a space": " 1"}
WRONG = {
    **{
        f"{option} {name}": (option, text)
        for option in ("--init", "--optimizer", "--activation")
        for name, text in CALLS.items()
    },
    **{f"--bias-init {name}": ("--bias-init", CALLS[name]) for name in ("minus zero", "40,000 letters")},
    **{
        f"{option} {name}": (option, text)
        for option in ("--steps", "--epochs", "--seeds", "--seed", "--jobs", "--batch-size", "--lr", "--hidden")
        for name, text in NUMBERS.items()
        if option != "--lr" or name not in ("10^40", "a hundred digits", "with a space")
    },
    "10^10 layers": ("--hidden", "100x9999999999"),
    "widths beyond NumPy's": ("--hidden", "9999999999x9"),
    "many widths": ("--hidden", "1," * 20_000 + "1"),
    "no folder": ("--out", ""),
    "a folder of 40,000 letters": ("--out", "x" * 40_000),
    "a folder with a zero": ("--out", "a\0b"),
    "no data": ("--data", ""),
    "data of 40,000 letters": ("--data", "x" * 40_000),
    "data with a zero": ("--data", "a\0b"),
    "no address": ("--dask", ""),
    "an address of 40,000 letters": ("--dask", "x" * 40_000),
    "an unknown option of 40,000 letters": (f"--{'x' * 40_000}", "1"),
}


@pytest.mark.parametrize(("option", "text"), WRONG.values(), ids=[ascii(name) for name in WRONG])
def test_it_is_answered_in_one_short_line(option, text, data, capsys):
    right = RIGHT | {"--data": data}
    right = {name: value for name, value in right.items() if name != option and (option, name) != ("--epochs", "--steps")}
    assert main(["compare", *(f"{name}={value}" for name, value in right.items()), f"{option}={text}"]) == 2
    out, err = capsys.readouterr()
    assert not out and len(err.splitlines()) == 1 and len(err) < 300
    assert all(letter.isprintable() for letter in err.rstrip("\n")) and "Traceback" not in err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("verb", [["compare"], ["spread"], ["spread", "--input", "randn"]], ids=" ".join)
def test_a_network_larger_than_the_memory_is_refused_before_it_is_made(verb, data, capsys):
    width = min(int((memory() / 32) ** 0.5) + 1, 1_000_000)
    where = [] if "randn" in verb else ["--data", data]
    assert main([*verb, *where, "--hidden", f"{width}x3"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and len(err) < 300 and "fit in the memory" in err


def test_more_runs_than_a_machine_can_do_are_refused(data, capsys):
    assert main(["compare", "--data", data, "--seeds", "10000", "--lr", *map(str, range(1, 13))]) == 2
    assert "360,000 runs, but at most 100,000" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["--version"], ["--help"]], ids=" ".join)
def test_help_and_version_return_their_exit_code(argv, capsys):
    assert main(argv) == 0
    assert "scratchnet" in capsys.readouterr().out


# Standard output and standard error that take nothing.


class Broken:
    """A stream whose every write fails."""

    def __init__(self, number):
        self.number = number

    def write(self, text):
        raise OSError(self.number, os.strerror(self.number))

    def flush(self):
        self.write("")

    def isatty(self):
        return False


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize(("number", "code"), [(28, 1), (32, 0), (5, 1)], ids=["full", "gone", "broken"])
def test_a_run_is_saved_although_standard_output_takes_nothing(number, code, data, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout", Broken(number))
    argv = ["compare", "--data", data, *(f"{name}={value}" for name, value in RIGHT.items()), "--quiet", "--out", "here"]
    assert main([*argv, "--jobs=1"]) == code
    assert Path("here/report.html").exists() and Path("here/results.jsonl").read_bytes().count(b"\n") == 1
    err = capsys.readouterr().err
    assert err == (f"scratchnet: standard output cannot be written ({os.strerror(number)})\n" if code else "")


@pytest.mark.usefixtures("nothing_drawn")
def test_a_run_is_saved_although_standard_error_takes_nothing(data, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr", Broken(28))
    argv = ["compare", "--data", data, *(f"{name}={value}" for name, value in RIGHT.items()), "--out", "here"]
    assert main([*argv, "--jobs=1"]) == 0
    assert Path("here/report.html").exists() and "test accuracy" in capsys.readouterr().out
    assert main([*argv, "--lr=x"]) == 2
