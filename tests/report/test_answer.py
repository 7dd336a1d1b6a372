"""The words at the top of the page are true: who learned, who won, what ties, and proposals that can be run as they are."""

import functools
import html
import itertools
import math
import re
import shlex

import numpy as np
import pytest
from small import mnist

import scratchnet as sn
from scratchnet.cli.compare import grid_of
from scratchnet.cli.main import parser
from scratchnet.comparison import Comparison
from scratchnet.experiment.grid import grid
from scratchnet.experiment.run import RunResult
from scratchnet.experiment.statistics import USUAL_WEIGHT, paired, usual_difference
from scratchnet.report import render
from scratchnet.report.answer import headline, winner
from scratchnet.report.glance import glance
from scratchnet.report.proposals import next_steps
from scratchnet.spread import LayerSpread, Spread

LN10 = math.log(10)
SETTINGS = {"optimizer": sn.SGD(0.01), "batch_size": 128, "steps": None, "epochs": None}
SLOW = Spread([LayerSpread("Affine1", w_rms=0.1, dw_rms=1e-4, update_ratio=-5.0)], first_loss=2.3, classes=10)


@functools.cache
def small(flatten=True):
    """A corner of MNIST that says where it comes from."""
    train, test = mnist(flatten)
    return tuple(sn.Dataset(part.images[:1000], part.labels[:1000], part.source) for part in (train, test))


def ended(run, accuracy, first=2.4, last=0.5, diverged=False):
    """A result of the run with these numbers."""
    loss = [first, first, math.nan] if diverged else [first, *([last] * 19)]
    return RunResult(
        key=run.key,
        label=run.label,
        initializer=run.initializer,
        init=repr(run.init),
        seed=run.seed,
        steps=len(loss),
        test_accuracy=accuracy,
        train_accuracy=accuracy,
        first_loss=first if math.isfinite(first) else None,
        final_loss=None if diverged else last,
        diverged=diverged,
        dead=0.0,
        update_ratio=-3.0,
        slowest="Affine1",
        loss=loss,
        spreads={0: SLOW, len(loss): SLOW},
    )


def made(accuracies, inits=None, numbers=None, **settings):
    """A comparison whose runs ended with these accuracies, label by label and seed by seed."""
    seeds = settings.pop("seeds", len(next(iter(accuracies.values()))))
    inits = inits or {"He": sn.He(), "Xavier": sn.LeCun(), "std 0.01": sn.Normal(0.01), "mine": sn.Orthogonal()}
    data = small("network" not in settings)
    if "network" not in settings:
        settings.setdefault("hidden", [9])
    runs = grid({label: inits[label] for label in inits if label in accuracies}, *data, seeds=seeds, **SETTINGS | settings)
    results = []
    for label in dict.fromkeys(run.label for run in runs):
        own = [run for run in runs if run.label == label]
        values = accuracies.get(label, accuracies[own[0].initializer])
        kind = (numbers or {}).get(label, {})
        results += [ended(run, value, **kind) for run, value in zip(own, values, strict=True)]
    found = Comparison(runs, results, data[0])
    found.predicted = dict.fromkeys(found.by_label, SLOW)
    found.predicted_losses = {}
    return found


