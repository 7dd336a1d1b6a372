"""The initializers by the names of PyTorch, Keras and JAX: the law here is the law there.

golden/initializers.npz holds statistics of a million draws of each (golden/make_initializers.py wrote it). A tolerance is
what two samples of one law may differ by, but once in a million:

    shares below a quantile   √(ln(2/α) / 2n) for each sample (Dvoretzky, Kiefer, Wolfowitz, Massart)
    mean, std                 5 standard errors: σ √(1/n + 1/m), and σ √((κ − 1)/4 · (1/n + 1/m)), κ the kurtosis
    draws beyond theirs       k of m beyond the extreme of n others: less likely than (m / (n + m))^k
"""

import functools
import math
from pathlib import Path

import numpy as np
import pytest

import scratchnet as sn
from scratchnet import initializers
from scratchnet.initializers.peers import OUT, PEERS

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "initializers.npz"))
LEVELS = GOLDEN["levels"]
LAYERS = {"dense": (300, 200), "convolution": (3, 3, 16, 32)}
FANS = {"dense": sn.Fans(300, 200), "convolution": sn.Fans(16, 32, (3, 3))}
ONCE = 1e-6


def cases(kind):
    """Those of a kind: the rest of their key."""
    return [key.removeprefix(f"{kind} ") for key in GOLDEN if key.startswith(f"{kind} ")]


LAWS = {layer: cases(f"law {layer}") for layer in LAYERS}
EVERY_LAW = [(layer, call) for layer in LAYERS for call in LAWS[layer]]
WEIGHTS = [case.rpartition(" (")[0] for case in cases("weight")]


def difference(golden, w):
    """How far sorted draws are from the statistics, as a share of the tolerance: above 1 it is another law."""
    n, mean, std, kurtosis, least, greatest, *quantiles = golden
    m = len(w)
    shares = sum(math.sqrt(math.log(2 / ONCE) / (2 * size)) for size in (n, m))
    error = 5 * std * math.sqrt(1 / n + 1 / m)
    below, up_to = (np.searchsorted(w, quantiles, side) / m for side in ("left", "right"))
    beyond = m - np.searchsorted(w, greatest, "right"), np.searchsorted(w, least, "left")
    return max(
        max((LEVELS - up_to).max(), (below - LEVELS).max()) / shares,
        abs(w.mean() - mean) / error,
        abs(w.std() - std) / (error * math.sqrt((kurtosis - 1) / 4)),
        max(beyond) / math.ceil(math.log(ONCE) / math.log(m / (n + m))),
    )


