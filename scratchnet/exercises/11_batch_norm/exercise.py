"""11. How does a gradient go back through BatchNorm?"""

import math

import numpy as np

import scratchnet as sn


class BatchNorm(sn.Layer):
    """out = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε),  with mean μ and variance σ² of each unit over the batch

    Shapes: x, out, dout, dx (N, n); gamma, beta (n,). In evaluation μ and σ² are the running ones, and constants.
    """

    def __init__(self, n, momentum=0.9, epsilon=1e-5):
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma = self.parameter("gamma", (n,), sn.Ones())
        self.beta = self.parameter("beta", (n,), sn.Zeros())
        self.start(np.random.default_rng())

    def start(self, rng):
        self.running_mean = np.zeros_like(self.gamma)
        self.running_var = np.ones_like(self.gamma)

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        self.std = np.sqrt(var + self.epsilon)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        """Set self.dgamma and self.dbeta, and return dx; in evaluation μ and σ² do not depend on x."""
        raise NotImplementedError


def norm_relu():
    """Given, for "See it": your BatchNorm for 100 units, and ReLU, as one layer."""
    return sn.Network([BatchNorm(100), sn.ReLU()])
