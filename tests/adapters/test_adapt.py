"""Other people's layers, losses, optimizers and initializers, as they stand, against the library's own."""

import copy
import pickle

import numpy as np
import pytest
from adapters import book_style as theirs

import scratchnet as sn
from scratchnet.adapters import Adapted, adapted_loss, adapted_optimizer, functions_for, made_for
from scratchnet.check.parametrize import check
from scratchnet.check.readers_code import kind_of
from scratchnet.cli.main import main
from scratchnet.cli.values import activation

rng = np.random.default_rng(0)
W, B = rng.standard_normal((7, 5)), rng.standard_normal(5)
X = rng.standard_normal((4, 7))

# Each form of the affine layer, and the names of its weight and its bias.
AFFINES = {
    "book": (lambda: sn.adapt(theirs.Affine(W.copy(), B.copy())), "W", "b"),
    "second book": (lambda: sn.adapt(theirs.MatMul(W.copy())), "params0", None),
    "no names": (lambda: sn.adapt(theirs.Unnamed(W.copy(), B.copy())), "p", "q"),
    "functions": (lambda: sn.adapt(theirs.affine_forward, theirs.affine_backward, w=W, b=B), "w", "b"),
    "one of the functions": (lambda: sn.adapt(theirs.affine_forward, w=W, b=B), "w", "b"),
    "dictionaries": (lambda: sn.adapt(theirs.DictAffine(7, 5)), "W", "b"),
    "nnfs": (lambda: sn.adapt(theirs.Layer_Dense(7, 5)), "weights", "biases"),
    "returned": (lambda: sn.adapt(theirs.Returned(7, 5)), "kernel", "shift"),
    "class": (lambda: sn.adapt(theirs.Affine)(W.copy(), B.copy()), "W", "b"),
}


@pytest.mark.parametrize("form", AFFINES)
def test_every_form_of_the_affine_layer_computes_trains_and_travels_as_ours(form):
    make, weight, bias = AFFINES[form]
    layer = make()
    assert [name for name, _, _ in layer.parameters()] == [name for name in (weight, bias) if name]
    assert layer.specs[weight].fans == sn.Fans(7, 5)
    net, ours = sn.Network([layer], seed=0, dtype=np.float64), sn.Network([sn.Affine(7, 5)], seed=0, dtype=np.float64)
    w, turned = getattr(layer, weight), form == "returned"
    ours.layers[0].W[...] = w.T if turned else w
    ours.layers[0].b[...] = getattr(layer, bias).ravel() if bias else 0
    t = np.array([0, 1, 2, 3])
    trainers = [sn.Trainer(one, sn.Momentum(0.1)) for one in (net, ours)]
    for _ in range(3):
        np.testing.assert_allclose(*(one.step(X, t) for one in trainers) if bias else (1, 1), rtol=1e-12)
        if not bias:
            net.forward(X), net.backward(np.ones((4, 5)))
            np.testing.assert_allclose(layer.dparams0, X.T @ np.ones((4, 5)))
    if bias:
        moved = getattr(layer, weight)
        np.testing.assert_allclose(moved.T if turned else moved, ours.layers[0].W, rtol=1e-10)
        assert np.shares_memory(moved, layer.pairs[0].slots[0].get(layer.inner))  # the reader's object has been trained
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(again.forward(X), net.forward(X))
        assert type(again.layers[0]) is type(layer)


