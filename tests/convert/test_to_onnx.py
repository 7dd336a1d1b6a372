"""ONNX files: what onnxruntime computes from them is what the network computes in evaluation."""

import sys

import numpy as np
import pytest
from convert.test_from_torch import Doubled, Own

import scratchnet as sn
from scratchnet.convert.to_onnx import NODES
from scratchnet.layers import ACTIVATIONS


def session(path):
    onnxruntime = pytest.importorskip("onnxruntime", reason='onnxruntime is not installed: pip install "scratchnet[onnx]"')
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def perceptron(activation):
    return lambda: sn.Network([sn.Affine(7, 6), activation(), sn.Affine(6, 4)], seed=0)


def residual():
    branch = [sn.BatchNorm(6), sn.ReLU(), sn.Affine(6, 6), sn.Network([sn.Tanh(), sn.Residual([sn.Affine(6, 6)])])]
    return sn.Network([sn.Affine(7, 6), sn.Residual(branch), sn.Affine(6, 4)], seed=0)


def images():
    return sn.Network(
        [
            *(sn.Convolution(2, 4, 5, 2, 2), sn.BatchNorm(4), sn.PReLU(4), sn.LayerNorm(4), sn.Dropout(0.3)),
            *(sn.Residual([sn.Convolution(4, 4, 3, pad=1, groups=2)]), sn.MaxPool(2, 1), sn.AveragePool(2)),
            *(sn.Flatten(), sn.Affine(8, 4)),
        ],
        seed=0,
    )


# case -> (network, shape of an input, shape of x in the file)
CASES = {name: (perceptron(kind), (7,), ["N", 7]) for name, kind in ACTIVATIONS.items()} | {
    "LeakyReLU(0.3)": (perceptron(lambda: sn.LeakyReLU(0.3)), (7,), ["N", 7]),
    "ELU(0.6)": (perceptron(lambda: sn.ELU(0.6)), (7,), ["N", 7]),
    "Scale": (perceptron(lambda: sn.Scale(0.3)), (7,), ["N", 7]),
    "PReLU(6)": (perceptron(lambda: sn.PReLU(6)), (7,), ["N", 7]),
    "BatchNorm": (perceptron(lambda: sn.BatchNorm(6)), (7,), ["N", 7]),
    "LayerNorm": (perceptron(lambda: sn.LayerNorm(6, 1e-3)), (7,), ["N", 7]),
    "Dropout": (perceptron(sn.Dropout), (7,), ["N", 7]),
    "float64": (lambda: sn.mlp(7, [5], 3, seed=0, dtype=np.float64), (7,), ["N", 7]),
    "residual": (residual, (7,), ["N", 7]),
    "images": (images, (9, 8, 2), ["N", "H", "W", 2]),
    "simple": (lambda: sn.simple_convnet(12, 3, 4, 3, 6, init=sn.He(), seed=0), (12, 12, 3), ["N", "H", "W", 3]),
    "deep": (lambda: sn.deep_convnet((2, 3, 4), 6, seed=0), (28, 28, 1), ["N", "H", "W", 1]),
    "pooled first": (lambda: sn.Network([sn.BatchNorm(3), sn.MaxPool(2)]), (5, 4, 3), ["N", "H", "W", 3]),
    "pool alone": (lambda: sn.Network([sn.AveragePool(2)]), (5, 4, 3), ["N", "H", "W", "C"]),
    "flattened first": (lambda: sn.Network([sn.Flatten(), sn.Affine(60, 4)], seed=0), (5, 4, 3), ["N", "H", "W", "C"]),
    "normalized rows": (lambda: sn.Network([sn.LayerNorm(3), sn.ReLU()]), (3,), ["N", 3]),
    "nothing at all": (lambda: sn.Network([sn.Identity(), sn.Dropout()]), (3,), ["N", "D"]),
}


def test_the_table_holds_every_layer():
    kinds = {kind for kind in vars(sn.layers).values() if isinstance(kind, type) and issubclass(kind, sn.Layer)}
    assert set(NODES) == kinds - {sn.Layer}
    made = {type(layer) for make, _, _ in CASES.values() for _, layer in make().walk()}
    assert made == kinds - {sn.Layer} | {sn.Network, sn.Residual}


@pytest.mark.parametrize("case", CASES)
def test_onnxruntime_computes_the_same(case, tmp_path):
    pytest.importorskip("onnx", reason='onnx is not installed: pip install "scratchnet[onnx]"')
    make, shape, named = CASES[case]
    net, rng = make(), np.random.default_rng(0)
    for _, layer in net.walk():
        for name, w, _ in layer.parameters():
            if name != "W":
                w += rng.uniform(0, 0.5, w.shape).astype(w.dtype)
        if isinstance(layer, sn.BatchNorm):
            layer.running_mean = rng.standard_normal(layer.n).astype(net.dtype)
            layer.running_var = rng.uniform(0.5, 2, layer.n).astype(net.dtype)
    path = net.to_onnx(tmp_path / "net.onnx")
    assert [one.name for one in tmp_path.iterdir()] == ["net.onnx"]
    run = session(path)
    (x_info,), (out_info,) = run.get_inputs(), run.get_outputs()
    assert (x_info.name, x_info.shape, out_info.name) == ("x", named, "scores")
    for rows in (1, 5):
        x = 3 * rng.standard_normal((rows, *shape)).astype(np.float32)
        wanted = net.twin().forward(x)
        (scores,) = run.run(None, {"x": x})
        # Each of some ten layers is off by a few ε of its largest number, here by those of 32 bits.
        np.testing.assert_allclose(
            scores, wanted, rtol=0, atol=100 * np.finfo(np.float32).eps * max(1, np.abs(wanted).max())
        )


def test_the_same_network_gives_the_same_bytes(tmp_path):
    pytest.importorskip("onnx", reason='onnx is not installed: pip install "scratchnet[onnx]"')
    one, other = (residual().to_onnx(str(tmp_path / name)) for name in ("one.onnx", "other.onnx"))
    assert one.read_bytes() == other.read_bytes()


WRONG = {
    "Own1: Own is not known to to_onnx": lambda: sn.Network([sn.Affine(3, 4), Own()]),
    "Doubled1: Doubled is not known": lambda: sn.Network([Doubled([sn.Affine(3, 4)])]),
    "the network: Doubled is not known": lambda: Doubled([sn.Affine(3, 4)]),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_layer_that_is_not_known_is_refused_and_nothing_is_written(sentence, tmp_path):
    pytest.importorskip("onnx", reason='onnx is not installed: pip install "scratchnet[onnx]"')
    with pytest.raises(sn.InputError, match=f"^{sentence}"):
        WRONG[sentence]().to_onnx(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_numbers_beyond_the_floats_of_the_file_are_refused(tmp_path):
    pytest.importorskip("onnx", reason='onnx is not installed: pip install "scratchnet[onnx]"')
    net = sn.mlp(3, [4], 2, seed=0, dtype=np.float64)
    net.layers[0].W[0, 0] = 1e300
    with pytest.raises(sn.InputError, match="weights beyond the floats of 32 bits"):
        net.to_onnx(tmp_path / "net.onnx")


def test_without_onnx_a_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'needs onnx 1.17 or later: run pip install "scratchnet\[onnx\]"'):
        sn.mlp(3, [4], 2).to_onnx(tmp_path / "net.onnx")


def test_a_path_that_is_none_is_refused():
    with pytest.raises(sn.InputError, match="path is None"):
        sn.mlp(3, [4], 2).to_onnx(None)
