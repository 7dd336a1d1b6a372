"""Which optimizer learns fastest? The book's Fig. 6-9 on MNIST, with all six of its optimizers (the figure has four).

784–100×4–10 with ReLU and He. Each optimizer has the book's learning rate (RMSprop a tenth of it: with .01 its loss
first rises to several hundred), and a network of its own that starts from the same weights. The trainer works on a copy of
the optimizer it gets: an optimizer that several networks share would mix up their states.
"""

import scratchnet as sn
from scratchnet import plots

OPTIMIZERS = {
    "SGD": sn.SGD(0.01),
    "Momentum": sn.Momentum(0.01),
    "Nesterov": sn.Nesterov(0.01),
    "AdaGrad": sn.AdaGrad(0.01),
    "RMSprop": sn.RMSprop(0.001),
    "Adam": sn.Adam(0.001),
}


def main(steps: int = 2000, stem: str = "optimizer_compare") -> None:
    train, test = sn.load_mnist()
    curves = {}
    for label, optimizer in OPTIMIZERS.items():
        net = sn.mlp(784, [100] * 4, 10, activation=sn.ReLU, init=sn.He(), seed=0)
        history = sn.Trainer(net, optimizer, batch_size=128, seed=0).fit(train, steps=steps, test=test)
        curves[label] = [history.loss]
        print(f"{optimizer!r:25} test accuracy {history.test_accuracy[-1]:.4f}")
    plots.save(plots.loss_curves(curves, title="Six optimizers on MNIST"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
