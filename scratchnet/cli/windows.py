"""--show: the figures in windows."""

import sys
from collections.abc import Callable
from typing import Any


def show_in_windows(draw: Callable[[Callable[[], Any]], object]) -> None:
    """Call `draw` with what makes a window's Figure, and wait until the windows are closed."""
    import matplotlib
    import matplotlib.pyplot as plt

    draw(plt.figure)
    if matplotlib.get_backend().lower() == "agg":
        print("there is no display to show figures on; they are in the folder above", file=sys.stderr)
    else:
        plt.show()
    plt.close("all")
