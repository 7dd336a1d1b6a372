"""Small sets to train and test on: IDX files of made-up images, and a corner of MNIST."""

import functools
import gzip
import struct
from pathlib import Path

import numpy as np

import scratchnet as sn
from scratchnet.comparison import Comparison
from scratchnet.data import load_mnist


def idx(values, kind=8, axes=None):
    """The bytes of an IDX file of `values`."""
    values = np.asarray(values, np.uint8)
    shape = axes or values.shape
    return struct.pack(f">4B{len(shape)}I", 0, 0, kind, len(shape), *shape) + values.tobytes()


def made_up(rows, seed, classes=4, side=6):
    """Noisy images, a pattern for each class, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    t = np.arange(rows) % classes
    patterns = np.random.default_rng(99).integers(0, 200, (classes, side, side))
    return (patterns[t] + rng.integers(0, 56, (rows, side, side))).astype(np.uint8), t


def write_idx_folder(folder, train=300, test=100, zipped=True):
    """The four files of an IDX set of 6 × 6 images in four classes."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows, seed in (("train", train, 1), ("t10k", test, 2)):
        images, t = made_up(rows, seed)
        for name, values in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", t)):
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(values), mtime=0))
            else:
                (folder / name).write_bytes(idx(values))
    return folder


@functools.cache
def mnist(flatten=True):
    return load_mnist(flatten)


@functools.cache
def digits(flatten=True, train=2000, test=500):
    """The first images of MNIST's two parts."""
    counts = (train, test)
    return tuple(sn.Dataset(part.images[:n], part.labels[:n]) for part, n in zip(mnist(flatten), counts, strict=True))


def assert_as_golden(layer, golden, case, **close):
    """With the parameters of a golden case, the layer has its output and gradients."""
    for name in layer.specs:
        setattr(layer, name, golden[f"{case}.{name}"].copy())
    np.testing.assert_allclose(layer.forward(golden[f"{case}.x"]), golden[f"{case}.out"], **close)
    np.testing.assert_allclose(layer.backward(golden[f"{case}.dout"]), golden[f"{case}.dx"], **close)
    for name in layer.specs:
        np.testing.assert_allclose(getattr(layer, "d" + name), golden[f"{case}.d{name}"], **close)


def draw_nothing(setattr):
    """Figures and page take most of the time of a saved comparison: where they do not matter, empty ones are enough."""
    setattr(Comparison, "figure_names", ["loss"])
    setattr(Comparison, "draw", empty_figure)
    write_empty_page(setattr)


def empty_figure(*_, **__):
    from matplotlib.figure import Figure  # a process that is stopped before it draws need not wait for it

    return Figure()


def write_empty_page(setattr):
    def write(result, images, path):
        path.write_text("")
        return path

    setattr(Comparison, "write_page", write)


# python -c DRAW_NOTHING … is scratchnet … without figures and page.
DRAW_NOTHING = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
sys.argv[0] = "scratchnet"  # as the command: signals end it, from its first import on
from scratchnet.cli.main import main
import small
if __name__ == "__main__":
    small.draw_nothing(setattr)
    sys.exit(main())
"""
