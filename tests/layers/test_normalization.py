"""BatchNorm, LayerNorm and Dropout: against PyTorch (golden/images.npz), in training and in evaluation."""

import math
from pathlib import Path

import numpy as np
import pytest
from small import assert_as_golden

import scratchnet as sn

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "images.npz")
CLOSE = {"rtol": 1e-10, "atol": 1e-14}

# As make_golden.py has them.
NORMS = {
    "BatchNorm dense": lambda: sn.BatchNorm(7),
    "BatchNorm images": lambda: sn.BatchNorm(2, momentum=0.7, epsilon=1e-2),
    "LayerNorm dense": lambda: sn.LayerNorm(7),
    "LayerNorm images": lambda: sn.LayerNorm(6, epsilon=1e-2),
}
CASES = [f"{kind} {mode}" for kind in NORMS if "Batch" in kind for mode in ("training", "evaluation")]
every_shape = pytest.mark.parametrize("shape", [(8, 5), (4, 3, 2, 5)], ids=["dense", "images"])


def numbers(shape, seed=0, mean=0.0, std=1.0):
    return mean + std * np.random.default_rng(seed).standard_normal(shape)


def normalization(kind, n=5, seed=0, **more):
    """In float64, with parameters and running statistics that are not those of the start."""
    layer = kind(n, **more)
    layer.gamma, layer.beta = numbers(n, seed, mean=2), numbers(n, seed + 1)
    if kind is sn.BatchNorm:
        layer.running_mean, layer.running_var = numbers(n, seed + 2), 0.5 + numbers(n, seed + 3) ** 2
    return layer


@pytest.mark.parametrize("case", CASES)
def test_batch_norm_agrees_with_pytorch(case):
    kind, mode = case.rsplit(" ", 1)
    layer = NORMS[kind]()
    layer.training = mode == "training"
    layer.running_mean, layer.running_var = (GOLDEN[f"{case}.{name}_before"].copy() for name in ("mean", "var"))
    assert_as_golden(layer, GOLDEN, case, **CLOSE)
    np.testing.assert_allclose(layer.running_mean, GOLDEN[f"{case}.mean_after"], **CLOSE)
    np.testing.assert_allclose(layer.running_var, GOLDEN[f"{case}.var_after"], **CLOSE)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", ["LayerNorm dense", "LayerNorm images"])
def test_layer_norm_agrees_with_pytorch(case, training):
    layer = NORMS[case]()
    layer.training = training
    assert_as_golden(layer, GOLDEN, case, **CLOSE)


def test_dropout_in_evaluation_agrees_with_pytorch():
    assert_as_golden(sn.Dropout(0.3).twin(), GOLDEN, "Dropout", **CLOSE)


@every_shape
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("kind", [sn.BatchNorm, sn.LayerNorm, lambda n: sn.Dropout(0.4)], ids=["batch", "layer", "dropout"])
def test_backward_agrees_with_finite_differences(kind, training, shape):
    layer = kind(5) if kind not in (sn.BatchNorm, sn.LayerNorm) else normalization(kind)
    layer.training = training
    report = sn.check_gradient(layer, numbers(shape, 4, mean=3))
    assert report.ok, f"\n{report}"


@every_shape
def test_batch_norm_brings_each_unit_to_mean_0_and_variance_1(shape):
    x = numbers(shape, mean=np.arange(5) * 10, std=1 + np.arange(5)).reshape(shape)
    out = sn.BatchNorm(5, epsilon=1e-12).forward(x)
    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(out.mean(axis=axes), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(axis=axes), 1, rtol=1e-10)


@every_shape
def test_layer_norm_brings_each_row_to_mean_0_and_variance_1(shape):
    out = sn.LayerNorm(5, epsilon=1e-12).forward(numbers(shape, mean=7, std=3))
    np.testing.assert_allclose(out.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(axis=-1), 1, rtol=1e-9)


@pytest.mark.parametrize("kind", [sn.BatchNorm, sn.LayerNorm], ids=lambda kind: kind.__name__)
def test_gamma_scales_and_beta_shifts(kind):
    layer, x = kind(5), numbers((8, 5))
    plain = layer.forward(x)
    layer.gamma, layer.beta = np.arange(5.0), 10 * np.arange(5.0)
    np.testing.assert_allclose(layer.forward(x), layer.gamma * plain + layer.beta, **CLOSE)


@every_shape
def test_a_pixel_of_images_is_a_row(shape):
    """What BatchNorm and LayerNorm make of images is what they make of the pixels one below the other."""
    x, dout = numbers(shape, 4), numbers(shape, 5)
    for kind in (sn.BatchNorm, sn.LayerNorm):
        images, rows = normalization(kind), normalization(kind)
        np.testing.assert_allclose(images.forward(x).reshape(-1, 5), rows.forward(x.reshape(-1, 5)), **CLOSE)
        np.testing.assert_allclose(images.backward(dout).reshape(-1, 5), rows.backward(dout.reshape(-1, 5)), **CLOSE)
        for name in ("dgamma", "dbeta"):
            np.testing.assert_allclose(getattr(images, name), getattr(rows, name), rtol=1e-12, atol=1e-12)


