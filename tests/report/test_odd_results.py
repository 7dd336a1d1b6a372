"""Odd results: proposals, sentences, captions and titles are true, whatever the runs did."""

import math
import shlex
from dataclasses import replace

import numpy as np
import pytest
from plots.drawn import markers, words_in
from report.test_answer import GONE, LN10, STUCK, made, runs_of

import scratchnet as sn
from scratchnet.report.answer import headline
from scratchnet.report.figures import loss_caption, outputs_words
from scratchnet.report.glance import glance
from scratchnet.report.page import setting
from scratchnet.report.proposals import next_steps
from scratchnet.report.snapshots import training_data
from scratchnet.spread import LayerSpread, Spread
from scratchnet.spread.diagnosis import FAST
from scratchnet.support.colours import looks


def with_steps(found, log_step):
    """The comparison with this size of the first step in theory, for all labels."""
    layer = LayerSpread("Affine1", w_rms=0.1, dw_rms=1e-4, update_ratio=log_step)
    found.predicted = dict.fromkeys(found.by_label, Spread([layer], first_loss=2.3, classes=10))
    return found


@pytest.mark.parametrize(("log_step", "part"), [(-5.0, 10), (-1.4, 10), (0.0, 100), (3.2, 10**5), (7.5, 10)])
def test_after_a_divergence_the_rate_is_one_with_which_theory_makes_small_steps(log_step, part):
    """Or a tenth, if no rate would help because the weights are too large."""
    found = made({"He": [0.1], "Xavier": [0.1]}, numbers={"He": GONE, "Xavier": GONE}, optimizer=sn.SGD(100))
    (sentence, command), *_ = next_steps(with_steps(found, log_step))
    rates = {run.optimizer.lr for run in runs_of(command)}
    assert rates == {100 / part} and f"learning rate of {100 / part:g}, " in sentence
    if part > 10:
        assert log_step - math.log10(part) <= FAST < log_step - math.log10(part / 10) and f"1/{part:,} of" in sentence


@pytest.mark.parametrize("first", [math.nan, math.inf, None])
def test_a_loss_that_is_no_number_at_once_is_not_met_with_a_smaller_rate(first):
    """A result in memory has nan or infinity there, and one from a folder None."""
    found = made({"mine": [0.1], "std 0.01": [0.1]}, numbers={"mine": GONE, "std 0.01": STUCK})
    found.by_label["mine"][0] = replace(found.by_label["mine"][0], first_loss=first)
    sentence, command = next_steps(found)[0]
    assert sentence == "mine init starts beyond the floats. With weights of another size:" and "--init" in command
    assert "He" in shlex.split(command)


def test_where_the_best_diverged_too_nothing_is_proposed_at_the_same_rate():
    found = made({"std 0.01": [0.103], "He": [0.098]}, numbers={"std 0.01": GONE, "He": GONE}, optimizer=sn.SGD(1e4))
    found.by_label["std 0.01"].append(replace(found.by_label["std 0.01"][0], seed=1, diverged=False, final_loss=6e7))
    assert {run.optimizer.lr for _, command in next_steps(found) for run in runs_of(command)} <= {1e3}


@pytest.mark.parametrize(
    ("inits", "proposed"),
    [
        ({"a": sn.He(), "b": sn.Normal(0.5)}, False),
        ({"a": sn.ExactGain(sn.ReLU), "b": sn.Normal(0.5)}, False),
        ({"a": sn.He(sn.uniform), "b": sn.Normal(0.5)}, False),
        ({"a": sn.LeCun(), "b": sn.LSUV()}, True),
    ],
)
def test_weights_of_a_size_that_was_there_are_not_proposed(inits, proposed):
    found = made({"a": [0.1], "b": [0.1]}, inits=inits, numbers={"a": STUCK, "b": STUCK}, steps=1000)
    words = " ".join(sentence for sentence, _ in next_steps(found))
    assert ("He et al." in words) == proposed and "ExactGain" not in words


@pytest.mark.parametrize(("steps", "longer"), [(1, 500), (2, 500), (50, 500), (300, 1500)])
def test_a_longer_training_is_long_enough_to_learn_something(steps, longer):
    found = made({"He": [0.1], "Xavier": [0.1]}, numbers={"He": STUCK, "Xavier": STUCK}, steps=steps)
    proposals = dict(next_steps(found))
    assert {run.steps for run in runs_of(proposals[f"Does it learn in {longer:,} steps?"])} == {longer}
    assert (", 1 step," in setting(found)) == (steps == 1) and "1 steps" not in setting(found)


