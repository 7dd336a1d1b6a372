"""Initializers as people write them: laws, names and sizes, right and wrong."""

import math
from dataclasses import dataclass

import numpy as np
from check.corpus.cases import Table

import scratchnet as sn

RIGHT, WRONG = Table("initializer"), Table("initializer")
sqrt = math.sqrt


def normal(name, std):
    """A function of that name that draws normal numbers of that std."""

    def init(shape, fans, rng):
        return rng.standard_normal(shape) * std(fans)

    return named(name, init)


def uniform(name, bound):
    def init(shape, fans, rng):
        return rng.uniform(-bound(fans), bound(fans), shape)

    return named(name, init)


def named(name, init):
    init.__name__ = init.__qualname__ = name
    return init


def law(draw, name="mine"):
    """An initializer of the law draw(rng, shape)."""
    return named(name, lambda shape, fans, rng: draw(rng, shape))


def he(fans):
    return sqrt(2 / fans.fan_in)


def xavier(fans):
    return sqrt(2 / (fans.fan_in + fans.fan_out))


def lecun(fans):
    return sqrt(1 / fans.fan_in)


# What is right, though it looks odd


def student(rng, shape):
    return 0.1 * rng.standard_t(5, shape) / sqrt(5 / 3)


def sparse(rng, shape):
    return 0.1 * rng.standard_normal(shape) * (rng.random(shape) < 0.1) / sqrt(0.1)


def mixture(rng, shape):
    return rng.standard_normal(shape) * np.where(rng.random(shape) < 0.05, 0.4, 0.02)


def orthogonal(shape, fans, rng):
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return (q if rows >= columns else q.T).reshape(shape)


def by_svd(shape, fans, rng):
    flat = (math.prod(shape[:-1]), shape[-1])
    u, _, v = np.linalg.svd(rng.standard_normal(flat), full_matrices=False)
    return (u if u.shape == flat else v).reshape(shape)


def truncated_he(shape, fans, rng):
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(outside.sum())
    return z * he(fans) / 0.87962566103423978


class KaimingNormal:
    def __init__(self, a=0.2):
        self.a = a

    def __call__(self, shape, fans, rng):
        return rng.standard_normal(shape) * sqrt(2 / ((1 + self.a**2) * fans.fan_in))


class GlorotUniform:
    def __init__(self, gain=1.5):
        self.gain = gain

    def __call__(self, shape, fans, rng):
        bound = self.gain * sqrt(6 / (fans.fan_in + fans.fan_out))
        return rng.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class Quarter(sn.Initializer):
    def std(self, fans):
        return 0.25


def kaiming_normal(shape, fans, rng, mode="fan_out"):
    return rng.standard_normal(shape) * sqrt(2 / (fans.fan_in if mode == "fan_in" else fans.fan_out))


RIGHT.group = "laws of the right variance"
RIGHT.right("Student's t", law(student), std=lambda fans: 0.1)
RIGHT.right("sparse", law(sparse), std=lambda fans: 0.1)
RIGHT.right("a mixture of two normal laws", law(mixture), std=lambda fans: sqrt(0.05 * 0.16 + 0.95 * 0.0004))
RIGHT.right("Laplace's", law(lambda rng, shape: rng.laplace(0, 0.1 / sqrt(2), shape)), std=lambda fans: 0.1)
RIGHT.right("a coin's toss", law(lambda rng, shape: rng.choice([-0.1, 0.1], shape)), std=lambda fans: 0.1)
RIGHT.right("three points", law(lambda rng, shape: rng.choice([-0.3, 0, 0.3], shape, p=[0.1, 0.8, 0.1])))
RIGHT.right("logistic", law(lambda rng, shape: rng.logistic(0, 0.1 * sqrt(3) / math.pi, shape)), std=lambda fans: 0.1)
RIGHT.right("one number in fifty", law(lambda rng, shape: (rng.random(shape) < 0.02) * rng.normal(0, 1, shape)))
RIGHT.right("he_sparse", named("he_sparse", lambda shape, fans, rng: 10 * sparse(rng, shape) * he(fans)))
RIGHT.right("a bare number", 0.01)
RIGHT.right("a number without a name", normal("mine", lambda fans: 0.02))
RIGHT.right("weights and their negatives", law(lambda rng, shape: rng.choice([-1, 1], shape) * rng.random(shape)))
RIGHT.group = "names and settings"
for name in ("he_normal", "HeNormal", "kaiming_normal_", "he", "init_he", "my_he_init", "KaimingInit", "msra"):
    RIGHT.right(f"He's as {name}", normal(name, he))
for name in ("xavier_normal", "glorot", "Xavier", "XAVIER_INIT", "glorot_normal_"):
    RIGHT.right(f"Xavier's as {name}", normal(name, xavier))
