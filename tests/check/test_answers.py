"""The public checks find what the judges of the exercises find: they are given the wrong answers of the exercises."""

import math

import pytest
from exercises.test_exercises import answers, mistaken, solved

import scratchnet as sn
from scratchnet.exercises.course import find_exercise
from scratchnet.support.readers_file import run_file

UNNAMED = {"other", "wrong-factor", "wrong-size", "raises"}


def report_on(number, text, check, folder):
    file = folder / "exercise.py"
    file.write_text(text, encoding="utf-8")
    return check(run_file(file, f"answer_{number}"))


LAYERS = {
    "03": ("LeakyReLU", lambda kind, right: sn.check_layer(kind(0.3), (4, 7), right=right and right(0.3))),
    "10": ("Dropout", lambda kind, right: sn.check_layer(kind(0.3), (4, 7), right=right and right(0.3))),
    "11": ("BatchNorm", lambda kind, right: sn.check_layer(kind(7), (6, 7), right=right and right(7))),
    "12": ("LayerNorm", lambda kind, right: sn.check_layer(kind(7, 0.5), (6, 7), right=right and right(7, 0.5))),
}
OF_INITIALIZERS = {  # the mistakes that are in the initializer itself, not in another function of the exercise
    "02": {
        "all-equal",
        "wrong-size",
        "zero-for-minus",
        "one-sign-a-unit",
        "one-sign-an-input",
        "generator-ignored",
        "seed-ignored",
    },
    "04": {"variance-for-std", "fans-swapped", "inverted", "he-for-lecun", "window-forgotten", "root-two-too-small"},
    "05": {"sum-for-mean", "lecun-for-xavier", "geometric-mean", "variance-for-std", "limit-for-std"},
    "06": {"slope-missing", "half-for-two", "variance-for-std", "fans-swapped", "root-of-two-missing"},
    "08": {
        *("limit-for-std", "width-for-limit", "root-missing", "mean-not-zero"),
        *("wrong-shape", "global-generator", "seed-ignored"),
    },
}
INITIALIZERS = {
    "02": lambda module: sn.check_initializer(module.coins, std=lambda fans: 0.1),
    "04": lambda module: sn.check_initializer(module.LeCun()),
    "05": lambda module: sn.check_initializer(module.Xavier()),
    "06": lambda module: sn.check_initializer(module.He(slope=0.2)),
    "08": lambda module: sn.check_initializer(
        lambda shape, fans, rng: module.unit_uniform(shape, rng), std=lambda fans: 1.0
    ),
}
OF_DROPOUT_HE = {"dropout-forgotten", "divided-for-multiplied", "variance-for-std"}  # another part of exercise 10
WRONG_LAYERS = [
    (n, word) for n in LAYERS for word in answers(find_exercise(n).path).WRONG if n != "10" or word not in OF_DROPOUT_HE
]


@pytest.mark.parametrize(("number", "word"), WRONG_LAYERS)
def test_a_layer_beside_a_right_one_gets_the_diagnosis_of_the_judge(number, word, tmp_path):
    name, check = LAYERS[number]
    text = mistaken(find_exercise(number), word)
    report = report_on(number, text, lambda module: check(getattr(module, name), getattr(sn, name)), tmp_path)
    assert report.diagnoses[:1] == (word,), str(report)


@pytest.mark.parametrize(("number", "word"), WRONG_LAYERS)
def test_a_layer_of_the_same_name_as_ours_is_found_wrong_and_named_without_being_asked(number, word, tmp_path):
    name, check = LAYERS[number]
    text = mistaken(find_exercise(number), word)
    report = report_on(number, text, lambda module: check(getattr(module, name), None), tmp_path)
    assert not report.ok and not set(report.diagnoses[:1]) & UNNAMED, str(report)


@pytest.mark.parametrize("number", LAYERS)
@pytest.mark.parametrize("given", [True, False], ids=["beside a right one", "by name"])
def test_a_right_layer_agrees(number, given, tmp_path):
    name, check = LAYERS[number]
    right = getattr(sn, name) if given else None
    report = report_on(number, solved(find_exercise(number)), lambda module: check(getattr(module, name), right), tmp_path)
    assert report.ok, str(report)
    assert "agrees with the right layer" in {finding.check for finding in report.findings}


@pytest.mark.parametrize(("number", "word"), [(n, word) for n, words in OF_INITIALIZERS.items() for word in sorted(words)])
def test_an_initializer_is_found_wrong_and_named(number, word, tmp_path):
    report = report_on(number, mistaken(find_exercise(number), word), INITIALIZERS[number], tmp_path)
    assert not report.ok and not set(report.diagnoses[:1]) & UNNAMED, str(report)


@pytest.mark.parametrize("word", sorted(OF_DROPOUT_HE))
def test_a_wrong_he_for_dropout_is_found(word, tmp_path):
    def check(module):
        return sn.check_initializer(module.DropoutHe(0.3), std=lambda fans: math.sqrt(0.7) * sn.He().std(fans))

    assert not report_on("10", mistaken(find_exercise("10"), word), check, tmp_path).ok
    assert report_on("10", solved(find_exercise("10")), check, tmp_path).ok


def test_a_layer_that_is_like_no_other_is_not_compared():
    class Mine(sn.Tanh):
        pass

    class LayerNorm(sn.Layer):
        """It does not keep epsilon."""

        def __init__(self):
            self.layer = sn.LayerNorm(7)

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    for layer, reason in ((Mine(), "no Mine"), (sn.Tanh(), "the library's own")):
        report = sn.check_layer(layer, (4, 7))
        assert report.ok and reason in report.not_compared["agrees with the right layer"]
        assert "agrees with the right layer" not in {finding.check for finding in report.findings}
        assert "not checked" in str(report)
    assert "agrees with the right layer" in {finding.check for finding in sn.check_layer(LayerNorm(), (4, 7)).findings}
    assert sn.check_layer(Mine(), (4, 7), right=sn.Tanh).ok
    assert sn.check_layer(sn.Sigmoid(), (4, 7), right=sn.Tanh()).diagnoses == ("other",)


def test_two_layers_that_cannot_be_compared_are_answered_in_a_sentence():
    assert sn.check_layer(sn.Affine(7, 3), (4, 7), right=sn.Affine(7, 4)).diagnoses == ("parameters-differ",)
    with pytest.raises(sn.InputError, match=r"right is 3, but an object whose class derives from sn\.Layer is needed"):
        sn.check_layer(sn.Tanh, (4, 7), right=3)
    with pytest.raises(sn.InputError, match=r"right is LayerNorm.*, but (it )?takes no x of shape \(4, 7\)"):
        sn.check_activation(sn.Tanh, right=sn.LayerNorm(5))


def test_running_statistics_are_compared_too():
    class BatchNorm(sn.BatchNorm):
        def forward(self, x):
            out = super().forward(x)
            if self.training:
                self.running_mean = self.running_mean + 1
            return out

    report = sn.check_layer(BatchNorm(7), (4, 7), right=sn.BatchNorm(7))
    assert report.diagnoses == ("other",) and "running_mean[" in report.failures[0].text
    swapped = sn.check_layer(sn.BatchNorm(7, momentum=0.1), (4, 7), right=sn.BatchNorm(7, momentum=0.9))
    assert swapped.diagnoses == ("momentum-swapped",)
