"""What a loss is given: class numbers, the targets of a regression, and losses of one's own."""

import numpy as np
import pytest
from trainings import network, rows, trainer

import scratchnet as sn
from scratchnet.adapters import adapted_loss


class AbsoluteError:
    """A loss of one's own, of no base class."""

    def forward(self, y, t):
        self.sign = np.sign(y - t) / y.size
        return np.abs(y - t).mean()

    def backward(self):
        return self.sign


class Hinge:
    """For one output and t of -1 or 1."""

    def forward(self, y, t):
        self.y, self.t = y[:, 0], t
        return np.maximum(0, 1 - t * y[:, 0]).mean()

    def backward(self):
        return (-(self.t * (1 - self.t * self.y > 0)) / len(self.t))[:, None]


class HiddenTable:
    """A mistake: scores (N, 1) − t (N,) is a table, and the mean over its rows hides it from whoever looks at shapes."""

    def forward(self, y, t):
        self.difference = y - t
        return (self.difference**2).mean()

    def backward(self):
        return 2 * self.difference.mean(axis=1, keepdims=True) / len(self.difference)


class HiddenColumn(HiddenTable):
    """The same mistake the other way round: written for (N,), given (N, 1)."""

    def forward(self, y, t):
        return super().forward(y[:, 0], t)

    def backward(self):
        return super().backward()[: len(self.difference)]


class Spread(HiddenTable):
    """A loss that couples rows is none of these mistakes."""

    def forward(self, y, t):
        self.y, self.t = y[:, 0], t
        return -float(np.corrcoef(self.y, t)[0, 1]) if len(t) > 2 else 0.0

    def backward(self):
        return (-(self.t - self.t.mean()) / len(self.t))[:, None]


class OneHotCrossEntropy:
    """The book's loss: softmax within, one-hot targets or class numbers, a mean over the batch."""

    def forward(self, x, t):
        self.y = np.exp(x - x.max(axis=1, keepdims=True))
        self.y /= self.y.sum(axis=1, keepdims=True)
        self.t = np.eye(self.y.shape[1])[t] if t.ndim == 1 else t
        return -np.sum(self.t * np.log(self.y + 1e-7)) / len(x)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


X, CLASSES = rows(200)[:]
LINE = (2 * X[:, :1] - X[:, 1:2]).astype(np.float32)
ONE_HOT = np.eye(5)[CLASSES]
REGRESSIONS = {
    "(N,)": (sn.MSE, 1, LINE[:, 0]),
    "(N, 1)": (sn.MSE, 1, LINE),
    "float16": (sn.MSE, 1, LINE.astype(np.float16)),
    "float64": (sn.MSE, 1, LINE[:, 0].astype(np.float64)),
    "big-endian": (sn.MSE, 1, LINE.astype(">f4")),
    "a list": (sn.MSE, 1, LINE[:, 0].tolist()),
    "whole numbers as floats": (sn.MSE, 1, np.rint(LINE[:, 0])),
    "(N, 3)": (sn.MSE, 3, LINE * np.float32([1, 2, 3])),
    "one-hot": (sn.MSE, 5, ONE_HOT),
    "an autoencoder": (sn.MSE, 12, X),
    "one's own": (AbsoluteError, 1, LINE),
    "one's own, whole numbers": (AbsoluteError, 1, np.rint(LINE).astype(int)),
    "one's own, -1 and 1": (Hinge, 1, np.where(LINE[:, 0] > 0, 1, -1)),
    "one's own, booleans": (AbsoluteError, 1, LINE > 0),
    "one's own, one-hot": (OneHotCrossEntropy, 5, ONE_HOT),
    "one's own, one-hot of whole numbers": (OneHotCrossEntropy, 5, ONE_HOT.astype(int)),
}


def regressor(criterion, outputs, lr=0.1, **settings):
    return sn.Trainer(sn.mlp(12, [16], outputs, seed=0, **settings), sn.SGD(lr), criterion, batch_size=20)


