"""The figures of the page, each with a caption in words and a table of its numbers. Read next: `accuracies`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scratchnet.experiment import Result
from scratchnet.report.accuracies import accuracy_caption, accuracy_table
from scratchnet.report.averages import initial_spreads, last_losses, median_losses, seed_mean, spaced_steps
from scratchnet.report.svg import Svg
from scratchnet.spread import LayerSpread, Spread
from scratchnet.support.tables import Table, percent, short

LOSS_ROWS = 11


@dataclass(frozen=True)
class PageFigure:
    """A figure, its heading, its caption (also the alternative text), and its numbers."""

    name: str
    heading: str
    caption: str
    svg: Svg
    table: Table


def page_figures(result: Result, images: Mapping[str, Svg]) -> list[PageFigure]:
    """The figures of a comparison, in the order of the page. `images` are those that were drawn, by name."""
    figures = []
    for name, (heading, caption, table) in FIGURES.items():
        if name in images:
            source = result if name == "accuracy" else result.for_figures
            figures.append(PageFigure(name, heading, caption(source), images[name], table(source)))
    return figures


def loss_caption(result: Result) -> str:
    ends = last_losses(result)
    changes = [f"{label} {loss_change(loss, ends[label])}" for label, (loss,) in median_losses(result, [1]).items()]
    return (
        f"Training loss against step on a log axis. A guess has the loss ln {result.classes} = "
        f"{math.log(result.classes):.3f}. {'; '.join(changes)}.{predicted_sentence(result)}"
    )


def predicted_sentence(result: Result) -> str:
    """What theory said of the losses before training, where it said something."""
    losses = {label: one for label, one in result.predicted_losses.items() if one.until is not None}
    said = "; ".join(f"{label}: {one.sentence()}" for label, one in losses.items())
    gains = {one.gains() for one in losses.values()}
    said += f". {gains.pop().capitalize()}, in theory" if len(gains) == 1 and "" not in gains else ""
    return f" Black lines are predicted before training, to the step that theory answers for. {said}." if said else ""


def loss_change(first: float | None, last: float | None) -> str:
    return "diverges" if last is None else f"goes from {short(first)} to {short(last)}"


def loss_table(result: Result) -> Table:
    steps = spaced_steps(result, LOSS_ROWS)
    losses = median_losses(result, steps)
    rows = [[f"{step:,}", *(short(losses[label][i]) for label in losses)] for i, step in enumerate(steps)]
    return Table(["step", *losses], rows)


def spread_caption(result: Result) -> str:
    ranges = []
    for label, spread in result.predicted.items():
        stds = [layer.std for layer in spread.activations if layer.std is not None]
        gradients = [layer.grad_rms for layer in spread.activations if layer.grad_rms is not None]
        parts = [
            f"{quantity} from {short(values[0], 2)} to {short(values[-1], 2)}"
            for quantity, values in (("std", stds), ("gradients", gradients))
            if values
        ]
        ranges.append(f"{label}: {' and '.join(parts) or 'not predicted'}")
    return (
        "Std of the activations and rms of their gradients against depth before training, on log axes. Dots are measured, "
        f"lines and bands are predicted. From the first layer to the last, {'; '.join(ranges)}."
    )


def spread_table(result: Result) -> Table:
    quantities = {"std": "std", "within_std": "within a unit", "grad_rms": "gradient"}
    return layer_table(result, quantities, lambda spread: [layer.name for layer in spread.activations])


def layer_table(result: Result, quantities: dict[str, str], layers: Callable[[Spread], list[str]]) -> Table:
    """One row per label and layer: each quantity as measured (mean over seeds) and as predicted."""
    header = [
        "initializer",
        "layer",
        *(f"{name}, {source}" for name in quantities.values() for source in ("measured", "theory")),
    ]
    rows = []
    for label, spreads in initial_spreads(result).items():
        for layer in layers(spreads[0]):
            pairs = [
                [short(seed_mean(spreads, layer, quantity)), short(seed_mean([result.predicted[label]], layer, quantity))]
                for quantity in quantities
            ]
            rows.append([label, layer, *(cell for pair in pairs for cell in pair)])
    return Table(header, rows)


def ratio_caption(result: Result) -> str:
    ranges = []
    for label, spread in result.predicted.items():
        ratios = [layer.update_ratio for layer in spread.layers if layer.update_ratio is not None]
        ranges.append(f"{label} from {min(ratios):.1f} to {max(ratios):.1f}" if ratios else f"{label} is not predicted")
    return (
        "Log10 of each weight's first step over its size, by layer. Dots are measured, lines are predicted, and the guide "
        f"at −3 shows where training goes well. {'; '.join(ranges)}."
    )


def ratio_table(result: Result) -> Table:
    def layers(spread: Spread) -> list[str]:
        return [layer.name for layer in spread.layers if layer.w_rms is not None]

    return layer_table(result, {"update_ratio": "log10 step/W"}, layers)


def histogram_caption(moment: str) -> Callable[[Result], str]:
    def caption(result: Result) -> str:
        lasts = []
        for label, results in result.by_label.items():
            names = [one.name for one in results[0].before.activations[-1:]]
            last = [getattr(results[0], moment)[name] for name in names]
            lasts += [f"{label}: {outputs_words(one)}" for one in last]
        when = "before training, with the predicted densities" if moment == "before" else "after training"
        return f"Histograms of the activations {when}, one row per initializer. {'; '.join(lasts)}."

    return caption


def outputs_words(layer: LayerSpread) -> str:
    if layer.std is None or not math.isfinite(layer.std):
        return f"{layer.name} has outputs that are no finite numbers"
    return f"in {layer.name} std {short(layer.std, 2)}, {percent(layer.zero)} of outputs 0"


def histogram_table(moment: str) -> Callable[[Result], Table]:
    def table(result: Result) -> Table:
        rows = [
            [
                label,
                layer.name,
                *(short(value) for value in (layer.mean, layer.std, layer.within_std)),
                *(percent(share) for share in (layer.zero, layer.dead, layer.saturated)),
            ]
            for label, results in result.by_label.items()
            for layer in (getattr(results[0], moment)[one.name] for one in results[0].before.activations)
        ]
        return Table(["initializer", "layer", "mean", "std", "within a unit", "zero", "dead", "saturated"], rows)

    return table


# name of the figure: its heading, and what makes its caption and its table
FIGURES: dict[str, tuple[str, Callable[[Result], str], Callable[[Result], Table]]] = {
    "accuracy": ("How accurate, and where?", accuracy_caption, accuracy_table),
    "loss": ("Did it learn?", loss_caption, loss_table),
    "spread": ("How does the spread change from layer to layer?", spread_caption, spread_table),
    "update_ratios": ("How far does one step move each weight?", ratio_caption, ratio_table),
    "activations": ("The activations before training", histogram_caption("before"), histogram_table("before")),
    "activations_after": ("The activations after training", histogram_caption("after"), histogram_table("after")),
}
