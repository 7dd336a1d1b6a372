"""What is right in the exercises on layers, and which mistakes are known by name. Read next: `exercises`."""

import math
from typing import Any

import numpy as np

from scratchnet.check.initializer import check_initializer
from scratchnet.check.layer import check_layer
from scratchnet.check.report import Finding
from scratchnet.exercises.judging import (
    FANS,
    Findings,
    Mistake,
    batch,
    close,
    judged,
    pass_of,
    std_mistakes,
)
from scratchnet.initializers import Fans, He, Normal
from scratchnet.layers import Affine, BatchNorm, LayerNorm
from scratchnet.support.validation import Array

# 03


def leaky_relu(yours: Any) -> Findings:
    x, dout = batch((4, 7)), batch((4, 7), 1)

    def slope(x: Array) -> Array:
        return np.where(x > 0, 1, 0.3)

    dx = judged(
        "dx",
        lambda x, dout: pass_of(lambda: yours(0.3), x, dout)[2],
        lambda x, dout: dout * slope(x),
        [(x, dout)],
        [
            Mistake("sign-flipped", lambda x, dout: -dout * slope(x), "The sign is wrong: dx has the sign of dout."),
            Mistake(
                "upstream-ignored",
                lambda x, _: slope(x),
                "That is ∂out/∂x alone: by the chain rule it is multiplied by what comes from above, dout.",
            ),
            Mistake(
                "slope-missing",
                lambda x, dout: dout * (x > 0),
                "That is ReLU's: where x is negative a share, slope, of dout comes through.",
            ),
            Mistake("passed-through", lambda _, dout: dout, "That is dout as it came: where x is negative it is smaller."),
            Mistake(
                "mask-inverted",
                lambda x, dout: dout * np.where(x > 0, 0.3, 1),
                "The mask is the wrong way round: the full gradient goes through where x is positive.",
            ),
            Mistake(
                "slope-everywhere",
                lambda _, dout: dout * 0.3,
                "The slope is on both sides: where x is positive ∂out/∂x is 1.",
            ),
            Mistake(
                "mask-of-upstream",
                lambda _, dout: np.where(dout > 0, dout, 0.3 * dout),
                "The mask asks for the sign of dout: what counts is the sign of x, which forward kept.",
            ),
            Mistake(
                "input-for-upstream",
                lambda x, _: x * slope(x),
                "That is forward once more: backward multiplies dout, not x.",
            ),
            Mistake(
                "slope-squared", lambda x, dout: dout * slope(x) ** 2, "The slope comes in twice: ∂out/∂x is slope, once."
            ),
            Mistake(
                "slope-divides", lambda x, dout: dout / slope(x), "dout is divided by the slope: it is multiplied by it."
            ),
            Mistake(
                "slope-fixed",
                lambda x, dout: np.where(x > 0, dout, 0.2 * dout),
                "That is right for slope 0.2 only: take self.slope.",
            ),
            Mistake(
                "slope-fixed",
                lambda x, dout: np.where(x > 0, dout, 0.01 * dout),
                "That is right for slope 0.01 only: take self.slope.",
            ),
        ],
    )
    yield dx
    if dx.passed:
        yield from check_layer(yours, (4, 7)).findings


# 10


