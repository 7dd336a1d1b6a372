"""A small set, network and trainer, and the bytes of a network's weights."""

import numpy as np

import scratchnet as sn


def rows(n=1000, width=12, classes=5, seed=0):
    """Random rows, labelled by the place of the greatest of their first numbers."""
    x = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    return sn.Dataset(x, x[:, :classes].argmax(axis=1))


def network(seed=0, init=sn.He(), **settings):
    return sn.mlp(12, [16, 16], 5, init=init, seed=seed, **settings)


def trainer(optimizer=None, seed=0, batch_size=32, **settings):
    return sn.Trainer(network(**settings), optimizer or sn.SGD(0.1), batch_size=batch_size, seed=seed)


def weights(net):
    return b"".join(w.tobytes() for _, w, _ in net.parameters())
