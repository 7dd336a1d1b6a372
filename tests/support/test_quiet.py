"""Numbers beyond the floats, NaN, empty arrays: no call into the library makes NumPy warn. (A warning is an error here.)"""

import ast
import itertools
from pathlib import Path

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import OPTIMIZERS

ROWS, IMAGES = (4,), (5, 5, 2)
LAYERS = {name: (kind, ROWS) for name, kind in ACTIVATIONS.items()} | {
    "Affine": (lambda: sn.Affine(4, 3), ROWS),
    "BatchNorm": (lambda: sn.BatchNorm(4), ROWS),
    "LayerNorm": (lambda: sn.LayerNorm(4), ROWS),
    "Dropout": (sn.Dropout, ROWS),
    "Dropout of nearly all": (lambda: sn.Dropout(1 - 1e-16), ROWS),
    "Convolution": (lambda: sn.Convolution(2, 4, 3, stride=2, pad=1, groups=2), IMAGES),
    "MaxPool": (lambda: sn.MaxPool(2), IMAGES),
    "AveragePool": (lambda: sn.AveragePool(2), IMAGES),
    "Flatten": (sn.Flatten, IMAGES),
}
NUMBERS = [0.0, 1e-45, 1e-40, 1e19, 3e38, 1e200, 1.7e308, np.inf, np.nan]


def filled(number, shape, dtype):
    """`number` everywhere, but −`number` in the first unit and 1 in the second row."""
    array = np.full(shape, number)
    array[..., :1] *= -1
    array[1:2] = 1
    with np.errstate(over="ignore"):
        return array.astype(dtype)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_alone_is_silent(name):
    make, shape = LAYERS[name]
    for number, dtype, rows, size in itertools.product(NUMBERS, ("f4", "f8"), (3, 0), (1, 1e30)):
        if name == "BatchNorm" and not rows:
            continue
        layer = make()
        for parameter in layer.specs:
            setattr(layer, parameter, getattr(layer, parameter).astype(dtype) * size)
        out = layer.forward(filled(number, (rows, *shape), dtype))
        dx = layer.backward(filled(number, out.shape, dtype))
        assert len(out) == rows and dx.shape == (rows, *shape)
        assert rows or not any(getattr(layer, "d" + parameter).any() for parameter in layer.specs)


def test_batch_norm_refuses_an_empty_batch():
    with pytest.raises(sn.InputError, match=r"x has shape \(0, 4\)"):
        sn.BatchNorm(4).forward(np.zeros((0, 4)))


LIMITS = {
    sn.Sigmoid: (0, 1, 0),
    sn.Tanh: (-1, 1, 0),
    sn.Softsign: (-1, 1, 0),
    sn.ELU: (-1, 1e30, 1),
    sn.GELU: (0, 1e30, 1),
    sn.SiLU: (0, 1e30, 1),
    sn.Mish: (0, 1e30, 1),
    sn.Softplus: (0, 1e30, 1),
    sn.ReLU: (0, 1e30, 1),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_far_from_0_an_activation_is_its_limit(kind):
    low, high, slope = LIMITS[kind]
    layer = kind()
    np.testing.assert_allclose(layer.forward(np.array([[-1e30, 1e30]], np.float32)), [[low, high]], rtol=1e-6)
    np.testing.assert_allclose(layer.backward(np.ones((1, 2), np.float32)), [[0, slope]], rtol=1e-6)


class Reciprocal(sn.Layer):
    """A reader's own."""

    def forward(self, x):
        return 1 / x

    def backward(self, dout):
        return dout


def test_what_a_readers_layer_does_is_its_authors_and_a_network_is_silent():
    x = np.zeros((2, 3), np.float32)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        Reciprocal().forward(x)
    net = sn.Network([Reciprocal(), sn.Affine(3, 2)], seed=0)
    assert not np.isfinite(net.forward(x)).all()
    assert sn.measure_spread(net, x, np.zeros(2, int)).first_loss != 0


def test_whoever_asks_numpy_to_raise_gets_the_error():
    layer, x = sn.Affine(4, 3, init=1e30), np.full((1, 4), 1e30, np.float32)
    with np.errstate(over="raise", invalid="raise"), pytest.raises(FloatingPointError):
        layer.forward(x)
    assert not np.isfinite(layer.forward(x)).all()
    assert np.geterr()["over"] == "warn"


@pytest.mark.parametrize("number", NUMBERS)
def test_losses_are_silent(number):
    for loss, t in ((sn.SoftmaxCrossEntropy(), np.array([0, 1])), (sn.MSE(), np.zeros((2, 3)))):
        for dtype in ("f4", "f8"):
            loss.forward(filled(number, (2, 3), dtype), t)
            assert loss.backward().shape == (2, 3)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0)])