def test_layer_norm_looks_at_its_own_row_alone_and_batch_norm_at_all():
    x = numbers((8, 5))
    for kind, rows_changed in ((sn.LayerNorm, 1), (sn.BatchNorm, 8)):
        layer, other = kind(5), x.copy()
        other[3] *= np.arange(1, 6)
        assert (layer.forward(x) != layer.forward(other)).any(axis=1).sum() == rows_changed


# What BatchNorm remembers.


def test_the_running_statistics_start_at_0_and_1():
    layer = sn.BatchNorm(3)
    np.testing.assert_array_equal(layer.running_mean, np.zeros(3))
    np.testing.assert_array_equal(layer.running_var, np.ones(3))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_running_statistics_come_to_those_of_the_data(momentum):
    layer, x = sn.BatchNorm(3, momentum), numbers((50, 3), mean=[1, -2, 30], std=[0.1, 1, 5])
    steps = 1 if momentum == 0 else 300  # .9³⁰⁰ is 2e-14
    for _ in range(steps):
        trained = layer.forward(x)
    np.testing.assert_allclose(layer.running_mean, x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, x.var(axis=0), rtol=1e-11)
    np.testing.assert_allclose(layer.twin().forward(x), trained, rtol=1e-9, atol=1e-9)


def test_evaluation_changes_no_running_statistics():
    layer = normalization(sn.BatchNorm)
    before = layer.running_mean.copy(), layer.running_var.copy()
    layer.training = False
    out = layer.forward(numbers((8, 5), 4))
    layer.backward(out)
    np.testing.assert_array_equal(layer.running_mean, before[0])
    np.testing.assert_array_equal(layer.running_var, before[1])
    expected = layer.gamma * (numbers((8, 5), 4) - before[0]) / np.sqrt(before[1] + 1e-5) + layer.beta
    np.testing.assert_allclose(out, expected, **CLOSE)


def test_one_row_may_be_evaluated():
    layer = normalization(sn.BatchNorm)
    rows = numbers((8, 5), 4)
    layer.training = False
    np.testing.assert_allclose(layer.forward(rows[:1]), layer.forward(rows)[:1], **CLOSE)


@pytest.mark.parametrize("shape", [(1, 5), (1, 1, 1, 5)])
def test_one_number_a_unit_is_refused_in_training(shape):
    with pytest.raises(sn.InputError, match="one number per unit has no spread to normalize by, so train on batches"):
        sn.BatchNorm(5).forward(numbers(shape))


def test_one_image_has_a_spread_of_its_own():
    np.testing.assert_allclose(sn.BatchNorm(5).forward(numbers((1, 2, 1, 5))).mean(axis=(0, 1, 2)), 0, atol=1e-15)


# Chance in Dropout.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.8])
def test_dropout_leaves_out_the_share_that_it_says_and_keeps_the_mean(ratio, dtype):
    layer, x = sn.Dropout(ratio), np.ones((400, 250), dtype)
    layer.start(np.random.default_rng(0))
    out = layer.forward(x)
    kept = 1 / dtype(1 - ratio)
    assert set(np.unique(out)) == {dtype(0), kept}
    share, error = (out == 0).mean(), math.sqrt(ratio * (1 - ratio) / x.size)
    assert abs(share - ratio) < 4 * error  # a binomial share of so many numbers
    assert abs(out.mean(dtype=np.float64) - 1) < 4 * error / (1 - ratio)
    np.testing.assert_array_equal(layer.backward(x), out)
    # Every row and every column has its own luck, within 5 of its errors.
    for axis, count in ((0, 400), (1, 250)):
        assert (np.abs((out == 0).mean(axis=axis) - ratio) < 5 * math.sqrt(ratio * (1 - ratio) / count)).all()


def test_each_forward_draws_a_new_mask_and_backward_has_the_last_one():
    layer, x = sn.Dropout(0.5), np.ones((20, 30))
    first, second = layer.forward(x), layer.forward(x)
    assert 200 < (first != second).sum() < 400  # half of 600, and 8 standard errors of 12 to either side
    np.testing.assert_array_equal(layer.backward(3 * x), 3 * second)


@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_dropout_in_evaluation_is_the_identity_and_draws_nothing(ratio):
    layer, x = sn.Dropout(ratio), numbers((5, 7))
    state = layer.rng.bit_generator.state
    layer.training = False
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)
    assert layer.rng.bit_generator.state == state


def test_a_ratio_of_0_drops_nothing():
    x = numbers((50, 70))
    np.testing.assert_array_equal(sn.Dropout(0).forward(x), x)


@pytest.mark.parametrize("ratio", [1, 1.5, -0.1, math.nan, "half", True, None])
def test_a_ratio_out_of_its_range_is_refused(ratio):
    with pytest.raises(sn.InputError, match=r"ratio is .*, but a finite number of at least 0 and below 1 is needed"):
        sn.Dropout(ratio)


