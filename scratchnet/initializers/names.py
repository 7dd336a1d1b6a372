"""Initializers by name, for the command line and for readers of the book.

`initializer("He")`, `initializer("TruncatedNormal(0.02)")`, `initializer("0.01")`, `initializer("book.xavier")`,
`initializer("torch.kaiming_uniform_")`. The names of PyTorch, Keras, JAX and the book are in `peers`. Read next:
`catalogue`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from scratchnet.initializers.base import normal, truncated, uniform
from scratchnet.initializers.exact import Critical, ExactGain
from scratchnet.initializers.lsuv import LSUV
from scratchnet.initializers.peers import PEERS
from scratchnet.initializers.plain import Constant, Normal, Ones, TruncatedNormal, Uniform, UniformBetween, Zeros
from scratchnet.initializers.scaled import He, LeCun, TorchDefault, VarianceScaling, Xavier
from scratchnet.initializers.structured import DeltaOrthogonal, Dirac, Identity, Orthogonal, Sparse, TorchSparse
from scratchnet.support.parse_call import parse
from scratchnet.support.validation import InputError, number, shown

KINDS: Mapping[str, Callable[..., Any]] = {
    kind.__name__: kind
    for kind in (
        *(Zeros, Ones, Constant, Normal, Uniform, UniformBetween, TruncatedNormal),
        *(VarianceScaling, LeCun, Xavier, He, TorchDefault),
        *(Orthogonal, DeltaOrthogonal, Identity, Dirac, Sparse, TorchSparse),
        *(ExactGain, Critical, LSUV),
    )
} | {
    "Glorot": Xavier,
}
DRAWS = {"normal": normal, "uniform": uniform, "truncated": truncated}


def initializer(given: Any, activations: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The initializer that `given` means. `activations` are the names that may stand as arguments, as in ExactGain(Tanh).

    A name or a call in a string is parsed and looked up, never evaluated. A number means Normal(number). Anything that can
    be called as init(shape, fans, rng) is returned unchanged. Everything else raises InputError.
    """
    if isinstance(given, str):
        whose = given.strip().partition(".")[0].lower()
        given = parse("initializer", given, PEERS.get(whose, KINDS), {**DRAWS, **activations})
    if isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool):
        return Normal(number("the std", given, least=0))
    if isinstance(given, type):
        raise InputError(f"the initializer is the class {given.__name__}: write {given.__name__}() to make one")
    if not callable(given):
        raise InputError(
            f"the initializer is {shown(given)}, but sn.He(), a number such as 0.01 for its std, or a function "
            "f(shape, fans, rng) that returns an array is needed"
        )
    return given
