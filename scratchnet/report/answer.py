"""What a person wants to know of a comparison, first of all: which initializer won, why, and what to try next."""

import re
import shlex
from typing import Any

import numpy as np

from scratchnet.data import MNIST_SHA256
from scratchnet.experiment import Result, Run
from scratchnet.initializers import Normal, initializer
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import OPTIMIZERS, SGD
from scratchnet.spread import Spread
from scratchnet.spread.diagnosis import FAST
from scratchnet.support.validation import InputError

REASONS = 3  # labels of which the first lines say why
STEPS = 2  # that are proposed
GOAL = -3.0  # log10 of a step that trains well
DEFAULTS = {"hidden": "100x4", "activation": "ReLU", "optimizer": "SGD", "lr": "0.01", "batch-size": "128", "steps": "2000"}


def headline(result: Result) -> str:
    """Who won, or that nobody did."""
    best, *others = result.ranking
    if not others:
        return f"{best}: test accuracy {accuracy(result, best)}"
    difference = result.difference(best, others[0])
    if difference.pairs > 1 and not difference.seen:
        return f"{best} and {others[0]} came out best, and no difference between them is seen"
    return f"{best} came out best"


def which(result: Result) -> str:
    """The winner's accuracy, and by how much it won."""
    best, *others = result.ranking
    seeds = len(result.by_label[best])
    said = f"{best} reached a test accuracy of {accuracy(result, best)}"
    said += f" (mean ± sd of {seeds} seeds)." if seeds > 1 else " (one seed)."
    if others:
        said += f" {result.beats(best, others[0])}"
    if others[1:]:
        said += f" The last, {others[-1]}, came to {accuracy(result, others[-1])}."
    return said


def accuracy(result: Result, label: str) -> str:
    values = [one.test_accuracy for one in result.by_label[label]]
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


def why(result: Result) -> list[tuple[str, str]]:
    """Label and sentence: what theory said before training of the winner, the last, and those between."""
    best, *others = result.ranking
    return [(label, result.predicted[label].outlook()) for label in [best, *others[::-1][: REASONS - 1]]]


def next_steps(result: Result) -> list[tuple[str, str | None]]:
    """A sentence and, where the command line can say it, a command: the most useful first."""
    best, *others = result.ranking
    run = next(run for run in result.runs if run.label == best)
    rivals = [run, *(next(one for one in result.runs if one.label == label) for label in others[:1])]
    spread, steps = result.predicted[best], list[tuple[str, str | None]]()
    if others:
        found = result.difference(best, others[0])
        if found.pairs == 1 or not found.seen:
            more = max(5, 3 * found.pairs)
            steps.append((f"{more} seeds would tell {best} from {others[0]}:", command(result, rivals, seeds=more)))
    remedy = re.search(r"(?:ExactGain|Critical)\(\w+\)", " ".join(spread.findings()))
    if remedy and remedy[0] not in {one.init for one in result.results}:
        steps.append((f"An initializer made for this activation, {remedy[0]}:", command(result, [run], remedy[0])))
    rate = better_rate(spread, run)
    if rate is not None:
        slowest = min(step_sizes(spread))
        sentence = (
            f"A learning rate of {rate:g} would bring the smallest step of {best} from 10^{slowest:.1f} to about 10^-3:"
        )
        steps.append((sentence, command(result, rivals, lr=rate)))
    if run.hidden:
        deeper = [run.hidden[-1]] * 5 * len(run.hidden)
        steps.append((f"Does it still hold at {len(deeper)} layers?", command(result, rivals, hidden=deeper)))
    return steps[:STEPS]


def step_sizes(spread: Spread) -> list[float]:
    return [layer.update_ratio for layer in spread.layers if layer.update_ratio is not None]


def better_rate(spread: Spread, run: Run) -> float | None:
    """The learning rate, to one digit, that gives the slowest layer steps of 10⁻³, and the fastest none too great."""
    sizes = step_sizes(spread)
    if not sizes or type(run.optimizer) is not SGD or min(sizes) > GOAL - 0.3:
        return None
    higher = min(GOAL - min(sizes), FAST - max(sizes), 2.0)
    return None if higher < 0.3 else float(f"{run.optimizer.lr * 10**higher:.1g}")


def command(
    result: Result,
    runs: list[Run],
    remedy: str | None = None,
    seeds: int | None = None,
    lr: float | None = None,
    hidden: list[int] | None = None,
) -> str | None:
    """scratchnet compare with these initializers and the settings of the first run; None if it has no words for them."""
    run = runs[0]
    inits = [words_of(one.init) for one in runs] + ([remedy] if remedy else [])
    optimizer = type(run.optimizer).__name__
    known = ACTIVATIONS.get(getattr(run.activation, "__name__", "")) is run.activation
    plain = OPTIMIZERS.get(optimizer) and repr(run.optimizer) == repr(OPTIMIZERS[optimizer](lr=run.optimizer.lr))
    biases = words_of(run.bias_init)
    if None in inits or biases is None or not (known and plain) or not from_mnist(result):
        return None
    said = {
        "hidden": in_short(hidden or list(run.hidden)),
        "activation": run.activation.__name__,
        "optimizer": optimizer,
        "lr": f"{lr or run.optimizer.lr:g}",
        "batch-size": str(run.batch_size),
        "steps": str(run.steps),
    }
    words = ["scratchnet", "compare", "--init", *dict.fromkeys(str(one) for one in inits)]
    for name, word in said.items():
        if word != DEFAULTS[name] or (name == "lr" and optimizer != "SGD"):
            words += [f"--{name}", word]
    if biases != "Zeros":
        words += ["--bias-init", biases]
    if seeds:
        words += ["--seeds", str(seeds)]
    return shlex.join(words)


def words_of(init: Any) -> str | None:
    """What the command line calls an initializer, if it can be called at all."""
    init = initializer(init)
    for word in ([f"{init.sigma:g}"] if isinstance(init, Normal) else []) + [type(init).__name__, repr(init)]:
        try:
            if initializer(word, ACTIVATIONS) == init:
                return word
        except InputError:
            continue
    return None


def in_short(hidden: list[int]) -> str:
    """100x4, or 100,50."""
    if hidden and len(set(hidden)) == 1:
        return f"{hidden[0]}x{len(hidden)}"
    return ",".join(map(str, hidden)) or "0"


def from_mnist(result: Result) -> bool:
    """Are these the images that the command takes when it is told nothing?"""
    return bool(result.source) and set(result.source.values()) <= set(MNIST_SHA256.values())
