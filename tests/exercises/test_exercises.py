"""Every stub is not attempted, every solution right, every wrong answer wrong with a diagnosis of its own."""

import textwrap

import pytest
from exercises.answers import OTHERS, SOLUTIONS, WRONG

from scratchnet.exercises.course import EXERCISES, NOT_ATTEMPTED, RIGHT, exercise, judge, state_of, texts
from scratchnet.exercises.course import WRONG as IS_WRONG

HOLE = "raise NotImplementedError"


def stub(number):
    return (texts() / exercise(number).folder / "exercise.py").read_text(encoding="utf-8")


def solution(number, solutions=SOLUTIONS):
    """The stub with its holes filled in."""
    first, *rest = stub(number).split(HOLE)
    text = first
    for body, after in zip(solutions[number], rest, strict=True):
        indent = text.rpartition("\n")[2]
        text += textwrap.indent(body, indent).lstrip() + after
    return text


def wrong(number, diagnosis):
    text = solution(number)
    pieces = WRONG[number][diagnosis]
    for old, new in zip(pieces[::2], pieces[1::2], strict=True):
        assert old in text
        text = text[: text.rindex(old)] + new + text[text.rindex(old) + len(old) :]
    return text


def judged(number, text, folder):
    file = folder / exercise(number).folder / "exercise.py"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    findings = list(judge(exercise(number), file))
    return state_of(findings), [finding for finding in findings if not finding.passed]


@pytest.mark.parametrize("number", SOLUTIONS)
def test_a_stub_is_not_attempted(number, tmp_path):
    state, failed = judged(number, stub(number), tmp_path)
    assert state == NOT_ATTEMPTED
    assert all("is not written yet" in finding.text for finding in failed)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_a_solution_is_right(number, tmp_path):
    state, failed = judged(number, solution(number), tmp_path)
    assert not failed
    assert state == RIGHT


@pytest.mark.parametrize("number", OTHERS)
def test_another_way_is_as_right(number, tmp_path):
    assert judged(number, solution(number, OTHERS), tmp_path) == (RIGHT, [])


def test_each_exercise_has_at_least_four_wrong_answers():
    assert set(WRONG) == set(SOLUTIONS) == {one.number for one in EXERCISES}
    assert all(len(words) >= 4 for words in WRONG.values())


@pytest.mark.parametrize(("number", "diagnosis"), [(n, word) for n, words in WRONG.items() for word in words])
def test_a_wrong_answer_gets_its_own_diagnosis(number, diagnosis, tmp_path):
    state, failed = judged(number, wrong(number, diagnosis), tmp_path)
    assert state == IS_WRONG
    assert failed[0].diagnosis == diagnosis
    assert failed[0].text
