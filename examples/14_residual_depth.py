"""Why do deep networks add a layer's input to its output? Thirty layers of 100 units on MNIST, with and without.

A residual branch, x + Affine(ReLU(Affine(x))), lets the signal and its gradient pass around it. But with He a branch adds
twice the variance of the signal: the std grows by √3 per block, and training diverges (a cross), unless BatchNorm comes
before each branch, or its last weights start at 0. BatchNorm without branches keeps the signal, but gradients explode.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots


def residual(depth: int, width: int, norm: bool = False, last: sn.Initializer = sn.He()) -> sn.Network:
    blocks = []
    for _ in range(depth // 2):
        branch = sn.Affine(width, width), sn.ReLU(), sn.Affine(width, width, last)
        blocks.append(sn.Residual([sn.BatchNorm(width), *branch] if norm else branch))
    return sn.Network([sn.Affine(784, width), *blocks, sn.Affine(width, 10)], seed=0)


def main(steps: int = 1000, depth: int = 30, width: int = 100, stem: str = "residual_depth") -> None:
    train, test = sn.load_mnist()
    nets = {
        "plain": sn.mlp(784, [width] * depth, 10, init=sn.He(), seed=0),
        "plain, BatchNorm": sn.mlp(784, [width] * depth, 10, init=sn.He(), seed=0, normalization=sn.BatchNorm),
        "residual": residual(depth, width),
        "residual, BatchNorm": residual(depth, width, norm=True),
        "residual, last weights 0": residual(depth, width, last=sn.Zeros()),
    }
    window = max(1, steps // 50)
    figure = plots.new_figure(11, 4.8, None)
    left, middle, right = figure.subplots(1, 3)
    for i, (label, net) in enumerate(nets.items()):
        spread = sn.measure_spread(net, *train[:1000])
        outputs = [layer for layer in spread.layers if layer.name.startswith(("ReLU", "Residual")) and "." not in layer.name]
        at = np.linspace(depth / len(outputs), depth, len(outputs))  # a residual block is two layers deep
        history = sn.Trainer(net, sn.SGD(lr=0.01), batch_size=100, seed=0).fit(train, steps=steps, test=test)
        middle.plot(at, [layer.std for layer in outputs], label=label, **plots.style(i))
        right.plot(at, [layer.grad_rms for layer in outputs], **plots.style(i))
        if history.diverged_at is None:
            means = np.convolve(history.loss, np.ones(window) / window, "valid")
            left.plot(np.arange(window, steps + 1), means, **plots.style(i))
        else:
            left.plot(history.diverged_at, 3, "X", color=plots.COLOURS[i], **plots.CROSS)
            print(f"{label}: diverged at step {history.diverged_at}")
        first, last, accuracy = outputs[0].grad_rms, outputs[-1].std, history.test_accuracy[-1]
        print(f"{label}: rms of the first gradient {first:.1e}, std of the last layer {last:.2g}, accuracy {accuracy:.3f}")
    left.set(yscale="log", xlabel="step", ylabel=f"cross-entropy, mean of {window} steps", title="training")
    left.yaxis.set(major_formatter="{x:g}", minor_formatter="{x:g}")
    middle.set(yscale="log", xlabel="depth, in layers", ylabel="std of activations", title="forward, before training")
    right.set(yscale="log", xlabel="depth, in layers", ylabel="rms of ∂loss/∂activation", title="backward, before training")
    figure.legend(loc="outside lower center", ncols=3, handlelength=3.5)
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
