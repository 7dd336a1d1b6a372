"""Wrong layers as people write them."""

import numpy as np
from check.corpus import right_layers as right
from check.corpus.cases import Table
from check.corpus.right_layers import elementwise, layer, sigmoid

import scratchnet as sn

WRONG = Table("layer")
SHAPE = (4, 7)


def variant(kind, name=None, /, **changes):
    """A class that differs in some methods."""
    return type(name or kind.__name__, (kind,), changes)


# Weights that are plain attributes


class Plain(sn.Layer):
    """The book's Affine: its weights are no parameters."""

    def __init__(self):
        rng = np.random.default_rng(1)
        self.W, self.b = 0.1 * rng.standard_normal((7, 3)), np.zeros(3)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class PlainScale(sn.Layer):
    def __init__(self):
        self.gamma = np.ones(7)

    def forward(self, x):
        self.x = x
        return x * self.gamma

    def backward(self, dout):
        self.dgamma = (dout * self.x).sum(axis=0)
        return dout * self.gamma


class Torchlike(sn.Layer):
    def __init__(self):
        self.weight = np.random.default_rng(1).standard_normal((7, 3))
        self.grad_weight = np.zeros((7, 3))

    def forward(self, x):
        self.x = x
        return x @ self.weight

    def backward(self, dout):
        self.grad_weight = self.x.T @ dout
        return dout @ self.weight.T


class Nnfs(sn.Layer):
    def __init__(self):
        self.weights = 0.01 * np.random.default_rng(1).standard_normal((7, 3))
        self.biases = np.zeros((1, 3))

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        return dvalues @ self.weights.T


class Lists(sn.Layer):
    def __init__(self):
        rng = np.random.default_rng(1)
        self.Ws = [rng.standard_normal((7, 4)), rng.standard_normal((4, 3))]

    def forward(self, x):
        self.x, self.h = x, x @ self.Ws[0]
        return self.h @ self.Ws[1]

    def backward(self, dout):
        dh = dout @ self.Ws[1].T
        self.dWs = [self.x.T @ dh, self.h.T @ dout]
        return dh @ self.Ws[0].T


class Books(sn.Layer):
    """As in the book's second volume."""

    def __init__(self):
        self.params = [np.random.default_rng(1).standard_normal((7, 3)), np.zeros(3)]
        self.grads = [np.zeros((7, 3)), np.zeros(3)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads[0], self.grads[1] = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.params[0].T


class Dictionary(sn.Layer):
    def __init__(self):
        self.params = {"W": np.random.default_rng(1).standard_normal((7, 3))}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]

    def backward(self, dout):
        self.grads = {"W": self.x.T @ dout}
        return dout @ self.params["W"].T


def grads(self, dout, W=lambda g: g, b=lambda g: g, x=lambda g: g):
    self.dW, self.db = W(self.x.T @ dout), b(dout.sum(axis=0))
    return x(dout @ self.W.T)


WRONG.group = "weights that are plain attributes"
for kind in (Plain, PlainScale, Torchlike, Nnfs, Lists, Books, Dictionary):
    WRONG.wrong(f"{kind.__name__}: no parameter", "not-a-parameter", kind(), SHAPE)
WRONG.wrong("named Affine", "not-a-parameter", variant(Plain, "Affine")(), SHAPE)
WRONG.wrong("and −dW", "sign-flipped", variant(Plain, backward=lambda s, d: grads(s, d, W=np.negative))(), SHAPE)
WRONG.wrong("and dW / N", "divided-by-n", variant(Plain, backward=lambda s, d: grads(s, d, W=lambda g: g / len(d)))(), SHAPE)
WRONG.wrong("and db doubled", "doubled", variant(Plain, backward=lambda s, d: grads(s, d, b=lambda g: 2 * g))(), SHAPE)
WRONG.wrong(
    "and db of a row",
    "not-summed-over-batch",
    variant(Plain, backward=lambda s, d: (grads(s, d), setattr(s, "db", d[-1]))[0])(),
    SHAPE,
)


def flipped_list(self, dout):
    dx = Lists.backward(self, dout)
    self.dWs[1] = -self.dWs[1]
    return dx


def flipped_books(self, dout):
    dx = Books.backward(self, dout)
    self.grads[0] = self.grads[0] / len(dout)
    return dx


WRONG.wrong("a list, one gradient flipped", "sign-flipped", variant(Lists, backward=flipped_list)(), SHAPE)
WRONG.wrong("params and grads, dW / N", "divided-by-n", variant(Books, backward=flipped_books)(), SHAPE)

# Parameters that are replaced


class Affine(sn.Layer):
    def __init__(self, n_in=7, n_out=3):
        self.W = self.parameter("W", (n_in, n_out), sn.He(), sn.Fans(n_in, n_out))
        self.b = self.parameter("b", (n_out,), sn.Zeros())

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        return grads(self, dout)


def replacing(change):
    class Affine_(Affine):
        def __init__(self, n_in=7, n_out=3):
            super().__init__(n_in, n_out)
            change(self)

    return Affine_


def half(self):
    self.W = self.W * 0.5


def half_in_place(self):
    self.W *= 0.5