def test_a_network_of_theirs_learns_is_measured_and_drawn_anew():
    net = sn.Network(
        [sn.adapt(theirs.Affine(rng.standard_normal((7, 9)), np.zeros(9))), sn.adapt(theirs.Relu()), sn.Affine(9, 3)], seed=1
    )
    assert [name for name, _, _ in net.parameters()] == ["Affine1.W", "Affine1.b", "Affine2.W", "Affine2.b"]
    x, t = X.astype(np.float32), np.array([0, 1, 2, 0])
    trainer = sn.Trainer(net, sn.SGD(0.3))
    losses = [trainer.step(x, t) for _ in range(60)]
    assert losses[-1] < 0.1 * losses[0]
    assert net.layers[0].W.dtype == net.forward(x).dtype == np.float32
    twin = sn.Network([sn.Affine(7, 9), sn.ReLU(), sn.Affine(9, 3)], seed=1)
    for net_ in (net, twin):
        net_.initialize(sn.He(), bias_init=sn.Zeros(), seed=5)
    mine, ours = (sn.measure_spread(one, x, t) for one in (net, twin))
    assert [(a.std, a.grad_rms, a.dw_rms) for a in mine.layers] == [(b.std, b.grad_rms, b.dw_rms) for b in ours.layers]
    before = net.layers[1].inner.mask
    sn.measure_spread(net, x[:2], t[:2])
    assert net.layers[1].inner.mask is before  # what the last step left stays


def test_x_and_dout_are_safe_from_code_that_writes_into_them():
    layer, dout = sn.adapt(theirs.Relu()), np.ones((4, 7))
    layer.forward(-np.abs(X))
    layer.backward(dout)
    assert (dout == 1).all()


def test_training_and_evaluation_reach_their_flag():
    layer = sn.adapt(theirs.Norm(np.ones(7), np.zeros(7)))
    layer.forward(X)
    layer.training = False
    out = layer.forward(X)
    np.testing.assert_allclose(out, (X - 0.1 * X.mean(0)) / np.sqrt(0.9 + 0.1 * X.var(0) + 1e-5))
    layer.start(np.random.default_rng(0))
    assert (layer.inner.running_mean == 0).all()


def test_their_activation_in_a_comparison_is_ours():
    from small import digits

    more = {"hidden": [8], "steps": 3, "seeds": 1, "data": digits()}
    theirs_, ours = (
        sn.compare({"He": sn.He()}, activation=kind, progress=False, **more).results[0]
        for kind in (sn.adapt(theirs.Activation_ReLU), sn.ReLU)
    )
    assert theirs_.loss == ours.loss
    assert "Activation_ReLU" in str(sn.adapt(theirs.Activation_ReLU))


WRONG = {
    "two could be meant": (
        lambda: sn.adapt(Two(np.ones((7, 7)))),
        r'the gradient of A may be first, second: say which by gradients=\{"A": "first"\}',
    ),
    "no gradient": (
        lambda: sn.adapt(Still(np.ones((7, 5)))),
        r"forward reads W, but backward leaves no gradient of its shape \(7, 5\)",
    ),
    "no backward": (lambda: sn.adapt(Half()), "Half has no method backward"),
    "a loss": (lambda: sn.adapt(theirs.SoftmaxWithLoss()), "SoftmaxWithLoss is a loss, which needs no adapter"),
    "a number": (lambda: sn.adapt(3), "3 is given, but an object with forward"),
    "two arrays": (lambda: sn.adapt(theirs.Multiply()), "takes 2 arrays, but in a network each layer gets one"),
    "no shape fits": (lambda: sn.adapt(Picky()), r"takes none of the usual batches: give the shape of a batch"),
    "this shape does not fit": (
        lambda: sn.adapt(Picky(), in_shape=(4, 7)),
        r"takes no batch of shape \(4, 7\): ValueError: 131",
    ),
    "no such array": (
        lambda: sn.adapt(Two(np.ones((7, 7))), gradients={"Q": "first"}),
        "gradients names 'Q', but the arrays",
    ),
    "arrays missing": (lambda: sn.adapt(theirs.affine_forward, theirs.affine_backward, w=W), "takes b too"),
    "an argument too many": (lambda: sn.adapt(theirs.relu_forward, theirs.relu_backward, q=W), "has no argument q"),
    "saved": (lambda: sn.Network([sn.adapt(theirs.Relu())]).save("net.npz"), "an adapted layer, which a file cannot hold"),
    "a class that two things need": (lambda: sn.adapt(theirs.Relu, theirs.Relu), "they are not functions"),
}


