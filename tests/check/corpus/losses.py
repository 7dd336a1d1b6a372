"""Losses as people write them, in their usual two lines, right and wrong."""

import numpy as np
from check.corpus.cases import Table

RIGHT, WRONG = Table("loss"), Table("loss")


def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def made(name, forward, backward):
    """A class whose forward keeps y and t."""

    def keep(self, y, t):
        self.y, self.t = y, t
        return forward(y, t)

    return type(name, (), {"forward": keep, "backward": lambda self: backward(self.y, self.t)})


def rows(t):
    return np.arange(len(t)), t


def onehot(y, t):
    return np.eye(y.shape[1], dtype=y.dtype)[t]


def cross_entropy(s, t):
    return -np.log(softmax(s)[rows(t)] + 1e-12).mean()


def cross_entropy_slope(s, t):
    return (softmax(s) - onehot(s, t)) / len(s)


def huber(y, t):
    d = np.abs(y - t)
    return np.where(d < 1, d**2 / 2, d - 0.5).mean()


def smooth(s, t, a=0.1):
    return (1 - a) * onehot(s, t) + a / s.shape[1]


def log_softmax(s):
    s = s - s.max(axis=1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=1, keepdims=True))


def focal(s, t, g=2):
    p = softmax(s)[rows(t)]
    return -((1 - p) ** g * np.log(p + 1e-12)).mean()


def focal_slope(s, t, g=2):
    y = softmax(s)
    p = y[rows(t)][:, None]
    dp = g * (1 - p) ** (g - 1) * np.log(p + 1e-12) - (1 - p) ** g / (p + 1e-12)
    return (dp * p * (onehot(s, t) - y) / len(s)).astype(s.dtype)


def cosine(y, t):
    return 1 - ((y * t).sum(1) / np.linalg.norm(y, axis=1) / np.linalg.norm(t, axis=1)).mean()


def cosine_slope(y, t):
    a, b = np.linalg.norm(y, axis=1, keepdims=True), np.linalg.norm(t, axis=1, keepdims=True)
    c = (y * t).sum(1, keepdims=True) / a / b
    return -(t / a / b - c * y / a**2) / len(y)


def multiclass_hinge(s, t):
    m = np.maximum(0, s - s[rows(t)][:, None] + 1)
    m[rows(t)] = 0
    return m.sum() / len(s)


def multiclass_hinge_slope(s, t):
    d = (s - s[rows(t)][:, None] + 1 > 0).astype(s.dtype)
    d[rows(t)] = 0
    d[rows(t)] = -d.sum(axis=1)
    return d / len(s)


def no_log(s, t):
    y = softmax(s)
    return y[rows(t)][:, None] * (y - onehot(s, t)) / len(s)


