"""Every mistake gets its own word, everything of the library's own is right, and nothing right is called wrong."""

import json

import numpy as np
import pytest
from check.wrong_layers import ACTIVATIONS, LAYERS, LOSSES
from check.wrong_optimizers import INITIALIZERS, OPTIMIZERS, he

import scratchnet as sn
from scratchnet.cli.main import main
from scratchnet.initializers.names import KINDS
from scratchnet.optimizers import OPTIMIZERS as OURS

OWN_ACTIVATIONS = [sn.ReLU, sn.LeakyReLU, sn.ELU, sn.SELU, sn.Sigmoid, sn.Tanh, sn.Softsign, sn.Softplus, sn.SiLU]
OWN_ACTIVATIONS += [sn.Mish, sn.GELU, sn.Identity]
OWN_LAYERS = [
    (sn.Affine(7, 3), (4, 7)),
    (sn.PReLU(7), (4, 7)),
    (sn.Scale(0.3), (4, 7)),
    (sn.Scale(0), (2, 4, 4, 2)),
    (sn.Scale(sn.Normal(1)), (4, 7)),
    (sn.Residual([sn.Affine(7, 7), sn.Tanh(), sn.Affine(7, 7), sn.Scale(0.5)]), (4, 7)),
    (sn.BatchNorm(7), (4, 7)),
    (sn.BatchNorm(2), (3, 4, 4, 2)),
    (sn.LayerNorm(7), (4, 7)),
    (sn.Dropout(0.3), (4, 7)),
    (sn.Convolution(2, 3, 3, pad=1), (2, 5, 5, 2)),
    (sn.Convolution(4, 6, 2, stride=2, groups=2), (2, 4, 4, 4)),
    (sn.MaxPool(2), (2, 4, 4, 2)),
    (sn.AveragePool(2), (2, 4, 4, 2)),
    (sn.Flatten(), (2, 4, 4, 2)),
    (sn.Residual([sn.Affine(7, 7), sn.Tanh()]), (4, 7)),
]
ARGUMENTS = {
    "Constant": (0.1,),
    "Normal": (0.1,),
    "Uniform": (0.1,),
    "UniformBetween": (-0.1, 0.1),
    "TruncatedNormal": (0.1,),
}
ARGUMENTS |= {"TorchSparse": (0.9,), "ExactGain": (sn.ReLU,), "Critical": (sn.ReLU,)}
FOR_CONVOLUTIONS = ("Dirac", "DeltaOrthogonal")  # which the checks, with weights of two axes, cannot ask
OWN_INITIALIZERS = [kind(*ARGUMENTS.get(name, ())) for name, kind in KINDS.items() if name not in FOR_CONVOLUTIONS]


@sn.parametrize_with_checks(
    [*OWN_ACTIVATIONS, *OWN_LAYERS, sn.SoftmaxCrossEntropy, sn.MSE, *OURS.values(), *OWN_INITIALIZERS]
)
def test_the_librarys_own(check):
    check()


@pytest.mark.parametrize("name", FOR_CONVOLUTIONS)
def test_an_initializer_for_convolutions_fails_at_its_first_draw(name):
    report = sn.check_initializer(KINDS[name]())
    assert [(finding.check, finding.passed, finding.diagnosis) for finding in report.findings] == [
        ("draws", False, "raises")
    ]


def ids(table):
    return [f"{i}-{one[0]}" for i, one in enumerate(table)]


@pytest.mark.parametrize(("word", "layer", "in_shape"), LAYERS, ids=ids(LAYERS))
def test_a_wrong_layer_gets_its_word(word, layer, in_shape):
    report = sn.check_layer(layer, in_shape)
    assert report.diagnoses[:1] == (word,), str(report)
    assert all(len(finding.text) > 15 for finding in report.failures)


@pytest.mark.parametrize(("word", "activation"), ACTIVATIONS, ids=ids(ACTIVATIONS))
def test_a_wrong_activation_gets_its_word(word, activation):
    report = sn.check_activation(activation)
    assert report.diagnoses[:1] == (word,), str(report)


@pytest.mark.parametrize(("word", "loss"), LOSSES, ids=ids(LOSSES))
def test_a_wrong_loss_gets_its_word(word, loss):
    assert sn.check_loss(loss).diagnoses[:1] == (word,), str(sn.check_loss(loss))


@pytest.mark.parametrize(("word", "optimizer"), OPTIMIZERS, ids=ids(OPTIMIZERS))
def test_a_wrong_optimizer_gets_its_word(word, optimizer):
    assert sn.check_optimizer(optimizer).diagnoses[:1] == (word,), str(sn.check_optimizer(optimizer))


@pytest.mark.parametrize(("word", "init"), INITIALIZERS, ids=ids(INITIALIZERS))
def test_a_wrong_initializer_gets_its_word(word, init):
    assert sn.check_initializer(init, std=he).diagnoses[:1] == (word,), str(sn.check_initializer(init, std=he))


def test_a_kink_at_the_very_point_is_no_bug():
    class Clip(sn.Layer):
        def forward(self, x):
            self.mask = (x > 0) & (x < 1)
            return np.clip(x, 0, 1)

        def backward(self, dout):
            return dout * self.mask

    assert sn.check_activation(Clip).ok  # x holds zeros
    wrong = type("Clip", (Clip,), {"backward": lambda self, dout: dout * ~self.mask})
    assert sn.check_activation(wrong).diagnoses[0] == "mask-inverted"