def small(self):
    self.W = 0.01 * np.random.default_rng(0).standard_normal(self.W.shape).astype(np.float32)


def zeros(self):
    self.b = np.ones(3, np.float32)


def first_row(self):
    self.W[0] = 0


WRONG.group = "parameters that are replaced"
for change in (half, half_in_place, small, zeros, first_row):
    WRONG.wrong(change.__name__, "initializer-ignored", replacing(change)(), SHAPE)


def swapped(self):
    self.W = self.parameter("W", (7, 3), sn.He(), sn.Fans(3, 7))
    self.b = self.parameter("b", (3,), sn.Zeros())


WRONG.wrong("fans (out, in)", "fans-swapped", variant(Affine, __init__=lambda self: swapped(self))(), SHAPE)

# Affine's gradients


def looped(assign):
    """dW in a loop over the rows."""

    def backward(self, dout):
        grads(self, dout)
        self.dW = np.zeros_like(self.W)
        for n in range(len(dout)):
            assign(self, n, np.outer(self.x[n], dout[n]))
        return dout @ self.W.T

    return backward


def dx_by_rows(self, dout, stop=True):
    grads(self, dout)
    dx = np.zeros_like(self.x)
    for n in range(len(dout)):
        dx[n] = dout[n] @ self.W.T
        if stop:
            return dx
    return dx


def columns(self, dout):
    grads(self, dout)
    dx = np.zeros_like(self.x)
    for j in range(dout.shape[1]):
        dx = np.outer(dout[:, j], self.W[:, j])
    return dx


WRONG.group = "Affine's gradients"
WRONG.wrong(
    "= for += in a loop over rows",
    "not-summed-over-batch",
    variant(Affine, backward=looped(lambda s, n, g: setattr(s, "dW", g)))(),
    SHAPE,
)
WRONG.wrong(
    "a loop over the first row",
    "not-summed-over-batch",
    variant(Affine, backward=lambda s, d: (grads(s, d), setattr(s, "dW", np.outer(s.x[0], d[0])), d @ s.W.T)[2])(),
    SHAPE,
)
WRONG.wrong("return in the loop", "return-in-a-loop", variant(Affine, backward=dx_by_rows)(), SHAPE)
WRONG.wrong("= for += over units", "only-the-last", variant(Affine, backward=columns)(), SHAPE)
for what, words, change in (
    ("λW inside dW", "decay-in-gradient", {"W": lambda s, g: g + 0.1 * s.W}),
    ("2λW inside dW", "decay-in-gradient", {"W": lambda s, g: g + 0.02 * s.W}),
    ("−λW inside dW", "decay-in-gradient", {"W": lambda s, g: g - 0.1 * s.W}),
    ("mean for sum", "divided-by-n", {"W": lambda s, g: g / 4}),
    ("½", "halved", {"W": lambda s, g: g / 2}),
    ("lr inside", "wrong-factor", {"W": lambda s, g: 0.01 * g}),
    ("dx flipped", "sign-flipped", {"x": lambda s, g: -g}),
    ("dx times N", "times-n", {"x": lambda s, g: 4 * g}),
):
    methods = {key: (lambda s, d, key=key, f=f: grads(s, d, **{key: lambda g: f(s, g)})) for key, f in change.items()}
    WRONG.wrong(what, words, variant(Affine, backward=next(iter(methods.values())))(), SHAPE)
