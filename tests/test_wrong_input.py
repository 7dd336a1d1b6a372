"""Whatever the arguments, a public entrance returns what is right, or raises InputError with one short line. It never warns.

SCRATCHNET_TRIES=34 makes 51,000 calls instead of 1,500.
"""

import os
import warnings
from collections import Counter

import pytest
from wrong_input import ENTRANCES, Argument, Entrance, api_calls, one_call

import scratchnet as sn

TRIES = int(os.environ.get("SCRATCHNET_TRIES", "1"))


@pytest.mark.parametrize("seed", range(TRIES))
def test_odd_arguments_are_refused_in_one_sentence_or_right(seed):
    calls = list(api_calls(seed, 1500))
    assert not [call for call in calls if not call.ok]
    assert min(Counter(call.outcome for call in calls).values()) > 50  # of both outcomes


@pytest.mark.parametrize("entrance", ENTRANCES, ids=lambda entrance: entrance.name)
def test_each_variant_of_an_argument_gives_what_the_plain_one_gives(entrance):
    plain = {}
    variants = [(name, odd) for name, argument in entrance.arguments.items() for odd in argument.variants]
    few = 6 if entrance.name == "predict_spread" and TRIES == 1 else 1  # theory takes a tenth of a second
    calls = [one_call(entrance, {name: odd}, plain) for name, odd in variants[::few]]
    assert not [call for call in calls if call.outcome != "right"]


def test_the_calls_of_a_seed_are_the_same_each_time():
    assert [call.text for call in api_calls(3, 20)] == [call.text for call in api_calls(3, 20)]


def test_the_table_finds_what_is_accepted_refused_or_raised_wrongly():
    """The judge itself: an entrance that takes everything, one that raises, one that warns, one that talks too much."""

    def raising(error):
        def call(x):
            raise error

        return call

    def outcomes(call, odd="nan"):
        return one_call(Entrance("own", call, {"x": Argument("number", lambda: 0.125)}), {"x": odd}, {"own": 1.0}).outcome

    assert outcomes(lambda x: 1.0).startswith("accepted")
    assert outcomes(raising(KeyError("k"))) == "KeyError: 'k'"
    assert outcomes(lambda x: warnings.warn("overflow", stacklevel=1)).startswith("warned")
    assert outcomes(raising(sn.InputError("no"))) == "refused"
    assert outcomes(raising(sn.InputError("no")), "float32").startswith("refused what is right")
    assert outcomes(lambda x: 2.0, "float32").startswith("another result")
