"""What is wrong with a network, in words, and what may fix it: from the numbers of a spread, measured or predicted.

Read next: `spread`.
"""

import math

from scratchnet.spread_values.values import LayerSpread, SpreadValues
from scratchnet.support.tables import percent, short

# The bounds between good and bad. A step is lr · rms(dW) / rms(W); a step of about 10⁻³ trains well.
SAME = 0.05  # within-unit std over pooled std
SLOW, WELL, FAST = -5.0, -3.7, -1.3  # log10 of a step
DEAD, SATURATED = 0.25, 0.25  # shares
STEADY = 1.3  # factor by which the signal may grow or shrink per layer
HUGE = 2.0  # first loss over ln C

NO_ACTIVATIONS = ("Flatten", "MaxPool", "AveragePool", "BatchNorm", "LayerNorm", "Dropout", "Residual", "Network")


def findings(spread: SpreadValues) -> list[str]:
    """A sentence for each thing that is wrong: the layer, what is wrong there, and what may fix it."""
    sentences = [
        _same_outputs(spread),
        _growth(spread),
        _dead(spread),
        _saturated(spread),
        _huge_loss(spread),
        *_steps(spread),
    ]
    return [sentence for sentence in sentences if sentence]


def outlook(spread: SpreadValues) -> str:
    """One sentence: whether the network will train, how fast, and which layer is the slowest."""
    moving = [layer for layer in spread.layers if layer.update_ratio is not None]
    unmoved = [layer.name for layer in spread.layers if layer.dw_rms == 0 and not _waits(spread, layer)]
    if not moving and not unmoved:
        return f"how fast it will train cannot be said: {spread.notes[0] if spread.notes else 'give labels t too'}."
    if unmoved:
        return f"will not train: no gradient reaches {unmoved[0]}."
    slowest, fastest = min(moving, key=_log_step), max(moving, key=_log_step)
    later = _log_later(spread)
    speed = f"its slowest layer, {slowest.name}, {_moves(spread, slowest)}"
    same = _first_same_outputs(spread)
    if _log_step(slowest) + later < SLOW:
        return f"will hardly train: {speed}, where 10^-3 trains well."
    if same is not None:
        return f"will train badly: all inputs look alike from {same.name} on; {speed}."
    guess = _guess_beside_huge_loss(spread)
    if guess is not None:
        return f"starts badly: a loss of {loss_text(spread.first_loss)}, where a guess costs {guess:.3f}; {speed}."
    if _log_step(fastest) + later > FAST:
        return f"may blow up: {fastest.name} {_moves(spread, fastest)}."
    pace = "well" if _log_step(slowest) + later > WELL else "slowly"
    return f"will train {pace}: {speed}."


def _log_step(layer: LayerSpread) -> float:
    assert layer.update_ratio is not None
    return layer.update_ratio


def _log_later(spread: SpreadValues) -> float:
    """log10 of how many times as far the optimizer moves after its first steps."""
    return 0.0 if spread.step is None else math.log10(spread.step.settled)


def _moves(spread: SpreadValues, layer: LayerSpread) -> str:
    """How far a layer moves, as a predicate. With momentum, later steps count, and the first one is in the table."""
    size = f"moves 10^{_log_step(layer) + _log_later(spread):.1f} of its size"
    return f"{size} {step_words(spread)} at lr {short(spread.lr)}"


def step_words(spread: SpreadValues) -> str:
    """Which step is meant: "a step" of SGD, or one of another optimizer."""
    if spread.step is None:
        return "a step"
    when = "a step after the first steps" if spread.step.settled != 1 else "in the first step"
    return f"{when} of {spread.step.optimizer}"


def _step_text(spread: SpreadValues, layer: LayerSpread) -> str:
    power = _log_step(layer) + _log_later(spread)
    return f"{layer.name} will move 10^{power:.1f} of its size {step_words(spread)}, where 10^-3 trains well"


def _initializer_call(initializer: str, layer: LayerSpread) -> str:
    """For "Residual1.Sigmoid3" it is ExactGain(Sigmoid)."""
    kind = layer.name.split(".")[-1].rstrip("0123456789")
    named = kind[:1].isupper() and len(kind) > 1 and kind not in NO_ACTIVATIONS  # h1 and H1 say nothing of the activation
    return f"{initializer}({kind})" if named else initializer


def _first_same_outputs(spread: SpreadValues) -> LayerSpread | None:
    for layer in spread.activations:
        if layer.std and layer.within_std is not None and layer.within_std < SAME * layer.std:
            return layer
    return None


