"""The workloads as data: what one step of training is made of. Every contestant does these, and nothing else.

A step draws its batch from the 60,000 uint8 images of the real MNIST, gathered and scaled to 0..1, does forward, loss and
backward, moves every parameter, and gives the loss of the batch before that move. The network that scratchnet builds is the
plan for all others: they walk its layers and start from its weights, so at the same step all have the same loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import scratchnet as sn
from scratchnet.data import Batches

SEED = 0
PIXELS, CLASSES = 784, 10

Array = np.ndarray
Train = Callable[[range], list[float]]  # trains on the batches of these steps, and gives their losses


@dataclass(frozen=True)
class Workload:
    """`steps` are timed in one process, `block` of them at a time. `hidden` are the widths of an MLP, or a model's name.

    The images are MNIST's 60,000, unless a `folder` of IDX files with so many `images` is given.
    """

    title: str
    hidden: Sequence[int] | str
    optimizer: str
    lr: float
    batch: int
    steps: int
    block: int
    folder: str = ""
    images: int = 60_000

    @property
    def is_mlp(self) -> bool:
        return not isinstance(self.hidden, str)

    @property
    def widths(self) -> list[int]:
        return [PIXELS, *map(int, self.hidden), CLASSES]

    def network(self) -> sn.Network:
        if self.is_mlp:
            return sn.mlp(PIXELS, self.widths[1:-1], CLASSES, seed=SEED)
        return getattr(sn, str(self.hidden))(seed=SEED)

    def data(self) -> sn.Dataset:
        """The training images (60,000 × 784, or 28 × 28 × 1) and labels."""
        if self.folder:
            return sn.load_idx(self.folder, flatten=self.is_mlp)[0]
        return sn.load_mnist(flatten=self.is_mlp)[0]

    def batches(self) -> Batches:
        """Which rows a step sees: `batches()[step]`."""
        return Batches(self.images, self.batch, SEED)


WORKLOADS = {
    "W1": Workload("784-100×4-10, SGD, batch 128", [100] * 4, "SGD", 0.01, 128, 400, 50),
    "W1b": Workload("784-100×4-10, Adam, batch 128", [100] * 4, "Adam", 0.001, 128, 400, 50),
    "W2": Workload("784-50-10, SGD, batch 100", [50], "SGD", 0.1, 100, 800, 100),
    "W3": Workload("784-1024-1024-10, momentum, batch 256", [1024, 1024], "Momentum", 0.01, 256, 80, 10),
    "W4": Workload("the book's simple convnet, Adam, batch 100", "simple_convnet", "Adam", 0.001, 100, 40, 5),
    "W5": Workload("the book's deep convnet, Adam, batch 100", "deep_convnet", "Adam", 0.001, 100, 20, 5),
}


def affine_weights(net: sn.Network, channels_first: bool) -> dict[int, Array]:
    """{place in net.layers: W} of the Affines; after a Flatten with its rows in the order of (C, H, W), if wanted."""
    weights: dict[int, Array] = {}
    x = np.zeros((1, 28, 28, 1), np.float32)
    image: Any = None
    for i, layer in enumerate(net.layers):
        match layer:
            case sn.Flatten():
                image = x.shape[1:]
            case sn.Affine():
                if image and channels_first:
                    weights[i] = np.ascontiguousarray(layer.W.reshape(*image, -1).transpose(2, 0, 1, 3)).reshape(
                        layer.W.shape
                    )
                else:
                    weights[i] = layer.W
                image = None
        if isinstance(layer, sn.Convolution | sn.MaxPool):
            x = layer.forward(x)
    return weights
