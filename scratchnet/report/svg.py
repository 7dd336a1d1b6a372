"""A Matplotlib figure as a small SVG in the page's own colours.

Matplotlib writes every point with six decimals, its own fonts and fixed colours. The page must stay below 1 MB and follow
the reader's light or dark scheme, so this file drops what cannot be seen and puts CSS variables in place of colours.
Read next: `figures`.
"""

import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.plots import own_settings, plain_texts
from scratchnet.support.colours import LINES, TEXTS

POINTS = 240  # per curve
PAGE_WIDTH = 720  # points

# The colours that Matplotlib writes, and the CSS variables that replace them.
INKS = {"#000000": "ink", "#ffffff": "paper", "#696969": "soft", "#808080": "soft", "#b0b0b0": "line", "#cccccc": "line"}
INKS |= {colour: f"c{i}" for colours in (TEXTS, LINES) for i, colour in enumerate(colours)}


@dataclass(frozen=True)
class Svg:
    """An SVG image: the attributes of its tag, and the markup inside. Matplotlib has escaped all text in it."""

    view_box: str
    max_width: str
    content: str


def to_svg(figure: Any, name: str) -> Svg:
    """Draw a figure. `name` starts each of its ids and classes, so that figures on one page do not collide."""
    for axes in figure.axes:
        downsample(axes)
    content = io.BytesIO()
    plain_texts(figure)
    with own_settings(svg_fonttype="none", svg_hashsalt=name):
        figure.set_layout_engine(None)  # the layout was computed when the figure was saved
        figure.savefig(content, format="svg", metadata={"Date": None})
    return compact(content.getvalue().decode(), name)


def downsample(axes: Any) -> None:
    """Keep POINTS points of each curve and of each edge of a band."""
    for line in axes.lines:
        x, y = line.get_data()
        if len(x) > POINTS:
            kept = np.linspace(0, len(x) - 1, POINTS).round().astype(int)
            line.set_data(np.asarray(x)[kept], np.asarray(y)[kept])
    for band in axes.collections:
        paths = [path.vertices for path in band.get_paths()]
        if any(len(vertices) > 2 * POINTS for vertices in paths):
            indices = [np.linspace(0, len(one) - 1, min(len(one), 2 * POINTS)).round().astype(int) for one in paths]
            band.set_verts([one[kept] for one, kept in zip(paths, indices, strict=True)])


def compact(text: str, name: str) -> Svg:
    """Matplotlib's SVG with classes instead of repeated styles, and without comments, fonts, group ids and spaces."""
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box is not None
    text = text[text.index("</defs>") + len("</defs>") : text.rindex("</svg>")]  # the first <defs> holds a global style
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", text)
    text = re.sub(r'(<(?:path|clipPath) id="|href="#|url\(#)', rf"\g<1>{name}-", text).replace("xlink:href", "href")
    text = re.sub(r"<[^>]*>", lambda match: compact_tag(match[0]), text)
    text = re.sub(r">\s+<", "><", text)
    text = re.sub(r"\s*\n\s*", " ", text)
    classes = {style: f"{name}-{i}" for i, style in enumerate(sorted(set(re.findall(r'style="([^"]*)"', text))))}
    text = re.sub(r'style="([^"]*)"', lambda match: f'class="{classes[match[1]]}"', text)
    rules = "".join(f".{kind}{{{style}}}" for style, kind in classes.items())
    width = float(box[1].split()[2])
    return Svg(box[1], f"{width / PAGE_WIDTH:.0%}", f"<style>{rules}</style>{text.strip()}")


def compact_tag(tag: str) -> str:
    """One tag with one or two decimals per number and CSS variables as colours. Text has darker colours than lines."""
    is_text = tag.startswith(("<text", "<tspan"))
    places = 1 if tag.startswith(("<path", "<use")) else 2

    def css_variable(match: re.Match[str]) -> str:
        ink = INKS.get(match[0], "")
        return f"var(--{'t' + ink[1:] if is_text and re.match('c[0-9]', ink) else ink})" if ink else match[0]

    tag = re.sub(r"(?<![\w#-])-?\d+\.\d{2,}", lambda match: f"{float(match[0]):.{places}f}".rstrip("0").rstrip("."), tag)
    if not re.search(r"\d\s+[QC] ", tag):  # in a path without curves, lines are the default
        tag = re.sub(r"\s+L (?=-?\d)", " ", tag)
    return re.sub(r"#[0-9a-f]{6}\b", css_variable, tag)
