"""Calls of the public entrances in which one or two arguments are odd, and what comes of each.

A variant is an argument in another form: a list, a read-only array, a NumPy scalar. The call must return what it returns for
the plain argument. Any other odd value must end in one InputError: one line below 300 characters. Nothing may warn.
"""

import itertools
import random
import tempfile
import warnings
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import scratchnet as sn

rng = np.random.default_rng(0)
X = rng.standard_normal((12, 6)).astype(np.float16).astype(np.float32)  # all of them are numbers of float16 too
T = np.arange(12) % 3
IMAGES = rng.integers(0, 256, (12, 6)).astype(np.uint8)
PHOTOS = rng.standard_normal((2, 8, 8, 1)).astype(np.float32)


class Frame:
    """Like a column of a data frame: no array, but something that becomes one."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)

    def __len__(self):
        return len(self.values)

    def __repr__(self):
        return "0  1.5\n1  2.5\nName: a column"


class Hostile:
    """An object whose every method raises."""

    def __repr__(self):
        raise RuntimeError("no repr")

    def __array__(self, dtype=None, copy=None):
        raise KeyError("no array")

    def __bool__(self):
        raise RuntimeError("no truth")

    def __len__(self):
        raise RuntimeError("no length")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None


def read_only(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


def spaced(array):
    """The same numbers, with others between them and in reversed order in memory."""
    return np.repeat(array[::-1], 2, axis=0)[::-2]


def spoiled(value, array=X):
    array = array.astype(np.float64)
    array[3, 2] = value
    return array


def within_itself():
    cyclic: list[Any] = [1.0]
    cyclic += [cyclic, cyclic]
    return cyclic


ANY_ARRAY = {
    "read-only": read_only,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "by columns": np.asfortranarray,
    "spaced": spaced,
    "a list": np.ndarray.tolist,
    "a tuple": lambda a: tuple(a.tolist()),
    "a list of arrays": list,
    "a column": Frame,
    "nothing masked": np.ma.masked_array,
    "memoryview": lambda a: memoryview(np.ascontiguousarray(a)),
}
FLOATS = ANY_ARRAY | {
    dtype.__name__: lambda a, dtype=dtype: a.astype(dtype) for dtype in (np.float16, np.float64, np.longdouble)
}
NUMBERS = {kind.__name__: kind for kind in (np.float16, np.float32, np.float64, np.longdouble)}
WHOLE = {"np.int64": np.int64, "np.uint8": np.uint8, "np.int16 of big-endian": lambda n: np.array(n, ">i2")[()]}

MAKER = {"a lambda": lambda kind: lambda *width: kind(*width), "partial": partial}

# The other forms of an argument, by its kind.
VARIANTS = {
    "rows": FLOATS | {"a matrix": lambda a: a.view(np.matrix)},
    "floats": FLOATS,
    "scores": FLOATS,
    "labels": ANY_ARRAY
    | {dtype.__name__: lambda t, dtype=dtype: t.astype(dtype) for dtype in (np.int8, np.uint8, np.uint64)},
    "set": {
        "a list": list,
        "a Dataset": lambda pair: sn.Dataset(*pair),
        "lists": lambda pair: (pair[0].tolist(), pair[1].tolist()),
        "columns": lambda pair: (Frame(pair[0]), Frame(pair[1])),
    },
    "batch": {"a list": list, "lists": lambda pair: (pair[0].tolist(), pair[1].tolist())},
    **dict.fromkeys(("count", "width", "seed"), WHOLE),
    **dict.fromkeys(("number", "lr", "share", "real", "size of 0"), NUMBERS),
    "flag": {"1": int, "np.True_": np.bool},
    "widths": {"tuple": tuple, "array": np.array, "iterator": iter},
    "steps": {"tuple": tuple, "array": np.array, "iterator": iter},
    "init": {"in words": repr},
    "maker": MAKER,
    "maker of width": MAKER,
    "dtype": {"f4": lambda _: "f4", "big-endian": lambda _: ">f4", "np.dtype": np.dtype},
    "layers": {"tuple": tuple, "iterator": iter},
    "path": {"a string": str},
}

# Values that are wrong wherever they are not among FINE.
ODD = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    **{repr(n): lambda n=n: n for n in (0, -1, 2.5, -0.5, 1j, float("nan"), float("inf"), float("-inf"), 1e-30, 1e30)},
    "10^20": lambda: 10**20,
    "10^5000": lambda: 10**5000,
    "-10^5000": lambda: -(10**5000),
    "a fraction": lambda: Fraction(1, 3),
    "a decimal": lambda: Decimal("0.1"),
    "a date": lambda: date(2020, 1, 1),
    "x": lambda: "x",
    "nothing in words": lambda: "",
    "a long text": lambda: "x\x1b[31m\n" * 10_000,
    "bytes": lambda: b"x",
    "the character 0": lambda: "a\0b",
    "[]": list,
    "()": tuple,
    "{}": dict,
    "a set": lambda: {1, 2},
    "a list of None": lambda: [None],
    "a list of words": lambda: ["a", "b"],
    "ragged": lambda: [[1.0], [1.0, 2.0]],
    "within itself": within_itself,
    "deep lists": lambda: [[[[[[[[0.5]]]]]]]],
    "a dictionary": lambda: {"a": 1},
    "an object": object,
    "hostile": Hostile,
    "...": lambda: ...,
    "a module": lambda: np,
    "len": lambda: len,
    "a class": lambda: object,
    "np.float64": lambda: np.float64,
    "a number in an array": lambda: np.array(3),
    "half in an array": lambda: np.array(0.5),
    "an empty array": lambda: np.array([]),
    "no rows": lambda: X[:0],
    "no columns": lambda: X[:, :0],
    "whole numbers": lambda: X.astype(int),
    "bools": lambda: X > 0,
    "complex": lambda: X.astype(complex),
    "complex labels": lambda: T.astype(complex),
    "words": lambda: X.astype(str),
    "objects": lambda: X.astype(object),
    "dates": lambda: X.astype(int).astype("M8[s]"),
    "records": lambda: np.zeros(12, [("a", "f4")]),
    "a mask": lambda: np.ma.masked_array(X, X > 1),
    "a mask of labels": lambda: np.ma.masked_array(T, T == 1),
    "masks in a list": lambda: list(np.ma.masked_array(X, X > 1)),
    "masked itself": lambda: np.ma.masked,
    "NaN": lambda: spoiled(np.nan),
    "inf": lambda: spoiled(np.inf),
    "beyond float32": lambda: spoiled(1e300),
    "beyond float64": lambda: np.array([[10**400] * 6] * 12, object),
    "another width": lambda: X[:, :4],
    "one row": lambda: X[0],
    "one more axis": lambda: X[:, :, None],
    "more than the memory": lambda: np.broadcast_to(np.float32(0.5), (300, 10**10)),
    "more than the memory, float64": lambda: np.broadcast_to(0.5, (300, 10**10)),
    "a range": lambda: range(12),
    "a long range": lambda: range(10**12),
    "a range without end": lambda: range(10**30),
    "numbers without end": itertools.count,
    "an iterator": lambda: iter(X),
    "a view of bytes": lambda: memoryview(b"abc"),
    "a column of objects": lambda: Frame(X.astype(object)),
    "one-hot": lambda: np.eye(3)[T],
    "one-hot, whole": lambda: np.eye(3, dtype=int)[T],
    "labels from 1": lambda: T + 1,
    "labels from -1": lambda: T - 1,
    "labels as floats": lambda: T.astype(np.float32),
    "labels as words": lambda: T.astype(str),
    "a column of labels": lambda: T[:, None],
    "labels too few": lambda: T[:-1],
    "a large label": lambda: T + np.uint64(2**63),
    "the plain rows": lambda: X,
    "(x, t)": lambda: (X, T),
    "(t, x)": lambda: (T, X),
    "(x, t, x)": lambda: (X, T, X),
    "(x of another width, t)": lambda: (X[:, :4], T),
    "(images, t)": lambda: (X.reshape(12, 3, 2), T),
    "(x, too few labels)": lambda: (X, T[:-1]),
    "(x, labels from 1)": lambda: (X, T + 1),
    "(x with NaN, t)": lambda: (spoiled(np.nan), T),
    "(masked x, t)": lambda: (np.ma.masked_array(X, X > 1), T),
    "(nothing, nothing)": lambda: (X[:0], T[:0]),
    "an initializer": lambda: sn.He(),
    "an initializer's class": lambda: sn.He,
    "a layer": lambda: sn.ReLU(),
    "a layer's class": lambda: sn.ReLU,
    "a layer's class with sizes": lambda: sn.Affine,
    "an optimizer": lambda: sn.SGD(0.125),
    "an optimizer's class": lambda: sn.SGD,
    "a loss": lambda: sn.MSE(),
    "a loss's class": lambda: sn.MSE,
    "a schedule": lambda: sn.Cosine(0.1, 10),
    "a hook": lambda: sn.ClipNorm(1.0),
    "a hook's class": lambda: sn.ClipNorm,
    "a network": lambda: net(),
    "a network's class": lambda: sn.Network,
    "a layer twice": lambda: [sn.Affine(6, 6)] * 2,
    "a dataset": lambda: sn.Dataset(X, T),
    "a folder": lambda: Path("no such folder"),
}

# The odd values that are not wrong for a kind of argument; for other reasons than the kind, an argument names its own.
FINE = {
    "rows": {"the plain rows"},
    "scores": {"the plain rows", "NaN", "inf", "beyond float32"},
    "width": {"0"},
    "real": {"0", "-1", "-0.5", "2.5", "1e-30", "1e+30", "10^20"},
    "size of 0": {"0", "2.5", "1e-30", "1e+30", "10^20"},
    "number": {"2.5", "1e-30", "1e+30", "10^20"},
    "lr": {"2.5", "1e-30", "1e+30", "10^20", "a schedule"},
    "share": {"0", "1e-30"},
    "seed": {"0", "10^20"},
    "flag": {"True", "False", "0"},
    "init": {"0", "2.5", "1e-30", "1e+30", "10^20", "an initializer"},
    "maker": {"a layer's class"},
    "widths": {"[]", "()", "an empty array", "labels from 1"},
    "steps": {"[]", "()", "an empty array", "a range", "labels from 1", "labels too few"},
    "hooks": {"[]", "()"},
    "dtype": {"np.float64", "a network"},
    "network": {"a network"},
    "optimizer": {"an optimizer"},
    "set": {"(x, t)", "a dataset"},
    "batch": {"(x, t)"},
}


@dataclass(frozen=True)
class Argument:
    """`make` returns the plain value, and `fine` names odd values that are right here."""

    kind: str
    make: Any
    fine: set[str] = field(default_factory=set)

    @property
    def variants(self):
        return VARIANTS.get(self.kind, {})

    def is_fine(self, odd):
        return odd in self.fine or odd in FINE.get(self.kind, ())


@dataclass(frozen=True)
class Entrance:
    name: str
    call: Any
    arguments: dict[str, Argument]


@dataclass(frozen=True)
class Call:
    """A call and what came of it: "right", "refused", or in words what is wrong."""

    text: str
    outcome: str

    @property
    def ok(self):
        return self.outcome in ("right", "refused")


def net(**settings):
    return sn.mlp(6, [5], 3, **{"seed": 0} | settings)


def rows(**settings):
    return Argument("rows", lambda: X, **settings)


def labels(**settings):
    return Argument("labels", lambda: T, **settings)


def count(value=5, **settings):
    return Argument("count", lambda: value, **settings)


def number(value=0.125, *fine):
    return Argument("number", lambda: value, set(fine))


def share(value=0.125):
    return Argument("share", lambda: value)


def given(kind, make, *fine):
    return Argument(kind, make, set(fine))


SEED, FLAG, INIT = given("seed", lambda: 7), given("flag", lambda: True), given("init", sn.He)
BIAS = given("init", sn.Zeros)


def trained(trainer, **settings):
    history = trainer.fit(**{"train": (X, T), "steps": 1, "progress": False} | settings)
    return [*history.loss, *history.train_accuracy, *history.test_accuracy, len(history.spreads)]


def fit(**settings):
    return trained(sn.Trainer(net(), sn.SGD(0.125), batch_size=5), **settings)


def trainer(net, **settings):
    return trained(sn.Trainer(net, **{"optimizer": sn.SGD(0.125), "batch_size": 5} | settings))


def backward(dout):
    network = net()
    network.forward(X)
    network.backward(dout)
    return gradients(network)


def weights(network):
    return [value for _, w, _ in network.parameters() for value in w.ravel()[:3]]


def gradients(network):
    return [value for _, _, dw in network.parameters() for value in dw.ravel()[:3]]


def initialized(**settings):
    network = net()
    network.initialize(**settings)
    return weights(network)


def seeded(layer, seed):
    layer.initialize(seed=seed)
    return weights(layer)


def stepped(optimizer):
    w = np.ones((3, 2))
    optimizer.step([("w", w, np.full((3, 2), 0.5))])
    return w


def spread(found):
    return [value for row in found.as_rows() for value in row.values() if isinstance(value, float)]


def compared(**settings):
    plain = {"inits": [sn.He()], "hidden": [4], "steps": 1, "seeds": 1, "batch_size": 4, "progress": False}
    return [one.first_loss for one in sn.compare(**plain | {"data": ((X, T), (X, T))} | settings).results]


def loss(criterion, *arrays):
    value = criterion.forward(*arrays)
    return [value, *criterion.backward().ravel()]


def drawn(init):
    return init((4, 3), sn.Fans(4, 3), np.random.default_rng(0)).ravel()


def checkpoint(**settings):
    with tempfile.TemporaryDirectory() as folder:
        return fit(**{"checkpoint": Path(folder) / "training.npz"} | settings)


def moved(triples):
    sn.SGD(0.125).step(triples)


WIDTHS = {"no columns", "another width", "one-hot", "one-hot, whole", "a column of labels"}

ENTRANCES = [
    Entrance("net.forward", lambda x: net().forward(x), {"x": rows()}),
    Entrance("net.predict", lambda x: net().predict(x), {"x": rows()}),
    Entrance("net.scores", lambda x: np.concatenate(list(net().scores(x))), {"x": rows()}),
    Entrance("net.accuracy", lambda x, t: net().accuracy(x, t), {"x": rows(), "t": labels()}),
    Entrance("net.backward", backward, {"dout": Argument("floats", lambda: X[:, :3], {"one-hot"})}),
    Entrance(
        "Network",
        lambda **settings: weights(sn.Network(**settings)),
        {
            "layers": given("layers", lambda: [sn.Affine(6, 5), sn.ReLU()], "a list of layers"),
            "seed": given("seed", lambda: 7, "None"),
            "dtype": given("dtype", lambda: np.float32),
            "images": rows(fine={"None"}),
        },
    ),
    Entrance(
        "Residual", lambda layers: weights(sn.Residual(layers, 0)), {"layers": given("layers", lambda: [sn.Affine(6, 6)])}
    ),
    Entrance(
        "net.initialize",
        initialized,
        {
            "init": given("init", sn.He, "None"),
            "seed": given("seed", lambda: 7, "None"),
            "bias_init": given("init", sn.Zeros, "None"),
        },
    ),
    Entrance("LSUV", lambda images: initialized(init=sn.LSUV(), images=images), {"images": rows()}),
    Entrance(
        "mlp",
        lambda **settings: sn.mlp(**settings).forward(X),
        {
            "n_in": given("count", lambda: 6),
            "hidden": given("widths", lambda: [5, 4]),
            "n_out": given("count", lambda: 3),
            "activation": given("maker", lambda: sn.ReLU),
            "init": INIT,
            "bias_init": BIAS,
            "seed": given("seed", lambda: 7, "None"),
            "dtype": given("dtype", lambda: np.float32),
            "normalization": given("maker of width", lambda: sn.BatchNorm, "None"),
            "dropout": share(),
        },
    ),
    Entrance(
        "simple_convnet",
        lambda **settings: sn.simple_convnet(seed=0, **settings).forward(PHOTOS),
        {
            **{"side": given("count", lambda: 8), "n_in": given("count", lambda: 1), "maps": given("count", lambda: 2)},
            **{"size": given("count", lambda: 3), "hidden": given("count", lambda: 4), "n_out": given("count", lambda: 3)},
            **{"activation": given("maker", lambda: sn.ReLU), "init": INIT, "bias_init": BIAS},
        },
    ),
    Entrance(
        "deep_convnet",
        lambda **settings: weights(sn.deep_convnet(seed=0, **settings)),
        {
            "maps": given("list", lambda: (1, 1, 1)),
            "hidden": given("count", lambda: 2),
            "n_out": given("count", lambda: 2),
            "dropout": share(),
        },
    ),
    Entrance(
        "Trainer",
        trainer,
        {
            "net": given("network", net),
            "optimizer": given("optimizer", lambda: sn.Momentum(0.125)),
            "criterion": given("criterion", sn.SoftmaxCrossEntropy, "None"),
            "batch_size": count(),
            "seed": SEED,
        },
    ),
    Entrance(
        "fit",
        fit,
        {
            "train": given("set", lambda: (X, T)),
            "steps": count(2),
            "test": given("set", lambda: (X, T), "None"),
            "validation": given("set", lambda: (X, T), "None"),
            "evaluate_every": count(1, fine={"None"}),
            "spread_at": given("steps", lambda: [0, 1]),
            "probe": given("batch", lambda: (X, T), "None"),
            "progress": Argument("flag", lambda: False),
        },
    ),
    Entrance("fit, epochs", lambda epochs: fit(steps=None, epochs=epochs), {"epochs": count(2)}),
    Entrance("fit, a checkpoint", checkpoint, {"checkpoint_every": count(1, fine={"None"})}),
    Entrance("fit, no checkpoint", fit, {"checkpoint": given("suffix", lambda: None, "None")}),
    Entrance(
        "trainer.step",
        lambda x, t: sn.Trainer(net(), sn.SGD(0.125)).step(x, t),
        {"x": rows(), "t": labels()},
    ),
    Entrance(
        "measure_spread",
        lambda **settings: spread(sn.measure_spread(**settings)),
        {
            "net": given("network", net),
            "x": rows(),
            "t": labels(fine={"None"}),
            "lr": number(0.125, "0"),
            "criterion": given("criterion", lambda: None, "None"),
            "training": FLAG,
        },
    ),
    Entrance(
        "measure_spread, MSE",
        lambda t: spread(sn.measure_spread(net(), X, t, criterion=sn.MSE())),
        {"t": Argument("floats", lambda: X[:, :3], {"None", "one-hot"})},
    ),
    Entrance(
        "predict_spread",
        lambda **settings: spread(sn.predict_spread(**settings)),
        {
            "net": given("network", net),
            "x": rows(),
            "t": labels(fine={"None"}),
            "lr": number(0.125, "0"),
            "criterion": given("criterion", lambda: None, "None", "a loss"),
            "training": FLAG,
        },
    ),
    Entrance(
        "compare",
        compared,
        {
            "inits": given("inits", lambda: [0.01, sn.He()], "a dictionary"),
            "hidden": given("widths", lambda: [4, 3]),
            "activation": given("maker", lambda: sn.ReLU),
            "bias_init": BIAS,
            "optimizer": given("optimizer", lambda: sn.SGD(0.125)),
            "lr": number(0.125, "None", "a list of None"),
            "batch_size": count(),
            "seeds": given("seeds", lambda: [0, 1], "a range"),
            "data": given("sets", lambda: ((X, T), (X, T)), "None"),
            "jobs": given("jobs", lambda: 1, "None"),
            "executor": given("executor", lambda: None, "None"),
            "progress": Argument("flag", lambda: False),
        },
    ),
    Entrance("compare, steps", lambda steps: compared(steps=steps), {"steps": count(2, fine={"None"})}),
    Entrance("compare, epochs", lambda epochs: compared(steps=None, epochs=epochs), {"epochs": count(2, fine={"None"})}),
    Entrance(
        "SoftmaxCrossEntropy",
        lambda scores, t: loss(sn.SoftmaxCrossEntropy(), scores, t),
        {"scores": Argument("scores", lambda: X, {"another width", "one-hot"}), "t": labels(fine={"labels from 1"})},
    ),
    Entrance(
        "MSE",
        lambda y, t: loss(sn.MSE(), y, t),
        {"y": Argument("scores", lambda: X), "t": Argument("scores", lambda: X)},
    ),
    *(
        Entrance(
            kind.__name__,
            lambda kind=kind, **settings: stepped(kind(**settings)),
            {
                "lr": Argument("lr", lambda: 0.125),
                **{name: share(0.5) for name in kind.__dataclass_fields__ if name not in ("lr", "hooks", "epsilon")},
                "hooks": given("hooks", lambda: [sn.ClipNorm(1.0), sn.WeightDecay(0.5)]),
            },
        )
        for kind in (sn.SGD, sn.Momentum, sn.Nesterov, sn.AdaGrad, sn.RMSprop, sn.Adam)
    ),
    Entrance("Adam, epsilon", lambda epsilon: stepped(sn.Adam(epsilon=epsilon)), {"epsilon": number()}),
    Entrance(
        "optimizer.step",
        moved,
        {"triples": given("triples", lambda: [("w", np.ones(2), np.ones(2))], "[]", "()", "an empty array")},
    ),
    Entrance(
        "WeightDecay",
        lambda strength: stepped(sn.SGD(0.1, hooks=[sn.WeightDecay(strength)])),
        {"strength": Argument("size of 0", lambda: 0.125)},
    ),
    Entrance("ClipNorm", lambda limit: stepped(sn.SGD(0.1, hooks=[sn.ClipNorm(limit)])), {"limit": number()}),
    Entrance(
        "StepDecay",
        lambda lr, every, factor: sn.StepDecay(lr, every, factor)(3),
        {"lr": number(), "every": number(2.0), "factor": number(0.5)},
    ),
    *(
        Entrance(kind.__name__, lambda lr, steps, kind=kind: kind(lr, steps)(3), {"lr": number(), "steps": number(4.0)})
        for kind in (sn.ExponentialDecay, sn.Cosine, sn.Warmup)
    ),
    Entrance(
        "Dataset",
        lambda images, t: sn.Dataset(images, t)[:][0],
        {"images": rows(fine={"another width", "one more axis", "one-hot"}), "t": labels(fine={"a range", "labels from 1"})},
    ),
    Entrance(
        "Dataset of pixels",
        lambda images, t: sn.Dataset(images, t)[:][0],
        {
            "images": Argument("pixels", lambda: IMAGES, {"the plain rows", "another width", "one more axis", "one-hot"}),
            "t": labels(fine={"a range", "labels from 1"}),
        },
    ),
    Entrance("load_idx", lambda folder: sn.load_idx(folder), {"folder": given("missing", lambda: "no such folder")}),
    Entrance("load", lambda path: sn.load(path), {"path": given("missing", lambda: "missing.npz")}),
    Entrance("load_trainer", lambda path: sn.load_trainer(path), {"path": given("missing", lambda: "missing.npz")}),
    Entrance("initializer", lambda given: weights(sn.Network([sn.Affine(6, 5, sn.initializer(given))], 0)), {"given": INIT}),
    Entrance("Affine", lambda init: seeded(sn.Affine(6, 5, init), 0), {"init": INIT}),
    Entrance("layer.initialize", lambda seed: seeded(sn.Affine(6, 5), seed), {"seed": SEED}),
    *(
        Entrance(f"{kind.__name__}, {name}", lambda kind=kind, **settings: drawn(kind(**settings)), {name: argument})
        for kind, name, argument in (
            (sn.Constant, "value", Argument("real", lambda: 0.125)),
            (sn.Normal, "std", Argument("size of 0", lambda: 0.125)),
            (sn.TruncatedNormal, "std", Argument("size of 0", lambda: 0.125)),
            (sn.Uniform, "limit", Argument("size of 0", lambda: 0.125)),
            (sn.He, "slope", Argument("any slope", lambda: 0.125, {"0", "-1", "-0.5", "2.5", "1e-30"})),
            (sn.VarianceScaling, "scale", number()),
            (sn.Orthogonal, "gain", Argument("real", lambda: 0.125)),
            (sn.TorchSparse, "sparsity", share()),
            (sn.LSUV, "tol", number()),
        )
    ),
    Entrance(
        "UniformBetween",
        lambda low, high: drawn(sn.UniformBetween(low, high)),
        {
            "low": Argument("number up", lambda: -1.0, {"0", "-1", "-0.5", "1e-30"}),
            "high": Argument("number", lambda: 1.0, {"0", "-1", "-0.5"}),
        },
    ),
    Entrance("He, draw", lambda draw: seeded(sn.Affine(6, 5, sn.He(draw)), 0), {"draw": given("draw", lambda: sn.normal)}),
    Entrance(
        "VarianceScaling, mode", lambda mode: drawn(sn.VarianceScaling(1.0, mode)), {"mode": given("mode", lambda: "in")}
    ),
    Entrance(
        "Sparse",
        lambda nonzeros, std: drawn(sn.Sparse(nonzeros, std)),
        {"nonzeros": count(2), "std": Argument("size of 0", lambda: 0.125)},
    ),
    Entrance(
        "ExactGain",
        lambda activation, q: sn.ExactGain(activation, q).gain,
        {"activation": given("maker", lambda: sn.Tanh), "q": number()},
    ),
    Entrance(
        "Critical",
        lambda activation, sigma_b: sn.Critical(activation, sigma_b).gain,
        {
            "activation": given("maker without variants", lambda: sn.Tanh),
            "sigma_b": Argument("bias", lambda: 0.125, {"0", "2.5"}),
        },
    ),
    Entrance(
        "Fans",
        lambda **settings: sn.Fans(**settings).fan_in,
        {
            "n_in": given("width", lambda: 6),
            "n_out": given("width", lambda: 5),
            "window": given("window", lambda: (3, 3), "[]", "()"),
        },
    ),
    Entrance(
        "Convolution",
        lambda **settings: sn.Network([sn.Convolution(**settings)], 0).forward(PHOTOS),
        {
            **{"n_in": given("count", lambda: 1), "n_out": given("count", lambda: 2), "size": given("count", lambda: 3)},
            **{"stride": given("count", lambda: 1), "groups": given("count", lambda: 1), "init": INIT, "bias_init": BIAS},
        },
    ),
    *(
        Entrance(
            kind.__name__,
            lambda kind=kind, **settings: sn.Network([kind(**settings)], 0).forward(PHOTOS),
            {"size": given("count", lambda: 2), "stride": given("count", lambda: 1, "None")},
        )
        for kind in (sn.MaxPool, sn.AveragePool)
    ),
    Entrance(
        "channels_last",
        lambda **settings: sn.channels_last(**settings),
        {
            "array": Argument(
                "floats", lambda: X, {"the plain rows", "NaN", "inf", "beyond float32", *WIDTHS, "whole numbers", "bools"}
            ),
            "kind": given("kind", lambda: "affine"),
            "image": given("image", lambda: (3, 2, 2)),
        },
    ),
    Entrance(
        "depth_scale",
        lambda sigma_w2, sigma_b2: sn.depth_scale(sn.Tanh, sigma_w2, sigma_b2),
        {"sigma_w2": Argument("size of 0", lambda: 2.0), "sigma_b2": Argument("size of 0", lambda: 0.125)},
    ),
    Entrance(
        "MeanField",
        lambda activation: sn.MeanField(activation).gain(),
        {"activation": given("maker", lambda: sn.Tanh, "a layer")},
    ),
    Entrance("MeanField.gain", lambda q: sn.MeanField(sn.Tanh).gain(q), {"q": number()}),
]


def outcome(entrance, arguments, expected):
    """ "right", "refused", or what is wrong; `expected` is the result, or None where the call must be refused."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = entrance.call(**arguments)
        except sn.InputError as error:
            text = str(error)
            if len(text) >= 300 or not text.isprintable():
                found = f"not one line below 300 characters: {text!r}"
            else:
                found = "refused" if expected is None or expected is EITHER else f"refused what is right: {text}"
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        else:
            found = _compared(result, expected)
    return f"warned: {caught[0].message}" if caught else found