WRONG.wrong(
    "4 · mean, at a batch of 4",
    "size-dependent times-n divided-by-n wrong-factor",
    variant(Affine, backward=lambda s, d: (grads(s, d), setattr(s, "db", 4 * d.mean(axis=0)), d @ s.W.T)[2])(),
    SHAPE,
)
WRONG.wrong(
    "dW · 4 / N",
    "size-dependent times-n divided-by-n wrong-factor",
    variant(Affine, backward=lambda s, d: grads(s, d, W=lambda g: g * 4 / len(d)))(),
    SHAPE,
)
WRONG.wrong("dx · 7 / D", "size-dependent", elementwise(lambda s, x: 2 * x, lambda s, x: 14 / x.shape[1] + 0 * x)(), SHAPE)
WRONG.wrong(
    "forward: // on whole sums",
    "size-dependent other wrong-factor",
    layer(lambda s, x: x * (x.shape[1] // 7), lambda s, d: d)(),
    SHAPE,
)

# Activations


def act(name, f, derivative, words, what, **more):
    WRONG.wrong(what, words, elementwise(f, derivative, name, **more)(), SHAPE)


def where(x, a, b):
    return np.where(x > 0, a + 0 * x, b + 0 * x)


def low(x):
    return np.minimum(x, 0)


def dsig(x):
    return sigmoid(x) * (1 - sigmoid(x))


L, A = 1.0507009873554805, 1.6732632423543772
WRONG.group = "constants, forward and backward alike"
for what, lam, alpha in (
    ("SELU: λ and α swapped", A, L),
    ("SELU: α of 1.67", L, 1.6),
    ("SELU: λ = 1", 1.0, A),
    ("SELU: α = 1", L, 1.0),
):
    act(
        "SELU",
        lambda s, x, k=lam, a=alpha: k * where(x, x, a * np.expm1(low(x))),
        lambda s, x, k=lam, a=alpha: k * where(x, 1, a * np.exp(low(x))),
        "wrong-constant",
        what,
    )
act(
    "SELU",
    lambda s, x: where(x, x, L * A * np.expm1(low(x))),
    lambda s, x: where(x, 1, L * A * np.exp(low(x))),
    "wrong-constant",
    "SELU: λ on one side",
)
act(
    "ELU",
    lambda s, x: where(x, x, 1.5 * np.expm1(low(x))),
    lambda s, x: where(x, 1, 1.5 * np.exp(low(x))),
    "wrong-constant",
    "ELU: 1.5, alpha is 1",
    alpha=1.0,
)
act(
    "ELU",
    lambda s, x: where(x, x, np.expm1(low(x))),
    lambda s, x: where(x, 1, np.exp(low(x))),
    "wrong-constant",
    "ELU: alpha forgotten",
    alpha=0.3,
)
act(
    "ELU",
    lambda s, x: where(x, x, s.alpha * np.exp(low(x)) - 1),
    lambda s, x: where(x, 1, s.alpha * np.exp(low(x))),
    "wrong-constant brackets-missing",
    "ELU: brackets",
    alpha=0.5,
)
act(
    "MyELU",
    lambda s, x: where(x, x, np.exp(low(x))),
    lambda s, x: where(x, 1, np.exp(low(x))),
    "wrong-constant",
    "ELU: no − 1",
)
act(
    "LeakyReLU",
    lambda s, x: where(x, x, 0),
    lambda s, x: where(x, 1, 0),
    "slope-missing",
    "LeakyReLU: slope lost",
    slope=0.1,
)
act(
    "Leaky_ReLU",
    lambda s, x: where(x, x, 0),
    lambda s, x: where(x, 1, 0),
    "slope-missing",
    "LeakyReLU: slope lost, no attribute",
)
act(
    "LeakyReLU",
    lambda s, x: where(x, x, 0.01 * x),
    lambda s, x: where(x, 1, 0.02),
    "slope-fixed",
    "LeakyReLU: slope fixed",
    negative_slope=0.2,
)
act(
    "LeakyReLU",
    lambda s, x: s.slope * x,
    lambda s, x: s.slope + 0 * x,
    "slope-everywhere",
    "LeakyReLU: slope everywhere",
    slope=0.1,
)
act(
    "LeakyReLU",
    lambda s, x: where(x, x, -s.slope * x),
    lambda s, x: where(x, 1, -s.slope),
    "sign-flipped wrong-constant",
    "LeakyReLU: −slope",
    slope=0.1,
)
C = (2 / np.pi) ** 0.5


def gelu(c=C, k=0.044715, p=3):
    return (
        lambda s, x: 0.5 * x * (1 + np.tanh(c * (x + k * x**p))),
        lambda s, x: (
            0.5 * (1 + np.tanh(c * (x + k * x**p)))
            + 0.5 * x * (1 - np.tanh(c * (x + k * x**p)) ** 2) * c * (1 + p * k * x ** (p - 1))
        ),
    )


for what, settings in (
    ("k = .44715", {"k": 0.44715}),
    ("c = 2/π", {"c": 2 / np.pi}),
    ("c = 1", {"c": 1.0}),
    ("no x³", {"k": 0.0}),
    ("k = .04715", {"k": 0.054715}),
):
    act("GELU", *gelu(**settings), "wrong-constant", f"GELU: {what}")
act("Sigmoid", lambda s, x: sigmoid(2 * x), lambda s, x: 2 * dsig(2 * x), "wrong-constant other", "Sigmoid of 2x")
act("Tanh", lambda s, x: 2 * sigmoid(x) - 1, lambda s, x: 2 * dsig(x), "wrong-constant other", "Tanh of x/2")
act(
    "Softplus",
    lambda s, x: np.logaddexp(0, np.minimum(x, 5)),
    lambda s, x: sigmoid(x) * (x < 5),
    "lost-at-large-inputs other wrong-constant",
    "Softplus cut at 5",
)
act(
    "Sigmoid",
    lambda s, x: sigmoid(np.clip(x, -2, 2)),
    lambda s, x: dsig(x) * (np.abs(x) < 2),
    "lost-at-large-inputs other wrong-constant",
    "Sigmoid clipped at ±2",
)
act(
    "SiLU",
    lambda s, x: x * sigmoid(x),
    lambda s, x: (sigmoid(x) * (1 + x * (1 - sigmoid(x)))) * (np.abs(x) < 6),
    "lost-at-large-inputs",
    "SiLU: slope 0 at large x",
)
act(
    "Mine",
    lambda s, x: np.logaddexp(0, x),
    lambda s, x: np.where(x > 8, 0, sigmoid(x)),
    "lost-at-large-inputs mask-missing",
    "softplus: slope 0 at large x",
)
act(
    "ReLU",
    lambda s, x: np.clip(x, 0, 20),
    lambda s, x: (x > 0) & (x < 20),
    "lost-at-large-inputs other wrong-constant",
    "ReLU cut at 20",
)
WRONG.group = "activations"
act(
    "Mine",
    lambda s, x: where(x, x, 0.1 * x),
    lambda s, x: where(x, 1, 0.02),
    "wrong-constant",
    "leaky: another slope backward",
)
act(
    "Mine",
    lambda s, x: where(x, x, 0.5 * np.expm1(low(x))),
    lambda s, x: where(x, 1, np.exp(low(x))),
    "wrong-constant doubled",
    "ELU: alpha missing backward",
)
act("Mine", lambda s, x: x * sigmoid(x), lambda s, x: sigmoid(x), "path-left-out", "SiLU: the gate's path left out")
act("Mine", lambda s, x: x * sigmoid(x), lambda s, x: x * dsig(x), "path-left-out", "SiLU: x's path left out")
act(
    "Mish",
    lambda s, x: x * np.tanh(np.logaddexp(0, x)),
    lambda s, x: np.tanh(np.logaddexp(0, x)),
    "path-left-out",
    "Mish: one path",
)
act(
    "GELU",
    gelu()[0],
    lambda s, x: gelu()[0](s, x) / np.where(x == 0, 1, x) + 0.5 * (x == 0),
    "path-left-out",
    "GELU: one path",
)
act("Mine", lambda s, x: np.tanh(x), lambda s, x: 1 - np.tanh(x), "square-missing", "tanh: 1 − y")
act("Mine", lambda s, x: np.tanh(x), lambda s, x: 1 + np.tanh(x) ** 2, "sign-in-derivative", "tanh: 1 + y²")
act("Mine", lambda s, x: sigmoid(x), lambda s, x: sigmoid(x) * (1 + sigmoid(x)), "sign-in-derivative", "sigmoid: y (1 + y)")
act("Mine", lambda s, x: sigmoid(x), lambda s, x: x * (1 - x), "input-for-output", "sigmoid: x (1 − x)")
act(
    "Mine",
    lambda s, x: np.maximum(x, 0) - 0.5,
    lambda s, x: np.maximum(x, 0) - 0.5 > 0,
    "mask-of-output",
    "ReLU − ½: mask from out",
)
act(
    "Mine",
    lambda s, x: x / (1 + np.abs(x)),
    lambda s, x: 1 / (1 + np.abs(x)),
    "square-missing path-left-out root-of-it",
    "softsign: no square",
)
act("Mine", lambda s, x: x**2, lambda s, x: x, "halved", "x²: 2 forgotten")
act("Mine", lambda s, x: 0.5 * x**2, lambda s, x: 2 * x, "doubled", "½x²: ½ forgotten")
act("Mine", lambda s, x: np.abs(x), lambda s, x: 1 + 0 * x, "passed-through mask-missing", "|x|: no sign")

# Norms


def norm_class(name, hats):
    """A norm with a gradient that is right for what it computes, found by differences of its own forward."""

    class Norm(sn.Layer):
        def __init__(self, n=7, epsilon=1e-5):
            self.n, self.epsilon = n, epsilon
            self.gamma = self.parameter("gamma", (n,), sn.Ones())
            self.beta = self.parameter("beta", (n,), sn.Zeros())

        def hat(self, x):
            return hats(self, x)

        def forward(self, x):
            self.x = x
            self.x_hat = self.hat(x)
            return self.gamma * self.x_hat + self.beta

        def backward(self, dout):
            self.dgamma, self.dbeta = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)
            g, h = self.gamma * dout, 1e-6
            dx = np.empty_like(self.x)
            for i in np.ndindex(self.x.shape):
                moved = self.x.copy()
                moved[i] += h
                ahead = self.hat(moved)
                moved[i] -= 2 * h
                dx[i] = ((ahead - self.hat(moved)) * g).sum() / (2 * h)
            return dx

    Norm.__name__ = name
    return Norm


def mu(x, axis=-1):
    return x.mean(axis=axis, keepdims=True)


def var(x, axis=-1, **more):
    return x.var(axis=axis, keepdims=True, **more)


E = {"large inputs": "no", "float32": "differences need float64"}
WRONG.group = "norms, forward and backward alike"
for name, axis in (("LayerNorm", -1), ("LayerNormalization", -1)):
    for what, words, hat in (
        ("no root", "variance-for-std", lambda s, x, a: (x - mu(x, a)) / (var(x, a) + s.epsilon)),
        ("sum for mean", "sum-for-mean", lambda s, x, a: (x - mu(x, a)) / np.sqrt(var(x, a) * x.shape[a] + s.epsilon)),
        ("unbiased", "sample-variance", lambda s, x, a: (x - mu(x, a)) / np.sqrt(var(x, a, ddof=1) + s.epsilon)),
        ("over everything", "over-everything", lambda s, x, a: (x - x.mean()) / np.sqrt(x.var() + s.epsilon)),
        ("over the batch", "over-the-batch", lambda s, x, a: (x - mu(x, 0)) / np.sqrt(var(x, 0) + s.epsilon)),
        ("mean kept", "mean-kept", lambda s, x, a: x / np.sqrt(var(x, a) + s.epsilon)),
        ("x − μ/σ", "brackets-missing", lambda s, x, a: x - mu(x, a) / np.sqrt(var(x, a) + s.epsilon)),
        (
            "(x − μ)/√σ² + ε",
            "brackets-missing epsilon-missing",
            lambda s, x, a: (x - mu(x, a)) / np.sqrt(var(x, a)) + s.epsilon,
        ),
    ):
        WRONG.wrong(
            f"{name}: {what}", words, norm_class(name, lambda s, x, h=hat, a=axis: h(s, x, a))(), SHAPE, expected_failures=E
        )
WRONG.wrong(
    "LayerNorm: no ε",
    "epsilon-missing",
    norm_class("LayerNorm", lambda s, x: (x - mu(x)) / np.sqrt(var(x)))(),
    SHAPE,
    expected_failures=E,
)
WRONG.wrong(
    "own norm: no ε",
    "epsilon-missing",
    norm_class("Standardize", lambda s, x: (x - mu(x)) / np.sqrt(var(x)))(),
    SHAPE,
    expected_failures=E,
)
WRONG.wrong(
    "beside LayerNorm: no root",
    "variance-for-std",
    norm_class("Mine", lambda s, x: (x - mu(x)) / (var(x) + 1e-5))(),
    SHAPE,
    right=sn.LayerNorm(7),
    expected_failures=E,
)


def ms(x, axis=-1):
    return (x**2).mean(axis=axis, keepdims=True)


for what, words, hat in (
    ("no ε", "epsilon-missing", lambda s, x: x / np.sqrt(ms(x))),
    ("no root", "variance-for-std", lambda s, x: x / (ms(x) + 1e-6)),
    ("sum for mean", "sum-for-mean", lambda s, x: x / np.sqrt(7 * ms(x) + 1e-6)),
    ("over the batch", "over-the-batch", lambda s, x: x / np.sqrt(ms(x, 0) + 1e-6)),
    ("mean subtracted", "mean-subtracted", lambda s, x: (x - mu(x)) / np.sqrt(var(x) + 1e-6)),
    ("over everything", "over-everything", lambda s, x: x / np.sqrt((x**2).mean() + 1e-6)),
):
    WRONG.wrong(f"RMSNorm: {what}", words, norm_class("RMSNorm", hat)(), SHAPE, expected_failures=E)
WRONG.group = "norms' gradients"


def layer_norm(dx):
    def backward(self, dout):
        sn.LayerNorm.backward(self, dout)
        g = self.gamma * dout
        return dx(self, g)

    return variant(sn.LayerNorm, backward=backward)(7)


for what, words, dx in (
    ("constants", "statistics-constant statistics-as-constants", lambda s, g: g / s.std),
    ("no mean", "mean-term-missing", lambda s, g: (g - s.x_hat * mu(g * s.x_hat)) / s.std),
    ("no variance", "variance-term-missing", lambda s, g: (g - mu(g)) / s.std),
    ("sums", "sum-for-mean", lambda s, g: (g - 7 * mu(g) - 7 * s.x_hat * mu(g * s.x_hat)) / s.std),
    ("a flipped term", "variance-term-added", lambda s, g: (g - mu(g) + s.x_hat * mu(g * s.x_hat)) / s.std),
    ("no σ", "std-missing", lambda s, g: g - mu(g) - s.x_hat * mu(g * s.x_hat)),
):
    WRONG.wrong(f"LayerNorm: {what}", words, layer_norm(dx), SHAPE)


def rms_norm(dx):
    def backward(self, dout):
        right.RMSNorm.backward(self, dout)
        return dx(self, self.gamma * dout)

    return variant(right.RMSNorm, backward=backward)()


WRONG.wrong("RMSNorm: a constant", "statistics-constant statistics-as-constants", rms_norm(lambda s, g: g / s.root), SHAPE)
WRONG.wrong(
    "RMSNorm: sum for mean", "sum-for-mean", rms_norm(lambda s, g: (g - s.x_hat * 7 * mu(g * s.x_hat)) / s.root), SHAPE
)
WRONG.wrong(
    "RMSNorm: a flipped term", "variance-term-added", rms_norm(lambda s, g: (g + s.x_hat * mu(g * s.x_hat)) / s.root), SHAPE
)


# Batch norm's statistics


class BatchNorm(right.BatchNormTorch):
    def __init__(self, n=7, momentum=0.9, eps=1e-5):
        super().__init__(n, momentum, eps)

    def update(self, mean, var):
        m = self.momentum
        self.moving_mean = m * self.moving_mean + (1 - m) * mean
        self.moving_var = m * self.moving_var + (1 - m) * var

    when = True

    def forward(self, x):
        mean, var = self.moving_mean, self.moving_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
        if self.training == self.when:
            self.update(x.mean(axis=0), x.var(axis=0))
        self.std = np.sqrt(var + x.dtype.type(self.eps))
        self.x_hat = (x - mean) / self.std
        return self.weight * self.x_hat + self.bias


def update(change):
    return lambda self, mean, var: change(self, self.momentum, mean, var)


def mix(s, m, mean, var, a, b):
    s.moving_mean, s.moving_var = a * s.moving_mean + b * mean, a * s.moving_var + b * var


WRONG.group = "running statistics"
for name in ("BatchNorm", "BatchNormalization", "Mine"):
    for what, words, changes in (
        ("never updated", "statistics-never-updated", {"update": lambda self, mean, var: None}),
        (
            "in evaluation alone",
            "statistics-moved-in-evaluation statistics-never-updated training-mode-in-evaluation",
            {"when": False},
        ),
        ("momentum swapped", "momentum-swapped", {"update": update(lambda s, m, a, b: mix(s, m, a, b, 1 - m, m))}),
        ("no 1 − momentum", "share-missing", {"update": update(lambda s, m, a, b: mix(s, m, a, b, m, 1))}),
        ("nothing fades", "fading-missing", {"update": update(lambda s, m, a, b: mix(s, m, a, b, 1, 1 - m))}),
        ("std for variance", "statistics-wrong", {"update": update(lambda s, m, a, b: mix(s, m, a, b**0.5, m, 1 - m))}),
        ("only the mean", "statistics-wrong", {"update": update(lambda s, m, a, b: mix(s, m, a, s.moving_var, m, 1 - m))}),
    ):
        WRONG.wrong(f"{name}: {what}", words, variant(BatchNorm, name, **changes)(), (6, 7))
# Pooling


class MaxPool1(sn.Layer):
    """The greatest of each row."""

    def forward(self, x):
        self.x = x
        return x.max(axis=1, keepdims=True)

    def backward(self, dout):
        return dout * (self.x == self.x.max(axis=1, keepdims=True))


class MaxPool(sn.Layer):
    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        n, h, w, c = x.shape
        self.windows = x.reshape(n, h // 2, 2, w // 2, 2, c)
        self.out = self.windows.max(axis=(2, 4), keepdims=True)
        return self.out[:, :, 0, :, 0]

    def backward(self, dout):
        mask = self.windows == self.out
        n, a, _, b, _, c = mask.shape
        return (mask * dout[:, :, None, :, None]).reshape(n, 2 * a, 2 * b, c)


class Overlapping(sn.Layer):
    """Sums of three neighbours."""

    assign = True

    def forward(self, x):
        self.x = x
        return x[:, :-2] + x[:, 1:-1] + x[:, 2:]

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[1]):
            dx[:, i : i + 3] = dout[:, i : i + 1]
        return dx


def stop(self, dout):
    dx = np.zeros_like(self.x)
    for i in range(dout.shape[1]):
        dx[:, i : i + 3] += dout[:, i : i + 1]
        return dx
    return dx


WRONG.group = "pooling and loops"
WRONG.wrong("ties", "ties-counted-twice", MaxPool1(), SHAPE)
WRONG.wrong("ties of images", "ties-counted-twice", MaxPool(), (2, 4, 4, 2))
WRONG.wrong("ties, named MaxPool2d", "ties-counted-twice", variant(MaxPool, "MaxPool2d")(), (2, 4, 4, 2))
WRONG.wrong(
    "ties of a maximum of two",
    "ties-counted-twice",
    layer(
        lambda s, x: (setattr(s, "x", x), np.maximum(x[:, :3], x[:, 3:6]))[1],
        lambda s, d: np.concatenate([d * (s.x[:, :3] >= s.x[:, 3:6]), d * (s.x[:, 3:6] >= s.x[:, :3])], axis=1),
    )(),
    (4, 6),
)
WRONG.wrong("= for += in windows", "assigned-for-added", Overlapping(), SHAPE)
WRONG.wrong("return in a loop over windows", "return-in-a-loop", variant(Overlapping, backward=stop)(), SHAPE)

# Softmax


class Softmax(right.Softmax):
    axis = -1

    def forward(self, x):
        e = np.exp(x - x.max(axis=self.axis, keepdims=True))
        self.y = e / e.sum(axis=self.axis, keepdims=True)
        return self.y

    def backward(self, dout):
        return self.y * (dout - (dout * self.y).sum(axis=self.axis, keepdims=True))


WRONG.group = "softmax"
for name in ("Softmax", "Mine"):
    for what, words, dx in (
        ("the Jacobian's diagonal", "jacobian-diagonal", lambda s, d: d * s.y * (1 - s.y)),
        ("no sum", "jacobian-diagonal sum-missing", lambda s, d: d * s.y),
        ("as with cross-entropy", "combined-gradient", lambda s, d: s.y - d),
        ("sum over the batch", "over-the-batch", lambda s, d: s.y * (d - (d * s.y).sum(axis=0))),
        ("sum over everything", "over-everything", lambda s, d: s.y * (d - (d * s.y).sum())),
        ("mean for sum", "mean-for-sum", lambda s, d: s.y * (d - (d * s.y).mean(axis=1, keepdims=True))),
        ("passed through", "passed-through", lambda s, d: d),
        ("a flipped term", "term-flipped", lambda s, d: s.y * (d + (d * s.y).sum(axis=1, keepdims=True))),
    ):
        WRONG.wrong(f"{name}: {what}", words, variant(right.Softmax, name, backward=dx)(), SHAPE)
WRONG.wrong(
    "over the batch", "over-the-batch", variant(Softmax, axis=0)(), SHAPE, expected_failures={"training and evaluation": "x"}
)
WRONG.wrong("over the batch, another name", "training-mode-in-evaluation", variant(Softmax, "Mine", axis=0)(), SHAPE)
WRONG.wrong(
    "no keepdims",
    "keepdims-missing",
    layer(lambda s, x: np.exp(x) / np.exp(x).sum(axis=1), lambda s, d: d, "Softmax")(),
    SHAPE,
)
WRONG.wrong(
    "no keepdims, square",
    "keepdims-missing size-dependent batch-of-one training-mode-in-evaluation",
    layer(lambda s, x: x - x.mean(axis=1), lambda s, d: d - d.mean(axis=1))(),
    (5, 5),
)
WRONG.wrong(
    "greatest not subtracted",
    "not-finite",
    variant(right.Softmax, forward=lambda s, x: setattr(s, "y", np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)) or s.y)(),
    SHAPE,
)

