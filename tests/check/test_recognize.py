"""The recogniser: which mistake makes these numbers, the caller's own first, and where they differ most."""

import numpy as np
import pytest

from scratchnet.check.recognize import ROWS, Mistake, compare, for_all, recognize

RIGHT = np.array([[1.0, 2.5, 0.2], [4.0, 0.5, 3.0], [0.3, 1.5, 7.0]])


def word(given, right=RIGHT, mistakes=(), **more):
    return recognize([np.asarray(given, float)], [np.asarray(right, float)], mistakes, name="r", **more)[0]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("zero", 0 * RIGHT),
        ("sign-flipped", -RIGHT),
        ("inverted", 1 / RIGHT),
        ("squared", RIGHT**2),
        ("root-of-it", RIGHT**0.5),
        ("transposed", RIGHT.T),
        ("transposed", RIGHT[:2].T),
        ("wrong-shape", RIGHT[:, :2].ravel()),
        ("doubled", 2 * RIGHT),
        ("halved", RIGHT / 2),
        ("root-two", 2**0.5 * RIGHT),
        ("root-two", RIGHT / 2**0.5),
        ("times-n", 5 * RIGHT),
        ("divided-by-n", RIGHT / 5),
        ("twice-the-mean", 2 * RIGHT / 5),
        ("times-n", -5 * RIGHT),
        ("wrong-factor", 1.3 * RIGHT),
        ("other", RIGHT + 1),
        ("not-finite", np.where(RIGHT > 5, np.nan, RIGHT)),
    ],
)
def test_a_general_mistake_is_recognized(expected, given):
    right = RIGHT[:2] if np.shape(given) == (3, 2) else RIGHT
    assert word(given, right, counts={5: ROWS}) == expected


def test_what_is_right_is_no_mistake():
    assert compare([RIGHT], [RIGHT * (1 + 1e-9)], name="r") is None
    assert compare([RIGHT], [RIGHT * (1 + 1e-4)], name="r")[0] == "wrong-factor"


def test_the_callers_own_mistake_comes_before_a_general_one():
    own = Mistake("doubled-here", 2 * RIGHT, "That is twice the sum.")
    given, text = recognize([2 * RIGHT], [RIGHT], [own], name="r")
    assert given == "doubled-here"
    assert text == "That is twice the sum. r[2, 2] is 14, but should be 7."


def test_a_mistake_is_recognized_only_if_all_cases_agree():
    def mistakes(n):
        yield Mistake("squared-here", n**2, "That is n².")

    cases = [(2,), (3,)]
    right = [np.array(4.5), np.array(6.5)]
    assert (
        recognize([np.array(4.0), np.array(9.0)], right, for_all(cases, mistakes), name="f", cases=cases)[0]
        == "squared-here"
    )
    assert recognize([np.array(4.0), np.array(8.0)], right, for_all(cases, mistakes), name="f", cases=cases)[0] == "other"
    given = recognize([np.array(4.0)] * 2, right, for_all(cases, mistakes), name="f", cases=cases)
    assert given[0] == "ignores-its-arguments" and "f(2) is 4, but should be 4.5." in given[1]


def test_elements_that_say_nothing_are_left_out():
    given = -RIGHT
    given[0, 0] = 17
    where = np.ones(RIGHT.shape, bool)
    where[0, 0] = False
    assert word(given) == "other" and word(given, where=where) == "sign-flipped"
