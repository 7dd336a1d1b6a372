"""Jacobians of a network and of each layer, without labels, against finite differences and closed forms."""

import numpy as np
import pytest

import scratchnet as sn

X = np.random.default_rng(0).standard_normal((30, 12))
IMAGES = np.random.default_rng(0).standard_normal((5, 6, 6, 2))


def numeric(function, x, step=1e-6):
    """The singular values of ∂function/∂x at one input, by centred differences."""
    columns = []
    for i in range(x.size):
        change = np.zeros(x.size)
        change[i] = step
        change = change.reshape(x.shape)
        columns.append((function(x + change) - function(x - change)).ravel() / (2 * step))
    return np.linalg.svd(np.array(columns), compute_uv=False)


NETWORKS = {
    "tanh": lambda: [sn.Affine(12, 20), sn.Tanh(), sn.Affine(20, 8), sn.GELU(), sn.Affine(8, 5)],
    "residual": lambda: [sn.Affine(12, 7), sn.Residual([sn.LayerNorm(7), sn.Affine(7, 7), sn.Tanh()]), sn.Affine(7, 3)],
    "nested": lambda: [sn.Network([sn.Affine(12, 7), sn.Sigmoid()]), sn.Scale(0.5), sn.Affine(7, 9)],
    "norms": lambda: [sn.Affine(12, 7), sn.BatchNorm(7), sn.Tanh(), sn.Dropout(0.5), sn.Affine(7, 3)],
    "images": lambda: [sn.Convolution(2, 3, 3), sn.Tanh(), sn.AveragePool(2), sn.Flatten(), sn.Affine(12, 4)],
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=list(NETWORKS))
def test_each_layer_against_finite_differences(make):
    net, x = sn.Network(make(), seed=1, dtype=np.float64), IMAGES if isinstance(make()[0], sn.Convolution) else X
    found = sn.measure_jacobians(net, x)
    assert list(found) == [name for name, _ in net.walk()]
    here = x[:1]
    for name, layer in net.named:
        twin = layer.twin()
        expected = numeric(twin.forward, here)
        values = found[name].values
        np.testing.assert_allclose(values, expected[: len(values)], atol=1e-6)
        assert found[name].largest == values[0] and found[name].rms == pytest.approx(np.sqrt(np.mean(np.square(values))))
        here = twin.forward(here)
    for inner, layer in net.layers[0].named if isinstance(net.layers[0], sn.Network) else []:
        assert found[f"Network1.{inner}"] is not None, layer


def test_the_network_needs_no_labels():
    net = sn.Network(NETWORKS["tanh"](), seed=1, dtype=np.float64)
    with_labels, without = sn.measure_spread(net, X, np.arange(30) % 5), sn.measure_spread(net, X)
    assert without.jacobian == with_labels.jacobian and "singular values of ∂scores/∂input" in str(without)
    np.testing.assert_allclose(without.jacobian.values, numeric(net.twin().forward, X[:1]), atol=1e-6)


def test_orthogonal_layers_stretch_nothing():
    layers = [sn.Affine(12, 12, init=sn.Orthogonal()) for _ in range(5)]
    net = sn.Network(layers, seed=0, dtype=np.float64)
    for name, jacobian in sn.measure_jacobians(net, X).items():
        np.testing.assert_allclose(jacobian.values, np.ones(12), rtol=1e-12)
        assert sn.predict_jacobians(net, X)[name].rms == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(sn.measure_spread(net, X).jacobian.values, np.ones(12), rtol=1e-12)


def test_it_changes_nothing_in_the_network():
    net = sn.Network(NETWORKS["residual"](), seed=1)
    scores = net.forward(X.astype("f"))
    before = {name: None if dw is None else dw.copy() for name, _, dw in net.parameters()}
    sn.measure_jacobians(net, X)
    assert {name: dw for name, _, dw in net.parameters()} == before
    assert net.backward(np.ones_like(scores)) is None
    assert all("forward" not in vars(layer) for _, layer in net.walk())


@pytest.mark.parametrize("activation", [sn.Tanh, sn.ReLU, sn.GELU, sn.Sigmoid, lambda: sn.Scale(0.7)])
def test_the_predicted_rms_is_the_measured_one(activation):
    def network(seed):
        layers = [sn.Affine(12, 150, sn.LeCun()), activation(), sn.Affine(150, 150, sn.He()), activation()]
        return sn.Network([*layers, sn.Affine(150, 10)], seed)

    measured = [sn.measure_jacobians(network(seed), X) for seed in range(4)]
    predicted = sn.predict_jacobians(network(0), X[:1])
    for name, jacobian in predicted.items():
        rms = np.sqrt(np.mean([one[name].rms ** 2 for one in measured]))
        assert jacobian.rms == pytest.approx(rms, rel=0.06), name


def test_where_theory_stops_there_is_none():
    found = sn.predict_jacobians(sn.Network(NETWORKS["images"](), seed=0), IMAGES)
    assert set(found.values()) == {None}
    net = sn.Network([sn.Affine(12, 9), sn.Residual([sn.Affine(9, 9), sn.Tanh()]), sn.Affine(9, 3)], seed=0)
    found = sn.predict_jacobians(net, X)
    assert [name for name, one in found.items() if one is None] == ["Residual1"]


@pytest.mark.parametrize("jacobians", [sn.measure_jacobians, sn.predict_jacobians])
def test_inputs_that_do_not_fit_are_refused(jacobians):
    with pytest.raises(sn.InputError, match="rows of width 12"):
        jacobians(sn.Network(NETWORKS["tanh"](), seed=0), X[:, :5])


def test_a_jacobian_that_would_be_too_large_is_left_out():
    net = sn.Network([sn.Affine(12, 2100), sn.Affine(2100, 2000), sn.Affine(2000, 2)], seed=0)
    found = sn.measure_jacobians(net, X)
    assert found["Affine2"] is None and found["Affine1"] is not None and found["Affine3"] is not None