# Paths


class Residual(sn.Layer):
    def forward(self, x):
        self.t = np.tanh(x)
        return x + self.t

    def backward(self, dout):
        return dout * (1 - self.t**2)


class Gate(sn.Layer):
    """GLU: the first half times the sigmoid of the second."""

    def forward(self, x):
        self.a, b = np.split(x, 2, axis=1)
        self.s = sigmoid(b)
        return self.a * self.s

    def backward(self, dout):
        return self.join(dout * self.s, dout * self.a * self.s * (1 - self.s))

    def join(self, a, b):
        return np.concatenate([a, b], axis=1)


class Highway(sn.Layer):
    """out = g tanh(x) + (1 − g) x, g = sigmoid(x)"""

    left_out = 0

    def forward(self, x):
        self.x, self.g, self.h = x, sigmoid(x), np.tanh(x)
        return self.g * self.h + (1 - self.g) * x

    def backward(self, dout):
        paths = [self.g * (1 - self.h**2), self.g * (1 - self.g) * (self.h - self.x), 1 - self.g]
        return dout * sum(path for i, path in enumerate(paths) if i != self.left_out)


class Square(sn.Layer):
    """x + x W"""

    def __init__(self, n=5):
        self.W = self.parameter("W", (n, n), sn.LeCun(), sn.Fans(n, n))

    def forward(self, x):
        self.x = x
        return x + x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return self.dx(dout)


