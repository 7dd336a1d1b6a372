"""How far the work is: one bar on a terminal, a line every ten seconds elsewhere, nothing when quiet. On stderr."""

import sys
import time
from typing import Any, Self

EVERY = 10.0  # seconds between two lines off a terminal


class Progress:
    """Counts steps over all runs; shows the rate, the run and its loss, and how many runs have diverged."""

    def __init__(self, steps: int, runs: int, quiet: bool = False) -> None:
        self.steps, self.runs, self.quiet = steps, runs, quiet
        self.done = self.ended = self.diverged = 0
        self.label, self.loss = "", float("nan")
        self.bar: Any = None

    def __enter__(self) -> Self:
        self.begun = self.shown = time.monotonic()
        if not self.quiet and sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=self.steps, unit="step", dynamic_ncols=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def start(self, label: str, seed: int) -> None:
        self.label = f"{label}, seed {seed}"
        if self.bar is not None:
            self.bar.set_description(self.label, refresh=False)

    def step(self, loss: float) -> None:
        self.done, self.loss = self.done + 1, loss
        if self.done % 20 == 0:
            self.show()

    def show(self) -> None:
        """The bar as it is now; off a terminal a line, if the last is long past."""
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {self.loss:.3g}, diverged {self.diverged}", refresh=False)
            self.bar.update(self.done - self.bar.n)
        elif time.monotonic() - self.shown > EVERY:
            self.shown = time.monotonic()
            rate = self.done / (self.shown - self.begun)
            print(
                f"{self.done:,} of {self.steps:,} steps ({self.ended} of {self.runs} runs, {self.diverged} diverged), "
                f"{rate:.0f} steps/s; {self.label}: loss {self.loss:.3g}",
                file=sys.stderr,
                flush=True,
            )

    def end(self, diverged: bool, left_out: int) -> None:
        """A run has ended, `left_out` steps before it was due."""
        self.ended += 1
        self.diverged += diverged
        self.done += left_out
        self.show()
