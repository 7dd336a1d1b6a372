"""Will my own PyTorch model train? Its spread, predicted and measured, what that means in words, and a figure.

`sn.from_torch(model)` is the two lines: a network with the model's own weights, for everything here that takes one. The
model is eight layers of ReLU as nn.Linear starts them, with a variance of W of 1 / (3 fan_in): each layer takes
five sixths of the signal's square away. kaiming_normal_, He's law, keeps it. Needs PyTorch: pip install "scratchnet[torch]".
"""

from itertools import pairwise

import torch
from torch import nn

import scratchnet as sn
from scratchnet import plots


def model(depth: int, width: int, he: bool) -> nn.Sequential:
    """A model as a user of PyTorch writes it."""
    widths = [784, *[width] * depth]
    modules: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        modules += [nn.Linear(n_in, n_out), nn.ReLU()]
    net = nn.Sequential(nn.Flatten(), *modules, nn.Linear(width, 10))
    for one in net:
        if he and isinstance(one, nn.Linear):
            nn.init.kaiming_normal_(one.weight)
            nn.init.zeros_(one.bias)
    return net


def main(depth: int = 8, width: int = 100, rows: int = 1000, lr: float = 0.1, stem: str = "from_pytorch") -> None:
    train, _ = sn.load_mnist()
    x, t = train[:rows]  # as rows: then the Flatten has nothing to do
    torch.manual_seed(0)
    predicted, measured = {}, {}
    for label, he in (("nn.Linear's own start", False), ("kaiming_normal_", True)):
        net = sn.from_torch(model(depth, width, he), image=(1, 28, 28))
        predicted[label], spread = sn.predict_spread(net, x, t, lr), sn.measure_spread(net, x, t, lr)
        measured[label] = [spread]
        print(f"{label}: {predicted[label].outlook()}")
        print(spread)
    figure = plots.spread_by_depth(measured, f"{depth} layers of {width} with ReLU, made in PyTorch", predicted=predicted)
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
