"""Layers, activations and losses with one mistake each, by the word that it is to be given."""

import numpy as np

import scratchnet as sn


class Affine(sn.Layer):
    """A right one, from which the wrong ones differ in one place."""

    def __init__(self, n_in=7, n_out=3, init=sn.He(), bias_init=sn.Zeros()):
        fans = sn.Fans(n_in, n_out)
        self.W = self.parameter("W", (n_in, n_out), init, fans)
        self.b = self.parameter("b", (n_out,), bias_init, fans)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.weights(dout), self.biases(dout)
        return self.inputs(dout)

    def weights(self, dout):
        return self.x.T @ dout

    def biases(self, dout):
        return dout.sum(axis=0)

    def inputs(self, dout):
        return dout @ self.W.T


def affine(**methods):
    return type("Affine", (Affine,), methods)


def square(**methods):
    return lambda: affine(**methods)(7, 7)


class Activation(sn.Layer):
    """A right ReLU."""

    def forward(self, x):
        self.x, self.out = x, self.value(x)
        return self.out

    def value(self, x):
        return x * (x > 0)

    def backward(self, dout):
        return dout * (self.x > 0)


def activation(value=Activation.value, **methods):
    return type("Activation", (Activation,), {"value": value, **methods})


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoids(slope):
    return activation(lambda self, x: sigmoid(x), backward=lambda self, dout: slope(self, dout))


def tanhs(slope):
    return activation(lambda self, x: np.tanh(x), backward=lambda self, dout: slope(self, dout))


def soft_plus(slope):
    return activation(lambda self, x: np.logaddexp(0, x), backward=lambda self, dout: slope(self, dout))


def into_input(self, x):
    x[x < 0] = 0
    return x


def into_upstream(self, dout):
    dout[self.x <= 0] = 0
    return dout


def adding(self, dout):
    self.dW = getattr(self, "dW", 0) + self.x.T @ dout
    self.db = dout.sum(axis=0)
    return dout @ self.W.T


def unset(self, dout):
    self.dW = self.x.T @ dout
    return dout @ self.W.T


def halves(self, x):
    return np.where(x > 0, 1.0, 0.5) * x


def squeezing(self, x):
    return np.squeeze(x) * 2


class BatchNorm(sn.BatchNorm):
    """The library's, whose wrong ones change one method."""

    def __init__(self):
        super().__init__(7)


def running(self, x):
    self.std = np.sqrt(self.running_var + self.epsilon)
    self.x_hat = (x - self.running_mean) / self.std
    return self.gamma * self.x_hat + self.beta


def constants(self, dout):
    self.dgamma, self.dbeta = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)
    return self.gamma / self.std * dout


def always_batch(self, x):
    self.std = np.sqrt(x.var(axis=0) + self.epsilon)
    self.x_hat = (x - x.mean(axis=0)) / self.std
    return self.gamma * self.x_hat + self.beta


def batch_backward(self, dout):
    training, self.training = self.training, True
    dx = sn.BatchNorm.backward(self, dout)
    self.training = training
    return dx


def norm(**methods):
    return type("BatchNorm", (BatchNorm,), methods)


class Dropout(sn.Layer):
    inverted, asks = True, True

    def __init__(self):
        self.start(np.random.default_rng(0))

    def start(self, rng):
        self.rng = rng

    def forward(self, x):
        if self.asks and not self.training:
            self.mask = np.ones(1, x.dtype)
            return x
        kept = self.rng.random(x.shape) >= 0.4
        self.mask = (kept / 0.6 if self.inverted else kept).astype(x.dtype)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


def swapped_fans(self):
    self.W = self.parameter("W", (7, 3), sn.He(), sn.Fans(3, 7))
    self.b = self.parameter("b", (3,), sn.Zeros(), sn.Fans(3, 7))


def shrunk(self):
    self.W = 0.1 * self.parameter("W", (20, 30), sn.He(), sn.Fans(20, 30))
    self.b = self.parameter("b", (30,), sn.Zeros(), sn.Fans(20, 30))


ROWS = 4  # of the batches that they are checked with

