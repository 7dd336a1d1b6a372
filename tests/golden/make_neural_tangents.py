"""Writes neural_tangents.npz: the kernels of infinitely wide networks as neural-tangents computes them, in float64.

The tests need the file only. To write it anew, in a Python 3.11 of its own (these versions go with no newer one):

    python3.11 -m venv nt
    nt/bin/pip install neural-tangents==0.6.5 jax==0.4.23 jaxlib==0.4.23 "numpy<2" "scipy<1.13"
    JAX_PLATFORMS=cpu nt/bin/python tests/golden/make_neural_tangents.py

It ends with a check of every number against formulas that are not neural-tangents'.

The kernel of a layer is K[i, j] = E h(xᵢ) h(xⱼ), the mean over all networks of the product of one unit's outputs for the
inputs i and j. Weights have variance sigma_w2 / fan_in, biases sigma_b2. A layer is an affine one and an activation:
`pre` is what comes out of the affine layer, `post` out of the activation. With N inputs and L layers, of "<case>.<array>"
(`pre` is written out; all of it stands for `post` too, apart from the two marked so):

    x             (N, n_in)    the inputs
    sigma_w2, sigma_b2  ()     σ_w² and σ_b² of every layer
    layers        (6,)         the layers whose kernels are kept, counted from 1; the other arrays have every layer
    pre           (6, N, N)    K, which is not centred, at those layers
    pre_second    (L,)         meanᵢ Kᵢᵢ: the second moment
    pre_within    (L,)         √(meanᵢ Kᵢᵢ − meanᵢⱼ Kᵢⱼ), over all i and j: the spread of a unit across the inputs
    pre_std       (L,)         √(meanᵢ Kᵢᵢ − M²): the spread of all numbers of the layer, pooled
    pre_correlation (L,)       the mean over i ≠ j of Kᵢⱼ / √(Kᵢᵢ Kⱼⱼ): the cosine of two inputs' outputs
    post_means    (L, N)       (post only) mᵢ = E φ(u), u ~ N(0, pre Kᵢᵢ); that of an affine layer is 0
    post_mean     (L,)         (post only) M = meanᵢ mᵢ

The cases of that kind, 15 layers each: "ReLU", "ReLU+bias", "LeakyReLU(0.2)", "GELU+bias" (the exact one), "sin+bias",
"sin", "erf+bias" and "erf+large bias"; φ is sin(x) and erf(x) without any factor. In the last one all inputs come to have
the same output: `within` falls to a thousandth of `std`.

"residual": x₀ = stem(x), then five times x + second(ReLU(first(x))), all affine with biases. sigma_w2 (3,) is that of stem,
first and second. In place of `pre` and `post` there are `stem` (one layer), `first`, `relu`, `second` and `block` (the sum),
(5, N, N) each (`second` without its kernel), with their numbers, such as block_within (5,); relu alone has means.

"convolution": four times convolution and ReLU, then flattened, then affine. x is (N, H, W, n_in), channels last. Windows are
3 × 3, fan_in is 9 n_in; strides (4,) and pads (4,) are in the file, and stand for

    out[n, h, w] = Σᵢⱼ x[n, h s + i − p, w s + j − p] W[i, j] + b

neural-tangents' SAME is p = 1 where the stride is 1, and also at stride 2 for images of odd height and width, as here.
Each number of an output is a unit. Kernels are those of one place, pre1 … pre4 and post1 … post4, (N, N, H', W'); `flatten`
and `dense` are (N, N). In the numbers, pre_within (4,) and so on, flatten_within () and dense_within (), every mean over i
is one over i and the places; the correlation is that of the kernel's mean over the places. sigma_w2 and sigma_b2 are (5,).

Accuracy: float64 leaves each K with an error of some 1e-15 of it, so that the relative error of `within` is about
1e-15 · second / within². Where within² < 1e-10 · second it is stored as NaN; in this file that is nowhere, and the check
finds every `within` right to 1e-10, all else to 1e-13, in place of the 1e-4 that is needed.
"""

import math
import warnings
import zlib
from pathlib import Path

import jax
import neural_tangents
import numpy as np
from neural_tangents import stax
from scipy import special

