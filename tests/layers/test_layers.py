"""Every layer against PyTorch (golden/layers.npz), against finite differences, and against the promises of `Layer`."""

from pathlib import Path

import numpy as np
import pytest
from scipy import special
from small import assert_as_golden

import scratchnet as sn
from scratchnet.layers import ACTIVATIONS
from scratchnet.layers.smooth import normal_cdf

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "layers.npz")

# One row a layer; a new layer is one more row here and one more case in make_golden.py. Each takes rows of width 7.
LAYERS = {
    "Affine": lambda: sn.Affine(7, 4),
    "Identity": sn.Identity,
    "ReLU": sn.ReLU,
    "LeakyReLU()": sn.LeakyReLU,
    "LeakyReLU(0.2)": lambda: sn.LeakyReLU(0.2),
    "PReLU()": sn.PReLU,
    "PReLU(7)": lambda: sn.PReLU(7),
    "ELU()": sn.ELU,
    "ELU(0.7)": lambda: sn.ELU(0.7),
    "SELU": sn.SELU,
    "GELU": sn.GELU,
    "SiLU": sn.SiLU,
    "Mish": sn.Mish,
    "Softplus": sn.Softplus,
    "Softsign": sn.Softsign,
    "Sigmoid": sn.Sigmoid,
    "Tanh": sn.Tanh,
}
# The same for layers whose vectors from PyTorch are in test_convolution.py and test_normalization.py: and a shape to take.
IMAGES = (3, 5, 4, 2)
OTHERS = {
    "Convolution(2, 3, 3)": (lambda: sn.Convolution(2, 3, 3), IMAGES),
    "Convolution(2, 4, 2, 2, 1, 2)": (lambda: sn.Convolution(2, 4, 2, 2, 1, 2), IMAGES),
    "MaxPool(2)": (lambda: sn.MaxPool(2), IMAGES),
    "MaxPool(3, 2)": (lambda: sn.MaxPool(3, 2), IMAGES),
    "AveragePool(2)": (lambda: sn.AveragePool(2), IMAGES),
    "AveragePool(3, 2)": (lambda: sn.AveragePool(3, 2), IMAGES),
    "Flatten": (sn.Flatten, IMAGES),
    "Scale(-0.3)": (lambda: sn.Scale(-0.3), IMAGES),
    "BatchNorm(7)": (lambda: sn.BatchNorm(7), (5, 7)),
    "BatchNorm(2)": (lambda: sn.BatchNorm(2), IMAGES),
    "LayerNorm(7)": (lambda: sn.LayerNorm(7), (5, 7)),
    "LayerNorm(2)": (lambda: sn.LayerNorm(2), IMAGES),
    "Dropout(0.3)": (lambda: sn.Dropout(0.3), (5, 7)),
}
ROWS = {case: (make, (5, 7)) for case, make in LAYERS.items()} | OTHERS

every_layer = pytest.mark.parametrize("case", ROWS)
every_layer_of_rows = pytest.mark.parametrize("case", LAYERS)
every_activation = pytest.mark.parametrize("case", [case for case in LAYERS if case != "Affine"])


def build(case, dtype=np.float64):
    layer = ROWS[case][0]()
    for name in layer.specs:
        setattr(layer, name, getattr(layer, name).astype(dtype))
    layer.start(np.random.default_rng(0))
    return layer


def batch_for(case, dtype=np.float64):
    return batch(0, ROWS[case][1], dtype)


def batch(seed=0, shape=(5, 7), dtype=np.float64):
    """Normal numbers, none of them near 0, where some layers have a kink."""
    x = np.random.default_rng(seed).standard_normal(shape)
    return (x + 0.1 * np.sign(x)).astype(dtype)


def test_the_tables_hold_every_layer():
    assert {case.partition("(")[0] for case in LAYERS} == {"Affine", *ACTIVATIONS}
    kinds = {name for name, kind in vars(sn.layers).items() if isinstance(kind, type) and issubclass(kind, sn.Layer)}
    assert {case.partition("(")[0] for case in ROWS} == kinds - {"Layer"}


@every_layer_of_rows
def test_forward_and_backward_agree_with_pytorch(case):
    # 1e-14: 1 − tanh² and the like are differences of numbers near 1, exact to a few times 1e-16 and no better.
    assert_as_golden(build(case), GOLDEN, case, rtol=1e-10, atol=1e-14)


@every_layer
def test_backward_agrees_with_finite_differences(case):
    report = sn.check_gradient(build(case), batch_for(case))
    assert report.ok, f"\n{report}"


