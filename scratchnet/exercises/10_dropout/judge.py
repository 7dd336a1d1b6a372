"""10: Dropout's masks are measured, and DropoutHe's σ is compared with He's, made smaller."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.dropout import mistakes_in_dx
from scratchnet.check.recognize import Mistake, recognize
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, batch, both_fans, judge_std
from scratchnet.exercises.layers import judge_layer
from scratchnet.initializers import Fans, He
from scratchnet.layers import Dropout

RATIO, OTHER = 0.3, 0.6
X, DOUT = (1 + np.abs(batch((100, 50), seed)) for seed in (0, 1))  # nowhere 0, so that a 0 in out is the mask's


def judge_dropout(yours: Any) -> Findings:
    yield from judge_layer(yours, Dropout, [(RATIO,)], (4, 7), look=look)


def look(yours: Any) -> Wrong | None:
    """What shows in one pass each, of two ratios, in training and in evaluation."""
    layer, other = started(yours, RATIO), started(yours, OTHER)
    out, of_other, plain = layer.forward(X.copy()), other.forward(X.copy()), started(yours, RATIO, False).forward(X.copy())
    if not all(np.shape(one) == X.shape for one in (out, of_other, plain)):
        return None
    if np.array_equal(out, X) and not np.array_equal(plain, X):
        return (
            "training-inverted",
            "Numbers are left out in evaluation, but not in training: write if self.training.",
        )
    if len(np.unique(np.round(out - X, 9))) == 2:
        return "added-for-multiplied", "The mask is added to x: multiply."
    gone, kept = out == 0, out[out != 0] / X[out != 0]
    share, share_of_other = gone.mean(), (of_other == 0).mean()
    if min(share, share_of_other) > 0 and abs(share - share_of_other) < 0.03:
        return "ratio-fixed", f"{100 * share:.0f} % are left out, whatever ratio is: take self.ratio."
    factor = float(kept.mean()) if kept.size else 0.0
    factor_of_other = float((of_other / X)[of_other != 0].mean()) if (of_other != 0).any() else 0.0
    if abs(factor - factor_of_other) < 1e-6 and min(abs(factor - 1), abs(share - RATIO)) > 1e-6:
        return "ratio-fixed", f"What is kept is multiplied by {factor:.3g}, whatever ratio is: divide by 1 − self.ratio."
    if abs(factor - 1 / (1 - RATIO) ** 2) < 1e-6:
        return "scaled-twice", "The division by 1 − ratio is there twice."
    if abs(share - RATIO) > 0.03 or abs(factor - 1 / (1 - RATIO)) > 1e-6:
        return None  # the checks name it
    if not np.array_equal(plain, X):
        return None
    dx = np.asarray(layer.backward(DOUT.copy()), np.float64)
    if dx.shape != X.shape:
        return "wrong-shape", f"dx has shape {dx.shape}, but dout has {X.shape}."
    through = dx != 0
    if abs((~through).mean() - RATIO) < 0.03 and not np.array_equal(~through, gone):
        return (
            "mask-drawn-again",
            "backward leaves out other numbers than forward: keep the mask in self, draw no new one.",
        )
    right = DOUT * out / X
    if not np.allclose(dx, right):
        if np.allclose(dx, DOUT / (1 - RATIO)):
            return "mask-of-input", "backward stops nothing: what forward left out, backward leaves out."
        word, text = recognize([dx], [right], mistakes_in_dx(X, DOUT, out / X, RATIO), name="dx", cases=[(X, DOUT)])
        return word, text
    layer.training = False
    layer.forward(X.copy())
    if not np.array_equal(layer.backward(DOUT.copy()), DOUT):
        text = "In evaluation out = x, so dx = dout, also after a pass in training: forward sets what backward uses in both."
        return "evaluation-as-training", text
    return None


def started(yours: Any, ratio: float, training: bool = True) -> Any:
    layer = yours(ratio)
    layer.start(np.random.default_rng(2))
    layer.training = training
    return layer


def dropout_he(fans: Fans) -> float:
    return He().std(fans) * math.sqrt(1 - RATIO)


def dropout_he_mistakes(fans: Fans) -> Iterator[Mistake]:
    he = He().std(fans)
    yield from both_fans(fans)
    yield Mistake("dropout-forgotten", he, "That is He's: dropout makes E[out²] larger, so weights are smaller.")
    text = "E[out²] is E[x²] / (1 − ratio), larger: σ² is multiplied by 1 − ratio."
    yield Mistake("divided-for-multiplied", he / math.sqrt(1 - RATIO), text)
    text = "σ² is multiplied by 1 − ratio: larger outputs need smaller weights."
    yield Mistake("divided-for-multiplied", he / (1 - RATIO), text)
    yield Mistake("sign-in-kept", he * math.sqrt(1 + RATIO), "What is kept is 1 − ratio, not 1 + ratio.")
    yield Mistake("ratio-for-kept", he * math.sqrt(RATIO), "ratio is what is left out, 1 − ratio is what is kept.")
    text = "1 − ratio belongs under the root, with the 2 / fan_in."
    text = "That is right for ratio = 0.5 alone: take self.ratio."
    yield Mistake("ratio-fixed", he * math.sqrt(0.5), text)
    text = "Of 2 · 1 − ratio / fan_in only the ratio is divided: put 1 − ratio in brackets."
    yield Mistake("brackets-missing", math.sqrt(2 - RATIO / fans.fan_in), text)
    text = "1 − ratio belongs under the root, with the 2 / fan_in."
    yield Mistake("variance-for-std-of-dropout", he * (1 - RATIO), text)


def judge_dropout_he(yours: Any) -> Findings:
    yield from judge_std("DropoutHe", yours(RATIO), dropout_he, dropout_he_mistakes)


PARTS = {"Dropout": judge_dropout, "DropoutHe": judge_dropout_he}