jax.config.update("jax_enable_x64", True)
warnings.filterwarnings("ignore", message="`FanIn` layers assume independent inputs")  # a fresh affine layer ends the branch

FILE = Path(__file__).with_name("neural_tangents.npz")
DEPTH, BLOCKS, KEPT = 15, 5, np.array([1, 2, 3, 5, 10, 15])
SLOPE = 0.2

# case -> (activation, sigma_w2, sigma_b2)
DENSE = {
    "ReLU": (stax.Relu(), 2.0, 0.0),
    "ReLU+bias": (stax.Relu(), 1.5, 0.3**2),
    "LeakyReLU(0.2)": (stax.LeakyRelu(SLOPE), 2 / (1 + SLOPE**2), 0.0),
    "GELU+bias": (stax.Gelu(approximate=False), 2.0, 0.1),
    "sin+bias": (stax.Sin(), 1.5, 0.05),
    "sin": (stax.Sin(), 0.8, 0.0),
    "erf+bias": (stax.Erf(), 1.7, 0.05),
    "erf+large bias": (stax.Erf(), 0.8, 0.5),
}
STEM, FIRST, SECOND = 1.5, 2.0, 1.0  # sigma_w2 of the residual network
STRIDES, PADS = (1, 2, 1, 1), (1, 1, 1, 1)
CONVOLUTION, LAST = 2.0, 1.0  # sigma_w2 of the convolutions and of the affine layer after them
BIAS = 0.1**2  # sigma_b2 of both


def random_for(case: str) -> np.random.Generator:
    """A generator of each case's own, so that a case more changes no other."""
    return np.random.default_rng(zlib.crc32(case.encode()))


def inputs(case: str, rows: int, *shape: int) -> np.ndarray:
    """Rows that share a pattern, some with its sign turned, of lengths from .4 to 2 times √n: alike, unlike and opposed."""
    rng = random_for(case)
    share = rng.uniform(-0.5, 0.95, rows)
    length = rng.permutation(np.geomspace(0.4, 2, rows))
    pattern, own = rng.standard_normal(math.prod(shape)), rng.standard_normal((rows, math.prod(shape)))
    x = length[:, None] * (share[:, None] * pattern + np.sqrt(1 - share[:, None] ** 2) * own)
    return x.reshape(rows, *shape)


def affine(sigma_w2: float, sigma_b2: float):
    # The width is nothing to a kernel.
    return stax.Dense(1, W_std=math.sqrt(sigma_w2), b_std=math.sqrt(sigma_b2) if sigma_b2 else None)


def convolution(sigma_w2: float, sigma_b2: float, stride: int):
    return stax.Conv(1, (3, 3), (stride, stride), "SAME", W_std=math.sqrt(sigma_w2), b_std=math.sqrt(sigma_b2))


def through(layer, x):
    """The kernel after one layer, of an array of inputs or of the kernel before it."""
    _, _, kernel = layer
    return kernel(x, None) if isinstance(x, np.ndarray) else kernel(x)


def matrix(kernel) -> np.ndarray:
    """K[i, j], or K[i, j, h, w] of the same place for images."""
    if kernel.is_reversed:  # after every other convolution neural-tangents has width before height
        kernel = kernel.reverse()
    K = np.asarray(kernel.nngp)
    assert K.dtype == np.float64
    return np.einsum("ijhhww->ijhw", K) if K.ndim == 6 else K


def means(activation, q: np.ndarray) -> np.ndarray:
    """m = E φ(√q z) for each number of q, from neural-tangents as well.

    Two inputs of norms √q and √q' at right angles have E φ(u) φ(v) = m m'. So a second set of inputs, at right angles to
    the first, has m² on the diagonal of the kernel between both. (m is 0 or positive for every activation here.)
    """
    root, none = np.diag(np.sqrt(2 * q.size * q.ravel())), np.zeros((q.size, q.size))
    _, _, kernel = stax.serial(affine(1.0, 0.0), activation)
    squares = np.diag(kernel(np.hstack([root, none]), np.hstack([none, root])).nngp)
    return np.sqrt(squares).reshape(q.shape)


def diagonal(K: np.ndarray) -> np.ndarray:
    """Kᵢᵢ, (N,) or (N, H, W)."""
    return np.moveaxis(np.diagonal(K), -1, 0)