def dropout(yours: Any) -> Findings:
    ratio, shape = 0.3, (100, 200)
    x = 1 + np.random.default_rng(0).random(shape)  # nowhere 0, so that a 0 in out is the mask's
    dout = 1 + np.random.default_rng(1).random(shape)

    def begun(training: bool = True) -> Any:
        layer = yours(ratio)
        layer.start(np.random.default_rng(2))
        layer.training = training
        return layer

    def finding(word: str, text: str) -> Finding:
        return Finding("dropout", False, word, text)

    layer = begun()
    out = layer.forward(x.copy())
    if not isinstance(out, np.ndarray) or out.shape != shape:
        yield finding("wrong-shape", f"forward makes {type(out).__name__} {np.shape(out)} of an x of shape {shape}.")
        return
    if not np.array_equal(out, begun().forward(x.copy())):
        yield finding("own-generator", "One seed gives two masks: draw from self.rng, which the network starts.")
        return
    gone = out == 0
    share, factor = float(gone.mean()), out[~gone] / x[~gone] if not gone.all() else np.ones(1)
    scale = float(factor.mean())
    seen = f"Of ratio {ratio} {100 * share:.0f} % are left out, and the others multiplied by {scale:.3f}."
    # 20,000 tosses: the share's std is .0032
    if share == 0 or share == 1:
        yield finding("nothing-drawn", f"{seen} Each number is left out with probability {ratio}, by itself.")
    elif abs(share - (1 - ratio)) < 0.02:
        yield finding("mask-inverted", f"{seen} The mask is the wrong way round: ratio is the share that is left out.")
    elif (gone == gone[0]).all():
        yield finding("one-mask-for-all-rows", "All rows have one mask: toss for every number, rng.random(x.shape).")
    elif (gone == gone[:, :1]).all():
        yield finding("whole-rows", "Whole rows are left out: toss for every number, rng.random(x.shape).")
    elif abs(share - ratio) > 0.02:
        yield finding("wrong-share", seen)
    elif np.ptp(factor) > 1e-6:
        yield finding("not-one-factor", f"{seen} But not all by the same: out is x · mask / (1 − ratio).")
    elif abs(scale - 1) < 1e-6:
        yield finding("not-inverted", f"{seen} The division by 1 − ratio is missing: the mean shrinks by {1 - ratio:g}.")
    elif abs(scale - (1 - ratio)) < 1e-6:
        yield finding("multiplied-for-divided", f"{seen} The mean is smaller already: divide by 1 − ratio.")
    elif abs(scale - 1 / ratio) < 1e-6:
        yield finding("divided-by-ratio", f"{seen} What is left is 1 − ratio: divide by that.")
    elif abs(scale - 1 / math.sqrt(1 - ratio)) < 1e-6:
        yield finding(
            "variance-kept", f"{seen} That would keep E[x²], but a mean that shrinks is not x's: divide by 1 − ratio."
        )
    elif abs(scale - 1 / (1 - ratio)) > 1e-6:
        yield finding("wrong-factor", f"{seen} Due is 1 / (1 − ratio) = {1 / (1 - ratio):.3f}.")
    elif np.array_equal(layer.forward(x.copy()) == 0, gone):
        yield finding("mask-kept", "The second forward pass leaves out the same numbers: draw the mask anew in each.")
    else:
        yield Finding("dropout", True)
        yield from dropout_elsewhere(begun, x, dout, ratio)


def dropout_elsewhere(begun: Any, x: Array, dout: Array, ratio: float) -> Findings:
    """Evaluation, and the way back."""
    layer = begun(training=False)
    out = layer.forward(x.copy())

    def finding(word: str, text: str) -> Finding:
        return Finding("dropout", False, word, text)

    if np.array_equal(out, x):
        pass
    elif (out == 0).any():
        yield finding("drops-in-evaluation", "In evaluation, self.training being False, nothing is left out: out = x.")
        return
    else:
        factor = float((out / x).mean())
        yield finding(
            "scaled-in-evaluation",
            f"In evaluation x is multiplied by {factor:.3f}: training has divided by 1 − ratio already, so out = x.",
        )
        return
    if not np.array_equal(layer.backward(dout.copy()), dout):
        yield finding("evaluation-as-training", "After a forward pass in evaluation, where out = x, dx is dout.")
        return
    layer = begun()
    mask = layer.forward(x.copy()) / x
    yield judged(
        "dx",
        lambda x, dout: pass_of(begun, x, dout)[2],
        lambda _, dout: dout * mask,
        [(x, dout)],
        [
            Mistake("passed-through", lambda _, dout: dout, "That is dout: what forward left out, backward leaves out."),
            Mistake(
                "scale-missing",
                lambda _, dout: dout * (mask > 0),
                "The mask is right, but forward divided by 1 − ratio, and so must backward.",
            ),
            Mistake("upstream-ignored", lambda *_: mask, "That is ∂out/∂x alone: multiply it by dout."),
            Mistake("input-for-upstream", lambda x, _: x * mask, "That is forward once more: backward multiplies dout."),
            Mistake(
                "mask-of-the-others",
                lambda _, dout: dout * (mask == 0) / (1 - ratio),
                "Those are the numbers that forward left out: the gradient goes through the others.",
            ),
            Mistake("sign-flipped", lambda _, dout: -dout * mask, "The sign is wrong: dx has the sign of dout."),
            Mistake(
                "scaled-twice",
                lambda _, dout: dout * mask / (1 - ratio),
                "The division by 1 − ratio comes in twice.",
            ),
        ],
        next_look="Has backward drawn a mask of its own, in place of the one that forward drew?",
    )


