"""Does the start still matter with batch normalization? The book's Fig. 6-18.

Source: Koki Saitoh, "Deep Learning from Scratch" (ゼロから作る Deep Learning), O'Reilly Japan, 2016, section 6.3.2;
batch_norm_test.py of chapter 6. The number of the figure was not checked against the book.

Same: 1,000 images of MNIST, 784-100×5-10 with ReLU, SGD with learning rate 0.01, batches of 100; 16 scales of the weights
from 1 to 10⁻⁴, 20 epochs; accuracy on the 1,000 images, with batch normalization (solid) and without (dashed).

Scaled down: the small setting has 6 scales and 8 epochs.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

FASTER = Claim(
    "with batch normalization learning is faster in nearly all cases (share of the scales)",
    0.75,
    0,
    "of 6 scales one, 0.16, goes the other way, for each of five seeds",
    ">",
)
FAILS = Claim(
    "without it nothing is learnt unless the scale is right (share of the scales with an accuracy below 0.5)",
    0.75,
    0,
    "of 6 scales all but one, for each of five seeds",
    ">",
)
NORMALIZATIONS = {"batch normalization": lambda n: sn.BatchNorm(n, epsilon=1e-6), "without": None}


def main(full: bool = False, seed: int = 0) -> Result:
    scales, epochs = (16, 20) if full else (6, 8)
    few = sn.load_mnist()[0][:1000]
    figure = plots.new_figure(10, 9 if full else 4.6, None)
    panels = figure.subplots(-(-scales // (4 if full else 3)), 4 if full else 3, sharex=True, sharey=True)
    lines, faster, failed = [], 0, 0
    for axes, std in zip(panels.flat, np.logspace(0, -4, scales), strict=True):
        areas, last = {}, {}
        for i, (label, normalization) in enumerate(NORMALIZATIONS.items()):
            net = sn.mlp(784, [100] * 5, 10, init=sn.Normal(std), seed=seed, normalization=normalization)
            trainer = sn.Trainer(net, sn.SGD(0.01), batch_size=100, seed=seed)
            curve = trainer.fit(few, epochs=epochs, evaluate_every=10, progress=False).train_accuracy
            curve = [*curve, *[float("nan")] * (epochs - len(curve))]  # it diverged
            axes.plot(np.arange(1, epochs + 1), curve, label=label, **plots.style(i))
            areas[label], last[label] = np.nan_to_num(curve, nan=0.1).mean(), np.nan_to_num(curve[-1], nan=0.1)
        faster += areas["batch normalization"] > areas["without"]
        failed += last["without"] < 0.5
        axes.set_title(f"std {std:.2g}", fontsize=10)
        lines.append(f"std {std:.2g}: " + ", ".join(f"{label} {accuracy:.3f}" for label, accuracy in last.items()))
    panels[0, 0].legend(fontsize=8)
    panels[0, 0].set(ylim=(0, 1))
    figure.supxlabel("epochs")
    figure.supylabel("accuracy on the training images")
    return Result(figure, {FASTER: faster / scales, FAILS: failed / scales}, "\n".join(lines))


if __name__ == "__main__":
    script(main)
