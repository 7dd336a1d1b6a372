"""No text of a figure lies on another one or leaves the figure, whatever its labels, layers, seeds and settings are."""

import functools
import itertools
import math
import warnings

import numpy as np
import pytest
from matplotlib.text import Text
from plots.drawn import words_in

from scratchnet import plots
from scratchnet.plots.backend import own_settings
from scratchnet.spread import Histogram, Jacobian, LayerSpread, Spread
from scratchnet.support.colours import looks

LONG = "an initializer whose name tells its whole story, with draw=uniform and gain=1.4142135623730951"
LABELS = {
    "plain": ["std 0.01", "Xavier (book: 1/n)", "He"],
    "one": ["He"],
    "long": [LONG, LONG + " and more", "He"],
    "one word": ["x" * 120, "y" * 120],
    "seven of a grid": [f"He / 100x{k} / Tanh / SGD(lr=0.0{k}) / 128" for k in range(1, 8)],
    "odd": ["$x^2$", "重みの初期化", "a_b", "\U0001f600", "_he"],
}
TITLES = ["", ": 784–100×4–10, ReLU, SGD 0.01", f": {LONG}, Momentum(momentum=0.5) 2e-5\n7 of 24 settings shown"]


@functools.cache
def spread(depth, seed=0, size=1.0):
    rng = np.random.default_rng(seed)

    def layers(k):
        values = size * np.maximum(rng.standard_normal(300), 0)
        yield LayerSpread(f"Affine{k}", std=size, w_rms=0.1, dw_rms=1e-3, update_ratio=-3.2 - k / 10)
        shares = {"zero": 0.5, "dead": 0.123, "saturated": 0.05}
        histogram = Histogram.from_values(values)
        yield LayerSpread(
            f"ReLU{k}", std=size * 0.3141, within_std=size * 0.2718, grad_rms=1e-3 / k, histogram=histogram, **shares
        )

    found = [layer for k in range(1, depth + 1) for layer in layers(k)]
    return Spread(found, first_loss=2.3, classes=10, jacobian=Jacobian(1.0, 2.0, 1.0, (2.0, 1.0, 0.5)))


def drawn(name, labels, depth, title):
    each = {label: spread(depth, i, 0.01 if i == 1 else 1.0) for i, label in enumerate(labels)}
    lists = {label: [one, one] for label, one in each.items()}
    match name:
        case "loss":
            curves = {label: [[2.3, 2.3 - 0.1 * i, 2.2 - 0.2 * i]] * 2 for i, label in enumerate(labels)}
            curves[labels[-1]] = [[2.4, 1e5, math.nan]] * 2
            return plots.loss_curves(curves, title="Training loss" + title)
        case "activations":
            step = {labels[0]: 1234}
            each = dict(list(each.items())[:2])
            return plots.activation_histograms(
                each, "Activations before training, seed 0" + title, None, each, diverged=step
            )
        case "spread":
            return plots.spread_by_depth(lists, "Spread before training" + title, predicted=each)
        case "update_ratios":
            return plots.update_ratios(lists, "Steps before training" + title, predicted=each)
        case "singular_values":
            return plots.singular_values(each, "Stretch before training" + title, predicted=each)
        case "accuracy":
            cells = {label: {f"100x{k}": 0.1 * k for k in range(1, 1 + min(depth, 6))} for label in labels}
            return plots.accuracy_map({f"activation ReLU, {label}": cells for label in labels[:3]}, "Test accuracy" + title)
        case _:
            return plots.accuracy_panels(
                {f"panel {label}": {label: [0.1, 0.9]} for label in labels}, title="Accuracy" + title
            )


def laid_out(figure):
    """The boxes of the visible texts, by what they say. The layout is made as when the figure is saved."""
    plots.plain_texts(figure)
    with own_settings(), warnings.catch_warnings():
        warnings.filterwarnings("error", message="constrained_layout")
        figure.draw_without_rendering()
        hidden = not_shown(figure)
        return [
            (text.get_text(), Text.get_window_extent(text))
            for text in figure.findobj(Text)
            if text.get_text().strip("\u200b \n") and text.get_visible() and id(text) not in hidden
        ]


def not_shown(figure):
    """Texts of panels that are not shown, and of ticks beyond the ends of their axis."""
    hidden = set()
    for axes in figure.axes:
        if not axes.get_visible():
            hidden |= {id(text) for text in axes.findobj(Text)}
        for axis in (axes.xaxis, axes.yaxis):
            shown = {id(one) for tick in axis._update_ticks() for one in (tick.label1, tick.label2)}
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            hidden |= {id(one) for tick in ticks for one in (tick.label1, tick.label2)} - shown
    return hidden


