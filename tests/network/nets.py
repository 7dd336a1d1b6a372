"""Small networks and batches for the tests of networks."""

import numpy as np

import scratchnet as sn


def weights(net):
    return {name: w.copy() for name, w, _ in net.parameters()}


def gradients(net):
    return {name: dw.copy() for name, _, dw in net.parameters()}


def assert_same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def batch(rows=20, width=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, width)).astype(np.float32), rng.integers(0, classes, rows)


def backward(net, x, t):
    criterion = sn.SoftmaxCrossEntropy()
    loss = criterion.forward(net.forward(x), t)
    net.backward(criterion.backward())
    return loss


def small(**settings):
    return sn.mlp(6, [5, 4], 3, **{"seed": 0} | settings)


def nested(seed=0, dtype=np.float32):
    """Takes rows of width 6, as `small` does; with everything that remembers or draws."""
    branch = [sn.Affine(5, 4), sn.BatchNorm(4), sn.Tanh(), sn.Dropout(0.3), sn.Affine(4, 5)]
    block = sn.Network([sn.Affine(5, 5), sn.ReLU(), sn.Residual([sn.Affine(5, 5), sn.PReLU(5)]), sn.Affine(5, 3)])
    return sn.Network([sn.Affine(6, 5), sn.Residual(branch), sn.Residual([sn.LayerNorm(5), sn.Tanh()]), block], seed, dtype)


LOOKS = {
    "predict": lambda net, x, t: net.predict(x),
    "accuracy": lambda net, x, t: net.accuracy(x, t),
    "measure_spread": lambda net, x, t: sn.measure_spread(net, x, t),
}
LOOKED_AT = {
    **{kind.__name__: lambda kind=kind: small(activation=kind) for kind in (sn.ReLU, sn.PReLU, sn.SELU, sn.Tanh, sn.GELU)},
    "norm and dropout": lambda: small(normalization=sn.BatchNorm, dropout=0.3),
    "nested": nested,
}
X, T = batch()
