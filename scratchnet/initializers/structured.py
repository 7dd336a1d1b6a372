"""Initializers whose weights are not independent: orthogonal ones, those that pass the input on, sparse ones.

A weight is seen as a matrix (fan_in, n_out) with one column per unit: a convolution's window and input channels are folded
into its rows. Read next: `exact`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scratchnet.initializers.base import Fans, Initializer
from scratchnet.support.validation import Array, InputError, number, whole


def as_matrix(shape: tuple[int, ...], kind: str) -> tuple[int, int]:
    """The shape (fan_in, n_out) of a weight with all axes but the last in one."""
    if len(shape) < 2:
        raise InputError(f"{kind} is for weights, with two axes or more, but the shape is {shape}")
    return math.prod(shape[:-1]), shape[-1]


def orthogonal(rows: int, columns: int, rng: np.random.Generator) -> Array:
    """A matrix with orthonormal columns, or rows if it has fewer rows. All such matrices are equally likely (Haar).

    It is Q of the QR decomposition of a normal matrix, in float64. Q alone is not uniformly distributed. Q times the signs
    of R's diagonal, where 0 counts as +, is (Mezzadri 2007).
    """
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diag(r) < 0, -1, 1)
    return q if rows >= columns else q.T


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """W = gain · Q,  Q with orthonormal columns (or rows, if fewer):  σ = |gain| / √max(fan_in, n_out)

    No direction of the input is stretched or shrunk, through any number of layers (Saxe et al. 2013). PyTorch:
    orthogonal_, which folds the axes of its own layout to the same matrix; Keras: Orthogonal; JAX: orthogonal.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gain", number("gain", self.gain))

    def std(self, fans: Fans) -> float:
        return abs(self.gain) / math.sqrt(max(fans.fan_in, fans.n_out))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        rows, columns = as_matrix(shape, "Orthogonal")
        if 0 in shape:
            return np.empty(shape)
        return self.gain * orthogonal(rows, columns, rng).reshape(shape)


@dataclass(frozen=True)
class DeltaOrthogonal(Initializer):
    """W = gain · Q at the window's middle, 0 elsewhere:  σ = |gain| / √(n_out · Π window),  Q as in Orthogonal

    For convolutions with at least as many outputs as inputs: every pixel then keeps its length (Xiao et al. 2018). With
    groups, each group has its own Q. JAX: delta_orthogonal, which has no groups.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gain", number("gain", self.gain))

    def std(self, fans: Fans) -> float:
        return abs(self.gain) / math.sqrt(fans.n_out * math.prod(fans.window))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        n_in, n_out, groups = groups_of(shape, fans, "DeltaOrthogonal")
        if n_out < n_in:
            raise InputError(f"DeltaOrthogonal needs at least as many outputs as inputs, but it is {n_in} to {n_out}")
        W = np.zeros(shape)
        if 0 not in shape:
            W[middle(shape, later=False)] = self.gain * np.hstack([orthogonal(n_in, n_out, rng) for _ in range(groups)])
        return W


@dataclass(frozen=True)
class Dirac(Initializer):
    """W[middle, c, c] = 1 and else 0:  a convolution that passes its first channels on unchanged

        σ = √(min(n_in, n_out) / (fan_in · n_out)), the rms

    With pad = size // 2 the output is the input; outputs beyond the number of inputs are 0. With groups, each group passes
    on its own channels. PyTorch: dirac_ with the same groups.
    """

    def std(self, fans: Fans) -> float:
        """rms of W."""
        return math.sqrt(min(fans.n_in, fans.n_out) / (fans.fan_in * fans.n_out))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        n_in, n_out, groups = groups_of(shape, fans, "Dirac")
        W = np.zeros(shape)
        if 0 not in shape:
            W[middle(shape)] = np.hstack([np.eye(n_in, n_out)] * groups)
        return W


@dataclass(frozen=True)
class Identity(Initializer):
    """W = gain · I, with zeros where n_in and n_out differ:  σ = |gain| · √(min(n_in, n_out) / (n_in · n_out)), the rms

    PyTorch: eye_; Keras: Identity. As sn.initializers.Identity: sn.Identity is the layer.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gain", number("gain", self.gain))

    def std(self, fans: Fans) -> float:
        """rms of W."""
        return abs(self.gain) * math.sqrt(min(fans.n_in, fans.n_out) / (fans.n_in * fans.n_out))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        if len(shape) != 2:
            raise InputError(f"Identity is for weights (n_in, n_out), but the shape is {shape}: for images give Dirac()")
        return self.gain * np.eye(*shape)