for name in ("lecun_normal", "LeCunInit", "lecun"):
    RIGHT.right(f"LeCun's as {name}", normal(name, lecun))
RIGHT.right("He's, uniform", uniform("kaiming_uniform", lambda fans: sqrt(6 / fans.fan_in)))
RIGHT.right("Xavier's, uniform", uniform("glorot_uniform", lambda fans: sqrt(6 / (fans.fan_in + fans.fan_out))))
RIGHT.right("LeCun's, uniform", uniform("LeCunUniform", lambda fans: sqrt(3 / fans.fan_in)))
RIGHT.right("He's, truncated", named("truncated_he", truncated_he))
RIGHT.right("a slope named a", KaimingNormal)
RIGHT.right("a gain", GlorotUniform())
RIGHT.right("fan_out by a setting", kaiming_normal)
RIGHT.right("a std of its own", Quarter)
RIGHT.right("orthogonal by QR", orthogonal)
RIGHT.right("orthogonal by SVD", named("OrthogonalInit", by_svd))
RIGHT.right("zeros", named("zeros", lambda shape, fans, rng: np.zeros(shape)))
RIGHT.right("zeros for biases", named("ZeroInit", lambda shape, fans, rng: np.zeros(shape)))
RIGHT.right("ones", named("ones_", lambda shape, fans, rng: np.ones(shape)))
RIGHT.right("a constant by name", named("constant_bias", lambda shape, fans, rng: np.full(shape, 0.1)))
RIGHT.right("float32", named("he_normal", lambda shape, fans, rng: (rng.standard_normal(shape) * he(fans)).astype("f4")))
RIGHT.right("a name that says more", normal("scaled_he", lambda fans: 0.5 * he(fans)))
RIGHT.right("DropoutHe", normal("DropoutHe", lambda fans: 0.8 * he(fans)))

# What is wrong

HE = {
    "√(1/n)": ("root-two", lambda f: sqrt(1 / f.fan_in)),
    "2/n": ("root-of-two-missing variance-for-std", lambda f: 2 / f.fan_in),
    "√2/n": ("root-of-two-missing", lambda f: sqrt(2) / f.fan_in),
    "√(2/n + m)": ("brackets-missing", lambda f: sqrt(2 / f.fan_in + f.fan_out)),
    "√(2/(n + m))": ("xavier-for-he", lambda f: sqrt(2 / (f.fan_in + f.fan_out))),
    "fan_out": ("fans-swapped", lambda f: sqrt(2 / f.fan_out)),
    "√(2 n)": ("brackets-missing", lambda f: sqrt(2 * f.fan_in)),
    "n_in of a convolution": ("window-forgotten", lambda f: sqrt(2 / f.n_in)),
    "2/√n": ("root-of-two-missing", lambda f: 2 / sqrt(f.fan_in)),
    "√n / √2": ("inverted", lambda f: sqrt(f.fan_in / 2)),
    "√(6/n), a bound": ("root-three", lambda f: sqrt(6 / f.fan_in)),
    "a = √5": ("root-five", lambda f: sqrt(2 / (6 * f.fan_in))),
    "1/n": ("half-for-two variance-for-std", lambda f: 1 / f.fan_in),
    "√(1/(2 n))": ("half-for-two", lambda f: sqrt(1 / (2 * f.fan_in))),
}
WRONG.group = "He's formula"
for i, (what, (words, std)) in enumerate(HE.items()):
    WRONG.wrong(what, words, normal(("he_normal", "HeInit", "kaiming_normal", "KaimingNormal", "init_he")[i % 5], std))
    WRONG.wrong(
        f"{what}, uniform", words, uniform(("he_uniform", "kaiming_uniform_")[i % 2], lambda f, s=std: sqrt(3) * s(f))
    )
XAVIER = {
    "√(1/(n + m))": ("sum-for-mean", lambda f: sqrt(1 / (f.fan_in + f.fan_out))),
    "√(1/n)": ("lecun-for-xavier", lambda f: sqrt(1 / f.fan_in)),
    "√(2/n + m)": ("brackets-missing", lambda f: sqrt(2 / f.fan_in + f.fan_out)),
    "√2/(n + m)": ("brackets-missing", lambda f: sqrt(2) / (f.fan_in + f.fan_out)),
    "√(1/(n + m)/2)": ("brackets-missing", lambda f: sqrt(1 / (f.fan_in + f.fan_out) / 2)),
    "√(2/(n m))": ("product-for-sum", lambda f: sqrt(2 / (f.fan_in * f.fan_out))),
    "2/(n + m)": ("variance-for-std", lambda f: 2 / (f.fan_in + f.fan_out)),
    "√(6/(n + m)), a bound": ("root-three", lambda f: sqrt(6 / (f.fan_in + f.fan_out))),
    "√(2/n)": ("he-for-xavier", lambda f: sqrt(2 / f.fan_in)),
    "√(1/m)": ("fan-out-alone", lambda f: sqrt(1 / f.fan_out)),
    "2/√(n + m)": ("root-two", lambda f: 2 / sqrt(f.fan_in + f.fan_out)),
    "n_in and n_out": ("window-forgotten", lambda f: sqrt(2 / (f.n_in + f.n_out))),
}
WRONG.group = "Xavier's formula"
for i, (what, (words, std)) in enumerate(XAVIER.items()):
    WRONG.wrong(what, words, normal(("xavier_normal", "glorot_normal", "XavierInit", "Glorot")[i % 4], std))
    WRONG.wrong(f"{what}, uniform", words, uniform(("xavier_uniform", "glorot")[i % 2], lambda f, s=std: sqrt(3) * s(f)))