LAYERS = [
    ("sign-flipped", affine(weights=lambda self, dout: -self.x.T @ dout), (ROWS, 7)),
    ("sign-flipped", affine(inputs=lambda self, dout: -dout @ self.W.T), (ROWS, 7)),
    ("times-n", affine(biases=lambda self, dout: len(dout) * dout.sum(axis=0)), (ROWS, 7)),
    ("divided-by-n", affine(biases=lambda self, dout: dout.mean(axis=0)), (ROWS, 7)),
    ("divided-by-n", affine(weights=lambda self, dout: self.x.T @ dout / len(dout)), (ROWS, 7)),
    ("twice-the-mean", affine(weights=lambda self, dout: 2 * self.x.T @ dout / len(dout)), (5, 7)),
    ("doubled", affine(weights=lambda self, dout: 2 * self.x.T @ dout), (5, 7)),
    ("halved", affine(weights=lambda self, dout: self.x.T @ dout / 2), (5, 7)),
    ("wrong-factor", affine(weights=lambda self, dout: 1.3 * self.x.T @ dout), (5, 7)),
    ("transposed", affine(weights=lambda self, dout: dout.T @ self.x), (ROWS, 7)),
    ("transposed", square(weights=lambda self, dout: dout.T @ self.x), (ROWS, 7)),
    ("transposed", square(inputs=lambda self, dout: dout @ self.W), (ROWS, 7)),
    ("zero", affine(weights=lambda self, dout: np.zeros_like(self.W)), (ROWS, 7)),
    ("all-ones", affine(weights=lambda self, dout: np.ones_like(self.W)), (ROWS, 7)),
    ("upstream-ignored", affine(weights=lambda self, dout: self.x.T @ np.ones_like(dout)), (ROWS, 7)),
    ("upstream-ignored", affine(inputs=lambda self, dout: np.ones_like(dout) @ self.W.T), (ROWS, 7)),
    ("accumulated", affine(backward=adding), (ROWS, 7)),
    ("not-summed-over-batch", affine(weights=lambda self, dout: self.x[:, :, None] * dout[:, None]), (ROWS, 7)),
    ("not-summed-over-batch", affine(biases=lambda self, dout: dout), (ROWS, 7)),
    ("not-summed-over-batch", affine(biases=lambda self, dout: dout[0]), (ROWS, 7)),
    ("wrong-axis", affine(biases=lambda self, dout: dout.sum(axis=1)), (ROWS, 7)),
    ("wrong-axis", affine(biases=lambda self, dout: dout.sum(axis=1)), (3, 7)),
    ("output-for-upstream", affine(weights=lambda self, dout: self.x.T @ (self.x @ self.W + self.b)), (ROWS, 7)),
    ("gradient-unset", affine(backward=unset), (ROWS, 7)),
    ("returns-nothing", affine(inputs=lambda self, dout: None), (ROWS, 7)),
    ("wrong-shape", affine(inputs=lambda self, dout: dout), (ROWS, 7)),
    ("fans-swapped", affine(__init__=swapped_fans), (ROWS, 7)),
    ("initializer-ignored", affine(__init__=shrunk), (ROWS, 20)),
    (
        "output-variance",
        lambda: affine(
            forward=lambda self, x: Affine.forward(self, x) / 2 + self.b / 2,
            weights=lambda self, dout: self.x.T @ dout / 2,
            inputs=lambda self, dout: dout @ self.W.T / 2,
        )(30, 40),
        (ROWS, 30),
    ),
    ("float64-leaked", affine(forward=lambda self, x: Affine.forward(self, x) + np.zeros(3)), (ROWS, 7)),
    (
        "parameter-unused",
        affine(biases=lambda self, dout: 0 * self.b, forward=lambda self, x: Affine.forward(self, x) - self.b),
        (ROWS, 7),
    ),
    ("running-statistics-in-training", norm(forward=running, backward=constants), (ROWS, 7)),
    ("statistics-as-constants", norm(backward=constants), (ROWS, 7)),
    ("training-mode-in-evaluation", norm(forward=always_batch, backward=batch_backward), (ROWS, 7)),
    ("training-mode-in-evaluation", norm(backward=batch_backward), (ROWS, 7)),
    ("training-mode-in-evaluation", type("Dropout", (Dropout,), {"asks": False}), (ROWS, 7)),
    ("dropout-not-inverted", type("Dropout", (Dropout,), {"inverted": False}), (ROWS, 7)),
    ("batch-of-one", activation(lambda self, x: 2 * np.squeeze(x), backward=lambda self, dout: 2 * dout), (ROWS, 7)),
    ("not-written", sn.Layer, (ROWS, 7)),
    ("transposed", affine(weights=lambda self, dout: self.x @ dout), (ROWS, 7)),
    ("raises", affine(weights=lambda self, dout: self.nothing), (ROWS, 7)),
]