RIGHT.group = "numbers"
RIGHT.right("MSE", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: 2 * (y - t) / y.size))
RIGHT.right("MSE over rows", made("MSE", lambda y, t: ((y - t) ** 2).sum() / len(y), lambda y, t: 2 * (y - t) / len(y)))
RIGHT.right("half MSE", made("MSE", lambda y, t: 0.5 * ((y - t) ** 2).sum() / len(y), lambda y, t: (y - t) / len(y)))
RIGHT.right("½ Σ", made("SumSquaredError", lambda y, t: 0.5 * ((y - t) ** 2).sum(), lambda y, t: y - t))
RIGHT.right("L1", made("L1", lambda y, t: np.abs(y - t).mean(), lambda y, t: np.sign(y - t) / y.size))
RIGHT.right("Huber", made("Huber", huber, lambda y, t: np.clip(y - t, -1, 1) / y.size))
RIGHT.right("hinge", made("Hinge", lambda y, t: np.maximum(0, 1 - y * t).mean(), lambda y, t: -t * (y * t < 1) / y.size))
RIGHT.right(
    "squared hinge",
    made(
        "SquaredHinge",
        lambda y, t: (np.maximum(0, 1 - y * t) ** 2).mean(),
        lambda y, t: -2 * t * np.maximum(0, 1 - y * t) / y.size,
    ),
)
RIGHT.right(
    "log cosh",
    made("LogCosh", lambda y, t: np.log(np.cosh(np.clip(y - t, -300, 300))).mean(), lambda y, t: np.tanh(y - t) / y.size),
)
RIGHT.right("cosine", made("CosineLoss", cosine, cosine_slope))
RIGHT.right("Poisson", made("Poisson", lambda y, t: (np.exp(y) - t * y).mean(), lambda y, t: (np.exp(y) - t) / y.size))
RIGHT.right(
    "Poisson, of rates", made("PoissonNLL", lambda y, t: (y - t * np.log(y)).mean(), lambda y, t: (1 - t / y) / y.size)
)
RIGHT.right(
    "KL of shares", made("KLDivergence", lambda y, t: (t * np.log(t / y)).sum() / len(y), lambda y, t: -t / y / len(y))
)
RIGHT.right(
    "KL of scores",
    made(
        "KL", lambda s, t: (t * (np.log(t + 1e-12) - log_softmax(s))).sum() / len(s), lambda s, t: (softmax(s) - t) / len(s)
    ),
)
RIGHT.right(
    "BCE of shares",
    made(
        "BCE", lambda y, t: -(t * np.log(y) + (1 - t) * np.log(1 - y)).mean(), lambda y, t: (y - t) / (y * (1 - y)) / y.size
    ),
)
RIGHT.right(
    "BCE of scores",
    made(
        "BCEWithLogits",
        lambda s, t: (np.maximum(s, 0) - s * t + np.log1p(np.exp(-np.abs(s)))).mean(),
        lambda s, t: (sigmoid(s) - t) / s.size,
    ),
)
RIGHT.right(
    "quantile",
    made(
        "Pinball",
        lambda y, t: np.maximum(0.3 * (t - y), -0.7 * (t - y)).mean(),
        lambda y, t: np.where(y > t, 0.7, -0.3).astype(y.dtype) / y.size,
    ),
)
RIGHT.group = "classes"
RIGHT.right("cross-entropy", made("CrossEntropy", cross_entropy, cross_entropy_slope))
RIGHT.right(
    "cross-entropy, summed",
    made("CrossEntropy", lambda s, t: cross_entropy(s, t) * len(s), lambda s, t: softmax(s) - onehot(s, t)),
)
RIGHT.right(
    "one-hot",
    made(
        "CrossEntropy", lambda s, t: -(t * np.log(softmax(s) + 1e-7)).sum() / len(s), lambda s, t: (softmax(s) - t) / len(s)
    ),
)
RIGHT.right(
    "one-hot of log-softmax",
    made("SoftmaxLoss", lambda s, t: -(t * log_softmax(s)).sum() / len(s), lambda s, t: (softmax(s) - t) / len(s)),
)
RIGHT.right(
    "of shares", made("CrossEntropyError", lambda y, t: -np.log(y[rows(t)]).mean(), lambda y, t: -onehot(y, t) / y / len(y))
)
RIGHT.right(
    "of shares, one-hot",
    made("CrossEntropyError", lambda y, t: -(t * np.log(y + 1e-7)).sum() / len(y), lambda y, t: -t / (y + 1e-7) / len(y)),
)
RIGHT.right("NLL of log-shares", made("NLL", lambda y, t: -y[rows(t)].mean(), lambda y, t: -onehot(y, t) / len(y)))
RIGHT.right(
    "label smoothing",
    made(
        "LabelSmoothing",
        lambda s, t: -(smooth(s, t) * log_softmax(s)).sum() / len(s),
        lambda s, t: (softmax(s) - smooth(s, t)) / len(s),
    ),
)
RIGHT.right(
    "label smoothing, one-hot",
    made(
        "LabelSmoothing",
        lambda s, t: -((0.9 * t + 0.1 / t.shape[1]) * log_softmax(s)).sum() / len(s),
        lambda s, t: (softmax(s) - 0.9 * t - 0.1 / t.shape[1]) / len(s),
    ),
)
RIGHT.right("focal", made("Focal", focal, focal_slope))
RIGHT.right("hinge of classes", made("MulticlassHinge", multiclass_hinge, multiclass_hinge_slope))

WRONG.group = "factors"
for what, words, backward in (
    ("1/N forgotten", "times-n", lambda s, t: softmax(s) - onehot(s, t)),
    ("1/N twice", "divided-by-n", lambda s, t: cross_entropy_slope(s, t) / len(s)),
    ("doubled", "doubled", lambda s, t: 2 * cross_entropy_slope(s, t)),
    ("divided by 4", "size-dependent times-n divided-by-n wrong-factor", lambda s, t: (softmax(s) - onehot(s, t)) / 5),
):
    WRONG.wrong(what, words, made("CrossEntropy", cross_entropy, backward))
