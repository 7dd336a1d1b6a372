"""Files from strangers: a file that does not fit together ends in one sentence, before it takes memory."""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest
from networks import each_suffix

import scratchnet as sn
from scratchnet.support.array_file import DOCUMENT, write_arrays


def rewritten(path, change, arrays=None):
    """The file with another description or other arrays, and digests that fit."""
    with zipfile.ZipFile(path) as file:
        document = json.loads(file.read(DOCUMENT))
        found = {
            name: np.lib.format.read_array(io.BytesIO(file.read(f"{name}.npy")), allow_pickle=False)
            for name in document["arrays"]
        }
    change(document)
    extra = {key: value for key, value in document.items() if key in ("network", "state")}
    write_arrays(path, "network", extra, found if arrays is None else arrays(found))
    return path


def refused(path, words):
    tracemalloc.start()
    try:
        with pytest.raises(sn.InputError, match=words) as error:
            sn.load(path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert path.name in str(error.value)
    assert "\n" not in str(error.value)


def first(document):
    return document["network"]["arguments"]["layers"][0]


HOSTILE = {
    "a huge layer": (lambda d: first(d)["arguments"].update(n_in=10**7, n_out=10**7), r"W has shape \(10000000, 10000000\)"),
    "beyond NumPy": (lambda d: first(d)["arguments"].update(n_in=10**30), "n_in is 10+, but a whole number of at most"),
    "many layers": (lambda d: d["network"]["arguments"].update(layers=[first(d)] * 100), "no array in the file has it"),
    "another width": (lambda d: first(d)["arguments"].update(n_out=5), "no array in the file has it"),
    "a layer less": (lambda d: d["network"]["arguments"]["layers"].pop(), "Affine2.W is not one of the network"),
    "no layer": (lambda d: d["network"]["arguments"].update(layers=[]), "no layers"),
    "an unknown class": (lambda d: first(d).update({"class": "Popen"}), "scratchnet has no class Popen"),
    "a module": (lambda d: first(d).update({"class": "np"}), "scratchnet has no class np"),
    "an unknown argument": (lambda d: first(d)["arguments"].update(shell=True), "cannot be made"),
    "a missing argument": (lambda d: first(d)["arguments"].pop("n_in"), "cannot be made"),
    "code for an initializer": (
        lambda d: first(d)["inits"].update(W={"initializer": "__import__('os').system('true')", "own": False}),
        "cannot be loaded",
    ),
    "an initializer less": (lambda d: first(d)["inits"].pop("b"), "its parameters are"),
    "an object dtype": (lambda d: d["network"]["arguments"].update(dtype={"dtype": "object"}), "unknown entry 'dtype'"),
    "a numpy of objects": (lambda d: d["network"]["arguments"].update(seed={"numpy": "O", "value": 3}), "cannot be loaded"),
    "a layer for a network": (lambda d: d.update(network=first(d)), "where a network is needed"),
    "a number for a network": (lambda d: d.update(network=3), "cannot be loaded"),
    "no description": (lambda d: d.pop("network"), "cannot be loaded"),
    "another method": (lambda d: d.update(state={"Affine1": {"forward": 3}}), "Affine1.forward cannot be set"),
    "a dunder": (lambda d: d.update(state={"Affine1": {"__class__": 3}}), "Affine1.__class__ cannot be set"),
    "an unknown place": (lambda d: d.update(state={"Affine9": {"training": True}}), "cannot be loaded"),
    "a hostile seed": (lambda d: d["network"]["arguments"].update(seed=-1), "seed is -1"),
    "deeply nested": (
        lambda d: d["network"]["arguments"].update(seed=json.loads("[" * 900 + "]" * 900)),
        "cannot be loaded",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_description_that_asks_for_what_is_not_there(name, tmp_path):
    change, words = HOSTILE[name]
    refused(rewritten(sn.mlp(20, [12], 10, seed=0).save(tmp_path / "net.npz"), change), words)


ARRAYS = {
    "missing": (lambda a: {k: v for k, v in a.items() if k != "Affine1.b"}, "Affine1: b has shape|Affine1.b is missing"),
    "a missing statistic": (
        lambda a: {k: v for k, v in a.items() if k != "BatchNorm1.running_var"},
        "BatchNorm1.running_var is missing",
    ),
    "extra": (lambda a: a | {"more": np.zeros(3)}, "more is not one of the network"),
    "wider": (lambda a: a | {"Affine1.W": a["Affine1.W"].astype(float)}, "Affine1.W is <f8, but float32 is needed"),
    "whole": (lambda a: a | {"Affine1.W": a["Affine1.W"].astype(np.int32)}, "Affine1.W is <i4"),
    "a whole statistic": (
        lambda a: a | {"BatchNorm1.running_var": a["BatchNorm1.running_var"].astype(int)},
        "BatchNorm1.running_var is <i8",
    ),
    "a longer statistic": (lambda a: a | {"BatchNorm1.running_var": np.ones(13, np.float32)}, r"of shape \(13,\)"),
    "turned": (lambda a: a | {"Affine1.W": a["Affine1.W"].T.copy()}, r"W has shape \(20, 12\)"),
    "renamed": (lambda a: {k.replace("Affine1.b", "Affine1.c"): v for k, v in a.items()}, "Affine1.b is missing"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_other_arrays_than_the_description_says(name, tmp_path):
    change, words = ARRAYS[name]
    path = sn.mlp(20, [12], 10, normalization=sn.BatchNorm, seed=0).save(tmp_path / "net.npz")
    refused(rewritten(path, lambda document: None, change), words)


@each_suffix
def test_a_flipped_bit_never_gives_another_network(suffix, tmp_path):
    net = sn.mlp(5, [3], 2, normalization=sn.BatchNorm, seed=0)
    path = net.save(tmp_path / f"net{suffix}")
    content = path.read_bytes()
    for bit in np.random.default_rng(0).choice(8 * len(content), 300, replace=False):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(flipped)
        try:
            back = sn.load(path)
        except sn.InputError as error:
            assert path.name in str(error)
        else:
            assert back.save(tmp_path / f"back{suffix}").read_bytes() == content
