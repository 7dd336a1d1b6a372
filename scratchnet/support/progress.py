"""Progress on stderr: one bar on a terminal or in a notebook, a line every ten seconds elsewhere, nothing when quiet."""

import sys
import time
from typing import Any, Self

LINE_INTERVAL = 10.0  # seconds between two lines where there is no terminal


def in_notebook() -> bool:
    """Does this process execute the cells of a notebook?"""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def bar(steps: int, wanted: bool = True, leave: bool = True) -> Any:
    """A bar of tqdm: a widget in a notebook that has ipywidgets, otherwise text; hidden where it would fill a file."""
    from tqdm import tqdm

    how: dict[str, Any] = {"total": steps, "unit": "step", "leave": leave}
    if not wanted or not in_notebook():
        return tqdm(**how, dynamic_ncols=True, disable=None if wanted else True)
    try:
        import ipywidgets  # noqa: F401
        from tqdm.notebook import tqdm as widget

        return widget(**how)
    except ImportError:  # tqdm's own choice would warn
        return tqdm(**how, ncols=100)


class Progress:
    """Counts the steps of all runs; shows the rate, the current run and its loss, and how many runs have diverged."""

    def __init__(self, steps: int, runs: int, quiet: bool = False) -> None:
        self.steps, self.runs, self.quiet = steps, runs, quiet
        self.steps_done = self.runs_done = self.diverged = 0
        self.label, self.loss = "", float("nan")
        self.bar: Any = None

    def __enter__(self) -> Self:
        self.started = self.shown = time.monotonic()
        if not self.quiet and (sys.stderr.isatty() or in_notebook()):
            self.bar = bar(self.steps)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def start(self, label: str, seed: int) -> None:
        """A run starts."""
        self.label = f"{label}, seed {seed}"
        if self.bar is not None:
            self.bar.set_description(self.label, refresh=False)

    def step(self, loss: float) -> None:
        """A step of the current run has ended with this loss."""
        self.steps_done, self.loss = self.steps_done + 1, loss
        if self.steps_done % 20 == 0:
            self.show()

    def show(self) -> None:
        """Update the bar; without a terminal, print a line if the last one is ten seconds old."""
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {self.loss:.3g}, diverged {self.diverged}", refresh=False)
            self.bar.update(self.steps_done - self.bar.n)
        elif time.monotonic() - self.shown > LINE_INTERVAL:
            self.shown = time.monotonic()
            rate = self.steps_done / (self.shown - self.started)
            print(
                f"{self.steps_done:,} of {self.steps:,} steps "
                f"({self.runs_done} of {self.runs} runs, {self.diverged} diverged), "
                f"{rate:.0f} steps/s; {self.label}: loss {self.loss:.3g}",
                file=sys.stderr,
                flush=True,
            )

    def end(self, diverged: bool, left_out: int) -> None:
        """A run has ended; `left_out` of its steps were not counted by `step`."""
        self.runs_done += 1
        self.diverged += diverged
        self.steps_done += left_out
        self.show()
