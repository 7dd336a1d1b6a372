"""10: Dropout's masks are measured, and DropoutHe's σ is compared with He's, made smaller."""

import math
from collections.abc import Iterator
from typing import Any

from scratchnet.check.layer import check_layer
from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judge_std
from scratchnet.initializers import Fans, He
from scratchnet.layers import Dropout

RATIO = 0.3


def judge_dropout(yours: Any) -> Findings:
    yield from check_layer(lambda: yours(RATIO), (4, 7), right=Dropout(RATIO)).findings


def dropout_he(fans: Fans) -> float:
    return He().std(fans) * math.sqrt(1 - RATIO)


def dropout_he_mistakes(fans: Fans) -> Iterator[Mistake]:
    he = He().std(fans)
    yield Mistake("dropout-forgotten", he, "That is He's: dropout makes E[out²] larger, so weights are smaller.")
    text = "E[out²] is E[x²] / (1 − ratio), larger: σ² is multiplied by 1 − ratio."
    yield Mistake("divided-for-multiplied", he / math.sqrt(1 - RATIO), text)
    yield Mistake("ratio-for-kept", he * math.sqrt(RATIO), "ratio is what is left out, 1 − ratio is what is kept.")
    text = "1 − ratio belongs under the root, with the 2 / fan_in."
    yield Mistake("variance-for-std-of-dropout", he * (1 - RATIO), text)


def judge_dropout_he(yours: Any) -> Findings:
    yield from judge_std("DropoutHe", yours(RATIO), dropout_he, dropout_he_mistakes)


PARTS = {"Dropout": judge_dropout, "DropoutHe": judge_dropout_he}
