"""The colours: contrast by the formula of the W3C, and one style sheet that has them."""

import re

import pytest

from scratchnet.report.page import read
from scratchnet.support.colours import DARK_LINES, DARK_TEXTS, LINES, TEXTS, css_variables


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def papers():
    """What is behind lines and texts, in light and in dark: the variables of the style sheet."""
    found = [dict(re.findall(r"--(paper|ground|code): (#\w+)", part)) for part in read("page.css").split("@media", 1)]
    assert len(found) == 2 and all(len(one) == 3 for one in found)
    return found


def test_the_formula_is_the_w3cs():
    assert contrast("#000000", "#ffffff") == pytest.approx(21) and contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.01
    )


@pytest.mark.parametrize(
    ("colours", "scheme", "least"), [(LINES, 0, 3), (TEXTS, 0, 4.5), (DARK_LINES, 1, 3), (DARK_TEXTS, 1, 4.5)]
)
def test_lines_and_texts_can_be_seen_on_every_paper(colours, scheme, least):
    assert len(set(colours)) == 7
    for colour in colours:
        for name, paper in papers()[scheme].items():
            assert contrast(colour, paper) >= least, (colour, name)


def test_the_variables_are_these_colours():
    light, dark = css_variables().split("@media screen and (prefers-color-scheme: dark)")
    for part, lines, texts in ((light, LINES, TEXTS), (dark, DARK_LINES, DARK_TEXTS)):
        found = dict(re.findall(r"--([ct]\d): (#\w+);", part))
        assert found == {f"c{i}": one for i, one in enumerate(lines)} | {f"t{i}": one for i, one in enumerate(texts)}
