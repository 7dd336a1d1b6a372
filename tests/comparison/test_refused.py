"""What cannot be compared is refused before any training."""

import numpy as np
import pytest
from comparison.made import quick, tiny

import scratchnet as sn

WRONG = {
    "no initializers": {"inits": {}},
    "an empty list": {"inits": []},
    "a string": {"inits": "He"},
    "an initializer, not a list": {"inits": sn.He()},
    "a set": {"inits": {sn.He()}},
    "one initializer twice": {"inits": [sn.He(), sn.He()]},
    "a class": {"inits": [sn.He]},
    "a class with a label": {"inits": {"He": sn.He}},
    "an unknown name": {"inits": ["Hee"]},
    "None": {"inits": [None]},
    "a negative std": {"inits": [-0.01]},
    "a wrong shape": {"inits": [lambda shape, fans, rng: np.zeros(3)]},
    "NaN": {"inits": [lambda shape, fans, rng: np.full(shape, np.nan)]},
    "no seeds": {"seeds": 0},
    "negative seeds": {"seeds": -1},
    "half a seed": {"seeds": 1.5},
    "an empty list of seeds": {"seeds": []},
    "one seed twice": {"seeds": [1, 1]},
    "a negative seed": {"seeds": [-1]},
    "a float seed": {"seeds": [0.5]},
    "a string of seeds": {"seeds": "3"},
    "a boolean for seeds": {"seeds": True},
    "float steps": {"steps": 30.0},
    "no steps": {"steps": 0},
    "steps and epochs": {"steps": 3, "epochs": 1},
    "float epochs": {"steps": None, "epochs": 0.5},
    "a batch larger than the data": {"batch_size": 201},
    "no batch": {"batch_size": 0},
    "a zero width": {"hidden": [0]},
    "a float width": {"hidden": [20.5]},
    "a number for hidden": {"hidden": 100},
    "a string for hidden": {"hidden": "100"},
    "an activation that is made": {"activation": sn.ReLU()},
    "an activation's name": {"activation": "ReLU"},
    "an activation that is no layer": {"activation": lambda: np.tanh},
    "an optimizer's class": {"optimizer": sn.SGD},
    "an optimizer's name": {"optimizer": "SGD"},
    "a bias initializer's class": {"bias_init": sn.Zeros},
    "a training set alone": {"data": tiny()[0]},
    "arrays for the data": {"data": (np.ones((9, 3)), np.ones((9, 3)))},
    "a test set of another width": {"data": (tiny()[0], sn.Dataset(np.ones((9, 35)), np.arange(9) % 4))},
    "a test label beyond the training labels": {"data": (tiny()[0], sn.Dataset(np.ones((9, 36)), np.arange(9)))},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_what_cannot_be_compared_is_refused_in_a_sentence_before_any_training(wrong, monkeypatch):
    def train(*_):
        raise AssertionError("a training step was made")

    monkeypatch.setattr(sn.Trainer, "step", train)
    right = {"inits": [sn.He()], "data": tiny(), "hidden": [5], "steps": 4, "seeds": 2, "batch_size": 16}
    with pytest.raises(sn.InputError) as error:
        sn.compare(**right | {"progress": False} | wrong)
    assert "\n" not in str(error.value) and len(str(error.value)) > 20


def test_progress_is_told_unless_it_is_refused(capsys):
    quick()
    assert capsys.readouterr() == ("", "")