WRONG.group = "LeCun's formula"
WRONG.wrong("a bound of 1/√n", "bound-for-std", uniform("lecun_uniform", lecun))
WRONG.wrong("√(2/n)", "root-two", normal("LeCunNormal", he))
WRONG.wrong("√(2/(n + m))", "xavier-for-lecun", normal("lecun", xavier))
WRONG.wrong("1/n", "variance-for-std", normal("lecun_init", lambda f: 1 / f.fan_in))
WRONG.wrong(
    "cut at ±2, not compensated", "truncation-not-compensated", named("lecun_normal", lambda s, f, r: cut(r, s) * lecun(f))
)
WRONG.wrong("He's bound for a std", "bound-for-std", uniform("he_uniform", he))
WRONG.wrong("Xavier's bound for a std", "bound-for-std", uniform("XavierUniform", xavier))


def cut(rng, shape):
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(outside.sum())
    return z


def of_shape(take):
    return lambda shape, fans, rng: rng.standard_normal(shape) * sqrt(2 / take(shape))


WRONG.group = "fans from a shape"
WRONG.wrong("shape[1], as PyTorch's", "fans-from-shape fans-swapped", named("he_normal", of_shape(lambda s: s[1])))
WRONG.wrong("(out, in, k, k)", "fans-from-shape", named("he_normal", of_shape(lambda s: s[1] * math.prod(s[2:]))))
WRONG.wrong("shape[0]", "fans-from-shape", named("kaiming", of_shape(lambda s: s[0])))
WRONG.wrong("shape[-1]", "fans-swapped fans-from-shape window-forgotten", named("HeNormal", of_shape(lambda s: s[-1])))
WRONG.group = "mean"
for mean in (1.7, 0.2, -0.5):
    WRONG.wrong(f"{mean} std off", "mean-not-zero", law(lambda rng, shape, m=mean: 0.1 * (rng.standard_normal(shape) + m)))
    WRONG.wrong(
        f"He's, {mean} std off",
        "mean-not-zero",
        named("he_normal", lambda shape, fans, rng, m=mean: he(fans) * (rng.standard_normal(shape) + m)),
    )
