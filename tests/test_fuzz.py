"""Made-up and damaged input is read as what was written, or refused in one short sentence.

SCRATCHNET_TRIES=1000 makes a thousand times more of it.
"""

import os
from collections import Counter

import pytest
from fuzz import OPTIONS, READERS, outcome, parser_inputs, shares
from hypothesis import given, settings
from hypothesis import strategies as st

import scratchnet as sn
from scratchnet.layers import ACTIVATIONS

TRIES = int(os.environ.get("SCRATCHNET_TRIES", "1"))


@pytest.mark.parametrize("name", READERS)
def test_damaged_input_is_refused_or_has_its_own_values(name):
    count = shares(2000 * TRIES)[name]
    found = Counter(READERS[name](count, TRIES))
    assert found["refused"] > count / 2 and found.total() >= count * 0.9


def test_inputs_depend_on_the_seed_alone():
    assert list(parser_inputs(50, 3)) == list(parser_inputs(50, 3)) != list(parser_inputs(50, 4))


@settings(max_examples=150 * TRIES, deadline=None)
@given(text=st.text())
def test_any_text_is_an_initializer_or_is_refused(text):
    outcome(lambda: sn.initializer(text, ACTIVATIONS), text)


@settings(max_examples=20 * TRIES, deadline=None)
@pytest.mark.parametrize("name", [name for name in OPTIONS if "init" not in name and name != "--activation"])
@given(text=st.text() | st.from_regex(r"[0-9]{1,30}[x,.eE+-]?[0-9]*"))
def test_any_text_is_a_value_of_an_option_or_is_refused(name, text):
    outcome(lambda: OPTIONS[name](text), text)
