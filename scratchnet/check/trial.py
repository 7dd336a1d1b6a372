"""A layer on trial, and whether its gradients are those of differences. Read next: `patterns`, then `layer`."""

import copy
from dataclasses import dataclass

import numpy as np

from scratchnet.check.gradient import by_differences, in_float64, own_gradients
from scratchnet.check.patterns import Case, diagnose
from scratchnet.check.report import Wrong
from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.validation import Array

TOLERANCE = 1e-5  # of the largest element of a gradient


@dataclass
class Trial:
    """A layer that is checked, what goes into it, with zeros, where many layers have kinks, and what comes from above."""

    layer: Layer
    x: Array
    dout: Array

    def fresh(self, training: bool = True, exact: bool = True) -> Layer:
        """A copy that has seen nothing, in float64 if `exact`; each draws the same random numbers."""
        layer = in_float64(self.layer) if exact else copy.deepcopy(self.layer)
        for one in [layer, *([part for _, part in layer.walk()] if isinstance(layer, Network) else [])]:
            one.training, one.needs_dx = training, True
        return layer


def gradients(trial: Trial, training: bool = True) -> Wrong | None:
    """dx and the gradient of each parameter are those of differences, for every element and a random dout."""
    layer = trial.fresh(training)
    own, arrays = own_gradients(layer, trial.x, trial.dout)
    for label in sorted(arrays, key=lambda label: label == "dx"):  # the plain ones first
        wrong = _gradient(trial, layer, label, np.asarray(own[label], np.float64))
        if wrong:
            return wrong
    return None


def _gradient(trial: Trial, layer: Layer, label: str, yours: Array) -> Wrong | None:
    x, dout = trial.x, trial.dout
    ahead, behind = by_differences(layer, x, dout, label)
    right = (ahead + behind) / 2
    kinks = np.zeros(right.shape, bool)
    off = np.full(right.shape, np.inf)
    if yours.shape == right.shape:
        scale = max(float(np.abs(right).max(initial=0)), 1e-3)
        # At a kink the slopes from above and from below differ, and stay apart with a smaller step: any between will do.
        near, far = by_differences(layer, x, dout, label, 1e-7), np.abs(ahead - behind) > 1e-3 * scale
        kinks = far & (np.abs(near[0] - near[1]) > 1e-3 * scale)
        between = (yours >= np.minimum(*near) - 1e-4 * scale) & (yours <= np.maximum(*near) + 1e-4 * scale)
        right = np.where(far & ~kinks, (near[0] + near[1]) / 2, right)
        off = np.where(kinks & between, 0, np.abs(yours - right))
        off[~np.isfinite(off)] = np.inf
        if np.all(off <= np.where(far, 1e-4, TOLERANCE) * scale):
            return None
    parameters = {name: w for name, w, _ in layer.parameters()}

    def forward(values: Array) -> Array:
        again = copy.deepcopy(layer)
        return again.forward(np.array(values))

    ones = by_differences(layer, x, np.ones_like(dout), label)
    with_ones = (ones[0] + ones[1]) / 2
    word, text = diagnose(Case(label, yours, right, x, dout, forward(x), with_ones, kinks, forward, parameters))
    if yours.shape != right.shape:
        return word, f"{label}: {text}"
    worst = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
    place = f"{label}{list(worst)} is {yours[worst]:.6g}, but differences say {right[worst]:.6g}"
    at = f" (x {x[worst]:.4g}, dout {dout[worst]:.4g})" if label == "dx" and dout.shape == x.shape else ""
    return word, f"{place}{at}. {text}"