def dropout_he(yours: Any) -> Findings:
    ratio = 0.3

    def right(fans: Fans) -> float:
        return He().std(fans) * math.sqrt(1 - ratio)

    std = judged(
        "DropoutHe.std",
        lambda fans: yours(ratio).std(fans),
        right,
        FANS,
        std_mistakes(
            right,
            Mistake("dropout-forgotten", He().std, "That is He's: dropout makes E[out²] larger, so weights are smaller."),
            Mistake(
                "divided-for-multiplied",
                lambda fans: He().std(fans) / math.sqrt(1 - ratio),
                "E[out²] is E[x²] / (1 − ratio), larger: σ² is multiplied by 1 − ratio.",
            ),
            Mistake(
                "ratio-for-kept",
                lambda fans: He().std(fans) * math.sqrt(ratio),
                "ratio is what is left out, 1 − ratio what is kept.",
            ),
            Mistake(
                "variance-for-std-of-dropout",
                lambda fans: He().std(fans) * (1 - ratio),
                "1 − ratio belongs under the root, with the 2 / fan_in.",
            ),
        ),
    )
    yield std
    if std.passed:
        yield from check_initializer(yours(), std=lambda fans: math.sqrt(1 / fans.fan_in)).findings


# 11


def normalizing(kind: Any, x: Array, dout: Array, training: bool = True) -> dict[str, Any]:
    """out, dx and both gradients of a normalization with a gamma, a beta and running statistics that show."""
    n = x.shape[-1]
    gamma, beta = np.linspace(0.5, 2, n), np.linspace(-1, 1, n)
    running = {"running_mean": np.linspace(-1, 0.5, n), "running_var": np.linspace(0.5, 3, n)}
    layer, out, dx = pass_of(kind, x, dout, training, gamma=gamma, beta=beta, **running)
    found = {"out": out, "dx": dx, "dgamma": getattr(layer, "dgamma", None), "dbeta": getattr(layer, "dbeta", None)}
    return found | {"gamma": gamma, "beta": beta}


def gradients(
    kind: Any, right: Any, cases: list[tuple[Array, Array]], mistakes: dict[str, list[Mistake]], training: bool = True
) -> Findings:
    """dgamma, dbeta and dx, each held against the right layer's; the first that is wrong is the last."""
    for name in ("dbeta", "dgamma", "dx"):
        found = judged(
            name,
            lambda x, dout, name=name: normalizing(kind, x, dout, training)[name],
            lambda x, dout, name=name: normalizing(right, x, dout, training)[name],
            cases,
            mistakes[name],
        )
        if found.diagnosis == "returns-nothing" and name != "dx":
            found = Finding(name, False, f"{name}-unset", f"backward leaves self.{name} unset.")
        yield found
        if not found.passed:
            return


