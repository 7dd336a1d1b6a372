"""03: LeakyReLU's backward is compared with the library's, at a slope that is no default."""

from typing import Any

from scratchnet.check.layer import check_layer
from scratchnet.exercises.judging import Findings
from scratchnet.layers import LeakyReLU


def judge_leaky_relu(yours: Any) -> Findings:
    yield from check_layer(lambda: yours(0.3), (4, 7), right=LeakyReLU(0.3)).findings


PARTS = {"LeakyReLU": judge_leaky_relu}
