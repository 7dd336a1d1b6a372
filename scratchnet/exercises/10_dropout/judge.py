"""10: Dropout's masks are measured, and DropoutHe's σ is compared with He's, made smaller."""

import math
from typing import Any

from scratchnet.check.layer import check_layer
from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judge_std
from scratchnet.initializers import Fans, He
from scratchnet.layers import Dropout

RATIO = 0.3


def judge_dropout(yours: Any) -> Findings:
    yield from check_layer(lambda: yours(RATIO), (4, 7), right=Dropout(RATIO)).findings


def judge_dropout_he(yours: Any) -> Findings:
    def times(word: str, factor: float, text: str) -> Mistake:
        return Mistake(word, lambda fans: He().std(fans) * factor, text)

    def right(fans: Fans) -> float:
        return He().std(fans) * math.sqrt(1 - RATIO)

    yield from judge_std(
        "DropoutHe",
        yours(RATIO),
        right,
        times("dropout-forgotten", 1, "That is He's: dropout makes E[out²] larger, so weights are smaller."),
        times(
            "divided-for-multiplied",
            1 / math.sqrt(1 - RATIO),
            "E[out²] is E[x²] / (1 − ratio), larger: σ² is multiplied by 1 − ratio.",
        ),
        times("ratio-for-kept", math.sqrt(RATIO), "ratio is what is left out, 1 − ratio is what is kept."),
        times("variance-for-std-of-dropout", 1 - RATIO, "1 − ratio belongs under the root, with the 2 / fan_in."),
    )


PARTS = {"Dropout": judge_dropout, "DropoutHe": judge_dropout_he}