class Two:
    def __init__(self, A):
        self.A = A

    def forward(self, x):
        self.x = x
        return x @ self.A

    def backward(self, dout):
        self.first, self.second = self.x.T @ dout, np.ones_like(self.A)
        return dout @ self.A.T


class Still:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        return x @ self.W

    def backward(self, dout):
        return dout @ self.W.T


class Half:
    def forward(self, x):
        return x


class Picky:
    def forward(self, x):
        if x.shape[1] != 131:
            raise ValueError("131 numbers")
        return x

    def backward(self, dout):
        return dout


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_adapted_is_one_sentence(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, words = WRONG[case]
    with pytest.raises(sn.InputError, match=words):
        make()


def test_the_ambiguity_is_solved_by_a_word():
    layer = sn.adapt(Two(np.ones((7, 7))), gradients={"A": "first"})
    layer.forward(X)
    layer.backward(np.ones((4, 7)))
    np.testing.assert_allclose(layer.dA, X.T @ np.ones((4, 7)))


SHAPES = {
    **dict.fromkeys(
        (
            "Affine",
            "Relu",
            "Sigmoid",
            "MatMul",
            "DictAffine",
            "Layer_Dense",
            "Activation_ReLU",
            "Returned",
            "Unnamed",
            "Norm",
        ),
        (4, 7),
    ),
    **dict.fromkeys(("affine_forward", "relu_backward", "scale_forward", "tanh_forward"), (4, 7)),
    "Conv": (2, 2, 4, 4),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_right_layer_of_theirs_passes_all_checks(name):
    thing = getattr(theirs, name)
    assert kind_of(thing) == "layer"
    report = check(thing, SHAPES[name])
    assert report.ok, str(report)
    assert sum(finding.passed for finding in report.findings) > 7


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("SoftmaxWithLoss", "loss"), ("softmax_loss", "loss")),
        *(
            ("SGD", "optimizer"),
            ("Momentum", "optimizer"),
            ("ListSGD", "optimizer"),
            ("RebindingSGD", "optimizer"),
            ("sgd", "optimizer"),
        ),
        *(("he_init", "initializer"),),
    ],
)
def test_the_kind_of_a_thing_is_found_and_a_right_one_passes(name, kind):
    thing = getattr(theirs, name)
    assert kind_of(thing) == kind
    report = check(thing)
    assert report.ok, str(report)


def changed(name, old, new):
    """A class or function of book_style whose source has one thing changed."""
    import inspect

    source = inspect.getsource(getattr(theirs, name))
    assert old in source
    scope = {"np": np}
    exec(compile(source.replace(old, new), f"<{name}>", "exec"), scope)
    return scope[name]


FAULTS = [
    ("Affine", "np.dot(self.x.T, dout)", "np.dot(self.x.T, dout) / len(dout)", "divided-by-n"),
    ("Affine", "np.sum(dout, axis=0)", "np.mean(dout, axis=0)", "divided-by-n"),
    ("Affine", "        self.db = np.sum(dout, axis=0)\n", "", "gradient-unset"),
    ("Affine", "self.dW = np", "self.dW = -np", "sign-flipped"),
    ("Affine", "        return dx\n", "        pass\n", "returns-nothing"),
    ("Affine", "dx = np.dot(dout, self.W.T)", "dx = 2 * np.dot(dout, self.W.T)", "doubled"),
    ("MatMul", "self.grads[0][...] =", "self.grads[0][...] +=", "accumulated"),
    ("Layer_Dense", "np.sum(dvalues, axis=0, keepdims=True)", "-np.sum(dvalues, axis=0, keepdims=True)", "sign-flipped"),
    ("Activation_ReLU", "self.dinputs[self.inputs <= 0] = 0", "pass", "ones"),
    ("Returned", "delta.T @ a, delta.sum(0)", "-delta.T @ a, delta.sum(0)", "sign-flipped"),
    ("Unnamed", "self.t = e.sum(0)", "self.t = -e.sum(0)", "sign-flipped"),
]


