"""The command line: what it writes and prints, one sentence for each mistake, exit codes, and Ctrl-C."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from small import write_idx_folder

import scratchnet as sn
from scratchnet.cli.main import main
from scratchnet.comparison import Comparison

QUICK = ["--hidden", "8x2", "--steps", "6", "--seeds", "2", "--batch-size", "16"]
FILES = {"run.json", "results.jsonl", "results.csv", "spread.csv", "report.html"} | {
    f"{name}.{ending}"
    for name in ("loss", "activations", "activations_after", "spread", "update_ratios")
    for ending in ("png", "svg")
}
CLEAN = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONIOENCODING")}


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return str(write_idx_folder(tmp_path_factory.mktemp("idx")))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def empty_figures(monkeypatch):
    """Figures take a second a comparison: where they do not matter, an empty one will do."""
    monkeypatch.setattr(Comparison, "figures", lambda *_: {"loss": Figure()})


@pytest.fixture
def run(data, capsys):
    """Exit code, standard output and standard error of a command on the small set."""

    def run(verb, *words):
        where = [] if "--data" in words or "randn" in words else ["--data", data]
        try:
            code = main([verb, *where, *words])
        except SystemExit as error:
            code = error.code
        return code, *capsys.readouterr()

    return run


def start(*words, **settings):
    """The command in a process of its own."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": CLEAN} | settings
    return subprocess.Popen([sys.executable, "-W", "error", "-m", "scratchnet", *words], **settings)


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_compare_writes_its_files_and_prints_its_table(run):
    code, out, err = run("compare", *QUICK, "--out", "here")
    assert code == 0
    assert {path.name for path in Path("here").iterdir()} == FILES
    for label in ("std 0.01", "Xavier (book", "He"):
        assert sum(line.startswith(label) for line in out.splitlines()) >= 1
    assert "ln 4 = 1.386" in out and "came out best" in out
    assert all(name in out for name in FILES)
    assert "36" in err and "300 + 100 images" in err and "6 steps" in err and "3 initializers" in err and "here" in err
    assert len(Path("here/results.jsonl").read_text().splitlines()) == 6