@pytest.mark.parametrize("criterion, outputs, t", REGRESSIONS.values(), ids=list(REGRESSIONS))
def test_any_loss_trains_on_the_targets_it_was_written_for(criterion, outputs, t):
    learner = regressor(criterion(), outputs)
    history = learner.fit((X, t), steps=60, test=(X[:50], t[:50]), spread_at=[0], progress=False)
    assert np.mean(history.loss[-10:]) < 0.9 * np.mean(history.loss[:10])
    assert history.train_accuracy == history.test_accuracy == [] and len(history.test_loss) == 6
    y = next(learner.net.scores(X[:50]))
    t = np.asarray(t)[:50]
    t = t.astype(np.float32) if t.dtype.kind == "f" else t
    expected = criterion().forward(y, t.reshape(y.shape) if criterion is sn.MSE else t)
    assert history.test_loss[-1] == pytest.approx(expected, rel=1e-6)
    assert str(history).splitlines()[0].split("  ")[-1].strip() == "test loss"
    assert str(history).split()[-1] == f"{history.test_loss[-1]:.4g}"


def test_the_step_of_a_regression_is_that_of_the_formula():
    net = sn.Network([sn.Affine(12, 1)], seed=0)
    w, b = (w.astype(np.float64) for _, w, _ in net.parameters())
    learner = sn.Trainer(net, sn.SGD(0.1), sn.MSE(), batch_size=200)
    history = learner.fit((X, LINE[:, 0]), steps=1)
    off = X @ w + b - LINE
    assert history.loss[0] == pytest.approx((off**2).mean(), rel=1e-5)
    np.testing.assert_allclose(net.parameters()[0][1], w - 0.1 * 2 * X.T @ off / 200, atol=1e-5)


def test_class_numbers_have_an_accuracy_under_a_loss_of_ones_own():
    ours, own = trainer(), sn.Trainer(network(), sn.SGD(0.1), OneHotCrossEntropy(), batch_size=32)
    for learner in (ours, own):
        learner.fit(rows(), steps=20, test=rows(50, seed=1))
    assert own.history.test_accuracy == ours.history.test_accuracy
    assert own.history.loss == pytest.approx(ours.history.loss, rel=1e-4)
    assert own.history.test_loss == pytest.approx(ours.history.test_loss, rel=1e-4)


def test_a_dataset_of_bytes_and_targets_trains():
    images = np.random.default_rng(0).integers(0, 256, (40, 12)).astype(np.uint8)
    data = sn.Dataset.with_targets(images, images[:, 0] / 255)
    history = regressor(sn.MSE(), 1).fit(data, steps=60)
    assert np.mean(history.loss[-10:]) < 0.5 * history.loss[0]


