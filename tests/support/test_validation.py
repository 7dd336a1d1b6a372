"""Whatever is handed in at a public door, what cannot be used is answered in one sentence."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import scratchnet as sn

X = np.random.default_rng(0).standard_normal((20, 6)).astype(np.float32)
T = np.arange(20) % 3
DATA = sn.Dataset(X, T)
IMAGES = np.random.default_rng(1).standard_normal((4, 8, 7, 3)).astype(np.float32)


def net():
    return sn.mlp(6, [5], 3, seed=0)


def fit(train=DATA, **more):
    return sn.Trainer(net(), sn.SGD(0.1), batch_size=5).fit(train, steps=1, **more)


def grid(**settings):
    plain = {"inits": [0.1], "steps": 1, "batch_size": 5, "data": (DATA, DATA), "progress": False}
    return sn.compare(**plain | settings)


def print_nothing(triples):
    pass


class Nothing(sn.Layer):
    def forward(self, x):
        pass


class NoLoss:
    def forward(self, scores, t):
        pass

    def backward(self):
        pass


def through_and_back(*layers, dout):
    net = sn.Network(layers, seed=0)
    net.forward(X)
    return net.backward(dout)


def through(*layers, x=IMAGES):
    """The layers' forward, in a network, which names the one that cannot go on."""
    return sn.Network(layers, seed=0).forward(x)


