"""Matplotlib with settings of our own, whatever the reader's are.

A figure is the same file for every reader: it does not depend on a matplotlibrc, a style, text.usetex or MPLBACKEND. Figures
need no backend, since they are saved and not shown; and one that was inherited from a notebook may be missing here, so that
Matplotlib itself could not be imported. Read next: `glyphs`.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

backend = os.environ.pop("MPLBACKEND", None)
try:
    import matplotlib
finally:
    if backend is not None:
        os.environ["MPLBACKEND"] = backend
if backend:
    with suppress(ValueError):  # there is none of that name here
        matplotlib.rcParams["backend"] = backend

# What belongs to windows and not to figures stays as the reader has it.
NOT_OURS = (
    "backend",
    "backend_fallback",
    "interactive",
    "toolbar",
    "webagg.",
    "keymap.",
    "figure.hooks",
    "savefig.directory",
)


def pyplot() -> Any:
    """matplotlib.pyplot, for windows. Matplotlib must have been imported here before: see above."""
    import matplotlib.pyplot as plt

    return plt


Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@functools.cache
def defaults() -> Any:
    """Matplotlib's default settings."""
    found = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith(NOT_OURS)}
    # No figure here has ticks above its panels, for which Matplotlib looks each time it places a title.
    return found | {"font.family": ["sans-serif"], "axes.titley": 1.0}


@contextmanager
def own_settings(**ours: Any) -> Iterator[None]:
    """Matplotlib's default settings, with changes such as svg_hashsalt="page".

    A character that Matplotlib's own font lacks gives no warning here: `glyphs` finds another font for it, or an escape.
    """
    changes: Any = {name.replace("_", ".", 1): value for name, value in ours.items()}
    with warnings.catch_warnings(), matplotlib.rc_context(defaults() | changes):
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def with_own_settings(draw: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a function draw with our own settings."""

    @functools.wraps(draw)
    def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with own_settings():
            return draw(*args, **kwargs)

    return drawn
