"""A run's key: it changes with each setting, and names no address in memory."""

import dataclasses
import functools
import json
import subprocess
import sys

import pytest
from comparison.made import function
from small import digits

import scratchnet as sn
from scratchnet.experiment import Run
from scratchnet.experiment.networks import OwnNetwork

RUN = Run("He", "He", sn.He(), sn.Zeros(), (20,), sn.ReLU, sn.SGD(0.01), 128, 30, 0, "abc")
OTHERS = {
    "initializer": ["he", ""],
    "init": [sn.LeCun(), sn.He(sn.uniform), sn.He(slope=0.1), sn.Normal(0.01), sn.Normal(0.02)],
    "bias_init": [sn.Ones(), sn.Normal(0.1)],
    "hidden": [(21,), (20, 20), ()],
    "activation": [sn.Tanh, functools.partial(sn.LeakyReLU, 0.2), functools.partial(sn.LeakyReLU, slope=0.3)],
    "optimizer": [sn.SGD(0.02), sn.Momentum(0.01), sn.Momentum(0.01, 0.8), sn.SGD(0.01, hooks=[sn.WeightDecay(0.1)])],
    "batch_size": [64],
    "steps": [31],
    "seed": [1],
    "data": ["abd"],
    "moments": [(0, 0.5, 1)],
    "own": [
        OwnNetwork(sn.simple_convnet, "abc", (28, 28, 1)),
        OwnNetwork(sn.simple_convnet, "abd", (28, 28, 1)),
        OwnNetwork(sn.simple_convnet, "abc", (784,)),
        OwnNetwork(functools.partial(sn.simple_convnet, maps=3), "abc", (28, 28, 1)),
    ],
}


def test_a_runs_key_changes_with_each_field():
    assert {"label", *OTHERS} == {field.name for field in dataclasses.fields(Run)}
    assert dataclasses.replace(RUN, label="another grid's").key == RUN.key
    changed = [dataclasses.replace(RUN, **{name: value}) for name, values in OTHERS.items() for value in values]
    assert len({run.key for run in [RUN, *changed]}) == 1 + len(changed)


def test_a_runs_key_is_the_same_in_another_process():
    code = (
        "import scratchnet as sn; from scratchnet.experiment import Run;"
        "print(Run('He', 'He', sn.He(), sn.Zeros(), (20,), sn.ReLU, sn.SGD(0.01), 128, 30, 0, 'abc').key)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == RUN.key == dataclasses.replace(RUN).key


class Callable:
    """An initializer without a repr of its own."""

    def __call__(self, shape, fans, rng):
        return rng.standard_normal(shape) * 0.1


NAMELESS = {
    "a function": {"init": function},
    "a lambda": {"init": lambda shape, fans, rng: rng.standard_normal(shape)},
    "a partial of a function": {"init": functools.partial(function, fans=None)},
    "a callable object": {"init": Callable()},
    "an activation": {"activation": lambda: sn.LeakyReLU(0.2)},
    "a partial with a function": {"activation": functools.partial(sn.PReLU, init=function)},
    "a schedule": {"optimizer": sn.SGD(lambda step: 0.1)},
    "a hook": {"optimizer": sn.SGD(0.1, hooks=[lambda triples: triples])},
    "a bias": {"bias_init": function},
    "a draw": {"init": sn.VarianceScaling(1.0, "in", lambda shape, rng: rng.standard_normal(shape))},
}


@pytest.mark.parametrize("changes", NAMELESS.values(), ids=list(NAMELESS))
def test_no_description_holds_a_memory_address(changes):
    described = json.dumps(dataclasses.replace(RUN, **changes).describe())
    assert " at 0x" not in described


def test_another_test_set_is_another_experiment():
    train, test = digits()
    keys = [
        sn.compare([sn.He()], data=(train, part), hidden=[5], steps=1, seeds=1, progress=False).results[0].key
        for part in (test, test, sn.Dataset(*test[:100]))
    ]
    assert keys[0] == keys[1] != keys[2]
