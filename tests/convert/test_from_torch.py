"""Networks from PyTorch and to it, without PyTorch: against golden/torch_modules.npz, which it computed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scratchnet as sn
from scratchnet.convert.to_torch import described
from scratchnet.convert.torch_order import ARRAYS, TorchModule
from scratchnet.network.from_torch import network_of

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "torch_modules.npz")
CASES = [key.removesuffix(".modules") for key in GOLDEN.files if key.endswith(".modules")]
every_case = pytest.mark.parametrize("case", CASES)


def modules(case, prefix="", dtype=np.float64):
    """The modules of a case; with the prefix "grad." with gradients in place of parameters."""
    found = []
    for path, kind, options in json.loads(str(GOLDEN[f"{case}.modules"])):
        arrays = {}
        for key in GOLDEN.files:
            start, _, name = key.rpartition(".")
            if start == f"{case}.{path}" and name != "num_batches_tracked":
                whole = f"{case}.{prefix}{path}.{name}"
                arrays[name] = GOLDEN[whole if whole in GOLDEN.files else key].astype(dtype)
        found.append(TorchModule(path, kind, options, arrays))
    return found


def image(case):
    return tuple(GOLDEN[f"{case}.image"].tolist()) or None


def ours(array):
    """Rows as they are, images with channels last."""
    return sn.channels_last(array) if array.ndim == 4 else array


def tolerance(net, array):
    """What rounding may do to an array that comes out of a network: a part of its largest number.

    A sum of n products is off by at most n ε of the sum of their sizes. The n of all layers are added, and that of the
    gradients, which are sums over all rows and places; 10 stands for what else a layer computes.
    """
    terms = sum(10 + max([w.size // w.shape[-1] for _, w, _ in layer.parameters()], default=0) for _, layer in net.walk())
    return (terms + array.size) * np.finfo(net.dtype).eps * max(1, np.abs(array).max())


def assert_close(net, array, wanted, name=""):
    np.testing.assert_allclose(array, wanted, rtol=0, atol=tolerance(net, wanted), err_msg=name)


@every_case
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_and_gradients_are_those_of_pytorch(case, dtype):
    net = network_of(modules(case, dtype=dtype), image(case))
    gradients = network_of(modules(case, "grad.", dtype), image(case))  # turned as the parameters are
    assert net.dtype == dtype
    evaluation = net.twin()
    x, scores, dout, dx = (ours(GOLDEN[f"{case}.{name}"]).astype(dtype) for name in ("x", "scores", "dout", "dx"))
    assert_close(net, evaluation.forward(x), scores)
    for layer in evaluation.layers:
        layer.needs_dx = True
    assert_close(net, evaluation.backward(dout), dx, "dx")
    for module, layer, wanted in zip(modules(case), evaluation.layers, gradients.layers, strict=True):
        for name in layer.specs:
            if ARRAYS[type(layer)][name] in module.arrays:  # a bias that is not there has no gradient
                assert_close(net, getattr(layer, "d" + name), getattr(wanted, name), f"{module.path} {name}")


@every_case
def test_what_goes_to_pytorch_comes_from_it_to_the_bit(case):
    theirs = modules(case)
    net = network_of(theirs, image(case))
    back = described(net, image(case))
    assert [module.kind for module in back] == [module.kind for module in theirs]
    for module, given_module in zip(back, theirs, strict=True):
        for name, value in module.options.items():
            wanted = given_module.options[name]
            if module.kind == "Softplus":
                assert value == 50 and wanted == 20
            elif name == "padding" and isinstance(wanted, str):
                assert value == {"same": module.options["kernel_size"] // 2, "valid": 0}[wanted]
            else:
                assert set(wanted if isinstance(wanted, list) else [wanted]) == set(
                    value if isinstance(value, tuple) else [value]
                )
        for name, array in module.arrays.items():
            if name in given_module.arrays:
                np.testing.assert_array_equal(array, given_module.arrays[name])
            else:
                assert np.ptp(array) == 0  # what was not there: a bias of 0, a weight of 1
    again = network_of(back, image(case))
    for (name, w, _), (_, other, _) in zip(net.parameters(), again.parameters(), strict=True):
        np.testing.assert_array_equal(w, other, err_msg=name)
    for (_, layer), (_, other) in zip(net.walk(), again.walk(), strict=True):
        assert repr(layer).partition(", init")[0] == repr(other).partition(", init")[0]
        if isinstance(layer, sn.BatchNorm):
            np.testing.assert_array_equal(layer.running_mean, other.running_mean)
            np.testing.assert_array_equal(layer.running_var, other.running_var)


def test_units_of_flattened_images_that_are_not_turned_give_other_scores():
    """So the tests above can fail: the shapes are right either way."""
    case = "convolution"
    net = network_of(modules(case))
    last = next(module for module in modules(case) if module.kind == "Linear")
    net.layers[-1].W[...] = last.arrays["weight"].T
    wanted = GOLDEN[f"{case}.scores"]
    assert np.abs(net.twin().forward(ours(GOLDEN[f"{case}.x"])) - wanted).max() > 0.3 * wanted.std()


# A state_dict


def state_dict(case):
    state = {f"{one.path}.{name}": array for one in modules(case) for name, array in one.arrays.items()}
    return state | {f"{one.path}.num_batches_tracked": np.array(0) for one in modules(case) if "BatchNorm" in one.kind}


@pytest.mark.parametrize("case", ["convolution", "images", "rows", "nested", "flattened first"])
def test_a_state_dict_goes_into_a_copy_of_a_network(case):
    given_net = network_of(modules(case), image(case))
    given_net.initialize(seed=5)
    before = [w.copy() for _, w, _ in given_net.parameters()]
    state = state_dict(case)
    net = sn.from_torch(state, image=image(case), like=given_net)
    assert_close(net, net.twin().forward(ours(GOLDEN[f"{case}.x"])), GOLDEN[f"{case}.scores"])
    for (_, w, _), old in zip(given_net.parameters(), before, strict=True):
        np.testing.assert_array_equal(w, old)
    for array in state.values():
        array[...] = 0
    assert_close(net, net.twin().forward(ours(GOLDEN[f"{case}.x"])), GOLDEN[f"{case}.scores"])


def test_a_state_dict_goes_into_nested_networks_and_residuals():
    def build(seed):
        inner = [sn.Affine(4, 4), sn.ReLU(), sn.Network([sn.BatchNorm(4), sn.Affine(4, 4)])]
        return sn.Network([sn.Affine(3, 4), sn.Residual(inner), sn.Affine(4, 2)], seed, np.float64)

    net, rng = build(0), np.random.default_rng(0)
    state = {}
    for i, (n_in, n_out) in enumerate([(3, 4), (4, 4), (0, 4), (4, 4), (4, 2)]):
        shapes = {"weight": (n_out, n_in), "bias": (n_out,)}
        if not n_in:
            shapes = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (n_out,))
        state |= {f"{i}.{name}": rng.uniform(0.5, 1, shape) for name, shape in shapes.items()}
    found = sn.from_torch(state, like=net)
    x = rng.standard_normal((5, 3))
    h = x @ state["0.weight"].T + state["0.bias"]
    branch = np.maximum(h @ state["1.weight"].T + state["1.bias"], 0)
    branch = (branch - state["2.running_mean"]) / np.sqrt(state["2.running_var"] + 1e-5)
    branch = (branch * state["2.weight"] + state["2.bias"]) @ state["3.weight"].T + state["3.bias"]
    np.testing.assert_allclose(
        found.twin().forward(x), (h + branch) @ state["4.weight"].T + state["4.bias"], rtol=1e-13, atol=1e-13
    )


def test_a_residual_behind_flattened_images_is_refused_since_only_its_branch_would_be_turned():
    def net(channels):
        convolution = sn.Convolution(1, channels, 2)
        units = 4 * channels
        return sn.Network([convolution, sn.Flatten(), sn.Residual([sn.Affine(units, units)])], 0, np.float64)

    def state(channels):
        units = 4 * channels
        shapes = {"0.weight": (channels, 1, 2, 2), "0.bias": channels, "1.weight": (units, units), "1.bias": units}
        return {key: np.ones(shape) for key, shape in shapes.items()}

    with pytest.raises(sn.InputError, match="Residual1: x and what its branch adds"):
        sn.from_torch(state(2), like=net(2))
    sn.from_torch(state(1), like=net(1))


def small(**settings):
    return sn.mlp(3, [4], 2, **{"seed": 0, "dtype": np.float64} | settings)


class Own(sn.Layer):
    def forward(self, x):
        return x


class Doubled(sn.Network):
    def forward(self, x):
        return 2 * super().forward(x)


STATE = {
    "0.weight": np.ones((4, 3)),
    "0.bias": np.ones(4),
    "2.weight": np.ones((2, 4)),
    "2.bias": np.ones(2),
}


def wrong_states():
    yield "a state_dict holds arrays", STATE, None
    yield "arrays of 1 modules, but like has 2", {"0.weight": np.ones((4, 3))}, small()
    yield r"Affine1: weight has shape \(3, 4\)", STATE | {"0.weight": np.ones((3, 4))}, small()
    yield r"Affine1: weight has shape \(4, 3, 1\)", STATE | {"0.weight": np.ones((4, 3, 1))}, small()
    yield r"Affine2: bias has shape \(3,\)", STATE | {"2.bias": np.ones(3)}, small()
    yield "0.weight holds float64, but like is a network of float32", STATE, small(dtype=np.float32)
    yield "0.weight holds int64", STATE | {"0.weight": np.ones((4, 3), int)}, small()
    yield "has weight, bias, running_mean in '2', but bias, weight", STATE | {"2.running_mean": np.ones(2)}, small()
    yield "like is of type int", STATE, 3
    yield "Own1: what Own does", STATE, sn.Network([sn.Affine(3, 4), Own(), sn.Affine(4, 2)], 0, np.float64)
    yield "Doubled1: what Doubled does", STATE, sn.Network([sn.Affine(3, 4), Doubled([sn.Affine(4, 2)])], 0, np.float64)


@pytest.mark.parametrize(
    ("sentence", "state", "like"), list(wrong_states()), ids=lambda value: value if type(value) is str else ""
)
def test_a_state_dict_that_does_not_fit_is_refused_in_a_sentence(sentence, state, like):
    with pytest.raises(sn.InputError, match=sentence) as caught:
        sn.from_torch(state, like=like)
    assert len(str(caught.value)) < 300


# What PyTorch's modules and ours do not share


def relu(path="1"):
    return TorchModule(path, "ReLU", {}, {})


def linear(path, n_in, n_out=2):
    options = {"in_features": n_in, "out_features": n_out}
    return TorchModule(path, "Linear", options, {"weight": np.ones((n_out, n_in)), "bias": np.ones(n_out)})


def conv(path="0", n_in=2, n_out=3, size=3, **others):
    options = {"in_channels": n_in, "out_channels": n_out, "kernel_size": (size, size), "stride": (1, 1)}
    options |= {"padding": (0, 0), "dilation": (1, 1), "groups": 1, "padding_mode": "zeros"} | others
    return TorchModule(path, "Conv2d", options, {"weight": np.ones((n_out, n_in, size, size)), "bias": np.ones(n_out)})


def norm(path, kind, n, **others):
    options = {"num_features": n, "eps": 1e-5, "momentum": 0.1, "track_running_stats": True, "normalized_shape": (n,)}
    names = ["weight", "bias"] + ["running_mean", "running_var"] * kind.startswith("Batch")
    return TorchModule(path, kind, options | others, {name: np.ones(n) for name in names})


def pool(path="0", **others):
    return TorchModule(path, "MaxPool2d", {"kernel_size": 2, "stride": 2, "padding": 0, "ceil_mode": False} | others, {})


def flatten(path="1", **others):
    return TorchModule(path, "Flatten", {"start_dim": 1, "end_dim": -1} | others, {})


WRONG = {
    "0.3: ConvTranspose2d is not known here; known are Linear, Conv2d": (
        [TorchModule("0.3", "ConvTranspose2d", {}, {})],
        None,
    ),
    "2: Softmax .* networks here end in scores": ([linear("0", 3), relu(), TorchModule("2", "Softmax", {}, {})], None),
    r"0: Conv2d with dilation=\(2, 2\)": ([conv(dilation=(2, 2))], None),
    r"0: Conv2d with stride=\(1, 2\)": ([conv(stride=(1, 2))], None),
    r"0: Conv2d with kernel_size=\(1, 3\)": ([conv(kernel_size=(1, 3))], None),
    r"0: Conv2d with padding=\(1, 2\)": ([conv(padding=(1, 2))], None),
    "0: Conv2d with padding_mode='reflect'": ([conv(padding_mode="reflect")], None),
    "0: Conv2d with padding='same'": ([conv(size=2, padding="same")], None),
    "0: pad is 3": ([conv(padding=(3, 3))], None),
    "0: MaxPool2d with padding=1": ([pool(padding=1)], None),
    "0: MaxPool2d with ceil_mode=True": ([pool(ceil_mode=True)], None),
    "0: MaxPool2d with return_indices=True": ([pool(return_indices=True)], None),
    "0: MaxPool2d with divisor_override=3": ([pool(divisor_override=3)], None),
    "1: Flatten with start_dim=2": ([conv(), flatten(start_dim=2)], None),
    "0: GELU with approximate='tanh'": ([TorchModule("0", "GELU", {"approximate": "tanh"}, {})], None),
    "0: Softplus with beta=2": ([TorchModule("0", "Softplus", {"beta": 2.0, "threshold": 20.0}, {})], None),
    "0: Softplus with threshold=5": ([TorchModule("0", "Softplus", {"beta": 1.0, "threshold": 5.0}, {})], None),
    "0: ratio is 1": ([TorchModule("0", "Dropout", {"p": 1.0}, {})], None),
    "0: BatchNorm1d with momentum=None": ([norm("0", "BatchNorm1d", 3, momentum=None)], None),
    "0: BatchNorm1d with track_running_stats=False": ([norm("0", "BatchNorm1d", 3, track_running_stats=False)], None),
    "0: it is a BatchNorm2d, but rows": ([norm("0", "BatchNorm2d", 3), linear("1", 3)], None),
    "1: it is a BatchNorm1d, but images": ([conv(), norm("1", "BatchNorm1d", 3)], None),
    "1: it has 4 channels": ([conv(), norm("1", "BatchNorm2d", 4)], None),
    r"0: LayerNorm of the axes \(3, 4\)": ([norm("0", "LayerNorm", 3, normalized_shape=(3, 4))], None),
    "1: for images, PyTorch's LayerNorm": ([conv(), norm("1", "LayerNorm", 3)], None),
    "1: rows are needed, but images": ([conv(), linear("1", 3)], None),
    "1: images are needed, but rows": ([linear("0", 3), conv("1")], None),
    "1: images of 2 channels": ([conv(), conv("1")], None),
    "2: the order of its units .* image=": ([flatten("0"), relu(), linear("2", 12)], None),
    "4: the order of its units": (
        [pool(), relu(), flatten("2"), relu("3"), norm("4", "LayerNorm", 12), linear("5", 12)],
        None,
    ),
    "2: it takes 10 units, but those": ([conv(), flatten(), linear("2", 10)], None),
    "2: it takes 12 units, but 27": ([conv(), flatten(), linear("2", 12)], (2, 5, 5)),
    "1: it takes 4 units, but 3": ([norm("0", "LayerNorm", 3), linear("1", 4)], None),
    "2: it takes 784 units, but 28": ([norm("0", "LayerNorm", 28), flatten(), linear("2", 784)], None),
    "0: images of 2 channels are needed, but those that come have 1": ([conv(), flatten(), linear("2", 27)], (1, 5, 5)),
    "0: a window of size 3 does not fit into images of 2 × 5": ([conv(), flatten(), linear("2", 27)], (2, 2, 5)),
    "the outputs are flattened images": ([conv(), flatten()], None),
    "the outputs are flattened images,": ([relu("0"), flatten()], None),
    "the outputs are flattened images, whose": ([conv(), flatten(), relu("2")], (2, 5, 5)),
    r"image is \(1, 3, 1\), but the first layer takes rows": ([linear("0", 3)], (1, 3, 1)),
    r"image is \(5, 5\), but the shape": ([flatten("0"), linear("1", 25)], (5, 5)),
    "an axis of image is 0": ([flatten("0"), linear("1", 25)], (0, 5, 5)),
    "the network has no layers": ([], None),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_not_known_is_refused_in_a_sentence_that_names_the_module(sentence):
    given_modules, given_image = WRONG[sentence]
    with pytest.raises(sn.InputError, match=f"^{sentence}") as caught:
        network_of(given_modules, given_image)
    assert len(str(caught.value)) < 300


TO_TORCH = {
    "Own1: Own has no module": (lambda: [sn.Affine(3, 4), Own()], None),
    "Residual1: Residual has no module": (lambda: [sn.Affine(3, 3), sn.Residual([sn.Affine(3, 3)])], None),
    "Network1.Own1: Own": (lambda: [sn.Affine(3, 3), sn.Network([Own()])], None),
    "Doubled1: Doubled": (lambda: [sn.Affine(3, 3), Doubled([sn.Affine(3, 3)])], None),
    "LayerNorm1: for images": (lambda: [sn.Convolution(1, 2, 3), sn.LayerNorm(2)], None),
    "Affine1: the order of its units": (lambda: [sn.Flatten(), sn.Affine(12, 3)], None),
    "the outputs are flattened": (lambda: [sn.Convolution(1, 2, 3), sn.Flatten()], None),
    "Affine1: it takes 12 units, but 16": (lambda: [sn.Flatten(), sn.Affine(12, 3)], (1, 4, 4)),
}


@pytest.mark.parametrize("sentence", TO_TORCH)
def test_what_pytorch_does_not_have_is_refused_in_a_sentence(sentence):
    layers, given_image = TO_TORCH[sentence]
    with pytest.raises(sn.InputError, match=f"^{sentence}") as caught:
        sn.Network(layers(), seed=0).to_torch(given_image)
    assert len(str(caught.value)) < 300


def test_a_network_with_a_forward_of_its_own_is_refused():
    with pytest.raises(sn.InputError, match="the network: Doubled has no module"):
        Doubled([sn.Affine(3, 3)], seed=0).to_torch()


def test_a_batch_norm_knows_rows_from_images():
    rows = sn.Network([sn.BatchNorm(3), sn.Affine(3, 2)])
    images = sn.Network([sn.BatchNorm(3), sn.ReLU(), sn.MaxPool(2)])
    flattened = sn.Network([sn.BatchNorm(3), sn.Flatten(), sn.Affine(12, 2)])
    assert [described(rows)[0].kind, described(images)[0].kind] == ["BatchNorm1d", "BatchNorm2d"]
    assert described(flattened, (3, 2, 2))[0].kind == described(flattened)[0].kind == "BatchNorm2d"
    assert described(sn.Network([sn.BatchNorm(3), sn.ReLU()]))[0].kind == "BatchNorm1d"


def test_theory_takes_an_untrained_module_by_its_own_law():
    net = network_of([linear("0", 50, 40), relu(), linear("2", 40, 10)])
    assert [layer.specs["W"].init for layer in net.layers[::2]] == [sn.TorchDefault()] * 2
    assert network_of([linear("0", 3)], seed=3).seed == 3


@pytest.mark.parametrize("call", [lambda: sn.from_torch(3), lambda: small().to_torch()], ids=["from_torch", "to_torch"])
def test_without_pytorch_a_sentence_says_what_to_install(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'needs PyTorch 2.4 or later: run pip install "scratchnet\[torch\]"'):
        call()


# channels_first is the inverse of channels_last


@given(st.sampled_from(["images", "convolution", "affine"]), st.tuples(*[st.integers(1, 5)] * 4))
def test_channels_first_and_channels_last_are_inverse_both_ways(kind, shape):
    *image, columns = shape
    array = np.arange(np.prod(shape)).reshape(shape if kind != "affine" else (-1, columns))
    image = tuple(image) if kind == "affine" else None
    there = sn.channels_first(array, kind, image)
    np.testing.assert_array_equal(sn.channels_last(there, kind, image), array)
    np.testing.assert_array_equal(sn.channels_first(sn.channels_last(array, kind, image), kind, image), array)
    assert there.flags.c_contiguous


def test_channels_first_puts_them_first():
    images = np.zeros((2, 5, 4, 3))
    images[1, 2, 3, 0] = 1
    first = sn.channels_first(images)
    assert first.shape == (2, 3, 5, 4) and first[1, 0, 2, 3] == 1
    assert sn.channels_first(np.zeros((5, 5, 2, 3)), "convolution").shape == (3, 2, 5, 5)
    flat = sn.channels_first(images.reshape(2, -1).T, "affine", (3, 5, 4)).T
    np.testing.assert_array_equal(flat.reshape(first.shape), first)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((np.ones((2, 3)),), "four axes"),
        ((np.ones((2, 3)), "x"), "kind is 'x'"),
        ((np.ones((2, 3)), "affine"), "image is None"),
    ],
)
def test_channels_first_refuses_what_it_cannot_turn(arguments, sentence):
    with pytest.raises(sn.InputError, match=sentence):
        sn.channels_first(*arguments)