def _same_outputs(spread: SpreadValues) -> str | None:
    layer = _first_same_outputs(spread)
    if layer is None or not layer.std or layer.within_std is None:
        return None
    on = " and further on" if layer is not spread.activations[-1] else ""
    return (
        f"{layer.name}{on}: every input gives nearly the same output, within-unit std is "
        f"{percent(layer.within_std / layer.std)} of pooled; try {_initializer_call('Critical', layer)}, "
        "another activation, fewer layers or BatchNorm"
    )


def _growth(spread: SpreadValues) -> str | None:
    sizes = [layer.rms for layer in spread.activations if layer.rms]
    if len(sizes) < 3:
        return None
    growth = (math.log(sizes[-1]) - math.log(sizes[0])) / (len(sizes) - 1)
    if abs(growth) < math.log(STEADY) or not math.isfinite(growth):
        return None
    change, times = "grows" if growth > 0 else "shrinks", math.exp(min(abs(growth), 700))
    remedy = _initializer_call("ExactGain", spread.activations[-1])
    return f"the signal {change} {short(times, 2)}-fold per layer; {remedy} would keep its size"


def _waits(spread: SpreadValues, layer: LayerSpread) -> bool:
    """Does the layer stand before a Scale of 0 in its branch? After its first step gradients pass."""
    branch, names = layer.name.rpartition(".")[0], [one.name for one in spread.layers]
    after = spread.layers[names.index(layer.name) + 1 :]
    return any(one.name.rpartition(".")[0] == branch and _is_scale(one) and one.zero == 1 for one in after)


def _is_scale(layer: LayerSpread) -> bool:
    return layer.name.split(".")[-1].rstrip("0123456789") == "Scale"


def _worst(spread: SpreadValues, share: str, bound: float) -> LayerSpread | None:
    """The layer with the greatest share, if the share is above the bound."""
    bad = [layer for layer in spread.activations if (getattr(layer, share) or 0.0) > bound and not _is_scale(layer)]
    return max(bad, key=lambda layer: getattr(layer, share), default=None)


def _dead(spread: SpreadValues) -> str | None:
    worst = _worst(spread, "dead", DEAD)
    if worst is None:
        return None
    return (
        f"{worst.name}: {percent(worst.dead)} of its units are dead, 0 for every input; try LeakyReLU, a smaller lr, or "
        "weights and biases with mean 0"
    )


def _saturated(spread: SpreadValues) -> str | None:
    worst = _worst(spread, "saturated", SATURATED)
    if worst is None:
        return None
    return (
        f"{worst.name}: {percent(worst.saturated)} of its outputs are saturated, where no gradient passes; try a "
        "smaller std, such as that of LeCun()"
    )


def _guess_beside_huge_loss(spread: SpreadValues) -> float | None:
    """The loss of a guess, if the first loss is far above it."""
    if not spread.first_loss or not spread.classes:
        return None
    guess = math.log(spread.classes)
    return guess if spread.first_loss > HUGE * guess else None


def loss_text(loss: float | None) -> str:
    """A loss in a sentence: 4,021, 2.303 or 1.2e12."""
    return f"{loss:,.0f}" if loss and 100 <= loss < 1e9 else short(loss, 4)


def _huge_loss(spread: SpreadValues) -> str | None:
    guess = _guess_beside_huge_loss(spread)
    if guess is None:
        return None
    return (
        f"the first loss is {loss_text(spread.first_loss)}, where a guess costs ln {spread.classes} = {guess:.3f}: the "
        "scores are huge before anything is learnt; try a smaller std"
    )


def _steps(spread: SpreadValues) -> list[str]:
    unmoved = [layer for layer in spread.layers if layer.dw_rms == 0]
    waiting = [layer.name for layer in unmoved if _waits(spread, layer)]
    sentences = [f"{layer.name} gets no gradient at all" for layer in unmoved if layer.name not in waiting][:1]
    sentences += [f"{name} gets no gradient before the Scale after it has moved from 0" for name in waiting[:1]]
    moving = [layer for layer in spread.layers if layer.update_ratio is not None]
    if moving:
        slowest, fastest = min(moving, key=_log_step), max(moving, key=_log_step)
        later = _log_later(spread)
        if _log_step(slowest) + later < SLOW:
            sentences.append(f"{_step_text(spread, slowest)}; try weights of another size, or a larger lr")
        if _log_step(fastest) + later > FAST:
            sentences.append(f"{_step_text(spread, fastest)}; try a smaller lr")
    return sentences
