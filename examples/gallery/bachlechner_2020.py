"""Does a gate that starts at 0 make deep networks learn faster? Bachlechner et al. 2020: ReZero.

Source: Thomas Bachlechner, Bodhisattwa Prasad Majumder, Huanru Henry Mao, Garrison W. Cottrell and Julian McAuley, "ReZero
is All You Need: Fast Convergence at Large Depth", UAI 2021, arXiv:2003.04887. The settings are those of the authors'
notebook (github.com/tbachlechner/ReZero-examples), the 1,500 % are in the abstract.

Same: fully connected ReLU layers, x ← x + α F(x) with α = 0 at the start (ReZero), against x ← F(x), x ← x + F(x), and x ←
norm(F(x)) with layer normalization; weights of variance 2/n, of 0.25/n in x + F(x); AdaGrad with learning rate 0.01;
training loss against steps.

Scaled down: 32 layers of 64 or 128 units instead of 64 of 256, MNIST in place of CIFAR-10, hundreds of steps.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

FASTER = Claim(
    "ReZero converges faster than plain layers, in the paper by 1,500 % (steps to a loss of 1: plain / ReZero)",
    2,
    0,
    "five seeds: 21 to 23",
    ">",
)
FIRST = Claim(
    "ReZero is the fastest (its steps to a loss of 1 / the least of the others)", 1, 0, "five seeds: 0.28 to 0.32", "<"
)


def layers(kind: str, n: int, depth: int) -> list[sn.Layer]:
    made: list[sn.Layer] = []
    for _ in range(depth):
        branch: list[sn.Layer] = [sn.Affine(n, n, sn.VarianceScaling(0.25 if kind == "residual" else 2)), sn.ReLU()]
        if kind == "plain":
            made += branch
        elif kind == "layer normalization":
            made += [*branch, sn.LayerNorm(n)]
        else:
            made.append(sn.Residual([*branch, sn.Scale(0)] if kind == "ReZero" else branch))
    return made


def main(full: bool = False, seed: int = 0) -> Result:
    width, steps = (128, 800) if full else (64, 300)
    train, _ = sn.load_mnist()
    figure = plots.new_figure(7, 4.6, None)
    axes = figure.subplots()
    times, lines = {}, []
    for i, kind in enumerate(("ReZero", "plain", "residual", "layer normalization")):
        net = sn.Network([sn.Affine(784, width), *layers(kind, width, 32), sn.Affine(width, 10)], seed)
        history = sn.Trainer(net, sn.AdaGrad(0.01), batch_size=128, seed=seed).fit(train, steps=steps, progress=False)
        loss = np.convolve(np.array(history.loss), np.ones(10) / 10, "valid")
        low = np.flatnonzero(loss < 1)
        times[kind] = int(low[0]) + 10 if low.size else steps
        axes.plot(np.arange(10, len(loss) + 10), loss, label=kind, **plots.style(i))
        lines.append(f"{kind}: loss below 1 {f'after {times[kind]} steps' if low.size else 'never'}, last {loss[-1]:.3g}")
    axes.set(xlabel="step", ylabel="training loss, mean of 10 steps", yscale="log")
    axes.legend()
    others = min(times[kind] for kind in times if kind != "ReZero")
    return Result(figure, {FASTER: times["plain"] / times["ReZero"], FIRST: times["ReZero"] / others}, "\n".join(lines))


if __name__ == "__main__":
    script(main)