@every_layer
def test_a_layer_writes_to_nothing_that_it_is_given(case):
    layer, x, dout = build(case), batch_for(case), None
    dout = batch(1, layer.forward(x).shape)
    given = [x, dout, *(getattr(layer, name) for name in layer.specs)]
    copies = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False  # a write is now an error, even one that writes the same value
    layer.forward(x)
    layer.backward(dout)
    for array, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_that_goes_in_comes_out(case, dtype):
    layer = build(case, dtype)
    out = layer.forward(batch_for(case, dtype))
    assert out.dtype == dtype
    assert layer.backward(batch(1, out.shape, dtype)).dtype == dtype
    for name in layer.specs:
        assert getattr(layer, "d" + name).dtype == dtype


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_overflows_at_1000(case, dtype):
    layer, x = build(case, dtype), np.full(ROWS[case][1], 1000, dtype)
    x[1] = -1000
    x[:, 3] = 0
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out = layer.forward(x)
        dx = layer.backward(np.ones_like(out))
    assert np.isfinite(out).all()
    assert np.isfinite(dx).all()
    assert all(np.isfinite(getattr(layer, "d" + name)).all() for name in layer.specs)


@every_layer
def test_a_second_backward_replaces_the_gradients_of_the_first(case):
    layer = build(case)
    dout = batch(1, layer.forward(batch_for(case)).shape)
    first = [layer.backward(dout), *(getattr(layer, "d" + name) for name in layer.specs)]
    first = [array.copy() for array in first]
    second = [layer.backward(dout), *(getattr(layer, "d" + name) for name in layer.specs)]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@every_layer
def test_a_twin_computes_the_same_and_leaves_the_memory_alone(case):
    layer, x = build(case), batch_for(case)
    twin = layer.twin(training=True)
    out = layer.forward(x).copy()
    dout = batch(1, out.shape)
    dx = layer.backward(dout).copy()
    np.testing.assert_array_equal(twin.forward(x), out)
    np.testing.assert_array_equal(twin.backward(dout), dx)
    twin.forward(2 * x[:2])
    twin.backward(dout[:2])
    layer.training = twin.training
    np.testing.assert_array_equal(layer.backward(dout), dx)


