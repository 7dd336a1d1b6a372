"""The book's experiment for the stand-alone page: 784–100×4–10, three starts, and any activation of the library.

The learning rate is ten times that of `compare`, so that 300 steps are enough to learn. Read next: theory.js.
"""

from typing import Any

from scratchnet.data import Dataset
from scratchnet.initializers import He, LeCun, Normal
from scratchnet.layers import ACTIVATIONS, Affine, ReLU
from scratchnet.network import ROWS, mlp
from scratchnet.optimizers import SGD, Adam, Momentum
from scratchnet.playground.component import Component, Described
from scratchnet.playground.digits import pack
from scratchnet.playground.tables import loss_curves, theory_tables
from scratchnet.support.colours import looks
from scratchnet.support.validation import InputError
from scratchnet.theory import predict_training

STARTS = {"std 0.01": Normal(0.01), "Xavier (book: 1/n)": LeCun(), "He": He()}
HIDDEN, BATCH, STEPS = [100] * 4, 64, 1000
OPTIMIZERS = (SGD(0.1), Momentum(0.01), Adam(0.001))


def book_playground(train: Dataset) -> dict[str, Any]:
    """What the playground needs on a page of its own, with images of `train`."""
    digits = pack(train)
    if digits is None:
        raise InputError(
            f"the rows have shape {train.images.shape[1:]} of {train.images.dtype}, but the page trains on "
            "15 images or more, of bytes that fit into it: give an IDX set such as MNIST"
        )
    component, losses = Component(len(ACTIVATIONS)), {}
    n, classes, drawn = digits["n"], train.classes, looks(STARTS)
    for label, init in STARTS.items():
        net = mlp(n, HIDDEN, classes, ReLU, init, seed=0)
        losses[label] = predict_training(net, train, OPTIMIZERS[0], BATCH, STEPS)
        affine = [layer for layer in net.layers if isinstance(layer, Affine)]
        component.add(Described(label, label, drawn[label], init, HIDDEN, ReLU, OPTIMIZERS[0], BATCH, affine))
    for kind in ACTIVATIONS.values():
        component.add_activation(kind)
    for optimizer in OPTIMIZERS:
        component.add_optimizer(optimizer)
    x, t = train[:ROWS]
    return {
        **theory_tables(x, t, classes),
        **component.data(),
        "best": len(STARTS) - 1,
        "measured": {},
        "losses": loss_curves(losses),
        "digits": digits,
    }
