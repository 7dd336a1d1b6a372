"""Every mistake that has a name is recognized by its numbers, and none is taken for another, or for right."""

import functools
import tempfile
from pathlib import Path

import pytest
from exercises.test_exercises import SOLUTIONS, solution

from scratchnet.exercises import judges_of_layers, judges_of_starts
from scratchnet.exercises.course import exercise, judge
from scratchnet.exercises.judging import judged


@functools.cache
def questions():
    """Whatever the judges hold against the right answers while they judge these: (name, right, cases, settings)."""
    asked = []

    def spy(name, yours, right, cases, mistakes=(), **settings):
        cases = list(cases)
        asked.append((f"{number} {name}", right, cases, list(mistakes), settings))
        return judged(name, yours, right, cases, mistakes, **settings)

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for module in (judges_of_layers, judges_of_starts):
            patch.setattr(module, "judged", spy)
        for number in SOLUTIONS:
            file = Path(folder) / f"{number}.py"
            file.write_text(solution(number), encoding="utf-8")
            judge(exercise(number), file)
    return asked


def named():
    return [(i, k) for i, (_, _, _, mistakes, _) in enumerate(questions()) for k in range(len(mistakes))]


def test_many_mistakes_are_known():
    assert len(named()) > 150


@pytest.mark.parametrize(
    ("question", "mistake"), named(), ids=[f"{questions()[i][0]}-{questions()[i][3][k].word}" for i, k in named()]
)
def test_a_mistake_is_known_by_its_numbers(question, mistake):
    name, right, cases, mistakes, settings = questions()[question]
    found = judged(name, mistakes[mistake].answer, right, cases, mistakes, **settings)
    assert not found.passed
    assert found.diagnosis == mistakes[mistake].word
    assert found.text.startswith(mistakes[mistake].text)
