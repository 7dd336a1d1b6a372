"""11: BatchNorm is compared with the library's, in training and in evaluation."""

from typing import Any

from scratchnet.check.layer import check_layer
from scratchnet.exercises.judging import Findings
from scratchnet.layers import BatchNorm


def judge_batch_norm(yours: Any) -> Findings:
    yield from check_layer(lambda: yours(4), (6, 4), right=BatchNorm(4)).findings


PARTS = {"BatchNorm": judge_batch_norm}
