"""The words at the top of the page: which initializer won, and why. Read next: `proposals`."""

import numpy as np

from scratchnet.experiment import Result
from scratchnet.support.wording import clipped, listed

MAX_REASONS = 3


def headline(result: Result) -> str:
    """The winner, or those that cannot be told from it; nobody, if nothing learned or all runs diverged."""
    best, *others = result.ranking

    def subject(label: str) -> str:
        return clipped(result.subject(label))

    if result.all_diverged:
        return "Every run diverged"
    if not result.learned:
        return "Nothing learned"
    if not others:
        return f"{subject(best)}: test accuracy {accuracy(result, best)}"
    if len(result.learned) == 1:
        return f"Only {subject(best)} learned"
    winners = [subject(label) for label in result.winners]
    if len({run.data for run in result.runs if run.label in result.winners}) > 1:
        return f"{listed(winners)} learned, on different data"
    if len(winners) > 1:
        return f"{listed(winners)} came out best, with no clear difference between them"
    return f"{winners[0]} came out best"


def winner(result: Result) -> str:
    """The accuracy of the best label, and by how much it is better than the next."""
    best, *others = result.ranking
    seeds = len(result.by_label[best])
    sentences = [
        f"{result.subject(best)} reached a test accuracy of {accuracy(result, best)}",
        f"(mean ± sd of {seeds} seeds)" if seeds > 1 else "(one seed)",
    ]
    if not result.learned:
        sentences[-1] += f", {result.guessing()}."
        return " ".join(sentences)
    sentences[-1] += "."
    if len(result.learned) == 1 and others:
        sentences.append(f"No other start is clearly better than a guess, {result.guessing()}.")
    elif others:
        sentences.append(result.beats_next())
    if others[1:]:
        sentences.append(f"The last, {result.subject(others[-1])}, reached {accuracy(result, others[-1])}.")
    return " ".join(sentences)


def accuracy(result: Result, label: str) -> str:
    values = [one.test_accuracy for one in result.by_label[label]]
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


def reasons(result: Result) -> list[tuple[str, str]]:
    """Labels, each with what theory said before training: the winner, then the last ones."""
    best, *others = result.ranking
    labels = [best, *others[::-1][: MAX_REASONS - 1]]
    return [(result.subject(label), result.predicted[label].outlook()) for label in labels]
