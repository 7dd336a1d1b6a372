"""02. Why are weights not started at zero, or at any one number?"""

import math

import numpy as np


def different_units(W):
    """How many units of the layer differ? W (n_in, n_out) has a column for each unit; equal columns are one and the same."""
    raise NotImplementedError


def coins(shape, fans, rng):
    """W = +0.1 or −0.1, each weight by a toss of its own: all of one size, and yet no two units alike."""
    raise NotImplementedError
