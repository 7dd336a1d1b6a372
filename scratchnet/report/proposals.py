"""What to try next: proposals that follow from how the runs ended, each with its command. Read next: `commands`."""

import math
import re
from collections.abc import Sequence

import numpy as np

from scratchnet.experiment import Result, Run
from scratchnet.initializers import Fans, He, Initializer, initializer
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import SGD
from scratchnet.report.commands import Change, command
from scratchnet.spread import Spread
from scratchnet.spread.diagnosis import FAST
from scratchnet.support.tables import short
from scratchnet.support.wording import listed

MAX_STEPS = 2
GOOD_RATIO = -3.0  # log10 of step over weight where training goes well
SMALLER = 10  # times, after a divergence
MOST_POWERS = 6  # of ten; if theory asks for a rate that is still smaller, the weights are at fault
FEW_STEPS = 1000
DEEPEST = 200


def next_steps(result: Result) -> list[tuple[str, str | None]]:
    """What to try next, the most useful first: a sentence, and a command if the command line can express it."""
    found = [*after_divergence(result), *after_nothing(result), *after_a_tie(result), *after_success(result)]
    return (found or more_seeds(result))[:MAX_STEPS]


def more_seeds(result: Result) -> list[tuple[str, str | None]]:
    """Where nothing else follows from the runs: the same once more, with more seeds."""
    runs = [first_run(result, label) for label in result.ranking[:2]]
    more = max(5, 3 * len({run.seed for run in result.runs}))
    return [(f"Do {more} seeds say the same?", command(result, runs, Change(seeds=more)))]


def after_divergence(result: Result) -> list[tuple[str, str | None]]:
    """A smaller learning rate for the labels whose runs diverged, or smaller weights where the first loss is not finite."""
    diverged = [label for label, results in result.by_label.items() if any(one.diverged for one in results)]
    if not diverged:
        return []
    at_once = [label for label in diverged if not any(is_number(one.first_loss) for one in result.by_label[label])]
    later = [label for label in diverged if label not in at_once]
    steps = list[tuple[str, str | None]]()
    if later:
        labels = dict.fromkeys([*later, *result.learned[:1]])
        runs = [first_run(result, label) for label in labels]
        smaller = times_smaller(result, list(labels))
        lr = float(f"{min(rates(result)) / smaller:.2g}")
        words = listed([result.subject(label) for label in later])
        part = "a tenth" if smaller == SMALLER else f"1/{smaller:,}"
        sentence = f"{words} diverged. With a learning rate of {short(lr)}, {part} of the smallest one here:"
        steps.append((sentence, command(result, runs, Change(lr=lr))))
    if at_once and not has_size_of(result, He()):
        words = f"{listed([result.subject(label) for label in at_once])} start{'s' * (len(at_once) == 1)}"
        runs = [first_run(result, at_once[0])]
        steps.append((f"{words} beyond the floats. With weights of another size:", command(result, runs, Change("He"))))
    return steps


def times_smaller(result: Result, labels: Sequence[str]) -> int:
    """A tenth of the smallest learning rate, or less where theory's first step would still be too large with it."""
    lowest = min(rates(result))
    fastest = [
        max(ratios) + math.log10(lowest / first_run(result, label).optimizer.lr)
        for label in labels
        if (ratios := [one for one in update_ratios(result.predicted[label]) if math.isfinite(one)])
    ]
    powers = math.ceil(max([*fastest, FAST + 1]) - FAST - 1e-9)
    return 10**powers if powers <= MOST_POWERS else SMALLER


def after_nothing(result: Result) -> list[tuple[str, str | None]]:
    """If nothing learned: a larger learning rate, other weights, more steps or fewer layers."""
    best = result.ranking[0]
    if result.learned or any(one.diverged for one in result.by_label[best]):
        return []
    runs = [first_run(result, label) for label in result.ranking[:2]]
    steps = list[tuple[str, str | None]]()
    spread, run = result.predicted[best], runs[0]
    steps += faster(result, best, runs)
    if not run.own and not has_size_of(result, He()):
        steps.append(("Weights of the size that He et al. found for ReLU:", command(result, [run], Change("He"))))
    steps += remedies(result, spread, run)
    longer = longer_than(result)
    steps.append((f"Does it learn in {longer:,} steps?", command(result, runs, Change(steps=longer))))
    return steps


