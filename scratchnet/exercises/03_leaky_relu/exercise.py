"""03. How does a gradient go back through LeakyReLU?"""

import math

import numpy as np

import scratchnet as sn


class LeakyReLU(sn.Layer):
    """out = x where x > 0, else slope · x

    Shapes: x, out, dout and dx alike, whatever they are.
    """

    def __init__(self, slope=0.2):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dout):
        """dx = dout · ∂out/∂x, for each element by itself"""
        raise NotImplementedError
