"""What these tests share."""

import pytest
from comparison.made import quick

import scratchnet as sn


@pytest.fixture
def diverging():
    return quick({"calm": sn.He(), "wild": sn.Normal(1e8)}, steps=50, activation=sn.Identity, optimizer=sn.SGD(1.0))