# A wrong call, and a call that follows its message.
NET = lambda outputs: sn.mlp(12, [4], outputs, seed=0)  # noqa: E731
BYTES, WHOLE_FLOATS, ONE_HOT_INTS = (X * 9).astype(np.uint8), CLASSES * 1.0, ONE_HOT.astype(int)
ADVICE = {
    "floats": (
        (None, 5, LINE[:, 0]),
        r"regression write sn\.Trainer\(net, optimizer, sn\.MSE\(\)\)",
        (sn.MSE, 1, LINE[:, 0]),
    ),
    "whole floats": ((None, 5, WHOLE_FLOATS), r"t\.astype\(int\)", (None, 5, WHOLE_FLOATS.astype(int))),
    "one-hot floats": ((None, 5, ONE_HOT), r"t\.argmax\(axis=1\)", (None, 5, ONE_HOT.argmax(axis=1))),
    "one-hot": ((None, 5, ONE_HOT_INTS), r"t\.argmax\(axis=1\)", (None, 5, ONE_HOT_INTS.argmax(axis=1))),
    "labels from 1": ((None, 5, CLASSES + 1), "write t - 1", (None, 5, CLASSES)),
    "classes for MSE": ((sn.MSE, 5, CLASSES), r"\(x, np\.eye\(5\)\[t\]\)", (sn.MSE, 5, np.eye(5)[CLASSES])),
    "ints for MSE": ((sn.MSE, 1, CLASSES), r"\(x, t\.astype\(np\.float32\)\)", (sn.MSE, 1, CLASSES.astype(np.float32))),
    "one-hot for MSE": ((sn.MSE, 5, ONE_HOT_INTS), r"t\.astype\(np\.float32\)", (sn.MSE, 5, ONE_HOT.astype(np.float32))),
    "too many outputs": ((sn.MSE, 5, LINE), "build it with 1 output,", (sn.MSE, 1, LINE)),
    "too many outputs, (N,)": ((sn.MSE, 5, LINE[:, 0]), "build it with 1 output,", (sn.MSE, 1, LINE[:, 0])),
    "too few outputs": ((sn.MSE, 1, ONE_HOT), "build it with 5 outputs", (sn.MSE, 5, ONE_HOT)),
    "images": ((sn.MSE, 12, X.reshape(-1, 3, 4)), r"t\.reshape\(len\(t\), -1\)", (sn.MSE, 12, X.reshape(len(X), -1))),
    "bytes": ((sn.MSE, 12, BYTES), r"t / np\.float32\(255\)", (sn.MSE, 12, BYTES / np.float32(255))),
    "a table": ((AbsoluteError, 1, LINE[:, 0]), r"\(x, t\[:, None\]\)", (AbsoluteError, 1, LINE[:, 0][:, None])),
    "a table that nobody sees": ((HiddenTable, 1, LINE[:, 0]), r"\(x, t\[:, None\]\)", (HiddenTable, 1, LINE)),
    "a column that nobody sees": ((HiddenColumn, 1, LINE), r"\(x, t\[:, 0\]\)", (AbsoluteError, 1, LINE)),
    "another table": ((Hinge, 1, LINE), r"\(x, t\[:, 0\]\)", (Hinge, 1, LINE[:, 0])),
}


@pytest.mark.parametrize("wrong, message, right", ADVICE.values(), ids=list(ADVICE))
def test_the_advice_of_a_message_works(wrong, message, right):
    def fit(criterion, outputs, t):
        criterion = criterion and criterion()
        return sn.Trainer(NET(outputs), sn.SGD(0.01), criterion, batch_size=10).fit((X, t), steps=1)

    with pytest.raises(sn.InputError, match=message) as error:
        fit(*wrong)
    assert "\n" not in str(error.value)
    assert np.isfinite(fit(*right).loss).all()


def test_a_loss_that_couples_rows_is_taken():
    assert np.isfinite(sn.Trainer(NET(1), sn.SGD(0.01), Spread(), batch_size=10).fit((X, LINE[:, 0]), steps=2).loss).all()


def test_scores_and_targets_that_form_a_square_are_refused_too():
    """Five outputs, batches of five: NumPy subtracts t (5,) from each row of the scores."""
    learner = sn.Trainer(NET(5), sn.SGD(0.01), HiddenTable(), batch_size=5)
    with pytest.raises(sn.InputError, match=r"become a table"):
        learner.fit((X, LINE[:, 0]), steps=1)


def book_sum(y, t):
    return 0.5 * np.sum((y - t) ** 2) / len(y), (y - t) / len(y)


class Loss_MSE:
    def forward(self, y, t):
        return np.mean((y - t) ** 2, axis=-1)

    def backward(self, dvalues, t):
        self.dinputs = -2 * (t - dvalues) / dvalues.size


class DoutMSE:
    def forward(self, y, t):
        self.difference = y - t
        return (self.difference**2).mean()

    def backward(self, dout):
        return dout * 2 * self.difference / self.difference.size


