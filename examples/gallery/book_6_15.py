"""How much does the start matter for learning? The book's Fig. 6-15.

Source: Koki Saitoh, "Deep Learning from Scratch" (ゼロから作る Deep Learning), O'Reilly Japan, 2016, section 6.2.4;
weight_init_compare.py of chapter 6. The number of the figure was not checked against the book.

Same: MNIST, 784-100×4-10 with ReLU, SGD with learning rate 0.01, batches of 128, 2,000 steps; std 0.01, Xavier (1/√n), He.

Scaled down: the small setting makes 800 steps. Different: all three see the same batches, and their weights are the same
random numbers in three sizes; the curves are means of 40 steps (the book smooths them with a window too).
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

STUCK = Claim("std 0.01: the loss does not fall (last loss / ln 10)", 1, 0.01, "five seeds: 0.999 to 1")
LEARNS = Claim("Xavier and He learn well (the worse last loss / ln 10)", 1, 0.1, "five seeds: 0.23 to 0.27", "<")
FASTER = Claim("He learns faster than Xavier (its last loss / that of Xavier)", 1, 0.05, "five seeds: 0.59 to 0.66", "<")
INITS = {"std 0.01": sn.Normal(0.01), "Xavier": sn.LeCun(), "He": sn.He()}


def main(full: bool = False, seed: int = 0) -> Result:
    steps = 2000 if full else 800
    train, _ = sn.load_mnist()
    losses = {}
    for label, init in INITS.items():
        trainer = sn.Trainer(sn.mlp(784, [100] * 4, 10, init=init, seed=seed), sn.SGD(0.01), batch_size=128, seed=seed)
        losses[label] = np.array(trainer.fit(train, steps=steps, progress=False).loss)
    figure = plots.new_figure(7, 4.6, None)
    axes = figure.subplots()
    for i, (label, loss) in enumerate(losses.items()):
        axes.plot(np.arange(20, steps - 19), np.convolve(loss, np.ones(40) / 40, "valid"), label=label, **plots.style(i))
    axes.set(xlabel="iterations", ylabel="loss", ylim=(0, 2.5))
    axes.legend()
    last = {label: float(loss[-100:].mean()) for label, loss in losses.items()}
    text = f"mean loss of the last 100 of {steps} steps: {', '.join(f'{label} {loss:.3f}' for label, loss in last.items())}"
    guess = np.log(10)
    worse = max(last["Xavier"], last["He"]) / guess
    return Result(figure, {STUCK: last["std 0.01"] / guess, LEARNS: worse, FASTER: last["He"] / last["Xavier"]}, text)


if __name__ == "__main__":
    script(main)