def numbers(K: np.ndarray, m: np.ndarray | None = None) -> dict:
    """What is said of one layer, from its kernel and, where they are not 0, its means."""
    q = diagonal(K)
    within2 = q.mean() - K.mean()
    of_inputs = K.reshape(len(K), len(K), -1).mean(axis=2)
    cosines = of_inputs / np.sqrt(np.outer(np.diag(of_inputs), np.diag(of_inputs)))
    found = {
        "second": q.mean(),
        "within": np.sqrt(within2) if within2 > 1e-10 * q.mean() else np.nan,
        "std": np.sqrt(q.mean() - (0 if m is None else m.mean()) ** 2),
        "correlation": cosines[~np.eye(len(K), dtype=bool)].mean(),
    }
    return found if m is None else found | {"mean": m.mean(), "means": m}


def keep(arrays: dict, name: str, Ks: list, ms: list | None = None) -> None:
    """The numbers of several layers, under name_…"""
    of_layers = [numbers(K, m) for K, m in zip(Ks, ms or [None] * len(Ks), strict=True)]
    for key in of_layers[0]:
        if not (key == "means" and Ks[0].ndim > 2):
            arrays[f"{name}_{key}"] = np.array([of_layer[key] for of_layer in of_layers])


def dense(case: str) -> dict:
    activation, sigma_w2, sigma_b2 = DENSE[case]
    x = inputs(case, 20, 50)
    kernel, pres, posts, ms = x, [], [], []
    for _ in range(DEPTH):
        kernel = through(affine(sigma_w2, sigma_b2), kernel)
        pres.append(matrix(kernel))
        ms.append(means(activation, diagonal(pres[-1])))
        kernel = through(activation, kernel)
        posts.append(matrix(kernel))
    arrays = {"x": x, "sigma_w2": sigma_w2, "sigma_b2": sigma_b2, "layers": KEPT}
    arrays |= {"pre": np.array(pres)[KEPT - 1], "post": np.array(posts)[KEPT - 1]}
    keep(arrays, "pre", pres)
    keep(arrays, "post", posts, ms)
    return arrays


def residual() -> dict:
    x = inputs("residual", 20, 50)
    first, relu, second = affine(FIRST, BIAS), stax.Relu(), affine(SECOND, BIAS)
    branch = stax.serial(first, relu, second)
    block = stax.serial(stax.FanOut(2), stax.parallel(stax.Identity(), branch), stax.FanInSum())
    kernel = through(affine(STEM, BIAS), x)
    kernels = {"stem": [matrix(kernel)], "first": [], "relu": [], "second": [], "block": []}
    ms = []
    for _ in range(BLOCKS):
        inner = through(first, kernel)
        kernels["first"].append(matrix(inner))
        ms.append(means(relu, diagonal(matrix(inner))))
        inner = through(relu, inner)
        kernels["relu"].append(matrix(inner))
        kernels["second"].append(matrix(through(second, inner)))
        kernel = through(block, kernel)
        kernels["block"].append(matrix(kernel))
    arrays = {"x": x, "sigma_w2": np.array([STEM, FIRST, SECOND]), "sigma_b2": BIAS}
    for name, Ks in kernels.items():
        if name != "second":  # its kernel follows from that of relu at once, and the file is not to grow
            arrays[name] = np.array(Ks)
        keep(arrays, name, Ks, ms if name == "relu" else None)
    return arrays


def images() -> dict:
    x = inputs("convolution", 6, 7, 9, 3)
    arrays = {"x": x, "sigma_w2": np.array([CONVOLUTION] * 4 + [LAST]), "sigma_b2": np.full(5, BIAS)}
    arrays |= {"strides": np.array(STRIDES), "pads": np.array(PADS)}
    kernel, pres, posts, ms = x, [], [], []
    for stride in STRIDES:
        kernel = through(convolution(CONVOLUTION, BIAS, stride), kernel)
        pres.append(matrix(kernel))
        ms.append(means(stax.Relu(), diagonal(pres[-1])))
        kernel = through(stax.Relu(), kernel)
        posts.append(matrix(kernel))
    for layer, (pre, post) in enumerate(zip(pres, posts, strict=True), start=1):
        arrays |= {f"pre{layer}": pre, f"post{layer}": post}
    keep(arrays, "pre", pres)
    keep(arrays, "post", posts, ms)
    kernel = through(stax.Flatten(), kernel)
    arrays["flatten"] = matrix(kernel)
    arrays["dense"] = matrix(through(affine(LAST, BIAS), kernel))
    # Flattening leaves every number as it was, with its mean.
    one_layer = {"flatten": numbers(arrays["flatten"], ms[-1]), "dense": numbers(arrays["dense"])}
    for name, found in one_layer.items():
        arrays |= {f"{name}_{key}": value for key, value in found.items() if key != "means"}
    return arrays