def dropouts(seed=0, init=sn.He()):
    """Two equal layers of one network, behind nothing but ones."""
    return sn.Network([sn.Dropout(0.5), sn.Affine(30, 30, init), sn.Dropout(0.5)], seed)


def masks(net):
    net.forward(np.ones((20, 30), np.float32))
    return net.layers[0].mask.copy(), net.layers[2].mask.copy()


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_masks_follow_from_the_seed_and_not_from_the_initializer():
    first = masks(dropouts())
    assert_equal(masks(dropouts()), first)
    assert_equal(masks(dropouts(init=sn.Xavier())), first)
    assert not np.array_equal(masks(dropouts(seed=1))[0], first[0])


def test_two_dropouts_of_one_network_drop_different_numbers():
    first, second = masks(dropouts())
    assert 200 < (first != second).sum() < 400


# In a network: what a look leaves alone, and what initialize starts anew.


def normalized(seed=0):
    return sn.mlp(6, [5, 4], 3, normalization=sn.BatchNorm, dropout=0.3, seed=seed)


def memory(net):
    """All that its layers remember apart from the parameters."""
    norms = [layer for _, layer in net.walk() if isinstance(layer, sn.BatchNorm)]
    drops = [layer for _, layer in net.walk() if isinstance(layer, sn.Dropout)]
    running = [array.tolist() for layer in norms for array in (layer.running_mean, layer.running_var)]
    return running, [layer.rng.bit_generator.state for layer in drops]


X = numbers((40, 6)).astype(np.float32)


def nested(seed=0):
    return sn.Network([sn.Affine(6, 6), sn.Residual([sn.Network([sn.BatchNorm(6)]), sn.Dropout(0.3)])], seed)


@pytest.mark.parametrize("make", [normalized, nested], ids=["plain", "nested"])
@pytest.mark.parametrize(
    "look",
    [
        lambda net: net.predict(X),
        lambda net: net.accuracy(X, np.zeros(40, int)),
        lambda net: sn.measure_spread(net, X, np.zeros(40, int)),
        lambda net: net.twin(training=True).forward(X),
    ],
    ids=["predict", "accuracy", "measure_spread", "twin"],
)
def test_a_look_leaves_running_statistics_and_streams_alone(look, make):
    net, undisturbed = make(), make()
    net.forward(X)
    undisturbed.forward(X)
    look(net)
    assert memory(net) == memory(undisturbed)
    np.testing.assert_array_equal(net.forward(X), undisturbed.forward(X))
    assert memory(net) == memory(undisturbed)


def test_a_training_twin_drops_what_the_network_will_drop_next():
    net = dropouts()
    twin = net.twin(training=True)
    assert_equal(masks(twin), masks(net))


@pytest.mark.parametrize("make", [normalized, nested], ids=["plain", "nested"])
def test_initialize_starts_running_statistics_and_streams_anew(make):
    net = make()
    fresh = memory(net)
    first = net.forward(X)
    kept = memory(net)
    assert all(one != other for new, old in zip(kept, fresh, strict=True) for one, other in zip(new, old, strict=True))
    net.initialize()
    assert memory(net) == fresh
    np.testing.assert_array_equal(net.forward(X), first)
    net.initialize(seed=1)
    assert memory(net) == memory(make(seed=1))
    assert memory(net) != fresh


def test_running_statistics_have_the_dtype_of_the_network():
    for dtype in (np.float32, np.float64):
        net = sn.mlp(6, [5], 3, normalization=sn.BatchNorm, dtype=dtype, seed=0)
        net.forward(X)
        assert net.layers[1].running_mean.dtype == net.layers[1].running_var.dtype == dtype


@pytest.mark.parametrize("kind", [sn.BatchNorm, sn.LayerNorm], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("n, width", [(4, 7), (7, 4), (1, 7), (7, 1)])
def test_another_width_is_refused(kind, n, width):
    with pytest.raises(sn.InputError, match=f"{kind.__name__}1"):
        sn.Network([kind(n)]).forward(numbers((8, width)))


@pytest.mark.parametrize("kind", [sn.BatchNorm, sn.LayerNorm], ids=lambda kind: kind.__name__)
def test_gamma_and_beta_are_drawn_as_they_say_and_not_as_weights_or_biases(kind):
    net = sn.Network(
        [sn.Affine(6, 5), kind(5), sn.Affine(5, 5), kind(5, init=sn.Constant(2), bias_init=sn.Constant(3))], seed=0
    )
    net.initialize(sn.Constant(9), bias_init=sn.Constant(8))
    values = {name: set(w.tolist()) for name, w, _ in net.parameters() if w.ndim == 1}
    assert values[f"{kind.__name__}1.gamma"] == {1.0}
    assert values[f"{kind.__name__}1.beta"] == {0.0}
    assert values[f"{kind.__name__}2.gamma"] == {2.0}
    assert values[f"{kind.__name__}2.beta"] == {3.0}
    assert values["Affine1.b"] == {8.0}
