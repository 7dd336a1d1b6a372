"""The classifier for scikit-learn: scikit-learn's own checks, its tools around it, and the same numbers as without it."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.estimator_checks import parametrize_with_checks
from small import digits

import scratchnet as sn
from scratchnet.classifier import ScratchClassifier
from scratchnet.data import Batches

SMALL = {"hidden": (8, 6), "batch_size": 20, "epochs": 3, "random_state": 0}


def blobs(dtype=np.float64, rows=150, classes=3):
    """Clouds of points that overlap, one for each class."""
    rng = np.random.default_rng(0)
    y = np.arange(rows) % classes
    return (rng.standard_normal((rows, 4)) + 2 * np.eye(classes, 4)[y]).astype(dtype), y


def weights(model):
    return [w for _, w, _ in model.network_.parameters()]


def fitted(**settings):
    return ScratchClassifier(**{**SMALL, **settings}).fit(*blobs())


def assert_same_bytes(ours, theirs):
    assert [w.dtype for w in ours] == [w.dtype for w in theirs]
    assert [w.tobytes() for w in ours] == [w.tobytes() for w in theirs]


@parametrize_with_checks([ScratchClassifier(), ScratchClassifier((10,), sn.Tanh, sn.LeCun(), 0.01, sn.Adam(0.02), 10, 20)])
def test_scikit_learns_own_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # else scikit-learn skips its check of array API input
    if check.func.__name__ == "check_sample_weight_equivalence_on_dense_data":
        # A weight of 2 is a row that is there twice only if a batch has all rows. MLPClassifier is checked with lbfgs here.
        estimator.set_params(batch_size=100)
    check(estimator)


# the same numbers as without scikit-learn


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_is_the_four_lines_of_the_book_in_the_dtype_of_x(dtype):
    X, y = blobs(dtype)
    model = ScratchClassifier((8, 6), "Tanh", "LeCun", 0.1, "Momentum(0.05)", 32, 5, random_state=3).fit(X, y)

    net = sn.mlp(4, [8, 6], 3, sn.Tanh, sn.LeCun(), sn.Normal(0.1), seed=3, dtype=dtype)
    criterion, rule, batches = sn.SoftmaxCrossEntropy(), sn.Momentum(0.05), Batches(len(X), 32, seed=3)
    losses = []
    for step in range(5 * (150 // 32)):
        losses.append(criterion.forward(net.forward(X[batches[step]]), y[batches[step]]))
        net.backward(criterion.backward())
        rule.step(net.parameters())

    assert model.history_.loss == losses
    assert_same_bytes(weights(model), [w for _, w, _ in net.parameters()])
    assert model.predict_proba(X).dtype == dtype
    assert model.predict(X).tolist() == net.predict(X).tolist()


def test_probabilities_are_those_of_scikit_learns_network_with_the_same_weights():
    X, y = blobs()
    model = fitted(activation="Tanh", bias_init=0.1)
    theirs = MLPClassifier((8, 6), "tanh", max_iter=1, batch_size=150, random_state=0)
    with pytest.warns(ConvergenceWarning):
        theirs.fit(X, y)
    theirs.coefs_, theirs.intercepts_ = weights(model)[::2], weights(model)[1::2]
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-12)
    assert model.score(X, y) == theirs.score(X, y)


def test_without_hidden_layers_it_comes_to_logistic_regression():
    X, y = blobs()
    names = np.array(["pear", "apple", "fig"])[y]
    model = ScratchClassifier(hidden=(), optimizer="Momentum(0.5)", batch_size=150, epochs=1500, random_state=0)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, names)
    np.testing.assert_allclose(model.fit(X, names).predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    assert model.classes_.tolist() == theirs.classes_.tolist() == ["apple", "fig", "pear"]
    assert model.predict(X).tolist() == theirs.predict(X).tolist()


# what it may be given


SAME = {
    "init": ["He(draw=uniform)", sn.He(draw=sn.uniform)],
    "init by number": [0.01, "0.01", sn.Normal(0.01)],
    "init for an activation": ["ExactGain(Tanh)", sn.ExactGain(sn.Tanh)],
    "bias_init": ["Constant(0.1)", sn.Constant(0.1), lambda shape, fans, rng: np.full(shape, 0.1)],
    "activation": ["LeakyReLU(0.2)", "leakyrelu(slope=0.2)", lambda: sn.LeakyReLU(0.2)],
    "optimizer": ["Adam", sn.Adam()],
    "hidden": [(5,), [5], np.array([5])],
    "batch_size": [150, 1000],  # all rows there are
}


@pytest.mark.parametrize("case", SAME)
def test_words_and_objects_mean_the_same(case):
    name = case.split()[0]
    first, *others = (fitted(**{name: given}) for given in SAME[case])
    for other in others:
        assert_same_bytes(weights(first), weights(other))
    assert [w.tobytes() for w in weights(first)] != [w.tobytes() for w in weights(fitted())]


def test_an_initializer_may_look_at_the_data():
    X, y = blobs()
    model = ScratchClassifier((8, 6), init="LSUV", optimizer="SGD(1e-12)", epochs=1, random_state=0).fit(X, y)
    out = X
    for layer in model.network_.layers:
        out = layer.forward(out)
        if isinstance(layer, sn.Affine):
            assert out.std() == pytest.approx(1, abs=0.1)  # LSUV's own tolerance


WRONG = {
    "init": ("Hee", "there is no initializer named 'Hee' .did you mean He"),
    "bias_init": (None, "the initializer is None, but sn.He"),
    "activation": ("Relo", "there is no activation named 'Relo' .did you mean ReLU"),
    "optimizer": ("Adamm", "there is no optimizer named 'Adamm' .did you mean Adam"),
    "hidden": (100, "hidden is 100, but a list of widths is needed"),
    "batch_size": (0.5, "batch_size is 0.5, but a whole number"),
    "epochs": (0, "epochs is 0, but a whole number"),
    "random_state": (-1, "random_state is -1, but a whole number"),
    "alpha": (-0.1, "alpha is -0.1, but a finite number of at least 0"),
    "dropout": (1, "dropout is 1, but a finite number .* below 1"),
    "batch_norm": ("yes", "batch_norm is 'yes'"),
    "warm_start": (3, "warm_start is 3"),
    "early_stopping": (None, "early_stopping is None"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_argument_is_answered_by_fit_with_one_sentence(name):
    given, sentence = WRONG[name]
    model = ScratchClassifier(**{name: given})
    with pytest.raises(sn.InputError, match=sentence):
        model.fit(*blobs())


def test_a_wrong_kind_of_argument_is_too():
    for name, given in (("activation", sn.ReLU()), ("optimizer", sn.SGD), ("random_state", True), ("init", sn.He)):
        with pytest.raises(sn.InputError, match=r"^[^\n]+$"):
            ScratchClassifier(**{name: given}).fit(*blobs())


def test_random_state():
    first = weights(fitted())
    assert_same_bytes(first, weights(fitted(random_state=np.int64(0))))
    drawn = [weights(fitted(random_state=check_random_state(5))) for _ in range(2)]
    assert_same_bytes(*drawn)
    unseeded = [weights(fitted(random_state=None)) for _ in range(2)]
    several = [first, weights(fitted(random_state=1)), drawn[0], *unseeded]
    assert len({W[0].tobytes() for W in several}) == len(several)
    with pytest.raises(ValueError, match="'now' cannot be used to seed"):
        fitted(random_state="now")


def test_one_row_and_one_class_are_learnt_by_heart():
    model = ScratchClassifier(epochs=1).fit([[1.0, 2.0]], ["only"])
    assert model.predict([[3.0, 4.0], [5.0, 6.0]]).tolist() == ["only", "only"]


def test_training_that_diverges_says_so_and_still_predicts():
    X, y = blobs()
    where = r"where the numbers of Affine\d left the floats"
    with pytest.warns(ConvergenceWarning, match=rf"^training diverged at step \d+, {where}: scale X, or give a smaller lr"):
        model = ScratchClassifier((8, 6), init=1e30, random_state=0).fit(X, y)
    assert model.history_.diverged_at is not None
    assert set(model.predict(X)) <= {0, 1, 2}


# scikit-learn's tools around it


def test_a_grid_over_initializers_finds_that_he_trains_a_deep_network_and_a_small_std_does_not():
    train, test = digits(train=1000)
    (X, y), (X_test, y_test) = train[:], test[:]
    model = ScratchClassifier([50] * 4, epochs=15, batch_size=50, random_state=0)
    search = GridSearchCV(model, {"init": [0.01, "book.xavier", "He"], "activation": ["ReLU"]}, cv=2).fit(X, y)
    small, xavier, he = search.cv_results_["mean_test_score"]
    assert small < 0.2 < 0.7 < min(xavier, he)
    assert search.best_params_["init"] in ("book.xavier", "He")
    assert search.score(X_test, y_test) > 0.75
    assert sn.measure_spread(search.best_estimator_.network_, X, y).layers


def test_a_grid_over_activations_in_a_pipeline():
    X, y = load_iris(return_X_y=True)
    pipe = make_pipeline(StandardScaler(), ScratchClassifier((10,), batch_size=20, epochs=30, random_state=0))
    grid = {"scratchclassifier__activation": ["Tanh", sn.ReLU], "scratchclassifier__optimizer": ["SGD", sn.Adam(0.01)]}
    search = GridSearchCV(pipe, grid, cv=3, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.9
    # lr 1e-6 never leaves its start, so the grid did reach the optimizer
    slow = clone(pipe).set_params(scratchclassifier__optimizer="SGD(1e-6)")
    assert cross_val_score(slow, X, y, cv=3).mean() < search.best_score_ - 0.1


def test_clone_and_pickle():
    X, y = blobs()
    model = fitted(init=sn.He(draw=sn.uniform), optimizer=sn.Momentum(0.05), activation=sn.Tanh)
    again = clone(model).fit(X, y)
    assert_same_bytes(weights(model), weights(again))
    back = pickle.loads(pickle.dumps(model))
    assert back.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert back.get_params().keys() == model.get_params().keys()
    assert "init=He(draw=uniform)" in repr(model)


# where scikit-learn is missing


def test_the_package_works_without_scikit_learn_and_the_classifier_says_what_is_missing():
    code = (
        "import sys; sys.modules['sklearn'] = None; import scratchnet.cli.main; print('works'); import scratchnet.classifier"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and done.stdout == "works\n"
    assert last.startswith("ImportError: ScratchClassifier needs scikit-learn")
    assert last.endswith('pip install "scratchnet[sklearn]"')


def test_import_loads_no_scikit_learn():
    code = "import sys, scratchnet, scratchnet.cli.main; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
