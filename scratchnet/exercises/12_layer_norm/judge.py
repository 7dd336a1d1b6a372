"""12: LayerNorm is compared with the library's, with an ε so large that it shows."""

from typing import Any

from scratchnet.check.layer import check_layer
from scratchnet.exercises.judging import Findings
from scratchnet.layers import LayerNorm


def judge_layer_norm(yours: Any) -> Findings:
    yield from check_layer(lambda: yours(4, 0.5), (6, 4), right=LayerNorm(4, 0.5)).findings


PARTS = {"LayerNorm": judge_layer_norm}
