"""A table as text and as HTML."""

import math
from html.parser import HTMLParser

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
    ("value", "text"), [(None, "-"), (0.0, "0"), (1234.5, "1.23e+03"), (-0.012345, "-0.0123"), (math.inf, "inf")]
)
def test_short_has_three_significant_digits(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "-"), (0, "0 %"), (0.0123, "1.2 %"), (0.994, "99.4 %"), (0.999, "100 %")]
)
def test_percent_has_one_decimal_unless_it_is_all_or_nothing(share, text):
    assert percent(share) == text