@pytest.mark.parametrize("loss", [book_sum, Loss_MSE(), DoutMSE()], ids=["cs231n", "nnfs", "dout"])
def test_losses_of_other_books_train_once_adapted(loss):
    history = regressor(adapted_loss(loss), 1).fit((X, LINE), steps=40, validation=(X, LINE))
    assert history.validation_loss[-1] < 0.5 * history.validation_loss[0]
    with pytest.raises(sn.InputError, match="become a table"):
        regressor(adapted_loss(loss), 1).fit((X, LINE[:, 0]), steps=1)


def test_a_dataset_of_labels_is_told_what_mse_needs():
    learner = sn.Trainer(NET(5), sn.SGD(0.1), sn.MSE(), batch_size=10)
    with pytest.raises(sn.InputError, match=r"np\.eye\(5\)\[t\]"):
        learner.fit(sn.Dataset(X, CLASSES), steps=1)
    with pytest.raises(sn.InputError, match=r"SoftmaxCrossEntropy takes one whole number"):
        trainer().fit(sn.Dataset.with_targets(X, LINE), steps=1)


class BadLoss(AbsoluteError):
    def __init__(self, loss=1.0, dscores=None):
        self.loss, self.dscores = loss, dscores

    def forward(self, y, t):
        return self.loss

    def backward(self):
        return self.dscores


@pytest.mark.parametrize(
    "criterion, message",
    [
        (BadLoss(), r"BadLoss\.backward returned None"),
        (BadLoss(dscores=np.zeros(10)), r"shape \(10,\), but the scores have \(10, 1\)"),
        (BadLoss(dscores=1.0), r"shape \(\), but the scores"),
        (BadLoss(loss=np.zeros((10, 1))), "a number is needed: return its mean"),
        (BadLoss(loss=None), "returned None, but a number is needed"),
    ],
)
def test_what_a_loss_of_ones_own_must_return_is_said(criterion, message):
    with pytest.raises(sn.InputError, match=message):
        sn.Trainer(NET(1), sn.SGD(0.1), criterion, batch_size=10).fit((X, LINE), steps=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda fit: fit(X, CLASSES),
        lambda fit: fit(X, CLASSES, steps=1),
        lambda fit: fit(X, CLASSES, 5),
        lambda fit: fit(X, CLASSES.tolist(), epochs=1),
        lambda fit: fit(X, y=CLASSES, epochs=1),
        lambda fit: fit(x=X, t=CLASSES, epochs=1),
    ],
)
def test_x_and_t_apart_are_told_to_be_one_pair(call):
    with pytest.raises(sn.InputError, match=r"write fit\(\(x, t\), epochs=5\)"):
        call(trainer().fit)
    with pytest.raises(sn.InputError, match="both in one pair of brackets"):
        trainer().fit(X, epochs=1)
    assert len(trainer().fit((X, CLASSES), 2).loss) == 2  # steps, as before


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda fit: fit((rows(), rows()), steps=1), r"write fit\(train, test=test\)"),
        (lambda fit: fit(((X, CLASSES), (X, CLASSES)), steps=1), r"write fit\(train, test=test\)"),
        (lambda fit: fit((X, CLASSES, CLASSES), steps=1), "train is a tuple of 3"),
        (lambda fit: fit(None, steps=1), "train is None"),
        (lambda fit: fit(rows(), epochs=1, batch_size=5), r"write sn\.Trainer\(net, optimizer, batch_size=…\)"),
        (lambda fit: fit(rows(), epochs=1, validation_data=rows()), r"write validation=\(x, t\)"),
    ],
)
def test_what_other_libraries_write_is_told_what_to_write_here(call, message):
    with pytest.raises(sn.InputError, match=message):
        call(trainer().fit)


@pytest.mark.parametrize(
    "scale, t_scale, name", [(300, 1, "inputs reach 9"), (1, 1e6, "targets reach 4"), (1, 1, "a smaller lr")]
)
def test_a_divergence_names_inputs_and_targets_that_are_too_large(scale, t_scale, name):
    learner = regressor(sn.MSE(), 1, lr=10.0)
    history = learner.fit((X * scale, LINE * t_scale), steps=400)
    assert history.diverged_at is not None and name in str(history)
