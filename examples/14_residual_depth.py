"""Why do deep networks add a layer's input to its output? Thirty layers of 100 units on MNIST, with and without.

A residual branch, x + Affine(ReLU(Affine(x))), leaves gradients a way around it. Added up, though, the branches of He make
the signal grow by √2 and more a block, and training diverges at once (a cross), unless BatchNorm stands before each, or each
starts at nothing because its last weights are zeros. BatchNorm without branches keeps the signal, not the gradients.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots


def residual(depth: int, width: int, norm: bool = False, last: sn.Initializer = sn.He()) -> sn.Network:  # noqa: B008
    blocks = [
        sn.Residual([*([sn.BatchNorm(width)] if norm else []), sn.Affine(width, width), sn.ReLU(), sn.Affine(width, width, last)])
        for _ in range(depth // 2)
    ]
    return sn.Network([sn.Affine(784, width), *blocks, sn.Affine(width, 10)], seed=0)


def main(steps: int = 1000, depth: int = 30, width: int = 100, stem: str = "residual_depth") -> None:
    train, test = sn.load_mnist()
    nets = {
        "plain": sn.mlp(784, [width] * depth, 10, init=sn.He(), seed=0),
        "plain, BatchNorm": sn.mlp(784, [width] * depth, 10, init=sn.He(), seed=0, normalization=sn.BatchNorm),
        "residual": residual(depth, width),
        "residual, BatchNorm": residual(depth, width, norm=True),
        "residual, last weights 0": residual(depth, width, last=sn.Zeros()),
    }
    figure = plots.new_figure(13, 4.8, None)
    left, middle, right = figure.subplots(1, 3)
    for i, (label, net) in enumerate(nets.items()):
        spread = sn.measure_spread(net, *train[:1000])
        layers = [layer for layer in spread.layers if layer.name.startswith(("ReLU", "Residual")) and "." not in layer.name]
        at = np.linspace(depth / len(layers), depth, len(layers))
        history = sn.Trainer(net, sn.SGD(lr=0.01), batch_size=100, seed=0).fit(train, steps=steps, test=test)
        accuracy, end = history.test_accuracy[-1], "" if history.diverged_at is None else f" diverged at step {history.diverged_at}"
        print(f"{label}: std of layer {depth} {layers[-1].std:.3g}, test accuracy {accuracy:.3f}{end}")
