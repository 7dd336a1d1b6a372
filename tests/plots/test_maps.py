"""The map of σ_w and depth: its lines are the depth scale's, and networks stand where they are."""

import functools
import itertools
import math

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.text import Text
from plots.drawn import words_in

import scratchnet as sn
from scratchnet import plots
from scratchnet.support.colours import looks

BIAS = math.sqrt(0.05)
HERE = {"LeCun": (1.0, 4), "He": (math.sqrt(2), 20), "std 1": (10.0, 7)}


@functools.cache
def relu_map():
    return plots.trainability(sn.ReLU, HERE)


@functools.cache
def tanh_map():
    return plots.trainability(sn.Tanh, {"a": (1.0, 5)}, BIAS)


def line(figure, name):
    """(σ_w, depth) of a line, by what the legend calls it."""
    found = next(line for line in figure.axes[0].lines if line.get_label().startswith(name))
    return np.array(found.get_xdata(), float), np.array(found.get_ydata(), float)


def critical(figure):
    return [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_label().startswith("critical")]


def shares(figure, sigma_w, depth):
    """Between which multiples of ξ the map shades a point."""
    (shades,) = (one for one in figure.axes[0].collections if isinstance(one, ContourSet))
    return [k for k, path in enumerate(shades.get_paths()) if path.contains_point((sigma_w, depth))]


@pytest.mark.parametrize("level", [1, 6])
def test_relus_contours_are_the_closed_form(level):
    sizes, depths = line(relu_map(), "depth = ξ" if level == 1 else "depth = 6 ξ")
    assert min(sizes) < 0.8 and max(sizes) > 10 and not np.isnan(depths).any()
    away = np.abs(sizes / math.sqrt(2) - 1) > 0.05
    np.testing.assert_allclose(depths[away], level / np.abs(np.log(sizes[away] ** 2 / 2)), rtol=1e-6)
    assert depths[np.abs(sizes - math.sqrt(2)) < 1e-12].min() >= 100  # at the critical point it leaves the map


@pytest.mark.parametrize(("sigma_w2", "xi"), [(1.0, 3.6), (1.3, 7.8), (1.9, 39.3), (2.5, 11.8), (4.0, 7.0)])
def test_tanhs_contours_with_biases_are_the_known_depth_scales(sigma_w2, xi):
    sizes, depths = line(tanh_map(), "depth = ξ")
    found = np.exp(np.interp(math.log(sigma_w2) / 2, np.log(sizes), np.log(depths)))
    assert found == pytest.approx(xi, rel=0.05)


@pytest.mark.parametrize(("sigma_w", "depth"), [(1.0, 4), (1.0, 2), (0.8, 10), (3.0, 3), (1.2, 30)])
def test_the_shade_is_the_depth_in_units_of_xi(sigma_w, depth):
    multiple = depth * abs(math.log(sigma_w**2 / 2))
    assert abs(multiple - round(multiple)) > 0.03
    assert shares(relu_map(), sigma_w, depth) == [math.floor(multiple)]


def test_beyond_twelve_xi_all_is_one_shade():
    figure = relu_map()
    assert shares(figure, 8.0, 50) == shares(figure, 0.6, 90) == [12]


@pytest.mark.parametrize(
    ("draw", "expected"),
    {
        "ReLU": (relu_map, [math.sqrt(2)]),
        "ReLU, biases": (lambda: plots.trainability(sn.ReLU, {}, 0.3), []),
        "Tanh": (lambda: plots.trainability(sn.Tanh, {}), [1.0]),
        "Tanh, biases": (tanh_map, [math.sqrt(1.7610)]),
        "GELU": (lambda: plots.trainability(sn.GELU, {}), []),  # σ_w = 2 explodes: it is critical only near q = 0
        "Softplus": (lambda: plots.trainability(sn.Softplus, {}), []),
    }.values(),
)
def test_the_critical_size_is_a_line_where_there_is_one(draw, expected):
    assert critical(draw()) == pytest.approx(expected, rel=1e-4)


