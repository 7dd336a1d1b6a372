"""One colour for each initializer, the same in every figure and on every page.

The colours are chosen so that colour-blind readers can tell them apart, beside dashes and markers that say the same a second
time. Lines have a contrast of at least 3 with the paper, and texts of 4.5, in light and in dark.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Of lines and of texts, on white and on the page's dark paper.
LINES = ("#0072b2", "#d55e00", "#009e73", "#c4659a", "#a87400", "#882255", "#332288")
TEXTS = ("#0068a3", "#b04e00", "#00775a", "#a34a7d", "#8f6300", "#882255", "#332288")
DARK_LINES = ("#4aa3df", "#f0813a", "#2bc294", "#dc95bd", "#f0b43c", "#e8768f", "#a99bff")
DARK_TEXTS = ("#6bb6ea", "#f59a5f", "#45d0a5", "#e6aaca", "#f3c160", "#f093a6", "#b8adff")

# The initializers that most comparisons have, and their places in these lists.
PLACES = {
    "std 0.01": 0,
    "xavier": 1,
    "xavier (book: 1/n)": 1,
    "he": 2,
    "std 1": 3,
    "xavier (glorot)": 4,
    "glorot": 4,
    "lecun": 5,
}


@dataclass(frozen=True)
class Look:
    """How a label is drawn: the place of its colour in LINES and TEXTS, and the numbers of its dash and its marker."""

    place: int
    dash: int
    marker: int

    @property
    def colour(self) -> str:
        return LINES[self.place]

    @property
    def text_colour(self) -> str:
        return TEXTS[self.place]


def looks(labels: Iterable[str], initializers: Mapping[str, str] | None = None) -> dict[str, Look]:
    """The look of each label. `initializers` says for the labels of a grid which initializer each has.

    The colour belongs to the initializer alone, from whichever folder it comes ("first: He" is He). Where labels share one,
    dash and marker tell the other settings.
    """
    names = initializers or {}
    initializer_of = {label: (names[label].rpartition(": ")[2] or label) if label in names else label for label in labels}
    of_initializer = places(list(dict.fromkeys(initializer_of.values())))
    shared = len(of_initializer) < len(initializer_of)
    drawn, count = dict[str, Look](), dict[str, int]()
    for label, initializer in initializer_of.items():
        place, k = of_initializer[initializer], count.get(initializer, 0)
        count[initializer] = k + 1
        second = (k if shared else place) % len(LINES)
        drawn[label] = Look(place, second, second)
    return drawn


def places(names: Sequence[str]) -> dict[str, int]:
    """A place for each name, which does not depend on their order: a known one's own, and for others one that is left."""
    found: dict[str, int] = {}
    known = {name: PLACES.get(plain(name)) for name in names}
    for name, place in known.items():
        if place is not None and place not in found.values():
            found[name] = place
    for name in sorted(name for name in names if name not in found):
        times = [list(found.values()).count(place) for place in range(len(LINES))]
        first = zlib.crc32(name.encode(errors="surrogatepass")) % len(LINES)
        around = [(first + i) % len(LINES) for i in range(len(LINES))]
        found[name] = min(around, key=times.__getitem__)  # the first of those that are used least
    return found


def plain(name: str) -> str:
    """He() is he; Normal(0.01) and the book's randn · 0.01 are std 0.01."""
    size = re.fullmatch(r"(?:Normal\((?:sigma=)?|randn [·*] )([\d.e+-]+)\)?", name)
    return f"std {float(size[1]):g}" if size and is_float(size[1]) else name.removesuffix("()").lower()


def is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def css_variables() -> str:
    """The colours as variables of a style sheet: --c0, … for lines and --t0, … for texts, in light and in dark."""

    def block(lines: Sequence[str], texts: Sequence[str]) -> str:
        named = [f"--{kind}{i}: {colour};" for kind, some in (("c", lines), ("t", texts)) for i, colour in enumerate(some)]
        return f":root {{ {' '.join(named)} }}"

    dark = block(DARK_LINES, DARK_TEXTS)
    return f"{block(LINES, TEXTS)}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"
