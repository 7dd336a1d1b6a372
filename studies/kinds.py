"""Networks of every kind that theory has met or been surprised by: the rows of the table "Kinds" in
docs/predicted_vs_measured.md.

A kind is a function of a seed that makes the network, with the inputs and labels it is tried on. Each stands for its
neighbours: another width, depth or size should be predicted as well. Read next: `predicted_vs_measured`.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import scratchnet as sn

ROWS, WIDTH, CLASSES = 50, 100, 10
LAYERS = list[sn.Layer]


@dataclass(frozen=True)
class Kind:
    """A network for each seed; `data` makes the inputs and labels.

    With `prepare`, which changes its weights, the prediction is for that one network.
    """

    layers: Callable[[], LAYERS]
    data: Callable[[], tuple[np.ndarray, np.ndarray]]
    prepare: Callable[[sn.Network], object] | None = None

    def make(self, seed: int) -> sn.Network:
        net = sn.Network(self.layers(), seed, np.float64)
        if self.prepare:
            self.prepare(net)
        return net

    @property
    def one_network(self) -> bool:
        return self.prepare is not None


def images(rows=ROWS, step=1):
    """MNIST, every step-th pixel of it."""
    x, t = sn.load_mnist(flatten=False)[0][:rows]
    return x[:, ::step, ::step].astype(np.float64), t


def rows(count=ROWS):
    x, t = images(count)
    return x.reshape(count, -1), t


def stem(bias=0.0):
    return sn.Affine(784, WIDTH, sn.LeCun(), bias)


def scores(n_in=WIDTH):
    """Small enough that gradients do not depend on the weights that made them."""
    return sn.Affine(n_in, CLASSES, sn.Normal(0.3 / math.sqrt(n_in)))


def plain(kind, init=None, depth=4, width=WIDTH, bias=0.0, last=None):
    """Affine and activation, `depth` times."""
    init = sn.He() if init is None else init
    pairs = zip([784, *[width] * (depth - 1)], [width] * depth, strict=True)
    hidden = [layer for pair in pairs for layer in (sn.Affine(*pair, init, bias), kind())]
    return [*hidden, sn.Affine(width, CLASSES, init, bias) if last else scores(width)]


def body():
    return [sn.Affine(WIDTH, WIDTH, sn.He()), sn.ReLU(), sn.Affine(WIDTH, WIDTH, sn.LeCun())]


def inner(*after):
    return [sn.Residual(body()), *after]


def branches(make, count=3, after=()):
    """`count` residual blocks, each followed by the layers of `after`."""
    blocks = [layer for _ in range(count) for layer in (sn.Residual(make()), *(kind() for kind in after))]
    return [stem(), *blocks, scores()]


def convolutions(*kinds, n_in=1, side=14):
    """Layers for images of 14 × 14, and the scores."""
    layers = [make() for make in kinds]
    x = np.zeros((2, side, side, n_in))
    for layer in layers:
        layer.training = True
        x = layer.forward(x)
    return [*layers, sn.Flatten(), scores(int(np.prod(x.shape[1:])))]


def window(n_in=20, n_out=20, groups=1, init=None):
    return lambda: sn.Convolution(n_in, n_out, 3, 1, 1, groups, sn.He() if init is None else init)


def function(name, forward, slope):
    """An activation of a reader's own."""

    def go_forward(self, x):
        self.x = x
        return forward(x)

    return type(name, (sn.Layer,), {"forward": go_forward, "backward": lambda self, dout: dout * slope(self.x)})


Clipped = function("Clipped", lambda x: np.clip(x - 0.5, 0, 1), lambda x: (x > 0.5) & (x < 1.5))
Shrunk = function("Shrunk", lambda x: (np.abs(x) > 0.3) * (x - 0.3 * np.sign(x)), lambda x: np.abs(x) > 0.3)
Step = function("Step", lambda x: (x > 0.0) * 1.0, lambda x: np.abs(x) < 1)
Sign = function("Sign", np.sign, lambda x: np.abs(x) < 1)
Rounded = function("Rounded", np.round, np.ones_like)
FastSin = function("FastSin", lambda x: np.sin(30 * x), lambda x: 30 * np.cos(30 * x))
Exp = function("Exp", lambda x: np.exp(np.minimum(4 * x, 700)), lambda x: 4 * np.exp(np.minimum(4 * x, 700)))
Square = function("Square", np.square, lambda x: 2 * x)


