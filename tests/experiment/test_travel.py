"""What a notebook or a script defines goes to other processes, and what cannot go is said before anything starts."""

import functools
import subprocess
import sys
import threading

import pytest
from small import made_up

import scratchnet as sn
from scratchnet.experiment.predictions import Predictions
from scratchnet.support.files import as_json

# Classes, functions and lambdas of __main__, which no other process can import, and no `if __name__ == "__main__"`.
SCRIPT = """
import functools
import numpy as np
import scratchnet as sn

class Mine(sn.ReLU):
    def forward(self, x):
        return 2 * super().forward(x)

class Half:
    def __call__(self, shape, fans, rng):
        return 0.5 * rng.standard_normal(shape)
    def __repr__(self):
        return "Half()"

def make(slope):
    return sn.LeakyReLU(slope)

data = sn.Dataset(np.random.default_rng(0).random((60, 9)).astype("f"), np.arange(60) % 3)
activations = [Mine, functools.partial(make, 0.1), lambda: sn.Tanh()]
settings = dict(hidden=[5], activation=activations, steps=3, seeds=1, data=(data, data), batch_size=7, progress=False)
one, two = (sn.compare({"half": Half(), "he": sn.He()}, jobs=jobs, **settings) for jobs in (1, 2))
assert len(one.results) == 6
assert [run.to_json() for run in one.results] == [run.to_json() for run in two.results]
assert str(one) == str(two)
print("same")
"""


@pytest.mark.parametrize("source", ["file", "standard input"])
def test_what_main_defines_goes_to_other_processes(source, tmp_path):
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    argv, text = ([str(file)], None) if source == "file" else (["-"], SCRIPT)
    ended = subprocess.run([sys.executable, *argv], input=text, capture_output=True, text=True, timeout=100, check=False)
    assert (ended.stdout, ended.stderr) == ("same\n", "")


@pytest.fixture(scope="module")
def data():
    return tuple(sn.Dataset(images.reshape(len(images), -1), t) for images, t in (made_up(60, 1), made_up(20, 2)))


class WithLock:
    def __init__(self):
        self.lock = threading.Lock()

    def __call__(self, shape, fans, rng):
        return rng.standard_normal(shape)

    def __repr__(self):
        return "WithLock()"


def make(values):
    return sn.ReLU()


@pytest.mark.parametrize(
    "wrong",
    [
        {"inits": {"mine": WithLock()}},
        {"inits": [sn.He()], "activation": functools.partial(make, (i for i in range(3)))},
        {"inits": [sn.He(), sn.LeCun()], "bias_init": WithLock()},
    ],
)
def test_what_cannot_go_is_said_before_anything_starts(wrong, data, monkeypatch):
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.submit", None)
    with pytest.raises(sn.InputError, match=r"cannot be sent to another process \(.*\): use one process, jobs=1"):
        sn.compare(**wrong, data=data, hidden=[4], steps=2, seeds=1, batch_size=8, jobs=2, progress=False)


def test_the_pool_makes_the_predictions_and_they_are_those_of_this_process(data, monkeypatch):
    settings = {"hidden": [[4], [4, 4]], "lr": [0.1, 0.01], "steps": 2, "seeds": 2, "batch_size": 8, "data": data}
    alone = sn.compare([sn.He(), sn.LeCun()], progress=False, **settings)
    expected = as_json(alone.predicted)
    pooled = sn.compare([sn.He(), sn.LeCun()], progress=False, jobs=2, **settings)
    monkeypatch.setattr("scratchnet.experiment.predictions.predict_spread", None)  # nothing is left to predict
    assert as_json(pooled.predicted) == expected
    assert len(pooled.predicted) == 8 and len(Predictions(pooled.runs).missing) == 4  # the two rates share a network
    assert str(pooled) == str(alone)
