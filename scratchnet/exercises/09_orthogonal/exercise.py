"""09. Which matrix stretches no vector at all?"""

import math

import numpy as np


def orthogonal(shape, fans, rng):
    """W (n_in, n_out) with orthonormal columns, WᵀW = I, or with orthonormal rows, WWᵀ = I, if n_in < n_out.

    Any such matrix is as likely as any other.
    """
    raise NotImplementedError
