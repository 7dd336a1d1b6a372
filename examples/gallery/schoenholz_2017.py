"""How deep can a network be before it stops learning? Schoenholz et al. 2017: trainable depth and 6 ξ.

Source: Samuel S. Schoenholz, Justin Gilmer, Surya Ganguli and Jascha Sohl-Dickstein, "Deep Information Propagation", ICLR
2017, arXiv:1611.01232. The paper's settings were not checked against it; others cite its limit as 6 ξ.

Same: tanh networks on MNIST with σ_b² = 0.05, σ_w² from 1 to 4 and many depths; accuracy after a short training, with the
line of 6 ξ, where ξ is the depth over which the correlation of two inputs approaches its limit.

Scaled down: width 100 instead of 300; test accuracy after 300 steps of momentum; the small setting has four networks of
depths far from the line, the full one a map. `examples/17_trainable_depth.py full` draws a finer map in a quarter of an
hour.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

SIX = Claim(
    "networks train to a depth of about 6 ξ (share of networks with accuracy > 0.5 within and < 0.5 beyond)",
    1,
    0.15,
    "near the line either may happen; far from it all agree, for five seeds",
)
DIVERGES = Claim("ξ diverges at the critical σ_w² (its ξ in layers)", 1000, 0, "σ_b² = 0.05 has it at 1.7610", ">")
BIAS = 0.05


def main(full: bool = False, seed: int = 0) -> Result:
    sizes = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0) if full else (1.0, 2.5, 4.0)
    depths = (8, 16, 32, 64, 96)
    reach = {size: 6 * sn.depth_scale(sn.Tanh, size, BIAS) for size in sizes}
    points = [(size, depth) for size in sizes for depth in (depths if full else ())]
    points += [] if full else [(1.0, 8), (1.0, 36), (4.0, 14), (4.0, 60)]
    train, test = sn.load_mnist()
    accuracy = {}
    for size, depth in points:
        net = sn.mlp(784, [100] * depth, 10, sn.Tanh, sn.VarianceScaling(size), sn.Normal(np.sqrt(BIAS)), seed=seed)
        sn.Trainer(net, sn.Momentum(0.001), batch_size=128, seed=seed).fit(train, steps=300, progress=False)
        accuracy[size, depth] = net.accuracy(*test[:1000])
    figure = plots.new_figure(7, 4.8, None)
    axes = figure.subplots()
    colours = axes.scatter(
        [s for s, _ in points],
        [d for _, d in points],
        c=list(accuracy.values()),
        s=140,
        marker="s",
        cmap="cividis",
        vmin=0,
        vmax=1,
    )
    figure.colorbar(colours, label="test accuracy after 300 steps")
    fine = np.linspace(0.9, 4.1, 150)
    axes.plot(fine, [6 * sn.depth_scale(sn.Tanh, size, BIAS) for size in fine], color="black", label="6 ξ")
    axes.set(xlabel="σ_w²", ylabel="depth L", ylim=(0, 110), xlim=(0.9, 4.1))
    axes.legend(loc="upper right")
    right = [(accuracy[size, depth] > 0.5) == (depth < reach[size]) for size, depth in points]
    lines = [f"σ_w² {s}, depth {d} (6 ξ = {reach[s]:.0f}): accuracy {accuracy[s, d]:.3f}" for s, d in points]
    critical = sn.depth_scale(sn.Tanh, sn.MeanField(sn.Tanh).critical(BIAS)[0], BIAS)
    return Result(figure, {SIX: float(np.mean(right)), DIVERGES: min(critical, 1e9)}, "\n".join(lines))


if __name__ == "__main__":
    script(main)
