"""The prediction for wide networks against the kernels of infinitely wide ones that neural-tangents computed.

golden/make_neural_tangents.py says what is in the file. A prediction is for layers of so many units, whose means are spread
by a part 1/units less, as the mean over networks of a sample's variance is; nothing else depends on the width.
"""

import functools
import math
from pathlib import Path

import numpy as np
import pytest
from meanfield.test_one_input import Erf, Sin, leaky

import scratchnet as sn
from scratchnet.theory.predict import Prediction

UNITS = 100
ACTIVATIONS = {"ReLU": sn.ReLU, "LeakyReLU(0.2)": leaky, "GELU": sn.GELU, "sin": Sin, "erf": Erf}
# Errors: the inputs are of sizes from 1 to 5, and a smooth activation's maps are interpolated between them. .001 is due.
CASES = {
    "ReLU": 1e-8,
    "ReLU+bias": 1e-8,
    "LeakyReLU(0.2)": 1e-8,
    "GELU+bias": 2e-4,
    "sin+bias": 5e-4,
    "sin": 5e-4,
    "erf+bias": 5e-4,
    "erf+large bias": 5e-4,
}


@functools.cache
def golden():
    with np.load(Path(__file__).parents[1] / "golden" / "neural_tangents.npz") as file:
        return dict(file)


def of(case, key, layer=None):
    numbers = golden()[f"{case}.{key}"]
    return float(numbers if layer is None else numbers[layer])


def affine(n_in, n_out, sigma_w2, sigma_b2):
    return sn.Affine(n_in, n_out, sn.VarianceScaling(float(sigma_w2)), sn.Normal(math.sqrt(sigma_b2)))


def assert_spread(found, case, name, layer=None, units=UNITS, error=1e-8):
    """That of one layer, in `name`_within and so on."""
    within, std, second = (of(case, f"{name}_{key}", layer) for key in ("within", "std", "second"))
    between = math.sqrt(max(std**2 - within**2, 0) * (1 - 1 / units))
    mean = of(case, f"{name}_mean", layer) if f"{case}.{name}_mean" in golden() else 0.0
    assert found.within_std == pytest.approx(within, rel=error), found.name
    assert found.between_std == pytest.approx(between, rel=error, abs=error * std), found.name
    assert found.std == pytest.approx(math.hypot(within, between), rel=error), found.name
    assert found.rms == pytest.approx(math.sqrt(second), rel=error), found.name
    assert found.mean == pytest.approx(mean, rel=error, abs=1e-12 * std), found.name
    assert found.correlation == pytest.approx(of(case, f"{name}_correlation", layer), abs=error), found.name


@pytest.mark.parametrize(("case", "error"), CASES.items(), ids=CASES)
def test_fifteen_layers(case, error):
    x, sigma_w2, sigma_b2, kept = (golden()[f"{case}.{key}"] for key in ("x", "sigma_w2", "sigma_b2", "layers"))
    layers, depth = [], len(golden()[f"{case}.pre_second"])
    for layer in range(depth):
        layers += [affine(UNITS if layer else x.shape[1], UNITS, sigma_w2, sigma_b2), ACTIVATIONS[case.partition("+")[0]]()]
    net = sn.Network(layers, seed=0, dtype=np.float64)
    prediction = Prediction(net.twin(), x, 0.01)
    prediction.forward()
    spread = prediction.spread()
    for layer in range(depth):
        before, after = spread.layers[2 * layer : 2 * layer + 2]
        assert_spread(before, case, "pre", layer, error=error)
        assert_spread(after, case, "post", layer, error=error)
    for place, layer in enumerate(kept - 1):
        for key, name in zip(("pre", "post"), net.names[2 * layer : 2 * layer + 2], strict=True):
            K = golden()[f"{case}.{key}"][place]
            q = np.sqrt(np.diag(K))
            assert (np.abs(prediction.records[name].step.out.products[0] - K) / np.outer(q, q)).max() < 5 * error, (
                name
            )  # a single pair


def test_a_residual_network():
    x, (stem, first, second), sigma_b2 = (golden()[f"residual.{key}"] for key in ("x", "sigma_w2", "sigma_b2"))

    def block():
        inner = affine(UNITS, 2 * UNITS, first, sigma_b2), sn.ReLU(), affine(2 * UNITS, UNITS, second, sigma_b2)
        return sn.Residual(inner)

    net = sn.Network([affine(x.shape[1], UNITS, stem, sigma_b2), *(block() for _ in range(5))], seed=0, dtype=np.float64)
    spread = sn.predict_spread(net, x)
    assert_spread(spread["Affine1"], "residual", "stem", 0)
    for layer in range(5):
        inner = f"Residual{layer + 1}"
        assert_spread(spread[f"{inner}.Affine1"], "residual", "first", layer, 2 * UNITS)
        assert_spread(spread[f"{inner}.ReLU1"], "residual", "relu", layer, 2 * UNITS)
        assert_spread(spread[f"{inner}.Affine2"], "residual", "second", layer)
        assert_spread(spread[inner], "residual", "block", layer)


def test_a_convolution_network():
    names = ("x", "sigma_w2", "sigma_b2", "strides", "pads")
    x, sigma_w2, sigma_b2, strides, pads = (golden()[f"convolution.{name}"] for name in names)
    layers, n_in = [], x.shape[3]
    for w, b, stride, pad in zip(sigma_w2, sigma_b2, strides, pads, strict=False):
        init = sn.VarianceScaling(float(w)), sn.Normal(math.sqrt(b))
        layers += [sn.Convolution(n_in, UNITS, 3, int(stride), int(pad), 1, *init), sn.ReLU()]
        n_in = UNITS
    height, width = golden()["convolution.pre4"].shape[2:]
    last = affine(height * width * UNITS, 2 * UNITS, sigma_w2[-1], sigma_b2[-1])
    net = sn.Network([*layers, sn.Flatten(), last], seed=0, dtype=np.float64)
    spread = sn.predict_spread(net, x)
    for layer in range(4):
        before, after = spread.layers[2 * layer : 2 * layer + 2]
        assert_spread(before, "convolution", "pre", layer)
        assert_spread(after, "convolution", "post", layer)
    assert_spread(spread["Flatten1"], "convolution", "flatten", units=UNITS)  # its places go together
    assert_spread(spread["Affine1"], "convolution", "dense", units=2 * UNITS)
    prediction = Prediction(net.twin(), x, 0.01)
    prediction.forward()
    for name in [f"{kind}{layer + 1}" for layer in range(4) for kind in ("pre", "post")]:
        K = np.moveaxis(golden()[f"convolution.{name}"].reshape(len(x), len(x), -1), 2, 0)
        found = prediction.records[name.replace("pre", "Convolution").replace("post", "ReLU")].step.out.products
        np.testing.assert_allclose(found, K, rtol=1e-7, atol=1e-8 * np.abs(K).max())