WRONG.wrong(
    "the 2 of MSE forgotten", "halved", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: (y - t) / y.size)
)
WRONG.wrong(
    "½ forgotten", "doubled", made("HalfMSE", lambda y, t: 0.5 * ((y - t) ** 2).mean(), lambda y, t: 2 * (y - t) / y.size)
)
WRONG.wrong("MSE's mean forgotten", "times-n", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: 2 * (y - t)))
WRONG.wrong("N for size", "times-n", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: 2 * (y - t) / len(y)))
WRONG.wrong("L1's mean forgotten", "times-n", made("L1", lambda y, t: np.abs(y - t).mean(), lambda y, t: np.sign(y - t)))
WRONG.group = "signs"
WRONG.wrong("t − y", "sign-flipped", made("CrossEntropy", cross_entropy, lambda s, t: -cross_entropy_slope(s, t)))
WRONG.wrong(
    "both signs",
    "sign-flipped",
    made("CrossEntropy", lambda s, t: -cross_entropy(s, t), lambda s, t: -cross_entropy_slope(s, t)),
)
WRONG.wrong(
    "both signs of an own one",
    "sign-flipped",
    made("Own", lambda s, t: -cross_entropy(s, t), lambda s, t: -cross_entropy_slope(s, t)),
)
WRONG.wrong(
    "both signs of MSE", "sign-flipped", made("MSE", lambda y, t: -((y - t) ** 2).mean(), lambda y, t: -2 * (y - t) / y.size)
)
WRONG.wrong(
    "both signs of L1",
    "sign-flipped",
    made("Mine", lambda y, t: -np.abs(y - t).mean(), lambda y, t: -np.sign(y - t) / y.size),
)
WRONG.wrong("MSE: t − y", "sign-flipped", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: 2 * (t - y) / y.size))
WRONG.wrong(
    "hinge: +t",
    "sign-flipped",
    made("Hinge", lambda y, t: np.maximum(0, 1 - y * t).mean(), lambda y, t: t * (y * t < 1) / y.size),
)
WRONG.group = "softmax"
WRONG.wrong(
    "over the batch",
    "over-the-batch",
    made(
        "CrossEntropy",
        lambda s, t: -np.log(softmax(s.T).T[rows(t)]).mean(),
        lambda s, t: (softmax(s.T).T - onehot(s, t)) / len(s),
    ),
)
WRONG.wrong(
    "over the batch, backward",
    "over-the-batch",
    made("CrossEntropy", cross_entropy, lambda s, t: (softmax(s.T).T - onehot(s, t)) / len(s)),
)
WRONG.wrong(
    "twice",
    "softmax-twice",
    made(
        "CrossEntropy", lambda s, t: cross_entropy(softmax(s), t), lambda s, t: (softmax(softmax(s)) - onehot(s, t)) / len(s)
    ),
)
WRONG.wrong(
    "twice in backward",
    "softmax-twice",
    made("CrossEntropy", cross_entropy, lambda s, t: (softmax(softmax(s)) - onehot(s, t)) / len(s)),
)
WRONG.wrong("missing", "softmax-missing", made("CrossEntropy", cross_entropy, lambda s, t: (s - onehot(s, t)) / len(s)))
WRONG.wrong("y alone", "target-missing", made("CrossEntropy", cross_entropy, lambda s, t: softmax(s) / len(s)))
WRONG.wrong(
    "the diagonal of its Jacobian",
    "jacobian-diagonal",
    made("CrossEntropy", cross_entropy, lambda s, t: -onehot(s, t) * (1 - softmax(s)) / len(s)),
)
WRONG.wrong(
    "only the right class",
    "jacobian-diagonal only-the-right-class",
    made("CE", cross_entropy, lambda s, t: (softmax(s) - 1) * onehot(s, t) / len(s)),
)
WRONG.wrong(
    "sigmoid", "sigmoid-for-softmax", made("CrossEntropy", cross_entropy, lambda s, t: (sigmoid(s) - onehot(s, t)) / len(s))
)
WRONG.wrong("no log, both", "log-missing", made("CrossEntropy", lambda s, t: -softmax(s)[rows(t)].mean(), no_log))
WRONG.wrong(
    "greatest score kept",
    "not-finite",
    made(
        "CrossEntropy",
        lambda s, t: (np.log(np.exp(s).sum(1)) - s[rows(t)]).mean(),
        lambda s, t: (np.exp(s) / np.exp(s).sum(1, keepdims=True) - onehot(s, t)) / len(s),
    ),
)
WRONG.wrong(
    "log of 0", "log-of-zero", made("CrossEntropy", lambda s, t: -np.log(softmax(s)[rows(t)]).mean(), cross_entropy_slope)
)
WRONG.wrong(
    "log of 0, one-hot",
    "log-of-zero",
    made("SoftmaxLoss", lambda s, t: -np.log((t * softmax(s)).sum(1)).mean(), lambda s, t: (softmax(s) - t) / len(s)),
)
WRONG.wrong(
    "y − t for shares",
    "combined-gradient",
    made("CrossEntropyError", lambda y, t: -np.log(y[rows(t)]).mean(), lambda y, t: (y - onehot(y, t)) / len(y)),
)
WRONG.wrong(
    "BCE: y − t for shares",
    "combined-gradient",
    made("BCE", lambda y, t: -(t * np.log(y) + (1 - t) * np.log(1 - y)).mean(), lambda y, t: (y - t) / y.size),
)
WRONG.wrong(
    "smoothing forgotten",
    "factor-missing",
    made(
        "LabelSmoothing",
        lambda s, t: -(smooth(s, t) * log_softmax(s)).sum() / len(s),
        lambda s, t: (softmax(s) - onehot(s, t)) / len(s),
    ),
)
WRONG.wrong("focal: plain", "factor-missing", made("Focal", focal, lambda s, t: (softmax(s) - onehot(s, t)) / len(s)))
WRONG.group = "terms and masks"
WRONG.wrong(
    "hinge: no mask", "mask-missing", made("Hinge", lambda y, t: np.maximum(0, 1 - y * t).mean(), lambda y, t: -t / y.size)
)
WRONG.wrong("Huber: not clipped", "not-clipped", made("Huber", huber, lambda y, t: (y - t) / y.size))
WRONG.wrong("Huber: the sign alone", "slope-kept", made("Huber", huber, lambda y, t: np.sign(y - t) / y.size))
WRONG.wrong(
    "MSE: the square", "square-kept", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: (y - t) ** 2 / y.size)
)
WRONG.wrong("MSE: no target", "target-missing", made("MSE", lambda y, t: ((y - t) ** 2).mean(), lambda y, t: 2 * y / y.size))
WRONG.wrong(
    "MSE without the square",
    "square-missing sign-flipped",
    made("MSE", lambda y, t: (y - t).mean(), lambda y, t: np.ones_like(y) / y.size),
)
WRONG.wrong(
    "|y − t| for MSE",
    "absolute-for-square",
    made("MSE", lambda y, t: np.abs(y - t).mean(), lambda y, t: np.sign(y - t) / y.size),
)
WRONG.wrong(
    "hinge of classes: right class left out",
    "path-left-out",
    made("MulticlassHinge", multiclass_hinge, lambda s, t: multiclass_hinge_slope(s, t) * (1 - onehot(s, t))),
)
WRONG.group = "what is returned"
WRONG.wrong(
    "one for each row", "not-a-number", made("CrossEntropy", lambda s, t: -np.log(softmax(s)[rows(t)]), cross_entropy_slope)
)
WRONG.wrong("forward: nothing", "returns-nothing", made("CrossEntropy", lambda s, t: None, cross_entropy_slope))
WRONG.wrong("backward: nothing", "returns-nothing", made("CrossEntropy", cross_entropy, lambda s, t: None))
WRONG.wrong(
    "backward: one row", "wrong-shape", made("CrossEntropy", cross_entropy, lambda s, t: cross_entropy_slope(s, t)[0])
)
WRONG.wrong(
    "float64",
    "float64-leaked",
    made("CrossEntropy", cross_entropy, lambda s, t: (softmax(s) - np.eye(s.shape[1])[t]) / len(s)),
)
