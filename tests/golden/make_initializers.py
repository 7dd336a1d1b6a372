"""Writes initializers.npz: the laws of PyTorch's, Keras' and JAX's initializers, for the tests to compare with.

The tests need the file only. To write it anew: pip install torch jax scipy, then run this script. Keras is not needed: its
laws are drawn here by the formulas of its documentation.

    "law <layer> <call>"   STATISTICS and quantiles at LEVELS: many draws for one layer, all their elements together
    "first <call>"         the same of the first element of many small weights, whose elements hang together
    "weight <call>"        one weight, in our layout: (n_in, n_out) or (height, width, n_in, n_out)
    "names <peer>"         all public names of torch.nn.init, keras.initializers and jax.nn.initializers
"""

import math
from pathlib import Path

import jax
import numpy as np
import torch
from scipy import stats

FILE = Path(__file__).parent / "initializers.npz"
LAYERS = {"dense": (300, 200), "convolution": (3, 3, 16, 32)}  # in our layout
LEAST = 1_000_000  # how many numbers at least make a law
SMALL, MANY = (5, 3), 20_000

STATISTICS = ["n", "mean", "std", "kurtosis", "least", "greatest"]
LEVELS = np.concatenate([[0.0002, 0.001, 0.005], np.linspace(0.01, 0.99, 59), [0.995, 0.999, 0.9998]])

jax.config.update("jax_enable_x64", True)
random = np.random.default_rng(2024)


def statistics(w) -> np.ndarray:
    w = np.ravel(w)
    d = w - w.mean()
    kurtosis = (d**4).mean() / (d**2).mean() ** 2
    quantiles = np.quantile(w, LEVELS, method="inverted_cdf")
    return np.concatenate([[w.size, w.mean(), w.std(), kurtosis, w.min(), w.max()], quantiles])


# Each peer: from a shape in our layout, and how many, to so many weights in our layout.


def from_torch(name: str, **settings):
    def draw(shape, times):
        theirs = (shape[-1], shape[-2], *shape[:-2])  # (n_out, n_in, height, width)
        weights = torch.empty((times, *theirs), dtype=torch.float64)
        for w in weights:
            getattr(torch.nn.init, name)(w, **settings)
        return np.moveaxis(weights.numpy(), (1, 2), (-1, -2))

    return draw


def from_jax(name: str, *arguments, **settings):
    made = getattr(jax.nn.initializers, name)
    init = made if name in ("zeros", "ones") else made(*arguments, **settings)

    def draw(shape, times):
        keys = jax.random.split(jax.random.key(len(shape)), times)
        return np.asarray(jax.vmap(lambda key: init(key, shape, np.float64))(keys))

    return draw


def from_keras(law):
    """`law(fan_in, fan_out)` is a distribution of SciPy."""

    def draw(shape, times):
        window = math.prod(shape[:-2])
        return law(window * shape[-2], window * shape[-1]).rvs((times, *shape), random)

    return draw


def cut(stddev):
    """Values more than two stddev from 0 are drawn anew."""
    return stats.truncnorm(-2, 2, scale=stddev)


