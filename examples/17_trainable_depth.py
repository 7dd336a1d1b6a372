"""How deep can a network be before it stops learning? Tanh networks of many depths and sizes of weights, trained briefly.

Theory says: to a depth of about 6 ξ, where ξ is the number of layers over which two inputs become e times more alike (or,
above the critical σ_w² of 1.76, less alike). The map shows the accuracy on test images, the line is 6 ξ (Schoenholz et al.
2017).

`python examples/17_trainable_depth.py full` draws the finer map of the site, in a quarter of an hour on one core.
"""

import itertools
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet import plots

FULL: dict[str, Any] = {"sizes": tuple(np.arange(1, 4.01, 0.25)), "depths": tuple(range(10, 121, 10)), "steps": 400}


def main(
    sizes: Sequence[float] = (1.0, 1.4, 1.76, 2.5, 4.0),
    depths: Sequence[int] = (5, 20, 40),
    steps: int = 200,
    width: int = 100,
    bias: float = 0.05,
    lr: float = 0.001,
    stem: str = "trainable_depth",
) -> None:
    train, test = sn.load_mnist()
    accuracy = np.zeros((len(depths), len(sizes)))
    for (i, depth), (j, size) in itertools.product(enumerate(depths), enumerate(sizes)):
        init, bias_init = sn.VarianceScaling(size), sn.Normal(np.sqrt(bias))
        net = sn.mlp(784, [width] * depth, 10, sn.Tanh, init, bias_init, seed=0)
        sn.Trainer(net, sn.Momentum(lr), batch_size=128, seed=0).fit(train, steps=steps, progress=False)
        accuracy[i, j] = net.accuracy(*test[:2000])
        share = depth / sn.depth_scale(sn.Tanh, size, bias)
        print(f"σ_w² {size}, depth {depth}: accuracy {accuracy[i, j]:.3f}, depth / ξ {share:.1f}", flush=True)
    figure = plots.new_figure(8, 5.4, None)
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(sizes, depths, accuracy, shading="nearest", cmap="cividis", vmin=0, vmax=1)
    figure.colorbar(mesh, label=f"test accuracy after {steps} steps of Momentum({lr})")
    low, high = axes.get_xlim()
    fine = np.linspace(low, high, 200)
    limits = max(0, axes.get_ylim()[0]), axes.get_ylim()[1]
    axes.plot(fine, [6 * sn.depth_scale(sn.Tanh, size, bias) for size in fine], color="white", linewidth=2.5, label="6 ξ")
    axes.axvline(sn.MeanField(sn.Tanh).critical(bias)[0], color="white", linestyle=":", label="critical σ_w²")
    axes.set(xlabel="σ_w², the weights' variance times fan_in", ylabel="depth, in layers", ylim=limits, xlim=(low, high))
    axes.set_title(f"tanh, layers of {width}, σ_b² = {bias}")
    axes.legend(facecolor="grey", labelcolor="white", loc="upper right")
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main(**(FULL if sys.argv[1:] == ["full"] else {}))