STUCK = {"first": LN10, "last": LN10 - 0.001}
GONE = {"diverged": True}
CLEAR = "no clear difference"
# accuracies, what is special about a label's losses, and the headline
HEADLINES = {
    "one learned, of two": ({"He": [0.706, 0.71], "std 0.01": [0.114, 0.114]}, {"std 0.01": STUCK}, "Only He init learned"),
    "one learned, one diverged": ({"He": [0.7], "std 0.01": [0.098]}, {"std 0.01": GONE}, "Only He init learned"),
    "nothing learned": ({"He": [0.114, 0.1], "Xavier": [0.09, 0.11]}, {"He": STUCK, "Xavier": STUCK}, "Nothing learned"),
    "a lucky start": ({"He": [0.18, 0.19], "Xavier": [0.1, 0.1]}, {"He": STUCK, "Xavier": STUCK}, "Nothing learned"),
    "worse than a guess": ({"He": [0.05], "Xavier": [0.1]}, {}, "Nothing learned"),
    "one label that learned nothing": ({"He": [0.1, 0.1]}, {"He": STUCK}, "Nothing learned"),
    "one label": ({"He": [0.9, 0.92]}, {}, "He init: test accuracy 0.910 ± 0.014"),
    "all diverged": ({"He": [0.1], "Xavier": [0.1]}, {"He": GONE, "Xavier": GONE}, "Every run diverged"),
    "half diverged, half stuck": ({"He": [0.3], "Xavier": [0.1]}, {"He": GONE, "Xavier": STUCK}, "Nothing learned"),
    "a large difference of two seeds": ({"He": [0.9, 0.92], "Xavier": [0.5, 0.6]}, {}, "He init came out best"),
    "a small one of two seeds": ({"He": [0.9, 0.93], "Xavier": [0.91, 0.91]}, {}, CLEAR),
    "two seeds that agree by chance": ({"He": [0.911, 0.911], "Xavier": [0.91, 0.91]}, {}, CLEAR),
    "a large difference of one seed": ({"He": [0.9], "Xavier": [0.3]}, {}, "He init came out best"),
    "a small one of one seed": ({"He": [0.93], "Xavier": [0.92]}, {}, CLEAR),
    "three seeds": ({"He": [0.95, 0.951, 0.949], "Xavier": [0.93, 0.931, 0.932]}, {}, "He init came out best"),
    "five seeds": ({"He": [0.95, 0.95, 0.951, 0.95, 0.949], "Xavier": [0.943] * 5}, {}, "He init came out best"),
    "five seeds that differ": ({"He": [0.95, 0.9, 0.8, 0.95, 0.7], "Xavier": [0.9, 0.95, 0.7, 0.8, 0.94]}, {}, CLEAR),
    "three that tie": (
        {"He": [0.9, 0.9], "Xavier": [0.9, 0.89], "mine": [0.895, 0.9]},
        {},
        "He init, mine init and Xavier init came out best, with no clear difference between them",
    ),
    "a winner over two that tie": (
        {"He": [0.97, 0.97], "Xavier": [0.9, 0.89], "mine": [0.9, 0.89]},
        {},
        "He init came out best",
    ),
    "stuck ones do not tie": (
        {"He": [0.2, 0.5], "Xavier": [0.1, 0.1], "std 0.01": [0.1, 0.1]},
        {"Xavier": STUCK, "std 0.01": STUCK},
        "Only He init learned",
    ),
}


@pytest.mark.parametrize("case", HEADLINES)
def test_the_headline_is_true(case):
    accuracies, numbers, expected = HEADLINES[case]
    found = made(accuracies, numbers=numbers)
    assert (expected in headline(found)) if expected == CLEAR else (headline(found) == expected)
    best = max(accuracies, key=lambda label: np.mean(accuracies[label]))
    if expected != "Every run diverged" and "half" not in case:
        assert f"{found.subject(best)} reached a test accuracy of {np.mean(accuracies[best]):.3f}" in winner(found)
    said = " ".join(found.verdicts())
    assert ("came out best" in said) == ("came out best" in headline(found))
    assert ("Nothing learned" in said) == (headline(found) == "Nothing learned" and len(accuracies) > 1)


@pytest.mark.parametrize("pairs", [1, 2, 3, 5])
def test_a_difference_of_nothing_but_luck_seldom_makes_a_winner(pairs):
    """Also where the seeds differ by half of what they usually do, or by half as much again."""
    rng = np.random.default_rng(pairs)
    usual = usual_difference(0.9)
    wins = [
        paired(rng.normal(0.9, size * usual, pairs), np.full(pairs, 0.9), usual).significant
        for size in (0.5, 1.0, 1.5)
        for _ in range(400)
    ]
    assert np.mean(wins) < 0.06


def test_the_moderated_interval_is_the_formula():
    from scipy import stats

    a, b, usual = [0.9, 0.95, 0.91], [0.85, 0.86, 0.88], 0.02
    d = np.subtract(a, b)
    std = math.sqrt((USUAL_WEIGHT * usual**2 + 2 * d.var(ddof=1)) / (USUAL_WEIGHT + 2))
    assert paired(a, b, usual).half_width == pytest.approx(
        stats.t.ppf(0.975, USUAL_WEIGHT + 2) * std / math.sqrt(3), rel=1e-6
    )