def attention(**changes):
    return variant(right.Attention, **changes)()


def without(*left_out):
    def backward(self, dout):
        dv, da = self.a.swapaxes(-1, -2) @ dout, dout @ self.v.swapaxes(-1, -2)
        ds = self.scores(da) / self.d**0.5
        dq, dk = ds @ self.k, ds.swapaxes(-1, -2) @ self.q
        flat = self.x.reshape(-1, self.d).T
        self.dQ, self.dK, self.dV = (flat @ g.reshape(-1, self.d) for g in (dq, dk, dv))
        parts = {"q": dq @ self.Q.T, "k": dk @ self.K.T, "v": dv @ self.V.T}
        return sum(part for name, part in parts.items() if name not in left_out)

    return backward


def transposed_last(self, dout):
    return np.swapaxes(dout, -1, -2)


WRONG.group = "paths"
WRONG.wrong("residual: the skip left out", "path-left-out", Residual(), SHAPE)
WRONG.wrong(
    "residual: the branch left out", "passed-through path-left-out", variant(Residual, backward=lambda s, d: d)(), SHAPE
)
WRONG.wrong("residual: doubled skip", "path-twice other", variant(Residual, backward=lambda s, d: d * (3 - s.t**2))(), SHAPE)
WRONG.wrong("residual with W: the skip left out", "path-left-out", variant(Square, dx=lambda s, d: d @ s.W.T)(), (4, 5))
WRONG.wrong(
    "residual with W: the branch left out", "passed-through path-left-out", variant(Square, dx=lambda s, d: d)(), (4, 5)
)
WRONG.wrong("residual with W: W for Wᵀ", "transposed", variant(Square, dx=lambda s, d: d + d @ s.W)(), (4, 5))
WRONG.wrong(
    "gate: its half 0", "path-left-out", variant(Gate, join=lambda s, a, b: np.concatenate([a, 0 * b], axis=1))(), (4, 6)
)
WRONG.wrong(
    "gate: a's half 0", "path-left-out", variant(Gate, join=lambda s, a, b: np.concatenate([0 * a, b], axis=1))(), (4, 6)
)
WRONG.wrong(
    "gate: halves swapped", "halves-swapped", variant(Gate, join=lambda s, a, b: np.concatenate([b, a], axis=1))(), (4, 6)
)
WRONG.wrong(
    "gate: its slope forgotten", "wrong-in-a-part", variant(Gate, backward=lambda s, d: s.join(d * s.s, d * s.a))(), (4, 6)
)
for i in range(3):
    WRONG.wrong(f"highway: path {i} left out", "path-left-out other", variant(Highway, left_out=i)(), SHAPE)