DOORS = {
    "a number to train on": (lambda: fit(5), r"train is a int, but a Dataset or a pair \(x, t\) is needed"),
    "images without labels": (lambda: fit(X), "train is a ndarray"),
    "rows of another width": (lambda: fit((X[:, :4], T)), "takes rows of width 6"),
    "labels beyond the outputs": (lambda: fit((X, T + 5)), "labels run from 0 to 2"),
    "test images without labels": (lambda: fit(test=X), "test is a ndarray"),
    "a test set of another width": (lambda: fit(test=(X[:, :4], T)), r"but test rows \(4,\)"),
    "a number for spread_at": (lambda: fit(spread_at=3), "spread_at is 3, but a list of numbers of steps"),
    "a probe without labels": (lambda: fit(spread_at=[0], probe=X), "probe is a ndarray"),
    "evaluation every 0 steps": (lambda: fit(evaluate_every=0), "evaluate_every is 0"),
    "a number for a folder": (lambda: sn.load_idx(5), "the folder is 5, but a path is needed"),
    "a number for a shape": (lambda: sn.Layer().parameter("g", 5, sn.Ones()), "the shape of g is 5, but a tuple"),
    "half an axis": (lambda: sn.Layer().parameter("g", (2.5,), sn.Ones()), "an axis of g is 2.5"),
    "a number for layers": (lambda: sn.Network(5), "layers is 5"),
    "a dtype that there is not": (lambda: sn.mlp(3, [4], 2, dtype="banana"), "dtype is 'banana'"),
    "an activation that makes no layer": (lambda: sn.mlp(3, [4], 2, activation=lambda: 5), "is not a layer"),
    "an x too narrow to check": (lambda: sn.check_gradient(sn.Affine(3, 2), X), "cannot take an x of shape"),
    "a tolerance in words": (lambda: sn.check_gradient(net(), X, tolerance="small"), "tolerance is 'small'"),
    "no function": (lambda: sn.numerical_gradient(5, X), "f is 5"),
    "a step of nothing": (lambda: sn.numerical_gradient(np.sum, X, step=0), "step is 0"),
    "a network in words": (lambda: sn.measure_spread("net", X), "net is 'net'"),
    "scores for no rows": (lambda: sn.SoftmaxCrossEntropy().forward(X[0], T), r"scores have shape \(6,\)"),
    "class numbers for MSE": (lambda: sn.MSE().forward(X, T), "the targets holds? int64"),
    "backward before forward": (lambda: net().backward(X[:, :3]), "Affine2: .* backward comes after forward"),
    "a hook that is none": (lambda: sn.SGD(0.1, hooks=[5]), "hooks is"),
    "rows for a convolution": (
        lambda: through(sn.Convolution(3, 2, 3), x=X),
        r"Convolution1: images \(batch, height, width, 3\) are needed, but x has shape \(20, 6\)",
    ),
    "rows for pooling": (lambda: through(sn.MaxPool(2), x=X), r"MaxPool1: images .* but x has shape \(20, 6\)"),
    "rows for averages": (lambda: through(sn.AveragePool(2), x=X), r"AveragePool1: images .* shape \(20, 6\)"),
    "rows for a convnet": (lambda: sn.simple_convnet().forward(X), r"load_mnist\(flatten=False\)"),
    "one image": (lambda: through(sn.Convolution(3, 2, 3), x=IMAGES[0]), r"but x has shape \(8, 7, 3\)"),
    "channels first": (
        lambda: through(sn.Convolution(3, 2, 3), x=IMAGES.transpose(0, 3, 1, 2)),
        r"shape \(4, 3, 8, 7\): its channels come first, so write sn\.channels_last\(x\)",
    ),
    "too many channels": (
        lambda: through(sn.Convolution(2, 2, 3)),
        r"images \(batch, height, width, 2\) are needed, but x has shape \(4, 8, 7, 3\): the channels are the last axis",
    ),
    "a window larger than the image": (
        lambda: through(sn.Convolution(3, 2, 9)),
        "a window of size 9 does not fit into images of 8 × 7 with pad 0",
    ),
    "a pool larger than the image": (lambda: through(sn.AveragePool(8)), "size 8 does not fit into images of 8 × 7"),
    "a pool larger than what is left": (
        lambda: through(sn.MaxPool(4), sn.MaxPool(3)),
        "MaxPool2: a window of size 3 does not fit into images of 2 × 1",
    ),
    "a frame as wide as the window": (lambda: sn.Convolution(3, 2, 3, pad=3), "pad is 3, but .* size 3 it is at most 2"),
    "a negative frame": (lambda: sn.Convolution(3, 2, 3, pad=-1), "pad is -1"),
    "groups that do not divide n_in": (
        lambda: sn.Convolution(3, 2, 3, groups=2),
        r"groups is 2, but it must divide both n_in \(3\) and n_out \(2\)",
    ),
    "groups that do not divide n_out": (lambda: sn.Convolution(2, 3, 3, groups=2), "groups is 2, but it must divide both"),
    "no groups": (lambda: sn.Convolution(2, 4, 3, groups=0), "groups is 0"),
    "half a window": (lambda: sn.Convolution(3, 2, 2.5), r"size is 2\.5, but a whole number of at least 1"),
    "a window in floats": (lambda: sn.Convolution(3, 2, 3.0), r"size is 3\.0, .* write int\(3\.0\)"),
    "a window of two sizes": (lambda: sn.Convolution(3, 2, (3, 3)), r"size is \(3, 3\)"),
    "a stride of 0": (lambda: sn.Convolution(3, 2, 3, stride=0), "stride is 0"),
    "maps in floats": (lambda: sn.Convolution(3, 2.0, 3), r"n_out is 2\.0"),
    "no channels": (lambda: sn.Convolution(0, 2, 3), "n_in is 0"),
    "a pool in floats": (lambda: sn.MaxPool(2.0), r"size is 2\.0, .* write int\(2\.0\)"),
    "a pool that stands still": (lambda: sn.AveragePool(2, 0), "stride is 0"),
    "a norm of half a unit": (lambda: sn.BatchNorm(2.5), r"n is 2\.5"),
    "a norm without momentum": (lambda: sn.BatchNorm(3, momentum=None), "momentum is None"),
    "a norm that never learns": (lambda: sn.BatchNorm(3, momentum=1), "momentum is 1, .* below 1"),
    "a norm that divides by 0": (lambda: sn.BatchNorm(3, epsilon=0), "epsilon is 0, .* above 0"),
    "a norm of rows that divides by 0": (lambda: sn.LayerNorm(3, epsilon=0), "epsilon is 0, .* above 0"),
    "a norm of another width": (lambda: through(sn.BatchNorm(4)), r"BatchNorm1.*\(4, 8, 7, 3\)"),
    "a norm of rows of another width": (lambda: through(sn.LayerNorm(4)), r"LayerNorm1.*\(4, 8, 7, 3\)"),
    "a norm of one row": (lambda: through(sn.BatchNorm(6), x=X[:1]), "BatchNorm1: .* train on batches of at least two rows"),
    "a number for a normalization": (
        lambda: sn.mlp(6, [5], 3, normalization=5),
        "normalization is 5, .* the class BatchNorm",
    ),
    "a layer for a normalization": (
        lambda: sn.mlp(6, [5], 3, normalization=sn.BatchNorm(5)),
        r"normalization is BatchNorm\(5\), but something that makes layers is needed",
    ),
    "a normalization that makes no layer": (
        lambda: sn.mlp(6, [5], 3, normalization=lambda n: n),
        "normalization makes 5, which is not a layer",
    ),
    "more dropout than there is": (lambda: sn.mlp(6, [5], 3, dropout=1.5), r"dropout is 1\.5, .* of at least 0 and below 1"),
    "a dropout of everything": (lambda: sn.Dropout(1), "ratio is 1, .* below 1"),
    "a class for dropout": (lambda: sn.mlp(6, [5], 3, dropout=sn.Dropout), "dropout is <class"),
    "dropout in a deep convnet": (lambda: sn.deep_convnet(dropout=1.5), r"is 1\.5, .* of at least 0 and below 1"),
    "a number for maps": (lambda: sn.deep_convnet(maps=3), r"maps is 3, .* such as \(16, 32, 64\)"),
    "two pairs": (lambda: sn.deep_convnet(maps=(16, 32)), r"maps is \(16, 32\), but three numbers of maps, one per pair"),
    "half a map": (lambda: sn.deep_convnet(maps=(1, 2.5, 3)), r"a number of maps is 2\.5"),
    "an activation in a convnet": (lambda: sn.deep_convnet(activation=sn.ReLU()), r"activation is ReLU\(\)"),
    "images too small for a convnet": (lambda: sn.simple_convnet(side=5), "side is 5, but .* at least 6"),
    "a side in words": (lambda: sn.simple_convnet(side="28"), "side is '28'"),
    "images of another side": (
        lambda: sn.simple_convnet(side=8, n_in=3).forward(IMAGES[:, :6, :6]),
        r"Affine1 takes rows of width 120, but got an array of shape \(4, 30\)",
    ),
    "a kind that there is not": (lambda: sn.channels_last(IMAGES, "linear"), "kind is 'linear', but 'images', 'conv.*' or"),
    "images with an axis too few": (lambda: sn.channels_last(IMAGES[0]), r"shape \(8, 7, 3\), but images with .* four axes"),
    "weights with an axis too few": (lambda: sn.channels_last(X, "convolution"), "but convolution with .* four axes"),
    "an affine without its image": (lambda: sn.channels_last(X, "affine"), r"image is None and .* image=\(C, H, W\)"),
    "an affine of another image": (
        lambda: sn.channels_last(X, "affine", (5, 2, 3)),
        r"image is \(5, 2, 3\) and .* \(20, 6\)",
    ),
    "an affine that is transposed": (
        lambda: sn.channels_last(X.T, "affine", (5, 2, 2)),
        r"shape \(6, 20\), but for an affine",
    ),
    "a number for an image": (lambda: sn.channels_last(X, "affine", 5), "image is 5"),
    "a branch that changes the width": (
        lambda: through(sn.Residual([sn.Affine(6, 5)]), x=X),
        r"Residual1: the branch makes \(20, 5\) of an x of shape \(20, 6\), but both must have one shape",
    ),
    "a branch that makes images smaller": (
        lambda: through(sn.Residual([sn.Convolution(3, 3, 3)])),
        r"the branch makes \(4, 6, 5, 3\) of an x of shape \(4, 8, 7, 3\)",
    ),
    "a branch that would be spread out": (
        lambda: through(sn.Residual([sn.Convolution(3, 1, 1)])),
        r"the branch makes \(4, 8, 7, 1\) of an x of shape \(4, 8, 7, 3\)",
    ),
    "a branch of nothing": (lambda: sn.Residual([]), "the network has no layers"),
    "a branch that is no list": (lambda: sn.Residual(sn.ReLU()), r"layers is ReLU\(\), but a list of layers"),
    "a loss's backward before its forward": (lambda: sn.SoftmaxCrossEntropy().backward(), "backward comes after forward"),
    "MSE's backward before its forward": (lambda: sn.MSE().backward(), "MSE: backward comes after forward"),
    "a loss in words": (lambda: sn.Trainer(net(), sn.SGD(0.1), criterion="x"), "criterion is 'x', but a loss"),
    "a loss that is nothing": (lambda: sn.Trainer(net(), sn.SGD(0.1), criterion=""), "criterion is '', but a loss"),
    "a loss's class": (lambda: sn.measure_spread(net(), X, T, criterion=sn.MSE), r"is the class MSE: write MSE\(\)"),
    "a layer for a loss": (lambda: sn.Trainer(net(), sn.SGD(0.1), criterion=sn.ReLU()), r"criterion is ReLU\(\)"),
    "whole outputs for MSE": (lambda: sn.MSE().forward(T, X[:, 0]), "y holds int64, but floats are needed"),
    "an optimizer's class": (lambda: sn.Trainer(net(), sn.SGD), r"optimizer is .*: write SGD\(\) to make one"),
    "swapped": (lambda: sn.Trainer(sn.SGD(0.1), net()), r"net is SGD\(lr=0.1\), but a Network is needed"),
    "an initializer for lr": (lambda: sn.SGD(lr=sn.He()), r"lr is He\(\), but a number above 0 is needed, or a schedule"),
    "a class for lr": (lambda: sn.SGD(lr=sn.Cosine), "lr is the class Cosine"),
    "a schedule that fails later": (
        lambda: sn.Trainer(net(), sn.SGD(lambda step: 0.1 / (1 - step)), batch_size=5).fit(DATA, steps=3),
        "for 1 it failed with ZeroDivisionError",
    ),
    "a hook's class": (lambda: sn.SGD(0.1, hooks=[sn.ClipNorm]), "hooks is .*, but a list of them is needed"),
    "a hook that returns nothing": (
        lambda: sn.Trainer(net(), sn.SGD(0.1, hooks=[print_nothing]), batch_size=5).fit(DATA, steps=1),
        "the hook .* returned None",
    ),
    "weights of whole numbers": (
        lambda: sn.SGD(0.1).step([("w", np.ones(2, int), np.ones(2))]),
        r"w holds int64, but floats are needed",
    ),
    "a probe of another width": (lambda: fit(spread_at=[1], probe=(X[:, :4], T)), "takes rows of width 6"),
    "a probe of other labels": (lambda: fit(spread_at=[1], probe=(X, T + 5)), "labels run from 0 to 2"),
    "a test set of other labels": (lambda: fit(test=(X, T + 5)), "test: a label is 7"),
    "a function of the trainer": (lambda: fit(on_step="x"), "on_step is 'x', but a function of the trainer is needed"),
    "a list of functions": (lambda: fit(on_epoch=[print, 3]), "on_epoch is 3, but a function of the trainer is needed"),
    "a callback's class": (lambda: fit(on_step=Nothing), r"on_step is the class Nothing: write Nothing\(…\) to make one"),
    "a dout of another shape": (
        lambda: through_and_back(sn.Tanh(), dout=X[:, :1]),
        r"dout has shape \(20, 1\), but the last forward returned \(20, 6\)",
    ),
    "a layer that returns nothing": (lambda: through(Nothing(), sn.ReLU(), x=X), "Nothing1 returned None from forward"),
    "a last layer that returns nothing": (lambda: through(sn.ReLU(), Nothing(), x=X), "Nothing1 returned None from forward"),
    "a loss that returns nothing": (
        lambda: sn.Trainer(net(), sn.SGD(0.1), NoLoss()).step(X, T),
        "the criterion's forward returned None, but a number is needed",
    ),
    "wider than the memory": (
        lambda: sn.Affine(10**6, 10**6),
        r"Affine.W of shape \(1000000, 1000000\) needs more memory than there is",
    ),
    "wider than NumPy": (lambda: sn.mlp(6, [10**12], 10**12), "Affine.W of shape .* needs more memory than there is"),
    "wider than a number": (lambda: sn.mlp(6, [10**5000], 3), "a hidden width is an object of the class int, but"),
    "seeds without end": (lambda: grid(seeds=10**20), "seeds is 100000000000000000000, but .* at most 100,000"),
    "runs without end": (lambda: grid(seeds=10**5, lr=[0.1, 0.2]), "make 200,000 runs, but at most 100,000"),
    "a label twice": (lambda: grid(inits={1: 0.1, "1": 0.2}), "two initializers have the same label"),
    "no learning rates": (lambda: grid(lr=[]), "lr is an empty list: give one value or more"),
    "no activations": (lambda: grid(activation=[]), "activation is an empty list"),
    "no optimizers": (lambda: grid(optimizer=()), "optimizer is an empty list"),
    "images for compare": (
        lambda: sn.compare([0.1], data=((IMAGES, T[:4]), (IMAGES, T[:4])), progress=False),
        r"images have shape \(8, 7, 3\), but compare trains on rows",
    ),
    "test images turned": (
        lambda: sn.compare([0.1], data=((IMAGES, T[:4]), (IMAGES.transpose(0, 2, 1, 3), T[:4])), progress=False),
        r"training rows have shape \(8, 7, 3\), but test rows \(7, 8, 3\)",
    ),
    "an executor's class": (lambda: sn.compare([0.1], executor=ThreadPoolExecutor), "executor is .*ThreadPoolExecutor"),
    "x of another width for theory": (lambda: sn.predict_spread(net(), X[:, :4]), "takes rows of width 6"),
    "too few targets": (
        lambda: sn.measure_spread(net(), X, X[:5], criterion=sn.MSE()),
        r"t has shape \(5, 6\), but x has 20",
    ),
    "a mask": (lambda: net().forward(np.ma.masked_array(X, X > 0)), r"x has masked values, .*\.filled\(0\), or drop"),
    "masks in a list": (lambda: net().predict(list(np.ma.masked_array(X, X > 0))), "x has masked values"),
    "masked labels": (lambda: net().accuracy(X, np.ma.masked_array(T, T > 0)), "the labels has masked values"),
    "no spread": (lambda: sn.Spread("abc"), "layers is 'abc', but a list of LayerSpread"),
    "a momentum that explodes": (lambda: sn.Momentum(momentum=1.5), "momentum is 1.5"),
    **{
        f"{kind.__name__} over nothing": (lambda kind=kind: kind(0.1, 0), "is 0, but a finite number above 0")
        for kind in (sn.StepDecay, sn.ExponentialDecay, sn.Cosine, sn.Warmup)
    },
}