# What follows checks the numbers against formulas of another form, in long double where there is a closed one.
PI = 4 * np.arctan(np.longdouble(1))


def outer(q: np.ndarray) -> np.ndarray:
    return np.einsum("i...,j...->ij...", q, q)


def cosine(K: np.ndarray) -> np.ndarray:
    return np.clip(K / np.sqrt(outer(diagonal(K))), -1, 1)


def abs_relu_kernel(slope: float):
    """φ(u) = (1 + a)/2 u + (1 − a)/2 |u|, and E |u| |v| = 2/π √(q q') (√(1 − c²) + c arcsin c): the arc-cosine kernel."""

    def after(K):
        c = cosine(K)
        absolute = 2 / PI * np.sqrt(outer(diagonal(K))) * (np.sqrt(1 - c**2) + c * np.arcsin(c))
        return ((1 + slope) / 2) ** 2 * K + ((1 - slope) / 2) ** 2 * absolute

    return after


def sin_kernel(K):
    """E sin u sin v = e^(−(q + q')/2) sinh k"""
    q = diagonal(K)
    return np.exp(-(q[:, None] + q) / 2) * np.sinh(K)


def erf_kernel(K):
    """E erf u erf v = 2/π arcsin(2 k / √((1 + 2 q)(1 + 2 q')))"""
    return 2 / PI * np.arcsin(2 * K / np.sqrt(outer(1 + 2 * diagonal(K))))


def gelu_kernel(K):
    """Given u, v is N(μ, s²), and E v Φ(v) = μ Φ(t) + s²/√(1 + s²) Φ'(t), t = μ/√(1 + s²); then a sum over a grid of u."""
    z = np.linspace(-14, 14, 2801)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    q = diagonal(K).astype(np.float64)
    u = np.sqrt(q)[:, None] * z
    mu = (K / diagonal(K)[:, None]).astype(np.float64)[:, :, None] * u[:, None, :]
    s2 = np.maximum(diagonal(K) - K**2 / diagonal(K)[:, None], 0).astype(np.float64)[:, :, None]
    t = mu / np.sqrt(1 + s2)
    gelu_v = mu * special.ndtr(t) + s2 / np.sqrt(1 + s2) * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
    return np.einsum("iz,ijz->ij", u * special.ndtr(u) * weight, gelu_v).astype(np.longdouble)


ACTIVATIONS = {  # by the case's name up to its +: the kernel after it, and m, of q
    "ReLU": (abs_relu_kernel(0.0), lambda q: np.sqrt(q / (2 * PI))),
    "LeakyReLU(0.2)": (abs_relu_kernel(SLOPE), lambda q: (1 - SLOPE) * np.sqrt(q / (2 * PI))),
    "GELU": (gelu_kernel, lambda q: q / np.sqrt(2 * PI * (1 + q))),
    "sin": (sin_kernel, np.zeros_like),
    "erf": (erf_kernel, np.zeros_like),
}


