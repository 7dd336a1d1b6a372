"""Data frames, and the columns of results.csv."""

import csv
import functools
import io
import math
import sys

import numpy as np
import pytest
from small import made_up

import scratchnet as sn
from scratchnet.experiment.texts import optimizer_and_rate
from scratchnet.support.files import as_csv
from scratchnet.support.frames import frame


@functools.cache
def result():
    data = tuple(sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(60, 1), made_up(20, 2)))
    return sn.compare(
        {"He": sn.He(), "std 0.1": 0.1},
        data=data,
        hidden=[[3], [4, 4]],
        optimizer=[sn.SGD(0.1), sn.Momentum(sn.Cosine(0.1, 4), 0.8)],
        bias_init=sn.Constant(0.1),
        activation=functools.partial(sn.LeakyReLU, 0.2),
        steps=2,
        seeds=1,
        batch_size=8,
        progress=False,
    )


def test_results_have_a_column_for_each_setting():
    rows = list(csv.DictReader(io.StringIO(as_csv(result().summaries()))))
    settings = [(row["hidden"], row["depth"], row["optimizer"], row["lr"]) for row in rows[:4]]
    schedule = "Cosine(lr=0.1, steps=4)"
    assert settings == [
        ("3", "1", "SGD", "0.1"),
        ("3", "1", "Momentum(momentum=0.8)", schedule),
        ("4x2", "2", "SGD", "0.1"),
        ("4x2", "2", "Momentum(momentum=0.8)", schedule),
    ]
    for row in rows:
        assert (row["activation"], row["bias_init"], row["batch_size"]) == ("LeakyReLU(0.2)", "Constant(0.1)", "8")
        assert row["steps"] == row["steps_asked"] == "2" and row["init"] in ("He()", "Normal(0.1)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SGD(lr=0.01)", ("SGD", 0.01)),
        ("Adam(lr=0.001, beta1=0.8)", ("Adam(beta1=0.8)", 0.001)),
        (
            "SGD(lr=Cosine(lr=0.1, steps=4), hooks=[A(1, 2), B(3)])",
            ("SGD(hooks=[A(1, 2), B(3)])", "Cosine(lr=0.1, steps=4)"),
        ),
        ("SGD(lr=<function <lambda>>)", ("SGD", "<function <lambda>>")),
        ("Mine(3)", ("Mine(3)", None)),
        ("Mine", ("Mine", None)),
    ],
)
def test_an_optimizer_and_its_rate_are_two_columns(text, expected):
    assert optimizer_and_rate(text) == expected


def test_a_result_as_a_frame_has_the_rows_of_the_table():
    found = result().to_frame()
    assert list(found.columns) == list(result().summaries()[0]) and len(found) == 8
    assert found.test_accuracy.tolist() == [one.test_accuracy for one in result().results]
    assert found.update_ratio.dtype == found.final_loss.dtype == np.float64


def test_a_spread_as_a_frame_has_a_row_for_each_layer():
    spread = result().results[0].before
    found = spread.to_frame()
    assert found.name.tolist() == [layer.name for layer in spread.layers]
    assert found["std"].tolist() == [layer.std for layer in spread.layers]
    assert found.w_rms.isna().tolist() == [layer.w_rms is None for layer in spread.layers]


def test_a_history_as_a_frame_has_a_row_for_each_step():
    train, test = result().train, result().train
    net = sn.mlp(36, [3], 4, seed=0)
    history = sn.Trainer(net, sn.SGD(0.1), batch_size=20).fit(train, steps=5, test=test, evaluate_every=2, progress=False)
    found = history.to_frame()
    assert found.step.tolist() == [1, 2, 3, 4, 5] and found.loss.tolist() == history.loss
    taken = found.dropna(subset="test_accuracy")
    assert taken.step.tolist() == history.evaluated_at == [2, 4, 5]
    assert taken.test_accuracy.tolist() == history.test_accuracy
    assert sn.History().to_frame().empty
    lines = {line.get_label(): line.get_ydata() for axes in history.plot().axes for line in axes.lines}
    np.testing.assert_array_equal(lines["test accuracy"], history.test_accuracy)


def test_a_missing_number_is_nan_and_a_missing_text_is_none():
    found = frame([{"a": None, "b": "x", "c": True}, {"a": 1.5, "b": None, "c": False}])
    assert math.isnan(found.a[0]) and found.a[1] == 1.5 and found.c.tolist() == [True, False]


def test_without_pandas_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(sn.InputError, match=r'pip install "scratchnet\[pandas\]"'):
        result().to_frame()


def test_figures_in_one_call():
    measured = result().results[0].before
    predicted = result().predicted[result().results[0].label]
    assert len(measured.plot(predicted).axes) == len(measured.plot().axes) == len(predicted.plot().axes) == 2
    with pytest.raises(sn.InputError, match="a Spread is needed"):
        measured.plot("spread")
    with pytest.raises(sn.InputError, match="there is no figure 'losses': there are loss, activations"):
        result().plot("losses")
