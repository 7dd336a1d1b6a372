"""Predictions that have a known value: the book's histograms, MNIST's update ratios, closed forms and SciPy's integrals."""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

import scratchnet as sn
from scratchnet.theory.finite import band, normal_numbers, normal_quantiles, pooled_share_variance, share_covariance
from scratchnet.theory.output import first_loss, gradient_products
from scratchnet.theory.rules import layer_step
from scratchnet.theory.signal import Signal

BOOK = {  # x = randn(1000, 100), five layers of 100: pooled std of the activations
    "sigmoid 1": (sn.Sigmoid, 1.0, [0.459, 0.440, 0.438, 0.438, 0.438]),
    "sigmoid .01": (sn.Sigmoid, 0.01, [0.0249, 0.0125]),
    "sigmoid 1/n": (sn.Sigmoid, sn.LeCun(), [0.208, 0.127, 0.122, 0.121, 0.121]),
    "tanh 1/n": (sn.Tanh, sn.LeCun(), [0.628, 0.486, 0.408, 0.358, 0.322]),
    "ReLU .01": (sn.ReLU, 0.01, [0.058, 0.0041, 2.9e-4, 2.1e-5, 1.5e-6]),
    "ReLU 1/n": (sn.ReLU, sn.LeCun(), [0.584, 0.413, 0.292, 0.206, 0.146]),
    "ReLU He": (sn.ReLU, sn.He(), [0.826] * 5),
}


@pytest.mark.parametrize("case", BOOK)
def test_the_books_histograms(case):
    kind, init, stds = BOOK[case]
    x = np.random.default_rng(0).standard_normal((200, 100))
    x /= math.sqrt((x**2).mean())
    net = sn.Network([layer for _ in stds for layer in (sn.Affine(100, 100, init), kind())], seed=0)
    spread = sn.predict_spread(net, x)
    for layer, std in zip(spread.activations, stds, strict=True):
        assert layer.std == pytest.approx(std, rel=0.02 if std > 1e-3 else 0.05), layer.name


# Of the book's network on MNIST, batches of 100, at lr .01: log10 of the step over the weight, layer by layer.
RATIOS = {
    "Normal(0.01)": [-7.0, -6.6, -6.6, -6.6, -6.1],
    "LeCun()": [-3.6, -4.0, -4.0, -4.0, -3.5],
    "He()": [-3.1, -3.5, -3.5, -3.5, -3.0],
    "TorchDefault()": [-4.3, -4.7, -4.7, -4.7, -4.2],
}


@pytest.mark.parametrize("init", RATIOS)
def test_the_number_that_matters(init):
    train, _ = sn.load_mnist()
    x, t = train[:100]
    init = sn.initializer(init)
    spread = sn.predict_spread(sn.mlp(784, [100] * 4, 10, init=init, seed=0), x, t)
    ratios = [layer.update_ratio for layer in spread.layers if layer.w_rms is not None]
    assert ratios == pytest.approx(RATIOS[repr(init)], abs=0.12)
    if init == sn.He():
        assert spread.first_loss == pytest.approx(2.396, abs=0.015)


def one_layer(kind, n=7, **settings):
    """(inputs' mean squares, spread) of Affine and activation, with σ_w² = 1.5."""
    x = np.random.default_rng(0).standard_normal((30, n)) * np.linspace(0.3, 2.5, 30)[:, None]
    net = sn.Network([sn.Affine(n, 50, sn.VarianceScaling(1.5), **settings), kind()], seed=0, dtype=np.float64)
    return 1.5 * (x**2).mean(axis=1), x, sn.predict_spread(net, x)


def test_saturation():
    q, _, spread = one_layer(sn.Tanh)
    edge = math.atanh(0.97)
    assert edge == pytest.approx(2.092, abs=5e-4)
    assert spread["Tanh1"].saturated == pytest.approx(np.mean(2 * stats.norm.cdf(-edge / np.sqrt(q))), rel=1e-9)
    q, _, spread = one_layer(sn.Sigmoid, bias_init=sn.Constant(1.0))
    edge = special.logit(0.985)
    beyond = stats.norm.sf((edge - 1) / np.sqrt(q)) + stats.norm.cdf((-edge - 1) / np.sqrt(q))
    assert spread["Sigmoid1"].saturated == pytest.approx(np.mean(beyond), rel=1e-6)


def test_zeros_and_dead_units():
    for bias in (0.0, 0.4):
        q, x, spread = one_layer(sn.ReLU, bias_init=sn.Constant(bias) if bias else sn.Zeros())
        assert spread["ReLU1"].zero == pytest.approx(np.mean(stats.norm.cdf(-bias / np.sqrt(q))), rel=1e-6)
    # Dead for all of a batch of inputs that have one correlation: E Φ(−z √(c / (1 − c)))^B
    c, rows = 0.6, 12
    x = np.hstack([np.full((rows, 1), math.sqrt(c)), math.sqrt(1 - c) * np.eye(rows)])
    spread = sn.predict_spread(sn.Network([sn.Affine(rows + 1, 50), sn.ReLU()], seed=0, dtype=np.float64), x)

    def all_below(z):
        return stats.norm.cdf(-z * math.sqrt(c / (1 - c))) ** rows * stats.norm.pdf(z)

    assert spread["Affine1"].correlation == pytest.approx(c)
    assert spread["ReLU1"].dead == pytest.approx(integrate.quad(all_below, -10, 10)[0], rel=1e-6)
    assert spread["Affine1"].dead == 0
    assert one_layer(sn.Tanh)[2]["Tanh1"].dead == 0


