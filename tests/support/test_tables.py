"""A table as text and as HTML."""

import math
from html.parser import HTMLParser

import numpy as np
import pytest

from scratchnet.support.tables import Table, percent, short

TABLE = Table(["name", "loss"], [["<b>He</b> & co", "0.5"], ["std", "12.25"]], ["a note on x < y"])


def test_text_is_aligned_under_a_rule():
    assert str(TABLE).splitlines() == [
        "name             loss",
        "--------------  -----",
        "<b>He</b> & co    0.5",
        "std             12.25",
        "a note on x < y",
    ]


def test_html_holds_the_same_cells_and_escapes_them():
    tags, words = [], []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append(tag)
    parser.handle_data = words.append
    parser.feed(TABLE._repr_html_())
    assert words == ["name", "loss", "<b>He</b> & co", "0.5", "std", "12.25", "a note on x < y"]
    assert [tags.count(tag) for tag in ("table", "tr", "th", "td", "p", "b")] == [1, 3, 2, 4, 1, 0]


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.0, "0"), (1234.5, "1,230"), (-0.012345, "-0.0123"), (math.inf, "inf")]
)
def test_short_has_three_significant_digits(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "-"), (0, "0 %"), (0.0123, "1.2 %"), (0.994, "99.4 %"), (0.999, "100 %")]
)
def test_percent_has_one_decimal_unless_it_is_all_or_nothing(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (2e-05, 3, "2e-5"),
        (2.01e-5, 2, "2e-5"),
        (0.0001, 3, "0.0001"),
        (0.00012345, 3, "0.000123"),
        (9.9996e-05, 4, "0.0001"),
        (-0.5, 3, "-0.5"),
        (0.0, 3, "0"),
        (100.0, 2, "100"),
        (12345.0, 3, "12,300"),
        (-1234.5, 5, "-1,234.5"),
        (999999.0, 3, "1e6"),
        (1234567.0, 3, "1.23e6"),
        (1e300, 3, "1e300"),
        (math.inf, 3, "inf"),
        (math.nan, 3, "nan"),
        (None, 3, "-"),
    ],
)
def test_a_number_has_one_form(value, digits, text):
    assert short(value, digits) == text


def test_a_number_that_is_written_is_nearly_itself():
    for value in np.random.default_rng(0).lognormal(0, 20, 500):
        assert (
            float(short(value, 4).replace(",", "")) == pytest.approx(value, rel=5.1e-4)
            and "e+" not in short(value)
            and "e-0" not in short(value)
        )
