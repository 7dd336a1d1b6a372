"""A figure in the page's SVG shows what Matplotlib drew: the same points, bands and texts."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from scratchnet.report.svg import POINTS, to_svg

STEPS = np.arange(1000)


@pytest.fixture(scope="module")
def drawn():
    """A curve of 1,000 points with a band around it and two labels, and what the page makes of it."""
    figure = Figure(figsize=(5, 3))
    axes = figure.subplots()
    axes.plot(STEPS, np.sqrt(STEPS), color="#0072B2")
    axes.fill_between(STEPS, np.sqrt(STEPS) - 1, np.sqrt(STEPS) + 1, color="#D55E00", alpha=0.2)
    axes.set_title("a & b < c")
    axes.text(500, 5, "in colour", color="#0072B2")
    svg = to_svg(figure, "curve")
    return axes, svg, ElementTree.fromstring(f'<svg viewBox="{svg.view_box}">{svg.content}</svg>')


def points(path):
    return np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d")), float)


def style_of(root, element):
    return dict(re.findall(r"\.(curve-\d+)\{([^}]*)\}", root.find("style").text))[element.get("class")]


def in_data(axes, pixels):
    """SVG coordinates as data: y runs downwards, at 72 points per inch."""
    width, height = axes.figure.get_size_inches() * 72
    x, y = pixels[:, 0], height - pixels[:, 1]
    assert x.max() <= width
    return axes.transData.inverted().transform(np.column_stack([x, y]) * axes.figure.dpi / 72)


def test_a_curve_keeps_its_shape_in_fewer_points(drawn):
    axes, _, root = drawn
    paths = [path for path in root.iter("path") if path.get("class") and "stroke: var(--c0)" in style_of(root, path)]
    assert len(paths) == 1
    x, y = in_data(axes, points(paths[0])).T
    assert len(x) <= POINTS and x[0] == pytest.approx(0, abs=0.5) and x[-1] == pytest.approx(999, abs=0.5)
    error = np.abs(np.interp(STEPS, x, y) - np.sqrt(STEPS))
    assert error.max() < 0.6 and error[20:].max() < 0.06  # the root is steep at 0; 0.06 is 0.3 points on the page


def test_a_band_keeps_both_its_edges(drawn):
    axes, _, root = drawn
    paths = {f"#{path.get('id')}": path for path in root.iter("path")}
    bands = [use for use in root.iter("use") if "fill: var(--c1)" in style_of(root, use)]
    assert len(bands) == 1
    moved = [float(bands[0].get("x")), float(bands[0].get("y"))]
    x, y = in_data(axes, points(paths[bands[0].get("href")]) + moved).T
    assert len(x) <= 2 * POINTS + 2
    upper, lower = y > np.sqrt(np.maximum(x, 0)), y < np.sqrt(np.maximum(x, 0))
    for edge, sign in ((upper, 1), (lower, -1)):
        assert edge.sum() > POINTS / 2
        np.testing.assert_allclose(y[edge], np.sqrt(np.maximum(x[edge], 0)) + sign, atol=0.6)


def test_texts_are_escaped_and_colours_follow_the_page(drawn):
    _, svg, root = drawn
    texts = {"".join(text.itertext()): text for text in root.iter("text")}
    assert "a & b < c" in texts and "in colour" in texts
    assert "var(--t0)" in style_of(root, texts["in colour"])  # text is darker than a line
    assert "#0072b2" not in svg.content and "font-family" not in svg.content


def test_each_reference_has_its_target_and_names_the_figure(drawn):
    _, svg, root = drawn
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert ids and len(set(ids)) == len(ids) and all(one.startswith("curve-") for one in ids)
    assert set(re.findall(r'(?:href="#|url\(#)([\w-]+)', svg.content)) <= set(ids)
