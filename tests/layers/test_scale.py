"""Scale: one learnt number, at the end of a residual branch or anywhere."""

import numpy as np
import pytest

import scratchnet as sn


@pytest.mark.parametrize("shape", [(4, 7), (3, 5, 4, 2)])
@pytest.mark.parametrize("alpha", [0, 1, -0.25, sn.Normal(1.0), sn.Constant(2.0)])
def test_out_is_alpha_x_and_alpha_gets_one_gradient(shape, alpha):
    rng = np.random.default_rng(0)
    layer, x, dout = sn.Scale(alpha), rng.standard_normal(shape), rng.standard_normal(shape)
    assert layer.alpha.shape == (1,)
    np.testing.assert_allclose(layer.forward(x), float(layer.alpha[0]) * x, rtol=1e-6)
    np.testing.assert_allclose(layer.backward(dout), float(layer.alpha[0]) * dout, rtol=1e-6)
    np.testing.assert_allclose(layer.dalpha, [np.vdot(x, dout)], rtol=1e-6)


def test_a_new_initializer_of_the_weights_leaves_it():
    net = sn.Network([sn.Affine(4, 4), sn.Scale(0.5)], seed=0)
    net.initialize(sn.LeCun(), bias_init=sn.Ones())
    assert net.layers[1].alpha == 0.5 and "Scale(0.5)" in repr(net)


@pytest.mark.parametrize("alpha", [None, "0", float("nan"), [1.0], True])
def test_anything_else_is_refused(alpha):
    with pytest.raises(sn.InputError, match="alpha is"):
        sn.Scale(alpha)


def rezero(blocks, alpha=0):
    def block():
        return sn.Residual([sn.Affine(20, 20), sn.ReLU(), sn.Affine(20, 20), sn.Scale(alpha)])

    return sn.Network([sn.Affine(36, 20), *(block() for _ in range(blocks)), sn.Affine(20, 4)], seed=0)


def test_rezero_starts_as_the_identity_and_learns():
    rng = np.random.default_rng(0)
    x, t = rng.random((80, 36)).astype("f"), np.arange(80) % 4
    net, without = rezero(30), rezero(0)
    np.testing.assert_array_equal(net.forward(x), without.forward(x))
    spread = sn.measure_spread(net, x, t)
    assert "no gradient reaches" not in spread.outlook() and "will train" in spread.outlook()
    assert "Residual1.Affine1 gets no gradient before the Scale after it has moved from 0" in spread.findings()
    assert not any("dead" in sentence and "Scale" in sentence for sentence in spread.findings())
    history = sn.Trainer(net, sn.SGD(0.1), batch_size=80).fit((x, t), steps=30, progress=False)
    assert history.loss[-1] < history.loss[0] - 0.05
    assert all(layer.layers[-1].alpha != 0 for layer in net.layers[1:-1])
    assert "no gradient" not in " ".join(sn.measure_spread(net, x, t).findings())


def test_theory_knows_it():
    x = np.random.default_rng(0).standard_normal((60, 36))
    behind = [sn.Affine(36, 40), sn.Scale(0.5), sn.Affine(40, 4)]
    predicted = sn.predict_spread(sn.Network(behind, seed=0), x)
    assert predicted["Scale1"].std == pytest.approx(0.5 * predicted["Affine1"].std, rel=1e-6)
    net = sn.Network([sn.Affine(36, 40), sn.ReLU(), sn.Scale(0.5), sn.Affine(40, 4)], seed=0)
    behind_relu = sn.predict_spread(net, x)
    assert behind_relu["Scale1"].std == pytest.approx(0.5 * behind_relu["ReLU1"].std, rel=0.01)