def test_report_draws_anew_what_compare_has_written(run, data, monkeypatch, capsys):
    words = ["compare", *QUICK, "--data", data, "--init", "He", "0.01", "--out", "here"]
    monkeypatch.setattr(sys, "argv", ["scratchnet", *words])
    assert main(words) == 0
    kept = {path.name: path.read_bytes() for path in Path("here").iterdir()}
    for name in FILES - {"run.json", "results.jsonl"}:
        Path("here", name).unlink()
    capsys.readouterr()
    assert main(["report", "here", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 4
    assert {path.name: path.read_bytes() for path in Path("here").iterdir()} == kept


def test_report_of_what_is_no_comparison_is_one_sentence(run, capsys):
    Path("made_in_python").mkdir()
    Path("made_in_python", "run.json").write_text('{"command": ["my_script.py"], "runs": []}')
    Path("torn").mkdir()
    Path("torn", "run.json").write_text("{")
    for folder, words in (
        ("made_in_python", "was not written by"),
        ("torn", "holds no run.json"),
        ("gone", "holds no run.json"),
    ):
        assert main(["report", folder]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.usefixtures("empty_figures")
def test_without_out_a_folder_is_made_for_each_comparison(run):
    assert run("compare", *QUICK)[0] == run("compare", *QUICK)[0] == 0
    folders = list(Path("runs").iterdir())
    assert len(folders) == 2
    assert all((folder / "results.csv").is_file() for folder in folders)


def test_the_command_saves_what_the_function_does(run, data):
    run("compare", *QUICK, "--init", "He", "--out", "here")
    settings = {"hidden": [8, 8], "steps": 6, "seeds": 2, "batch_size": 16, "progress": False}
    sn.compare([sn.He()], data=sn.load_idx(data), **settings).save("there")
    for name in FILES - {"run.json"}:
        assert Path("here", name).read_bytes() == Path("there", name).read_bytes()


def test_json_is_one_object_and_nothing_else(run):
    code, out, err = run("compare", *QUICK, "--json", "--out", "here")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert set(told) == {"runs", "files", "out"} and told["out"] == "here"
    names = {"initializer", "seed", "steps", "test_accuracy", "first_loss", "final_loss", "diverged"}
    assert len(told["runs"]) == 6 and all(names <= set(one) for one in told["runs"])
    assert {Path(file).name for file in told["files"]} == FILES
    assert all(Path(file).is_file() for file in told["files"])


@pytest.mark.usefixtures("empty_figures")
def test_quiet_says_nothing_but_the_results(run):
    code, out, err = run("compare", *QUICK, "--quiet")
    assert (code, err) == (0, "") and "He" in out


@pytest.mark.usefixtures("empty_figures")
def test_results_are_not_overwritten(run):
    run("compare", *QUICK, "--out", "here")
    before = Path("here/results.jsonl").read_bytes()
    code, out, err = run("compare", *QUICK, "--out", "here")
    assert (code, out) == (2, "") and "here already holds the results" in err and len(err.splitlines()) == 1
    assert Path("here/results.jsonl").read_bytes() == before


@pytest.mark.usefixtures("empty_figures")
def test_initializers_are_named_in_many_ways(run):
    words = ["TruncatedNormal(0.02)", "He(draw=uniform)", "0.01", "book.xavier", "Xavier", "he", "torchdefault"]
    code, out, _ = run("compare", *QUICK, "--json", "--init", *words)
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


def test_several_values_of_several_options_are_all_combined(run):
    words = ["--hidden", "8x2", "6", "--activation", "ReLU", "Tanh", "--lr", "0.1", "0.01"]
    code, out, _ = run("compare", *QUICK, "--init", "He", "LeCun", *words, "--seeds", "1", "--out", "here", "--quiet")
    runs = json.loads(Path("here/run.json").read_text())["runs"]
    assert code == 0 and len(runs) == len({one["key"] for one in runs}) == 2**4
    assert out.count("\nHe / 8x2 / Tanh / SGD(lr=0.1) ") == 1
    assert Path("here/accuracy.png").is_file()


@pytest.mark.usefixtures("empty_figures")
@pytest.mark.parametrize("words, name, value", FLAGS.values(), ids=list(FLAGS))
def test_flags_are_written_down_as_they_were_meant(words, name, value, run):
    code, _, err = run("compare", *QUICK, "--init", "He", "--out", "here", *words)
    assert code == 0, err
    assert json.loads(Path("here/run.json").read_text())["runs"][0][name] == value


@pytest.mark.usefixtures("empty_figures")
def test_epochs_are_passes_through_the_data(run):
    code, out, _ = run("compare", "--init", "He", "--hidden", "8", "--epochs", "2", "--batch-size", "100", "--json")
    assert code == 0 and {one["steps"] for one in json.loads(out)["runs"]} == {6}


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


def is_one_line(code, out, err, message):
    assert code in (1, 2), (code, err)
    assert out == "" and "Traceback" not in err
    assert len(err.splitlines()) == 1, err
    assert message in err
    return True


@pytest.mark.parametrize("words, message", WRONG.values(), ids=list(WRONG))
def test_a_mistake_is_answered_in_one_line(words, message, run):
    right = {"--init": ["He"], "--hidden": ["8"], "--steps": ["6"], "--seeds": ["1"], "--batch-size": ["16"]}
    if "--epochs" in words:
        del right["--steps"]
    keep = [word for flag, values in right.items() if flag not in words for word in (flag, *values)]
    assert is_one_line(*run("compare", *keep, *words), message)
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


@pytest.mark.parametrize("words", SPREAD_WRONG.values(), ids=list(SPREAD_WRONG))
def test_a_mistake_in_spread_is_answered_in_one_line(words, run):
    assert is_one_line(*run("spread", *words), "")
    assert not list(Path().iterdir())


@pytest.mark.parametrize("spoil", [lambda old: old[:-40], lambda old: b"\x89PNG\r\n\x1a\n"], ids=["truncated", "foreign"])
def test_spoilt_data_is_named_in_one_line(spoil, run):
    path = write_idx_folder(Path("set")) / "train-images-idx3-ubyte.gz"
    path.write_bytes(spoil(path.read_bytes()))
    assert is_one_line(*run("compare", *QUICK, "--data", "set"), "train-images-idx3-ubyte.gz")


@pytest.mark.parametrize("verb", ["compare", "spread"])
def test_an_out_that_is_a_file_is_named_in_one_line(verb, run):
    Path("file").write_text("precious")
    assert is_one_line(*run(verb, *(QUICK if verb == "compare" else []), "--out", "file"), "file")
    assert Path("file").read_text() == "precious"


@pytest.mark.parametrize("words", [[], ["compair"], ["--verbose"]], ids=["no verb", "a wrong verb", "a flag alone"])
def test_without_a_verb_usage_is_one_line(words, capsys):
    with pytest.raises(SystemExit) as exit:
        main(words)
    assert is_one_line(exit.value.code, *capsys.readouterr(), "--help")


@pytest.mark.parametrize("words", [["--help"], ["compare", "--help"], ["spread", "--help"]], ids=" ".join)
def test_help_tells_the_flags(words, capsys):
    with pytest.raises(SystemExit) as exit:
        main(words)
    assert exit.value.code == 0
    assert ("compare" in (told := capsys.readouterr().out) and len(words) == 1) or "--init" in told


@pytest.mark.usefixtures("empty_figures")
def test_diverged_runs_are_told_and_are_no_failure(run):
    code, out, _ = run("compare", *QUICK, "--steps", "60", "--seeds", "1", "--lr", "1e9", "--init", "He")
    assert code == 0 and "1 of 1" in out and "diverged in 1 of 1 runs" in out


@pytest.mark.parametrize(
    "words", [[], ["--activation", "Tanh", "--hidden", "9x2", "--init", "He", "0.1"]], ids=["default", "own"]
)
def test_spread_prints_a_table_for_each_initializer(words, run):
    code, out, err = run("spread", *words, "--out", "here")
    assert (code, err) == (0, "")
    kind, depth, inits = ("Tanh", 2, 2) if words else ("ReLU", 4, 4)
    assert out.count(f"\n{kind}{depth} ") == out.count("rms dW") == inits and f"{kind}{depth + 1}" not in out
    assert out.count("predicted, and measured in brackets") == inits
    for label in words[-2:] or ["std 1", "std 0.01", "Xavier (book: 1/n)", "He"]:
        label = "std 0.1" if label == "0.1" else label
        assert re.search(rf"^\* {re.escape(label)} (will|may|starts|how)", out, re.MULTILINE), label
    figures = ("activations", "spread", "update_ratios", "singular_values", "trainability")
    assert {path.name for path in Path("here").iterdir()} == {
        *(f"{name}.{ending}" for name in figures for ending in ("png", "svg")),
        "spread.csv",
    }


def test_spread_of_randn_is_the_books_histograms(run):
    code, out, _ = run("spread", "--input", "randn", "--out", "here")
    assert code == 0
    assert out.count("\nSigmoid5 ") == 4 and "rms dW" not in out
    rows = Path("here/spread.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 4 * 10  # predicted and measured


def test_spread_in_json_is_one_object(run):
    code, out, err = run("spread", "--init", "He", "--hidden", "8x2", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    for kind in ("predicted", "measured"):
        assert [row["name"] for row in told[kind]] == ["Affine1", "ReLU1", "Affine2", "ReLU2", "Affine3"]
        assert {row["spread"] for row in told[kind]} == {kind}
    assert "will train" in told["outlook"]["He"] and "edge of chaos" in told["reach"]["He"]
    assert set(told["first_loss"]) == {"He"} and all(Path(file).is_file() for file in told["files"])


def test_a_deep_network_whose_signal_dies_is_drawn(run):
    assert run("spread", "--input", "randn", "--activation", "Tanh", "--hidden", "10x15", "--init", "0.01")[0] == 0


def test_the_module_runs_as_a_command():
    code, out, err = finish(start("--help"))
    assert (code, err) == (0, b"") and b"compare" in out


def test_exit_codes_reach_the_shell(data):
    code, out, err = finish(start("compare", "--data", data, "--init", "Hee"))
    assert (code, out) == (2, b"") and len(err.splitlines()) == 1 and b"did you mean He?" in err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_any_code_page_will_do(encoding, data):
    words = ["compare", "--data", data, *QUICK, "--out", "here"]
    code, out, err = finish(start(*words, env=CLEAN | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}))
    assert code == 0 and b"Traceback" not in err and b"came out best" in out
    assert {path.name for path in Path("here").iterdir()} == FILES
    assert b"\r" not in err  # off a terminal, lines and no bar


def test_a_code_page_does_not_stop_a_mistake_from_being_told(data):
    words = ["compare", "--data", data, "--init", "√n"]
    code, _, err = finish(start(*words, env=CLEAN | {"PYTHONIOENCODING": "ascii"}))
    assert code == 2 and b"Traceback" not in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("verb", ["compare", "spread"])
def test_show_without_a_display_says_so(verb, data):
    words = QUICK if verb == "compare" else ["--hidden", "8x2"]
    code, _, err = finish(start(verb, "--data", data, *words, "--init", "He", "--out", "here", "--show"))
    assert code == 0 and b"no display" in err and b"Traceback" not in err
    assert Path("here/spread.png").is_file()


def test_a_reader_that_goes_away_is_no_traceback(data):
    process = start("compare", "--data", data, *QUICK, "--quiet")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 1)


def on_a_terminal(*words):
    """The command with a terminal of 120 letters of its own, and our end of it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))
    process = start(
        *words,
        stdin=theirs,
        stderr=theirs,
        env=CLEAN | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    return process, ours


def rest_of(ours):
    """What is shown on a terminal until the command ends."""
    seen = b""
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the other end was closed
            os.close(ours)
            return seen


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_bar_is_drawn_on_a_terminal(jobs, data):
    words = ["compare", "--data", data, "--hidden", "8x2", "--steps", "300", "--seeds", "2", "--jobs", jobs]
    process, ours = on_a_terminal(*words, "--init", "He", "1e9")
    seen = rest_of(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and b"He" in out
    assert b"\r" in seen and b"1200/1200" in seen and b"step/s" in seen and b", seed " in seen
    assert b"loss" in seen and b"diverged 2" in seen


def test_ctrl_c_on_a_terminal_reaches_the_workers_too_who_go_on(data):
    words = ["compare", "--data", data, "--hidden", "8x2", "--steps", "8000", "--seeds", "20", "--jobs", "2"]
    process, ours = on_a_terminal(*words, "--init", "He", "--out", "here")
    wait_for(lambda: lines_of(Path("here/results.jsonl")), process)
    os.write(ours, b"\x03")
    seen = rest_of(ours)
    out, _ = process.communicate(timeout=60)
    runs = lines_of(Path("here/results.jsonl"))
    assert process.returncode == 130 and b"finishing the runs in hand" in seen and b"Traceback" not in seen
    assert 2 <= runs < 20 and f"Stopped after {runs} of 20 runs".encode() in out


def lines_of(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition, process):
    until = time.monotonic() + 40
    while not condition():
        assert process.poll() is None and time.monotonic() < until, process.stderr.read()
        time.sleep(0.02)


@pytest.fixture
def long_comparison(data):
    """A comparison of forty runs, caught after its first; some seconds each, if left alone."""
    words = ["compare", "--data", data, "--hidden", "8x2", "--seeds", "20", "--init", "He", "Xavier", "--out", "here"]
    process = start(*words, "--steps", "15000")
    try:
        wait_for(lambda: lines_of(Path("here/results.jsonl")), process)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_ctrl_c_once_finishes_the_run_in_hand_and_writes_what_there_is(long_comparison):
    before = lines_of(Path("here/results.jsonl"))
    long_comparison.send_signal(signal.SIGINT)
    code, out, err = finish(long_comparison)
    assert code == 130 and b"Traceback" not in err and b"finishing the runs in hand" in err
    runs = [json.loads(line) for line in Path("here/results.jsonl").read_text().splitlines()]
    # the two in hand, and others if they ended while the signal was under way
    assert before <= len(runs) <= before + 4 and all(run["steps"] == 15_000 for run in runs)
    assert f"Stopped after {len(runs)} of 40 runs;".encode() in out
    assert {path.name for path in Path("here").iterdir()} == FILES
    assert len(Path("here/results.csv").read_text().splitlines()) == 1 + len(runs)


def test_ctrl_c_twice_stops_at_once_and_keeps_what_is_finished(long_comparison):
    before = lines_of(Path("here/results.jsonl"))
    long_comparison.send_signal(signal.SIGINT)
    told = b""
    while b"again stops now" not in told:
        told += long_comparison.stderr.readline()
    long_comparison.send_signal(signal.SIGINT)
    code, _, err = finish(long_comparison)
    assert code == 130 and b"Traceback" not in told + err
    assert before <= lines_of(Path("here/results.jsonl")) <= before + 2  # of those in hand, one may have ended meanwhile
    assert all(json.loads(line)["steps"] == 15_000 for line in Path("here/results.jsonl").read_text().splitlines())
    assert not list(Path("here").glob(".*part"))


def test_ctrl_c_before_anything_has_run_is_130(data):
    words = [
        "compare",
        "--data",
        data,
        "--hidden",
        "8",
        "--seeds",
        "1",
        "--init",
        "He",
        "--steps",
        "1000000000",
        "--out",
        "here",
    ]
    process = start(*words)
    try:
        wait_for(lambda: re.search(rb"time", process.stderr.readline()), process)
        time.sleep(0.3)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        code, _, err = finish(process)
    finally:
        process.kill()
    assert code == 130 and b"Traceback" not in err
