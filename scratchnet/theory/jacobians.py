"""Predicted: by how much each layer stretches the directions of its input. Read next: `tangent`."""

from __future__ import annotations

import math

import numpy as np

from scratchnet.layers import BatchNorm, Dropout
from scratchnet.network import Network, as_network
from scratchnet.spread import Jacobian, measure_jacobians
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, finite
from scratchnet.theory.predict import NUMERIC_ERRORS, Prediction
from scratchnet.theory.sampling import FEWEST, DrawnNetworks


def predict_jacobians(net: Network, x: Array) -> dict[str, Jacobian | None]:
    """The rms of the singular values of ∂out/∂in that theory expects of each layer: what measure_jacobians measures.

        rms² = E |J|² / min(n_in, n_out),   E |J|² = n_in G

    with the mean square G of the gradient before the layer, for a gradient of mean square 1 behind it. Before the first
    weights it is measured, and from where theory stops on, it is the mean over some networks drawn for this. None stands for
    one of images, and for a network in the network.
    """
    net = as_network(net)
    x = finite("x", net.as_rows(x))
    net.twin().forward(x[:1])  # raises now if the network cannot take x
    found: dict[str, Jacobian | None] = dict.fromkeys(name for name, _ in net.walk())
    prediction = Prediction(net.twin(), x, 0.01)
    missing = []
    with one_blas_thread(), np.errstate(all="raise", under="ignore"):
        prediction.forward()
        n_in, known = x[0].size, True
        for name, layer in net.walk():
            known = known and not layer.specs
            if known or name not in prediction.records:
                missing.append(name)
            if name not in prediction.records:
                continue
            step = prediction.records[name].step
            n_out = step.out.units
            inner = isinstance(layer, Network | BatchNorm | Dropout)
            if not (inner or known) and step.out.grid is None and x.ndim == 2:
                try:
                    table, _ = step.backward(np.ones((1, 1, 1)))
                    square = n_in * float(np.mean(table)) * step.factor / min(n_in, n_out)
                    found[name] = Jacobian(rms=math.sqrt(max(square, 0.0)))
                except NUMERIC_ERRORS:
                    pass
            n_in = n_out
        missing = [
            name for name, layer in net.walk() if name in missing and not isinstance(layer, Network | BatchNorm | Dropout)
        ]
        return found | (sampled_jacobians(net, x, missing) if missing and x.ndim == 2 else {})


def sampled_jacobians(net: Network, x: Array, names: list[str]) -> dict[str, Jacobian | None]:
    """The root of the mean of rms² over some drawn networks, for these layers."""
    drawn = DrawnNetworks(net.twin(), x[:1], None, False, 0.0)
    squares: dict[str, list[float]] = {name: [] for name in names}
    for seed in range(FEWEST):
        try:
            with np.errstate(all="ignore"):
                measured = measure_jacobians(drawn.draw(drawn.changed, seed), drawn.x)
        except Exception:  # of a reader's own layer
            return dict.fromkeys(names)
        for name in names:
            jacobian = measured[name]
            squares[name] += [] if jacobian is None else [jacobian.rms**2]
    return {name: Jacobian(rms=math.sqrt(np.mean(some))) if some else None for name, some in squares.items()}