@pytest.mark.parametrize("case", [case for case in ROWS if case.partition("(")[0] not in ("Affine", "BatchNorm", "Dropout")])
def test_a_rowwise_layer_takes_every_row_as_if_it_were_alone(case):
    """That is why a batch of images may go through it in pieces."""
    layer, x = build(case), batch_for(case)
    assert layer.rowwise
    out = layer.forward(x).copy()
    dout = batch(1, out.shape)
    dx = layer.backward(dout).copy()
    for i in range(len(x)):
        np.testing.assert_allclose(layer.forward(x[i : i + 1]), out[i : i + 1], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(layer.backward(dout[i : i + 1]), dx[i : i + 1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", [sn.Layer, sn.BatchNorm, sn.Dropout], ids=lambda kind: kind.__name__)
def test_what_looks_at_the_whole_batch_or_draws_is_not_rowwise(kind):
    assert not kind.rowwise


@every_activation
@pytest.mark.parametrize("shape", [(7,), (2, 3, 7), (2, 3, 4, 7)])
def test_an_activation_takes_any_number_of_axes(case, shape):
    layer, x, dout = build(case), batch(0, shape), batch(1, shape)
    out, dx = layer.forward(x), layer.backward(dout)
    gradients = [getattr(layer, "d" + name) for name in layer.specs]
    assert out.shape == dx.shape == shape

    np.testing.assert_array_equal(out.reshape(-1, 7), layer.forward(x.reshape(-1, 7)))
    np.testing.assert_array_equal(dx.reshape(-1, 7), layer.backward(dout.reshape(-1, 7)))
    for gradient, name in zip(gradients, layer.specs, strict=True):
        np.testing.assert_allclose(gradient, getattr(layer, "d" + name), rtol=1e-12)


def test_one_layer_may_be_given_one_row():
    layer = build("Affine")
    layer.forward(batch(shape=(1, 7)))
    assert layer.backward(batch(shape=(1, 4))).shape == (1, 7)


def test_affine_leaves_out_dx_where_nobody_reads_it():
    layer = build("Affine")
    layer.needs_dx = False
    layer.forward(batch())
    assert layer.backward(batch(1, (5, 4))) is None
    assert layer.dW.shape == layer.W.shape


@pytest.mark.parametrize("low, high", [(-35, -5), (-5, 5), (5, 35)])
def test_normal_cdf_is_exact(low, high):
    x = np.linspace(low, high, 20_001)
    # In the lower tail Φ is e^(−x²/2) times something, and half an ulp of the exponent x²/2 is that much of Φ.
    rounding = np.finfo(float).eps / 2 * x**2 / 2 * (x < 0)
    assert (np.abs(normal_cdf(x) / special.ndtr(x) - 1) <= 1e-14 + rounding).all()


def test_selu_keeps_mean_0_and_variance_1():
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z = np.concatenate([6 * nodes - 6, 6 * nodes + 6])  # two panels, as SELU has a kink at 0
    density = np.tile(6 * weights, 2) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    out = sn.SELU().forward(z)
    assert abs(density @ out) < 1e-14
    assert abs(density @ out**2 - 1) < 1e-14


class Triple(sn.Layer):
    """out = 3 x, the whole of what a reader needs to write."""

    def forward(self, x):
        return 3 * x

    def backward(self, dout):
        return 3 * dout


def test_a_layer_of_ones_own_needs_no_init():
    assert sn.check_gradient(Triple(), batch()).ok
    assert repr(Triple()) == "Triple()"
    net = sn.Network([sn.Affine(7, 7), Triple(), sn.Affine(7, 2)], seed=0)
    assert net.names == ["Affine1", "Triple1", "Affine2"]
    assert sn.check_gradient(net, batch()).ok


class Flipped(Triple):
    def backward(self, dout):
        return -3 * dout


class Forgetful(Triple):
    def backward(self, dout):
        3 * dout


class NoForward(Triple):
    def forward(self, x):
        3 * x


class Unset(sn.Affine):
    def backward(self, dout):
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Transposed(sn.Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW.T
        return dx


class TransposedDx(sn.Affine):
    def backward(self, dout):
        return super().backward(dout).T


class HalfBias(sn.Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = self.db / 2
        return dx


@pytest.mark.parametrize(
    "layer, right, wrong",
    [(Flipped(), [], ["dx"]), (HalfBias(7, 4), ["dx", "dW"], ["db"])],
    ids=["Flipped", "HalfBias"],
)
def test_a_wrong_gradient_is_named(layer, right, wrong):
    report = sn.check_gradient(layer, batch())
    assert not report.ok
    assert [c.name for c in report.comparisons if c.ok] == right
    assert [c.name for c in report.comparisons if not c.ok] == wrong
    assert type(layer).__name__ in str(report)
    assert "WRONG" in str(report)
    worst = next(c for c in report.comparisons if not c.ok)
    assert worst.yours == pytest.approx({"dx": -1, "db": 0.5}[worst.name] * worst.numeric)


@pytest.mark.parametrize(
    "layer, words",
    [
        (Forgetful(), "Forgetful.backward returned None: return dx"),
        (NoForward(), "NoForward.forward returned None"),
        (Unset(7, 4), "Unset.backward left self.dW unset"),
        (Transposed(7, 4), r"Transposed: dW has shape \(4, 7\), but .* \(7, 4\)"),
        (TransposedDx(7, 4), r"TransposedDx: dx has shape \(7, 5\), but .* \(5, 7\)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, sn.Layer) else "",
)
def test_a_missing_or_misshapen_gradient_is_named(layer, words):
    with pytest.raises(sn.InputError, match=words):
        sn.check_gradient(layer, batch())


def test_check_gradient_leaves_the_layer_as_it_was():
    layer = sn.Affine(7, 4)
    W = layer.W.copy()
    sn.check_gradient(layer, batch())
    np.testing.assert_array_equal(layer.W, W)
    assert layer.W.dtype == np.float32
    assert not hasattr(layer, "x")


def test_a_numerical_gradient_refuses_integers():
    """The book's gives [25000, 35000] for the gradient of Σ x² at [3, 4], as x + h is x again."""
    np.testing.assert_allclose(sn.numerical_gradient(lambda x: (x**2).sum(), np.array([3.0, 4.0])), [6, 8], rtol=1e-8)
    with pytest.raises(sn.InputError, match="floats are needed"):
        sn.numerical_gradient(lambda x: (x**2).sum(), np.array([3, 4]))


@pytest.mark.parametrize("make", [lambda: sn.Affine(5, 4, bias_init=sn.Normal(1.0)), lambda: sn.PReLU(4, sn.Normal(1.0))])
def test_a_lone_layer_can_be_seeded(make):
    layer, again, other = make(), make(), make()
    arrays = [w for _, w, _ in layer.parameters()]
    for one, seed in ((layer, 3), (again, 3), (other, 4)):
        one.initialize(seed=seed)
    assert all(w is kept for (_, w, _), kept in zip(layer.parameters(), arrays, strict=True))
    for (_, w, _), (_, same, _), (_, different, _) in zip(*(one.parameters() for one in (layer, again, other)), strict=True):
        assert np.array_equal(w, same) and not np.array_equal(w, different)
    net = sn.Network([make()], seed=3)
    assert all(np.array_equal(w, same) for (_, w, _), (_, same, _) in zip(net.parameters(), layer.parameters(), strict=True))
    with pytest.raises(sn.InputError, match="seed is -1"):
        layer.initialize(seed=-1)


def test_a_lone_dropout_can_be_seeded():
    masks = []
    for seed in (0, 0, 1):
        layer = sn.Dropout(0.5)
        layer.initialize(seed=seed)
        masks.append(layer.forward(np.ones((4, 30), np.float32)))
    assert np.array_equal(masks[0], masks[1]) and not np.array_equal(masks[0], masks[2])
