"""Small comparisons for these tests."""

import functools

from small import digits, made_up

import scratchnet as sn

INITS = {"std 0.01": 0.01, "Xavier": sn.LeCun(), "He": sn.He()}
SETTINGS = {"hidden": [20], "steps": 30, "seeds": 3, "progress": False}


def compare(inits=None, data=None, **settings):
    return sn.compare(inits or INITS, data=data or digits(), **SETTINGS | settings)


@functools.cache
def result():
    return compare()


def tiny():
    """Two sets that train in no time."""
    return tuple(sn.Dataset(images.reshape(len(t), -1), t) for images, t in (made_up(200, 1), made_up(50, 2)))


def quick(inits=None, **settings):
    return compare(inits, **{"data": tiny(), "hidden": [5], "steps": 4, "seeds": 2, "batch_size": 16} | settings)


@functools.cache
def quick_once(init):
    """Of one initializer, for tests that only read it."""
    return quick([init])


def function(shape, fans, rng):
    return rng.standard_normal(shape) * 0.1
