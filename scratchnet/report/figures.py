"""Matplotlib's figures as small SVG inside the page, in the page's own colours, each with its words and its table."""

import html
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np

from scratchnet.experiment import Result
from scratchnet.plots import COLOURS
from scratchnet.plots.curves import running_mean
from scratchnet.spread import Spread
from scratchnet.support.tables import Table, percent, short

POINTS = 240  # of a curve
ROWS_OF_LOSSES = 11
WIDEST = 720  # points: as wide as the page

# What Matplotlib writes, and what the page's colours for light and dark are called.
INKS = {"#000000": "ink", "#ffffff": "paper", "#696969": "soft", "#808080": "soft", "#b0b0b0": "line", "#cccccc": "line"}
INKS |= {colour.lower(): f"c{i}" for i, colour in enumerate(COLOURS[:6])}


@dataclass(frozen=True)
class Shown:
    """A figure of the page: its heading, what it shows in words, itself as SVG, and the numbers in it."""

    name: str
    heading: str
    words: str
    svg: str
    table: Table


def shown(result: Result, figures: Mapping[str, Any]) -> list[Shown]:
    """All figures of a comparison, with the words and numbers of what is in them."""
    found = []
    for name, (heading, words, table) in SHOWN.items():
        if name in figures:
            of = result if name == "accuracy" else result.few
            found.append(Shown(name, heading, words(of), svg(figures[name], name, words(of)), table(of)))
    return found


def svg(figure: Any, name: str, words: str) -> str:
    """A figure in as few characters as it looks the same in."""
    for axes in figure.axes:
        thin(axes)
    content = io.BytesIO()
    figure.set_layout_engine("none")  # it has been laid out when it was saved
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return slim(content.getvalue().decode(), name, words)


def thin(axes: Any) -> None:
    """Leave POINTS points of each curve and each edge of a band."""
    for line in axes.lines:
        x, y = line.get_data()
        if len(x) > POINTS:
            at = np.linspace(0, len(x) - 1, POINTS).round().astype(int)
            line.set_data(np.asarray(x)[at], np.asarray(y)[at])
    for band in axes.collections:
        paths = [path.vertices for path in band.get_paths()]
        if any(len(vertices) > 2 * POINTS for vertices in paths):
            kept = [np.linspace(0, len(one) - 1, min(len(one), 2 * POINTS)).round().astype(int) for one in paths]
            band.set_verts([one[i] for one, i in zip(paths, kept, strict=True)])


def slim(text: str, name: str, words: str) -> str:
    """Without what a page does not need; numbers of a decimal or two, the page's colours, and ids of this figure's own."""
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box is not None
    text = text[text.index("</defs>") + len("</defs>") : text.rindex("</svg>")]  # behind the style for all of it
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", text)
    text = re.sub(r'(<(?:path|clipPath) id="|href="#|url\(#)', rf"\g<1>{name}-", text).replace("xlink:href", "href")
    text = re.sub(r"<[^>]*>", lambda found: shorter(found[0]), text)
    text = re.sub(r">\s+<", "><", text)
    text = re.sub(r"\s*\n\s*", " ", text)
    styles = {style: f"{name}-{i}" for i, style in enumerate(sorted(set(re.findall(r'style="([^"]*)"', text))))}
    text = re.sub(r'style="([^"]*)"', lambda found: f'class="{styles[found[1]]}"', text)
    rules = "".join(f".{kind}{{{style}}}" for style, kind in styles.items())
    wide = f"max-width: {float(box[1].split()[2]) / WIDEST:.0%}"
    label = f'role="img" aria-label="{html.escape(words)}"'
    return f'<svg viewBox="{box[1]}" style="{wide}" {label}><style>{rules}</style>{text.strip()}</svg>'