for names in ("q", "k", "v", "qk"):
    WRONG.wrong(f"attention: {names} left out", "path-left-out", attention(backward=without(*names)), (2, 3, 4))
WRONG.wrong(
    "attention: softmax's diagonal",
    "jacobian-diagonal other",
    attention(scores=lambda s, da: da * s.a * (1 - s.a)),
    (2, 3, 4),
)
WRONG.wrong(
    "transposed on the last axes",
    "transposed",
    layer(lambda s, x: 2 * x, lambda s, d: 2 * np.swapaxes(d, -1, -2))(),
    (2, 3, 3),
)
WRONG.wrong(
    "transpose: not turned back",
    "transposed wrong-shape",
    layer(lambda s, x: np.swapaxes(x, -1, -2), lambda s, d: d)(),
    (2, 3, 3),
)


# Dropout


class Dropout(right.GlobalDropout):
    scale, inverse, evaluate = True, False, True

    def forward(self, x):
        if not self.training and self.evaluate:
            self.mask = np.ones_like(x)
            return x
        kept = np.random.rand(*x.shape) > self.ratio  # noqa: NPY002
        kept = ~kept if self.inverse else kept
        self.mask = (kept / (1 - self.ratio) if self.scale else kept * 1.0).astype(x.dtype)
        return x * self.mask


