"""What may be in a reader's file: each is answered in a sentence, and the exercises after it are checked all the same."""

import os

import pytest
from exercises.test_exercises import EXERCISES, solution, stub

import scratchnet as sn
from scratchnet.exercises.course import (
    NOT_ATTEMPTED,
    RIGHT,
    WRONG,
    check_exercises,
    copy_exercises,
    find_exercise,
    judge,
    readers_file,
    state_of,
)

BAD = {
    "01": ("def cross_entropy(y, t:\n", "syntax-error", "line 1"),
    "02": ("import nothing_of_that_name\n", "raises", "line 1"),
    "03": ("while True:\n    pass\n", "no-end", "loop"),
    "04": ("import os\nos._exit(3)\n", "process-ended", "ended the process"),
    "05": ("raise SystemExit\n", "raises", "SystemExit in line 1"),
    "06": ("def kept(slope):\n    return 1 / 0\n", "raises", "line 2"),
    "07": ("def gain(phi, draws, rng):\n    return gain(phi, draws, rng)\n", "raises", "RecursionError"),
    "08": ("x = 1\n", "name-missing", "unit_uniform"),
    "09": ("def orthogonal(shape, fans, rng):\n    input()\n", "raises", "EOFError"),
    "13": ("def fans_of(shape):\n    return 'two'\n", "not-a-number", "'two'"),
    "15": ("def variance_after(blocks, ratio):\n    blocks + ratio\n", "returns-nothing", "None"),
}


@pytest.fixture
def folder(tmp_path):
    copy_exercises(tmp_path)
    return tmp_path


def write(folder, number, text):
    readers_file(find_exercise(number), folder).write_text(text, encoding="utf-8")


def test_whatever_is_in_a_file_is_answered_in_a_sentence(folder):
    for number, (text, _, _) in BAD.items():
        write(folder, number, text)
    write(folder, "14", solution("14"))
    readers_file(find_exercise("12"), folder).unlink()
    found = {one.exercise.number: one for one in check_exercises(EXERCISES, folder, limit=2)}
    assert list(found) == [one.number for one in EXERCISES]
    for number, (_, diagnosis, piece) in BAD.items():
        finding = found[number].report.findings[0]
        assert (found[number].state, finding.diagnosis) == (WRONG, diagnosis)
        assert piece in finding.text
        assert "\n" not in finding.text
    assert found["14"].state == RIGHT
    assert {found[number].state for number in ("10", "11", "12")} == {NOT_ATTEMPTED}
    assert found["12"].report.findings[0].diagnosis == "no-file"


def test_a_change_within_a_second_is_seen_and_nothing_is_left_beside_the_file(folder):
    states = []
    for old, new in (("> 0, dout", "> 0, dout"), ("> 0, dout", "> 9, dout"), ("> 0, dout", "> 0, dout")):
        write(folder, "03", solution("03").replace(old, new))
        os.utime(readers_file(find_exercise("03"), folder), (1_000_000_000, 1_000_000_000))
        states += [state_of(judge(find_exercise("03"), readers_file(find_exercise("03"), folder)))]
    assert states == [RIGHT, WRONG, RIGHT]
    assert {path.name for path in (folder / "03_leaky_relu").iterdir()} == {"README.md", "exercise.py"}


def test_a_half_written_exercise_is_wrong_and_says_what_is_open(folder):
    first = solution("06").partition("    def std")[0]
    write(folder, "06", first + '    def std(self, fans):\n        raise NotImplementedError("later")\n')
    (found,) = check_exercises([find_exercise("06")], folder)
    assert found.state == WRONG
    assert [finding.diagnosis for finding in found.report.findings if not finding.passed] == ["not-written"]


def test_a_fresh_copy_is_laid_beside_what_is_there(folder):
    mine = readers_file(find_exercise("03"), folder)
    mine.write_text("my work", encoding="utf-8")
    readers_file(find_exercise("04"), folder).unlink()
    written, left = copy_exercises(folder)
    assert written == [readers_file(find_exercise("04"), folder)]
    assert mine in left and len(left) == 2 * len(EXERCISES) - 1
    assert mine.read_text(encoding="utf-8") == "my work"
    assert written[0].read_text(encoding="utf-8") == stub(find_exercise("04"))


def test_a_reader_may_stand_in_the_folder_of_one_exercise(folder):
    for one in EXERCISES:
        assert readers_file(one, folder / "03_leaky_relu") == folder / one.folder / "exercise.py"


def test_an_exercise_goes_by_number_or_name():
    assert {find_exercise(word).slug for word in ("3", "03", "leaky_relu", "03_leaky_relu")} == {"leaky_relu"}
    for word in ("0", "16", "he.py", ""):
        with pytest.raises(sn.InputError, match="no exercise"):
            find_exercise(word)
