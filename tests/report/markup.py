"""Reads back what a page holds: its tags, and the data that a chart shows."""

import re
from html.parser import HTMLParser

import numpy as np


class Tags(HTMLParser):
    """All attributes and ids of a page. A tag that is closed out of order fails."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.ids = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, *one) for one in attributes]
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


class Chart:
    """What one chart shows, read from its SVG: the pixels of lines and marks, and the two scales from its ticks."""

    READ = """
        const all = (kind) => [...document.getElementById(arguments[0]).querySelectorAll(kind)];
        const text = (anchor) => all(`text[text-anchor=${anchor}]`)
            .map((one) => [one.textContent, Number(one.getAttribute("x")), Number(one.getAttribute("y"))]);
        const paths = (kind) => all(kind).map((one) => one.getAttribute("d"));
        return [text("end"), text("middle"), paths("path.line"), paths("path.measured")];
    """

    def __init__(self, browser, name, log):
        left, below, lines, marks = browser.execute_script(self.READ, name)
        heights = [(number(word), y - 4) for word, _, y in left if number(word) is not None]
        places = [(number(word), x) for word, x, _ in below if number(word) is not None]
        values, pixels = np.array(heights).T
        self.y_scale = np.polyfit(pixels, np.log10(values) if log else values, 1)
        self.x_scale = np.polyfit([x for _, x in places], [value for value, _ in places], 1)
        self.lines, self.marks = [self.points(d) for d in lines], [self.points(d) for d in marks]

    def points(self, d):
        """The places where a path's lines meet or its shapes begin, in data (y as log10 on a log axis)."""
        pixels = np.array(re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d), float).reshape(-1, 2)
        return np.column_stack([np.polyval(self.x_scale, pixels[:, 0]), np.polyval(self.y_scale, pixels[:, 1])])


def number(word):
    """The number of a tick: 0.5, 1,000, −3 or 10⁻³; None if it is no number."""
    power = re.fullmatch("10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", word)
    if power:
        return 10.0 ** int(power[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    plain = word.replace("−", "-").replace(",", "")
    return float(plain) if re.fullmatch(r"-?[\d.]+(e-?\d+)?", plain) else None