WRONG.group = "dropout"
WRONG.wrong("not scaled", "not-inverted dropout-not-inverted", variant(Dropout, scale=False)(), SHAPE)
WRONG.wrong("not scaled, own name", "dropout-not-inverted", variant(Dropout, "Mine", scale=False)(), SHAPE)
WRONG.wrong("mask inverted", "mask-inverted", variant(Dropout, inverse=True)(), SHAPE)
WRONG.wrong(
    "in evaluation too", "training-mode-in-evaluation drops-in-evaluation", variant(Dropout, evaluate=False)(), SHAPE
)
WRONG.wrong("in evaluation too, own name", "training-mode-in-evaluation", variant(Dropout, "Mine", evaluate=False)(), SHAPE)
WRONG.wrong("dout passed through", "passed-through", variant(Dropout, backward=lambda s, d: d)(), SHAPE)
WRONG.wrong(
    "own name: dout passed through",
    "passed-through mask-missing",
    variant(Dropout, "Mine", backward=lambda s, d: d)(),
    SHAPE,
)
WRONG.wrong(
    "scale missing backward", "scale-missing wrong-factor", variant(Dropout, backward=lambda s, d: d * (s.mask > 0))(), SHAPE
)
WRONG.wrong(
    "2/(kept n)",
    "halved dropout-not-inverted wrong-factor",
    variant(Dropout, forward=lambda s, x: Dropout.forward(s, x) * 2 if s.training else Dropout.forward(s, x))(),
    SHAPE,
)

