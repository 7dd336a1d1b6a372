"""Can the data themselves choose the size of the weights? Mishkin & Matas 2016: LSUV against other starts.

Source: Dmytro Mishkin and Jiri Matas, "All you need is a good init", ICLR 2016, arXiv:1511.06422. The claims are in the
abstract.

Same: LSUV (orthonormal weights, each layer divided by the std of its outputs on a batch) against Xavier, He and orthonormal
weights, for ReLU and tanh, in a deep and thin network trained by SGD with momentum 0.9; test accuracy.

Scaled down: fully connected, 20 layers of 50 units, on MNIST, in place of FitNets and GoogLeNet on CIFAR-10 and ImageNet.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

UNIT = Claim(
    "each layer's outputs have variance 1 (largest distance from it, on images that LSUV has not seen)",
    0,
    0.3,
    "five seeds: 0.05 to 0.22; on its own batch it is below 0.1",
)
RELU = Claim(
    "ReLU: its accuracy is better than or equal to that of the other starts (advantage over the best)",
    -0.01,
    0,
    "'equal' is within 0.01, as two seeds are; five seeds: 0.009 to 0.035",
    ">",
)
TANH = Claim(
    "tanh: its accuracy is better than or equal to that of the other starts (advantage over the best)",
    0,
    0,
    "five seeds: −0.007 to −0.024, so it is always behind",
    ">",
    tried="400 and 3,000 steps with momentum, and SGD with 100 units (examples/18_lsuv.py): the best other start is ahead",
)
INITS = {"LSUV": sn.LSUV(), "OrthoNorm": sn.Orthogonal(), "Xavier": sn.Xavier(), "MSRA (He)": sn.He()}


def main(full: bool = False, seed: int = 0) -> Result:
    steps = 3000 if full else 400
    train, test = sn.load_mnist()
    batch, _ = train[:1000]
    figure = plots.new_figure(10, 4.4, None)
    accuracy, lines, farthest = {}, [], 0.0
    for axes, activation in zip(figure.subplots(1, 2, sharey=True), (sn.ReLU, sn.Tanh), strict=True):
        for i, (label, init) in enumerate(INITS.items()):
            net = sn.mlp(784, [50] * 20, 10, activation, init, seed=seed, images=batch)
            if label == "LSUV":
                layers = sn.measure_spread(net, test[:1000][0]).layers
                stds = [layer.std for layer in layers if layer.name.startswith("Affine") and layer.std]
                farthest = max(farthest, *(abs(std**2 - 1) for std in stds))
            trainer = sn.Trainer(net, sn.Momentum(0.01), batch_size=128, seed=seed)
            loss = np.array(trainer.fit(train, steps=steps, progress=False).loss)
            window = steps // 20
            axes.plot(
                np.arange(window, steps + 1),
                np.convolve(loss, np.ones(window) / window, "valid"),
                label=label,
                **plots.style(i),
            )
            accuracy[activation, label] = net.accuracy(*test[:])
            lines.append(f"{activation.__name__}, {label}: test accuracy {accuracy[activation, label]:.3f}")
        axes.set(title=activation.__name__, xlabel="step")
    figure.axes[0].set(ylabel=f"loss, mean of {window} steps")
    figure.axes[0].legend()
    best = {a: max(accuracy[a, label] for label in INITS if label != "LSUV") for a in (sn.ReLU, sn.Tanh)}
    relu, tanh = (accuracy[a, "LSUV"] - best[a] for a in best)
    return Result(figure, {UNIT: farthest, RELU: relu, TANH: tanh}, "\n".join(lines))


if __name__ == "__main__":
    script(main)
