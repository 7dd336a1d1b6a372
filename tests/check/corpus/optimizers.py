"""Optimizers as people write them, right and wrong."""

from dataclasses import dataclass

import numpy as np
from check.corpus.cases import Table

import scratchnet as sn

RIGHT, WRONG = Table("optimizer"), Table("optimizer")


def made(name, move, **settings):
    """A class of that name, with its settings as attributes."""
    return type(name, (sn.Optimizer,), {"move": move, **settings})


def state_of(state, w, *names):
    return [state.setdefault(name, np.zeros_like(w)) for name in names]


def momentum(change):
    def move(self, w, dw, state):
        (v,) = state_of(state, w, "v")
        change(self, w, dw, v)

    return move


def scaled(h_of, step=lambda self, dw, h: self.lr * dw / (np.sqrt(h) + self.eps)):
    def move(self, w, dw, state):
        (h,) = state_of(state, w, "h")
        h[...] = h_of(self, h, dw)
        w -= step(self, dw, h)

    return move


def adam(
    m_of=lambda o, m, g: o.beta1 * m + (1 - o.beta1) * g,
    v_of=lambda o, v, g: o.beta2 * v + (1 - o.beta2) * g**2,
    m_hat=lambda o, m, t: m / (1 - o.beta1**t),
    v_hat=lambda o, v, t: v / (1 - o.beta2**t),
    step=lambda o, m, v: o.lr * m / (np.sqrt(v) + o.eps),
    decay=lambda o, w: 0,
    gradient=lambda o, w, g: g,
):
    def move(self, w, dw, state):
        m, v = state_of(state, w, "m", "v")
        t = state["t"] = state.get("t", 0) + 1
        g = gradient(self, w, dw)
        m[...], v[...] = m_of(self, m, g), v_of(self, v, g)
        w -= step(self, m_hat(self, m, t), v_hat(self, v, t)) + decay(self, w)

    return move


ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
ADAMW = {**ADAM, "weight_decay": 0.01}


def sgd(self, w, dw, state):
    w -= self.lr * dw


def pytorch_momentum(self, w, dw, v):
    v[...] = self.momentum * v + dw
    w -= self.lr * v


def book_momentum(self, w, dw, v):
    v[...] = self.mu * v - self.lr * dw
    w += v


def sign(self, w, dw, state):
    w -= self.lr * np.sign(dw)


@dataclass
class Adam(sn.Optimizer):
    """As a dataclass, with its step in step()."""

    lr: float = 0.001
    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    def move(self, w, dw, state):
        state["m"] = self.b1 * state.get("m", 0) + (1 - self.b1) * dw
        state["v"] = self.b2 * state.get("v", 0) + (1 - self.b2) * dw * dw
        m, v = state["m"] / (1 - self.b1**self.t), state["v"] / (1 - self.b2**self.t)
        w -= self.lr * m / (v**0.5 + self.eps)


RIGHT.group = "the usual ones"
RIGHT.right("SGD", made("SGD", sgd))
RIGHT.right("SGD by another name", made("GradientDescent", sgd))
RIGHT.right("Momentum, PyTorch's form", made("Momentum", momentum(pytorch_momentum), momentum=0.9))
RIGHT.right("Momentum, the book's form", made("SGDMomentum", momentum(book_momentum), mu=0.8))
RIGHT.right("AdaGrad", made("Adagrad", scaled(lambda o, h, g: h + g**2), eps=1e-10))
RIGHT.right(
    "AdaGrad, ε under the root",
    made("AdaGrad", scaled(lambda o, h, g: h + g**2, lambda o, g, h: o.lr * g / np.sqrt(h + o.eps)), eps=1e-8),
)
RIGHT.right("RMSProp", made("RMSProp", scaled(lambda o, h, g: o.rho * h + (1 - o.rho) * g**2), rho=0.9, eps=1e-8))
RIGHT.right(
    "RMSprop, ε under the root",
    made(
        "RMSprop",
        scaled(lambda o, h, g: h + (1 - o.decay) * (g * g - h), lambda o, g, h: o.lr * g / np.sqrt(h + o.eps)),
        decay=0.95,
        eps=1e-6,
    ),
)
RIGHT.right("Adam as Algorithm 1", made("Adam", adam(), **ADAM))
RIGHT.right("Adam as Algorithm 1, a large ε", made("Adam", adam(), **ADAM | {"eps": 0.1}))
RIGHT.right("Adam as a dataclass", Adam)
RIGHT.right("Adam with β₂ = .99", made("MyAdam", adam(), **ADAM | {"beta2": 0.99}))
RIGHT.right("AdamW", made("AdamW", adam(decay=lambda o, w: o.lr * o.weight_decay * w), **ADAMW))
RIGHT.right("AdamW, λ without η", made("AdamW", adam(decay=lambda o, w: o.weight_decay * w), **ADAMW))
RIGHT.right("sign descent", made("SignSGD", sign))
RIGHT.right("AMSGrad", made("AMSGrad", adam(v_of=lambda o, v, g: np.maximum(v, o.beta2 * v + (1 - o.beta2) * g**2)), **ADAM))
RIGHT.right(
    "Adamax", made("Adamax", adam(v_of=lambda o, v, g: np.maximum(o.beta2 * v, g**2), v_hat=lambda o, v, t: v), **ADAM)
)
RIGHT.right(
    "SGD with decay",
    made("SGD", lambda self, w, dw, state: sgd(self, w, dw + self.weight_decay * w, state), weight_decay=0.1),
)


