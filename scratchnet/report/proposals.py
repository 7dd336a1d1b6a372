"""What to try next: proposals that follow from how the runs ended, each with its command. Read next: `commands`."""

import re
from collections.abc import Sequence

import numpy as np

from scratchnet.experiment import Result, Run
from scratchnet.initializers import He, Initializer
from scratchnet.optimizers import SGD
from scratchnet.report.commands import Change, command
from scratchnet.spread import Spread
from scratchnet.spread.diagnosis import FAST
from scratchnet.support.tables import short
from scratchnet.support.wording import listed

MAX_STEPS = 2
GOOD_RATIO = -3.0  # log10 of step over weight where training goes well
SMALLER = 10  # times, after a divergence
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
    at_once = [label for label in diverged if all(one.first_loss is None for one in result.by_label[label])]
    later = [label for label in diverged if label not in at_once]
    tried = rates(result)
    steps = list[tuple[str, str | None]]()
    if later:
        labels = dict.fromkeys([*later, *result.learned[:1]])
        runs = [first_run(result, label) for label in labels]
        lowest = min([*(run.optimizer.lr for run in runs), *tried])
        lr = float(f"{lowest / SMALLER:.2g}")
        words = listed([result.subject(label) for label in later])
        sentence = f"{words} diverged. With a learning rate of {short(lr)}, a tenth of the smallest one here:"
        steps.append((sentence, command(result, runs, Change(lr=lr))))
    if at_once and He() not in {run.init for run in result.runs if isinstance(run.init, Initializer)}:
        words = listed([result.subject(label) for label in at_once])
        runs = [first_run(result, at_once[0])]
        steps.append(
            (f"{words} starts beyond the floats. With weights of another size:", command(result, runs, Change("He")))
        )
    return steps


def after_nothing(result: Result) -> list[tuple[str, str | None]]:
    """If nothing learned: a larger learning rate, other weights, more steps or fewer layers."""
    if result.learned or result.all_diverged:
        return []
    best = result.ranking[0]
    runs = [first_run(result, label) for label in result.ranking[:2]]
    steps = list[tuple[str, str | None]]()
    spread, run = result.predicted[best], runs[0]
    steps += faster(result, best, runs)
    if He() not in {one.init for one in result.runs if isinstance(one.init, Initializer)} and not run.own:
        steps.append(("Weights of the size that He et al. found for ReLU:", command(result, [run], Change("He"))))
    steps += remedies(result, spread, run)
    longer = 5 * max(one.steps for one in result.runs)
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
        longer = 5 * max(one.steps for one in result.runs)
        steps.append((f"Is the order the same after {longer:,} steps?", command(result, runs, Change(steps=longer))))
    return steps


def remedies(result: Result, spread: Spread, run: Run) -> list[tuple[str, str | None]]:
    """An initializer that theory names for this activation, if the runs have not had it."""
    remedy = re.search(r"(?:ExactGain|Critical)\(\w+\)", " ".join(spread.findings()))
    if not remedy or remedy[0] in {one.init for one in result.results}:
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
