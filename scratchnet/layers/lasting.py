"""What of a layer lasts, and what is a cache that forward keeps for backward. Files and pickles hold what lasts.

Read next: `affine`.
"""

import contextlib
import inspect
from typing import Any

import numpy as np


def what_lasts(layer: Any) -> dict[str, bool]:
    """For each attribute of a layer that has just been built: does it last? What is None now will be a cache.

    Two things last even if they are None now: the constructor's arguments, and what `start` sets.
    """
    given = {name: value for name, value in vars(layer).items() if value is not None}
    probe: Any = object.__new__(type(layer))
    vars(probe).update(given)
    with contextlib.suppress(AttributeError):  # a `start` that reads what is None
        probe.start(np.random.default_rng(0))
    started = {name for name, value in vars(probe).items() if name not in given or value is not given[name]}
    lasting = {*given, *started, *inspect.signature(type(layer)).parameters, "as_built"}
    return {name: name in lasting for name in [*vars(layer), "as_built"]}


def without_caches(layer: Any) -> dict[str, Any]:
    """The attributes that last. Of those set since the layer was built, numbers and words alone do."""
    if layer.as_built is None:
        return vars(layer).copy()
    return {name: value for name, value in vars(layer).items() if layer.as_built.get(name, is_scalar(value))}


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | np.generic)