NAMES = ["loss", "activations", "spread", "update_ratios", "singular_values", "accuracy", "panels"]
SHAPES = [("plain", 1, 1), ("one", 2, 2), ("long", 5, 1), ("seven of a grid", 8, 2), ("odd", 3, 0)]


@pytest.mark.parametrize(
    ("name", "labels", "depth", "title"),
    [*((name, *shape) for name in NAMES for shape in SHAPES), ("loss", "one word", 2, 0), ("spread", "one word", 2, 1)],
)
def test_no_text_lies_on_another_or_leaves_the_figure(name, labels, depth, title):
    figure = drawn(name, LABELS[labels], depth, TITLES[title])
    boxes = laid_out(figure)
    width, height = figure.bbox.size
    for words, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, (words, box, width, height)
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across < 1 or along < 1.5, (one, other, across, along)


def test_labels_that_are_shortened_stay_different():
    from scratchnet.plots.base import fitted

    names = fitted([LONG, LONG[:-1] + "2", LONG[:40] + "?" + LONG[41:], "He"], 100)
    assert len(set(names)) == 4 and names[3] == "He" and all(len(one) < 40 for one in names)


@pytest.mark.parametrize("label", ["$x^2$", r"$\frac{", r"$\mathdefault{10^{-3}}$", "a_{b} $c", "\\alpha"])
def test_no_label_is_mathematics(label):
    figure = plots.spread_by_depth({label: [spread(3), spread(3, 1)]})
    plots.plain_texts(figure)
    texts = [text for text in figure.findobj(Text) if text.get_text() == label]
    assert texts and not any(text.get_parse_math() for text in texts if "$" in text.get_text())


def test_a_character_without_a_font_is_an_escape_in_the_png_and_itself_afterwards():
    figure = plots.loss_curves({"a\u1234\U0010fffd": [[2.0, 1.0]]})
    plots.to_files(figure, svg=False)
    assert any(text.get_text() == "a\u1234\U0010fffd" for text in figure.findobj(Text))
    with plots.base.with_known_glyphs(figure):
        shown = [
            text for text in figure.findobj(Text) if text.get_text().startswith("a") and "\\U0010fffd" in text.get_text()
        ]
        assert shown and "\U0010fffd" not in shown[0].get_text()


def test_a_tick_without_a_font_is_an_escape_too_though_matplotlib_writes_it_anew():
    figure = plots.accuracy_map({"a\U0010fffd": {"b\U0010fffd\x1b": 0.5}, "重み": {"b\U0010fffd\x1b": 0.5}})
    with plots.base.with_known_glyphs(figure):
        families = [text.get_fontfamily() for text in figure.axes[0].get_yticklabels() if text.get_text() == "重み"]
        assert families == [[plots.glyphs.OWN, plots.glyphs.family_with("重")]] or not plots.glyphs.family_with("重")
        assert {"a\\U0010fffd", "b\\U0010fffd\\x1b"} <= set(words_in(figure))
    axes = figure.axes[0]
    after = [*axes.xaxis.get_major_formatter().seq, *axes.yaxis.get_major_formatter().seq]
    assert after == ["b\U0010fffd\\x1b", "a\U0010fffd", "重み"]


def test_a_legend_of_many_lines_takes_nothing_from_the_panels():
    def height(names):
        figure = plots.spread_by_depth({name: [spread(2, i)] for i, name in enumerate(names)})
        plots.to_files(figure, svg=False)  # which makes the layout
        return figure.axes[0].get_position().height * figure.get_size_inches()[1]

    assert height([f"{LONG} {i}" for i in range(7)]) > 0.85 * height(["He", "std 1"])


def test_a_look_depends_on_the_label_alone():
    alone, among = looks(["He"])["He"], looks(["mine", "std 0.01", "He", "Orthogonal"])
    assert alone.colour == among["He"].colour == looks(["He()"])["He()"].colour
    for names in (["std 0.01", "Normal(0.01)", "randn · 0.01", "Normal(sigma=1e-2)"], ["std 1", "Normal(1.0)", "randn · 1"]):
        assert len({looks([name])[name].colour for name in names}) == 1
    assert {label: look.colour for label, look in among.items()} == {
        label: look.colour for label, look in looks(["Orthogonal", "He", "std 0.01", "mine"]).items()
    }
    assert len({look.colour for look in looks([f"mine {i}" for i in range(7)]).values()}) == 7
    grid = looks(["He / 1", "He / 2", "std 1 / 1"], {"He / 1": "He", "He / 2": "He", "std 1 / 1": "std 1"})
    assert grid["He / 1"].colour == grid["He / 2"].colour == alone.colour != grid["std 1 / 1"].colour
    assert (grid["He / 1"].dash, grid["He / 1"].marker) != (grid["He / 2"].dash, grid["He / 2"].marker)
