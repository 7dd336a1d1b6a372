"""How far an optimizer's next step moves each weight, by the optimizer's own `step`, so that one of yours will do too.

    update_ratio = log10(rms(w_next − w) / rms(w))

For plain SGD that is log10(lr · rms(dW) / rms(W)). The first step of Adam and AdaGrad is about lr for every weight, whatever
its gradient; RMSprop's is lr / √(1 − ρ). Read next: `diagnosis`.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from scratchnet.optimizers import SGD, Momentum, Nesterov, Optimizer
from scratchnet.spread_values.values import LayerSpread, OptimizerStep, root_mean_square, update_ratio
from scratchnet.support.quiet import quiet
from scratchnet.support.tables import visible
from scratchnet.support.validation import Array

SAMPLE = 10_000  # numbers that stand for a weight whose optimizer looks at one weight at a time


def is_plain(optimizer: Optimizer) -> bool:
    """Is the step w ← w − η dw, with no hook before it?"""
    return type(optimizer) is SGD and not optimizer.hooks


def step_of(optimizer: Optimizer) -> OptimizerStep | None:
    """What a Spread says of the optimizer's steps; None for plain SGD."""
    if is_plain(optimizer):
        return None
    settled = 1.0
    if type(optimizer) in (Momentum, Nesterov) and not optimizer.t:
        momentum = optimizer.momentum  # type: ignore[attr-defined]
        settled = 1 / (1 - momentum) / (1 + momentum if type(optimizer) is Nesterov else 1)
    hooks = " and ".join(getattr(hook, "__name__", type(hook).__name__) for hook in optimizer.hooks)
    return OptimizerStep(visible(type(optimizer).__name__ + (f" with {hooks}" if hooks else "")), settled)


@quiet
def moved(optimizer: Optimizer, triples: Iterable[tuple[str, Array, Array]]) -> dict[str, float]:
    """The rms of what the optimizer's next step would change in each parameter. Nothing is changed: it moves copies."""
    copies = [(name, w.astype(np.float64), dw.astype(np.float64)) for name, w, dw in triples]
    ahead = copy.deepcopy(optimizer)
    ahead.state = {name: (w, ahead.state[name][1]) for name, w, _ in copies if name in ahead.state}
    before = [w.copy() for _, w, _ in copies]
    ahead.step(copies)
    return {name: root_mean_square(w - old) for (name, w, _), old in zip(copies, before, strict=True)}


def with_moves(layers: Sequence[LayerSpread], moves: Mapping[str, float]) -> list[LayerSpread]:
    """The layers with these moves of their weights; those without a move have no ratio."""
    return [replace(layer, update_ratio=update_ratio(1.0, moves.get(layer.name), layer.w_rms)) for layer in layers]


def expected_moves(
    optimizer: Optimizer, layers: Sequence[LayerSpread], weights: Mapping[str, tuple[str, tuple[int, ...]]]
) -> dict[str, float]:
    """The moves of weights and gradients of which only the rms is known: normal numbers stand for them.

    `weights` has the name and the shape of each layer's weight. A hook may look at all gradients together, as ClipNorm does:
    then each weight has as many numbers as its shape says, and none is moved if one gradient is unknown.
    """
    known = [layer for layer in layers if layer.w_rms is not None and layer.dw_rms is not None]
    if optimizer.hooks and any(layer.w_rms is not None and layer.dw_rms is None for layer in layers):
        return {}
    rng, triples = np.random.default_rng(0), []
    for layer in known:
        assert layer.w_rms is not None and layer.dw_rms is not None
        name, shape = weights[layer.name]
        z = rng.standard_normal((2, *(shape if optimizer.hooks else (SAMPLE, 1))))
        w, dw = (one / root_mean_square(one) for one in z)  # exactly this rms
        triples.append((f"{layer.name}.{name}", layer.w_rms * w, layer.dw_rms * dw))
    moves = moved(optimizer, triples)
    return {layer.name: moves[f"{layer.name}.{weights[layer.name][0]}"] for layer in known}
