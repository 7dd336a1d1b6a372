"""15. A residual network adds, block after block: how does its signal stay in bounds?"""

import math

import numpy as np

import scratchnet as sn


def variance_after(blocks, ratio):
    """The variance of x after so many blocks x ← x + branch(x), from variance 1.

    Each branch's output is independent of its input x and has `ratio` times its variance.
    """
    raise NotImplementedError


def fixup_factor(blocks, layers):
    """By what Fixup multiplies He's weights in a branch of so many layers, of which the last is started at 0.

        (factor^(layers − 1))² = 1 / blocks

    so that one step changes the outputs of 1 or 1,000 blocks by about as much (Zhang et al. 2019).
    """
    raise NotImplementedError


BLOCKS = 15


def he_blocks():
    """Given, for "See it": fifteen residual blocks of two layers, all of He's weights."""
    return sn.Network([sn.Residual([sn.Affine(100, 100), sn.ReLU(), sn.Affine(100, 100)]) for _ in range(BLOCKS)])


def fixup_blocks():
    """Given, for "See it": the same as Fixup starts them."""
    scaled = sn.VarianceScaling(2 * fixup_factor(BLOCKS, 2) ** 2)
    return sn.Network(
        [
            sn.Residual([sn.Affine(100, 100, init=scaled), sn.ReLU(), sn.Affine(100, 100, init=sn.Zeros())])
            for _ in range(BLOCKS)
        ]
    )