def damped(self, w, dw, v):
    v[...] = self.momentum * v + (1 - self.momentum) * dw
    w -= self.lr * v


def damped_lr(self, w, dw, v):
    v[...] = self.momentum * v - (1 - self.momentum) * self.lr * dw
    w += v


def swapped(self, w, dw, v):
    v[...] = (1 - self.momentum) * v + self.momentum * dw
    w -= self.lr * v


def kept(self, w, dw, v):
    v[...] = v + dw
    w -= self.lr * v


def twice_lr(self, w, dw, v):
    v[...] = self.momentum * v - self.lr * dw
    w += self.lr * v


def up(self, w, dw, v):
    v[...] = self.momentum * v + self.lr * dw
    w += v


def minus(self, w, dw, v):
    v[...] = -self.momentum * v - self.lr * dw
    w += v


def forgotten(self, w, dw, v):
    v = self.momentum * v - self.lr * dw
    w += v


WRONG.group = "momentum"
for words, change in {
    "dampened": damped,
    "dampened ": damped_lr,
    "decay-swapped": swapped,
    "never-forgets": kept,
    "lr-wrong-power": twice_lr,
    "sign-flipped": up,
    "sign-flipped ": minus,
    "momentum-missing": forgotten,
}.items():
    WRONG.wrong(change.__name__, words, made("Momentum", momentum(change), momentum=0.9))
WRONG.wrong("dampened, another name", "dampened", made("SGDMomentum", momentum(damped), momentum=0.95))
WRONG.wrong("SGD for Nesterov", "momentum-missing", made("Nesterov", sgd, momentum=0.9))
WRONG.wrong("Momentum for Nesterov", "not-ahead", made("NAG", momentum(pytorch_momentum), momentum=0.9))
WRONG.group = "AdaGrad and RMSprop"
for kind, settings in {"AdaGrad": {"eps": 1e-7}, "RMSProp": {"eps": 1e-7, "decay": 0.9}}.items():
    right = scaled_h = (
        (lambda o, h, g: h + g**2) if kind == "AdaGrad" else (lambda o, h, g: o.decay * h + (1 - o.decay) * g**2)
    )
    WRONG.wrong("no root", "root-missing", made(kind, scaled(right, lambda o, g, h: o.lr * g / (h + o.eps)), **settings))
    WRONG.wrong("= for +=", "forgets", made(kind, scaled(lambda o, h, g: g**2), **settings))
    WRONG.wrong(
        "no square", "square-missing", made(kind, scaled(lambda o, h, g, r=right: r(o, h, np.abs(g) ** 0.5)), **settings)
    )
    WRONG.wrong(
        "g / √h + ε",
        "brackets-missing",
        made(kind, scaled(right, lambda o, g, h: o.lr * (g / np.sqrt(h) + o.eps)), **settings),
    )
    WRONG.wrong("no ε", "epsilon-missing", made(kind, scaled(right, lambda o, g, h: o.lr * g / np.sqrt(h)), **settings))
    WRONG.wrong(
        "uphill", "sign-flipped", made(kind, scaled(right, lambda o, g, h: -o.lr * g / (np.sqrt(h) + o.eps)), **settings)
    )
    WRONG.wrong(
        "no lr", "lr-ignored", made(kind, scaled(right, lambda o, g, h: 0.01 * g / (np.sqrt(h) + o.eps)), **settings)
    )
