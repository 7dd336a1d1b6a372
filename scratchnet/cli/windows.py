"""--show: the figures in windows."""

import sys
from collections.abc import Callable
from typing import Any

from scratchnet.cli.output import one_line
from scratchnet.support.readers_file import said


def show_in_windows(draw: Callable[[Callable[[], Any]], object]) -> None:
    """Call `draw` with what makes a window's Figure, and wait until the windows are closed."""
    try:
        import matplotlib
        import matplotlib.pyplot as plt

        draw(plt.figure)
        if matplotlib.get_backend().lower() == "agg":
            print("there is no display to show figures on; they are in the folder above", file=sys.stderr)
        else:
            plt.show()
        plt.close("all")
    except Exception as error:  # MPLBACKEND names no backend, say
        print(one_line(f"the figures cannot be shown ({said(error)}); they are in the folder above"), file=sys.stderr)
