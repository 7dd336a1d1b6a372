"""No NumPy warning reaches whoever calls into the library: a number that is not finite says enough.

Where a network diverges, overflow is the right answer, and the history says so. A caller who asks NumPy to raise, by
np.errstate, still gets the error.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

import numpy as np

Given = ParamSpec("Given")
Result = TypeVar("Result")

_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)  # np.geterr takes ten times as long to ask


@contextmanager
def no_warnings() -> Iterator[None]:
    """Within, NumPy ignores the errors of arithmetic that it would warn of."""
    ignored = {kind: "ignore" for kind, reaction in np.geterr().items() if reaction == "warn"}
    token = _is_quiet.set(True)
    try:
        with np.errstate(**ignored):  # type: ignore[arg-type]
            yield
    finally:
        _is_quiet.reset(token)


def quiet(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorate a function or a method: it runs within `no_warnings`. Inside another quiet one this costs next to nothing."""

    @functools.wraps(function)
    def quietly(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        if _is_quiet.get():
            return function(*args, **kwargs)
        with no_warnings():
            return function(*args, **kwargs)

    return quietly
