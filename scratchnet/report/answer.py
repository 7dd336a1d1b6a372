"""The words at the top of the page: which initializer won, why, and what to try next. Read next: `averages`."""

import re
import shlex
from typing import Any

import numpy as np

from scratchnet.data import is_mnist
from scratchnet.experiment import Result, Run
from scratchnet.experiment.networks import network_named
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import Normal, initializer
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import OPTIMIZERS, SGD
from scratchnet.spread import Spread
from scratchnet.spread.diagnosis import FAST
from scratchnet.support.validation import InputError

MAX_REASONS = 3
MAX_STEPS = 2
GOOD_RATIO = -3.0  # log10 of step over weight where training goes well
DEFAULTS = {
    "network": "mlp",
    "hidden": "100x4",
    "activation": "ReLU",
    "optimizer": "SGD",
    "lr": "0.01",
    "batch-size": "128",
    "steps": "2000",
}


def headline(result: Result) -> str:
    """The winner, or the best two if there is no significant difference between them; nobody if all runs diverged."""
    best, *others = result.ranking
    if result.all_diverged:
        return "Every run diverged"
    if not others:
        return f"{best}: test accuracy {accuracy(result, best)}"
    difference = result.difference(best, others[0])
    if difference.pairs > 1 and not difference.significant:
        return f"{best} and {others[0]} came out best, with no significant difference between them"
    return f"{best} came out best"


def winner(result: Result) -> str:
    """The winner's accuracy, and by how much it won."""
    best, *others = result.ranking
    seeds = len(result.by_label[best])
    sentences = [
        f"{best} reached a test accuracy of {accuracy(result, best)}",
        f"(mean ± sd of {seeds} seeds)." if seeds > 1 else "(one seed).",
    ]
    if others:
        sentences.append(result.beats(best, others[0]))
    if others[1:]:
        sentences.append(f"The last, {others[-1]}, reached {accuracy(result, others[-1])}.")
    return " ".join(sentences)


def accuracy(result: Result, label: str) -> str:
    values = [one.test_accuracy for one in result.by_label[label]]
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


def reasons(result: Result) -> list[tuple[str, str]]:
    """Labels, each with what theory said before training: the winner, then the last ones."""
    best, *others = result.ranking
    return [(label, result.predicted[label].outlook()) for label in [best, *others[::-1][: MAX_REASONS - 1]]]


def next_steps(result: Result) -> list[tuple[str, str | None]]:
    """What to try next, the most useful first: a sentence, and a command if the command line can express it."""
    best, *others = result.ranking
    run = next(run for run in result.runs if run.label == best)
    top_runs = [run, *(next(one for one in result.runs if one.label == label) for label in others[:1])]
    spread, steps = result.predicted[best], list[tuple[str, str | None]]()
    if others:
        difference = result.difference(best, others[0])
        if difference.pairs == 1 or not difference.significant:
            more = max(5, 3 * difference.pairs)
            steps.append((f"{more} seeds would tell {best} from {others[0]}:", command(result, top_runs, seeds=more)))
    remedy = re.search(r"(?:ExactGain|Critical)\(\w+\)", " ".join(spread.findings()))
    if remedy and remedy[0] not in {one.init for one in result.results}:
        steps.append((f"An initializer made for this activation, {remedy[0]}:", command(result, [run], remedy[0])))
    rate = better_rate(spread, run)
    if rate is not None:
        slowest = min(update_ratios(spread))
        sentence = (
            f"A learning rate of {rate:g} would bring the smallest step of {best} from 10^{slowest:.1f} to about 10^-3:"
        )
        steps.append((sentence, command(result, top_runs, lr=rate)))
    if run.hidden:
        deeper = [run.hidden[-1]] * 5 * len(run.hidden)
        steps.append((f"Is the result the same with {len(deeper)} layers?", command(result, top_runs, hidden=deeper)))
    return steps[:MAX_STEPS]


def update_ratios(spread: Spread) -> list[float]:
    return [layer.update_ratio for layer in spread.layers if layer.update_ratio is not None]


def better_rate(spread: Spread, run: Run) -> float | None:
    """The learning rate, to one digit, that brings the slowest layer to 10⁻³ and leaves the fastest within its bound.

    None if the runs do not use SGD, or if the rate would hardly change.
    """
    ratios = update_ratios(spread)
    if not ratios or type(run.optimizer) is not SGD or min(ratios) > GOOD_RATIO - 0.3:
        return None
    increase = min(GOOD_RATIO - min(ratios), FAST - max(ratios), 2.0)
    return None if increase < 0.3 else float(f"{run.optimizer.lr * 10**increase:.1g}")


def command(
    result: Result,
    runs: list[Run],
    remedy: str | None = None,
    seeds: int | None = None,
    lr: float | None = None,
    hidden: list[int] | None = None,
) -> str | None:
    """The command that compares these runs' initializers with the first run's settings; None if no command can."""
    run = runs[0]
    inits = [init_argument(one.init) for one in runs] + ([remedy] if remedy else [])
    optimizer = type(run.optimizer).__name__
    name = getattr(run.activation, "__name__", "")
    known = named(run) if run.own else ACTIVATIONS.get(name) is run.activation
    bare = OPTIMIZERS.get(optimizer) and repr(run.optimizer) == repr(OPTIMIZERS[optimizer](lr=run.optimizer.lr))
    biases = "Zeros" if run.own else init_argument(run.bias_init)
    if None in inits or biases is None or not (known and bare) or not uses_mnist(result):
        return None
    plain = {"hidden": hidden_argument(hidden or list(run.hidden)), "activation": name}
    values = {
        **({"network": run.network_name} if run.own else plain),
        "optimizer": optimizer,
        "lr": f"{lr or run.optimizer.lr:g}",
        "batch-size": str(run.batch_size),
        "steps": str(run.steps),
    }
    words = ["scratchnet", "compare", "--init", *dict.fromkeys(str(one) for one in inits)]
    for name, value in values.items():
        if value != DEFAULTS[name] or (name == "lr" and optimizer != "SGD"):
            words += [f"--{name}", value]
    if biases != "Zeros":
        words += ["--bias-init", biases]
    if seeds:
        words += ["--seeds", str(seeds)]
    return shlex.join(words)


def named(run: Run) -> bool:
    """Does the command line know the function that makes the network?"""
    try:
        made = network_named(run.network_name)
    except InputError:
        return False
    return made is not None and stable_repr(made) == run.network_name


def init_argument(init: Any) -> str | None:
    """An initializer as the command line writes it, or None if it cannot."""
    init = initializer(init)
    for word in ([f"{init.sigma:g}"] if isinstance(init, Normal) else []) + [type(init).__name__, repr(init)]:
        try:
            if initializer(word, ACTIVATIONS) == init:
                return word
        except InputError:
            continue
    return None


def hidden_argument(hidden: list[int]) -> str:
    """Hidden layers as the command line writes them: 100x4, or 100,50."""
    if hidden and len(set(hidden)) == 1:
        return f"{hidden[0]}x{len(hidden)}"
    return ",".join(map(str, hidden)) or "0"


def uses_mnist(result: Result) -> bool:
    """Whether the runs use the data that the command takes by default."""
    one_set = len({run.data for run in result.runs}) == 1
    return one_set and is_mnist(result.source)