def keras_scaling(scale, mode, distribution):
    """stddev √(scale / n) after truncation, if any; a uniform has the limit √(3 scale / n)."""

    def law(fan_in, fan_out):
        variance = scale / {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
        if distribution == "uniform":
            return stats.uniform(-math.sqrt(3 * variance), 2 * math.sqrt(3 * variance))
        if distribution == "untruncated_normal":
            return stats.norm(scale=math.sqrt(variance))
        return cut(math.sqrt(variance) / 0.87962566103423978)

    return from_keras(law)


LAWS = {
    "torch.uniform_": from_torch("uniform_"),
    "torch.uniform_(-0.1, 0.3)": from_torch("uniform_", a=-0.1, b=0.3),
    "torch.uniform_(a=-0.1, b=0.1)": from_torch("uniform_", a=-0.1, b=0.1),
    "torch.normal_": from_torch("normal_"),
    "torch.normal_(std=0.02)": from_torch("normal_", std=0.02),
    "torch.trunc_normal_": from_torch("trunc_normal_"),
    "torch.trunc_normal_(std=0.02)": from_torch("trunc_normal_", std=0.02),
    "torch.trunc_normal_(std=0.5, a=-1, b=1)": from_torch("trunc_normal_", std=0.5, a=-1, b=1),
    "torch.xavier_uniform_": from_torch("xavier_uniform_"),
    "torch.xavier_uniform_(gain=1.5)": from_torch("xavier_uniform_", gain=1.5),
    "torch.xavier_normal_": from_torch("xavier_normal_"),
    "torch.xavier_normal_(1.5)": from_torch("xavier_normal_", gain=1.5),
    "torch.kaiming_uniform_": from_torch("kaiming_uniform_"),
    "torch.kaiming_uniform_(a=2.23606797749979)": from_torch("kaiming_uniform_", a=math.sqrt(5)),
    "torch.kaiming_uniform_(a=0.2, mode='fan_out', nonlinearity='leaky_relu')": from_torch(
        "kaiming_uniform_", a=0.2, mode="fan_out", nonlinearity="leaky_relu"
    ),
    "torch.kaiming_normal_": from_torch("kaiming_normal_"),
    "torch.kaiming_normal_(a=0.7)": from_torch("kaiming_normal_", a=0.7),
    "torch.kaiming_normal_(mode='fan_out')": from_torch("kaiming_normal_", mode="fan_out"),
    "torch.kaiming_normal_(a=0.7, nonlinearity='relu')": from_torch("kaiming_normal_", a=0.7, nonlinearity="relu"),
    "torch.kaiming_normal_(a=0.7, mode='fan_out', nonlinearity='relu')": from_torch(
        "kaiming_normal_", a=0.7, mode="fan_out", nonlinearity="relu"
    ),
    **{
        f"torch.kaiming_normal_(nonlinearity='{name}')": from_torch("kaiming_normal_", nonlinearity=name)
        for name in ("linear", "conv2d", "sigmoid", "tanh", "selu")
    },
    "torch.sparse_(0.9)": from_torch("sparse_", sparsity=0.9),
    "torch.sparse_(sparsity=0.33, std=2)": from_torch("sparse_", sparsity=0.33, std=2),
    "keras.RandomNormal": from_keras(lambda *_: stats.norm(scale=0.05)),
    "keras.RandomNormal(stddev=0.3)": from_keras(lambda *_: stats.norm(scale=0.3)),
    "keras.RandomUniform": from_keras(lambda *_: stats.uniform(-0.05, 0.1)),
    "keras.RandomUniform(0, 2)": from_keras(lambda *_: stats.uniform(0, 2)),
    "keras.TruncatedNormal": from_keras(lambda *_: cut(0.05)),
    "keras.TruncatedNormal(stddev=1)": from_keras(lambda *_: cut(1)),
    "keras.VarianceScaling": keras_scaling(1, "fan_in", "truncated_normal"),
    "keras.VarianceScaling(scale=2.0, mode='fan_avg', distribution='uniform')": keras_scaling(2, "fan_avg", "uniform"),
    "keras.VarianceScaling(mode='fan_out')": keras_scaling(1, "fan_out", "truncated_normal"),
    "keras.VarianceScaling(distribution='normal')": keras_scaling(1, "fan_in", "truncated_normal"),
    "keras.VarianceScaling(distribution='untruncated_normal')": keras_scaling(1, "fan_in", "untruncated_normal"),
    "keras.GlorotNormal": keras_scaling(1, "fan_avg", "truncated_normal"),
    "keras.GlorotUniform": keras_scaling(1, "fan_avg", "uniform"),
    "keras.HeNormal": keras_scaling(2, "fan_in", "truncated_normal"),
    "keras.HeUniform": keras_scaling(2, "fan_in", "uniform"),
    "keras.LecunNormal": keras_scaling(1, "fan_in", "truncated_normal"),
    "keras.LecunUniform": keras_scaling(1, "fan_in", "uniform"),
    "jax.normal": from_jax("normal"),
    "jax.normal(stddev=0.3)": from_jax("normal", stddev=0.3),
    "jax.uniform": from_jax("uniform"),
    "jax.uniform(scale=2)": from_jax("uniform", scale=2),
    "jax.truncated_normal": from_jax("truncated_normal"),
    "jax.truncated_normal(1.0)": from_jax("truncated_normal", 1.0),
    "jax.truncated_normal(lower=-9, upper=9)": from_jax("truncated_normal", lower=-9, upper=9),
    **{
        f"jax.variance_scaling(2.0, '{mode}', '{distribution}')": from_jax("variance_scaling", 2.0, mode, distribution)
        for mode, distribution in (
            ("fan_in", "normal"),
            ("fan_out", "truncated_normal"),
            ("fan_avg", "uniform"),
            ("fan_geo_avg", "truncated_normal"),
        )
    },
    **{
        f"jax.{name}_{draw}": from_jax(f"{name}_{draw}")
        for name in ("glorot", "he", "kaiming", "lecun", "xavier")
        for draw in ("normal", "uniform")
    },
}

# Of a small weight, the first element: orthogonal weights, whose elements are not independent.
FIRST = {
    "torch.orthogonal_": from_torch("orthogonal_"),
    "torch.orthogonal_(gain=1.5)": from_torch("orthogonal_", gain=1.5),
    "jax.orthogonal": from_jax("orthogonal"),
    "jax.orthogonal(scale=1.5)": from_jax("orthogonal", scale=1.5),
}

# One weight of each shape.
WEIGHTS = {
    **{
        f"{call} {shape}": (draw, shape)
        for call, draw in FIRST.items()
        for shape in [(7, 5), (5, 7), (3, 2, 3, 4), (2, 2, 2, 9)]
    },
    **{f"torch.eye_ {shape}": (from_torch("eye_"), shape) for shape in [(4, 4), (3, 5), (5, 3)]},
    **{f"torch.dirac_ {shape}": (from_torch("dirac_"), shape) for shape in [(3, 3, 2, 4), (2, 4, 4, 3), (1, 1, 3, 3)]},
    "torch.constant_(0.3) (3, 4)": (from_torch("constant_", val=0.3), (3, 4)),
    "torch.ones_ (3, 4)": (from_torch("ones_"), (3, 4)),
    "torch.zeros_ (3, 4)": (from_torch("zeros_"), (3, 4)),
    "torch.sparse_(0.35) (30, 13)": (from_torch("sparse_", sparsity=0.35), (30, 13)),
    **{
        f"jax.delta_orthogonal(scale=1.5) {shape}": (from_jax("delta_orthogonal", scale=1.5), shape)
        for shape in [(3, 3, 2, 4), (2, 4, 3, 3), (1, 1, 2, 5)]
    },
    "jax.constant(0.3) (3, 4)": (from_jax("constant", 0.3), (3, 4)),
    "jax.ones (3, 4)": (from_jax("ones"), (3, 4)),
    "jax.zeros (3, 4)": (from_jax("zeros"), (3, 4)),
    "keras.Zeros (3, 4)": (lambda shape, times: np.zeros((times, *shape)), (3, 4)),
    "keras.Ones (3, 4)": (lambda shape, times: np.ones((times, *shape)), (3, 4)),
    "keras.Constant (3, 4)": (lambda shape, times: np.zeros((times, *shape)), (3, 4)),
    "keras.Constant(value=0.3) (3, 4)": (lambda shape, times: np.full((times, *shape), 0.3), (3, 4)),
    "keras.Identity(gain=1.5) (3, 5)": (lambda shape, times: np.array([1.5 * np.eye(*shape)] * times), (3, 5)),
}

# keras.initializers of Keras 3, as its documentation lists them.
KERAS = """
Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer Initializer LecunNormal LecunUniform
Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT STFTInitializer TruncatedNormal VarianceScaling Zeros
constant deserialize get glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform ones
orthogonal random_normal random_uniform serialize stft truncated_normal variance_scaling zeros
"""


def main() -> None:
    torch.manual_seed(0)
    arrays = {
        "torch": np.array(torch.__version__),
        "jax": np.array(jax.__version__),
        "levels": LEVELS,
        "names torch": np.array(torch.nn.init.__all__),
        "names keras": np.array(KERAS.split()),
        "names jax": np.array([name for name in dir(jax.nn.initializers) if not name.startswith("_")]),
    }
    for layer, shape in LAYERS.items():
        for call, draw in LAWS.items():
            if "sparse" not in call or layer == "dense":  # sparse_ is for matrices only
                arrays[f"law {layer} {call}"] = statistics(draw(shape, math.ceil(LEAST / math.prod(shape))))
    for call, draw in FIRST.items():
        arrays[f"first {call}"] = statistics(draw(SMALL, MANY)[:, 0, 0])
    for call, (draw, shape) in WEIGHTS.items():
        arrays[f"weight {call}"] = draw(shape, 1)[0]
    # Of three groups: what PyTorch makes of a weight (n_out, n_in / groups, height, width).
    grouped = torch.nn.init.dirac_(torch.empty(6, 2, 3, 3, dtype=torch.float64), groups=3)
    arrays["groups 3"] = np.moveaxis(grouped.numpy(), (0, 1), (-1, -2))
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes, {len(arrays)} arrays")


if __name__ == "__main__":
    main()