def test_an_affine_layer_is_exact():
    """q = σ_w² x·x/n + σ_b² and so on; a constant bias is a mean."""
    _, x, spread = one_layer(sn.ReLU, bias_init=sn.Normal(0.7))
    products = 1.5 * x @ x.T / 7
    within = np.trace(products) / 30 - products.mean()
    found = spread["Affine1"]
    assert found.within_std == pytest.approx(math.sqrt(within), rel=1e-12)
    assert found.rms == pytest.approx(math.sqrt(np.trace(products) / 30 + 0.49), rel=1e-12)
    assert found.between_std == pytest.approx(math.sqrt((products.mean() + 0.49) * (1 - 1 / 50)), rel=1e-12)
    assert (found.mean, found.zero) == (0, 0)
    _, x, spread = one_layer(sn.ReLU, bias_init=sn.Constant(0.7))
    assert spread["Affine1"].mean == pytest.approx(0.7)
    assert spread["Affine1"].within_std == pytest.approx(math.sqrt(within), rel=1e-12)
    assert spread["Affine1"].rms == pytest.approx(math.sqrt(np.trace(products) / 30 + 0.49), rel=1e-12)
    assert spread["Affine1"].between_std == pytest.approx(math.sqrt(products.mean() * (1 - 1 / 50)), rel=1e-12)


def test_gradients_of_scores_that_are_0():
    """Then D = (1/C − Y) / B is known, and what goes down through the layers before is their variance times it."""
    rng = np.random.default_rng(0)
    x, t = rng.random((40, 9)), rng.integers(0, 5, 40)
    layers = [sn.Affine(9, 70, sn.Normal(0.3)), sn.Affine(70, 5, sn.Normal(1e-6))]
    spread = sn.predict_spread(sn.Network(layers, seed=0, dtype=np.float64), x, t, lr=0.1)
    D = (1 / 5 - np.eye(5)[t]) / 40
    last, first = spread["Affine2"], spread["Affine1"]
    assert spread.first_loss == pytest.approx(math.log(5), abs=1e-8)
    assert last.grad_rms == pytest.approx(math.sqrt((D**2).mean()), rel=1e-5)
    assert first.grad_rms == pytest.approx(1e-6 * math.sqrt((D**2).sum() / 40), rel=1e-5)
    G = D @ D.T / 5
    assert last.dw_rms == pytest.approx(math.sqrt(np.vdot(G, 9 * 0.09 * x @ x.T / 9)), rel=1e-5)
    assert first.dw_rms == pytest.approx(math.sqrt(np.vdot(5 * 1e-12 * G, x @ x.T / 9)), rel=1e-5)
    assert first.update_ratio == pytest.approx(math.log10(0.1 * first.dw_rms / 0.3), rel=1e-9)
    assert spread.jacobian.rms == pytest.approx(math.sqrt(9 * 70 * 0.09 * 5 * 1e-12 / 5), rel=1e-9)


def test_without_labels_there_is_a_gradient_but_none_of_a_weight():
    x = np.random.default_rng(0).random((40, 9))
    net = sn.mlp(9, [70], 5, init=sn.Normal(1e-4), seed=0)
    spread = sn.predict_spread(net, x)
    assert [layer.dw_rms for layer in spread.layers] == [layer.update_ratio for layer in spread.layers] == [None] * 3
    assert spread["Affine2"].grad_rms == pytest.approx(math.sqrt((1 - 1 / 5) / 5) / 40, rel=1e-3)
    assert sn.predict_spread(net, x, criterion=sn.MSE()).first_loss is None
    assert sn.predict_spread(net, x, criterion=sn.MSE())["Affine2"].grad_rms is None


def test_dropout_of_two_inputs_is_independent():
    """E mask² / (1 − ratio)² = 1 / (1 − ratio) of one input, and 1 of two: on the way forward and on the way back."""
    x = np.random.default_rng(0).standard_normal((6, 30))
    layer = sn.Dropout(0.4)
    step = layer_step(layer, Signal.from_values(x))
    factor = np.where(np.eye(6), 1 / 0.6, 1)
    products = x @ x.T / 30
    np.testing.assert_allclose(step.out.products[0], factor * products, rtol=1e-12)
    np.testing.assert_allclose(step.backward(products[None])[0][0], factor * products, rtol=1e-12)
    assert step.backward(products[None])[1] is None
    np.testing.assert_allclose(layer_step(layer.twin(), Signal.from_values(x)).out.products[0], products, rtol=1e-12)