def after_a_tie(result: Result) -> list[tuple[str, str | None]]:
    """More seeds, where the best cannot be told from the next."""
    if len(result.winners) < 2:
        return []
    best, second = result.winners[:2]
    pairs = result.difference(best, second).pairs
    more = max(5, 3 * pairs, 2 * len({run.seed for run in result.runs}))
    runs = [first_run(result, label) for label in (best, second)]
    sentence = f"{more} seeds may tell {result.subject(best)} from {result.subject(second)}:"
    return [(sentence, command(result, runs, Change(seeds=more)))]


def after_success(result: Result) -> list[tuple[str, str | None]]:
    """What may be better still: a gain for the activation, larger steps, more layers."""
    if not result.learned:
        return []
    best = result.learned[0]
    runs = [first_run(result, label) for label in dict.fromkeys([best, *result.ranking[:2]])]
    run, spread = runs[0], result.predicted[best]
    steps = [*remedies(result, spread, run), *faster(result, best, runs)]
    depths = [len(one.hidden) for one in result.runs if not one.own]
    if run.hidden and (deepest := 5 * max(depths)) <= DEEPEST:
        deeper = [run.hidden[-1]] * deepest
        steps.append((f"Is the result the same with {deepest} layers?", command(result, runs, Change(hidden=deeper))))
    elif run.hidden and len(set(depths)) == 1 and depths[0] > 1:
        fewer = [run.hidden[0]] * (depths[0] // 2)
        steps.append((f"Is the result the same with {len(fewer)} layers?", command(result, runs, Change(hidden=fewer))))
    if max(one.steps for one in result.runs) < FEW_STEPS:
        longer = longer_than(result)
        steps.append((f"Is the order the same after {longer:,} steps?", command(result, runs, Change(steps=longer))))
    return steps


def remedies(result: Result, spread: Spread, run: Run) -> list[tuple[str, str | None]]:
    """An initializer that theory names for this activation, if the runs have not had it."""
    remedy = re.search(r"(?:ExactGain|Critical)\(\w+\)", " ".join(spread.findings()))
    if not remedy or has_size_of(result, initializer(remedy[0], ACTIVATIONS)):
        return []
    return [(f"An initializer made for this activation, {remedy[0]}:", command(result, [run], Change(remedy[0])))]


def faster(result: Result, label: str, runs: Sequence[Run]) -> list[tuple[str, str | None]]:
    """A larger learning rate, where the slowest layer's steps are too small and no run diverged."""
    rate = better_rate(result.predicted[label], runs[0])
    if rate is None or rate in rates(result) or any(one.diverged for one in result.results):
        return []
    slowest = min(update_ratios(result.predicted[label]))
    sentence = (
        f"A learning rate of {short(rate)} would bring the smallest step of {result.subject(label)} from 10^{slowest:.1f} "
        f"to 10^{slowest + np.log10(rate / runs[0].optimizer.lr):.1f}:"
    )
    return [(sentence, command(result, runs, Change(lr=rate)))]


def has_size_of(result: Result, init: Initializer) -> bool:
    """Whether an initializer of the runs is this one, or has its std for all fans, as He has that of ExactGain(ReLU)."""
    known = {id(run.init): run.init for run in result.runs}
    return repr(init) in {one.init for one in result.results} or sizes(init) in [sizes(one) for one in known.values()]


def sizes(init: object) -> tuple[float, ...] | None:
    """An initializer's std for some fans, to six digits; None if it does not follow from the fans, as LSUV's."""
    try:
        stds = [init.std(fans) for fans in (Fans(100, 100), Fans(784, 10))] if isinstance(init, Initializer) else []
    except NotImplementedError:
        return None
    return tuple(float(f"{std:.5e}") for std in stds) or None


def is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def longer_than(result: Result) -> int:
    """Steps for a longer training: five times as long as the longest, and not a few."""
    return max(5 * max(run.steps for run in result.runs), FEW_STEPS // 2)


def first_run(result: Result, label: str) -> Run:
    return next(run for run in result.runs if run.label == label)


def rates(result: Result) -> set[float]:
    """The learning rates that the runs had."""
    return {float(run.optimizer.lr) for run in result.runs}


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