def same_but(run, **changed):
    return {k: v for k, v in run.describe().items() if k not in ("initializer", "label", "data", "moments", *changed)}


GRIDS = {
    "default": {},
    "other settings": {"hidden": [5, 3], "activation": sn.Tanh, "batch_size": 32, "steps": 77, "seeds": 5},
    "first seed": {"seeds": [3, 4]},
    "biases": {"bias_init": sn.Normal(0.1), "optimizer": sn.SGD(2e-5)},
    "adam": {"optimizer": sn.Adam(0.002), "steps": 300},
    "a call": {"optimizer": sn.Momentum(0.03, momentum=0.5)},
    "no hidden layer": {"hidden": []},
    "depths": {"hidden": [[5] * 2, [5] * 10]},
    "rates": {"lr": [0.1, 0.01, 0.001]},
    "two optimizers": {"optimizer": [sn.SGD(0.1), sn.Adam(0.01)]},
    "a network": {"network": sn.simple_convnet},
    "odd rate": {"optimizer": sn.SGD(0.0123456789)},
}
ENDS = {
    "tie": ([0.9, 0.9], [0.9, 0.9], {}),
    "win": ([0.95, 0.95], [0.5, 0.5], {}),
    "nothing": ([0.1, 0.1], [0.1, 0.1], {"He": STUCK, "Xavier": STUCK}),
    "one diverged": ([0.9, 0.9], [0.1, 0.1], {"Xavier": GONE}),
    "all diverged": ([0.1, 0.1], [0.1, 0.1], {"He": GONE, "Xavier": GONE}),
    "diverged at once": ([0.9, 0.9], [0.1, 0.1], {"Xavier": GONE | {"first": math.inf}}),
}


@pytest.mark.parametrize("kind", GRIDS)
def test_proposals_have_the_runs_own_settings_and_ask_for_nothing_that_was_there(kind, monkeypatch):
    settings = dict(GRIDS[kind])
    given = settings.get("seeds", 2)
    count = given if isinstance(given, int) else len(given)
    ends = {
        name: ENDS[name] for name in ENDS if kind != "a network" or name in ("tie", "all diverged")
    }  # it is slow to make
    for name, (he, xavier, numbers) in ends.items():
        values = {"He": (he * 3)[:count], "Xavier": (xavier * 3)[:count]}
        plain = made(values, seeds=given, **{k: v for k, v in settings.items() if k != "seeds"})
        by_label = {run.label: numbers[run.initializer] for run in plain.runs if run.initializer in numbers}
        found = made(values, numbers=by_label, seeds=given, **{k: v for k, v in settings.items() if k != "seeds"})
        had = {str(same_but(run)) for run in found.runs}
        steps = next_steps(found)
        assert steps, (kind, name)
        if by_label and "first" not in next(iter(by_label.values())):
            sentence, command = steps[0]
            assert "diverged" in sentence
            rates = {run.optimizer.lr for run in found.runs}
            proposed = {run.optimizer.lr for run in runs_of(command)}
            assert max(proposed) < min(rates)
        for sentence, command in steps:
            assert command is not None, sentence
            runs = runs_of(command)
            new = [run for run in runs if str(same_but(run)) not in had]
            assert new, f"{sentence} {command} has nothing new"
            assert len({str(run.describe()) for run in runs}) > 1  # and compares something
            words = shlex.split(command)
            assert words[:3] == ["scratchnet", "compare", "--init"]
            changed = changes(sentence)
            own = {str(same_but(run, **dict.fromkeys(changed))) for run in found.runs}
            assert any(str(same_but(run, **dict.fromkeys(changed))) in own for run in runs), (sentence, command)
            if "seeds" not in sentence:
                assert sorted({run.seed for run in runs}) == sorted({run.seed for run in found.runs})


def changes(sentence):
    """Which settings a proposal changes, by its words."""
    if "seeds" in sentence:
        return ["seed"]
    if "learning rate" in sentence:
        return ["optimizer"]
    if "layers" in sentence:
        return ["hidden"]
    return ["steps"] if "steps?" in sentence else ["init"]


