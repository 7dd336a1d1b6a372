"""My own training loop does not learn. Which number says why? One line in the loop, a call of sn.watch, shows it.

Four layers of sigmoid with the book's Xavier, in plain NumPy, do not learn: in the fourth layer every image gives nearly
the same output. Weights four times as large, and sums around 0, keep images apart.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots


class Affine:
    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        self.W, self.b = W, b

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def train(data: sn.Dataset, watch: sn.Watch, gain: float, width: int, depth: int, steps: int, lr: float) -> None:
    rng, sizes = np.random.default_rng(0), [784, *[width] * depth, 10]
    Ws = (gain / np.sqrt(n) * rng.standard_normal((n, m)) for n, m in zip(sizes, sizes[1:], strict=False))  # noqa: RUF007
    layers = [Affine(W, -0.5 * W.sum(axis=0) * (gain > 1)) for W in Ws]
    for step in range(steps):
        x, t = data[100 * step : 100 * step + 100]
        hs, grads = [x], dict[str, np.ndarray]()
        for layer in layers[:-1]:
            hs.append(1 / (1 + np.exp(-layer.forward(hs[-1]))))
        y = (e := np.exp(layers[-1].forward(hs[-1]))) / e.sum(axis=1, keepdims=True)
        loss, dout = -np.log(y[np.arange(len(t)), t]).mean(), (y - np.eye(10)[t]) / len(t)
        for i in range(depth, -1, -1):
            dh = layers[i].backward(dout)
            grads |= {f"dh{i}": dh, f"dW{i + 1}": layers[i].dW} if i else {"dW1": layers[0].dW}
            dout = dh * hs[i] * (1 - hs[i])
        weights = {f"W{i + 1}": layer.W for i, layer in enumerate(layers)}
        watch(loss=loss, **{f"h{i}": h for i, h in enumerate(hs) if i}, **weights, **grads)
        for layer in layers:
            layer.W, layer.b = layer.W - lr * layer.dW, layer.b - lr * layer.db


def main(width: int = 100, depth: int = 4, steps: int = 300, lr: float = 0.1, stem: str = "watch_your_own_loop") -> None:
    spreads = {}
    for label, gain in (("Xavier (book: 1/n)", 1.0), ("four times as large", 4.0)):
        watch = sn.watch(lr=lr, classes=10)
        train(sn.load_mnist()[0], watch, gain, width, depth, steps, lr)
        print(f"{label}: the loss goes from {watch.losses[0]:.3f} to {np.mean(watch.losses[-50:]):.3f}", watch, sep="\n")
        spreads[label] = [watch.spreads[0]]
    plots.save(plots.spread_by_depth(spreads, f"A loop in plain NumPy: {depth} layers of sigmoid, step 0"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
