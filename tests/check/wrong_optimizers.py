"""Optimizers and initializers with one mistake each, by the word that it is to be given."""

import math

import numpy as np

import scratchnet as sn


def optimizer(kind, move, **more):
    return type(kind.__name__, (kind,), {"move": move, **more})


def new_array(self, w, dw, state):
    w = w - self.lr * dw


def uphill(self, w, dw, state):
    w += self.lr * dw


def fixed(self, w, dw, state):
    w -= 0.01 * dw


def into_dw(self, w, dw, state):
    dw *= self.lr
    w -= dw


def shared(self, w, dw, state):
    if not hasattr(self, "v") or self.v.shape != w.shape:
        self.v = np.zeros_like(w)
    self.v *= self.momentum
    self.v -= self.lr * dw
    w += self.v


def forgetting(self, w, dw, state):
    w -= self.lr * dw


def nesterov(self, w, dw, state):
    sn.Nesterov.move(self, w, dw, state)


def plain_momentum(self, w, dw, state):
    sn.Momentum.move(self, w, dw, state)


def no_root(self, w, dw, state):
    h = state.setdefault("h", np.zeros_like(w))
    h += dw * dw
    w -= self.lr * dw / (h + self.epsilon)


def as_adagrad(self, w, dw, state):
    sn.AdaGrad.move(self, w, dw, state)


def swapped_decay(self, w, dw, state):
    h = state.setdefault("h", np.zeros_like(w))
    h *= 1 - self.decay
    h += self.decay * dw * dw
    w -= self.lr * dw / (np.sqrt(h) + self.epsilon)


def uncorrected(self, w, dw, state):
    m, v = state.setdefault("m", np.zeros_like(w)), state.setdefault("v", np.zeros_like(w))
    m += (1 - self.beta1) * (dw - m)
    v += (1 - self.beta2) * (dw * dw - v)
    w -= self.lr * m / (np.sqrt(v) + self.epsilon)


def twice(self, w, dw, state):
    w -= 2 * self.lr * dw


def squared_lr(self, w, dw, state):
    w -= self.lr**2 * dw


OPTIMIZERS = [
    ("not-in-place", optimizer(sn.SGD, new_array)),
    ("sign-flipped", optimizer(sn.SGD, uphill)),
    ("lr-ignored", optimizer(sn.SGD, fixed)),
    ("lr-wrong-power", optimizer(sn.SGD, squared_lr)),
    ("gradient-overwritten", optimizer(sn.SGD, into_dw)),
    ("doubled", optimizer(sn.SGD, twice)),
    ("state-shared", optimizer(sn.Momentum, shared)),
    ("momentum-missing", optimizer(sn.Momentum, forgetting)),
    ("nesterov", optimizer(sn.Momentum, nesterov)),
    ("not-ahead", optimizer(sn.Nesterov, plain_momentum)),
    ("root-missing", optimizer(sn.AdaGrad, no_root)),
    ("never-forgets", optimizer(sn.RMSprop, as_adagrad)),
    ("decay-swapped", optimizer(sn.RMSprop, swapped_decay)),
    ("bias-correction-missing", optimizer(sn.Adam, uncorrected)),
    ("not-written", sn.Optimizer),
]


def he(fans):
    return math.sqrt(2 / fans.fan_in)


def normal_of(size):
    """An initializer that draws normal numbers of this size."""
    return lambda shape, fans, rng: size(fans) * rng.standard_normal(shape)


class Counting:
    """Keeps how often it was called."""

    def __init__(self):
        self.calls = 0

    def __call__(self, shape, fans, rng):
        self.calls += 1
        return he(fans) * rng.standard_normal(shape)


def of_the_global_one(shape, fans, rng):
    return he(fans) * getattr(np.random, "standard_normal")(shape)  # noqa: B009


def of_its_own(shape, fans, rng):
    return he(fans) * np.random.default_rng(7).standard_normal(shape)


def of_no_seed(shape, fans, rng):
    return he(fans) * np.random.default_rng().standard_normal(shape)


def alike(shape, fans, rng):
    common = np.random.default_rng(int(rng.bit_generator.seed_seq.entropy) + 1).standard_normal(shape)
    return he(fans) * (0.9 * common + math.sqrt(1 - 0.81) * rng.standard_normal(shape))


def truncated(shape, fans, rng):
    z = rng.standard_normal(shape)
    while (np.abs(z) > 2).any():
        z = np.where(np.abs(z) > 2, rng.standard_normal(shape), z)
    return he(fans) * z


INITIALIZERS = [
    ("root-two", normal_of(lambda fans: math.sqrt(1 / fans.fan_in))),
    ("root-two", normal_of(lambda fans: math.sqrt(4 / fans.fan_in))),
    ("root-three", normal_of(lambda fans: math.sqrt(6 / fans.fan_in))),
    ("root-five", normal_of(lambda fans: math.sqrt(10 / fans.fan_in))),
    ("fans-swapped", normal_of(lambda fans: math.sqrt(2 / fans.fan_out))),
    ("window-forgotten", normal_of(lambda fans: math.sqrt(2 / fans.n_in))),
    ("variance-for-std", normal_of(lambda fans: 2 / fans.fan_in)),
    ("bound-for-std", lambda shape, fans, rng: rng.uniform(-he(fans), he(fans), shape)),
    ("root-three", lambda shape, fans, rng: rng.uniform(-3 * he(fans), 3 * he(fans), shape)),
    ("truncation-not-compensated", truncated),
    ("wrong-size", normal_of(lambda fans: 1.1 * he(fans))),
    ("mean-not-zero", lambda shape, fans, rng: he(fans) * (rng.standard_normal(shape) + 0.1)),
    ("global-generator", of_the_global_one),
    ("seed-ignored", of_its_own),
    ("generator-ignored", of_no_seed),
    ("state-kept", Counting()),
    ("correlated", alike),
    ("wrong-shape", lambda shape, fans, rng: rng.standard_normal(shape[::-1])),
    ("not-finite", lambda shape, fans, rng: np.full(shape, np.nan)),
    ("returns-nothing", lambda shape, fans, rng: None),
]