ACTIVATIONS = [
    ("input-overwritten", activation(into_input)),
    ("upstream-overwritten", activation(backward=into_upstream)),
    ("mask-inverted", activation(backward=lambda self, dout: dout * (self.x <= 0))),
    ("passed-through", activation(backward=lambda self, dout: dout)),
    ("upstream-ignored", activation(backward=lambda self, dout: 1.0 * (self.x > 0))),
    ("mask-of-upstream", activation(backward=lambda self, dout: dout * (dout > 0))),
    (
        "mask-of-output",
        activation(lambda self, x: x * (x > 0) - 0.5, backward=lambda self, dout: dout * (self.out > 0)),
    ),
    ("input-for-upstream", activation(backward=lambda self, dout: self.x * (self.x > 0))),
    ("derivative-at-output", soft_plus(lambda self, dout: dout * sigmoid(self.out))),
    ("derivative-of-upstream", soft_plus(lambda self, dout: dout * sigmoid(dout))),
    ("missing-one-minus-y", sigmoids(lambda self, dout: dout * self.out)),
    ("missing-y", sigmoids(lambda self, dout: dout * (1 - self.out))),
    ("input-for-output", sigmoids(lambda self, dout: dout * self.x * (1 - self.x))),
    ("slope-squared", sigmoids(lambda self, dout: dout * (self.out * (1 - self.out)) ** 2)),
    ("sign-flipped", sigmoids(lambda self, dout: -dout * self.out * (1 - self.out))),
    ("sign-in-derivative", tanhs(lambda self, dout: dout * (1 + self.out**2))),
    ("square-missing", tanhs(lambda self, dout: dout * (1 - self.out))),
    ("missing-one-minus-y", tanhs(lambda self, dout: dout * self.out**2)),
    ("input-for-output", tanhs(lambda self, dout: dout * (1 - self.x**2))),
    ("divided-for-multiplied", tanhs(lambda self, dout: dout / (1 - self.out**2))),
    ("float64-leaked", activation(halves, backward=lambda self, dout: dout * np.where(self.x > 0, 1.0, 0.5))),
    (
        "not-finite",
        activation(
            lambda self, x: x / (1 + np.exp(-x)) if x.max() < 900 else np.exp(x),
            backward=lambda self, dout: dout * (sigmoid(self.x) * (1 + self.x * (1 - sigmoid(self.x)))),
        ),
    ),
    (
        "not-elementwise",
        activation(
            lambda self, x: x - x.mean(axis=1, keepdims=True),
            backward=lambda self, dout: dout - dout.mean(axis=1, keepdims=True),
        ),
    ),
    ("other", tanhs(lambda self, dout: dout * np.cos(self.x))),
]


class CrossEntropy(sn.SoftmaxCrossEntropy):
    """The library's, with another backward."""


def loss(backward):
    return type("CrossEntropy", (CrossEntropy,), {"backward": backward})


def onehot(self):
    return np.eye(self.y.shape[1])[self.t]


def changing(self):
    self.y[np.arange(len(self.t)), self.t] -= 1
    return self.y / len(self.t)


LOSSES = [
    ("sign-flipped", loss(lambda self: (onehot(self) - self.y) / len(self.t))),
    ("times-n", loss(lambda self: self.y - onehot(self))),
    ("divided-by-n", loss(lambda self: (self.y - onehot(self)) / len(self.t) ** 2)),
    ("divided-by-n", loss(lambda self: (self.y - onehot(self)) / self.y.size)),
    ("target-missing", loss(lambda self: self.y / len(self.t))),
    ("accumulated", loss(changing)),
    ("returns-nothing", loss(lambda self: None)),
    ("doubled", type("MSE", (sn.MSE,), {"backward": lambda self: 4 * self.difference / self.difference.size})),
    ("halved", type("MSE", (sn.MSE,), {"backward": lambda self: self.difference / self.difference.size})),
]