def test_the_first_loss():
    """Of two classes E ln(1 + e^(√(2q) z)); for small q ln C + ½ q (1 − 1/C), for huge 1.538 √q with ten classes."""
    for q in (0.01, 0.5, 3, 100, 1e4):
        size = math.sqrt(2 * q)

        def two(z, size=size):
            return np.logaddexp(0, size * z) * stats.norm.pdf(z)

        expected = integrate.quad(two, -12, 0)[0] + integrate.quad(two, 0, 12)[0]
        assert first_loss(np.full(5, q), 2) == pytest.approx(expected, rel=1e-6 if q < 1000 else 0.01)
    for classes in (3, 10, 100):
        small = math.log(classes) + 1e-3 / 2 * (1 - 1 / classes)
        assert first_loss(np.full(4, 1e-3), classes) == pytest.approx(small, abs=1e-6)
        assert first_loss(np.zeros(3), classes) == pytest.approx(math.log(classes), rel=1e-9)
    assert first_loss(np.full(4, 1e8), 10) == pytest.approx(1.5388 * 1e4, rel=0.01)
    each = [first_loss(np.full(1, q), 10) for q in (0.1, 2.0)]
    assert first_loss(np.repeat([0.1, 2.0], 8), 10) == pytest.approx(np.mean(each), rel=1e-6)


def test_the_gradient_of_two_classes():
    """p = 1/(1 + e^(√(2q) z)): of one input G is E |p − y|²/2 = E p₁² where y₁ = 0; of two, p are independent, of mean ½."""
    rows, q = 300, 1.5
    t = np.arange(rows) % 2
    G = gradient_products(q * np.eye(rows), 2, t)[0] * rows**2

    def miss(z):
        return special.expit(math.sqrt(2 * q) * z) ** 2 * stats.norm.pdf(z)

    own = integrate.quad(miss, -12, 12)[0]
    off = ~np.eye(rows, dtype=bool)
    same = (t[:, None] == t) & off
    draws = 64 * rows  # of p, hence the tolerances
    assert np.diag(G).mean() == pytest.approx(own, abs=4 / math.sqrt(draws))
    assert G[same].mean() == pytest.approx(0.25, abs=4 / math.sqrt(draws))
    assert G[off & ~same].mean() == pytest.approx(-0.25, abs=4 / math.sqrt(draws))
    none = gradient_products(q * np.eye(rows), 2, None)[0] * rows**2
    assert none[off].mean() == pytest.approx(0, abs=4 / math.sqrt(draws))
    assert np.diag(none).mean() == pytest.approx(own, abs=4 / math.sqrt(draws))


@pytest.mark.parametrize("variance", [1e-4, 0.1, 2.0])
def test_a_band_is_the_middle_of_a_lognormal(variance):
    low, high = stats.lognorm(math.sqrt(variance), scale=3 * math.exp(-variance / 2)).interval(0.95)
    assert stats.lognorm(math.sqrt(variance), scale=3 * math.exp(-variance / 2)).mean() == pytest.approx(3)
    assert band(3.0, variance) == pytest.approx((math.sqrt(low), math.sqrt(high)), rel=1e-4)
    assert band(0.0, variance) is band(3.0, 0.0) is band(math.inf, variance) is None


def test_the_square_of_relus_outputs_wavers_by_5_over_n_in_every_layer():
    """Hanin & Rolnick 2018; with one input, the square of an affine layer of n units by 2/n more than that before it."""
    n, depth = 400, 6
    x = np.ones((4, 10))
    net = sn.Network([layer for i in range(depth) for layer in (sn.Affine(n if i else 10, n), sn.ReLU())], seed=0)
    spread = sn.predict_spread(net, x)
    for layer in range(depth):
        low, high = spread[f"Affine{layer + 1}"].bands["std"]
        assert (math.log(high / low) / 1.96) ** 2 == pytest.approx((5 * layer + 2) / n, rel=0.25)
        middle = math.log(low * high)  # of ln q, which falls
        assert middle == pytest.approx(2 * math.log(spread[f"Affine{layer + 1}"].std) - (5 * layer + 2) / n / 2, abs=0.01)


def test_shares_of_normal_numbers():
    """Of z with one correlation between all inputs: what is in common has all of a variance 2 in its square."""
    products = np.full((50, 50), 0.5) + 0.5 * np.eye(50)
    z = normal_numbers(products)
    np.testing.assert_allclose(z @ z.T / z.shape[1], products, atol=5 / math.sqrt(z.shape[1]))
    spread = 2 * (0.5**2 + 0.75 / 50)
    assert share_covariance(z)[0, 0] == pytest.approx(spread, rel=0.25)
    assert share_covariance(z)[1, 1] == pytest.approx(2 / 49, rel=0.25)
    assert share_covariance(z)[0, 1] == pytest.approx(0.5 * 2 / 50, abs=0.02)
    assert pooled_share_variance(z) == pytest.approx(spread, rel=0.25)
    np.testing.assert_allclose(normal_quantiles(), stats.norm.ppf((np.arange(400) + 0.5) / 400), rtol=1e-9)
    np.testing.assert_array_equal(z, normal_numbers(products))
