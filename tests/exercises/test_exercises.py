"""Every stub is not attempted, every solution right, every wrong answer wrong with a diagnosis of its own."""

import functools
import shutil
import textwrap
import tomllib
from pathlib import Path

import pytest

from scratchnet.exercises.course import (
    NOT_ATTEMPTED,
    RIGHT,
    check_exercises,
    copy_exercises,
    find_exercise,
    find_exercises,
    judge,
    readers_file,
    state_of,
)
from scratchnet.exercises.course import WRONG as IS_WRONG
from scratchnet.exercises.layers import REMARK
from scratchnet.support.readers_file import run_file

HOLE = "raise NotImplementedError"
EXERCISES = find_exercises()


@functools.cache
def answers(path):
    return run_file(path / "answers.py", f"answers_of_{path.name}")


def stub(exercise):
    return (exercise.path / "exercise.py").read_text(encoding="utf-8")


def filled(exercise, bodies):
    """The stub with its holes filled in."""
    first, *rest = stub(exercise).split(HOLE)
    text = first
    for body, after in zip(bodies, rest, strict=True):
        indent = text.rpartition("\n")[2]
        text += textwrap.indent(body, indent).lstrip() + after
    return text


def solution(number):
    return solved(find_exercise(number))


def solved(exercise):
    return filled(exercise, answers(exercise.path).SOLUTION)


def wrong(number, diagnosis):
    return mistaken(find_exercise(number), diagnosis)


def mistaken(exercise, diagnosis):
    return changed(exercise, answers(exercise.path).WRONG[diagnosis])


def changed(exercise, answer):
    """The solution with another answer: {hole: what stands in it}, or pieces of the text, old and new in turn."""
    if isinstance(answer, dict):
        bodies = answers(exercise.path).SOLUTION
        return filled(exercise, [answer.get(hole, body) for hole, body in enumerate(bodies)])
    text = solved(exercise)
    for old, new in zip(answer[::2], answer[1::2], strict=True):
        assert old in text, old
        text = text[: text.rindex(old)] + new + text[text.rindex(old) + len(old) :]
    return text


def wrong_answers(exercise):
    """(what its diagnosis and text must be, the answer) of all wrong answers."""
    known = answers(exercise.path)
    return [(word, pieces) for word, pieces in known.WRONG.items()] + [
        (expected, answer[0] if isinstance(answer[0], dict) else answer) for expected, *answer in known.ALSO_WRONG
    ]


def judged(exercise, text, folder):
    file = folder / exercise.folder / "exercise.py"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    findings = list(judge(exercise, file))
    return state_of(findings), [finding for finding in findings if not finding.passed]


each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.folder)


@each
def test_a_stub_is_not_attempted(exercise, tmp_path):
    state, failed = judged(exercise, stub(exercise), tmp_path)
    assert state == NOT_ATTEMPTED
    assert all("is not written yet" in finding.text for finding in failed)


@each
def test_a_solution_is_right(exercise, tmp_path):
    state, failed = judged(exercise, solved(exercise), tmp_path)
    assert not failed
    assert state == RIGHT


RIGHT_ANSWERS = [(exercise, k) for exercise in EXERCISES for k in range(len(answers(exercise.path).RIGHT))]
WRONG_ANSWERS = [(exercise, k) for exercise in EXERCISES for k in range(len(wrong_answers(exercise)))]


@each
def test_each_exercise_has_many_answers(exercise):
    assert len(wrong_answers(exercise)) >= 15
    assert 1 + len(answers(exercise.path).RIGHT) >= 5


def test_nine_in_ten_wrong_answers_have_a_name_for_their_mistake():
    expected = [word.partition(":")[0] for exercise in EXERCISES for word, _ in wrong_answers(exercise)]
    unnamed = [word for word in expected if word in ("other", "not-general", "wrong-factor", "wrong-size", "raises")]
    assert len(unnamed) <= 0.1 * len(expected)


@pytest.mark.parametrize(
    ("exercise", "which"), RIGHT_ANSWERS, ids=[f"{exercise.number}-{which}" for exercise, which in RIGHT_ANSWERS]
)
def test_another_way_is_as_right(exercise, which, tmp_path):
    assert judged(exercise, changed(exercise, answers(exercise.path).RIGHT[which]), tmp_path) == (RIGHT, [])


