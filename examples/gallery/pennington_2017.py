"""Are all directions of the input stretched alike? Pennington, Schoenholz & Ganguli 2017: singular values of the Jacobian.

Source: Jeffrey Pennington, Samuel S. Schoenholz and Surya Ganguli, "Resurrecting the sigmoid in deep learning through
dynamical isometry: theory and practice", NeurIPS 2017, arXiv:1711.04735. Compared with the abstract alone.

Same: the distribution of the singular values of the input-output Jacobian before training, of linear, ReLU and tanh
networks, Gaussian and orthogonal, each with σ_w where the mean of the squared singular values is 1, at several depths.

Scaled down: width 150 and depth 16, or 500 and 32, instead of 1,000 and 128. Different: tanh in place of hard tanh.
"""

from collections.abc import Callable

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.gallery import Claim, Result, script

ISOMETRY = Claim("linear, orthogonal: all singular values are 1 (std of s²)", 0, 1e-4, "float32 rounds in each layer")
LINEAR = Claim("linear, Gaussian: the variance of s² is the depth L (divided by L)", 1, 0.3, "five seeds: 0.96 to 1.21")
TANH = Claim("tanh, orthogonal: it is L (μ₂ / μ₁² − 1) (measured / predicted)", 1, 0.25, "five seeds: 0.88 to 1.07")
RELU = Claim("ReLU, orthogonal: out of reach of isometry, as Gaussian (divided by L)", 1, 0.3, "five seeds: 1 to 1.17")
SIGMA_B = 0.03
SIGMA_W2, Q = sn.MeanField(sn.Tanh).critical(SIGMA_B**2)  # the edge of chaos: χ₁ = 1
KINDS = {
    "linear, Gaussian": (sn.Identity, sn.LeCun(), 0.0, 6),
    "linear, orthogonal": (sn.Identity, sn.Orthogonal(), 0.0, 2),
    "ReLU, orthogonal": (sn.ReLU, sn.Orthogonal(np.sqrt(2)), 0.0, 6),
    "tanh, orthogonal": (sn.Tanh, sn.Orthogonal(np.sqrt(SIGMA_W2)), SIGMA_B, 2),
}


def singular_values(kind: str, width: int, depth: int, seed: int) -> np.ndarray:
    """Those of ∂out/∂x at a random x, of the length at which tanh's layers keep it."""
    activation, init, bias, _ = KINDS[kind]
    layers = [layer for _ in range(depth) for layer in (sn.Affine(width, width, init, sn.Normal(bias)), activation())]
    x = np.sqrt((Q - SIGMA_B**2) / SIGMA_W2) * np.random.default_rng(seed).standard_normal((2, width))
    jacobian = sn.measure_spread(sn.Network(layers, seed), x).jacobian
    assert jacobian
    return np.array(jacobian.values)


def power_of_slope(power: int) -> Callable[[np.ndarray], np.ndarray]:
    """The power of tanh's derivative; μ₁ and μ₂ are the means of the second and the fourth."""
    return lambda z: (1 - np.tanh(z) ** 2) ** power


def relative_variance(values: np.ndarray) -> float:
    """Variance of s² over the square of its mean."""
    return float((values**2).var() / (values**2).mean() ** 2)


def main(full: bool = False, seed: int = 0) -> Result:
    width, depths = (500, (2, 8, 32)) if full else (150, (2, 8, 16))
    figure = plots.new_figure(10, 6.4, None)
    variances: dict[str, list[float]] = {}
    for axes, (kind, (_, _, _, limit)) in zip(figure.subplots(2, 2).flat, KINDS.items(), strict=True):
        for i, depth in enumerate(depths):
            values = singular_values(kind, width, depth, seed)
            look = {**plots.style(i), "histtype": "step", "label": f"L = {depth}"}
            axes.hist(np.minimum(values, limit), 60, range=(0, limit), density=True, **look)
            variances.setdefault(kind, []).append(relative_variance(values))
        axes.set(title=kind, xlabel="singular value s", ylabel="density", yscale="log", xlim=(0, limit), ylim=(1e-2, 50))
        axes.legend()
    field = sn.MeanField(sn.Tanh)
    mu_1, mu_2 = (float(field.average(power_of_slope(power), Q)) for power in (2, 4))
    predicted = depths[-1] * (mu_2 / mu_1**2 - 1)
    lines = [f"{kind}: variance of s² {np.round(each, 3)} at L = {depths}" for kind, each in variances.items()]
    measured = {
        ISOMETRY: float(np.sqrt(variances["linear, orthogonal"][-1])),
        LINEAR: variances["linear, Gaussian"][1] / depths[1],
        TANH: variances["tanh, orthogonal"][-1] / predicted,
        RELU: variances["ReLU, orthogonal"][1] / depths[1],
    }
    return Result(figure, measured, "\n".join([*lines, f"tanh, orthogonal: {predicted:.3g} predicted"]))


if __name__ == "__main__":
    script(main)
