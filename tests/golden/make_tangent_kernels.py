"""Writes tangent_kernels.npz: neural tangent kernels as neural-tangents computes them, in float64.

The tests need the file only. To write it anew, in the environment that make_neural_tangents.py describes:

    JAX_PLATFORMS=cpu nt/bin/python tests/golden/make_tangent_kernels.py

Θ[i, j] = Σ over all parameters θ of E ∂f(xᵢ)/∂θ ∂f(xⱼ)/∂θ, where f is one output of the network. The parameters are those of
the standard parametrization: weights of variance sigma_w2 / fan_in, biases of variance sigma_b2, and layers of the widths
named here ("standard" in neural-tangents, Sohl-Dickstein et al. 2020). With N inputs, of "<case>.<array>":

    x      (N, n_in)  the inputs
    theta  (10, N, N) Θ of a network with 1, 2, …, 10 hidden layers

The cases of that kind: "ReLU", "ReLU+bias", "GELU+bias" (the exact one), "erf+bias", "sin+bias". WIDTHS are the widths of
the hidden layers. "residual" and "convolution" have one Θ (N, N) each; `residual` and `images` below build the networks.
"""

import math
import warnings
import zlib
from pathlib import Path

import jax
import numpy as np
from neural_tangents import stax

jax.config.update("jax_enable_x64", True)
warnings.filterwarnings("ignore", message="`FanIn` layers assume independent inputs")  # a fresh affine layer ends the branch

FILE = Path(__file__).with_name("tangent_kernels.npz")
WIDTHS = [40, 70] * 5
CLASSES = 10

# case -> (activation, sigma_w2, sigma_b2)
DENSE = {
    "ReLU": (stax.Relu(), 2.0, 0.0),
    "ReLU+bias": (stax.Relu(), 1.5, 0.3**2),
    "GELU+bias": (stax.Gelu(approximate=False), 2.0, 0.1),
    "erf+bias": (stax.Erf(), 1.7, 0.05),
    "sin+bias": (stax.Sin(), 1.5, 0.05),
}


def inputs(case: str, rows: int, *shape: int) -> np.ndarray:
    """Rows that share a pattern, of lengths from .6 to 1.5 times √n."""
    rng = np.random.default_rng(zlib.crc32(case.encode()))
    share = rng.uniform(-0.5, 0.95, rows)
    length = rng.permutation(np.geomspace(0.6, 1.5, rows))
    pattern, own = rng.standard_normal(math.prod(shape)), rng.standard_normal((rows, math.prod(shape)))
    x = length[:, None] * (share[:, None] * pattern + np.sqrt(1 - share[:, None] ** 2) * own)
    return x.reshape(rows, *shape)


def affine(n_out: int, sigma_w2: float, sigma_b2: float):
    return stax.Dense(n_out, W_std=math.sqrt(sigma_w2), b_std=math.sqrt(sigma_b2), parameterization="standard")


def convolution(n_out: int, sigma_w2: float, sigma_b2: float, stride: int):
    weights = {"W_std": math.sqrt(sigma_w2), "b_std": math.sqrt(sigma_b2), "parameterization": "standard"}
    return stax.Conv(n_out, (3, 3), (stride, stride), "SAME", **weights)


def theta(layers: list, x: np.ndarray) -> np.ndarray:
    _, _, kernel = stax.serial(*layers)
    return np.asarray(kernel(x, None, "ntk"))


def dense(case: str) -> dict:
    activation, *sigmas = DENSE[case]
    x, found, layers = inputs(case, 10, 20), [], []
    for width in WIDTHS:
        layers += [affine(width, *sigmas), activation]
        found.append(theta([*layers, affine(CLASSES, *sigmas)], x))
    return {"x": x, "theta": np.array(found)}


def residual() -> dict:
    x = inputs("residual", 10, 20)
    branch = stax.serial(affine(80, 2.0, 0.01), stax.Relu(), affine(40, 1.0, 0.01))
    block = stax.serial(stax.FanOut(2), stax.parallel(stax.Identity(), branch), stax.FanInSum())
    layers = [affine(40, 1.5, 0.01), block, block, block, stax.Relu(), affine(CLASSES, 1.0, 0.01)]
    return {"x": x, "theta": theta(layers, x)}


def images() -> dict:
    x = inputs("convolution", 6, 7, 9, 3)
    layers = [convolution(20, 2.0, 0.01, 1), stax.Relu(), convolution(30, 2.0, 0.01, 2), stax.Relu()]
    return {"x": x, "theta": theta([*layers, stax.Flatten(), affine(CLASSES, 1.0, 0.01)], x)}


def main() -> None:
    cases = {case: dense(case) for case in DENSE} | {"residual": residual(), "convolution": images()}
    plain = {f"{case}.{key}": value for case, arrays in cases.items() for key, value in arrays.items()}
    assert all(np.isfinite(value).all() and value.dtype == np.float64 for value in plain.values())
    np.savez_compressed(FILE, **plain)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, {len(plain)} arrays")


if __name__ == "__main__":
    main()
