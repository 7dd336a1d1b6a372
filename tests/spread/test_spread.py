"""A Spread as a thing to print, to lay beside another and to keep; its ranks and Jacobians against plain linear algebra."""

import csv
import json

import numpy as np
import pytest

import scratchnet as sn
from scratchnet.spread import LayerSpread, Spread


def batch(rows=40, width=12, classes=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, width)), rng.integers(0, classes, rows)


def network(activation=sn.Tanh, **settings):
    return sn.mlp(12, [9, 8], 5, activation, **({"seed": 0, "dtype": np.float64} | settings))


def two(net=None):
    net, (x, t) = net or network(), batch()
    return sn.predict_spread(net, x, t), sn.measure_spread(net, x, t)


# The Jacobian.


def numeric_jacobian(net, x, step=1e-6):
    columns = [(net.forward(x + step * e)[0] - net.forward(x - step * e)[0]) / (2 * step) for e in np.eye(x.size)]
    return np.array(columns).T


@pytest.mark.parametrize("kind", [sn.Tanh, sn.GELU, sn.Sigmoid], ids=lambda kind: kind.__name__)
def test_singular_values_are_those_of_a_numeric_jacobian(kind):
    net, (x, t) = network(kind), batch()
    measured = sn.measure_spread(net, x, t).jacobian
    values = np.linalg.svd(numeric_jacobian(net, x[:1]), compute_uv=False)
    np.testing.assert_allclose(measured.values, values, rtol=1e-6)
    assert (measured.largest, measured.median) == (measured.values[0], np.median(measured.values))
    assert measured.rms == pytest.approx(np.sqrt(np.mean(values**2)), rel=1e-6)


def test_singular_values_of_images_and_residual_networks():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((30, 4, 5, 2)), rng.integers(0, 3, 30)
    inner = sn.Residual([sn.Tanh(), sn.Convolution(3, 3, 3, pad=1)])
    net = sn.Network([sn.Convolution(2, 3, 3, pad=1), inner, sn.Flatten(), sn.Affine(60, 3)], seed=0, dtype=np.float64)
    columns = []
    for e in np.eye(40).reshape(40, 1, 4, 5, 2):
        columns.append((net.forward(x[:1] + 1e-6 * e)[0] - net.forward(x[:1] - 1e-6 * e)[0]) / 2e-6)
    values = np.linalg.svd(np.array(columns).T, compute_uv=False)
    np.testing.assert_allclose(sn.measure_spread(net, x, t).jacobian.values, values, rtol=1e-6)


@pytest.mark.parametrize("settings", [{"normalization": sn.BatchNorm}, {"dropout": 0.2}], ids=["BatchNorm", "Dropout"])
def test_where_outputs_hang_on_other_rows_or_on_chance_there_is_no_jacobian(settings):
    for spread in two(network(**settings)):
        assert spread.jacobian is None


# Largest and median singular value of twenty layers of 100, over a few draws: what is known, and how far draws differ.
KNOWN = {
    "linear, normal": (sn.Identity, sn.LeCun(), (3, 8), (2e-4, 3e-3)),
    "linear, orthogonal": (sn.Identity, sn.Orthogonal(), (1 - 1e-9, 1 + 1e-9), (1 - 1e-9, 1 + 1e-9)),
    "tanh, orthogonal": (sn.Tanh, sn.Orthogonal(1.05), (0.4, 1.1), (0.1, 0.3)),
    "tanh, normal": (sn.Tanh, sn.VarianceScaling(1.05**2), (0.6, 2.5), (2e-5, 6e-4)),
    "ReLU, He": (sn.ReLU, sn.He(), (2, 12), (0, 1e-4)),
    "sigmoid, 1/n": (sn.Sigmoid, sn.LeCun(), (4e-13, 4e-12), (0, 1e-13)),
}


