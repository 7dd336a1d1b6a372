"""The prediction for wide networks against the kernels of infinitely wide ones that neural-tangents computed.

golden/make_neural_tangents.py says what is in the file. A prediction is for layers of so many units, whose means are spread
by a part 1/units less, as the mean over networks of a sample's variance is; nothing else depends on the width.
"""

import functools
import math
from pathlib import Path

import numpy as np
import pytest
from test_meanfield import Erf, Sin, leaky

import scratchnet as sn

UNITS = 100
CASES = {
    "ReLU": sn.ReLU,
    "ReLU+bias": sn.ReLU,
    "LeakyReLU(0.2)": leaky,
    "GELU+bias": sn.GELU,
    "sin+bias": Sin,
    "sin": Sin,
    "erf+bias": Erf,
    "erf+large bias": Erf,
}


@functools.cache
def golden():
    with np.load(Path(__file__).parent / "golden" / "neural_tangents.npz") as file:
        return dict(file)


def of(case, key, layer=None):
    numbers = golden()[f"{case}.{key}"]
    return float(numbers if layer is None else numbers[layer])


def affine(n_in, n_out, sigma_w2, sigma_b2):
    return sn.Affine(n_in, n_out, sn.VarianceScaling(float(sigma_w2)), sn.Normal(math.sqrt(sigma_b2)))


def assert_spread(found, case, name, layer=None, units=UNITS):
    """That of one layer, in `name`_within and so on; returns the largest relative error."""
    within, std, second = (of(case, f"{name}_{key}", layer) for key in ("within", "std", "second"))
    between = math.sqrt(max(std**2 - within**2, 0) * (1 - 1 / units))
    expected = {
        "within_std": within,
        "between_std": between,
        "std": math.hypot(within, between),
        "rms": math.sqrt(second),
        "mean": of(case, f"{name}_mean", layer) if f"{case}.{name}_mean" in golden() else 0.0,
    }
    for quantity, value in expected.items():
        if quantity != "between_std" or value > 0.1 * std:
            assert getattr(found, quantity) == pytest.approx(value, rel=1e-4, abs=1e-9 * std), f"{quantity} of {found.name}"
    assert found.correlation == pytest.approx(of(case, f"{name}_correlation", layer), abs=1e-4), found.name
    return max(abs(getattr(found, q) / value - 1) for q, value in expected.items() if value > 0.1 * std or q == "within_std")


@pytest.mark.parametrize("case", CASES)
def test_fifteen_layers(case):
    x, sigma_w2, sigma_b2 = (golden()[f"{case}.{key}"] for key in ("x", "sigma_w2", "sigma_b2"))
    layers, depth = [], len(golden()[f"{case}.pre_second"])
    for layer in range(depth):
        layers += [affine(UNITS if layer else x.shape[1], UNITS, sigma_w2, sigma_b2), CASES[case]()]
    net = sn.Network(layers, seed=0, dtype=np.float64)
    spread = sn.predict_spread(net, x)
    errors = []
    for layer in range(depth):
        before, after = spread.layers[2 * layer : 2 * layer + 2]
        errors += [assert_spread(before, case, "pre", layer), assert_spread(after, case, "post", layer)]
    print(case, max(errors), spread.notes)


def test_a_residual_network():
    x, (stem, first, second), sigma_b2 = (golden()[f"residual.{key}"] for key in ("x", "sigma_w2", "sigma_b2"))

    def block():
        inner = affine(UNITS, 2 * UNITS, first, sigma_b2), sn.ReLU(), affine(2 * UNITS, UNITS, second, sigma_b2)
        return sn.Residual(inner)

    net = sn.Network([affine(x.shape[1], UNITS, stem, sigma_b2), *(block() for _ in range(5))], seed=0, dtype=np.float64)
    spread = sn.predict_spread(net, x)
    errors = [assert_spread(spread["Affine1"], "residual", "stem", 0)]
    for layer in range(5):
        inner = f"Residual{layer + 1}"
        errors += [
            assert_spread(spread[f"{inner}.Affine1"], "residual", "first", layer, 2 * UNITS),
            assert_spread(spread[f"{inner}.ReLU1"], "residual", "relu", layer, 2 * UNITS),
            assert_spread(spread[f"{inner}.Affine2"], "residual", "second", layer),
            assert_spread(spread[inner], "residual", "block", layer),
        ]
    print("residual", max(errors), spread.notes)


def test_a_convolution_network():
    x, sigma_w2, sigma_b2, strides, pads = (
        golden()[f"convolution.{key}"] for key in ("x", "sigma_w2", "sigma_b2", "strides", "pads")
    )
    layers, n_in = [], x.shape[3]
    for w, b, stride, pad in zip(sigma_w2, sigma_b2, strides, pads, strict=False):
        init = sn.VarianceScaling(float(w)), sn.Normal(math.sqrt(b))
        layers += [sn.Convolution(n_in, 60, 3, int(stride), int(pad), 1, *init), sn.ReLU()]
        n_in = 60
    height, width = golden()["convolution.pre4"].shape[2:]
    last = affine(height * width * n_in, 30, sigma_w2[-1], sigma_b2[-1])
    spread = sn.predict_spread(sn.Network([*layers, sn.Flatten(), last], seed=0, dtype=np.float64), x)
    errors = []
    for layer in range(4):
        before, after = spread.layers[2 * layer : 2 * layer + 2]
        print([(getattr(before, k), of("convolution", "pre_" + k, layer)) for k in ("std", "correlation")])
        errors += [
            assert_spread(before, "convolution", "pre", layer, 60),
            assert_spread(after, "convolution", "post", layer, 60),
        ]
    errors += [
        assert_spread(spread["Flatten1"], "convolution", "flatten", units=60 * height * width),
        assert_spread(spread["Affine1"], "convolution", "dense", units=30),
    ]
    print(errors)
