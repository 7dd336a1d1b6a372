"""Whatever is handed in at a public door, what cannot be used is answered in one sentence."""

import numpy as np
import pytest

import scratchnet as sn

X = np.random.default_rng(0).standard_normal((20, 6)).astype(np.float32)
T = np.arange(20) % 3
DATA = sn.Dataset(X, T)


def net():
    return sn.mlp(6, [5], 3, seed=0)


def fit(train=DATA, **more):
    return sn.Trainer(net(), sn.SGD(0.1), batch_size=5).fit(train, steps=1, **more)


DOORS = {
    "a number to train on": (lambda: fit(5), r"train is a int, but a Dataset or a pair \(x, t\) is needed"),
    "images without labels": (lambda: fit(X), "train is a ndarray"),
    "rows of another width": (lambda: fit((X[:, :4], T)), "takes rows of width 6"),
    "labels beyond the outputs": (lambda: fit((X, T + 5)), "labels run from 0 to 2"),
    "test images without labels": (lambda: fit(test=X), "test is a ndarray"),
    "a test set of another width": (lambda: fit(test=(X[:, :4], T)), r"but test rows \(4,\)"),
    "a number for spread_at": (lambda: fit(spread_at=3), r"write \[3\]"),
    "a probe without labels": (lambda: fit(spread_at=[0], probe=X), "probe is a ndarray"),
    "evaluation every 0 steps": (lambda: fit(evaluate_every=0), "evaluate_every is 0"),
    "a number for a folder": (lambda: sn.load_idx(5), "the folder is 5, but a path is needed"),
    "a number for a shape": (lambda: sn.Layer().parameter("g", 5, sn.Ones()), "the shape of g is 5, but a tuple"),
    "half an axis": (lambda: sn.Layer().parameter("g", (2.5,), sn.Ones()), "an axis of g is 2.5"),
    "a number for layers": (lambda: sn.Network(5), "layers is 5"),
    "a dtype that there is not": (lambda: sn.mlp(3, [4], 2, dtype="banana"), "dtype is 'banana'"),
    "an activation that makes no layer": (lambda: sn.mlp(3, [4], 2, activation=lambda: 5), "is no layer"),
    "an x too narrow to check": (lambda: sn.check_gradient(sn.Affine(3, 2), X), "cannot take an x of shape"),
    "a tolerance in words": (lambda: sn.check_gradient(net(), X, tolerance="small"), "tolerance is 'small'"),
    "no function": (lambda: sn.numerical_gradient(5, X), "f is 5"),
    "a step of nothing": (lambda: sn.numerical_gradient(np.sum, X, step=0), "step is 0"),
    "a network in words": (lambda: sn.measure_spread("net", X), "net is 'net'"),
    "scores for no rows": (lambda: sn.SoftmaxCrossEntropy().forward(X[0], T), r"scores have shape \(6,\)"),
    "class numbers for MSE": (lambda: sn.MSE().forward(X, T), "the targets holds? int64"),
    "backward before forward": (lambda: net().backward(X[:, :3]), "Affine2: .* backward comes after forward"),
    "a hook that is none": (lambda: sn.SGD(0.1, hooks=[5]), "hooks is"),
    "a momentum that explodes": (lambda: sn.Momentum(momentum=1.5), "momentum is 1.5"),
    **{
        f"{kind.__name__} over nothing": (lambda kind=kind: kind(0.1, 0), "is 0, but a finite number above 0")
        for kind in (sn.StepDecay, sn.ExponentialDecay, sn.Cosine, sn.Warmup)
    },
}


@pytest.mark.parametrize("call, words", DOORS.values(), ids=DOORS)
def test_what_cannot_be_used_is_answered_in_one_sentence(call, words):
    with pytest.raises(sn.InputError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