@dataclass(frozen=True, init=False)
class Sparse(Initializer):
    """nonzeros weights ~ N(0, std²) into each unit, all others 0:  σ = std · √(min(1, nonzeros / fan_in))

    A unit has the same number of inputs whatever the width of the layer below (Martens 2010, with 15 and 1). PyTorch's
    sparse_ leaves out a share of the weights *from* each input instead: see TorchSparse.
    """

    nonzeros: int
    sigma: float

    def __init__(self, nonzeros: int = 15, std: float = 1.0) -> None:
        object.__setattr__(self, "nonzeros", whole("nonzeros", nonzeros))
        object.__setattr__(self, "sigma", number("std", std, least=0))

    def std(self, fans: Fans) -> float:
        return self.sigma * math.sqrt(min(1.0, self.nonzeros / fans.fan_in))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        rows, columns = as_matrix(shape, "Sparse")
        if 0 in shape:
            return np.empty(shape)
        W = self.sigma * rng.standard_normal((rows, columns))
        rank = rng.random((rows, columns)).argsort(axis=0).argsort(axis=0)  # a random order of the rows, for each column
        return np.where(rank < self.nonzeros, W, 0).reshape(shape)


@dataclass(frozen=True, init=False)
class TorchSparse(Initializer):
    """A share of the weights from each input 0, the others ~ N(0, std²):  σ = std · √(1 − ⌈sparsity · n_out⌉ / n_out)

    PyTorch: sparse_. The share counts the weights *from* each input; Sparse, as Martens, counts those *into* each unit. So
    one unit may by chance have many inputs, and another none.
    """

    sparsity: float
    sigma: float

    def __init__(self, sparsity: float, std: float = 0.01) -> None:
        object.__setattr__(self, "sparsity", number("sparsity", sparsity, least=0, below=1))
        object.__setattr__(self, "sigma", number("std", std, least=0))

    def std(self, fans: Fans) -> float:
        return self.sigma * math.sqrt(1 - math.ceil(self.sparsity * fans.n_out) / fans.n_out)

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        if len(shape) != 2:
            raise InputError(f"TorchSparse is for weights (n_in, n_out), but the shape is {shape}: for images give Sparse()")
        W = self.sigma * rng.standard_normal(shape)
        rank = rng.random(shape).argsort(axis=1).argsort(axis=1)  # a random order of the columns, for each row
        return np.where(rank < math.ceil(self.sparsity * shape[1]), 0, W)


def groups_of(shape: tuple[int, ...], fans: Fans | None, kind: str) -> tuple[int, int, int]:
    """n_in and n_out of one group of a convolution's weight, and the number of groups, which follows from the fans."""
    if len(shape) < 3:
        raise InputError(f"{kind} is for convolutions, but the shape is {shape}: for an Affine give Orthogonal()")
    n_out = shape[-1] if fans is None else fans.n_out
    return shape[-2], n_out, shape[-1] // n_out if n_out else 1


def middle(shape: tuple[int, ...], later: bool = True) -> tuple[int, ...]:
    """The place of the window's middle. An even window has two: PyTorch's dirac_ takes the later, JAX the earlier."""
    return tuple(size // 2 if later else (size - 1) // 2 for size in shape[:-2])
