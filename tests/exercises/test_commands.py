"""scratchnet exercises, scratchnet check, and compare with what stands in a reader's file; what the READMEs say."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from exercises.test_exercises import EXERCISES, solution, wrong
from small import draw_nothing, write_idx_folder

import scratchnet as sn
from scratchnet.cli import exercises, values
from scratchnet.cli.main import main, parser
from scratchnet.exercises.course import copy_exercises, find_exercise, readers_file

QUICK = ["--hidden", "8x2", "--steps", "3", "--seeds", "1", "--batch-size", "16", "--quiet"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Exit code, standard output and standard error of a command, in a folder with fresh copies."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return main(words), *capsys.readouterr()

    assert run("exercises", ".")[0] == 0
    return run


def write(number, text):
    readers_file(find_exercise(number)).write_text(text, encoding="utf-8")


def test_check_shows_where_one_stands_and_what_is_next(run):
    assert run("check")[0] == 3
    write("01", solution("01"))
    write("03", wrong("03", "mask-inverted"))
    code, out, err = run("check")
    assert code == 1 and not err
    assert re.search(r"01  Why is the first loss.* right$", out, re.MULTILINE)
    assert re.search(r"03  How does.* wrong +mask-inverted$", out, re.MULTILINE)
    assert out.count("not attempted") == 13
    assert out.endswith("1 of 15 right. Next: scratchnet check 02\n")


def test_check_of_one_says_what_is_wrong_and_where_to_look(run):
    assert run("check", "03")[0] == 3
    write("03", wrong("03", "mask-inverted"))
    code, out, _ = run("check", "3")
    assert code == 1
    assert "mask-inverted" in out and "wrong way round" in out and "should be" in out and "check 03 --hint" in out
    right = solution("03").replace(
        "np.where(self.x > 0, dout, self.slope * dout)", "dout * np.where(self.x > 0, 1, self.slope)"
    )
    write("03", right)
    code, out, _ = run("check", "leaky_relu")
    assert code == 0
    assert "right  float32\n         It is right. A remark: it makes float64 numbers from float32 ones" in out
    assert "scratchnet compare --activation ReLU 03_leaky_relu/exercise.py:LeakyReLU" in out


def test_all_right_is_exit_code_0(run):
    for one in EXERCISES:
        write(one.number, solution(one.number))
    code, out, _ = run("check")
    assert code == 0
    assert out.endswith("15 of 15 right.\n")


def test_json_is_one_object_whatever_the_file_prints(run):
    write("04", "print('here')\n" + wrong("04", "fans-swapped"))
    code, out, err = run("check", "04", "--json")
    told = json.loads(out)
    assert code == 1
    assert (told["number"], told["standing"]) == ("04", "wrong")
    assert told["report"]["findings"][1]["diagnosis"] == "fans-swapped"
    code, out, err = run("check", "--json")
    assert code == 1 and not err
    assert [one["standing"] for one in json.loads(out)["exercises"]].count("not attempted") == 14


def test_what_a_file_prints_goes_to_standard_error(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    copy_exercises(".")
    write("04", "print('I am here')\n" + solution("04"))
    assert main(["check", "04"]) == 0
    seen = capfd.readouterr()
    assert seen.err == "I am here\n" and "I am here" not in seen.out


def test_hints_open_one_after_the_other(run):
    shown = [run("check", "03", *words) for words in (["--hint"], ["--hint", "2"], ["--hint", "3"])]
    assert [code for code, _, _ in shown] == [0, 0, 0]
    texts = find_exercise("03").hints()
    for i, (_, out, _) in enumerate(shown):
        assert texts[i] in out
        assert f"Hint {i + 1} of 3" in out
        assert (f"--hint {i + 2}" in out) == (i < 2)
    assert json.loads(run("check", "03", "--hint", "2", "--json")[1])["text"] == texts[1]


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        (["check", "16"], "from 01 to 15"),
        (["check", "03", "--hint", "4"], "at most 3"),
        (["check", "--hint"], "write its number"),
        (["check", "03", "--watch", "--json"], "one of them"),
        (["check", "--dir", "nowhere"], "scratchnet exercises nowhere"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(run, words, piece):
    code, out, err = run(*words)
    assert code == 2 and not out
    assert piece in err and err.count("\n") == 1


def test_watch_checks_again_when_the_file_is_saved(run, monkeypatch):
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 2:  # after a look at which nothing had changed
            write("03", solution("03"))
        if len(naps) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(exercises, "time", type("", (), {"sleep": staticmethod(sleep)}))
    code, out, _ = run("check", "03", "--watch")
    assert code == 130
    assert re.findall(r"LeakyReLU\?: ([a-z ]+)$", out, re.MULTILINE) == ["not attempted", "right"]


def test_exercises_names_the_files_that_it_leaves(run):
    write("03", "mine")
    code, out, err = run("exercises", ".")
    assert code == 0
    assert out.startswith("0 files written")
    assert err.count("left as it is") == 30
    assert readers_file(find_exercise("03")).read_text(encoding="utf-8") == "mine"


# compare


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_idx_folder(tmp_path_factory.mktemp("idx")))


def test_compare_takes_what_a_reader_has_written_in_two_processes(run, data, monkeypatch):
    draw_nothing(monkeypatch.setattr)
    for number in ("03", "06", "09"):
        write(number, solution(number))
    inits = ["He", "06_he/exercise.py:He(slope=0.5)", "06_he/exercise.py:He", "09_orthogonal/exercise.py:orthogonal"]
    activations = ["03_leaky_relu/exercise.py:LeakyReLU(0.5)", "LeakyReLU(0.5)"]
    words = ["compare", *QUICK, "--data", data, "--init", *inits, "--activation", *activations, "--json"]
    found = {}
    for jobs in ("1", "2"):
        code, out, _ = run(*words, "--jobs", jobs, "--out", f"jobs{jobs}")
        assert code == 0
        found[jobs] = {one["label"]: one["final_loss"] for one in json.loads(out)["runs"]}
    assert found["1"] == found["2"]
    labels = ["He", "He(slope=0.5)", "06_he/exercise.py:He", "orthogonal"]
    assert list(found["2"]) == [f"{init} / {activation}" for init in labels for activation in activations]
    assert len(set(found["2"].values())) == 3  # He's own and the reader's are alike, and so are the two LeakyReLUs
    for activation in activations:
        assert found["2"][f"He / {activation}"] == found["2"][f"06_he/exercise.py:He / {activation}"]


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        (["--init", "04_lecun/exercise.py:LeCun"], "NotImplementedError"),
        (["--init", "04_lecun/exercise.py:Nothing"], "Nothing"),
        (["--init", "nowhere.py:LeCun"], "no file nowhere.py"),
        (["--init", "torn.py:LeCun"], "torn.py cannot be read"),
        (["--init", "breaks.py:LeCun"], "ZeroDivisionError"),
        (["--init", "04_lecun/exercise.py:"], "write my.py:MyLayer"),
        (["--init", "06_he/exercise.py:He(print(3))"], "a plain value"),
        (["--init", "13_convolution_fans/exercise.py:he(2)"], "without brackets"),
        (["--init", "06_he/exercise.py:He(2, 3, 4)"], "wrong arguments"),
        (["--init", "13_convolution_fans/exercise.py:fans_of"], "positional argument"),
        (["--activation", "03_leaky_relu/exercise.py:LeakyReLU"], "NotImplementedError"),
        (["--activation", "03_leaky_relu/exercise.py:np"], "a class of layers"),
        (["--activation", "06_he/exercise.py:He"], "a layer is needed"),
    ],
)
def test_compare_answers_a_mistake_in_a_readers_file_in_one_sentence(run, data, words, piece):
    Path("torn.py").write_text("def LeCun(:\n", encoding="utf-8")
    Path("breaks.py").write_text("1 / 0\n", encoding="utf-8")
    code, out, err = run("compare", *QUICK, "--data", data, *words)
    assert code == 2 and not out
    assert piece in err and err.count("\n") == 1


def test_spread_takes_them_too_and_answers_a_mistake_in_one_sentence(run, data):
    words = ["spread", "--data", data, "--hidden", "8", "--quiet", "--activation", "03_leaky_relu/exercise.py:LeakyReLU"]
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert "NotImplementedError" in err and err.count("\n") == 1
    write("03", solution("03"))
    assert values.activation(words[-1])(slope=0.3).slope == 0.3
    code, out, _ = run(*words, "--json", "--init", "He", "--out", "spread")
    assert code == 0 and "LeakyReLU1" in out


def test_an_own_initializer_takes_the_draws_by_name(run):
    text = "import scratchnet as sn\n\n\nclass Mine(sn.He):\n    pass\n"
    Path("mine.py").write_text(text, encoding="utf-8")
    ((label, init),) = values.by_label([values.network_initializer("mine.py:Mine(draw=uniform)")]).items()
    assert label == "Mine(draw=uniform)"
    assert init.draw is sn.uniform


# What the READMEs say


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.folder)
def test_a_readme_has_a_question_hints_and_something_to_see(one, run):
    text = one.readme()
    assert text.startswith(f"# {one.number}. {one.title}\n")
    assert "?" in text.partition("## Write")[0] and "```" in text.partition("## Write")[0]
    assert f"`scratchnet check {one.number}`" in text
    assert all(name in text.partition("## Write")[2].partition("## Hints")[0] for name in one.parts())
    hints = one.hints()
    assert len(set(hints)) == 3 and min(map(len, hints)) > 20
    command, _, seen = one.see_it().partition("\n\n")
    assert len(seen) > 30
    write(one.number, solution(one.number))
    arguments = parser().parse_args(shlex.split(command)[1:])
    inits, makers = values.by_label(arguments.init), arguments.activation or [sn.ReLU]
    own = [word for word in shlex.split(command) if values.from_file(word)]
    assert own and all(word.startswith(f"{one.folder}/exercise.py:") for word in own)
    for init in inits.values():
        for maker in makers:
            net = sn.mlp(9, [100], 10, maker, sn.He() if hasattr(init, "look_at") else init, seed=0)
            x = np.random.default_rng(0).standard_normal((20, 9)).astype(np.float32)
            if hasattr(init, "look_at"):
                net.initialize(init, images=x)
            scores = net.forward(x)
            net.backward(scores)
            assert np.isfinite(scores).all()


def test_the_fifteen_are_numbered_and_hold_what_an_exercise_needs():
    assert [one.number for one in EXERCISES] == [f"{n:02}" for n in range(1, 16)]
    needed = {"README.md", "exercise.py", "judge.py", "answers.py"}
    assert all({path.name for path in one.path.iterdir() if path.is_file()} == needed for one in EXERCISES)


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.folder)
def test_a_stub_is_short_and_has_a_hole_for_each_part(one):
    text = (one.path / "exercise.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert text.startswith(f'"""{one.number}. ')
    assert text.count("raise NotImplementedError") >= len(one.parts())
    assert all(re.search(rf"^(def|class) {name}\(", text, re.MULTILINE) for name in one.parts())