def batch_norm(yours: Any) -> Findings:
    x, dout, n = 2 * batch((6, 4)) + 1, batch((6, 4), 1), 4
    gamma, epsilon = np.linspace(0.5, 2, n), 1e-5

    def parts(x: Array) -> tuple[Array, Array]:
        std = np.sqrt(x.var(axis=0) + epsilon)
        return (x - x.mean(axis=0)) / std, std

    def dx(x: Array, dout: Array, mean: float = 1, slope: float = 1, count: int = 1) -> Array:
        """The right dx, or with its terms multiplied by something."""
        x_hat, std = parts(x)
        return gamma / std * (dout - mean * count * dout.mean(axis=0) - slope * count * x_hat * (dout * x_hat).mean(axis=0))

    wrong = {
        "dbeta": [
            Mistake(
                "mean-for-sum", lambda _, dout: dout.mean(axis=0), "β is added to every row: dβ is the sum, not the mean."
            ),
            Mistake("not-summed-over-batch", lambda _, dout: dout, "β is one number a unit: add up over the batch."),
            Mistake("wrong-axis", lambda _, dout: dout.sum(axis=1), "That adds up over the units: axis=0 is the batch."),
            Mistake("summed-over-all", lambda _, dout: dout.sum(), "That adds up over the units too: axis=0 alone."),
            Mistake(
                "gradients-swapped",
                lambda x, dout: (dout * parts(x)[0]).sum(axis=0),
                "That is dγ: dγ and dβ have changed places.",
            ),
        ],
        "dgamma": [
            Mistake(
                "input-for-x-hat",
                lambda x, dout: (dout * x).sum(axis=0),
                "γ multiplies x̂, not x: dγ = Σ dout x̂.",
            ),
            Mistake(
                "output-for-x-hat",
                lambda x, dout: (dout * (gamma * parts(x)[0] + np.linspace(-1, 1, n))).sum(axis=0),
                "γ multiplies x̂, not out: dγ = Σ dout x̂.",
            ),
            Mistake("mean-for-sum", lambda x, dout: (dout * parts(x)[0]).mean(axis=0), "dγ is the sum, not the mean."),
            Mistake(
                "not-summed-over-batch", lambda x, dout: dout * parts(x)[0], "γ is one number a unit: add up over the batch."
            ),
            Mistake(
                "gamma-in-dgamma",
                lambda x, dout: gamma * (dout * parts(x)[0]).sum(axis=0),
                "γ itself does not stand in ∂out/∂γ, which is x̂.",
            ),
            Mistake("gradients-swapped", lambda _, dout: dout.sum(axis=0), "That is dβ: dγ has x̂ in the sum."),
        ],
        "dx": [
            Mistake(
                "statistics-constant",
                lambda x, dout: dx(x, dout, 0, 0),
                "That takes μ and σ² for constants: in training they depend on x, each of its rows.",
            ),
            Mistake(
                "mean-term-missing",
                lambda x, dout: dx(x, dout, 0, 1),
                "The way through μ is missing: every row moves the mean, so mean(dout) comes off.",
            ),
            Mistake(
                "variance-term-missing",
                lambda x, dout: dx(x, dout, 1, 0),
                "The way through σ² is missing: x̂ mean(dout x̂) comes off too.",
            ),
            Mistake(
                "sum-for-mean",
                lambda x, dout: dx(x, dout, count=len(x)),
                "Sums stand where the means are due: μ is a mean, so each row has 1/N of it.",
            ),
            Mistake(
                "variance-term-added",
                lambda x, dout: dx(x, dout, 1, -1),
                "The term of σ² has the wrong sign: it comes off.",
            ),
            Mistake(
                "mean-term-added", lambda x, dout: dx(x, dout, -1, 1), "The term of μ has the wrong sign: it comes off."
            ),
            Mistake("gamma-missing", lambda x, dout: dx(x, dout) / gamma, "γ is missing: out is γ x̂ + β."),
            Mistake("gamma-squared", lambda x, dout: dx(x, dout) * gamma, "γ comes in twice."),
            Mistake("std-missing", lambda x, dout: dx(x, dout) * parts(x)[1], "The division by √(σ² + ε) is missing."),
            Mistake(
                "variance-for-std",
                lambda x, dout: dx(x, dout) / parts(x)[1],
                "That divides by σ² + ε: x̂ has its root below.",
            ),
            Mistake(
                "std-multiplied", lambda x, dout: dx(x, dout) * parts(x)[1] ** 2, "That multiplies by √(σ² + ε): divide."
            ),
            Mistake(
                "input-for-x-hat",
                lambda x, dout: gamma / parts(x)[1] * (dout - dout.mean(axis=0) - x * (dout * x).mean(axis=0)),
                "x stands where x̂ is due.",
            ),
            Mistake("sign-flipped", lambda x, dout: -dx(x, dout), "The sign is wrong."),
        ],
    }
    right = True
    for found in gradients(lambda: yours(n), lambda: BatchNorm(n), [(x, dout)], wrong):
        yield found
        right = right and found.passed
    if not right:
        return
    in_evaluation = judged(
        "dx in evaluation",
        lambda x, dout: normalizing(lambda: yours(n), x, dout, False)["dx"],
        lambda x, dout: normalizing(lambda: BatchNorm(n), x, dout, False)["dx"],
        [(x, dout)],
    )
    if not in_evaluation.passed:
        text = "In evaluation μ and σ² are constants, and only γ / √(σ² + ε) · dout is left: ask self.training."
        in_evaluation = Finding("dx in evaluation", False, "evaluation-as-training", text)
    yield in_evaluation
    if in_evaluation.passed:
        yield from check_layer(lambda: yours(7), (4, 7)).findings