WRONG.wrong("rng.random", "one-sided", law(lambda rng, shape: 0.1 * rng.random(shape)))
WRONG.wrong("|z|", "one-sided", named("xavier", lambda shape, fans, rng: xavier(fans) * np.abs(rng.standard_normal(shape))))
WRONG.wrong("negative", "one-sided", law(lambda rng, shape: -0.1 * rng.random(shape)))
WRONG.wrong("exponential", "one-sided", law(lambda rng, shape: rng.exponential(0.1, shape)))
WRONG.wrong("rng.integers", "one-sided", law(lambda rng, shape: rng.integers(0, 3, shape) * 0.1))
WRONG.wrong("from −.1 to .3", "mean-not-zero", law(lambda rng, shape: rng.uniform(-0.1, 0.3, shape)))
WRONG.group = "units that are alike"
WRONG.wrong("all .1", "all-equal", law(lambda rng, shape: np.full(shape, 0.1)))
WRONG.wrong("zeros", "all-equal", law(lambda rng, shape: np.zeros(shape)))
WRONG.wrong("one number", "all-equal", law(lambda rng, shape: np.full(shape, rng.standard_normal())))
WRONG.wrong("ones × σ", "all-equal", named("he_normal", lambda shape, fans, rng: he(fans) * np.ones(shape)))
WRONG.wrong("one row for all", "duplicated", law(lambda rng, shape: np.ones(shape) * rng.standard_normal(shape[-1])))
WRONG.wrong("one column", "duplicated", law(lambda rng, s: np.ones(s) * rng.standard_normal((*s[:-1], 1))))
WRONG.wrong(
    "half of the units twice",
    "duplicated",
    law(lambda rng, s: np.concatenate([h := rng.standard_normal((*s[:-1], s[-1] // 2)), h], axis=-1)),
)
WRONG.wrong(
    "two units alike",
    "duplicated",
    law(lambda rng, s: rng.standard_normal(s)[..., [0, 0, *range(2, s[-1])]]),
)
WRONG.wrong(
    "rank one",
    "low-rank",
    law(lambda rng, s: 0.1 * rng.standard_normal((*s[:-1], 1)) * rng.standard_normal(s[-1])),
)
WRONG.wrong(
    "rank three",
    "low-rank",
    law(lambda rng, s: rng.standard_normal((*s[:-1], 3)) @ rng.standard_normal((3, s[-1]))),
)
WRONG.wrong(
    "rank one, He's size",
    "low-rank",
    named("he", lambda s, f, rng: he(f) * rng.standard_normal((*s[:-1], 1)) * rng.standard_normal(s[-1])),
)
WRONG.wrong(
    "one sign for each unit",
    "one-sign-a-unit",
    law(lambda rng, s: np.abs(rng.standard_normal(s)) * rng.choice([-1, 1], s[-1])),
)
WRONG.wrong(
    "one mean for each unit",
    "one-sign-a-unit",
    law(lambda rng, s: rng.standard_normal(s) + rng.standard_normal(s[-1])),
)
WRONG.group = "named after what they are not"
WRONG.wrong("orthogonal: normal", "not-orthogonal", normal("orthogonal", lambda f: sqrt(1 / max(f.fan_in, f.n_out))))
WRONG.wrong("orthogonal: normal, He's", "not-orthogonal", normal("OrthogonalInit", he))
WRONG.wrong(
    "orthogonal: columns of length 1",
    "not-orthogonal",
    named("ortho", lambda s, f, rng: (w := rng.standard_normal(s)) / np.linalg.norm(w.reshape(-1, s[-1]), axis=0)),
)
WRONG.wrong("orthogonal × 2", "wrong-length doubled", named("orthogonal", lambda s, f, rng: 2 * orthogonal(s, f, rng)))
WRONG.wrong("zeros: small", "not-zeros", named("zeros", lambda s, f, rng: 1e-3 * rng.standard_normal(s)))
WRONG.wrong(
    "zeros: one is not", "not-zeros", named("ZeroInit", lambda s, f, rng: np.r_[np.zeros(math.prod(s) - 1), 1].reshape(s))
)
WRONG.wrong("zeros: ones", "not-zeros", named("zeros_", lambda s, f, rng: np.ones(s)))
WRONG.wrong("ones: zeros", "not-ones", named("Ones", lambda s, f, rng: np.zeros(s)))
WRONG.wrong("uniform: normal", "wrong-law", normal("he_uniform", he))
WRONG.wrong("normal: uniform", "wrong-law", uniform("xavier_normal", lambda f: sqrt(3) * xavier(f)))


def global_normal(shape, fans, rng):
    return he(fans) * np.random.standard_normal(shape)  # noqa: NPY002


def global_randn(shape, fans, rng):
    return np.random.randn(*shape) * he(fans)  # noqa: NPY002


def global_uniform(shape, fans, rng):
    return np.random.uniform(-0.1, 0.1, size=shape)  # noqa: NPY002


def seeded_global(shape, fans, rng):
    np.random.seed(0)  # noqa: NPY002
    return he(fans) * np.random.randn(*shape)  # noqa: NPY002


def own_generator(shape, fans, rng):
    return he(fans) * np.random.default_rng().standard_normal(shape)


def own_seed(shape, fans, rng):
    return he(fans) * np.random.default_rng(0).standard_normal(shape)


def pythons(shape, fans, rng):
    import random

    return he(fans) * np.array([random.gauss(0, 1) for _ in range(math.prod(shape))]).reshape(shape)


WRONG.group = "chance that is not the generator's"
for what, words, init in (
    ("np.random.standard_normal", "global-generator", global_normal),
    ("np.random.randn", "global-generator", global_randn),
    ("np.random.uniform", "global-generator", global_uniform),
    ("np.random.seed", "global-generator", seeded_global),
    ("a generator without a seed", "generator-ignored", own_generator),
    ("a seed of its own", "seed-ignored", own_seed),
    ("Python's random", "global-generator", pythons),
):
    WRONG.wrong(what, words, init)
WRONG.group = "what is returned"
WRONG.wrong("nothing", "returns-nothing", named("he", lambda s, f, rng: None))
WRONG.wrong("a shape turned", "wrong-shape", named("he", lambda s, f, rng: rng.standard_normal(s[::-1])))
WRONG.wrong("complex numbers", "not-real", law(lambda rng, s: rng.standard_normal(s) * 1j))
WRONG.wrong("NaN", "not-finite", law(lambda rng, s: np.full(s, np.nan)))
WRONG.wrong("a number", "wrong-shape", law(lambda rng, s: 0.1))