def _compared(result, expected):
    if expected is None:
        return f"accepted: {str(result)[:100]}"
    if (
        expected is not ANYTHING
        and expected is not EITHER
        and not np.allclose(np.asarray(result, float), np.asarray(expected, float), rtol=1e-2, atol=1e-3)
    ):
        return f"another result: {str(result)[:100]}"
    return "right"


ANYTHING, EITHER = object(), object()  # any result; any result or an InputError


def api_calls(seed, number_of_calls):
    """Yield `number_of_calls` Calls with random odd arguments, the same ones for the same seed."""
    draw = random.Random(seed)
    plain = {}
    for _ in range(number_of_calls):
        entrance = draw.choice(ENTRANCES)
        names = draw.sample(sorted(entrance.arguments), min(len(entrance.arguments), 1 + (draw.random() < 0.2)))
        odd = {name: draw.choice([*entrance.arguments[name].variants, *ODD]) for name in names}
        yield one_call(entrance, odd, plain)


def one_call(entrance, odd, plain):
    """The Call with these odd values by the names of arguments; `plain` keeps the results of plain calls."""
    arguments = {name: argument.make() for name, argument in entrance.arguments.items()}
    expected, fine = ANYTHING, 0
    if all(value in entrance.arguments[name].variants for name, value in odd.items()) and entrance.name not in plain:
        plain[entrance.name] = entrance.call(**arguments)
        arguments = {name: argument.make() for name, argument in entrance.arguments.items()}
    for name, value in odd.items():
        argument = entrance.arguments[name]
        if value in argument.variants:
            arguments[name] = argument.variants[value](argument.make())
            expected = plain.get(entrance.name, ANYTHING) if expected is ANYTHING else expected
        else:
            arguments[name] = ODD[value]()
            fine += argument.is_fine(value)
            expected = ANYTHING if expected is not None and argument.is_fine(value) else None
    if len(odd) > 1 and (fine or entrance.name == "MSE"):  # one argument may change what the other one must be
        expected = EITHER
    text = ", ".join(f"{name}={value}" for name, value in odd.items())
    return Call(f"{entrance.name}({text})", outcome(entrance, arguments, expected))
