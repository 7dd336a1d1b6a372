"""A gradient that is right in part: one path is left out, a loop ends too early, some rows or columns differ.

Read next: `inputs`.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from scratchnet.check.recognize import Mistake, close
from scratchnet.support.validation import Array

TIGHT = 1e-5


def mistakes_in_paths(right: Array, dout: Array, parameters: Mapping[str, Array]) -> Iterator[Mistake]:
    """The mistakes in dx where x goes to out on two paths, one of them straight."""
    if dout.shape != right.shape or close(right, float((right * dout).sum() / max((dout**2).sum(), 1e-300)) * dout, 1e-4):
        return
    text = "dout itself is missing in the sum: out has x as it is, plus something, so dx is dout plus that path's."
    yield Mistake("path-left-out", right - dout, text)
    yield Mistake("path-twice", right + dout, "dout is added twice: x goes straight to out once.")
    for W in parameters.values():
        if W.ndim == 2 and W.shape == (dout.shape[-1],) * 2:
            yield Mistake("transposed", dout + dout @ W, "That is dout W: what goes back is dout Wᵀ.")


def mistakes_in_turned(right: Array) -> Iterator[Mistake]:
    if right.ndim > 2 and right.shape[-1] == right.shape[-2]:
        yield Mistake("transposed", right.swapaxes(-1, -2), "The last two axes are swapped: turn them back.")


def mistakes_in_softmax(dout: Array, y: Array) -> Iterator[Mistake]:
    """The mistakes in dx = y (dout − Σ dout y), if out is a softmax y."""
    if dout.shape != y.shape or y.ndim < 2 or (y <= 0).any() or not np.allclose(y.sum(axis=-1), 1) or y.shape[-1] < 2:
        return

    def dx(total: Array) -> Array:
        return np.asarray(y * (dout - total))

    both = dout * y
    text = "That is the diagonal of the softmax's Jacobian alone: each x moves all shares of its row, y (dout − Σ dout y)."
    yield Mistake("jacobian-diagonal", dout * y * (1 - y), text)
    yield Mistake(
        "jacobian-diagonal", dout * y, "Σ dout y is missing: each x moves all shares of its row, y (dout − Σ dout y)."
    )
    text = "That is the gradient of softmax and cross-entropy together: here dout comes from above."
    yield Mistake("combined-gradient", y - dout, text)
    text = "The sum runs over the batch: each row has its own, axis=-1."
    yield Mistake("over-the-batch", dx(both.sum(axis=0)), text)
    yield Mistake("over-everything", dx(both.sum()), "The sum runs over everything: each row has its own, axis=-1.")
    yield Mistake("mean-for-sum", dx(both.mean(axis=-1, keepdims=True)), "The mean stands where Σ dout y is needed.")
    yield Mistake("term-flipped", dx(-both.sum(axis=-1, keepdims=True)), "Σ dout y has the wrong sign: it is subtracted.")
    yield Mistake("factor-missing", dout - both.sum(axis=-1, keepdims=True), "The factor y is missing: y (dout − Σ dout y).")


def mistakes_in_parts(label: str, yours: Array, right: Array, whole_numbers: bool, kinks: Array) -> Iterator[Mistake]:
    """What is said of a gradient that is right in some places. A mistake's answer is then the gradient itself."""
    scale = max(float(np.abs(right).max(initial=0)), 1e-12)
    off: Array = (np.abs(yours - right) > TIGHT * scale) & ~kinks
    if not off.any() or right.ndim < 1:
        return
    zero: Array = np.asarray(np.abs(yours) <= 1e-12 * scale)
    rows_off = np.atleast_1d(off.reshape(len(off), -1).any(axis=1))
    if label == "dx" and len(off) > 1 and not rows_off[0] and zero[1:].all():
        yield Mistake("return-in-a-loop", yours, "All rows but the first are 0: return stands in the loop, and ends it.")
    if label == "dx" and len(off) > 1 and not rows_off[-1] and zero[:-1].all():
        yield Mistake("only-the-last", yours, "All rows but the last are 0: each turn of the loop starts anew.")
    if whole_numbers and not rows_off.all() and rows_off.any():
        text = (
            "It is wrong where a number comes twice: dW[x] = … and dW[x] += … keep one of the rows. Write "
            "np.add.at(self.dW, x, dout)."
        )
        yield Mistake("repeated-rows", yours, text)
    if right.ndim > 1 and right.shape[-1] > 1 and label == "dx":
        yield from mistakes_in_columns(yours, right, off, zero)
    if off.all():
        return
    if np.all(yours[off] == 0):
        yield Mistake("path-left-out", yours, "Where it is 0 it should not be: one path of x to out is left out.")
    if close(yours[off], -right[off], TIGHT) and bool(np.all(right[off] != 0)):
        yield Mistake(
            "term-flipped", yours, "Some elements have the wrong sign: one term has a minus too many, or lacks one."
        )


def mistakes_in_columns(yours: Array, right: Array, off: Array, zero: Array) -> Iterator[Mistake]:
    """The same for blocks of columns, such as the halves of a gate."""
    n = right.shape[-1]
    wrong = np.atleast_1d(off.reshape(-1, n).any(axis=0))
    if n % 2 == 0:
        yield Mistake(
            "halves-swapped", np.roll(right, n // 2, axis=-1), "The halves are swapped: each input's gradient first."
        )
    last = int(np.flatnonzero(~zero.reshape(-1, n).all(axis=0)).max(initial=-1))
    if 0 <= last < n - 1 and not wrong[0] and wrong[last]:
        text = f"From column {last + 1} on it is 0: return stands in the loop, and ends it."
        yield Mistake("return-in-a-loop", yours, text)
    changes = int(np.abs(np.diff(wrong.astype(int))).sum())
    if changes != 1:
        return
    edge = int(np.flatnonzero(np.diff(wrong.astype(int)))[0])
    good, bad = ((0, edge), (edge + 1, n - 1)) if wrong[-1] else ((edge + 1, n - 1), (0, edge))
    place = f"columns {bad[0]} to {bad[1]}, and right in {good[0]} to {good[1]}"
    block = (..., slice(bad[0], bad[1] + 1))
    if zero[block].all():
        yield Mistake("path-left-out", yours, f"It is 0 in {place}: one path of x to out is left out.")
    elif close(yours[block], -right[block], TIGHT):
        yield Mistake("term-flipped", yours, f"It has the wrong sign in {place}.")
    elif edge + 1 == n // 2:
        yield Mistake("wrong-in-a-part", yours, f"It is wrong in {place}: go through the derivative of that part.")


def windows_assigned(dout: Array, shape: tuple[int, ...], right: Array) -> Iterator[Mistake]:
    """The mistake of = for += where windows of a row overlap, each number of dout going to its whole window."""
    if dout.ndim != 2 or len(shape) != 2 or dout.shape[1] >= shape[1]:
        return
    size = shape[1] - dout.shape[1] + 1
    added, assigned = np.zeros(shape), np.zeros(shape)
    for i in range(dout.shape[1]):
        added[:, i : i + size] += dout[:, i : i + 1]
        assigned[:, i : i + size] = dout[:, i : i + 1]
    total = float((added**2).sum())
    factor = float((added * right).sum()) / total if total else 0.0
    if close(right, factor * added, 1e-4):
        text = "= stands where += is needed: a number is in several windows, whose gradients add up."
        yield Mistake("assigned-for-added", factor * assigned, text)
