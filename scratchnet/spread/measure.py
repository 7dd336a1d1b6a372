"""Measured: what goes through every layer of a network, watched on its way through.

Read next: `scratchnet.meanfield.one_input`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scratchnet.layers import Layer
from scratchnet.losses import Loss, SoftmaxCrossEntropy, as_loss, targets
from scratchnet.network import Network, as_network
from scratchnet.optimizers import Optimizer, as_optimizer
from scratchnet.spread.jacobian import network_jacobian
from scratchnet.spread.spread import Spread
from scratchnet.spread.steps import is_plain, moved, step_of, with_moves
from scratchnet.spread.sums import LayerSums
from scratchnet.support.quiet import quiet
from scratchnet.support.validation import Array, flag, labels, no_pixels, number


@quiet
def measure_spread(
    net: Network,
    x: Array,
    t: Array | None = None,
    lr: float = 0.01,
    criterion: Loss | None = None,
    training: bool = True,
    optimizer: Optimizer | None = None,
) -> Spread:
    """Measure the spread of every layer for the inputs x and, with labels t, the spread of its gradients too.

    The units of an image are its channels, and each place is measured separately. Layers inside a Residual or a nested
    Network are listed before it. update_ratio is that of SGD at `lr`, or of the next step that
    `optimizer` would make; neither the optimizer nor the network is changed. With `training`, batch normalization uses the
    statistics of this batch and dropout drops, as in a training step; without, both behave as in evaluation.

    It evaluates a copy of the network, part by part, so what the last training step left in the layers stays.
    """
    net, training = as_network(net), flag("training", training)
    plain = optimizer is None or is_plain(as_optimizer(optimizer))
    lr = number("lr", lr if optimizer is None else optimizer.next_lr, least=0)
    twin = net.twin(training)
    twin.keep_in_one_piece()  # so that the watched layers themselves get the numbers
    x = no_pixels("x", net.as_rows(x))
    criterion = as_loss(criterion)
    if t is not None:
        t = labels(t, len(x)) if isinstance(criterion, SoftmaxCrossEntropy) else targets(t, len(x))
    sums = {name: _watch(layer) for name, layer in twin.walk()}
    loss, gradients = 0.0, dict[str, Any]()
    for rows in net.parts(len(x)):
        scores = twin.forward(x[rows])
        if t is not None:
            share = len(scores) / len(x)
            loss += share * criterion.forward(scores, t[rows])
            twin.backward(criterion.backward() * np.asarray(share, net.dtype))
            for name, _, dw in [] if plain else twin.parameters():
                gradients[name] = gradients.get(name, 0.0) + np.asarray(dw, np.float64)
    layers, step = [total.layer_spread(name, lr) for name, total in sums.items()], None
    if optimizer is not None and not plain:
        step, moves = step_of(optimizer), dict[str, float]()
        if gradients:
            found = moved(optimizer, [(name, w, gradients[name]) for name, w, _ in net.parameters()])
            weights = {name: _weight(layer) for name, layer in net.walk()}
            moves = {name: found[f"{name}.{weight}"] for name, weight in weights.items() if weight}
        layers = with_moves(layers, moves)
    for (
        _,
        layer,
    ) in twin.walk():  # otherwise each layer refers to itself, and its arrays stay until the garbage collector runs
        del layer.forward, layer.backward
    if t is None:
        jacobian = network_jacobian(net.twin(training), x[:1], scores.shape[-1]) if scores.ndim == 2 else None
        return Spread(layers, lr=lr, jacobian=jacobian, step=step)
    classes = scores.shape[-1] if isinstance(criterion, SoftmaxCrossEntropy) else None
    return Spread(layers, loss, lr, classes, network_jacobian(net.twin(training), x[:1], scores.shape[-1]), step=step)


def _weight(layer: Layer) -> str | None:
    """The name of a layer's weight: its first parameter with two or more axes."""
    return next((name for name, spec in layer.specs.items() if len(spec.shape) > 1), None)


def _watch(layer: Layer) -> LayerSums:
    """Make the layer add up everything that goes through it from now on."""
    weight = _weight(layer)
    sums, forward, backward = (
        LayerSums(layer.bounds, getattr(layer, weight) if weight else None),
        layer.forward,
        layer.backward,
    )

    def watched_forward(x: Array) -> Array:
        out = forward(x)
        sums.add_outputs(out)
        return out

    def watched_backward(dout: Array) -> Array | None:
        if layer.needs_dx or layer.parameters():  # before all weights no gradient is needed
            sums.add_gradient(dout)
        dx = backward(dout)
        if weight:
            sums.add_weight_gradient(getattr(layer, f"d{weight}"))
        return dx

    layer.forward, layer.backward = watched_forward, watched_backward  # type: ignore[method-assign]
    return sums