# 12


def layer_norm(yours: Any) -> Findings:
    x, dout, n = 2 * batch((6, 4)) + 1, batch((6, 4), 1), 4
    epsilon = 0.5  # large, so that it shows
    gamma, beta = np.linspace(0.5, 2, n), np.linspace(-1, 1, n)

    def forward(x: Array, axis: Any = -1, ddof: int = 0, e: float = epsilon) -> Array:
        std = np.sqrt(x.var(axis=axis, keepdims=True, ddof=ddof) + e)
        return gamma * (x - x.mean(axis=axis, keepdims=True)) / std + beta

    def plain(x: Array) -> tuple[Array, Array]:
        std = np.sqrt(x.var(axis=-1, keepdims=True) + epsilon)
        return (x - x.mean(axis=-1, keepdims=True)) / std, std

    out = judged(
        "out",
        lambda x: normalizing_forward(lambda: yours(n, epsilon), x, gamma, beta),
        forward,
        [(x,)],
        [
            Mistake(
                "over-the-batch",
                lambda x: forward(x, 0),
                "That is BatchNorm: here mean and variance are each row's own, over its units, axis=-1.",
            ),
            Mistake("over-everything", lambda x: forward(x, None), "One mean for the whole batch: each row has its own."),
            Mistake(
                "sample-variance",
                lambda x: forward(x, ddof=1),
                "That divides by n − 1: σ² here is the mean of (x − μ)², divided by n.",
            ),
            Mistake("epsilon-missing", lambda x: forward(x, e=0), "ε is missing: a row of equal numbers divides by 0."),
            Mistake("epsilon-fixed", lambda x: forward(x, e=1e-5), "That is right for ε = 1e-5 alone: take self.epsilon."),
            Mistake(
                "epsilon-outside",
                lambda x: gamma * (x - x.mean(axis=-1, keepdims=True)) / (x.std(axis=-1, keepdims=True) + epsilon) + beta,
                "ε stands under the root, beside σ².",
            ),
            Mistake(
                "variance-for-std",
                lambda x: gamma * plain(x)[0] / plain(x)[1] + beta,
                "That divides by σ² + ε: take the root.",
            ),
            Mistake(
                "mean-kept",
                lambda x: gamma * x / plain(x)[1] + beta,
                "The mean is not taken off: x̂ is (x − μ) / √(σ² + ε).",
            ),
            Mistake("gamma-missing", lambda x: plain(x)[0] + beta, "γ is missing: out = γ x̂ + β."),
            Mistake("beta-missing", lambda x: gamma * plain(x)[0], "β is missing: out = γ x̂ + β."),
            Mistake("parameters-missing", lambda x: plain(x)[0], "That is x̂: out = γ x̂ + β."),
        ],
    )
    yield out
    if not out.passed:
        return

    def dx(x: Array, g: Array, mean: float = 1, slope: float = 1, axis: int = -1) -> Array:
        x_hat, std = plain(x)
        return (
            g - mean * g.mean(axis=axis, keepdims=True) - slope * x_hat * (g * x_hat).mean(axis=axis, keepdims=True)
        ) / std

    wrong = {
        "dbeta": [
            Mistake(
                "mean-for-sum", lambda _, dout: dout.mean(axis=0), "β is added to every row: dβ is the sum, not the mean."
            ),
            Mistake("not-summed-over-batch", lambda _, dout: dout, "β is one number a unit: add up over the batch."),
            Mistake(
                "wrong-axis",
                lambda _, dout: dout.sum(axis=-1),
                "That adds up over the units: the statistics do, but β is shared by the rows, axis=0.",
            ),
        ],
        "dgamma": [
            Mistake("input-for-x-hat", lambda x, dout: (dout * x).sum(axis=0), "γ multiplies x̂, not x: dγ = Σ dout x̂."),
            Mistake("mean-for-sum", lambda x, dout: (dout * plain(x)[0]).mean(axis=0), "dγ is the sum, not the mean."),
            Mistake(
                "not-summed-over-batch",
                lambda x, dout: dout * plain(x)[0],
                "γ is one number a unit: add up over the batch.",
            ),
            Mistake("wrong-axis", lambda x, dout: (dout * plain(x)[0]).sum(axis=-1), "γ is shared by the rows: axis=0."),
            Mistake("gradients-swapped", lambda _, dout: dout.sum(axis=0), "That is dβ: dγ has x̂ in the sum."),
        ],
        "dx": [
            Mistake(
                "gamma-late",
                lambda x, dout: gamma * dx(x, dout),
                "γ differs from unit to unit, so it goes into the means: take g = γ dout first.",
            ),
            Mistake("gamma-missing", lambda x, dout: dx(x, dout), "γ is missing: take g = γ dout for dout."),
            Mistake(
                "statistics-constant",
                lambda x, dout: dx(x, gamma * dout, 0, 0),
                "That takes μ and σ² for constants: they depend on every unit of the row.",
            ),
            Mistake(
                "mean-term-missing", lambda x, dout: dx(x, gamma * dout, 0, 1), "The way through μ is missing: mean(g)."
            ),
            Mistake(
                "variance-term-missing",
                lambda x, dout: dx(x, gamma * dout, 1, 0),
                "The way through σ² is missing: x̂ mean(g x̂).",
            ),
            Mistake(
                "over-the-batch",
                lambda x, dout: dx(x, gamma * dout, axis=0),
                "Those means run over the batch, as BatchNorm's: here over the units, axis=-1.",
            ),
            Mistake(
                "std-missing", lambda x, dout: dx(x, gamma * dout) * plain(x)[1], "The division by √(σ² + ε) is missing."
            ),
            Mistake("sign-flipped", lambda x, dout: -dx(x, gamma * dout), "The sign is wrong."),
            Mistake(
                "sum-for-mean",
                lambda x, dout: dx(x, gamma * dout, n, n),
                "Sums stand where the means are due: μ is a mean, so each unit has 1/n of it.",
            ),
        ],
    }
    right = True
    for found in gradients(lambda: yours(n, epsilon), lambda: LayerNorm(n, epsilon), [(x, dout)], wrong):
        yield found
        right = right and found.passed
    if right:
        yield from check_layer(lambda: yours(7), (4, 7)).findings