@functools.cache
def differences(layer, call):
    """From 240,000 draws of ours to the statistics of each golden case of that layer."""
    init, rng, shape = sn.initializer(call), np.random.default_rng(1), LAYERS[layer]
    w = np.sort(np.concatenate([init(shape, FANS[layer], rng).ravel() for _ in range(240_000 // math.prod(shape))]))
    return {case: difference(GOLDEN[f"law {layer} {case}"], w) for case in LAWS[layer]}


@pytest.mark.parametrize("layer, call", EVERY_LAW)
def test_a_name_of_theirs_has_their_law(layer, call):
    assert differences(layer, call)[call] < 1


def law(layer, call):
    """What our object says of itself: draw and mean; its std."""
    init = sn.initializer(call)
    mean = (init.low + init.high) / 2 if isinstance(init, sn.UniformBetween) else 0
    return (init.draw.__name__, mean, isinstance(init, sn.TorchSparse)), init.std(FANS[layer])


@pytest.mark.parametrize("layer, call", EVERY_LAW)
def test_no_other_law_passes(layer, call):
    kind, std = law(layer, call)
    for other in LAWS[layer]:
        other_kind, other_std = law(layer, other)
        if kind != other_kind or abs(math.log(std / other_std)) > 0.02:
            assert differences(layer, other)[call] > 1
        elif math.isclose(std, other_std):
            assert differences(layer, other)[call] < 1


@pytest.mark.parametrize(
    "call, wrong",
    [
        ("torch.kaiming_normal_", "torch.xavier_normal_"),
        ("torch.xavier_normal_", "torch.kaiming_normal_"),
        ("torch.xavier_normal_", "book.xavier"),
        ("torch.kaiming_normal_", "torch.kaiming_normal_(mode='fan_out')"),
        ("keras.VarianceScaling(mode='fan_out')", "keras.VarianceScaling"),
        ("torch.kaiming_normal_", "keras.HeNormal"),
        ("keras.HeNormal", "torch.kaiming_normal_"),
        ("torch.kaiming_normal_", "torch.kaiming_uniform_"),
        ("jax.lecun_normal", "jax.lecun_uniform"),
        ("jax.lecun_normal", "book.xavier"),
        ("keras.VarianceScaling(distribution='normal')", "jax.variance_scaling(1.0, 'fan_in', 'normal')"),
        ("keras.TruncatedNormal(stddev=1)", "TruncatedNormal(1)"),  # the std after the cut
        ("torch.trunc_normal_", "TruncatedNormal(1)"),
        ("torch.trunc_normal_(std=0.02)", "TruncatedNormal(0.02)"),  # bounds 100 std away
        ("torch.uniform_", "Uniform(1)"),
        ("jax.uniform", "Uniform(0.01)"),
        ("torch.kaiming_uniform_", "TorchDefault"),
        ("torch.kaiming_normal_(nonlinearity='tanh')", "torch.kaiming_normal_(nonlinearity='linear')"),
    ],
)
@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_easily_mistaken_for_another_is_told_apart(layer, call, wrong):
    assert differences(layer, call)[call] < 1
    assert differences(layer, wrong)[call] > 1


@pytest.mark.parametrize("call", cases("first"))
def test_any_orthogonal_weight_is_as_likely_as_with_them(call):
    init, rng = sn.initializer(call), np.random.default_rng(0)
    w = np.sort([init((5, 3), None, rng)[0, 0] for _ in range(20_000)])
    golden = GOLDEN[f"first {call}"]
    assert difference(golden, w) < 1
    assert difference(golden, np.sort(np.abs(w))) > 1  # QR without the signs of R
    assert difference(golden, w * 1.1) > 1


def weights(name):
    """Their weight and ours of the same shape, for each golden weight of that name."""
    for case, call in zip(cases("weight"), WEIGHTS, strict=True):
        if call.split("(")[0].split(".")[1] in name.split():
            theirs = GOLDEN[f"weight {case}"]
            fans = sn.Fans(*theirs.shape[-2:], theirs.shape[:-2])
            yield theirs, sn.initializer(call)(theirs.shape, fans, np.random.default_rng(0))


EXACT = "eye_ dirac_ constant_ ones_ zeros_ constant ones zeros Zeros Ones Constant Identity"


def test_what_is_not_random_is_the_same_array():
    pairs = list(weights(EXACT))
    assert len(pairs) == 17
    for theirs, ours in pairs:
        np.testing.assert_array_equal(ours, theirs)


def test_dirac_in_groups_is_the_same_array():
    ours = sn.initializer("torch.dirac_")((3, 3, 2, 6), sn.Fans(2, 2, (3, 3)), np.random.default_rng(0))
    np.testing.assert_array_equal(ours, GOLDEN["groups 3"])


def test_orthogonal_weights_are_orthonormal_on_the_same_side():
    pairs = list(weights("orthogonal_ orthogonal"))
    assert len(pairs) == 16
    for theirs, ours in pairs:
        grams = [
            w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T for w in (w.reshape(-1, w.shape[-1]) for w in (theirs, ours))
        ]
        np.testing.assert_allclose(grams[0], np.eye(len(grams[0])) * grams[0][0, 0], atol=1e-12)  # gain² · I
        np.testing.assert_allclose(grams[1], grams[0], atol=1e-12)


def test_delta_orthogonal_stands_at_the_same_place():
    pairs = list(weights("delta_orthogonal"))
    assert len(pairs) == 3
    for theirs, ours in pairs:
        np.testing.assert_array_equal(ours.any(axis=(2, 3)), theirs.any(axis=(2, 3)))
        for w in (theirs, ours):
            Q = w.sum(axis=(0, 1))
            np.testing.assert_allclose(Q @ Q.T, 1.5**2 * np.eye(len(Q)), atol=1e-12)


def test_sparse_leaves_out_as_many_weights_from_each_input():
    ((theirs, ours),) = weights("sparse_")
    zeros = (theirs == 0).sum(axis=1)
    assert len(set(zeros)) == 1 and len(set((theirs == 0).sum(axis=0))) > 1
    np.testing.assert_array_equal((ours == 0).sum(axis=1), zeros)
    into = sn.Sparse(19)(theirs.shape, None, np.random.default_rng(0))  # as many weights, but into each unit
    assert len(set((into == 0).sum(axis=1))) > 1


NAMES = [(peer, str(name)) for peer in ("torch", "keras", "jax") for name in GOLDEN[f"names {peer}"]]


def lower(names):
    return {name.lower() for name in names}


@pytest.mark.parametrize("peer, name", NAMES)
def test_every_name_of_theirs_is_known_or_left_out(peer, name):
    assert f"{peer}.{name}".lower() in lower(PEERS[peer])


@pytest.mark.parametrize("peer", ["torch", "keras", "jax"])
def test_no_name_is_made_up(peer):
    assert lower(PEERS[peer]) == {f"{whose}.{name}".lower() for whose, name in NAMES if whose == peer}


def test_every_name_of_theirs_is_compared_with_them():
    calls = {call for _, call in EVERY_LAW} | {*WEIGHTS, *cases("first")}
    compared = {call.split("(")[0] for call in calls}
    makers = [PEERS[name.split(".")[0]][name] for name in compared]
    for peer in ("torch", "keras", "jax"):
        for name, make in PEERS[peer].items():
            assert name in OUT or make in makers, name  # an alias has the maker of the name it stands for


@pytest.mark.parametrize("name", OUT)
def test_what_is_left_out_says_why(name):
    with pytest.raises(sn.InputError) as caught:
        sn.initializer(name)
    assert OUT[name] in str(caught.value)


@pytest.mark.parametrize(
    "text, init",
    [
        ("torch.kaiming_uniform_", sn.He(sn.uniform)),
        ("torch.kaiming_normal_(0.2)", sn.He(slope=0.2)),
        ("torch.kaiming_uniform_(a=2.23606797749979)", sn.He(sn.uniform, math.sqrt(5))),
        ("torch.kaiming_normal_(0.2, 'fan_out', 'relu')", sn.VarianceScaling(math.sqrt(2) ** 2, "out")),
        ("torch.kaiming_normal_(nonlinearity='tanh')", sn.VarianceScaling((5 / 3) ** 2)),
        ("torch.xavier_uniform_(gain=1.0)", sn.Xavier(sn.uniform)),
        ("torch.xavier_uniform_(2)", sn.VarianceScaling(4, "avg", sn.uniform)),
        ("torch.normal_(std=0.02)", sn.Normal(0.02)),
        ("torch.normal", sn.Normal(1)),
        ("torch.uniform_(-0.1, 0.1)", sn.Uniform(0.1)),
        ("TORCH.Zeros_", sn.Zeros()),
        ("torch.eye_", initializers.Identity()),
        ("torch.sparse_(sparsity=0.9)", sn.TorchSparse(0.9, 0.01)),
        ("keras.HeNormal", sn.He(sn.truncated)),
        ("keras.he_normal", sn.He(sn.truncated)),
        ("keras.OrthogonalInitializer(gain=2)", sn.Orthogonal(2)),
        ("keras.RandomNormal(stddev=0.05)", sn.Normal(0.05)),
        ("keras.RandomUniform", sn.Uniform(0.05)),
        ("keras.VarianceScaling", sn.VarianceScaling(1, "in", sn.truncated)),
        ("jax.lecun_normal", sn.LeCun(sn.truncated)),
        ("jax.variance_scaling(2.0, 'fan_geo_avg', 'truncated_normal')", sn.VarianceScaling(2, "geometric", sn.truncated)),
        ("jax.uniform", sn.UniformBetween(0, 0.01)),
        ("book.randn", sn.Normal(1)),
        ("book.randn(0.01)", sn.Normal(0.01)),
        ("book.xavier", sn.LeCun()),
        ("book.sigmoid", sn.LeCun()),
        ("book.he", sn.He()),
        ("book.relu", sn.He()),
    ],
)
def test_a_name_of_theirs_is_the_object_here(text, init):
    assert sn.initializer(text) == init


@pytest.mark.parametrize(
    "text, words",
    [
        ("torch.normal_(1.0, 0.02)", r"mean is 1\.0, but weights start around 0: for another mean give lambda"),
        ("keras.TruncatedNormal(mean=1)", "mean is 1"),
        ("torch.trunc_normal_(std=0.5)", "the bounds are -4 and 4 std, but a normal is cut at ±2 std here"),
        ("torch.trunc_normal_(a=-2, b=9)", "the bounds are -2 and 9 std"),
        ("torch.trunc_normal_(std=0)", "std is 0"),
        ("jax.truncated_normal(lower=0)", "the bounds are 0 and 2 std"),
        ("torch.kaiming_normal_(mode='fan_avg')", "mode is 'fan_avg', but there are fan_in, fan_out"),
        ("torch.kaiming_normal_(nonlinearity='gelu')", "nonlinearity is 'gelu', but there are"),
        ("torch.kaiming_normal_(a=None)", "a is None"),
        ("torch.xavier_normal_(gain=0)", "gain is 0"),
        ("torch.constant_", "wrong arguments"),
        ("torch.uniform_(2, 1)", "high is 1, but a finite number of at least 2"),
        ("torch.dirac_(groups=2)", "wrong arguments"),
        ("torch.foo_", "no initializer named 'torch.foo_'"),
        ("torch.kaiming_unifrom_", r"did you mean torch\.kaiming_uniform_\?"),
        ("torch", "there are torch.uniform_"),
        ("keras.HeNormal(0.2)", "wrong arguments"),
        ("keras.HeNormal(seed=1)", "wrong arguments"),
        ("keras.VarianceScaling(scale=0)", "scale is 0"),
        ("keras.VarianceScaling(mode='fan_geo_avg')", "mode is 'fan_geo_avg'"),
        ("keras.VarianceScaling(distribution=normal)", "distribution is <function normal"),
        ("jax.he_normal(-2, -1)", "wrong arguments"),
        ("jax.variance_scaling(1.0, 'fan_in', 'untruncated_normal')", "distribution is 'untruncated_normal'"),
        ("jax.normal(stddev=-1)", "stddev is -1"),
        ("keras.STFT('real')", "spectrograms of sound"),
    ],
)
def test_what_cannot_be_had_under_their_name_is_refused_in_one_sentence(text, words):
    with pytest.raises(sn.InputError, match=words) as caught:
        sn.initializer(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("init", [sn.UniformBetween(-1, 3), sn.TorchSparse(0.9), sn.TorchSparse(0.5, 2)], ids=repr)
def test_what_stands_here_for_them_alone_is_an_initializer_as_the_others(init):
    again = sn.initializer(repr(init))
    assert again == init and hash(again) == hash(init)
    layer = sn.Affine(300, 200, init=init)
    assert layer.W.std() == pytest.approx(init.std(sn.Fans(300, 200)), rel=0.05)
    assert init((0, 5), sn.Fans(0, 5), np.random.default_rng(0)).shape == (0, 5)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: sn.UniformBetween(1, 0), "high is 0"),
        (lambda: sn.UniformBetween("a", 0), "low is 'a'"),
        (lambda: sn.TorchSparse(1), "sparsity is 1, but .* below 1"),
        (lambda: sn.TorchSparse(0.5, -1), "std is -1"),
        (lambda: sn.Convolution(3, 4, 3, init=sn.TorchSparse(0.5)), r"for weights \(n_in, n_out\).* for images give Sparse"),
    ],
)
def test_wrong_arguments_are_refused(make, words):
    with pytest.raises(sn.InputError, match=words):
        make()
