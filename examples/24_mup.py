"""How do I keep one learning rate for networks of every width?

With Adam each weight moves by about the learning rate, so a wide layer's outputs change by more than a narrow one's: the
best rate falls as 1 / width. The maximal update parametrization (muP, Yang & Hu 2021) divides the rate of each weight
whose fan_in grows with the width by it, which `move` can do since it gets the parameter's name, and lets the std of the last
weights shrink as 1 / width. Then the rate that is best for a narrow network is near the best for a wide one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet import plots

BASE = 64  # the width at which both parametrizations are the same


@dataclass(repr=False)
class MuAdam(sn.Adam):
    """Adam with the rate η · BASE / width for all weights but the first, whose fan_in is fixed. Biases keep η."""

    width: int = BASE

    def move(self, w: np.ndarray, dw: np.ndarray, state: dict[str, Any], name: str = "") -> None:
        lr = self.lr
        if name.endswith(".W") and name != "Affine1.W":
            self.lr = lr * BASE / self.width
        super().move(w, dw, state)
        self.lr = lr


def main(widths: Sequence[int] = (64, 256, 1024), rates: int = 9, steps: int = 80, stem: str = "mup") -> None:
    train, _ = sn.load_mnist()
    lrs = 2.0 ** np.linspace(-13, -5, rates)
    figure = plots.new_figure(9, 4.2, None)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (name, power) in zip(panels, {"standard": 0.5, "muP": 1.0}.items(), strict=True):
        for i, width in enumerate(widths):
            losses = []
            for lr in lrs:
                net = sn.mlp(784, [width] * 3, 10, sn.Tanh, sn.LeCun(), seed=0)
                net.parameters()[-2][1][...] *= (BASE / width) ** (power - 0.5)  # LeCun's std is 1 / √width already
                optimizer = MuAdam(lr, width=width) if name == "muP" else sn.Adam(lr)
                history = sn.Trainer(net, optimizer, batch_size=64, seed=0).fit(train, steps=steps, progress=False)
                losses.append(np.mean(history.loss[-max(1, steps // 4) :]))
            print(f"{name}, width {width}: best rate 2^{np.log2(lrs[np.argmin(losses)]):.0f}, loss {min(losses):.3f}")
            axes.plot(lrs, losses, label=f"width {width}", marker=plots.MARKERS[i], **plots.style(i))
        axes.set(title=name, xlabel="learning rate of Adam", xscale="log", yscale="log")
    panels[0].set_ylabel(f"training loss, mean of the last {steps // 4} of {steps} steps")
    panels[1].legend()
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