def test_each_network_stands_where_it_is_with_its_name():
    figure = relu_map()
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    placed = {one.get_marker(): one for one in axes.lines if len(one.get_xdata()) == 1}
    for label, place in HERE.items():
        look = looks(HERE)[label]
        one = placed[plots.MARKERS[look.marker]]
        assert (one.get_xdata()[0], one.get_ydata()[0]) == place and one.get_color() == look.colour
    assert {text.get_text(): text.xy for text in axes.texts} == HERE
    told = words_in(figure)
    assert {"you are here", "depth = ξ", "depth = 6 ξ", "critical σ_w = 1.41"} <= set(told)
    assert "Where a network can be trained: ReLU" in told


def test_labels_of_networks_that_are_alike_do_not_lie_on_each_other():
    figure = plots.trainability(sn.ReLU, {f"initializer {i}": (1.0 + i / 100, 10) for i in range(6)})
    figure.draw_without_rendering()
    axes = figure.axes[0]
    middles = [axes.transData.transform(text.get_position()) for text in axes.texts]
    sizes = [Text.get_window_extent(text).size for text in axes.texts]  # without the line to the marker
    for i, j in itertools.combinations(range(6), 2):
        apart = np.abs(middles[i] - middles[j]) - (sizes[i] + sizes[j]) / 2
        assert apart.max() > 0
    assert all(axes.get_window_extent().contains(*middle) for middle in middles)


def test_what_is_not_on_the_map_stands_at_its_edge_and_says_so():
    here = {"Zeros": (0.0, 5), "huge": (1e9, 5), "nan": (math.nan, 5), "inf": (math.inf, 5), "none": (1.0, 0)}
    figure = plots.trainability(sn.Sigmoid, here, 0.3)
    axes = figure.axes[0]
    places = {text.get_text(): text.xy for text in axes.texts}
    (left, right), low = axes.get_xlim(), axes.get_ylim()[0]
    assert places == {"Zeros (σ_w = 0)": (left, 5), "huge (σ_w = 1e9)": (right, 5), "none": (1.0, low)}
    assert 0.005 < left < right < 200
    assert "σ_b = 0.3" in axes.get_xlabel()
    assert words_in(figure)


def test_the_map_is_as_deep_as_the_networks_need():
    assert plots.trainability(sn.Sigmoid, {"a": (1.4, 1000)}).axes[0].get_ylim()[1] == 3000
    assert plots.trainability(sn.Sigmoid, {}).axes[0].get_ylim() == (1, 100)


class Bent(sn.Layer):
    """Half of a ReLU's other side too: |x|, whose E φ'² is 1."""

    def forward(self, x):
        self.x = x
        return np.abs(x)

    def backward(self, dout):
        return dout * np.sign(self.x)


class Square(sn.Layer):
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout


def test_an_activation_of_ones_own_has_a_map():
    figure = plots.trainability(Bent, {"mine": (1.0, 10)})
    assert critical(figure) == pytest.approx([1.0]) and "Where a network can be trained: Bent" in words_in(figure)
    sizes, depths = line(figure, "depth = ξ")
    away = np.abs(sizes - 1) > 0.05
    np.testing.assert_allclose(depths[away], 1 / np.abs(np.log(sizes[away] ** 2)), rtol=1e-6)


@pytest.mark.parametrize("activation", [Square, sn.Sigmoid, sn.SELU, sn.SiLU, sn.Softsign])
def test_the_lines_of_a_map_are_the_depth_scale(activation):
    """Also where an activation has no critical point, or where nothing comes through: and without a warning."""
    figure = plots.trainability(activation, HERE)
    sizes, depths = line(figure, "depth = 6 ξ")
    top = figure.axes[0].get_ylim()[1]
    for i in range(0, len(sizes), 20):
        try:
            xi = sn.depth_scale(activation, sizes[i] ** 2)
        except ZeroDivisionError:
            xi = 0
        assert depths[i] == pytest.approx(min(max(6 * xi, 1e-3), 10 * top), rel=1e-12)
    assert {f"Where a network can be trained: {activation.__name__}", *HERE} <= set(words_in(figure))


@pytest.mark.parametrize("sigma_b", [-0.1, math.nan, "0.1"])
def test_a_sigma_b_that_is_none_is_refused(sigma_b):
    with pytest.raises(sn.InputError, match="sigma_b"):
        plots.trainability(sn.Tanh, HERE, sigma_b)
