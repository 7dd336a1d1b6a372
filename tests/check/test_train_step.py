"""A step of training that cannot learn ten rows by heart is told why."""

import numpy as np
import pytest
from check.steps import FAULTS, KINDS, RIGHT

from scratchnet.check.readers_code import kind_of
from scratchnet.check.train_step import check_training
from scratchnet.cli.main import main
from scratchnet.support.validation import InputError

WRONG = [(kind, fault) for kind in KINDS for fault in FAULTS if (kind, fault) != ("one-hot", "large")]  # Adam recovers


def kept(step):
    """The numbers that a step keeps."""
    from scratchnet.check.state import State

    return {path: array.copy() for path, array in State(step).arrays().items()}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what diverges overflows
@pytest.mark.parametrize(("kind", "fault"), WRONG)
def test_each_fault_is_named(kind, fault):
    report = check_training(KINDS[kind](fault))
    assert report.diagnoses == (FAULTS[fault],), str(report)


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_step_passes_and_everything_is_put_back(kind):
    step = RIGHT[kind]()
    before, state = kept(step), getattr(np.random, "get_state")()  # noqa: B009
    report = check_training(step)
    assert report.ok, str(report)
    after = kept(step)
    assert all(np.array_equal(before[path], after[path]) for path in before)
    assert str(state) == str(getattr(np.random, "get_state")())  # noqa: B009


def test_weights_that_shrink_the_signal_are_no_fault_of_the_rows():
    import scratchnet as sn

    report = check_training(sn.Trainer(sn.mlp(20, [20] * 4, 5, init=0.01, seed=0), sn.SGD(0.01)))
    assert set(report.diagnoses) <= {"lr-too-small", "other"} and "first weights" in str(report)
    assert "the first weights" in str(report)


def test_a_batch_within_the_step_is_no_missing_row():
    rng, W = np.random.default_rng(0), np.zeros((30, 3))

    def train_step(x, t):
        rows = rng.choice(len(x), 6)
        x, t = x[rows], t[rows]
        y = np.exp(x @ W) / np.exp(x @ W).sum(axis=1, keepdims=True)
        W[...] -= 0.5 * x.T @ (y - np.eye(3)[t]) / len(t)
        return -np.log(y[np.arange(len(t)), t]).mean()

    report = check_training(train_step)
    assert report.ok, str(report)


STEPS = """import numpy as np
import scratchnet as sn

W = 0.1 * np.random.default_rng(0).standard_normal((6, 3))

def train_step(x, t):
    y = np.exp(x @ W)
    y /= y.sum(axis=1, keepdims=True)
    {update}
    return {loss}

def make():
    return sn.Trainer(sn.mlp(7, [9], 3, seed=0), sn.SGD(0.3))
"""
RIGHT_LINES = {
    "update": "W[...] -= 0.5 * x.T @ (y - np.eye(3)[t]) / len(t)",
    "loss": "-np.log(y[np.arange(len(t)), t]).mean()",
}


@pytest.mark.parametrize(
    ("changed", "subject", "code", "words"),
    [
        ({}, "train_step", 0, "learns a batch by heart"),
        ({}, "train_step --in-shape 8,6", 0, "learns a batch by heart"),
        ({}, "make", 0, "every weight moves"),
        ({"loss": "None"}, "train_step", 1, "returns-nothing"),
        ({"loss": "-np.log(y[np.arange(len(t)), t])"}, "train_step", 1, "not-a-number"),
        ({"loss": "-np.log(y[0, t[0]])"}, "train_step", 1, "wrong-reduction"),
        ({"update": "global W; W = W + x.T @ (y - np.eye(3)[t]) / len(t)"}, "train_step", 1, "loss-sign"),
        ({"update": "raise NotImplementedError"}, "train_step", 3, "not-written"),
        ({}, "train_step --in-shape 8,5", 1, "matmul"),
    ],
)
def test_on_the_command_line(tmp_path, monkeypatch, capsys, changed, subject, code, words):
    lines = RIGHT_LINES | changed
    text = STEPS.replace("{update}", lines["update"]).replace("{loss}", lines["loss"])
    if "global" in text:
        text = text.replace("def train_step(x, t):", "def train_step(x, t):\n    global W").replace("global W; ", "")
    (tmp_path / "my.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["check", *f"my.py:{subject}".split()]) == code
    assert words in capsys.readouterr().out


def test_what_takes_no_batch_is_one_sentence():
    def train_step(x, t):
        raise ValueError("no")

    with pytest.raises(InputError, match=r"takes none of the usual batches \(ValueError: no\): give the shape"):
        check_training(train_step)
    with pytest.raises(InputError, match="but a Trainer or a function train_step"):
        check_training(lambda: 3)


def test_a_step_is_told_from_other_functions():
    assert kind_of(KINDS["plain"]()) == kind_of(KINDS["trainer"]()) == kind_of(KINDS["regression"]()) == "training"
    assert kind_of(KINDS["one-hot"]()) == "training"
