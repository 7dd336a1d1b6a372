"""Does the start still matter with batch normalization? The book's Fig. 6-18: sixteen scales of weights, with and without.

784–100×5–10 with ReLU, SGD with learning rate .01, batches of 100, 20 epochs on the first 1,000 images. Without it only two
of the scales learn: with larger weights training diverges (a cross), with smaller ones the signal vanishes. With it every
layer comes back to std 1, whatever its weights are. Large weights learn slowly, since a step changes them relatively less.
With very small weights that fails too: ε = 1e-5, which is added to the variance, is then greater than the variance itself.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots

NORMALIZATIONS = {"with BatchNorm": sn.BatchNorm, "without": None}


def main(epochs: int = 20, scales: int = 16, depth: int = 5, stem: str = "batch_norm_sixteen_scales") -> None:
    train, _ = sn.load_mnist()
    few = train[:1000]
    panels: dict[str, dict[str, list[float]]] = {}
    for std in np.logspace(0, -4, scales):
        curves = panels[f"std {std:.2g}"] = {}
        for label, normalization in NORMALIZATIONS.items():
            net = sn.mlp(784, [100] * depth, 10, init=sn.Normal(std), seed=0, normalization=normalization)
            trainer = sn.Trainer(net, sn.SGD(lr=0.01), batch_size=100, seed=0)
            history = trainer.fit(few, epochs=epochs, evaluate_every=10)  # an epoch
            curves[label] = history.train_accuracy
            if history.diverged_at is not None:
                curves[label] = curves[label][:-1]  # the last one was taken after it diverged
        ends = {label: f"{curve[-1]:.3f}" if len(curve) == epochs else "diverged" for label, curve in curves.items()}
        print(f"std {std:<8.2g}", *(f"{label} {end:10}" for label, end in ends.items()))
    for label in NORMALIZATIONS:
        learnt = sum(len(curves[label]) == epochs and curves[label][-1] > 0.75 for curves in panels.values())
        print(f"{label}: {learnt} of {scales} scales are right on three images of four or more after {epochs} epochs")
    plots.save(plots.accuracy_panels(panels, title="Accuracy on 1,000 training images, by the std of the weights"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