class Mixed(sn.Layer):
    """A reader's layer: cubes, with the mean of the row in each output."""

    def forward(self, x):
        self.x = x
        return x**3 + x.mean(axis=-1, keepdims=True)

    def backward(self, dout):
        return 3 * self.x**2 * dout + dout.mean(axis=-1, keepdims=True)


def student(degrees):
    return lambda shape, fans, rng: rng.standard_t(degrees, shape) / math.sqrt(fans.fan_in)


def shifted(shape, fans, rng):
    return rng.normal(0.5 / fans.fan_in, math.sqrt(1 / fans.fan_in), shape)


def mean_bias(shape, fans, rng):
    return rng.normal(0.3, 0.1, shape)


def trained(net):
    x, t = rows(1000)
    sn.Trainer(net, sn.SGD(0.1), batch_size=100, seed=0).fit((x, t), steps=30)


def far_apart():
    x, t = rows()
    return x * np.logspace(-1.5, 1.5, len(x))[:, None], t


def opposite():
    x = rows(ROWS // 2)[0] - 0.3
    return np.concatenate([x, -x]), np.zeros(ROWS, int)


small = functools.partial(images, 20, 2)
KINDS: dict[str, Kind] = {}


def add(name, layers, data=rows, prepare=None):
    KINDS[name] = Kind(layers, data, prepare)


# Residual branches
add("residual", lambda: branches(body))
add("residual, pre-activation", lambda: branches(lambda: [sn.ReLU(), *body()]))
add("residual, ReLU after the sum", lambda: branches(body, after=[sn.ReLU]))
add(
    "residual block with BatchNorm, ReLU after the sum",
    lambda: branches(
        lambda: [
            *(sn.Affine(WIDTH, WIDTH, sn.He()), sn.BatchNorm(WIDTH), sn.ReLU()),
            *(sn.Affine(WIDTH, WIDTH, sn.He()), sn.BatchNorm(WIDTH)),
        ],
        after=[sn.ReLU],
    ),
)
add("branch that ends in a residual", lambda: branches(lambda: [*body(), *inner()]))
add("branch that is a residual", lambda: branches(inner))
add("residual, then LayerNorm, in a branch", lambda: branches(lambda: inner(sn.LayerNorm(WIDTH))))
add("residual, then BatchNorm, in a branch", lambda: branches(lambda: inner(sn.BatchNorm(WIDTH))))
add("residual, then Dropout, in a branch", lambda: branches(lambda: inner(sn.Dropout(0.3))))
add("LayerNorm first in a branch", lambda: branches(lambda: [sn.LayerNorm(WIDTH), *body()]))
add("BatchNorm first in a branch", lambda: branches(lambda: [sn.BatchNorm(WIDTH), *body()]))
add("LayerNorm after the sum", lambda: branches(body, after=[lambda: sn.LayerNorm(WIDTH)]))
add("branch with a residual three deep", lambda: branches(lambda: [sn.Residual(inner(sn.LayerNorm(WIDTH)))]))
for alpha in (0.0, 0.5):
    add(f"Scale({alpha:g}) at the end of a branch", lambda alpha=alpha: branches(lambda: [*body(), sn.Scale(alpha)], 6))
# Biases and thresholds
for bias in (-0.2, -0.3, -0.5, 0.3):
    add(f"ReLU, bias {bias:g}", lambda bias=bias: plain(sn.ReLU, bias=sn.Constant(bias)))
add("shifted, clipped ReLU", lambda: plain(Clipped, depth=3))
add("soft threshold", lambda: plain(Shrunk))
# A backward that is not the slope
for estimated in (Step, Sign, Rounded):
    add(f"{estimated.__name__}, straight-through", lambda estimated=estimated: plain(estimated, sn.LeCun(), 3))
# BatchNorm
for few in (2, 3, 4, 8, 50):
    for kind in (sn.ReLU, sn.Tanh):
        add(
            f"BatchNorm over {few}, {kind.__name__}",
            lambda kind=kind: [
                *(stem(), sn.BatchNorm(WIDTH), kind()),
                *(sn.Affine(WIDTH, WIDTH, sn.He()), sn.BatchNorm(WIDTH), kind(), scores()),
            ],
            functools.partial(rows, few),
        )
for epsilon in (0.1, 1.0, 10.0):
    add(
        f"BatchNorm, ε = {epsilon:g}",
        lambda epsilon=epsilon: [
            *(stem(), sn.BatchNorm(WIDTH, epsilon=epsilon), sn.ReLU()),
            *(sn.Affine(WIDTH, WIDTH, sn.He()), sn.BatchNorm(WIDTH, epsilon=epsilon), sn.ReLU(), scores()),
        ],
    )
add(
    "BatchNorm after the activation",
    lambda: [stem(), sn.ReLU(), sn.BatchNorm(WIDTH), sn.Affine(WIDTH, WIDTH, sn.He()), sn.ReLU(), scores()],
)
# Sparse and heavy-tailed weights
for nonzeros in (1, 15, 40):
    for kind in (sn.ReLU, sn.Tanh):
        add(
            f"Sparse({nonzeros}), {kind.__name__}",
            lambda nonzeros=nonzeros, kind=kind: plain(kind, sn.Sparse(nonzeros, math.sqrt(1 / nonzeros)), 3),
        )
for degrees, law in ((3, "Student-t, 3"), (8, "Student-t, 8"), (1, "Cauchy")):
    add(law, lambda degrees=degrees: plain(sn.Tanh, student(degrees), 3))
# Convolutions
for kind in (sn.ReLU, sn.Tanh):
    add(
        f"DeltaOrthogonal, 6 layers, {kind.__name__}",
        lambda kind=kind: convolutions(
            *(one for n_in in (1, 20, 20, 20, 20, 20) for one in (window(n_in, init=sn.DeltaOrthogonal(1.2)), kind))
        ),
        small,
    )
for groups in (2, 5, 20):
    add(
        f"convolution, {groups} groups" if groups < 20 else "depthwise convolution",
        lambda groups=groups: convolutions(
            *(window(1), sn.ReLU, window(groups=groups), sn.ReLU),
            *(lambda: sn.Convolution(20, 20, 1), sn.ReLU),
        ),
        small,
    )
add("convolutions, Flatten", lambda: convolutions(window(1), sn.ReLU, window(), sn.ReLU), small)
add("convolutions, tanh", lambda: convolutions(window(1), sn.Tanh, window(), sn.Tanh), small)
add("MaxPool", lambda: convolutions(window(1), sn.ReLU, lambda: sn.MaxPool(2), window(), sn.ReLU), small)
add("AveragePool", lambda: convolutions(window(1), sn.ReLU, lambda: sn.AveragePool(2), window(), sn.ReLU), small)
add(
    "MaxPool before the activation",
    lambda: convolutions(window(1), lambda: sn.MaxPool(2), sn.ReLU, window(), sn.ReLU),
    small,
)
add(
    "BatchNorm of images",
    lambda: convolutions(*(window(1), lambda: sn.BatchNorm(20), sn.ReLU), *(window(), lambda: sn.BatchNorm(20), sn.ReLU)),
    small,
)
add(
    "residual block of convolutions",
    lambda: convolutions(
        *(window(1), sn.ReLU),
        *(
            lambda: sn.Residual([window()(), sn.ReLU(), window()()]),
            lambda: sn.Residual([window()(), sn.ReLU(), window()()]),
        ),
        sn.ReLU,
    ),
    small,
)
add("simple_convnet", lambda: sn.simple_convnet(seed=0, init=sn.He()).layers, functools.partial(images, 10))
add("deep_convnet", lambda: sn.deep_convnet(seed=0, init=sn.He()).layers, functools.partial(images, 4))
# Inputs
for kind in (sn.Tanh, sn.ReLU):
    add(f"rows 1000 : 1, {kind.__name__}", lambda kind=kind: plain(kind, sn.LeCun(), 3), far_apart)
    add(f"x and −x with one label, {kind.__name__}", lambda kind=kind: plain(kind, sn.LeCun(), 3), opposite)
# Norms
add(
    "LayerNorm",
    lambda: [layer for one in ((stem(),), body()[:1]) for layer in (*one, sn.LayerNorm(WIDTH), sn.ReLU())] + [scores()],
)
add("LayerNorm on the scores", lambda: [stem(), sn.ReLU(), scores(), sn.LayerNorm(CLASSES, init=sn.Constant(0.3))])
add("LayerNorm on 5 units", lambda: [stem(), sn.ReLU(), sn.Affine(WIDTH, 5), sn.LayerNorm(5), scores(5)])
# Beyond floats, or nearly
add("60 layers of std .01", lambda: plain(sn.ReLU, sn.Normal(0.01), 60, last=True))
add("100 layers of std 1", lambda: plain(sn.ReLU, sn.Normal(1), 100, last=True))
add("std 1e-30", lambda: plain(sn.ReLU, sn.Normal(1e-30), 3, last=True))
add("sigmoid, std 1e8", lambda: plain(sn.Sigmoid, sn.Normal(1e8), 3))
add("sin 30 x", lambda: plain(FastSin, sn.LeCun(), 3))
add("exp 4 x", lambda: plain(Exp, sn.LeCun(), 2))
add("x², four times", lambda: plain(Square, sn.Normal(0.07), 4))
# Narrow, and random
add(
    "widths of 5 and below",
    lambda: [sn.Affine(784, 5), sn.ReLU(), sn.Affine(5, 4), sn.Tanh(), sn.Affine(4, 5), sn.ReLU(), scores(5)],
)
add("widths of 5, tanh", lambda: plain(sn.Tanh, sn.LeCun(), 3, 5))
add(
    "Dropout everywhere",
    lambda: [
        sn.Dropout(0.2),
        *(layer for one in plain(sn.ReLU)[:-1] for layer in ([one] if one.specs else [one, sn.Dropout(0.5)])),
        scores(),
    ],
)
add(
    "Dropout before the activation",
    lambda: [stem(), sn.Dropout(0.3), sn.ReLU(), sn.Affine(WIDTH, WIDTH), sn.Dropout(0.3), sn.ReLU(), scores()],
)
add(
    "Dropout and tanh",
    lambda: (
        [layer for one in plain(sn.Tanh, sn.LeCun(), 3)[:-1] for layer in ([one] if one.specs else [one, sn.Dropout(0.3)])]
        + [scores()]
    ),
)
# Reach
add(
    "two activations in a row",
    lambda: [stem(), sn.ReLU(), sn.Tanh(), sn.Affine(WIDTH, WIDTH), sn.ReLU(), sn.Tanh(), scores()],
)
add("a layer of a reader's own", lambda: [stem(), Mixed(), sn.Affine(WIDTH, WIDTH, sn.LeCun()), sn.ReLU(), scores()])
add(
    "PReLU of different slopes",
    lambda: [stem(), sn.PReLU(WIDTH, sn.Normal(0.2)), sn.Affine(WIDTH, WIDTH), sn.ReLU(), scores()],
)
add("weights whose mean is not 0", lambda: plain(sn.ReLU, shifted, 3))
add("random biases whose mean is not 0", lambda: plain(sn.ReLU, bias=mean_bias, depth=3))
add("after training", lambda: plain(sn.ReLU, depth=2), prepare=trained)