# Embedding


def assigning(self, dout):
    self.dW = np.zeros_like(self.W)
    self.dW[self.ids] = dout


def adding(self, dout):
    self.dW = np.zeros_like(self.W)
    self.dW[self.ids] += dout


WRONG.group = "embedding"
WRONG.wrong("dW[ids] = dout", "repeated-rows", variant(right.Embedding, backward=assigning)(), (5,))
WRONG.wrong("dW[ids] += dout", "repeated-rows", variant(right.Embedding, backward=adding)(), (5,))
WRONG.wrong("of sentences", "repeated-rows", variant(right.Embedding, backward=adding)(), (3, 4))
WRONG.wrong(
    "−dW",
    "sign-flipped",
    variant(right.Embedding, backward=lambda s, d: (right.Embedding.backward(s, d), setattr(s, "dW", -s.dW))[0])(),
    (5,),
)
WRONG.group = "what is returned"
WRONG.wrong("forward: out and a cache", "raises returns-a-tuple", layer(lambda s, x: (x, x), lambda s, d: d)(), SHAPE)
WRONG.wrong("forward: a list", "raises not-an-array", layer(lambda s, x: x.tolist(), lambda s, d: d)(), SHAPE)
WRONG.wrong("forward: nothing", "returns-nothing", layer(lambda s, x: None, lambda s, d: d)(), SHAPE)
WRONG.wrong("backward: nothing", "returns-nothing", layer(lambda s, x: 2 * x, lambda s, d: None)(), SHAPE)
WRONG.wrong("a wrong in_shape", "in-shape", Affine(), (4, 5))
WRONG.wrong("a wrong in_shape, (out, in)", "in-shape", right.OutIn(), (4, 9))
WRONG.wrong(
    "two inputs: a gradient of one swapped",
    "halves-swapped other",
    variant(right.Bilinear, backward=lambda s, d: (d * s.x, d * s.y))(),
    [(4, 7), (4, 7)],
)
WRONG.wrong(
    "two inputs: one 0", "path-left-out", variant(right.Bilinear, backward=lambda s, d: (d * s.y, 0 * d))(), [(4, 7), (4, 7)]
)
WRONG.wrong(
    "two inputs: one flipped",
    "term-flipped",
    variant(right.Bilinear, backward=lambda s, d: (d * s.y, -d * s.x))(),
    [(4, 7), (4, 7)],
)