@pytest.mark.parametrize(
    ("exercise", "which"),
    WRONG_ANSWERS,
    ids=[f"{exercise.number}-{which}-{wrong_answers(exercise)[which][0]}" for exercise, which in WRONG_ANSWERS],
)
def test_a_wrong_answer_is_told_what_is_wrong(exercise, which, tmp_path):
    expected, answer = wrong_answers(exercise)[which]
    state, failed = judged(exercise, changed(exercise, answer), tmp_path)
    word, _, piece = expected.partition(": ")
    assert state == IS_WRONG
    assert failed[0].diagnosis == word, failed[0].text
    assert piece in failed[0].text and failed[0].text and "\n" not in failed[0].text


@each
def test_math_and_numpy_are_imported_in_every_stub(exercise):
    assert {"import math", "import numpy as np"} <= set(stub(exercise).splitlines())


@pytest.mark.parametrize("number", ["03", "10", "11", "12"])
def test_float64_numbers_are_right_with_a_remark(number, tmp_path):
    exercise = find_exercise(number)
    texts = []
    for k, answer in enumerate(answers(exercise.path).RIGHT):
        file = tmp_path / f"{k}.py"
        file.write_text(changed(exercise, answer), encoding="utf-8")
        texts += [finding.text for finding in judge(exercise, file) if finding.check == "float32"]
        assert state_of(judge(exercise, file)) == RIGHT
    assert set(texts) == {"", REMARK}


def test_a_part_is_judged_as_if_the_one_before_were_right(tmp_path):
    """kept is wrong, and std, which uses it, is not."""
    state, failed = judged(find_exercise("06"), wrong("06", "half-missing"), tmp_path)
    assert state == IS_WRONG and [finding.check for finding in failed] == ["kept"]


def test_an_error_of_the_judge_is_not_called_the_readers(tmp_path):
    (tmp_path / "16_rms").mkdir()
    for name, text in (NEW | {"judge.py": "def fails(yours):\n    return [1 / 0]\n\n\nPARTS = {'rms': fails}\n"}).items():
        (tmp_path / "16_rms" / name).write_text(text, encoding="utf-8")
    (new,) = find_exercises(tmp_path)
    (found,) = judge(new, new.path / "exercise.py")
    assert found.diagnosis == "not-comparable" and "ZeroDivisionError" in found.text


def test_the_answers_are_not_in_the_wheel():
    root = Path(__file__).parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    targets = settings["tool"]["hatch"]["build"]["targets"]
    left_out = {path for pattern in targets["wheel"]["exclude"] for path in root.glob(pattern)}
    assert left_out == {exercise.path / "answers.py" for exercise in EXERCISES}


NEW = {
    "README.md": "# 16. How large is a weight?\n\n<details>\n<summary>Hint</summary>\n\nSquare it.\n\n</details>\n",
    "exercise.py": "def rms(W):\n    raise NotImplementedError\n",
    "judge.py": """
import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import batch, judged


def judge_rms(yours):
    def mistakes(W):
        yield Mistake("mean-for-rms", W.mean(), "That is the mean: square first.")

    yield judged("rms", yours, lambda W: np.sqrt((W**2).mean()), [(batch((3, 4)),)], mistakes)


PARTS = {"rms": judge_rms}
""",
    "answers.py": """
SOLUTION = ["return (W**2).mean() ** 0.5"]
RIGHT = []
WRONG = {"mean-for-rms": ("(W**2).mean() ** 0.5", "W.mean()")}
""",
}


def test_a_sixteenth_exercise_is_one_more_folder(tmp_path):
    root, work = tmp_path / "course", tmp_path / "work"
    shutil.copytree(EXERCISES[0].path, root / EXERCISES[0].folder)
    (root / "16_rms").mkdir()
    for name, text in NEW.items():
        (root / "16_rms" / name).write_text(text, encoding="utf-8")
    first, new = find_exercises(root)
    assert (first.number, new.number, new.slug, new.title) == ("01", "16", "rms", "How large is a weight?")
    assert find_exercise("16", root) == find_exercise("rms", root) == new and new.hints() == ["Square it."]
    written, _ = copy_exercises(work, root)
    assert {path.name for path in written} == {"README.md", "exercise.py"} and len(written) == 4
    for text, state, diagnosis in (
        (stub(new), NOT_ATTEMPTED, "not-written"),
        (solved(new), RIGHT, None),
        (mistaken(new, "mean-for-rms"), IS_WRONG, "mean-for-rms"),
    ):
        readers_file(new, work).write_text(text, encoding="utf-8")
        verdicts = list(check_exercises([first, new], work))
        assert [verdict.state for verdict in verdicts] == [NOT_ATTEMPTED, state]
        assert verdicts[1].report.findings[0].diagnosis == diagnosis
