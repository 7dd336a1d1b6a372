"""What users of scikit-learn's MLPClassifier expect: its arguments, its attributes, and its numbers."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import scratchnet as sn
from scratchnet.classifier import ScratchClassifier

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3
X = RNG.standard_normal((60, 4)) + 1.5 * np.eye(3, 4)[Y]
WEIGHTS = RNG.integers(0, 4, 60).astype(float)
WHOLE = {"hidden": (6, 5), "activation": "Tanh", "batch_size": 60, "epochs": 8, "random_state": 0}
PARTS = {**WHOLE, "batch_size": 17, "activation": "ReLU"}  # 3 steps are an epoch, and 9 rows are left over


def model(**settings):
    return ScratchClassifier(**{**PARTS, **settings})


def numbers(fitted):
    return b"".join(w.tobytes() for _, w, _ in fitted.network_.parameters())


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weights"])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_loss_curve_and_weights_are_those_of_mlp_classifier(alpha, weights):
    """From one start, with gradient descent on all rows, in float64."""
    settings = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.3, "alpha": alpha, "tol": 0, "batch_size": 60}
    theirs = MLPClassifier((6, 5), "tanh", max_iter=1, warm_start=True, n_iter_no_change=100, **settings)
    kept = slice(None) if weights is None else weights > 0  # a row of weight 0 does not count in their mean of batches
    with pytest.warns(ConvergenceWarning):
        theirs.fit(X, Y)
    start = ScratchClassifier(**{**WHOLE, "epochs": 1, "optimizer": "SGD(1e-300)"}).fit(X, Y)
    theirs.coefs_, theirs.intercepts_ = [w.copy() for w in start.coefs_], [b.copy() for b in start.intercepts_]
    theirs.loss_curve_ = []
    theirs.set_params(max_iter=8, batch_size=len(X[kept]))
    with pytest.warns(ConvergenceWarning):
        theirs.fit(X[kept], Y[kept], None if weights is None else weights[kept])
    ours = ScratchClassifier(**WHOLE, optimizer="SGD(0.3)", alpha=alpha).fit(X, Y, weights)

    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    for mine, other in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-9)
    for name in ("n_iter_", "n_layers_", "loss_"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-10)
    assert ours.best_loss_ == min(ours.loss_curve_) and ours.validation_scores_ is None is ours.best_validation_score_
    assert ours.n_outputs_ == 3 == theirs.n_outputs_ and ours.t_ == 8 * len(X[kept])


def test_attributes_are_there_after_fit_and_not_before():
    names = ["coefs_", "intercepts_", "n_layers_", "n_outputs_", "n_iter_", "t_", "loss_curve_", "loss_", "best_loss_"]
    assert not [name for name in names if hasattr(model(), name)]
    fitted = model(batch_norm=True).fit(X, Y)
    assert [w.shape for w in fitted.coefs_] == [(4, 6), (6, 5), (5, 3)]
    assert [b.shape for b in fitted.intercepts_] == [(6,), (5,), (3,)]
    assert fitted.n_iter_ == len(fitted.loss_curve_) == 8 and fitted.t_ == 8 * 51
    losses = np.array(fitted.history_.loss).reshape(8, 3).mean(axis=1)
    assert fitted.loss_curve_ == losses.tolist() and fitted.loss_ == losses[-1] and fitted.best_loss_ == losses.min()


def test_alpha_leaves_biases_and_batch_norm_alone_and_makes_weights_small():
    settings = {"batch_norm": True, "epochs": 1, "batch_size": 60}
    one_step = [("SGD(0.5)", 0.0), ("SGD(0.5)", 3.0), ("SGD(1e-300)", 0.0)]
    plain, small, start = (model(optimizer=rule, alpha=alpha, **settings).fit(X, Y) for rule, alpha in one_step)
    start = {name: w for name, w, _ in start.network_.parameters()}
    for (name, w, _), (_, other, _) in zip(plain.network_.parameters(), small.network_.parameters(), strict=True):
        expected = w - 0.5 * 3.0 / 60 * start[name] if name.endswith(".W") else w
        np.testing.assert_allclose(other, expected, rtol=1e-9, atol=1e-12)


def test_dropout_and_batch_norm_are_layers_and_are_off_in_prediction():
    fitted = model(dropout=0.4, batch_norm=True).fit(X, Y)
    assert fitted.network_.names[:4] == ["Affine1", "BatchNorm1", "ReLU1", "Dropout1"]
    assert fitted.network_.layers[3].ratio == 0.4
    assert fitted.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()
    assert numbers(fitted) != numbers(model(batch_norm=True).fit(X, Y))


# sample_weight


def test_a_row_of_weight_0_is_as_good_as_none():
    without = model().fit(X[WEIGHTS > 0], Y[WEIGHTS > 0], WEIGHTS[WEIGHTS > 0])
    assert numbers(model().fit(X, Y, WEIGHTS)) == numbers(without)
    ones = model().fit(X, Y, np.ones(60))
    np.testing.assert_allclose(ones.loss_curve_, model().fit(X, Y).loss_curve_, rtol=1e-12)


def test_a_class_whose_rows_have_weight_0_is_still_a_class():
    assert model().fit(X, Y, (Y != 2).astype(float)).classes_.tolist() == [0, 1, 2]


def test_a_weight_is_how_often_a_row_is_there():
    again = np.repeat(np.arange(60), WEIGHTS.astype(int))
    repeated = ScratchClassifier(**{**WHOLE, "batch_size": 1000}, alpha=0.3).fit(X[again], Y[again])
    weighted = ScratchClassifier(**WHOLE, alpha=0.3).fit(X, Y, WEIGHTS)
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-9)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize(
    "weights, message",
    [(np.zeros(60), "0 for all rows|at least one non-zero"), (-WEIGHTS, "[Nn]egative"), (WEIGHTS[:5], "shape")],
)
def test_weights_that_make_no_sense_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        model().fit(X, Y, weights)


# partial_fit and warm_start


@pytest.mark.parametrize("optimizer", ["SGD(0.1)", "Momentum(0.05)", "Adam(0.01)"])
@pytest.mark.parametrize("settings", [{}, {"dropout": 0.3, "batch_norm": True, "alpha": 0.1}], ids=["plain", "all"])
def test_epochs_one_by_one_are_those_of_fit(optimizer, settings):
    whole = model(optimizer=optimizer, epochs=4, **settings).fit(X, Y)
    parts = model(optimizer=optimizer, **settings).partial_fit(X, Y, classes=[2, 0, 1])
    for step in range(3):
        if step == 1:
            parts = pickle.loads(pickle.dumps(parts))
        parts.partial_fit(X, Y)
    assert numbers(parts) == numbers(whole) and parts.loss_curve_ == whole.loss_curve_
    assert parts.t_ == whole.t_ and (parts.n_iter_, whole.n_iter_) == (1, 4)
    assert parts.history_.loss == whole.history_.loss


def test_partial_fit_takes_parts_of_any_size_and_classes_seen_later():
    names = np.array(["fig", "pear", "apple"])[Y]
    parts = model(optimizer="Momentum(0.05)", batch_size=10)
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        parts.partial_fit(X, names)
    assert not hasattr(parts, "classes_")
    first = names != "pear"
    parts.partial_fit(X[first], names[first], classes=["pear", "fig", "apple"])
    assert parts.classes_.tolist() == ["apple", "fig", "pear"] and parts.predict_proba(X).shape == (60, 3)
    for size in (5, 60, 23) * 20:
        parts.partial_fit(X[:size], names[:size])
    assert parts.score(X, names) > 0.8 and parts.t_ == 40 + 20 * (5 + 60 + 20)
    with pytest.raises(ValueError, match="y has the label 'kiwi', but classes is"):
        parts.partial_fit(X[:2], ["kiwi", "fig"])
    with pytest.raises(ValueError, match=r"classes is .* but the first call had"):
        parts.partial_fit(X, names, classes=["fig", "pear"])
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
        parts.set_params(early_stopping=True).partial_fit(X, names)


def test_another_optimizer_takes_over_in_partial_fit():
    first, other = (model().partial_fit(X, Y, classes=[0, 1, 2]) for _ in range(2))
    first.partial_fit(X, Y)
    other.set_params(optimizer="SGD(1e-9)").partial_fit(X, Y)
    assert other.loss_curve_[1] != first.loss_curve_[2:] and numbers(first) != numbers(other)
    before = model(epochs=1).fit(X, Y)
    np.testing.assert_allclose(other.coefs_[0], before.coefs_[0], atol=1e-7)


def test_a_warm_start_goes_on():
    whole, warm, cold = model(epochs=5).fit(X, Y), model(epochs=3, warm_start=True), model(epochs=3)
    for one in (warm, cold):
        one.fit(X, Y).set_params(epochs=2).fit(X, Y)
    assert numbers(warm) == numbers(whole) and warm.loss_curve_ == whole.loss_curve_ and warm.n_iter_ == 2
    assert numbers(cold) == numbers(model(epochs=2).fit(X, Y)) and len(cold.loss_curve_) == 2
    with pytest.raises(sn.InputError, match=r"y has the classes \[0, 1\], but warm_start goes on with \[0, 1, 2\]"):
        warm.fit(X[Y < 2], Y[Y < 2])
    with pytest.raises(ValueError, match="5 features"):
        warm.fit(np.ones((60, 5)), Y)
    with pytest.raises(sn.InputError, match=r"dropout was 0\.0 when the network was made, and is 0\.5 now"):
        warm.set_params(dropout=0.5).fit(X, Y)


def test_a_network_that_diverged_does_not_go_on():
    lost = model(init=1e30, warm_start=True)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        lost.fit(X.astype(np.float32), Y)
    assert lost.n_iter_ == len(lost.loss_curve_) == 1
    for go_on in (lost.fit, lost.partial_fit):
        with pytest.raises(sn.InputError, match="so it cannot go on: fit it without warm_start"):
            go_on(X, Y)


# early stopping


@pytest.mark.parametrize("settings", [{}, {"tol": 0.02, "n_iter_no_change": 3}, {"validation_fraction": 0.5}], ids=str)
def test_early_stopping_keeps_the_best_network(settings):
    stopped = model(early_stopping=True, epochs=200, **settings).fit(X, Y)
    scores, tol, patience = stopped.validation_scores_, stopped.tol, stopped.n_iter_no_change
    best, without_gain, end = -np.inf, 0, None
    for epoch, score in enumerate(scores, start=1):  # MLPClassifier's rule
        without_gain = without_gain + 1 if score < best + tol else 0
        best = max(best, score)
        if without_gain > patience:
            end = epoch
            break
    assert stopped.n_iter_ == len(scores) == len(stopped.loss_curve_) == end < 200
    assert stopped.best_validation_score_ == max(scores) and stopped.best_loss_ is None
    again = {"epochs": int(np.argmax(scores)) + 1, "validation_fraction": stopped.validation_fraction}
    at_its_best = model(early_stopping=True, n_iter_no_change=np.inf, **again)
    assert numbers(at_its_best.fit(X, Y)) == numbers(stopped)
    assert stopped.t_ < len(scores) * 60  # the rows kept apart are not trained on


def test_early_stopping_weighs_its_rows_and_takes_each_class():
    weights = np.where(Y == 0, 1.0, 1e-9)
    only_class_0 = model(early_stopping=True, epochs=20, validation_fraction=0.5).fit(X, Y, weights)
    assert only_class_0.validation_scores_[-1] > 0.99  # on rows of class 0 alone it is right: it always says 0
    with pytest.raises(ValueError, match="least populated class"):
        model(early_stopping=True).fit(X[:10], [0] * 9 + [1])


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"validation_fraction": 1.0}, "validation_fraction is 1"),
        ({"n_iter_no_change": 0}, "n_iter_no_change is 0"),
        ({"tol": -1}, "tol is -1"),
    ],
)
def test_wrong_settings_of_early_stopping_are_answered_in_one_sentence(settings, message):
    with pytest.raises(sn.InputError, match=message):
        model(early_stopping=True, **settings).fit(X, Y)


# probabilities, and scikit-learn's tools


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_of_probabilities_are_finite_where_probabilities_are_0(dtype):
    fitted = model(epochs=1).fit(X.astype(dtype), Y)
    for W in fitted.coefs_:
        W *= 100
    p, log_p = fitted.predict_proba(X.astype(dtype)), fitted.predict_log_proba(X.astype(dtype))
    assert (p == 0).any() and np.isfinite(log_p).all() and log_p.dtype == dtype and log_p.min() < -1000
    np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-4 if dtype == np.float32 else 1e-10)


def test_grid_search_clone_and_pipelines_know_the_settings():
    settings = {"scratchclassifier__alpha": [0.0, 1.0], "scratchclassifier__dropout": [0.0, 0.2]}
    pipe = make_pipeline(StandardScaler(), model(epochs=2, early_stopping=True, validation_fraction=0.3))
    search = GridSearchCV(pipe, settings, cv=2, error_score="raise").fit(X, Y)
    best = search.best_estimator_[-1]
    again = clone(best)
    assert again.get_params() == best.get_params() and not hasattr(again, "network_")
    back = pickle.loads(pickle.dumps(best))
    assert back.predict_log_proba(X).tobytes() == best.predict_log_proba(X).tobytes()
    assert back.validation_scores_ == best.validation_scores_
