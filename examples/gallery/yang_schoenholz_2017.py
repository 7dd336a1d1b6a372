"""Do gradients of residual networks explode exponentially? Yang & Schoenholz 2017: tanh with skip connections does not.

Source: Greg Yang and Samuel S. Schoenholz, "Mean Field Residual Networks: On the Edge of Chaos", NeurIPS 2017,
arXiv:1712.08969. Compared with the abstract alone.

Same: reduced residual networks x ← x + tanh(W x + b) before training, with σ_w and σ_b; the size of the gradient at each
layer against the recursion of mean field theory; the same without skip connections.

Scaled down: width 200 and depth 32 instead of 1,000 and more in the small setting; digits of MNIST as inputs. Theory is
`sn.predict_spread`, which makes the paper's recursion with the images' own lengths.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

RECURSION = Claim(
    "the mean field recursion predicts the growth of the gradient (log measured / log predicted)",
    1,
    0.08,
    "five seeds at width 200: 0.97 to 1.02",
)
SUB = Claim(
    "with skip connections it is less than exponential: log growth over layers 17 to 32 / over layers 1 to 16",
    1,
    0.15,
    "an exponential gives 1, √depth 0.41; five seeds: 0.49 to 0.51",
    "<",
)
PLAIN = Claim("without them it is exponential (the same ratio)", 1, 0.25, "five seeds: 0.9 to 1.18")


def sizes(spread: sn.Spread, kind: str) -> np.ndarray:
    """rms of the gradient at the output of each block, or of each tanh."""
    return np.array([layer.grad_rms for layer in spread.layers if layer.name.startswith(kind) and "." not in layer.name])


def main(full: bool = False, seed: int = 0) -> Result:
    width, depth, rows = (1000, 32, 500) if full else (200, 32, 200)
    x, t = sn.load_mnist()[0][:rows]
    init, bias = sn.VarianceScaling(1.5**2), sn.Normal(0.2)
    blocks = [sn.Residual([sn.Affine(width, width, init, bias), sn.Tanh()]) for _ in range(depth)]
    plain = [layer for _ in range(depth) for layer in (sn.Affine(width, width, init, bias), sn.Tanh())]
    nets = {
        "Residual": sn.Network([sn.Affine(784, width, init), *blocks, sn.Affine(width, 10, sn.LeCun())], seed),
        "Tanh": sn.Network([sn.Affine(784, width, init), *plain, sn.Affine(width, 10, sn.LeCun())], seed),
    }
    figure = plots.new_figure(7, 4.8, None)
    axes = figure.subplots()
    logs, lines, at = {}, [], np.arange(1, depth + 1)
    for i, (kind, label) in enumerate({"Residual": "with skip connections", "Tanh": "without"}.items()):
        measured, predicted = (sizes(spread(nets[kind], x, t), kind) for spread in (sn.measure_spread, sn.predict_spread))
        logs[kind] = np.log(measured)
        axes.plot(at, measured / measured[-1], "o", markersize=4, color=plots.COLOURS[i], label=f"{label}, measured")
        axes.plot(at, predicted / predicted[-1], label=f"{label}, theory", **plots.style(i))
        lines.append(
            f"{label}: gradient of the first block / of the last {measured[0] / measured[-1]:.3g} measured, "
            f"{predicted[0] / predicted[-1]:.3g} predicted"
        )
        if kind == "Residual":
            ratio = float(np.log(measured[0] / measured[-1]) / np.log(predicted[0] / predicted[-1]))
    axes.set(xlabel="layer", ylabel="rms of the gradient / that of the last layer", yscale="log")
    axes.legend()
    bend = {kind: float((log[15] - log[31]) / (log[0] - log[15]) * 15 / 16) for kind, log in logs.items()}
    return Result(figure, {RECURSION: ratio, SUB: bend["Residual"], PLAIN: bend["Tanh"]}, "\n".join(lines))


if __name__ == "__main__":
    script(main)
