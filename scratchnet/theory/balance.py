"""What theory says beyond the curve: training adds the same to the ‖W‖² of every layer. Read next: `loss_prediction`.

Layers of weights, and activations with φ(a x) = a φ(x) for every a > 0 such as ReLU, double the scores if the weights of
one layer are doubled. So ⟨W, dW⟩ is the same number Σ D·f in each layer, and small steps of plain SGD change every ‖W‖² by
the same −2 lr Σ D·f (Du et al. 2018). It is exact while biases are 0.
"""

import numpy as np

from scratchnet.layers import Affine, AveragePool, Convolution, Flatten, MaxPool
from scratchnet.meanfield import Elementwise
from scratchnet.meanfield.two_inputs import scales
from scratchnet.network import Network
from scratchnet.optimizers import SGD, Optimizer
from scratchnet.support.validation import InputError

POSITIVE = np.array([0.5, 1.0, 3.0])


def layers_gain_alike(net: Network, optimizer: Optimizer) -> bool:
    """Whether training adds the same to the ‖W‖² of every layer: plain SGD, and layers that scale with their inputs."""
    if type(optimizer) is not SGD or optimizer.hooks or any(isinstance(layer, Network) for layer in net.layers):
        return False
    for _, layer in net.walk():
        if isinstance(layer, Affine | Convolution):
            if layer.b.any():
                return False
        elif layer.specs:
            return False
        elif not isinstance(layer, Flatten | MaxPool | AveragePool):
            try:
                if not scales(Elementwise(layer), POSITIVE):
                    return False
            except InputError:  # no activation
                return False
    return True
