"""Statistics that a layer keeps from training for evaluation, and zeros and equal numbers. Read next: `formulas`."""

import numpy as np

from scratchnet.check.layer_under_test import LayerUnderTest, train
from scratchnet.check.names import setting
from scratchnet.check.report import NotCompared, Wrong
from scratchnet.support.validation import Array

STEPS = 400  # of training, after which the running statistics are those of the data


def check_running_statistics(subject: LayerUnderTest) -> Wrong | None:
    """What evaluation uses in place of the batch's own statistics is learnt in training, and there alone."""
    if not subject.repeatable:
        raise NotCompared("it cannot be repeated")
    x = np.abs(subject.x) + 0.1 if subject.positive else subject.x
    rng = np.random.default_rng(3)
    plain = np.asarray(subject.fresh(training=False).forward(x.copy()))
    layer = subject.fresh()
    own = np.asarray(layer.forward(x.copy()))
    if not all(np.allclose(own, np.asarray(layer.forward(x.copy()))) for _ in range(5)):
        raise NotCompared("it draws random numbers, or remembers more than statistics")
    moved = [x.copy(), x.copy()]
    moved[1][1:] += 1
    apart = [np.asarray(subject.fresh().forward(one))[0] for one in moved] if len(x) > 1 else []
    if not apart or np.allclose(*apart) or np.allclose(plain, own):
        raise NotCompared("in training no row depends on other rows, or evaluation is the same")
    train(layer, False)
    after = np.asarray(layer.forward(x.copy()))
    again = np.asarray(layer.forward(x + 1))
    if not np.allclose(np.asarray(layer.forward(x.copy())), after) or not np.isfinite(again).all():
        return (
            "statistics-moved-in-evaluation",
            "A pass in evaluation changes what evaluation uses: update in training alone.",
        )
    if np.allclose(plain, after):
        return "statistics-never-updated", (
            "A pass in training changes nothing in evaluation: update the running mean and variance there, such as "
            "self.running_mean = momentum * self.running_mean + (1 − momentum) * mean."
        )
    if subject.positive:
        return None
    n = max(len(x), 4)
    batches = rng.standard_normal((n, *x.shape[1:])) * 2 + 3
    first, learner = subject.fresh(), subject.fresh()
    arrays = [name for name, value in vars(first).items() if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    before = {name: getattr(first, name).copy() for name in arrays}
    first.forward(batches.copy())
    before = {name: 1 + rng.random(old.shape) for name, old in before.items() if not np.array_equal(old, vars(first)[name])}
    for name, value in before.items():
        setattr(learner, name, value.copy())
    learner.forward(batches.copy())
    wrong = update_is_wrong(subject, before, {name: getattr(learner, name) for name in before}, batches)
    return wrong or evaluation_is_off(subject, batches)


def update_is_wrong(subject: LayerUnderTest, before: dict[str, Array], after: dict[str, Array], x: Array) -> Wrong | None:
    """How much of the batch goes into a running statistic in one step."""
    axes = tuple(range(x.ndim - 1))
    m = x.size // x.shape[-1]
    batch = {"mean": x.mean(axis=axes), "variance": x.var(axis=axes)}
    batch |= {"unbiased variance": batch["variance"] * m / max(m - 1, 1), "std": batch["variance"] ** 0.5}
    momentum = setting(subject.layer, ("momentum", "decay"))
    momentum = float(momentum) if isinstance(momentum, int | float) else None
    for name, old in before.items():
        new = np.asarray(after[name], np.float64)
        old = np.asarray(old, np.float64)
        if new.shape != old.shape or np.allclose(new, old) or new.reshape(-1).shape != batch["mean"].shape:
            continue
        if momentum is None or not 0 < momentum < 1:
            continue
        for what, statistic in batch.items():
            for share in (momentum, 1 - momentum):
                if not np.allclose(new.reshape(-1), (1 - share) * old.reshape(-1) + share * statistic, rtol=1e-6, atol=1e-8):
                    continue
                if share > 0.5:
                    return "momentum-swapped", (
                        f"In each step {share:g} of self.{name} is the batch's {what}, so that it forgets all others: "
                        "momentum and 1 − momentum are swapped."
                    )
        for what, statistic in batch.items():
            known = {
                "share-missing": (
                    momentum * old.reshape(-1) + statistic,
                    "The batch's {} is not multiplied by 1 − momentum.",
                ),
                "fading-missing": (
                    old.reshape(-1) + (1 - momentum) * statistic,
                    "What was there is not multiplied by momentum, so that it grows: the batch's {} is added.",
                ),
            }
            for word, (made, text) in known.items():
                if np.allclose(new.reshape(-1), made, rtol=1e-6, atol=1e-8):
                    return word, f"self.{name}: {text.format(what)}"
    return None


def evaluation_is_off(subject: LayerUnderTest, batch: Array) -> Wrong | None:
    """After many steps with one batch, evaluation gives nearly what training gives."""
    learner = subject.fresh()
    out = batch
    for _ in range(STEPS):
        out = np.asarray(learner.forward(batch.copy()), np.float64)
    train(learner, False)
    plain = np.asarray(learner.forward(batch.copy()), np.float64)
    if not np.isfinite(plain).all():
        return "statistics-wrong", "After training, evaluation gives NaN or infinity: look at the running statistics."
    m = batch.size // batch.shape[-1]
    biased = np.sqrt((m - 1) / m)  # if the running variance is unbiased
    centre = out.mean(axis=0, keepdims=True)
    fits = [np.abs(plain - centre - share * (out - centre)).max() for share in (1.0, biased)]
    near = np.allclose(plain, out, rtol=0.15, atol=0.15)
    if min(fits) > 0.15 * float(np.abs(out - centre).max()) and not near:
        return "statistics-wrong", (
            f"After {STEPS} steps with one batch, evaluation differs from training: the running statistics are not the "
            "batch's. Is there a std for a variance, or is one of them not updated?"
        )
    return None


def check_zeros(subject: LayerUnderTest) -> Wrong | None:
    """It makes finite numbers from rows of zeros, and of equal numbers, forward and back."""
    if subject.positive:
        raise NotCompared("it takes positive numbers alone")
    for value in (0.0, 1.0):
        for rows in (slice(None), slice(0, 1)):
            x = subject.x.copy()
            x[rows] = value
            layer = subject.fresh()
            out = layer.forward(x.copy())
            dx = layer.backward(np.ones_like(out))
            if np.isfinite(out).all() and (dx is None or np.isfinite(dx).all()):
                continue
            usual = subject.fresh().forward(subject.x + 0.01 * (subject.x == 0))
            alone = subject.fresh().forward(np.where(subject.x == 0, 0.01, subject.x)[..., :1] + 0 * subject.x)
            if not value and not np.isfinite(alone).all() and np.isfinite(usual).all():
                return epsilon_missing(value)
            if out.shape == x.shape and not value and elementwise(subject):
                raise NotCompared("it is not defined at 0")
            return epsilon_missing(value)
    return None


def elementwise(subject: LayerUnderTest) -> bool:
    moved = np.where(subject.x == 0, 0.1, subject.x)
    one = subject.fresh(training=False).forward(moved.copy())
    moved[..., 0] += 1
    return bool(np.allclose(one[..., 1:], subject.fresh(training=False).forward(moved)[..., 1:]))


def epsilon_missing(value: float) -> Wrong:
    numbers = f"{value:g}, which have variance 0," if value else "0"
    return "epsilon-missing", f"Rows of {numbers} give NaN or infinity: add ε under the root, √(σ² + ε)."


def check_ties(subject: LayerUnderTest) -> Wrong | None:
    """Where numbers are equal, as in a maximum, their slopes together are what the output does if all of them grow."""
    if not subject.repeatable:
        raise NotCompared("it cannot be repeated")
    x = np.full(subject.x.shape, 0.7312)
    layer = subject.fresh()
    out = np.asarray(layer.forward(x.copy()), np.float64)
    if not np.isfinite(out).all():
        raise NotCompared("equal numbers give NaN or infinity")
    dout = np.random.default_rng(8).standard_normal(out.shape)
    dx = np.asarray(layer.backward(dout.copy()), np.float64)
    step = 1e-4

    def value(h: float) -> float:
        return float((np.asarray(subject.fresh().forward(x + h), np.float64) * dout).sum())

    ahead, behind = (value(step) - value(0)) / step, (value(0) - value(-step)) / step
    scale = max(float(np.abs(dx).sum()), 1e-3)
    if abs(ahead - behind) > 1e-3 * scale:
        raise NotCompared("it has a kink there")
    if abs((ahead + behind) / 2 - float(dx.sum())) > 1e-3 * scale:
        return "ties-counted-twice", (
            f"Where numbers are equal, dx adds up to {dx.sum():.4g}, but out changes by {(ahead + behind) / 2:.4g}: if "
            "several numbers are the greatest, one of them gets dout, or each a share of it."
        )
    return None