def shorter(tag: str) -> str:
    """With numbers of a decimal or two, and the page's names of colours; letters have darker ones than lines."""
    letters = tag.startswith(("<text", "<tspan"))
    places = 1 if tag.startswith(("<path", "<use")) else 2

    def named(found: re.Match[str]) -> str:
        ink = INKS.get(found[0], "")
        return f"var(--{'t' + ink[1:] if letters and re.match('c[0-9]', ink) else ink})" if ink else found[0]

    tag = re.sub(r"(?<![\w#-])-?\d+\.\d{2,}", lambda found: f"{float(found[0]):.{places}f}".rstrip("0").rstrip("."), tag)
    if not re.search(r"\d\s+[QC] ", tag):  # the points of a path without curves are joined by lines anyway
        tag = re.sub(r"\s+L (?=-?\d)", " ", tag)
    return re.sub(r"#[0-9a-f]{6}\b", named, tag)


def measured(spreads: Sequence[Spread], layer: str, quantity: str) -> float | None:
    """The mean over seeds of a layer's finite values."""
    found = [getattr(one, quantity) for spread in spreads for one in spread.layers if one.name == layer]
    finite = [value for value in found if value is not None and math.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def before(result: Result) -> dict[str, list[Spread]]:
    return {label: [one.before for one in results] for label, results in result.by_label.items()}


def loss_at(result: Result, at: Sequence[int]) -> dict[str, list[float | None]]:
    """For each label the loss after these steps: the median of the seeds that were still going."""
    found: dict[str, list[float | None]] = {}
    longest = max(run.steps for run in result.runs)
    for label, results in result.by_label.items():
        losses = [np.array(one.loss)[np.isfinite(one.loss)] for one in results]
        curves = [running_mean(loss, max(1, longest // 50)) for loss in losses]  # as in the figure
        values = [[curve[step - 1] for curve in curves if step <= len(curve)] for step in at]
        found[label] = [float(np.median(one)) if one else None for one in values]
    return found


def steps_of(result: Result, count: int) -> list[int]:
    """Steps at equal distances, the first and the last among them."""
    longest = max(run.steps for run in result.runs)
    return [int(step) for step in np.unique(np.linspace(1, longest, count).round().astype(int))]


def loss_words(result: Result) -> str:
    ends = [f"{label} {ending(values)}" for label, values in loss_at(result, steps_of(result, 2)).items()]
    return (
        f"Training loss against step on a log axis, where ln {result.classes} = {math.log(result.classes):.3f} is a guess. "
        f"{'; '.join(ends)}."
    )


def ending(values: Sequence[float | None]) -> str:
    return "diverges" if values[-1] is None else f"goes from {short(values[0])} to {short(values[-1])}"


def loss_table(result: Result) -> Table:
    at = steps_of(result, ROWS_OF_LOSSES)
    losses = loss_at(result, at)
    rows = [[f"{step:,}", *(short(losses[label][i]) for label in losses)] for i, step in enumerate(at)]
    return Table(["step", *losses], rows)


def spread_words(result: Result) -> str:
    said = []
    for label, spread in result.predicted.items():
        stds = [layer.std for layer in spread.activations if layer.std is not None]
        grads = [layer.grad_rms for layer in spread.activations if layer.grad_rms is not None]
        parts = [
            f"{what} from {short(values[0], 2)} to {short(values[-1], 2)}"
            for what, values in (("std", stds), ("gradients", grads))
            if values
        ]
        said.append(f"{label}: {' and '.join(parts) or 'not predicted'}")
    return (
        "Std of the activations and rms of their gradients against depth before training, on log axes; dots are measured, "
        f"lines and bands predicted. From the first layer to the last, {'; '.join(said)}."
    )


def spread_table(result: Result) -> Table:
    quantities = {"std": "std", "within_std": "within a unit", "grad_rms": "gradient"}
    return by_layer(result, quantities, lambda spread: [layer.name for layer in spread.activations])


def by_layer(result: Result, quantities: dict[str, str], layers: Callable[[Spread], list[str]]) -> Table:
    """A row a label and layer: measured, in the mean over seeds, and predicted."""
    header = [
        "initializer",
        "layer",
        *(f"{word}, {kind}" for word in quantities.values() for kind in ("measured", "theory")),
    ]
    rows = []
    for label, spreads in before(result).items():
        for layer in layers(spreads[0]):
            pairs = [
                [short(measured(spreads, layer, one)), short(measured([result.predicted[label]], layer, one))]
                for one in quantities
            ]
            rows.append([label, layer, *(cell for pair in pairs for cell in pair)])
    return Table(header, rows)


def ratio_words(result: Result) -> str:
    said = []
    for label, spread in result.predicted.items():
        ratios = [layer.update_ratio for layer in spread.layers if layer.update_ratio is not None]
        said.append(f"{label} from {min(ratios):.1f} to {max(ratios):.1f}" if ratios else f"{label} is not predicted")
    return (
        "Log10 of each weight's first step over its size, by layer, measured as dots and predicted as lines, beside the "
        f"guide at −3, where training goes well. {'; '.join(said)}."
    )


def ratio_table(result: Result) -> Table:
    def layers(spread: Spread) -> list[str]:
        return [layer.name for layer in spread.layers if layer.w_rms is not None]

    return by_layer(result, {"update_ratio": "log10 step/W"}, layers)


def histogram_words(when: str) -> Callable[[Result], str]:
    def words(result: Result) -> str:
        said = []
        for label, results in result.by_label.items():
            last = getattr(results[0], when).activations[-1:]
            said += [f"{label}: in {one.name} std {short(one.std, 2)}, {percent(one.zero)} of outputs 0" for one in last]
        moment = "before training, with the predicted densities" if when == "before" else "after training"
        return f"Histograms of the activations, a row for each initializer, {moment}. {'; '.join(said)}."

    return words


def histogram_table(when: str) -> Callable[[Result], Table]:
    def table(result: Result) -> Table:
        rows = [
            [
                label,
                one.name,
                *(short(value) for value in (one.mean, one.std, one.within_std)),
                *(percent(share) for share in (one.zero, one.dead, one.saturated)),
            ]
            for label, results in result.by_label.items()
            for one in getattr(results[0], when).activations
        ]
        return Table(["initializer", "layer", "mean", "std", "within a unit", "zero", "dead", "saturated"], rows)

    return table


def map_words(result: Result) -> str:
    rows, columns = result.axes or ("", "")
    cells = result.accuracies(rows, columns)
    found = {(row, column): one for row, several in cells.items() for column, one in several.items()}
    best, worst = max(found, key=found.__getitem__), min(found, key=found.__getitem__)
    return (
        f"Mean test accuracy by {rows} (rows) and {columns} (columns): from {found[worst]:.3f} "
        f"({worst[0]}, {worst[1]}) to {found[best]:.3f} ({best[0]}, {best[1]})."
    )


def map_table(result: Result) -> Table:
    axes = result.axes or ("", "")
    found = result.accuracies(*axes)
    columns = list(dict.fromkeys(column for cells in found.values() for column in cells))
    rows = [
        [row, *(f"{cells[column]:.4f}" if column in cells else "-" for column in columns)] for row, cells in found.items()
    ]
    return Table([axes[0], *columns], rows)


SHOWN: dict[str, tuple[str, Callable[[Result], str], Callable[[Result], Table]]] = {
    "accuracy": ("How accurate, and where?", map_words, map_table),
    "loss": ("Did it learn?", loss_words, loss_table),
    "spread": ("How far are the numbers spread, layer by layer?", spread_words, spread_table),
    "update_ratios": ("How far does one step move each weight?", ratio_words, ratio_table),
    "activations": ("The activations before training", histogram_words("before"), histogram_table("before")),
    "activations_after": ("The activations after training", histogram_words("after"), histogram_table("after")),
}
