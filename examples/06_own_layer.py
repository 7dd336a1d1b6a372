"""How do I write a layer of my own?

Two methods: forward keeps what backward needs, backward returns dx and sets d… for each parameter. This one is a sine
whose frequency is learnt for each unit. `check_gradient` says whether backward is right; then the layer trains like any
other.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots


class Sine(sn.Layer):
    """out = sin(f x)

        dx = dout · f cos(f x)        df = Σₙ dout · x cos(f x)

    Shapes: x (N, D), f (D,).
    """

    def __init__(self, n, init=sn.Ones()):
        self.n = n  # kept, so that the layer prints as Sine(100) and can be saved
        self.f = self.parameter("f", (n,), init)

    def forward(self, x):
        self.x = x
        return np.sin(self.f * x)

    def backward(self, dout):
        slope = np.cos(self.f * self.x)
        self.df = (dout * self.x * slope).sum(axis=0)
        return dout * self.f * slope


def main(steps: int = 2000, hidden: int = 100, stem: str = "own_layer") -> None:
    print(sn.check_gradient(Sine(7), np.random.default_rng(0).standard_normal((4, 7))))
    train, test = sn.load_mnist()
    curves = {}
    for label, activation in {"sine, learnt frequency": lambda: Sine(hidden), "tanh": sn.Tanh}.items():
        net = sn.mlp(784, [hidden] * 2, 10, activation=activation, init=sn.LeCun(), seed=0)
        history = sn.Trainer(net, sn.SGD(lr=0.1), batch_size=128, seed=0).fit(train, steps=steps, test=test)
        curves[label] = [history.loss]
        print(f"{label}: test accuracy {history.test_accuracy[-1]:.4f}")
    plots.save(plots.loss_curves(curves, title="A layer of one's own on MNIST"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
