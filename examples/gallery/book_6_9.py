"""Which optimizer learns MNIST fastest? The book's Fig. 6-9.

Source: Koki Saitoh, "Deep Learning from Scratch" (ゼロから作る Deep Learning), O'Reilly Japan, 2016, section 6.1.8;
optimizer_compare_mnist.py of chapter 6. The number of the figure was not checked against the book.

Same: MNIST, 784-100×4-10 with ReLU and He, batches of 128, 2,000 steps; SGD, Momentum and AdaGrad with learning rate 0.01,
Adam with 0.001, as the book's classes have them by default.

Scaled down: the small setting makes 500 steps. Different: all four start from the same weights and see the same batches.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

SLOWEST = Claim(
    "SGD is slowest: the others learn faster (the worst of their last losses / that of SGD)",
    1,
    0.1,
    "five seeds: 0.43 to 0.46",
    "<",
)
OPTIMIZERS = {"SGD": sn.SGD(0.01), "Momentum": sn.Momentum(0.01), "AdaGrad": sn.AdaGrad(0.01), "Adam": sn.Adam(0.001)}


def main(full: bool = False, seed: int = 0) -> Result:
    steps = 2000 if full else 500
    train, _ = sn.load_mnist()
    losses = {}
    for label, optimizer in OPTIMIZERS.items():
        trainer = sn.Trainer(sn.mlp(784, [100] * 4, 10, init=sn.He(), seed=seed), optimizer, batch_size=128, seed=seed)
        losses[label] = np.array(trainer.fit(train, steps=steps, progress=False).loss)
    figure = plots.new_figure(7, 4.6, None)
    axes = figure.subplots()
    for i, (label, loss) in enumerate(losses.items()):
        axes.plot(np.arange(20, steps - 19), np.convolve(loss, np.ones(40) / 40, "valid"), label=label, **plots.style(i))
    axes.set(xlabel="iterations", ylabel="loss", ylim=(0, 1))
    axes.legend()
    last = {label: float(loss[-100:].mean()) for label, loss in losses.items()}
    text = f"mean loss of the last 100 of {steps} steps: {', '.join(f'{label} {loss:.3f}' for label, loss in last.items())}"
    return Result(figure, {SLOWEST: max(last[label] for label in last if label != "SGD") / last["SGD"]}, text)


if __name__ == "__main__":
    script(main)
