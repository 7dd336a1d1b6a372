"""sn.watch in a loop of NumPy, and with tensors that are like PyTorch's."""

import numpy as np
import pytest

import scratchnet as sn


def loop(watch, steps, lr=0.1, scale=0.3, names="plain"):
    """A reader's own training of two hidden layers, with one line of the watch."""
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((30, 8)), rng.integers(0, 3, 30)
    W1, W2 = scale * rng.standard_normal((8, 10)), scale * rng.standard_normal((10, 3))
    made = []
    for _ in range(steps):
        h = np.tanh(x @ W1)
        s = h @ W2
        e = np.exp(s - s.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(y[np.arange(30), t]).mean()
        ds = (y - np.eye(3)[t]) / 30
        dW2, dh = h.T @ ds, ds @ W2.T
        dW1 = x.T @ (dh * (1 - h**2))
        if names == "plain":
            made.append(watch(loss=loss, h=h, dh=dh, W1=W1, dW1=dW1, W2=W2, dW2=dW2))
        else:
            made.append(watch(loss=loss, h=h, weights={"first": W1}, grad_W2=dW2, W2=W2, gradients={"first": dW1, "h": dh}))
        W1 = W1 - lr * dW1
        W2 = W2 - lr * dW2
    return made, (W1, W2)


def test_it_measures_each_so_often_and_notes_each_loss():
    watch = sn.watch(every=4, lr=0.1, classes=3, bounds={"h": (-1, 1)})
    made, _ = loop(watch, 10)
    assert [i for i, spread in enumerate(made) if spread is not None] == [0, 4, 8] == list(watch.spreads)
    assert len(watch.losses) == 10 and watch.losses[0] == watch.spreads[0].first_loss
    spread = watch.spread
    assert spread is made[8] and [layer.name for layer in spread.layers] == ["W1", "h", "W2"]
    assert spread["h"].saturated is not None and spread["W1"].update_ratio is not None and spread["h"].grad_rms is not None
    assert "step 0: will train" in str(watch) and "step 8: " in str(watch) and "ln 3" in str(watch)
    assert watch.outlook() == spread.outlook() and watch.findings() == spread.findings()
    assert "<table>" in watch._repr_html_()


def test_names_may_be_said_in_dictionaries():
    watches = [sn.watch(), sn.watch()]
    loop(watches[0], 1)
    loop(watches[1], 1, names="dictionaries")
    one, other = (watch.spread for watch in watches)
    assert one["W1"].dw_rms == other["first"].dw_rms and one["W2"] == other["W2"] and one["h"] == other["h"]


def test_figures_and_page(tmp_path):
    watch = sn.watch(every=3, lr=0.1)
    loop(watch, 4)
    assert set(watch.figures()) == {"spread", "activations", "update_ratios"}
    del watch.spreads[3]
    watch.spreads[3] = sn.Spread.measured({"h": np.eye(4)})
    watch.spreads[0] = sn.Spread.measured({"h": np.ones((4, 2))})
    written = watch.save(tmp_path / "mine")
    assert {path.name for path in written} == {path.name for path in (tmp_path / "mine").iterdir()}
    page = (tmp_path / "mine" / "watch.html").read_text(encoding="utf-8")
    assert "step 0" in page and "step 3" in page and "<script" not in page and page.count("<svg") == 2
    assert "how fast it will train cannot be said" in page


def test_a_loop_that_diverges_is_not_ended_and_says_where():
    watch = sn.watch(every=1, lr=0.1)
    with np.errstate(all="ignore"):
        h = np.ones((3, 2))
        assert watch(loss=1.0, h=h) is not None
        assert watch(loss=np.inf, h=h * np.nan) is None
        assert watch(loss=np.nan, h=h) is None
    assert watch.diverged == "diverged at step 1: h holds NaN or infinity"
    assert watch.diverged in str(watch) and list(watch.spreads) == [0]


class Tensor:
    """What a tensor of PyTorch has of what is asked here. Like there, .grad warns where no gradient is kept."""

    def __init__(self, values, grad=None, leaf=False, retains=False):
        self.values, self.own, self.is_leaf, self.retains_grad = values, grad, leaf, retains

    @property
    def grad(self):
        assert self.is_leaf or self.retains_grad, "PyTorch warns here"
        return self.own

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.values


class Parameter(Tensor):
    pass


def test_tensors_bring_their_own_gradients():
    h, w = np.random.default_rng(0).standard_normal((2, 4, 4)).astype(np.float32)
    plain, tensors = sn.watch(), sn.watch()
    plain(loss=0.5, h=h, dh=2 * h, q=h, weights={"fc": w}, gradients={"fc": 3 * w})
    tensors(
        loss=Tensor(np.float32(0.5)),
        h=Tensor(h, Tensor(2 * h), retains=True),
        q=Tensor(h),
        fc=Parameter(w, Tensor(3 * w), leaf=True),
    )
    assert tensors.spread == plain.spread


WRONG = [
    ({}, r"called without arrays: give the activations by name, watch\(h1=h1, h2=h2\)"),
    ({"h": np.ones(3)}, r"h in activations has shape \(3,\)"),
    ({"h": np.ones((3, 2)), "loss": np.ones(3)}, r"loss is a ndarray, but one number is needed: take the mean"),
    ({"h": np.ones((3, 2)), "A": np.ones((5, 2))}, r"A has 5 rows, but h has 3"),
    ({"h": np.ones((3, 2)), "dh": np.ones((2, 3))}, r"the gradient of h has shape \(2, 3\)"),
]


@pytest.mark.parametrize(("arrays", "words"), WRONG)
def test_what_does_not_fit_is_one_sentence(arrays, words):
    with pytest.raises(sn.InputError, match=words):
        sn.watch()(**arrays)


def test_before_the_first_call_there_is_nothing():
    watch = sn.watch()
    for ask in (lambda: watch.spread, lambda: str(watch), watch.figures, watch.outlook):
        with pytest.raises(sn.InputError, match="nothing has been measured yet"):
            ask()
    with pytest.raises(sn.InputError, match="every is 0"):
        sn.watch(every=0)