def normalizing_forward(kind: Any, x: Array, gamma: Array, beta: Array) -> Array:
    layer = kind()
    layer.gamma, layer.beta = gamma.copy(), beta.copy()
    return layer.forward(x)


# 14


def unit_variance(yours: Any) -> Findings:
    """A layer with a bias, so that one division is not enough, and with units of different size."""
    x = batch((200, 30)) * np.linspace(0.2, 3, 30) + 1

    def begun() -> Affine:
        layer = Affine(30, 20, init=Normal(1.0), bias_init=Normal(1.0))
        rng = np.random.default_rng(3)
        layer.W = rng.standard_normal((30, 20)) * np.linspace(0.1, 2, 20)
        layer.b = rng.standard_normal(20) * 0.5
        return layer

    def finding(word: str, text: str) -> Finding:
        return Finding("to_unit_variance", False, word, text)

    before, layer = begun(), begun()
    W = layer.W
    out = yours(layer, x.copy(), 0.01, 10)
    now = layer.forward(x)
    shown = f"After it the outputs have variance {now.var():.4g}."
    if not np.array_equal(layer.b, before.b):
        yield finding("bias-scaled", "The bias has been changed: only W is divided.")
    elif layer.W is not W:
        yield finding(
            "not-in-place", "layer.W is a new array now: write layer.W[...] = …, since the network has the old one still."
        )
    elif np.array_equal(W, before.W):
        yield finding("untouched", f"W is as it was. {shown}")
    elif not np.allclose(ratio := W / before.W, ratio[0, 0], equal_nan=True):
        column = np.allclose(ratio, ratio[:1])
        yield (
            finding("unit-by-unit", "Each unit has a factor of its own: the variance is that of all outputs together.")
            if column
            else finding("not-one-factor", "Not all weights have been divided by the same number.")
        )
    elif out is None:
        yield finding("returns-nothing", "It returns None: the next layer needs these outputs.")
    elif not abs(now.var() - 1) <= 0.0101:
        yield lsuv_size(W, begun, x, shown, finding)
    elif np.shape(out) != now.shape or not np.allclose(out, now):
        stale = np.shape(out) == now.shape and not np.allclose(out, now / now.std())
        yield finding(
            "stale-outputs" if stale else "divided-outputs",
            "What it returns is not layer.forward(x) with the weights as they are now: call forward after the division.",
        )
    else:
        yield from lsuv_stops(yours, begun, x, finding)


