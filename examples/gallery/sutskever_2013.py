"""Do momentum and a good start suffice for deep autoencoders? Sutskever et al. 2013.

Source: Ilya Sutskever, James Martens, George Dahl and Geoffrey Hinton, "On the importance of initialization and momentum in
deep learning", ICML 2013, PMLR 28(3), pages 1139-1147, https://proceedings.mlr.press/v28/sutskever13.html

Same: a deep autoencoder of MNIST with sparse weights (15 nonzero ones into each unit); Nesterov's accelerated gradient (NAG)
and classical momentum (CM) with the paper's schedule μ = min(1 − 2^(−1 − log₂(⌊t/250⌋ + 1)), μ_max), and plain SGD; squared
error.

Scaled down: 784-100-50-20-50-100-784 with tanh in place of 784-1000-500-250-30 and back with sigmoid, so the nonzero weights
have std 0.25 instead of 1 (the paper sets tanh's biases to 0.5 too; here they are 0); 6,000 steps in place of 750,000. The
small setting makes 500 steps and counts t ten times as fast.
"""

from itertools import pairwise

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

MOMENTUM = Claim("momentum is crucial (squared error of NAG / of plain SGD)", 1, 0.1, "five seeds: 0.51 to 0.53", "<")
NAG = Claim("NAG does at least as well as CM (squared error of NAG / of CM)", 1.03, 0, "five seeds: 0.99 to 1", "<")
START = Claim(
    "poorly initialized, momentum does not help (error with std 0.01 / sparse)", 1, 0.3, "five seeds: 1.9 to 2.1", ">"
)
RUNS = {
    "SGD": (sn.SGD, sn.Sparse(15, 0.25), 0.0),
    "CM, μ 0.99": (sn.Momentum, sn.Sparse(15, 0.25), 0.99),
    "NAG, μ 0.99": (sn.Nesterov, sn.Sparse(15, 0.25), 0.99),
    "NAG, μ 0.99, std 0.01": (sn.Nesterov, sn.Normal(0.01), 0.99),
}
WIDTHS = [784, 100, 50, 20, 50, 100]


def main(full: bool = False, seed: int = 0) -> Result:
    steps, faster = (6000, 1) if full else (500, 10)
    images = sn.load_mnist()[0][: 20000 if full else 5000][0]
    figure = plots.new_figure(7, 4.6, None)
    axes = figure.subplots()
    last, lines = {}, []
    for i, (label, (optimizer, init, most)) in enumerate(RUNS.items()):
        pairs = pairwise(WIDTHS)
        layers = [layer for n_in, n_out in pairs for layer in (sn.Affine(n_in, n_out, init), sn.Tanh())]
        net = sn.Network([*layers, sn.Affine(100, 784, init)], seed)

        def schedule(trainer: sn.Trainer, most: float = most) -> None:
            if most:
                halvings = np.log2(faster * trainer.steps // 250 + 1)
                trainer.optimizer.momentum = float(min(1 - 2 ** (-1 - halvings), most))  # type: ignore[attr-defined]

        trainer = sn.Trainer(net, optimizer(0.5), sn.MSE(), batch_size=200, seed=seed)
        loss = 784 * np.array(trainer.fit((images, images), steps=steps, on_step=schedule, progress=False).loss)
        window = steps // 20
        smooth = np.convolve(loss, np.ones(window) / window, "valid")
        last[label] = float(smooth[-1])
        axes.plot(np.arange(window, steps + 1), smooth, label=label, **plots.style(i))
        lines.append(f"{label}: squared error {last[label]:.1f}")
    axes.set(xlabel="step", ylabel="squared error per image", yscale="log")
    axes.legend()
    nag = last["NAG, μ 0.99"]
    measured = {MOMENTUM: nag / last["SGD"], NAG: nag / last["CM, μ 0.99"], START: last["NAG, μ 0.99, std 0.01"] / nag}
    return Result(figure, measured, "\n".join(lines))


if __name__ == "__main__":
    script(main)