def correlated(K: np.ndarray, stride: int, pad: int) -> np.ndarray:
    """The mean under each window of the same-place kernel, zeros around it: what a convolution of σ_w² = 1 does."""
    K = np.pad(K, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(K, (3, 3), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].mean(axis=(4, 5))


class Check:
    """The largest difference of each kind of number, as a part of the number (of a kernel: of √(Kᵢᵢ Kⱼⱼ))."""

    def __init__(self) -> None:
        self.worst = {"K": 0.0, "within": 0.0, "others": 0.0}
        self.least = np.inf  # the least within² / second, on which the accuracy of `within` hangs

    def note(self, kind: str, found, wanted, scale=None) -> None:
        scale = np.abs(wanted) if scale is None else scale
        difference = np.abs(found - wanted) / np.where(scale > 0, scale, 1)
        assert np.isfinite(difference).all(), f"{kind} is not known everywhere"
        self.worst[kind] = max(self.worst[kind], float(np.max(difference)))

    def layer(self, K, arrays: dict, name: str, layer: int | None, kernel=None, m=None) -> None:
        if kernel is not None:
            self.note("K", kernel, K, np.sqrt(outer(diagonal(K))))
        for key, wanted in numbers(K, m).items():
            if f"{name}_{key}" in arrays:
                found = arrays[f"{name}_{key}"]
                self.note("within" if key == "within" else "others", found if layer is None else found[layer], wanted)
        self.least = min(self.least, float((diagonal(K).mean() - K.mean()) / diagonal(K).mean()))


def gram(x: np.ndarray) -> np.ndarray:
    """K of the inputs: the mean over the last axis of the products, in long double."""
    x = x.astype(np.longdouble)
    return np.einsum("i...c,j...c->ij...", x, x) / x.shape[-1]


def check_dense(case: str, arrays: dict) -> Check:
    after, mean = ACTIVATIONS[case.partition("+")[0]]
    check, K = Check(), gram(arrays["x"])
    for layer in range(DEPTH):
        kept = list(KEPT).index(layer + 1) if layer + 1 in KEPT else None
        K = arrays["sigma_w2"] * K + arrays["sigma_b2"]
        check.layer(K, arrays, "pre", layer, None if kept is None else arrays["pre"][kept])
        m, K = mean(diagonal(K)), after(K)
        check.layer(K, arrays, "post", layer, None if kept is None else arrays["post"][kept], m)
    return check


def check_residual(arrays: dict) -> Check:
    after, mean = ACTIVATIONS["ReLU"]
    check, K = Check(), STEM * gram(arrays["x"]) + BIAS
    check.layer(K, arrays, "stem", 0, arrays["stem"][0])
    for layer in range(BLOCKS):
        first = FIRST * K + BIAS
        relu = after(first)
        second = SECOND * relu + BIAS
        K = K + second
        check.layer(first, arrays, "first", layer, arrays["first"][layer])
        check.layer(relu, arrays, "relu", layer, arrays["relu"][layer], mean(diagonal(first)))
        check.layer(second, arrays, "second", layer)
        check.layer(K, arrays, "block", layer, arrays["block"][layer])
    return check


def check_images(arrays: dict) -> Check:
    after, mean = ACTIVATIONS["ReLU"]
    check, K = Check(), gram(arrays["x"])
    for layer, (stride, pad) in enumerate(zip(STRIDES, PADS, strict=True)):
        K = CONVOLUTION * correlated(K, stride, pad) + BIAS
        check.layer(K, arrays, "pre", layer, arrays[f"pre{layer + 1}"])
        m, K = mean(diagonal(K)), after(K)
        check.layer(K, arrays, "post", layer, arrays[f"post{layer + 1}"], m)
    K = K.mean(axis=(2, 3))
    check.layer(K, arrays, "flatten", None, arrays["flatten"], m)
    check.layer(LAST * K + BIAS, arrays, "dense", None, arrays["dense"])
    return check


def main() -> None:
    cases = {case: dense(case) for case in DENSE} | {"residual": residual(), "convolution": images()}
    plain = {f"{case}.{key}": np.asarray(value) for case, arrays in cases.items() for key, value in arrays.items()}
    versions = {"neural_tangents": neural_tangents.__version__, "jax": jax.__version__, "numpy": np.__version__}
    np.savez_compressed(FILE, **{name: np.array(version) for name, version in versions.items()}, **plain)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, {len(plain)} arrays")
    for case, arrays in cases.items():
        special_check = {"residual": check_residual, "convolution": check_images}.get(case)
        check = special_check(arrays) if special_check else check_dense(case, arrays)
        differences = ", ".join(f"{kind} {worst:.1e}" for kind, worst in check.worst.items())
        print(f"{case}: largest relative difference of {differences}; least within² / second {check.least:.1e}")
        assert max(check.worst["K"], check.worst["others"]) < 1e-13 and check.worst["within"] < 1e-10, case


if __name__ == "__main__":
    main()
