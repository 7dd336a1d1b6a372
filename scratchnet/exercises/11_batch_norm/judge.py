"""11: BatchNorm is compared with the library's, in training and in evaluation."""

from collections.abc import Iterator
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings
from scratchnet.exercises.layers import judge_layer
from scratchnet.layers import BatchNorm, Layer
from scratchnet.support.validation import Array

ADVICE = {
    "shapes-differ": ("shapes-differ", "Each unit has its own mean over the batch: axis=0."),
    "transposed": ("product-for-elementwise", "Each number of dout is multiplied by one of x̂: write *, not @ or np.dot."),
}


def mistakes(label: str, x: Array, dout: Array, right: Layer) -> Iterator[Mistake]:
    if label != "dx" or not isinstance(right, BatchNorm):
        return
    x_hat, slope = right.x_hat, right.gamma / right.std

    def dx(mean: Any, product: Any) -> Array:
        return slope * (dout - mean - product)

    mean, product = dout.mean(axis=0), x_hat * (dout * x_hat).mean(axis=0)
    text = "One of the means runs over everything: each unit has its own, axis=0."
    yield Mistake("over-everything", dx(dout.mean(), product), text)
    yield Mistake("over-everything", dx(mean, x_hat * (dout * x_hat).mean()), text)
    text = "One of the means runs over the units, as in LayerNorm: here they run over the batch, axis=0."
    yield Mistake("over-the-units", dx(dout.mean(axis=1, keepdims=True), product), text)
    yield Mistake("over-the-units", dx(mean, x_hat * (dout * x_hat).mean(axis=1, keepdims=True)), text)
    text = "In the term of σ² x̂ stands twice: x̂ mean(dout x̂), once inside the mean and once outside."
    yield Mistake("x-hat-missing", dx(mean, (dout * x_hat).mean(axis=0)), text)
    yield Mistake("x-hat-missing", dx(mean, x_hat * dout.mean(axis=0)), text)
    text = "One of the two is a sum and the other a mean: both are means, 1/N of the sum."
    yield Mistake("sum-for-mean", dx(dout.sum(axis=0), product), text)
    yield Mistake("sum-for-mean", dx(mean, len(x) * product), text)


def judge_batch_norm(yours: Any) -> Findings:
    yield from judge_layer(yours, BatchNorm, [(4,), (5, 0.7, 0.1)], (6, 4), mistakes, ADVICE)


PARTS = {"BatchNorm": judge_batch_norm}
