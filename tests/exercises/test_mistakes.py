"""Every mistake that has a name is recognized by its numbers, and none is taken for another, or for right."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from exercises.test_exercises import EXERCISES, solved

import scratchnet as sn
from scratchnet.check.known_mistakes import known_mistakes
from scratchnet.check.recognize import compare, for_all
from scratchnet.check.std_mistakes import KNOWN, std_mistakes
from scratchnet.exercises import judging
from scratchnet.exercises.course import judge


def own_std_mistakes(name, right, fans):
    return KNOWN[name](right(fans), fans) if name in KNOWN else ()


@functools.cache
def questions():
    """All that the judges compare while they judge right answers: name, right, cases, mistakes, …."""
    asked = []
    judged = judging.judged

    def spy(name, yours, right, cases, mistakes=lambda *case: (), **settings):
        cases = list(cases)
        asked.append((f"{exercise.number} {name}", right, cases, mistakes, list(for_all(cases, mistakes)), settings))
        return judged(name, yours, right, cases, mistakes, **settings)

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(judging, "judged", spy)
        # the general mistakes in a std are tested below
        patch.setattr(
            judging, "std_mistakes", lambda name, right, fans: KNOWN[name](right(fans), fans) if name in KNOWN else []
        )
        for exercise in EXERCISES:
            file = Path(folder) / f"{exercise.number}.py"
            file.write_text(solved(exercise), encoding="utf-8")
            judge(exercise, file)
    return asked


def named():
    """The number of a question, and each mistake that is known in it."""
    return [(i, mistake) for i, question in enumerate(questions()) for mistake in question[4]]


def pieces(right, x, dout):
    """out, dx and the gradients of a layer, each with the mistakes that are known in it."""
    found = {"out": right.forward(x.copy())}
    found["dx"] = right.backward(dout)
    found |= {f"d{name}": gradient for name, _, gradient in right.parameters()}
    return [(right, label, value, list(known_mistakes(right, label, x, dout))) for label, value in found.items()]


@functools.cache
def layers():
    """(name, right value, mistakes, which of them) of the layers of the exercises, in training and in evaluation."""
    rng = np.random.default_rng(0)
    x, dout = 2 * rng.standard_normal((6, 4)) + 1, rng.standard_normal((6, 4))
    found = []
    norms = [sn.BatchNorm(4, epsilon=0.5), sn.LayerNorm(4, 0.5)]
    for right, training in ((sn.LeakyReLU(0.3), True), (norms[0], True), (sn.BatchNorm(4), False), (norms[1], True)):
        right.training = training
        for _, w, _ in right.parameters():
            w += 0.3 * rng.standard_normal(w.shape)
        if not training:
            right.running_mean, right.running_var = rng.standard_normal(4), 0.5 + rng.random(4)
        for layer, label, value, mistakes in pieces(right, x, dout):
            found += [(f"{layer!r} {label}", value, mistakes, k) for k in range(len(mistakes))]
    return found


def std(fans):
    return (1.7 / fans.fan_in) ** 0.5


GENERAL = list(for_all(judging.FANS, functools.partial(std_mistakes, "", std)))


@pytest.mark.parametrize("which", range(len(GENERAL)), ids=[mistake.word for mistake in GENERAL])
def test_a_general_mistake_in_a_std_is_known_by_its_numbers(which):
    answers = iter(GENERAL[which].answers)
    mistakes = functools.partial(std_mistakes, "", std)
    found = judging.judged("std", lambda fans: next(answers), std, judging.FANS, mistakes)
    assert found.diagnosis == GENERAL[which].word
    assert found.text.startswith(GENERAL[which].text)


def test_many_mistakes_are_known():
    assert len(named()) + len(layers()) + len(GENERAL) > 150


@pytest.mark.parametrize(
    ("question", "mistake"), named(), ids=[f"{questions()[i][0]}-{mistake.word}" for i, mistake in named()]
)
def test_a_mistake_is_known_by_its_numbers(question, mistake):
    name, right, cases, mistakes, _, settings = questions()[question]
    answers = iter(mistake.answers)
    found = judging.judged(name, lambda *case: next(answers), right, cases, mistakes, **settings)
    assert not found.passed
    assert found.diagnosis == mistake.word
    assert found.text.startswith(mistake.text)


@pytest.mark.parametrize(
    ("name", "right", "mistakes", "which"), layers(), ids=[f"{name}-{mistakes[k].word}" for name, _, mistakes, k in layers()]
)
def test_a_mistake_in_a_layer_is_known_by_its_numbers(name, right, mistakes, which):
    given = np.asarray(mistakes[which].answer, np.float64)
    word, text = compare([given], [np.asarray(right, np.float64)], mistakes, name=name, tolerance=1e-6)
    assert word == mistakes[which].word
    assert text.startswith(mistakes[which].text)
