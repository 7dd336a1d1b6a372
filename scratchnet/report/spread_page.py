"""The page of one network's spreads at several moments: words, figures and tables, without scripts. Read next: `page`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scratchnet.report.page import style, template
from scratchnet.report.svg import to_svg
from scratchnet.report.terms import glossary
from scratchnet.spread import Spread
from scratchnet.support.files import write_whole

CAPTIONS = {
    "loss": "The loss of each step, on a log axis.",
    "spread": "Std of the activations, pooled and within a unit, and rms of their gradients, against depth.",
    "activations": "Histograms of the activations, with the shares that are dead, saturated or 0.",
    "update_ratios": "How far one step of SGD moves each weight, relative to its size. About 10⁻³ trains well.",
}


def write_spread_page(title: str, setting: str, spreads: Mapping[str, Spread], drawn: Mapping[str, Any], path: Path) -> Path:
    """Write the page and return its path. `drawn` are figures by name, one for each of CAPTIONS or fewer."""
    figures = {name: (to_svg(figure, name), CAPTIONS[name]) for name, figure in drawn.items()}
    text = template("spread.html").render(
        title=title, setting=setting, spreads=spreads, figures=figures, style=style(), glossary=glossary()
    )
    write_whole(path, text)
    return path
