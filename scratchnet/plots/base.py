"""What all figures share: looks of labels, axes, texts that fit, and how a figure is saved. Read next: `curves`."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, LogFormatter, LogLocator, MaxNLocator, NullLocator

from scratchnet.plots.backend import own_settings, with_own_settings
from scratchnet.plots.glyphs import with_known_glyphs
from scratchnet.support.colours import LINES, Look
from scratchnet.support.files import write_whole
from scratchnet.support.tables import short, visible_lines

COLOURS = LINES
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
NO_DATE = {".png": {"Software": None}, ".svg": {"Date": None}}  # metadata that would change from call to call
CROSS: dict[str, Any] = {"markersize": 11, "clip_on": False}
POINTS_PER_INCH = 72
DOTS = "…"
LEGEND_LINE = 0.21  # inches; the third line of a legend and all others make a figure higher


def style(i: int) -> dict[str, Any]:
    """Colour and dash of the i-th curve in a figure."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}


def line_of(look: Look) -> dict[str, Any]:
    """Colour and dash of a label's curve."""
    return {"color": look.colour, "linestyle": DASHES[look.dash]}


def marks_of(look: Look) -> dict[str, Any]:
    """Colour and marker of a label's points."""
    return {"color": look.colour, "marker": MARKERS[look.marker]}


class NotebookFigure(Figure):
    """A Figure that a notebook shows when a cell returns it, without pyplot and without `%matplotlib inline`."""

    def _repr_png_(self) -> bytes:
        plain_texts(self)
        with own_settings(), with_known_glyphs(self):
            content = io.BytesIO()
            self.savefig(content, format="png", metadata=NO_DATE[".png"])
        return content.getvalue()


@with_own_settings
def new_figure(width: float, height: float, figure: Figure | None) -> Figure:
    if figure is None:
        figure = NotebookFigure(dpi=120)
    figure.set_size_inches(width, height)
    figure.set_layout_engine("constrained")
    return figure


def title_above(place: Any, title: str, size: float = 12) -> None:
    """The title of a Figure or of its only axes, in as many lines as the figure's width needs."""
    figure = place if isinstance(place, Figure) else place.figure
    words = wrapped(title, 0.9 * POINTS_PER_INCH * figure.get_size_inches()[0], size)
    if place is figure:
        place.suptitle(words, fontsize=size)
    else:
        place.set_title(words, fontsize=size)


def legend_text(label: str) -> str:
    """The label for a legend. Matplotlib leaves out what starts with "_", so a space of no width comes first."""
    return f"\u200b{label}" if label.startswith("_") else label


def legend_below(figure: Figure, handles: Sequence[Any], handlelength: float = 3) -> None:
    """A legend under the panels: in one row if it fits, otherwise in columns as wide as its longest label."""
    if handles:
        room = POINTS_PER_INCH * figure.get_size_inches()[0] - 20
        beside = 10 * handlelength + 28  # the line, and the space between columns
        names = fitted([handle.get_label() for handle in handles], room - beside)
        for handle, name in zip(handles, names, strict=True):
            handle.set_label(name)
        points = [text_width(name) + beside for name in names]
        columns = len(handles) if sum(points) <= room else max(1, int(room / max(points)))
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height + LEGEND_LINE * max(math.ceil(len(handles) / columns) - 2, 0))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=handlelength)


def text_width(text: str, size: float = 10) -> float:
    """The width of a text in points; of several lines, that of the longest."""
    font = FontProperties(size=size)
    return max(text_to_path.get_text_width_height_descent(line, font, False)[0] for line in text.split("\n"))


def fitted(labels: Sequence[str], width: float, size: float = 10) -> list[str]:
    """The labels, those wider than `width` points shortened in the middle. Two that differ stay different."""
    found = list[str]()
    for i, label in enumerate(labels):
        text = shortened(label, width, size)
        if text in found:
            text = f"{shortened(label, width - text_width(f' [{i}]', size), size)} [{i}]"
        found.append(text)
    return found


def shortened(text: str, width: float, size: float) -> str:
    """The text, without its middle if it is wider than `width` points."""
    kept = len(text)
    shown = text
    while kept > 2 and text_width(shown, size) > width:
        kept = min(kept - 1, max(2, int(kept * width / text_width(shown, size))))
        shown = text[: kept - kept // 2] + DOTS + text[len(text) - kept // 2 :]
    return shown


def wrapped(text: str, width: float, size: float = 10) -> str:
    """The text in lines of at most `width` points; a word that is longer is shortened."""
    lines = list[str]()
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = shortened(longer, width, size)
        lines.append(line)
    return "\n".join(lines)


def log_axis(axis: Any, low: float, high: float) -> None:
    """Ticks of a log axis, as plain numbers, or as powers of ten where it spans more than three decades."""
    if high > 1000 * low:
        axis.set_major_locator(LogLocator(numticks=9))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    elif high > 4 * low:
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        few = "25" if high < 100 * low else ""
        axis.set_minor_formatter(FuncFormatter(lambda value, _: short(value) if f"{value:e}"[0] in few else ""))
    else:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value, 6)))


def power_of_ten(value: float) -> str:
    """1e-5 is 10⁻⁵."""
    return "10" + f"{math.log10(value):.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def handle(look: Look, label: str, **more: Any) -> Line2D:
    """The entry of a legend for a label."""
    return Line2D([], [], label=legend_text(label), **(line_of(look) | more))


def plain_texts(figure: Figure) -> None:
    """Show the figure's texts as they are: $...$ is no formula, and control characters, which no font has, are escapes."""
    ours = {id(text) for text in _log_ticks(figure)}
    for text in figure.findobj(Text):
        if (shown := visible_lines(text.get_text())) != text.get_text():
            text.set_text(shown)
        if "$" in shown and id(text) not in ours:
            text.set_parse_math(False)


def _log_ticks(figure: Figure) -> Iterable[Text]:
    """The labels of ticks that Matplotlib itself writes as formulas, $10^{-3}$."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatter):
                yield from [*axis.get_majorticklabels(), *axis.get_minorticklabels()]


def save(figure: Figure, stem: str | Path, svg: bool = True) -> list[Path]:
    r"""Write the figure to stem.png and stem.svg, and return their paths. The same figure gives the same bytes.

    With svg=False there is no stem.svg, unless one is there already: an old figure would contradict the new one. A character
    that no font on this machine has is written as an escape, \u91cd.
    """
    contents = to_files(figure, svg or Path(f"{stem}.svg").exists())
    for suffix, content in contents.items():
        write_whole(Path(f"{stem}{suffix}"), content)
    return [Path(f"{stem}{suffix}") for suffix in contents]


def to_files(figure: Figure, svg: bool) -> dict[str, bytes]:
    """What the files of a figure hold, by suffix: a PNG, and with `svg` also an SVG."""
    contents = {}
    engine = figure.get_layout_engine()
    plain_texts(figure)
    with own_settings(svg_hashsalt="scratchnet"), with_known_glyphs(figure):
        if engine is not None:
            engine.execute(figure)
            figure.set_layout_engine(None)  # with an engine, Matplotlib would draw each file twice
        for suffix in [".png", ".svg"] if svg else [".png"]:
            content = io.BytesIO()
            figure.savefig(content, format=suffix[1:], metadata=NO_DATE[suffix])
            contents[suffix] = content.getvalue()
    figure.set_layout_engine(engine)
    return contents
