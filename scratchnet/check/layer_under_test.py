"""A layer that is checked, and whether its gradients are those of differences. Read next: `parameters`."""

import copy
from dataclasses import dataclass

import numpy as np

from scratchnet.check.gradient import by_differences, in_float64, own_gradients
from scratchnet.check.patterns import WrongGradient, mistakes_in
from scratchnet.check.recognize import recognize
from scratchnet.check.report import Wrong
from scratchnet.layers import Layer
from scratchnet.network import Network
from scratchnet.support.validation import Array

TOLERANCE = 1e-5  # of the largest element of a gradient


@dataclass
class LayerUnderTest:
    """A layer that is checked, the x that goes into it, the dout that comes from above, and a layer that is right, if known.

    x holds some zeros, where many layers have kinks.
    """

    layer: Layer
    x: Array
    dout: Array
    right: Layer | None = None

    def fresh(self, training: bool = True, exact: bool = True) -> Layer:
        """A copy that has seen nothing, in float64 if `exact`; each draws the same random numbers."""
        layer = in_float64(self.layer) if exact else copy.deepcopy(self.layer)
        for one in [layer, *([part for _, part in layer.walk()] if isinstance(layer, Network) else [])]:
            one.training, one.needs_dx = training, True
        return layer


def check_against_differences(subject: LayerUnderTest, training: bool = True) -> Wrong | None:
    """dx and the gradient of each parameter are those of differences, for every element and a random dout."""
    layer = subject.fresh(training)
    own, arrays = own_gradients(layer, subject.x, subject.dout)
    for label in sorted(arrays, key=lambda label: label == "dx"):  # the plain ones first
        wrong = gradient_differs(subject, layer, label, np.asarray(own[label], np.float64))
        if wrong:
            return wrong
    return None


def gradient_differs(subject: LayerUnderTest, layer: Layer, label: str, yours: Array) -> Wrong | None:
    x, dout = subject.x, subject.dout
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
    case = WrongGradient(label, yours, right, x, dout, forward(x), with_ones, kinks, forward, parameters)
    where = ~kinks if yours.shape == right.shape else True
    inputs = (x, dout) if label == "dx" else (x,)
    return recognize(
        [yours],
        [right],
        mistakes_in(case),
        name=label,
        cases=[inputs],
        where=where,
        counts=case.counts,
        source="differences say",
    )
