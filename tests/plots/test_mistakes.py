"""The confusion matrix counts as scikit-learn's; misclassified images are those whose prediction is not their label."""

import numpy as np
import pytest
from plots.drawn import words_in
from sklearn.metrics import confusion_matrix

import scratchnet as sn
from scratchnet import plots

RNG = np.random.default_rng(0)
T = RNG.integers(0, 4, 200)
PREDICTED = np.where(RNG.random(200) < 0.7, T, RNG.integers(0, 4, 200))
NAMES = np.array(["bag", "coat", "dress", "shirt with long sleeves"])
IMAGES = RNG.random((200, 36)).astype(np.float32)


def counts(figure):
    """The numbers in the cells, row by row."""
    axes = figure.axes[0]
    side = len(axes.get_yticks())
    cells = {(round(y - 0.5), round(x - 0.5)): int(text.get_text()) for text in axes.texts for x, y in [text.get_position()]}
    return np.array([[cells[i, j] for j in range(side)] for i in range(side)])


@pytest.mark.parametrize(
    "t, predicted",
    [(T, PREDICTED), (NAMES[T], NAMES[PREDICTED]), (T.tolist(), PREDICTED.tolist()), (T[:3], np.array([7, 7, 7]))],
    ids=["numbers", "words", "lists", "a class that is no label"],
)
def test_a_confusion_counts_as_scikit_learn_does(t, predicted):
    figure = plots.confusion(t, predicted)
    axes = figure.axes[0]
    assert (counts(figure) == confusion_matrix(t, predicted)).all()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [str(one) for one in np.unique([*t, *predicted])]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("prediction", "label")
    right = int((np.array(t) == np.array(predicted)).sum())
    assert axes.get_title() == f"{right} of {len(t)} are right ({right / len(t):.2%})"
    assert "share of the label's row" in words_in(figure)
    shares = axes.collections[0].get_array()
    assert shares.shape == counts(figure).shape and np.allclose(
        shares.sum(axis=1)[confusion_matrix(t, predicted).any(axis=1)], 1
    )


def test_names_stand_for_class_numbers_and_many_classes_have_no_numbers():
    words = words_in(plots.confusion(T, PREDICTED, names=NAMES, title="Clothes"))
    assert {*NAMES, "Clothes"} <= set(words)
    assert not plots.confusion(np.arange(60), np.arange(60)).axes[0].texts


@pytest.mark.parametrize("scale", [1, 1000], ids=["plain", "probabilities that underflow"])
def test_the_worst_mistakes_come_first(scale):
    scores = (scale * RNG.standard_normal((200, 4))).astype(np.float32)
    predicted = scores.argmax(axis=1)
    shifted = scores.astype(np.float64) - scores.max(axis=1, keepdims=True)
    log_p = (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))[np.arange(200), T]
    worst = sorted(np.flatnonzero(predicted != T), key=lambda i: log_p[i])[:6]
    figure = plots.misclassified(IMAGES, T, predicted, scores, rows=2, columns=3)
    assert [axes.get_title() for axes in figure.axes] == [f"{T[i]}, read\nas {predicted[i]}" for i in worst]
    for axes, i in zip(figure.axes, worst, strict=True):
        assert np.array_equal(axes.images[0].get_array().ravel(), IMAGES[i])
    assert f"The worst 6 of {(predicted != T).sum()} mistakes on 200 images" in words_in(figure)


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 1), (4, 9), (2, 6, 3)], ids=str)
def test_images_may_have_any_of_these_shapes(shape):
    images = IMAGES.reshape(200, *shape)
    figure = plots.misclassified(images, NAMES[T], NAMES[PREDICTED], rows=1, columns=4)
    wrong = np.flatnonzero(T != PREDICTED)
    assert np.array_equal(figure.axes[0].images[0].get_array().ravel(), images[wrong[0]].ravel())
    assert figure.axes[0].get_title() == f"{NAMES[T[wrong[0]]]}, read\nas {NAMES[PREDICTED[wrong[0]]]}"
    assert f"4 of {len(wrong)} mistakes on 200 images" in words_in(figure)


def test_a_perfect_network_and_a_few_mistakes():
    assert "No mistake on 200 images" in words_in(plots.misclassified(IMAGES, T, T))
    predicted = T.copy()
    predicted[3] += 1
    figure = plots.misclassified(IMAGES, T, predicted)
    assert "1 mistake on 200 images" in words_in(figure) and sum(bool(axes.images) for axes in figure.axes) == 1


def test_it_reads_as_the_module_says():
    x, t = sn.Dataset(IMAGES, T)
    net = sn.mlp(36, [4], 4, seed=0)
    assert plots.confusion(t, net.predict(x)).axes and plots.misclassified(x, t, net.predict(x), rows=1).axes


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: plots.confusion(T, PREDICTED[:5]), r"the lengths differ \(t 200, predicted 5\)"),
        (lambda: plots.confusion(T, np.eye(4)[PREDICTED]), r"predicted has shape \(200, 4\), .* scores\.argmax"),
        (lambda: plots.confusion(T, PREDICTED, names=["a"]), "names has 1 names, but there is the label 1"),
        (lambda: plots.confusion([], []), r"t has shape \(0,\)"),
        (lambda: plots.confusion(np.arange(2000), np.arange(2000)), "2000 different labels, but at most 1000"),
        (lambda: plots.misclassified(IMAGES[:, :35], T, PREDICTED), r"images has shape \(200, 35\), but"),
        (lambda: plots.misclassified(IMAGES[:9], T, PREDICTED), "the lengths differ"),
        (lambda: plots.misclassified(IMAGES, T, PREDICTED, scores=PREDICTED), r"scores has shape \(200,\)"),
        (lambda: plots.misclassified(IMAGES, T, PREDICTED, np.zeros((200, 2))), "a score for each class number"),
        (lambda: plots.misclassified(IMAGES, T, PREDICTED, rows=0), "rows is 0"),
    ],
)
def test_what_cannot_be_drawn_is_answered_in_one_sentence(call, message):
    with pytest.raises(sn.InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
