"""Do activations keep their length in every single network? Hanin & Rolnick 2018: lengths against depth, and their
variance.

Source: Boris Hanin and David Rolnick, "How to Start Training: The Effect of Initialization and Architecture", NeurIPS 2018,
arXiv:1803.01719. Compared with the abstract alone.

Same: ReLU networks with no biases; M_d = |activations|² / width at depth d, relative to the input's, averaged over random
networks, for weights of variance 1/n, 2/n (He) and more; the spread of M_d over networks against Σ 1/n.

Scaled down: the small setting has 300 networks, the full one 2,000, of depth 20, one random input. Different: the paper
shows the variance by its effect on training; here it is measured as the variance of log M_d. It is about 5 Σ 1/n, since one
layer multiplies E[M²] / E[M]² by 1 + 5/n.
"""

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

MEAN = Claim("variance 2/fan-in: the mean length stays 1 (M_d at depth 20)", 1, 0.6, "5 standard errors of 300 networks")
VANISH = Claim(
    "variance 1/fan-in: the mean length falls as 2^−d (log2 of the factor per layer)", -1, 0.1, "3 standard errors"
)
SUM = Claim(
    "its variance depends on Σ 1/n alone (greatest / least of three shapes)",
    1,
    0.6,
    "five seeds of 150 networks: 1.07 to 1.54",
)
GROWS = Claim("the variance of log M grows with Σ 1/n (at twice the sum / at the sum)", 1.3, 0.1, "theory: 2; as above", ">")
SHAPES = {"60 × 20": [60] * 20, "30 × 10": [30] * 10, "5 × 20, 60": [20] * 5 + [60] * 5, "30 × 20": [30] * 20}


def lengths(widths: list[int], variance: float, networks: int, seed: int) -> np.ndarray:
    """(networks, depth): M_d of one random input in each network."""
    rows = []
    for i in range(networks):
        rng = np.random.default_rng([seed, i])
        signal = rng.standard_normal((1, widths[0]))
        signal *= np.sqrt(widths[0]) / np.linalg.norm(signal)
        row = []
        for n_in, n_out in zip([widths[0], *widths], widths, strict=False):
            init = sn.VarianceScaling(variance)
            signal = np.maximum(signal @ init((n_in, n_out), sn.Fans(n_in, n_out), rng), 0)
            row.append(float((signal**2).mean()))
        rows.append(row)
    return np.array(rows)


def main(full: bool = False, seed: int = 0) -> Result:
    networks = 2000 if full else 300
    figure = plots.new_figure(10, 4.4, None)
    left, right = figure.subplots(1, 2)
    means = {}
    for i, (label, variance) in enumerate({"1/n": 1.0, "2/n, He": 2.0, "2.5/n": 2.5}.items()):
        means[label] = lengths([60] * 20, variance, networks, seed).mean(axis=0)
        left.plot(np.arange(1, 21), means[label], label=f"variance {label}", **plots.style(i))
    left.set(xlabel="depth d", ylabel="mean of M_d / M_0", yscale="log")
    left.legend()
    spread = {label: float(np.log(lengths(w, 2.0, networks, seed + 1)[:, -1]).var()) for label, w in SHAPES.items()}
    sums = {label: sum(1 / width for width in widths) for label, widths in SHAPES.items()}
    for i, label in enumerate(SHAPES):
        right.plot(sums[label], spread[label], plots.MARKERS[i], color=plots.COLOURS[i], label=label)
    right.plot([0, 0.7], [0, 3.5], color="grey", label="5 Σ 1/n")
    right.set(xlabel="Σ 1/n over the layers", ylabel="variance of log M at the last layer")
    right.legend()
    same = [spread[label] for label in ("60 × 20", "30 × 10", "5 × 20, 60")]
    slope = float(np.log2(means["1/n"][-1] / means["1/n"][0]) / 19)
    text = ", ".join(f"{label}: Σ 1/n {sums[label]:.3f}, variance {spread[label]:.2f}" for label in SHAPES)
    grows = spread["30 × 20"] * 3 / sum(same)
    return Result(figure, {MEAN: means["2/n, He"][-1], VANISH: slope, SUM: max(same) / min(same), GROWS: grows}, text)


if __name__ == "__main__":
    script(main)
