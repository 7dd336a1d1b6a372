"""--show: the figures in windows."""

import sys
from collections.abc import Callable
from typing import Any

from scratchnet.cli.output import one_line
from scratchnet.support.readers_file import said

BROWSERS = ("webagg", "nbagg")  # backends that show figures without a window of their own


def can_show() -> bool:
    """Can a window be opened? If not, one line on standard error says why. To be called before any long work."""
    try:
        from scratchnet.plots.backend import pyplot

        plt = pyplot()
        canvas = plt.figure().canvas
        plt.close("all")
        if getattr(canvas, "required_interactive_framework", None) or plt.get_backend().lower() in BROWSERS:
            return True
        why = f"there is no display to show figures on (Matplotlib's backend is {plt.get_backend()})"
    except Exception as error:  # MPLBACKEND names a backend that is missing here, or one that needs a display
        why = f"the figures cannot be shown ({said(error)})"
    print(one_line(f"{why}; they are written to the folder all the same"), file=sys.stderr)
    return False


def show_in_windows(draw: Callable[[Callable[[], Any]], object]) -> None:
    """Call `draw` with what makes a window's Figure, and wait until the windows are closed."""
    try:
        from scratchnet.plots.backend import pyplot

        plt = pyplot()
        draw(plt.figure)
        plt.show()
        plt.close("all")
    except Exception as error:  # the display is gone, say
        print(one_line(f"the figures cannot be shown ({said(error)}); they are in the folder above"), file=sys.stderr)
