"""What all figures share: colours, dashes and markers, an empty figure, and how one is saved. Read next: `curves`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from scratchnet.plots.backend import own_settings, with_own_settings
from scratchnet.support.files import write_whole
from scratchnet.support.tables import visible_lines

# Okabe and Ito's colours, which colour-blind readers can tell apart too; dash and marker tell the same a second time.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
NO_DATE = {".png": {"Software": None}, ".svg": {"Date": None}}  # metadata that would change from call to call
CROSS: dict[str, Any] = {"markersize": 11, "clip_on": False}


def style(i: int) -> dict[str, Any]:
    """Colour and dash of the i-th curve in a figure."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}


class NotebookFigure(Figure):
    """A Figure that a notebook shows when a cell returns it, without pyplot and without `%matplotlib inline`."""

    def _repr_png_(self) -> bytes:
        plain_texts(self)
        with own_settings():
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


def legend_text(label: str) -> str:
    """The label for a legend. Matplotlib leaves out what starts with "_", so a space of no width comes first."""
    return f"\u200b{label}" if label.startswith("_") else label


def legend_below(figure: Figure, handles: Sequence[Any], handlelength: float = 3) -> None:
    """A legend under the panels: in one row if it fits, otherwise in columns as wide as its longest label."""
    if handles:
        points = [6.3 * len(handle.get_label()) + 10 * handlelength + 28 for handle in handles]
        room = 72 * figure.get_size_inches()[0] - 20
        columns = len(handles) if sum(points) <= room else max(1, int(room / max(points)))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=handlelength)


def plain_texts(figure: Figure) -> None:
    """Show the figure's texts as they are: $...$ is no formula, and control characters, which no font has, are escapes."""
    for text in figure.findobj(Text):
        if (shown := visible_lines(text.get_text())) != text.get_text():
            text.set_text(shown)
        if "$" in shown and not shown.startswith(r"$\mathdefault"):  # how Matplotlib writes a power of ten
            text.set_parse_math(False)


def save(figure: Figure, stem: str | Path, svg: bool = True) -> list[Path]:
    """Write the figure to stem.png and stem.svg, and return their paths. The same figure gives the same bytes.

    With svg=False there is no stem.svg, unless one is there already: an old figure would contradict the new one.
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
    with own_settings(svg_hashsalt="scratchnet"):
        if engine is not None:
            engine.execute(figure)
            figure.set_layout_engine(None)  # with an engine, Matplotlib would draw each file twice
        for suffix in [".png", ".svg"] if svg else [".png"]:
            content = io.BytesIO()
            figure.savefig(content, format=suffix[1:], metadata=NO_DATE[suffix])
            contents[suffix] = content.getvalue()
    figure.set_layout_engine(engine)
    return contents
