"""Predicted: by how much each layer stretches the directions of its input. Read next: `tangent`."""

from __future__ import annotations

import math

import numpy as np

from scratchnet.layers import BatchNorm, Dropout
from scratchnet.network import Network, as_network
from scratchnet.spread import Jacobian
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, finite
from scratchnet.theory.predict import NUMERIC_ERRORS, Prediction


def predict_jacobians(net: Network, x: Array) -> dict[str, Jacobian | None]:
    """The rms of the singular values of ∂out/∂in that theory expects of each layer: what measure_jacobians measures.

        rms² = E |J|² / min(n_in, n_out),   E |J|² = n_in G

    with the mean square G of the gradient before the layer, for a gradient of mean square 1 behind it. None stands for a
    layer that theory does not reach, one of images, and a network in the network.
    """
    net = as_network(net)
    x = finite("x", net.as_rows(x))
    found: dict[str, Jacobian | None] = dict.fromkeys(name for name, _ in net.walk())
    prediction = Prediction(net.twin(), x, 0.01)
    with one_blas_thread(), np.errstate(all="raise", under="ignore"):
        prediction.forward()
        n_in = x[0].size
        for name, layer in net.walk():
            if name not in prediction.records:
                break
            step = prediction.records[name].step
            n_out = step.out.units
            inner = isinstance(layer, Network | BatchNorm | Dropout)
            if not inner and step.out.grid is None and x.ndim == 2:
                try:
                    table, _ = step.backward(np.ones((1, 1, 1)))
                    square = n_in * float(np.mean(table)) * step.factor / min(n_in, n_out)
                    found[name] = Jacobian(rms=math.sqrt(max(square, 0.0)))
                except NUMERIC_ERRORS:
                    pass
            n_in = n_out
    return found