def test_losses_refuse_empty_arrays(shape):
    for loss, t in ((sn.SoftmaxCrossEntropy(), np.zeros(shape[0], int)), (sn.MSE(), np.zeros(shape))):
        with pytest.raises(sn.InputError):
            loss.forward(np.zeros(shape, np.float32), t)


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_optimizers_are_silent(kind):
    for lr, number, dtype in itertools.product((1e-300, 1e-30, 1e30, 1e300), NUMBERS, ("f4", "f8")):
        optimizer = kind(lr, hooks=[sn.WeightDecay(1e30), sn.ClipNorm(1.0)])
        w = filled(number, (3, 4), dtype)
        for _ in range(2):
            optimizer.step([("W", w, w.copy())])


@pytest.mark.parametrize(("size", "dtype"), [(1.0, "f4"), (1e30, "f4"), (1e200, "f8")])
def test_a_clipped_gradient_keeps_its_direction_whatever_its_size(size, dtype):
    dw, db = np.array([3 * size], dtype), np.array([4 * size], dtype)
    clipped = sn.ClipNorm(1.0)([("W", dw, dw), ("b", db, db)])
    np.testing.assert_allclose([float(g[0]) for _, _, g in clipped], [0.6, 0.8], rtol=1e-6)


def one_over_zero(shape, fans, rng):
    return np.ones(shape) / np.zeros(shape)


@pytest.mark.parametrize("init", [sn.Normal(1.7e308), sn.TruncatedNormal(1.7e308), one_over_zero])
def test_initializers_are_silent(init):
    if init is not one_over_zero:
        init((3, 4), None, np.random.default_rng(0))
    with pytest.raises(sn.InputError, match=r"Affine\.W: .* gives NaN or infinite values"):
        sn.Affine(3, 4, init)


@pytest.mark.parametrize("q", [0.0, 1e-300, 1e300, np.inf])
def test_mean_field_averages_are_silent(q):
    for kind in (sn.ReLU, sn.Tanh, sn.Softplus):
        field = sn.MeanField(kind)
        field.second_moment(q), field.mean(q), field.squared_slope(q), field.kappa_4(q)
        for sigma_w2 in (1e-300, 1e300):
            field.chi_1(sigma_w2, q), field.chi_q(sigma_w2, q)


def generators_that_leave_settings(tree):
    """Functions that yield within np.errstate, unless they are context managers themselves."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and "contextmanager" not in map(ast.unparse, function.decorator_list):
            for block in ast.walk(function):
                settings = isinstance(block, ast.With) and any("errstate" in ast.unparse(one) for one in block.items)
                if settings and any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(block)):
                    yield function.name


def test_no_generator_leaves_its_settings_to_its_caller():
    inside = "def f():\n    with np.errstate(all='ignore'):\n        yield 1"
    assert list(generators_that_leave_settings(ast.parse(inside))) == ["f"]
    for file in Path(sn.__file__).parent.rglob("*.py"):
        assert not list(generators_that_leave_settings(ast.parse(file.read_text(encoding="utf-8")))), file