WRONG.wrong(
    "ρ swapped",
    "decay-swapped",
    made("RMSprop", scaled(lambda o, h, g: (1 - o.decay) * h + o.decay * g**2), eps=1e-7, decay=0.9),
)
WRONG.wrong("AdaGrad for RMSprop", "never-forgets", made("RMSProp", scaled(lambda o, h, g: h + g**2), eps=1e-7, decay=0.9))
WRONG.wrong("no 1 − ρ", "share-missing", made("rmsprop", scaled(lambda o, h, g: o.rho * h + g**2), eps=1e-7, rho=0.9))
WRONG.wrong(
    "RMSprop for AdaGrad",
    "forgets",
    made("Adagrad", scaled(lambda o, h, g: o.decay * h + (1 - o.decay) * g**2), eps=1e-7, decay=0.9),
)
WRONG.group = "Adam"
for name, settings, decay in (("Adam", ADAM, {}), ("AdamW", ADAMW, {"decay": lambda o, w: o.lr * o.weight_decay * w})):
    for what, words, change in (
        ("no correction", "bias-correction-missing", {"m_hat": lambda o, m, t: m, "v_hat": lambda o, v, t: v}),
        ("m not corrected", "bias-correction-missing", {"m_hat": lambda o, m, t: m}),
        ("v not corrected", "bias-correction-missing", {"v_hat": lambda o, v, t: v}),
        (
            "1 − β for 1 − βᵗ",
            "power-missing",
            {"m_hat": lambda o, m, t: m / (1 - o.beta1), "v_hat": lambda o, v, t: v / (1 - o.beta2)},
        ),
        ("1 − β₁ for 1 − β₁ᵗ", "power-missing", {"m_hat": lambda o, m, t: m / (1 - o.beta1)}),
        ("no root", "root-missing epsilon-missing", {"step": lambda o, m, v: o.lr * m / (v + o.eps)}),
        ("no square", "square-missing", {"v_of": lambda o, v, g: o.beta2 * v + (1 - o.beta2) * np.abs(g)}),
        (
            "betas swapped",
            "betas-swapped",
            {
                "m_of": lambda o, m, g: o.beta2 * m + (1 - o.beta2) * g,
                "v_of": lambda o, v, g: o.beta1 * v + (1 - o.beta1) * g**2,
                "m_hat": lambda o, m, t: m / (1 - o.beta2**t),
                "v_hat": lambda o, v, t: v / (1 - o.beta1**t),
            },
        ),
        (
            "t from 0",
            "step-miscounted",
            {"m_hat": lambda o, m, t: m / (1 - o.beta1 ** (t - 1)), "v_hat": lambda o, v, t: v / (1 - o.beta2 ** (t - 1))},
        ),
        (
            "t from 2",
            "step-miscounted",
            {"m_hat": lambda o, m, t: m / (1 - o.beta1 ** (t + 1)), "v_hat": lambda o, v, t: v / (1 - o.beta2 ** (t + 1))},
        ),
        ("no ε", "epsilon-missing", {"step": lambda o, m, v: o.lr * m / np.sqrt(v)}),
        ("uphill", "sign-flipped", {"step": lambda o, m, v: -o.lr * m / (np.sqrt(v) + o.eps)}),
        ("lr fixed", "lr-ignored", {"step": lambda o, m, v: 0.001 * m / (np.sqrt(v) + o.eps)}),
    ):
        WRONG.wrong(what, words, made(name, adam(**{**decay, **change}), **settings))
WRONG.group = "AdamW's decay"
WRONG.wrong("grows", "decay-sign", made("AdamW", adam(decay=lambda o, w: -o.lr * o.weight_decay * w), **ADAMW))
WRONG.wrong("grows, λ without η", "decay-sign", made("AdamW", adam(decay=lambda o, w: -o.weight_decay * w), **ADAMW))
WRONG.wrong("missing", "decay-missing", made("AdamW", adam(), **ADAMW))
WRONG.wrong(
    "in the gradient", "decay-in-gradient", made("AdamW", adam(gradient=lambda o, w, g: g + o.weight_decay * w), **ADAMW)
)
WRONG.wrong("SGD's, growing", "decay-sign", made("SGDW", lambda self, w, dw, state: sgd(self, w, dw - 0.1 * w, state)))
WRONG.wrong("of an unknown one", "decay-sign", made("Mine", lambda self, w, dw, state: sgd(self, w, dw - 0.01 * w, state)))


def rebound(self, w, dw, state):
    w = w - self.lr * dw


def returned(self, w, dw, state):
    return w - self.lr * dw


def into_dw(self, w, dw, state):
    dw *= self.lr
    w -= dw


def doubled(self, w, dw, state):
    w -= 2 * self.lr * dw


def halved(self, w, dw, state):
    w -= self.lr * dw / 2


def divided(self, w, dw, state):
    w -= dw / self.lr


def uphill(self, w, dw, state):
    w += self.lr * dw


def shared(self, w, dw, state):
    self.v = 0.9 * getattr(self, "v", 0) - self.lr * dw.mean()
    w += self.v


WRONG.group = "any"
for words, move in {
    "not-in-place": rebound,
    "not-in-place ": returned,
    "gradient-overwritten": into_dw,
    "doubled": doubled,
    "halved": halved,
    "lr-wrong-power": divided,
    "sign-flipped": uphill,
}.items():
    WRONG.wrong(move.__name__, words, made("SGD", move))
WRONG.wrong("state in self", "state-shared state-kept", made("Momentum", shared, momentum=0.9))
