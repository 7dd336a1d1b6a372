"""The playground in the page of a comparison: the runs' own settings, and what was measured in them.

Read next: `page`.
"""

from collections.abc import Sequence
from typing import Any

from scratchnet.experiment import Result, Run
from scratchnet.layers import Affine
from scratchnet.network import ROWS
from scratchnet.playground.component import Component, Described
from scratchnet.playground.tables import loss_curves, theory_tables
from scratchnet.report.averages import initial_spreads, rounded, seed_mean
from scratchnet.spread import Spread
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError

MAX_ACTIVATIONS = 6


def playground_data(result: Result) -> dict[str, Any]:
    """Tables for theory, and for each label where its sliders start and what was measured. The page adds images if it can.

    A label has sliders only if its network can be made, its activation is elementwise and all its biases have the same mean.
    There are none if the runs have different data.
    """
    x, t = result.train[:ROWS]
    one_set = len({run.data for run in result.runs}) == 1
    component = Component(MAX_ACTIVATIONS)
    for run in first_runs(result):
        if not one_set or run.own or run.activation is None:  # the page knows multi-layer perceptrons alone
            continue
        try:
            with one_blas_thread():  # as in the runs: an orthogonal matrix takes several times as long with more
                net = run.network(result.train)
        except InputError:  # read from a folder, with an initializer or an activation that the folder only names
            continue
        affine = [layer for layer in net.layers if isinstance(layer, Affine)]
        component.add(
            Described(
                run.label,
                run.initializer,
                result.looks[run.label],
                run.init,
                run.hidden,
                run.activation,
                run.optimizer,
                run.batch_size,
                affine,
            )
        )
    data = component.data()
    labels = [setting["label"] for setting in data["settings"]]
    return {
        **theory_tables(x, t, result.classes),
        **data,
        "best": labels.index(result.ranking[0]) if result.ranking[0] in labels else 0,
        "measured": {label: measured_means(spreads) for label, spreads in initial_spreads(result).items()},
        "losses": loss_curves(result.predicted_losses),
        "digits": None,
    }


def first_runs(result: Result) -> list[Run]:
    """The first run of each label."""
    return [next(run for run in result.runs if run.label == label) for label in result.by_label]


def measured_means(spreads: Sequence[Spread]) -> dict[str, list[float | None]]:
    """What was measured before training, layer by layer, as the mean over seeds."""
    activations = [layer.name for layer in spreads[0].activations]
    weights = [layer.name for layer in spreads[0].layers if layer.w_rms is not None]
    quantities = {"std": activations, "within_std": activations, "grad_rms": activations, "update_ratio": weights}
    return {name: [rounded(seed_mean(spreads, layer, name)) for layer in layers] for name, layers in quantities.items()}
