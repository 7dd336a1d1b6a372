"""A figure drawn for its files and for the page, in this process or in another one. Read next: `svg`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scratchnet.report.svg import Svg, to_svg


@dataclass(frozen=True)
class Drawn:
    """The files of a figure by suffix (".png", and ".svg" if asked for), and its image in the page."""

    files: dict[str, bytes]
    image: Svg


def draw(drawing: Callable[[], Any], name: str, svg: bool = False) -> Drawn:
    """Draw a figure once. `drawing` makes it; `name` starts its ids in the page."""
    from scratchnet import plots

    figure = drawing()
    return Drawn(plots.to_files(figure, svg), to_svg(figure, name))