@pytest.mark.parametrize(("name", "old", "new", "word"), FAULTS)
def test_a_fault_in_a_plain_class_is_named(name, old, new, word):
    report = check(changed(name, old, new), (4, 7))
    assert not report.ok
    if word not in ("ones",):
        assert word in report.diagnoses, str(report)


def test_losses_and_optimizers_in_other_forms_are_the_librarys():
    scores, t = rng.standard_normal((4, 3)), np.array([0, 1, 2, 0])
    right = sn.SoftmaxCrossEntropy()
    value = right.forward(scores, t)
    made = adapted_loss(theirs.softmax_loss)
    assert made.forward(scores, t) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(made.backward(), right.backward())
    square = adapted_loss(theirs.LossNnfs())
    assert square.forward(scores, 0 * scores) == pytest.approx((scores**2).mean())
    np.testing.assert_allclose(square.backward(), 2 * scores / scores.size)
    for thing, ours in [
        (theirs.SGD(0.1), sn.SGD(0.1)),
        (theirs.Momentum(0.1), sn.Momentum(0.1)),
        (theirs.ListSGD(), sn.SGD(0.1)),
    ]:
        ws = [np.ones((2, 3)), np.ones((2, 3))]
        for w, optimizer in zip(ws, (adapted_optimizer(thing), ours), strict=True):
            for _ in range(3):
                optimizer.step([("W", w, np.full((2, 3), 0.5))])
        np.testing.assert_allclose(*ws)
    trainer = sn.Trainer(sn.mlp(7, [5], 3, seed=0), sn.adapt(theirs.RebindingSGD(0.3)))
    losses = [trainer.step(X.astype(np.float32), t) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(a, b):\n    return 'x'\n", r"f\(a, b\) may be many things: say what it is by --as"),
        ("def mse(y, t):\n    return float(((y - 1.0) ** 2).mean())\n", "returns a loss alone, and its gradient is checked"),
        ("class f:\n    def forward(self, x):\n        return x\n", "f has forward, but no backward"),
        ("def f_forward(x):\n    return x\n", "f_forward has no f_backward beside it"),
        ("class f:\n    pass\n", "has neither forward and backward nor update: say what it is"),
    ],
)
def test_what_is_no_known_kind_is_asked_for_in_one_sentence(tmp_path, monkeypatch, capsys, text, words):
    import re

    name = re.search(r"(?:def|class) (\w+)", text)[1]
    (tmp_path / "my.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["check", f"my.py:{name}"]) == 2
    said = capsys.readouterr().err
    assert re.search(words, said) and said.count("\n") == 1, said


def test_on_the_command_line(tmp_path, monkeypatch, capsys):
    from pathlib import Path

    (tmp_path / "my.py").write_text(Path(theirs.__file__).read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    for words in ("Affine --in-shape 4,7", "affine --in-shape 4,7", "SoftmaxWithLoss", "Momentum", "he_init"):
        assert main(["check", *f"my.py:{words}".split()]) == 0, words
    assert "Affine" in capsys.readouterr().out
    assert isinstance(activation("my.py:Sigmoid")(), Adapted)  # of compare --activation


def test_arguments_are_made_from_the_shape():
    assert made_for(theirs.Affine, (4, 7)).W.shape[0] == 7
    assert made_for(theirs.Layer_Dense, (4, 7)).weights.shape[0] == 7
    pair = functions_for(theirs.scale_forward, theirs.scale_backward, (4, 7))
    assert pair.gamma.shape == pair.beta.shape == (7,)
    assert isinstance(sn.adapt(pair), Adapted)
