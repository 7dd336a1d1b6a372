"""Steps of training as readers write them, in closures, in classes, with the library's Trainer: right, or with one fault.

The faults: "shuffled" (rows against labels), "small" and "large" (lr), "sign", "frozen", "reduction".
"""

import numpy as np

import scratchnet as sn


def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def plain(fault=None):
    """Two layers in a closure, gradients by hand, SGD; the labels are class numbers."""
    rng = np.random.default_rng(0)
    params = {
        "W1": 0.3 * rng.standard_normal((12, 16)),
        "b1": np.zeros(16),
        "W2": 0.3 * rng.standard_normal((16, 4)),
        "b2": np.zeros(4),
    }
    lr = {"small": 1e-5, "large": 3e3}.get(fault, 0.5)

    def train_step(x, t):
        if fault == "shuffled":
            x = x[np.random.permutation(len(x))]  # noqa: NPY002
        h = np.maximum(0, x @ params["W1"] + params["b1"])
        y = softmax(h @ params["W2"] + params["b2"])
        loss = -np.log(y[np.arange(len(t)), t] + 1e-7).mean()
        ds = y.copy()
        ds[np.arange(len(t)), t] -= 1
        ds /= len(t) ** 5 if fault == "reduction" else len(t)
        dh = ds @ params["W2"].T * (h > 0)
        grads = {"W1": x.T @ dh, "b1": dh.sum(0), "W2": h.T @ ds, "b2": ds.sum(0)}
        for name in params:
            if fault == "frozen":
                params[name] - lr * grads[name]  # thrown away
            elif fault == "sign":
                params[name] += lr * grads[name]
            else:
                params[name] -= lr * grads[name]
        return loss

    return train_step


class Dense:
    def __init__(self, n_in, n_out, seed):
        self.W = np.random.default_rng(seed).standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y**2)


class Regression:
    """A class with a method: mean squared error, rebinding updates with momentum, one output."""

    def __init__(self, fault=None):
        self.layers = [Dense(6, 20, 1), Tanh(), Dense(20, 1, 2)]
        self.fault = fault
        self.lr = {"small": 1e-7, "large": 100.0}.get(fault, 0.05)
        self.v = {}

    def train_step(self, x, t):
        out = x
        for layer in self.layers:
            out = layer.forward(out)
        target = np.roll(t, 1, axis=0) if self.fault == "shuffled" else t
        loss = ((out - target) ** 2).mean()
        dout = 2 * (target - out if self.fault == "sign" else out - target) / out.size
        if self.fault == "reduction":
            dout = dout * out.size * 50
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        for i, layer in enumerate(self.layers):
            if isinstance(layer, Dense) and self.fault != "frozen":
                for name in ("W", "b"):
                    self.v[i, name] = 0.9 * self.v.get((i, name), 0) - self.lr * getattr(layer, "d" + name)
                    setattr(layer, name, getattr(layer, name) + self.v[i, name])
        return loss


def one_hot(fault=None):
    """Adam by hand, one-hot labels, float32."""
    rng = np.random.default_rng(3)
    ws = [np.float32(0.4) * rng.standard_normal(s).astype(np.float32) for s in ((9, 14), (14, 5))]
    state = [[np.zeros_like(w), np.zeros_like(w)] for w in ws]
    count = [0]
    lr = {"small": 1e-7}.get(fault, 0.02)

    def fit_batch(x, t):
        h = np.tanh(x @ ws[0])
        y = softmax(h @ ws[1])
        order = np.argsort(t.argmax(axis=1), kind="stable")
        target = t[order] if fault == "shuffled" else t
        logs = (target * np.log(y + 1e-7)).sum(axis=1)
        loss = -logs[0] if fault == "reduction" else logs.mean() if fault == "sign" else -logs.mean()
        ds = (y - target) / len(t)
        if fault == "reduction":
            ds = np.where(np.arange(len(t))[:, None] == 0, y - target, 0)
        grads = [x.T @ (ds @ ws[1].T * (1 - h**2)), h.T @ ds]
        count[0] += 1
        for i, (w, g) in enumerate(zip(ws, grads, strict=False)):
            if fault == "frozen" and i == 0:
                continue
            m, v = state[i]
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= lr * (m / (1 - 0.9 ** count[0])) / (np.sqrt(v / (1 - 0.999 ** count[0])) + 1e-8)
        return float(loss)

    return fit_batch


class Negative(sn.SoftmaxCrossEntropy):
    def forward(self, scores, t):
        return -super().forward(scores, t)

    def backward(self):
        return -super().backward()


class Divided(sn.SoftmaxCrossEntropy):
    def backward(self):
        return super().backward() / len(self.t) ** 2


def trainer(fault=None):
    """The library's own Trainer."""
    net = sn.mlp(15, [20, 20], 5, seed=0)
    lr = {"small": 1e-6, "large": 1e4}.get(fault, 0.1)
    criterion = {"sign": Negative(), "reduction": Divided()}.get(fault, sn.SoftmaxCrossEntropy())
    made = sn.Trainer(net, sn.SGD(lr), criterion)
    if fault == "shuffled":
        step = made.step
        made.step = lambda x, t: step(x, t[::-1].copy())
    if fault == "frozen":
        made.optimizer.move = lambda w, dw, state: None
    return made


def with_dropout():
    """Right: inverted dropout, a generator of its own."""
    rng, params = np.random.default_rng(5), {}
    params["W1"], params["W2"] = 0.5 * rng.standard_normal((8, 40)), 0.3 * rng.standard_normal((40, 3))

    def train_step(x, t):
        mask = (rng.random((len(x), 40)) > 0.1) / 0.9
        h = np.tanh(x @ params["W1"]) * mask
        y = softmax(h @ params["W2"])
        ds = (y - np.eye(3)[t]) / len(t)
        dh = ds @ params["W2"].T * mask * (1 - np.tanh(x @ params["W1"]) ** 2)
        params["W2"] -= 0.5 * h.T @ ds
        params["W1"] -= 0.5 * x.T @ dh
        return -np.log(y[np.arange(len(t)), t]).mean()

    return train_step


def summed():
    """Right: a sum over the rows, with a learning rate that suits it."""
    rng = np.random.default_rng(6)
    W = 0.1 * rng.standard_normal((7, 4))

    def train_step(x, t):
        y = softmax(x @ W)
        W[...] -= 0.1 * x.T @ (y - np.eye(4)[t])
        return -np.log(y[np.arange(len(t)), t]).sum()

    return train_step


FAULTS = {
    "shuffled": "labels-shuffled",
    "small": "lr-too-small",
    "large": "lr-too-large",
    "sign": "loss-sign",
    "frozen": "frozen-parameter",
    "reduction": "wrong-reduction",
}
KINDS = {
    "plain": plain,
    "regression": lambda fault=None: Regression(fault).train_step,
    "one-hot": one_hot,
    "trainer": trainer,
}
RIGHT = {**dict(KINDS.items()), "dropout": with_dropout, "summed": summed}
