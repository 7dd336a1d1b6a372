"""Layers, losses, optimizers and initializers as books and courses print them, without a base class of ours."""

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class Sigmoid:
    def __init__(self):
        self.out = None

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
        return self.out

    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio = dropout_ratio
        self.mask = None

    def forward(self, x, train_flg=True):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.dropout_ratio  # noqa: NPY002, as the book does
            return x * self.mask
        return x * (1.0 - self.dropout_ratio)

    def backward(self, dout):
        return dout * self.mask


class MatMul:
    """The second book's form: lists of arrays, and gradients written in place."""

    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.x = None

    def forward(self, x):
        (W,) = self.params
        self.x = x
        return x @ W

    def backward(self, dout):
        (W,) = self.params
        self.grads[0][...] = self.x.T @ dout
        return dout @ W.T


class DictAffine:
    def __init__(self, n_in, n_out):
        rng = np.random.default_rng(1)
        self.params = {"W": rng.standard_normal((n_in, n_out)), "b": np.zeros(n_out)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        self.grads["b"] = dout.sum(0)
        return dout @ self.params["W"].T


class Layer_Dense:
    """nnfs: results are attributes."""

    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.1 * np.random.default_rng(2).standard_normal((n_inputs, n_neurons))
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Returned:
    """Gradients that are returned, and a weight (out, in)."""

    def __init__(self, n_in, n_out):
        self.kernel = np.random.default_rng(3).standard_normal((n_out, n_in))
        self.shift = np.zeros(n_out)

    def forward(self, a):
        return a @ self.kernel.T + self.shift, (a,)

    def backward(self, delta, cache):
        (a,) = cache
        return delta @ self.kernel, delta.T @ a, delta.sum(0)


class Unnamed:
    """Names that say nothing: the arrays are told apart by their shapes."""

    def __init__(self, p, q):
        self.p, self.q = p, q

    def forward(self, x):
        self.r = x
        return x @ self.p + self.q

    def backward(self, e):
        self.s = self.r.T @ e
        self.t = e.sum(0)
        return e @ self.p.T


class Norm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta
        self.running_mean, self.running_var = np.zeros_like(gamma), np.ones_like(gamma)

    def forward(self, x, train_flg=True):
        if train_flg:
            mu, var = x.mean(0), x.var(0)
            self.running_mean = 0.9 * self.running_mean + 0.1 * mu
            self.running_var = 0.9 * self.running_var + 0.1 * var
        else:
            mu, var = self.running_mean, self.running_var
        self.std, self.train = np.sqrt(var + 1e-5), train_flg
        self.xn = (x - mu) / self.std
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xn).sum(0), dout.sum(0)
        dxn = dout * self.gamma
        if not self.train:
            return dxn / self.std
        return (dxn - dxn.mean(0) - self.xn * (dxn * self.xn).mean(0)) / self.std


class Conv:
    """The book's layout (FN, C, FH, FW), without padding, by plain loops."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        f, _, fh, fw = self.W.shape
        out = np.zeros((n, f, h - fh + 1, w - fw + 1), x.dtype)
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                out[:, :, i, j] = np.einsum("nchw,fchw->nf", x[:, :, i : i + fh, j : j + fw], self.W) + self.b
        return out

    def backward(self, dout):
        _, _, fh, fw = self.W.shape
        dx, self.dW = np.zeros_like(self.x), np.zeros_like(self.W)
        self.db = dout.sum((0, 2, 3))
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                window = self.x[:, :, i : i + fh, j : j + fw]
                self.dW += np.einsum("nf,nchw->fchw", dout[:, :, i, j], window)
                dx[:, :, i : i + fh, j : j + fw] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], self.W)
        return dx


class Multiply:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(x.shape[0], -1).T @ dout, dout.sum(axis=0)


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def scale_forward(x, gamma, beta, scale_param):
    return gamma * x + beta + (scale_param["mode"] == "test") * 0, (x, gamma)


def scale_backward(dout, cache):
    x, gamma = cache
    return dout * gamma, (dout * x).sum(0), dout.sum(0)


def tanh_forward(x):
    return np.tanh(x)


def tanh_backward(dout, y):
    return dout * (1 - y**2)


class SoftmaxWithLoss:
    def __init__(self):
        self.loss = self.y = self.t = None

    def forward(self, x, t):
        self.t = t
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        self.loss = -np.log(self.y[np.arange(len(t)), t] + 1e-7).mean()
        return self.loss

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)


def softmax_loss(x, y):
    shifted = x - x.max(axis=1, keepdims=True)
    log = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log)
    dx[np.arange(len(y)), y] -= 1
    return -log[np.arange(len(y)), y].mean(), dx / len(y)


class LossNnfs:
    """nnfs: backward gets the outputs and the targets again, and sets dinputs."""

    def forward(self, y_pred, y_true):
        return np.mean((y_pred - y_true) ** 2)

    def backward(self, dvalues, y_true):
        self.dinputs = 2 * (dvalues - y_true) / dvalues.size


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for key in params:
            params[key] -= self.lr * grads[key]


class Momentum:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, params, grads):
        if self.v is None:
            self.v = {key: np.zeros_like(value) for key, value in params.items()}
        for key in params:
            self.v[key] = self.momentum * self.v[key] - self.lr * grads[key]
            params[key] += self.v[key]


class ListSGD:
    def __init__(self, eta=0.1):
        self.eta = eta

    def update(self, params, grads):
        for i in range(len(params)):
            params[i] -= self.eta * grads[i]


class RebindingSGD:
    def __init__(self, speed=0.1):
        self.speed = speed

    def step(self, params, grads):
        for key in params:
            params[key] = params[key] - self.speed * grads[key]


def sgd(w, dw, config=None):
    config = config or {}
    config.setdefault("learning_rate", 1e-2)
    w -= config["learning_rate"] * dw
    return w, config


def he_init(n_in, n_out):
    return np.random.randn(n_in, n_out) * np.sqrt(2 / n_in)  # noqa: NPY002
