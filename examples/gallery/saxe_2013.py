"""Does a deeper network need longer to learn? Saxe et al. 2013: deep linear networks, orthogonal against Gaussian weights.

Source: Andrew M. Saxe, James L. McClelland and Surya Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
linear neural networks", ICLR 2014, arXiv:1312.6120, Fig. 6A (left).

Same: linear networks of many depths on MNIST; random weights of variance 1/n against random orthogonal ones; for each depth
the learning rate that learns fastest; time to reach a fixed training error, against depth.

Scaled down: 100 or 300 hidden units and 16 or 32 layers instead of 1,000 units and 100 layers; squared error on 200 images;
eleven learning rates, a factor of √2 apart, instead of twenty; Gaussian weights, where the caption says uniform. Time is
counted in steps of gradient descent. With 40 units the orthogonal networks need three times as long at 24 layers as at 3.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

FLAT = Claim(
    "orthogonal: the learning time hardly depends on depth (deepest / shallowest)", 1, 0.8, "five seeds: 1.25 to 1.6"
)
GROWS = Claim("Gaussian: the learning time grows with depth (deepest / shallowest)", 1.5, 0, "five seeds: 2.3 to 2.9", ">")
INITS = {"orthogonal": sn.Orthogonal(), "Gaussian": sn.LeCun()}
TARGET = 0.03  # mean squared error over ten outputs; a guess is at 0.09


def learning_time(init: sn.Initializer, depth: int, rows: tuple[np.ndarray, np.ndarray], width: int, seed: int) -> int:
    """The least number of steps to the target, over learning rates; 200 if none gets there."""
    best = 200
    for lr in 1.6 / 2 ** np.arange(0, 5.5, 0.5):
        layers = [sn.Affine(n_in, width, init) for n_in in [784] + [width] * (depth - 2)]
        net = sn.Network([*layers, sn.Affine(width, 10, init)], seed)
        trainer = sn.Trainer(net, sn.SGD(lr), sn.MSE())
        for step in range(best):
            loss = trainer.step(*rows)
            if loss < TARGET or not loss < 10:  # there, or diverged
                best = step if loss < TARGET else best
                break
    return best


def main(full: bool = False, seed: int = 0) -> Result:
    depths, width = ((4, 8, 16, 32), 300) if full else ((4, 8, 16), 100)
    x, t = sn.load_mnist()[0][:200]
    rows = x - x.mean(axis=0), np.eye(10)[t] - 0.1
    times = {label: [learning_time(init, depth, rows, width, seed) for depth in depths] for label, init in INITS.items()}
    figure = plots.new_figure(7, 4.6, None)
    axes = figure.subplots()
    for i, (label, each) in enumerate(times.items()):
        axes.plot(depths, each, marker=plots.MARKERS[i], label=label, **plots.style(i))
    axes.set(xlabel="depth (number of layers)", ylabel=f"learning time (steps to an error of {TARGET})", ylim=(0, None))
    axes.legend()
    lines = [f"{label}: {', '.join(map(str, each))} steps at depths {depths}" for label, each in times.items()]
    measured = {FLAT: times["orthogonal"][-1] / times["orthogonal"][0], GROWS: times["Gaussian"][-1] / times["Gaussian"][0]}
    return Result(figure, measured, "\n".join(lines))


if __name__ == "__main__":
    script(main)
