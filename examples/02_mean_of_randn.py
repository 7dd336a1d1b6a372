"""randn has "mean 0, std 1". Why then is the mean of my 100 numbers 0.2245?

The mean of n draws is itself a draw, with std σ/√n: 0.1 for n = 100. So 95 % of means of 100 lie within ±0.196, and 0.2245
happens about once in 40 tries. The std of n draws varies too, by σ/√(2n). With the 78,400 weights of a 784 × 100 layer both
bands are narrow: mean 0 and std 1 hold for a whole layer, not for a handful of numbers.
"""

import math

import numpy as np
from matplotlib.figure import Figure

from scratchnet import plots

SEEN = 0.2245  # the mean of 100 numbers that made a reader ask


def main(most: int = 11_200, points: int = 800, seed: int = 0, stem: str = "mean_of_randn") -> None:
    rng = np.random.default_rng(seed)
    sizes = np.unique(np.geomspace(10, most, points).astype(int))
    draws = [rng.standard_normal(n) for n in sizes]
    figure = Figure(figsize=(10, 4.6), layout="constrained", dpi=120)
    left, right = figure.subplots(1, 2)
    panels = [
        (left, "mean", 0.0, [z.mean() for z in draws], 1.96 / np.sqrt(sizes), "±1.96 · σ/√n"),
        (right, "std", 1.0, [z.std() for z in draws], 1.96 / np.sqrt(2 * sizes), "1 ± 1.96 · σ/√(2n)"),
    ]
    for axes, name, centre, values, band, formula in panels:
        outside = np.abs(np.array(values) - centre) > band
        axes.fill_between(sizes, centre - band, centre + band, alpha=0.25, label=f"95 % band, {formula}")
        axes.plot(sizes, values, ".", markersize=3, color="black", label=f"{name} of randn(n)")
        axes.plot(sizes[outside], np.array(values)[outside], "x", color="#D55E00", label=f"{outside.mean():.1%} outside")
        axes.set(xscale="log", xlabel="n, how many numbers", ylabel=f"{name} of n draws of randn")
        print(f"{name}: {outside.sum()} of {len(sizes)} points outside the 95 % band, {outside.mean():.1%}")
    left.plot(100, SEEN, "*", color="#D55E00", markersize=14, label=f"the reader's {SEEN} at n = 100")
    for axes in (left, right):
        axes.legend(fontsize=9)
    away = SEEN * math.sqrt(100)
    p = math.erfc(away / math.sqrt(2))
    print(f"{SEEN} for n = 100 is {away:.3f} standard deviations of the mean away: p = {p:.1%}, one try in {1 / p:.0f}")
    print(f"for the 78,400 weights of a 784 x 100 layer the band is ±{1.96 / math.sqrt(78_400):.3f}")
    plots.save(figure, stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
