"""The page, put together: the template, and what of a comparison goes into its places."""

import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet.experiment import Result
from scratchnet.report import answer, figures
from scratchnet.report.sliders import trial
from scratchnet.spread import Histogram, LayerSpread, Spread
from scratchnet.support.files import as_json, write_whole
from scratchnet.support.tables import Table, percent, short
from scratchnet.support.validation import a_path

BINS = 66
TAIL = 1e-3  # of the outputs that a histogram may leave out at each end
CURVE_POINTS = 101
MOST_LAYERS = 8


def write_report(result: Result, drawn: Mapping[str, Any], path: str | Path) -> Path:
    """Write the page of a comparison and of its figures, as `result.figures()` draws them, and return its path."""
    path = a_path("the report", path)
    write_whole(path, page(result, drawn))
    return path


def page(result: Result, drawn: Mapping[str, Any]) -> str:
    """A comparison as one HTML page that needs nothing else: it reads without script, and with it has sliders."""
    few = result.few
    table = result.table()
    parts = {
        "title": escaped(answer.headline(result)),
        "style": part("page.css"),
        "headline": escaped(answer.headline(result)),
        "setting": escaped(setting(result)),
        "which": escaped(answer.which(result)),
        "why": "".join(
            f"<li><strong>{escaped(label)}</strong> {powers(sentence)}</li>" for label, sentence in answer.why(result)
        ),
        "next": "".join(
            f"<li>{powers(sentence)}{f'<code>{escaped(command)}</code>' if command else ''}</li>"
            for sentence, command in answer.next_steps(result)
        ),
        "results": scrolling(table, "Results of all runs"),
        "happened": "".join(f"<li>{powers(sentence)}</li>" for sentence in result.verdicts()),
        "expected": "".join(
            f"<li><strong>{escaped(label)}</strong> {powers(spread.outlook())}</li>"
            for label, spread in result.predicted.items()
        ),
        "few": ""
        if few is result
        else escaped(
            f"Of {len(result.by_label)} settings the figures show {len(few.by_label)}, from the best to the worst."
        ),
        "figures": "".join(figure(one) for one in figures.shown(result, drawn)),
        "data": as_json(told(few)).replace("<", "\\u003c").replace("\u2028", "\\u2028"),
        "script": part("theory.js") + part("page.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], part("page.html"))


@cache
def part(name: str) -> str:
    """A file that lies beside this one."""
    return (files("scratchnet.report") / name).read_text(encoding="utf-8")


def escaped(words: str) -> str:
    return html.escape(words)


def powers(words: str) -> str:
    """10^-3.6 with its exponent raised."""
    return re.sub(r"10\^(-?[\d.]*\d)", lambda found: f"10<sup>{found[1].replace('-', '−')}</sup>", escaped(words))


def setting(result: Result) -> str:
    """The network and its training in one line, as far as all runs have them in common."""
    runs = [run.describe() for run in result.runs]
    seeds = len({run.seed for run in result.runs})

    def common(name: str, words: str = "{}") -> str | None:
        values = {json.dumps(run[name]) for run in runs}
        return words.format(runs[0][name]) if len(values) == 1 else None

    hidden = {tuple(run.hidden) for run in result.runs}
    widths = [math.prod(result.train.images.shape[1:]), *next(iter(hidden)), result.classes] if len(hidden) == 1 else None
    parts = [
        "–".join(map(str, widths)) if widths else None,
        common("activation"),
        common("optimizer"),
        common("batch_size", "batches of {}"),
        common("steps", "{:,} steps"),
        f"{seeds} seed{'s' * (seeds > 1)}",
        f"{len(result.train):,} training images",
    ]
    return ", ".join(one for one in parts if one)


def scrolling(table: Table, caption: str) -> str:
    """A table that scrolls by itself on a narrow screen, by keyboard too."""
    head = "".join(f'<th scope="col">{powers(cell)}</th>' for cell in table.header)
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escaped(cell)}</th>' if i == 0 else f"<td>{escaped(cell)}</td>" for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(caption)}"><table>'
        f"<caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(one: figures.Shown) -> str:
    return (
        f'<figure id="{one.name}"><h3>{escaped(one.heading)}</h3>'
        f'<div class="plot" tabindex="0" role="group" aria-label="Figure: {escaped(one.heading)}">{one.svg}</div>'
        f"<figcaption>{escaped(one.words)}</figcaption>"
        f"<details><summary>Show “{escaped(one.heading)}” as a table</summary>{scrolling(one.table, one.heading)}</details>"
        "</figure>"
    )


def told(result: Result) -> dict[str, Any]:
    """What the page's script works with."""
    at = figures.steps_of(result, CURVE_POINTS)
    return {
        "trial": trial(result) | {"measured": {label: means(one) for label, one in figures.before(result).items()}},
        "training": {
            "steps": at,
            "loss": {label: [rounded(value) for value in values] for label, values in figures.loss_at(result, at).items()},
            "snapshots": {label: snapshots(results[0]) for label, results in result.by_label.items()},
        },
        "labels": list(result.by_label),
        "classes": result.classes,
    }


def means(spreads: Sequence[Spread]) -> dict[str, Any]:
    """What was measured before training, layer by layer, in the mean over seeds."""
    activations = [layer.name for layer in spreads[0].activations]
    weights = [layer.name for layer in spreads[0].layers if layer.w_rms is not None]
    quantities = {"std": activations, "within_std": activations, "grad_rms": activations, "update_ratio": weights}
    return {
        name: [rounded(figures.measured(spreads, layer, name)) for layer in layers] for name, layers in quantities.items()
    }


def snapshots(one: Any) -> list[dict[str, Any]]:
    """The activations at each moment at which they were recorded, layer by layer in the same bins at all moments."""
    names = [layer.name for layer in one.before.activations]
    kept = [names[i] for i in np.linspace(0, len(names) - 1, min(len(names), MOST_LAYERS)).round().astype(int)]
    bins = {name: shared_bins([spread[name].histogram for spread in one.spreads.values()]) for name in kept}
    return [
        {
            "step": step,
            "std": [rounded(layer.std) for layer in spread.activations],
            "layers": [histogram(spread[name], *bins[name]) for name in kept],
        }
        for step, spread in one.spreads.items()
    ]


def histogram(layer: LayerSpread, exponent: int, first: int) -> dict[str, Any]:
    counts = layer.histogram.on_scale(exponent, first, BINS) if layer.histogram else np.zeros(BINS)
    shares = counts / max(counts.sum(), 1)
    return {
        "name": layer.name,
        "low": first * 2.0**exponent,
        "high": (first + BINS) * 2.0**exponent,
        "shares": [round(1e5 * float(share)) for share in shares],
        "std": rounded(layer.std),
        "within": rounded(layer.within_std),
        "words": ", ".join(
            f"{name} {percent(share)}"
            for name, share in (("zero", layer.zero), ("dead", layer.dead), ("saturated", layer.saturated))
            if share
        )
        or ("" if counts.any() else "no finite number"),
    }


def shared_bins(histograms: Sequence[Histogram | None]) -> tuple[int, int]:
    """Exponent and first bin of BINS bins that hold them all, but for their tails."""
    known = [one for one in histograms if one and any(one.counts)] or [Histogram(0, 0, (1,))]
    ends = [middle(one) for one in known]
    low, high = min(one[0] for one in ends), max(one[1] for one in ends)
    exponent = max(one.exponent for one in known)
    while math.ceil(high / 2.0**exponent) - math.floor(low / 2.0**exponent) > BINS:
        exponent += 1
    return exponent, math.floor(low / 2.0**exponent)


def middle(histogram: Histogram) -> tuple[float, float]:
    """The limits within which all but the tails lie."""
    share = np.cumsum(histogram.counts) / sum(histogram.counts)
    first, last = np.searchsorted(share, [TAIL, 1 - TAIL])
    return (histogram.first + int(first)) * 2.0**histogram.exponent, (
        histogram.first + int(last) + 1
    ) * 2.0**histogram.exponent


def rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(short(value, 5))
