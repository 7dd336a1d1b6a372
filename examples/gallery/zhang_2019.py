"""Can fifty residual blocks learn without normalization? Zhang et al. 2019: Fixup.

Source: Hongyi Zhang, Yann N. Dauphin and Tengyu Ma, "Fixup Initialization: Residual Learning Without Normalization", ICLR
2019, arXiv:1901.09321. Compared with the abstract; the learning rate is that of the first author's code.

Same: residual networks without normalization with Fixup (the last weights of each branch 0, the others He's times
L^(−1/(2m−2)), with m = 2 layers in each of L branches; a learnt multiplier at its end), with He's weights, and with batch
normalization, all with one learning rate, 0.1; test accuracy after a short training against depth.

Scaled down: fully connected branches on MNIST, at most 50, in place of convolutions on CIFAR-10 and 10,000 layers. The
biases are vectors, as usual, instead of single numbers. 150 or 600 steps in place of an epoch: after so few, batch
normalization is ahead.
"""

from collections.abc import Mapping
from typing import Any

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

TRAINS = Claim("Fixup trains 50 blocks without normalization (accuracy)", 0.7, 0, "five seeds: 0.81 to 0.86", ">")
FLAT = Claim("and as well as 2 blocks (difference of accuracies)", 0, 0.1, "five seeds: −0.04 to 0.00")
WITHOUT = Claim("without either, 50 blocks do not train (accuracy)", 0.1, 0.05, "a guess is 0.1; five seeds diverge")


def fixup(n: int, blocks: int) -> list[sn.Layer]:
    first = sn.VarianceScaling(2 / blocks)  # √(2 / n) · L^(−1/2)
    return [sn.Affine(n, n, first), sn.ReLU(), sn.Affine(n, n, sn.Zeros()), sn.Scale(1)]


def branch(n: int, norms: list[sn.Layer]) -> list[sn.Layer]:
    return [sn.Affine(n, n), *norms[:1], sn.ReLU(), sn.Affine(n, n), *norms[1:]]


KINDS: Mapping[str, Any] = {
    "Fixup": fixup,
    "batch normalization": lambda n, blocks: branch(n, [sn.BatchNorm(n), sn.BatchNorm(n)]),
    "He": lambda n, blocks: branch(n, []),
}


def main(full: bool = False, seed: int = 0) -> Result:
    depths, steps, n = ((2, 5, 10, 20, 50), 600, 100) if full else ((2, 10, 50), 150, 50)
    train, test = sn.load_mnist()
    figure = plots.new_figure(7, 4.6, None)
    axes = figure.subplots()
    accuracy: dict[str, list[float]] = {}
    for i, (label, make) in enumerate(KINDS.items()):
        for blocks in depths:
            residual = [sn.Residual(make(n, blocks)) for _ in range(blocks)]
            last = sn.Affine(n, 10, sn.Zeros() if make is fixup else sn.He())
            net = sn.Network([sn.Affine(784, n), *residual, last], seed)
            history = sn.Trainer(net, sn.SGD(0.1), batch_size=128, seed=seed).fit(train, steps=steps, progress=False)
            right = net.accuracy(*test[:2000]) if history.diverged_at is None else 0.1
            accuracy.setdefault(label, []).append(right)
        axes.plot(depths, accuracy[label], marker=plots.MARKERS[i], label=label, **plots.style(i))
    axes.set(xlabel="residual blocks", ylabel=f"test accuracy after {steps} steps", xscale="log", ylim=(0, 1))
    axes.set_xticks(depths, [str(depth) for depth in depths])
    axes.minorticks_off()
    axes.legend()
    lines = [f"{label}: {', '.join(f'{a:.3f}' for a in each)} with {depths} blocks" for label, each in accuracy.items()]
    ours = accuracy["Fixup"]
    measured = {TRAINS: ours[-1], FLAT: ours[-1] - ours[0], WITHOUT: accuracy["He"][-1]}
    return Result(figure, measured, "\n".join(lines))


if __name__ == "__main__":
    script(main)
