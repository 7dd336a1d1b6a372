"""Characters that Matplotlib's own font lacks: a font of the machine that has them, or an escape that can be read.

Read next: `base`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter

from scratchnet.support.tables import escape

OWN = "DejaVu Sans"
NO_GLYPH = "\u200b\u200c\u200d\n"  # these need none


@contextmanager
def with_known_glyphs(figure: Figure) -> Iterator[None]:
    """Draw each text in fonts that have its characters; a character that no font has is an escape meanwhile."""
    changed = list[tuple[Text, str, Any]]()
    formatters = dict[int, FixedFormatter]()  # panels that share an axis share one
    for axis in [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]:
        if isinstance(one := axis.get_major_formatter(), FixedFormatter):
            axis.get_ticklabels()  # which have their texts from now on, and not only when they are drawn
            formatters[id(one)] = one
    ticks = {key: list(one.seq) for key, one in formatters.items()}  # it writes the texts anew with each drawing
    for one in formatters.values():
        one.seq = [shown(words, missing_in(words)) for words in one.seq]
    for text in figure.findobj(Text):
        words = text.get_text()
        missing = missing_in(words)
        if not missing:
            continue
        changed.append((text, words, text.get_fontfamily()))
        families = list(dict.fromkeys(family for letter in sorted(missing) if (family := family_with(letter))))
        text.set_fontfamily([OWN, *families])
        text.set_text(shown(words, missing))
    yield
    for key, one in formatters.items():
        one.seq = ticks[key]
    for text, words, family in changed:
        text.set_text(words)
        text.set_fontfamily(family)


def missing_in(words: str) -> set[str]:
    """The characters of a text that Matplotlib's own font lacks."""
    return set() if words.isascii() else {one for one in words if ord(one) not in characters(own_file())} - set(NO_GLYPH)


def shown(words: str, missing: set[str]) -> str:
    """The text with escapes for those missing characters that no font has."""
    return "".join(escape(one) if one in missing and not family_with(one) else one for one in words)


@functools.cache
def family_with(letter: str) -> str | None:
    """A font family of the machine that has this character; a plain one rather than a serif or a monospaced one."""
    for _, _, family, file in ordered_files():
        if ord(letter) in characters(file):
            return family
    return None


@functools.cache
def ordered_files() -> list[tuple[bool, bool, str, str]]:
    """The fonts of normal weight, those for this purpose first, in an order that does not depend on the machine's own."""
    listed = {one.fname for one in fontManager.ttflist}  # in a file that Matplotlib wrote, perhaps before a font came
    for file in sorted(set(findSystemFonts()) - listed):
        with suppress(Exception):
            fontManager.addfont(file)
    found = dict[str, tuple[bool, bool, str, str]]()
    for one in fontManager.ttflist:
        upright = one.style == "normal" and str(one.weight) in ("400", "normal", "regular", "book")
        if upright and "Last Resort" not in one.name:
            odd = any(word in one.name for word in ("Serif", "Mono", "Math", "Display"))
            found.setdefault(one.name, (odd, "CJK JP" not in one.name, one.name, one.fname))
    return sorted(found.values())


@functools.cache
def own_file() -> str:
    return fontManager.findfont(OWN)


@functools.cache
def characters(file: str) -> frozenset[int]:
    """The characters that a font has; none if Matplotlib cannot read it."""
    with suppress(Exception):
        return frozenset(get_font(file).get_charmap())
    return frozenset()