def runs_of(command):
    """The runs that the command line makes of a command."""
    args = parser().parse_args(shlex.split(command)[1:])
    return grid_of(args, *small(not args.network))


def test_data_of_ones_own_get_sentences_without_a_command():
    found = made({"He": [0.9, 0.9], "Xavier": [0.9, 0.9]})
    found.source = {}
    assert all(command is None for _, command in next_steps(found))


def test_seeds_that_do_not_follow_each_other_cannot_be_named():
    found = made({"He": [0.9, 0.9], "Xavier": [0.9, 0.9]}, seeds=[7, 3])
    assert [command for _, command in next_steps(found)] == [None] * len(next_steps(found))


def test_subjects_cannot_be_taken_for_a_person():
    found = made({"He": [0.9], "Xavier": [0.3]}, hidden=[[5], [6]])
    assert [found.subject(label) for label in found.by_label][:2] == ["He init / 5", "He init / 6"]
    words = " ".join([headline(found), winner(found), *found.verdicts(), *map(str, itertools.chain(next_steps(found)))])
    assert "He init" in words and "He will" not in words and "He came" not in words


def test_the_page_writes_numbers_in_one_form_and_explains_its_words():
    found = made(
        {"He": [0.9, 0.9], "Xavier": [0.1, 0.1]}, optimizer=sn.SGD(2e-5), numbers={"Xavier": STUCK | {"last": 2e-5}}
    )
    text = render(found, {})
    body = re.sub(r"<(script|style).*?</\1>", "", text[text.index("<body>") :], flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]*>", "", body))
    assert "SGD 2e-5" in words and "lr 2e-5" in words and not re.search(r"\de[+-]?0\d", words)
    ids = set(re.findall(r'id="([^"]+)"', text))
    terms = re.findall(r'<a class="term" href="#([^"]+)" aria-describedby="([^"]+)" data-tip="([^"]+)">([^<]+)</a>', body)
    assert {name for name, *_ in terms} <= ids and all(name == described for name, described, *_ in terms)
    assert {"step/W", "dead units", "init"} <= {shown for *_, shown in terms}
    assert body.count("<polyline") == 2 and "784–9–10, ReLU" in words


def test_the_glance_ends_at_three_guesses_and_says_what_diverged():
    found = made({"He": [0.9], "Xavier": [0.1]}, numbers={"Xavier": GONE | {"first": 1e9}}, steps=20)
    seen = glance(found)
    lines = {line.label: line for line in seen.lines}
    assert lines["Xavier"].points == "" and lines["Xavier"].end == "diverged" and lines["He"].end == "loss 0.5"
    heights = [float(point.split(",")[1]) for point in lines["He"].points.split()]
    assert all(0 <= y <= seen.height for y in heights) and 0 < seen.guess < seen.height
    assert "Xavier: diverged" in seen.words
    assert lines["He"].look == found.looks["He"]


@pytest.mark.parametrize("count", [7, 9])
def test_figures_say_how_many_settings_they_show_and_name_the_network(count):
    inits = {f"init {i}": sn.Normal(0.01 * (i + 1)) for i in range(count)}
    found = made({label: [0.9 - 0.1 * i] for i, label in enumerate(inits)}, inits=inits)
    title = found.loss_figure().get_suptitle()
    assert title.startswith("Training loss: 784–9–10, ReLU, SGD 0.01")
    assert ("7 of 9 settings shown" in title) == (count == 9)


def test_a_map_of_a_grid_averages_nothing_but_seeds():
    found = made({"He": [0.9, 0.8], "Xavier": [0.5, 0.3]}, hidden=[[9], [8]], lr=[0.1, 0.01], batch_size=[8, 16])
    panels = found.panels("initializer", "hidden layers")
    assert list(panels) == [f"optimizer SGD(lr={lr}), batch {batch}" for lr in (0.1, 0.01) for batch in (8, 16)]
    assert all(cells["He"]["9"] == pytest.approx(0.85) for cells in panels.values())
    figure = found.accuracy_figure("initializer", "hidden layers")
    assert {axes.get_title().replace("\n", " ") for axes in figure.axes if axes.get_title()} == set(panels)
    assert sum(len(axes.patches) for axes in figure.axes) == 8  # frames around the best cells, which are alike
