"""How do I write an initializer of my own?

Any function of (shape, fans, rng) that returns an array will do. It draws from `rng` only, so that a seed gives one network.
A class of three lines states its std too. Here are two: half of the weights are zero and the others larger, so that the
variance is He's; and weights of one size with a random sign. Only the variance matters, so all three learn equally well.
"""

import math
from dataclasses import dataclass

import numpy as np

import scratchnet as sn
from scratchnet import plots


def half_zero(shape, fans, rng):
    """He's variance, 2 / fan_in, with one weight in two set to zero: the others have twice the variance."""
    kept = rng.random(shape) < 0.5
    return kept * math.sqrt(2 * 2 / fans.fan_in) * rng.standard_normal(shape)


def sign(shape, rng):
    """z = ±1: mean 0 and variance 1, as a draw must have."""
    return rng.choice([-1.0, 1.0], shape)


@dataclass(frozen=True)
class Signs(sn.Initializer):
    """W = ±√(2 / fan_in), with a random sign."""

    draw = staticmethod(sign)

    def std(self, fans):
        return math.sqrt(2 / fans.fan_in)


def main(steps: int = 2000, stem: str = "own_initializer") -> None:
    print("std of 784 x 100 weights, times sqrt(784 / 2):")
    for init in (sn.He(), half_zero, Signs()):
        w = sn.Affine(784, 100, init=init).W
        print(f"    {getattr(init, '__name__', init)}: {np.std(w) * math.sqrt(784 / 2):.3f}")
    result = sn.compare({"He": sn.He(), "half zero": half_zero, "signs": Signs()}, steps=steps, seeds=1)
    print(result)
    plots.save(result.loss_figure("Three laws of one variance"), stem)
    print(f"saved {stem}.png and {stem}.svg")


if __name__ == "__main__":
    main()