@pytest.mark.parametrize("case", KNOWN)
def test_the_known_spectra(case):
    kind, init, largest, median = KNOWN[case]
    found = []
    for seed in range(6):
        layers = [layer for _ in range(20) for layer in (sn.Affine(100, 100, init), kind())]
        net = sn.Network(layers, seed, np.float64)
        x = np.random.default_rng(seed).standard_normal((2, 100))
        jacobian = sn.measure_spread(net, x, np.array([0, 1])).jacobian
        found.append((jacobian.largest, jacobian.median))
    for values, (low, high) in zip(zip(*found, strict=True), (largest, median), strict=True):
        assert low <= np.median(values) <= high, case


# The rank.


@pytest.mark.parametrize("rows", [40, 1500], ids=["one part", "two parts"])
def test_the_rank_is_that_of_the_covariance(rows):
    net, (x, _) = network(), batch(rows)
    spread = sn.measure_spread(net, x)
    out = x
    for layer, name in zip(net.layers, net.names, strict=True):
        out = layer.forward(out)
        eigenvalues = np.linalg.eigvalsh(np.cov(out.T))
        assert spread[name].rank == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum(), rel=1e-9), name


def test_the_rank_of_what_points_one_way_is_1_and_of_what_does_not_differ_none():
    x = np.outer(np.linspace(-1, 1, 30), np.arange(1, 13))
    assert sn.measure_spread(sn.Network([sn.Identity()]), x)["Identity1"].rank == pytest.approx(1, rel=1e-5)
    assert sn.measure_spread(sn.Network([sn.Identity()]), np.ones((5, 3)))["Identity1"].rank is None


# Printed, laid beside, kept.


def test_a_prediction_prints_with_its_band_and_a_measurement_without():
    predicted, measured = map(str, two())
    assert "95 % of networks" in predicted and "95 % of networks" not in measured
    for text in (predicted, measured):
        assert "first loss" in text and "ln 5 = 1.609" in text and "singular values of ∂scores/∂input" in text


def test_two_beside_each_other_are_one_table():
    predicted, measured = two()
    table = predicted.beside(measured)
    assert [row[0] for row in table.rows] == [layer.name for layer in measured.layers]
    at = table.header.index("std")
    assert table.rows[1][at] == f"{predicted['Tanh1'].std:.3g} ({measured['Tanh1'].std:.3g})"
    assert "predicted, and measured in brackets" in str(table) and "<table>" in table._repr_html_()
    assert "measured, and predicted in brackets" in str(measured.beside(predicted))


@pytest.mark.parametrize("other", [None, Spread([LayerSpread("ReLU1")])])
def test_a_spread_of_other_layers_cannot_lie_beside(other):
    with pytest.raises(sn.InputError, match="other is not a Spread of the same layers"):
        two()[0].beside(other)


def test_it_is_kept_as_csv_and_as_json(tmp_path):
    predicted, measured = two()
    for spread in (predicted, measured):
        path = spread.save(tmp_path / "spread.csv")
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["name"] for row in rows] == [layer.name for layer in spread.layers]
        assert [float(row["within_std"]) for row in rows] == [layer.within_std for layer in spread.layers]
        assert bool(rows[1]["std_low"]) == spread.predicted
        kept = json.loads(spread.save(str(tmp_path / "spread.json")).read_text())
        assert kept["first_loss"] == spread.first_loss and kept["predicted"] == spread.predicted
        assert kept["layers"][1]["histogram"]["counts"] == list(spread.layers[1].histogram.counts)
        assert kept["jacobian"]["rms"] == spread.jacobian.rms
    assert not list(tmp_path.glob(".*"))


def test_nan_becomes_null_in_json(tmp_path):
    path = Spread([LayerSpread("ReLU1", std=float("nan"))]).save(tmp_path / "a.json")
    assert json.loads(path.read_text())["layers"][0]["std"] is None


@pytest.mark.parametrize(("name", "words"), [("spread.txt", r"ends in \.csv or \.json"), (3, "a path is needed")])
def test_other_files_are_refused(name, words):
    with pytest.raises(sn.InputError, match=words):
        two()[0].save(name)