def test_the_text_names_the_worst_element_with_its_numbers():
    (finding, *_) = sn.check_layer(LAYERS[1][1], (4, 7)).failures
    assert finding.check == "gradients" and "differences say" in finding.text and "dx[" in finding.text


def test_an_expected_failure_is_told_with_its_reason_and_is_no_failure():
    why = {"float32": "it computes in float64 on purpose"}
    layer = next(one for word, one, _ in LAYERS if word == "float64-leaked")
    report = sn.check_layer(layer, (4, 7), expected_failures=why)
    assert report.ok and "expected" in str(report)
    with pytest.raises(sn.InputError, match="there is no check 'nonsense'"):
        sn.check_layer(sn.ReLU, (4, 7), expected_failures={"nonsense": "?"})


def test_a_report_raises_prints_and_becomes_json():
    report = sn.check_activation(ACTIVATIONS[2][1])
    with pytest.raises(sn.CheckFailed, match="mask-inverted"):
        report.raise_if_wrong()
    assert "WRONG" in str(report) and "<table" in report._repr_html_()
    assert json.loads(json.dumps(report.as_json()))["ok"] is False
    sn.check_activation(sn.Tanh).raise_if_wrong()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sn.check_layer(3, (4, 7)), "derives from sn.Layer"),
        (lambda: sn.check_layer(sn.Affine, (4, 7)), "cannot be made without arguments"),
        (lambda: sn.check_layer(sn.ReLU, 7), "the shape of a batch is needed"),
        (lambda: sn.check_layer(sn.ReLU, (0, 7)), "an axis of in_shape"),
        (lambda: sn.check_loss(3), r"an object with forward\(scores, t\)"),
        (lambda: sn.check_optimizer(3), "derives from sn.Optimizer"),
        (lambda: sn.check_initializer("nonsense"), "nonsense"),
        (lambda: sn.check_initializer(sn.He(), std=3), "a function of fans is needed"),
    ],
)
def test_what_is_no_layer_is_refused_in_a_sentence(call, words):
    with pytest.raises(sn.InputError, match=words):
        call()


FILE = """
import numpy as np
import scratchnet as sn

class Right(sn.Layer):
    def forward(self, x):
        self.x = x
        return x * (x > 0)

    def backward(self, dout):
        return dout * (self.x > 0)

class Wrong(Right):
    def backward(self, dout):
        return -dout * (self.x > 0)

class Scale(sn.Layer):
    def __init__(self, n=7):
        self.gamma = self.parameter("gamma", (n,), sn.Ones())

    def forward(self, x):
        self.x = x
        return x * self.gamma

    def backward(self, dout):
        self.dgamma = (dout * self.x).sum(axis=0)
        return dout * self.gamma

class Empty(sn.Layer):
    def forward(self, x):
        raise NotImplementedError

def init(shape, fans, rng):
    return rng.standard_normal(shape)

class Broken(sn.Layer):
    def __init__(self, n=3):
        raise KeyError("W")

class Exits(Right):
    def forward(self, x):
        raise SystemExit("stop")

class BadRepr(Right):
    def __repr__(self):
        raise ValueError("no")

class Down(sn.Optimizer):
    def move(self, w, dw, state):
        w -= self.lr * dw
"""


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["my.py:Right"], 0, "right"),
        (["my.py:Wrong"], 1, "sign-flipped"),
        (["my.py:Scale", "--in-shape", "4,7"], 0, "right"),
        (["my.py:Scale(5)", "--in-shape", "4x5"], 0, "right"),
        (["my.py:Empty"], 3, "not-written"),
        (["my.py:init"], 0, "right"),
        (["my.py:Down"], 0, "right"),
        (["my.py:Right", "--as", "activation"], 0, "elementwise"),
        (["my.py:Right", "--in-shape", "four"], 2, "a shape of a batch is needed"),
        (["my.py:init", "--in-shape", "4,7"], 2, "--in-shape is for layers"),
        (["my.py:Broken"], 2, "cannot be made: it raises KeyError"),
        (["my.py:Broken(4)"], 2, "cannot be made"),
        (["my.py:Exits"], 1, "raises"),
        (["my.py:BadRepr"], 2, "BadRepr.__repr__ raises ValueError"),
        (["my.py:Nothing"], 2, "there is no Nothing in my.py"),
        (["other.py:Right"], 2, "there is no file other.py"),
        (["my.py:Right", "--hint"], 2, "are for exercises"),
        (["03", "--in-shape", "4,7"], 2, "something in a file"),
    ],
)
def test_check_of_a_readers_file(words, code, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(FILE)
    assert main(["check", *words]) == code
    out, err = capsys.readouterr()
    assert told in out + err and "Traceback" not in out + err


def test_check_in_json_is_one_object(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(FILE)
    assert main(["check", "my.py:Wrong", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False and {"check", "passed", "diagnosis", "text"} <= set(told["findings"][0])


def test_a_readers_he_is_held_against_ours():
    class He(sn.Initializer):
        def std(self, fans):
            return (1 / fans.fan_in) ** 0.5

    assert sn.check_initializer(He()).diagnoses == ("root-two",)
    He.std = lambda self, fans: (2 / fans.fan_in) ** 0.5
    assert sn.check_initializer(He()).ok
