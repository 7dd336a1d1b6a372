"""What the tests of the figures share: numbers to draw, and what is read back from a Figure."""

import functools

import numpy as np
from matplotlib.text import Text

import scratchnet as sn
from scratchnet import plots
from scratchnet.support.colours import looks


def noise(rows=200, width=20):
    return np.random.default_rng(0).standard_normal((rows, width)).astype(np.float32)


@functools.cache
def spreads(activation=sn.Tanh, labels=True, value=None):
    x, t = noise(), np.arange(200) % 5 if labels else None
    inits = {"std 1": 1.0, "Xavier": sn.LeCun()} if value is None else {"all": sn.Constant(value)}
    return {
        label: sn.measure_spread(sn.mlp(20, [30, 30, 30], 5, activation, init, seed=0), x, t)
        for label, init in inits.items()
    }


def words_in(figure):
    """All texts of a figure, once it is drawn (into nothing), without a layout, which takes most of the time.

    A plain Figure's canvas.draw() does nothing: this draws every artist, and so finds what would warn.
    """
    figure.set_layout_engine("none")
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text().strip()]


def markers(axes, kind):
    return [line for line in axes.lines if line.get_marker() == kind]


def dots(axes, label, hollow=False, among=()):
    """The measured values of a label, (seeds, places), drawn in the look that it has `among` these labels."""
    look = looks(among or [label])[label]
    found = [
        line
        for line in axes.lines
        if line.get_marker() == plots.MARKERS[look.marker] and line.get_linestyle() == "None" and len(line.get_xdata())
        if (line.get_markerfacecolor() == "none") == hollow
    ]
    assert all(line.get_color() == look.colour for line in found)
    return np.array([line.get_ydata() for line in found], float)


def content(figure):
    """All that a figure shows: its texts and, panel by panel, lines, bars and areas, with their numbers and colours."""
    panels = [
        (
            [(line.get_label(), line.get_xydata().tobytes(), line.get_color(), line.get_marker()) for line in axes.lines],
            [(patch.get_path().vertices.tobytes(), patch.get_facecolor()) for patch in axes.patches],
            [[path.vertices.tobytes() for path in collection.get_paths()] for collection in axes.collections],
            (axes.get_xlim(), axes.get_ylim(), axes.get_xscale(), axes.get_yscale()),
        )
        for axes in figure.axes
    ]
    return words_in(figure), panels
