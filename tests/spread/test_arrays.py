"""The spread of arrays from elsewhere is that of the network that made them."""

import dataclasses

import numpy as np
import pytest

import scratchnet as sn

rng = np.random.default_rng(0)


def taken(net, x, t, lr):
    """The arrays of a network's layers, by name, taken from it by hand."""
    outs, douts, ws, dws, bounds = {}, {}, {}, {}, {}
    for name, layer in net.named:
        x = layer.forward(x)
        outs[name] = x
        if layer.bounds:
            bounds[name] = layer.bounds
    criterion = sn.SoftmaxCrossEntropy()
    loss = criterion.forward(x, t)
    dout = criterion.backward()
    for name, layer in reversed(net.named):
        layer.needs_dx = True
        douts[name], dout = dout, layer.backward(dout)
        weight = next((one for one, spec in layer.specs.items() if len(spec.shape) > 1), None)
        if weight:
            ws[name], dws[name] = getattr(layer, weight), getattr(layer, f"d{weight}")
    return {
        "activations": outs,
        "gradients": douts,
        "weights": ws,
        "weight_gradients": dws,
        "bounds": bounds,
        "loss": loss,
        "lr": lr,
    }


NETWORKS = {
    "ReLU": lambda: (sn.mlp(20, [15, 12], 4, seed=0), (40, 20)),
    "tanh": lambda: (sn.mlp(20, [15] * 3, 4, activation=sn.Tanh, init=2.0, seed=1), (40, 20)),
    "float64": lambda: (sn.mlp(20, [9], 4, dtype=np.float64, init=1e-120, seed=1), (7, 20)),
    "images": lambda: (sn.simple_convnet(side=10, maps=3, hidden=6, n_out=4, seed=0), (6, 10, 10, 1)),
    "BatchNorm": lambda: (sn.mlp(20, [9], 4, normalization=sn.BatchNorm, seed=1), (30, 20)),
    "1,500 rows": lambda: (sn.mlp(5, [6], 4, seed=1), (1500, 5)),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_equals_measure_spread(kind):
    net, shape = NETWORKS[kind]()
    x, t = rng.standard_normal(shape).astype(net.dtype), rng.integers(0, 4, shape[0])
    spread = sn.Spread.measured(**taken(net, x, t, 0.1), classes=4)
    right = sn.measure_spread(net, x, t, lr=0.1)
    assert [one.name for one in spread.layers] == [one.name for one in right.layers]
    for mine, theirs in zip(spread.layers, right.layers, strict=True):
        for field in dataclasses.fields(mine):
            one, other = getattr(mine, field.name), getattr(theirs, field.name)
            if isinstance(one, float):
                assert one == pytest.approx(other, rel=2e-5 if shape[0] > 1000 else 1e-6), (mine.name, field.name)
            else:
                assert one == other or shape[0] > 1000, (mine.name, field.name)
    assert spread.first_loss == pytest.approx(right.first_loss)
    assert len(spread.findings()) == len(right.findings())
    assert spread.outlook().split(":")[0] == right.outlook().split(":")[0]


def test_weights_with_names_of_their_own_have_rows_of_their_own():
    h, w = rng.standard_normal((8, 5)), rng.standard_normal((5, 5))
    spread = sn.Spread.measured({"h1": h, "h2": 2 * h}, {"h2": h, "W1": 3 * w}, {"W1": w, "W2": w, "W3": w}, lr=0.1)
    assert [layer.name for layer in spread.layers] == ["W1", "h1", "W2", "h2", "W3"]
    assert [layer.name for layer in spread.activations] == ["h1", "h2"]
    assert spread["W1"].update_ratio == pytest.approx(np.log10(0.3))
    assert spread["h2"].grad_rms == pytest.approx(np.sqrt((h**2).mean()))
    assert spread["W2"].w_rms == pytest.approx(np.sqrt((w**2).mean())) and spread["W2"].dw_rms is None
    assert sn.Spread.from_dict(dataclasses.asdict(spread)) == spread


def test_words_name_no_class_that_the_names_do_not():
    same = np.ones((30, 1)) * rng.standard_normal(6) + 1e-9 * rng.standard_normal((30, 6))
    assert any("try Critical, another activation" in one for one in sn.Spread.measured({"h1": same}).findings())
    assert any("try Critical(Sine), another" in one for one in sn.Spread.measured({"Sine1": same}).findings())
    assert "weights and their gradients are needed too" in sn.Spread.measured({"h1": same}).outlook()


H = np.ones((4, 3))
WRONG = [
    (({},), {}, r"there are no activations: give at least one array by name"),
    ((3,), {}, r"activations is a int, but a dictionary by name is needed"),
    (({"h": H.astype(int)},), {}, r"h holds int64, but floats are needed"),
    (({"h": H[0]},), {}, r"h in activations has shape \(3,\), but two axes or more are needed: give the whole batch"),
    (({"h": None},), {}, r"h in activations is None: leave it out"),
    (({"h": H * np.nan},), {}, r"h holds 12 NaN or infinite values"),
    (({"h": H, "W": np.ones((3, 3))},), {}, r"W has 3 rows, but h has 4: activations are of one batch, and weights go into"),
    (({"h": H}, {"g": H}), {}, r"gradients has 'g', but there is no activation or weight of this name: there are h"),
    (({"h": H}, {"h": H.T}), {}, r"the gradient of h has shape \(3, 4\), but h has \(4, 3\)"),
    (({"h": H}, {}, {"b": np.ones(3)}), {}, r"b in weights has shape \(3,\), .*: leave biases out"),
    (({"h": H},), {"weight_gradients": {"h": H}}, r"weight_gradients has 'h', but there is no weight of this name"),
    (({"h": H},), {"bounds": {"h": (1, -1)}}, r"the bounds of h are \(1, -1\), but two numbers are needed, the lower first"),
    (({"h": H},), {"bounds": {"q": (0, 1)}}, r"bounds has 'q', but there is no activation of this name"),
    (({"h": H},), {"loss": "x"}, r"loss is 'x'"),
    (({"h": H},), {"lr": -1}, r"lr is -1"),
    (({"h": H},), {"classes": 1}, r"classes is 1"),
]


@pytest.mark.parametrize(("args", "more", "words"), WRONG)
def test_what_does_not_fit_is_one_sentence(args, more, words):
    with pytest.raises(sn.InputError, match=words):
        sn.Spread.measured(*args, **more)
