"""A figure drawn once, for its files and for the page. Read next: `svg`."""

from dataclasses import dataclass
from typing import Any

from scratchnet import plots
from scratchnet.report.svg import Svg, to_svg


@dataclass(frozen=True)
class Drawn:
    """The files of a figure by suffix (".png", and ".svg" if asked for), and its image in the page."""

    files: dict[str, bytes]
    image: Svg


def draw(figure: Any, name: str, svg: bool = False) -> Drawn:
    """Draw a figure. `name` starts its ids in the page."""
    files = plots.to_files(figure, svg)
    return Drawn(files, to_svg(figure, name))