# accuracy, first and last loss, log10 step/W, and the sentence that follows; None: there is none
VERDICTS = {
    "stuck": (0.1, LN10, LN10, -7.0, "He init never left ln 10 = 2.303: its Affine1 moves 10^-7 of its size a step, where"),
    "short": (0.1, LN10, LN10, -3.0, "He init never left ln 10 = 2.303 in 20 steps, although its Affine1 moves 10^-3 of"),
    "fast": (0.1, LN10, LN10, -2.0, "He init never left ln 10 = 2.303 in 20 steps, although its Affine1 moves 10^-2 of"),
    "came down": (
        0.1,
        2.46,
        2.29,
        -3.0,
        "He init went from a loss of 2.46 to 2.29, no better than a guess in 20 steps, although",
    ),
    "learned a little": (0.16, 2.33, 2.289, -3.0, None),
    "learned": (0.9, 2.4, 0.5, -3.0, None),
    "no gradient": (0.1, LN10, LN10, None, "He init never left ln 10 = 2.303: its weights start from nothing"),
    "above": (0.1, 2.4, 2.4, -9.0, None),
}


@pytest.mark.parametrize(("accuracy", "first", "last", "ratio", "expected"), VERDICTS.values(), ids=list(VERDICTS))
def test_what_is_said_of_a_label_follows_from_its_numbers(accuracy, first, last, ratio, expected):
    found = made({"He": [accuracy], "Xavier": [0.95]}, numbers={"He": {"first": first, "last": last}})
    found.by_label["He"][0] = replace(found.by_label["He"][0], update_ratio=ratio)
    said = [sentence for sentence in found.verdicts()[1:] if sentence.startswith("He init")]
    assert said == [] if expected is None else said[0].startswith(expected)
    assert not np.any(["where 10^-3 trains well" in sentence and (ratio or -9) > -3.7 for sentence in said])


ENDED = {  # what is special about the label whose runs are shorter, and what the page says of its end
    "ended": ({}, "loss 0.5", "goes from 2.4 to 0.5", "ended after 20 steps", 0),
    "diverged": (GONE, "diverged", "diverges", "diverged", 1),
}


@pytest.mark.parametrize(("numbers", "glanced", "caption", "ended", "crosses"), ENDED.values(), ids=list(ENDED))
def test_a_run_that_is_shorter_than_the_others_has_not_diverged(numbers, glanced, caption, ended, crosses):
    label = "He / 20"
    found = made({"He": [0.9]}, steps=[20, 100], numbers={label: numbers})
    longer = found.by_label["He / 100"]
    longer[0] = replace(longer[0], loss=[2.4] * 100, steps=100)
    assert {line.label: line.end for line in glance(found).lines} == {label: glanced, "He / 100": "loss 2.4"}
    assert f"{label} {caption}" in loss_caption(found)
    assert training_data(found)["ended"][label] == ended
    figure = found.loss_figure()
    assert len(markers(figure.axes[0], "X")) == crosses
    assert any("diverged" in word for word in words_in(figure)) == bool(crosses)


def test_the_titles_name_steps_and_seed_only_where_all_have_them():
    found = made({"He": [0.9], "Xavier": [0.9]}, steps=[20, 100])
    assert "Activations after training, seed 0" in found.draw("activations_after").get_suptitle()
    found = made({"He": [0.9, 0.9], "Xavier": [0.9, 0.9]}, steps=1)
    assert "Activations after 1 step, seed 0" in found.draw("activations_after").get_suptitle()
    del found.by_label["He"][0]
    assert "the first finished seed of each" in found.draw("activations_after").get_suptitle()


def test_a_headline_of_long_labels_is_short_and_a_network_without_hidden_layers_has_no_activation():
    long = "a label that goes on " * 20
    found = made({long: [0.9], "other": [0.9]}, inits={long: sn.He(), "other": sn.LeCun()}, hidden=[])
    assert headline(found).startswith("a label that goes on") and len(headline(found)) < 150
    assert setting(found).startswith("784–10, SGD 0.01")


def test_one_step_is_seen_at_a_glance():
    found = made({"He": [0.9], "Xavier": [0.1]}, steps=1, numbers={"Xavier": GONE})
    for one in found.results:
        vars(one).update(loss=one.loss[:1], steps=1)
    assert all(line.points.count(",") == 2 for line in glance(found).lines)


def test_outputs_that_are_no_numbers_are_said_to_be_none():
    assert outputs_words(LayerSpread("ReLU3", std=math.nan, zero=0.0)) == "ReLU3 has outputs that are no finite numbers"
    assert outputs_words(LayerSpread("ReLU3", std=0.5, zero=0.25)) == "in ReLU3 std 0.5, 25.0 % of outputs 0"


def test_an_initializer_has_its_colour_in_a_report_of_several_folders_too():
    drawn = looks(
        ["a: He / 5", "b: He / 5", "b: mine: x / 5"], {f"{name} / 5": name for name in ("a: He", "b: He", "b: mine: x")}
    )
    first, second, other = drawn.values()
    assert first.place == second.place == looks(["He"])["He"].place and first.dash != second.dash
    assert other.place != first.place