def lsuv_size(yours: Array, begun: Any, x: Array, shown: str, finding: Any) -> Finding:
    """Which division did not bring the variance to 1: each is made, and its weights are compared with the reader's."""
    known: dict[str, tuple[Any, Any, int, str]] = {
        "once-only": (
            np.var,
            np.std,
            1,
            "One division is not enough where there is a bias: measure again, until it is within tol.",
        ),
        "variance-for-std": (np.var, np.var, 10, "Divide by the std: by the variance it goes past 1, to and fro."),
        "multiplied-for-divided": (
            np.var,
            lambda out: 1 / np.std(out),
            10,
            "Too large an output needs smaller weights: divide.",
        ),
        "mean-square-for-variance": (
            lambda out: np.mean(out**2),
            lambda out: np.sqrt(np.mean(out**2)),
            10,
            "It is the mean square that is 1 now: the variance is that less the mean's square.",
        ),
        "within-units": (
            lambda out: np.mean(out.var(axis=0)),
            lambda out: np.sqrt(np.mean(out.var(axis=0))),
            10,
            "It is the variance within a unit that is 1 now: take that of all outputs together.",
        ),
        "std-of-the-inputs": (np.var, lambda out: np.std(x), 10, "That divides by the std of x: measure the outputs'."),
    }
    for word, (measured, divisor, tries, text) in known.items():
        layer = begun()
        with np.errstate(all="ignore"):
            for _ in range(tries):
                out = layer.forward(x)
                if abs(measured(out) - 1) < 0.01:
                    break
                layer.W /= divisor(out)
        if np.allclose(layer.W, yours, rtol=1e-6, atol=0, equal_nan=True):
            return finding(word, f"{text} {shown}")
    return finding("other", f"{shown} Divide W by the std of the outputs until their variance is 1.")


def lsuv_stops(yours: Any, begun: Any, x: Array, finding: Any) -> Findings:
    """It stops when it is told to: within tol, or after so many tries; and it says so where nothing helps."""
    layer, once = begun(), begun()
    yours(layer, x.copy(), 0.01, 1)
    out = once.forward(x)
    if close(layer.W, once.W / out.var(), 1e-6):
        yield finding("variance-for-std", "W is divided by the variance: the outputs' std is its root, and goes with W.")
        return
    if not close(layer.W, once.W / out.std(), 1e-6):
        yield finding("tries-ignored", "With tries=1 W is divided once: it was not, or more often.")
        return
    layer = begun()
    layer.W /= layer.forward(x).std()
    near, W = abs(layer.forward(x).var() - 1), layer.W.copy()
    yours(layer, x.copy(), float(near) * 1.1, 10)
    if not np.array_equal(W, layer.W):
        yield finding("tol-ignored", f"The variance was within tol = {near * 1.1:.3g} of 1 already, and yet W was changed.")
        return
    yield Finding("to_unit_variance", True)