@pytest.mark.parametrize("call, words", DOORS.values(), ids=DOORS)
def test_what_cannot_be_used_is_answered_in_one_sentence(call, words):
    with pytest.raises(sn.InputError, match=words) as caught:
        call()
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_columns_of_a_data_frame_are_as_good_as_arrays():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcdef"), index=range(20, 40)).assign(t=T)
    learner = sn.Trainer(net(), sn.SGD(0.1), batch_size=5)
    assert learner.fit((frame[list("abcdef")], frame["t"]), steps=3).loss == fit_three().loss
    assert net().accuracy(frame[list("abcdef")], frame["t"]) == net().accuracy(X, T)
    with pytest.raises(sn.InputError, match="x holds object"):
        net().forward(frame.assign(a="word")[list("abcdef")])
    with pytest.raises(sn.InputError, match="labels hold"):
        net().accuracy(X, frame["t"].map({0: "cat", 1: "dog", 2: "owl"}))


def fit_three():
    return sn.Trainer(net(), sn.SGD(0.1), batch_size=5).fit(DATA, steps=3)


@pytest.mark.parametrize("word", ["x" * 40_000, "a\x1b[31m\nb", "\u202e" * 500], ids=["long", "escape", "turned"])
def test_a_message_is_one_short_line_whatever_is_in_it(word):
    with pytest.raises(sn.InputError) as of_sgd:
        sn.SGD(word)
    for error in (sn.InputError(f"there is no {word}: give another"), of_sgd.value):
        assert str(error).isprintable() and len(str(error)) < 300
    assert str(sn.InputError(f"there is no {word}: give another")).endswith(": give another")
