"""Learning rates that change: give one to any optimizer as its `lr`. It is called with the number of steps made so far.

A function of your own will do: `SGD(lr=lambda step: 0.1 / (1 + step / 1000))`. Read next: `scratchnet.losses`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from scratchnet.support.validation import number


class Schedule:
    """Checks that every number of a schedule is above 0."""

    def __post_init__(self) -> None:
        for setting in fields(self):  # type: ignore[arg-type]
            number(setting.name, getattr(self, setting.name), above=0)


@dataclass(frozen=True)
class StepDecay(Schedule):
    """lr · factorᵏ,  k = step // every"""

    lr: float
    every: int
    factor: float = 0.1

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """lr · e^(−step / time)"""

    lr: float
    time: float

    def __call__(self, step: int) -> float:
        return self.lr * math.exp(-step / self.time)


@dataclass(frozen=True)
class Cosine(Schedule):
    """lr · ½ (1 + cos(π step / steps)), and 0 from then on (Loshchilov & Hutter 2016)"""

    lr: float
    steps: int

    def __call__(self, step: int) -> float:
        return self.lr * (1 + math.cos(math.pi * min(step / self.steps, 1))) / 2


@dataclass(frozen=True)
class Warmup(Schedule):
    """lr · min(1, (step + 1) / steps)"""

    lr: float
    steps: int

    def __call__(self, step: int) -> float:
        return self.lr * min(1, (step + 1) / self.steps)
