"""13. How many inputs feed one unit of a convolution?"""

import math

import numpy as np


def fans_of(shape):
    """(fan_in, fan_out) of a weight, from its shape alone.

    An affine's is (n_in, n_out), a convolution's (size, size, n_in, n_out): a window of size × size on n_in channels.
    """
    raise NotImplementedError


def he(shape, fans, rng):
    """Given, for "See it": He's draw with the fans that you make of the shape."""
    fan_in, _ = fans_of(shape)
    return math.sqrt(2 / fan_in) * rng.standard_normal(shape)
