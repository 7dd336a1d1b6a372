"""Does batch normalization keep gradients in check? Yang et al. 2019: gradients explode with depth.

Source: Greg Yang, Jeffrey Pennington, Vinay Rao, Jascha Sohl-Dickstein and Samuel S. Schoenholz, "A Mean Field Theory of
Batch Normalization", ICLR 2019, arXiv:1902.08129. Theorem 8 has π / (π − 1), for the square of the gradient's norm and a
large batch.

Same: fully connected networks before training, batch normalization between weights and activation, batches of 128; the size
of the gradient at each layer, for ReLU, tanh and no activation.

Scaled down: width 200 instead of thousands in the small setting; digits of MNIST as the batch.
"""

from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

RELU = Claim(
    "ReLU: the gradient grows by √(π / (π − 1)) = 1.211 per layer, whatever the weights' variance",
    1.2112,
    0.03,
    "five seeds at width 200 give 1.20 to 1.22; the batch is finite",
)
LINEAR = Claim("without an activation it explodes least (growth / that of ReLU)", 1, 0.05, "five seeds vary by 0.01", "<")
SIZES = Claim(
    "other weights do not help (growth with std × 10 / growth)", 1, 0.01, "the normalization undoes the scale; ε is 1e-5"
)
KINDS = {"ReLU": sn.ReLU, "tanh": sn.Tanh, "none": sn.Identity}


def gradients(activation: type[sn.Layer], scale: float, width: int, depth: int, seed: int) -> np.ndarray:
    """The rms of the gradient at the output of each layer, from the first to the last."""
    x, t = sn.load_mnist()[0][:128]
    init = sn.VarianceScaling(2 * scale**2)
    net = sn.mlp(784, [width] * depth, 10, activation, init, seed=seed, normalization=sn.BatchNorm)
    criterion = sn.SoftmaxCrossEntropy()
    for layer in net.layers:
        layer.training = True
    criterion.forward(net.forward(x), t)
    dout: Any = criterion.backward()
    sizes = []
    for layer in reversed(net.layers[1:]):
        dout = layer.backward(dout)
        if isinstance(layer, sn.Affine):
            sizes.append(float(np.sqrt((dout.astype(float) ** 2).mean())))
    return np.array(sizes[::-1])


def main(full: bool = False, seed: int = 0) -> Result:
    width, depth = (1000, 50) if full else (200, 30)
    figure = plots.new_figure(7, 4.8, None)
    axes = figure.subplots()
    growth, at = {}, np.arange(1, depth + 1)
    for i, (label, activation) in enumerate(KINDS.items()):
        sizes = gradients(activation, 1.0, width, depth, seed)
        half = depth // 2  # away from the input, where rows are still unlike each other
        growth[label] = float((sizes[half // 2] / sizes[-5]) ** (1 / (depth - 5 - half // 2)))
        axes.plot(at, sizes / sizes[-1], label=f"{label}: {growth[label]:.3f} per layer", **plots.style(i))
    axes.plot(at, 1.2112 ** (depth - at), color="grey", linewidth=1, label="√(π / (π − 1)) = 1.211 per layer")
    axes.set(xlabel="layer", ylabel="rms of the gradient / that of the last layer", yscale="log")
    axes.legend()
    large = gradients(sn.ReLU, 10.0, width, depth, seed)
    other = float((large[depth // 2 // 2] / large[-5]) ** (1 / (depth - 5 - depth // 2 // 2)))
    text = ", ".join(f"{label} {factor:.4f}" for label, factor in growth.items()) + " per layer"
    measured = {RELU: growth["ReLU"], LINEAR: growth["none"] / growth["ReLU"], SIZES: other / growth["ReLU"]}
    return Result(figure, measured, text)


if __name__ == "__main__":
    script(main)
