"""The map of accuracies of a grid: the reader of the page chooses its axes, and nothing but seeds is averaged."""

import functools
import itertools
import json

import numpy as np
import pytest
from report.test_answer import made
from support.test_colours import contrast

import scratchnet as sn
from scratchnet.comparison import Comparison
from scratchnet.plots.maps import INKS, shade
from scratchnet.report import write_report
from scratchnet.report.accuracies import accuracy_caption, accuracy_data, accuracy_table
from scratchnet.report.drawn import draw
from scratchnet.report.svg import Svg

VARIED = {"hidden": [[9], [8]], "activation": [sn.ReLU, sn.Tanh], "lr": [0.1, 0.01], "batch_size": [8, 16]}


@functools.cache
def grid_of(*names, finished=1.0):
    """Two initializers and the settings of these names, with an accuracy of its own for each run. 0.0625 is a tie in .3f."""
    found = made({"He": [0.5] * 2, "Xavier": [0.5] * 2}, **{name: VARIED[name] for name in names})
    rng = np.random.default_rng(len(names))
    results = [one for one in found.results if rng.random() < finished]
    for one in results:
        vars(one)["test_accuracy"] = float(rng.choice([0.0, 0.0625, 0.3125, 1.0, rng.random()]))
    result = Comparison(found.runs, results, found.train)
    result.predicted = {label: found.predicted[label] for label in result.by_label}
    result.predicted_losses = {}
    return result


GRIDS = [grid_of("hidden"), grid_of("activation", "lr"), grid_of("hidden", "lr", "batch_size", finished=0.6)]


@pytest.mark.parametrize("result", GRIDS)
def test_caption_table_and_data_average_nothing_but_seeds(result):
    data = accuracy_data(result)
    settings = [dict(zip(data["settings"], cell["at"], strict=True)) for cell in data["cells"]]
    assert len({str(one) for one in settings}) == len(settings) == len(result.by_label)
    for rows, columns in itertools.permutations(result.varying, 2):
        result.axes = rows, columns
        panels = result.panels(rows, columns)
        cells = [
            (row, title, column, accuracy)
            for title, some in panels.items()
            for row, one in some.items()
            for column, accuracy in one.items()
        ]
        table = accuracy_table(result)
        several = len(panels) > 1
        shown = [
            (row, rest[0] if several else "", column, text)
            for row, *rest in table.rows
            for column, text in zip(table.header[1 + several :], rest[several:], strict=True)
            if text != "-"
        ]
        assert sorted(shown) == sorted((*place, f"{accuracy:.4f}") for *place, accuracy in cells)
        means = [accuracy for *_, accuracy in cells]
        caption = accuracy_caption(result)
        assert f"from {min(means):.3f} (" in caption and f"to {max(means):.3f} (" in caption
        assert all(name in caption for name in result.varying)
        assert sorted(means) == sorted(cell["mean"] for cell in data["cells"])
        if not several:
            assert panels[""] == result.accuracies(rows, columns)
    del result.axes


def test_each_number_can_be_read_on_its_shade():
    for accuracy in np.linspace(0, 1, 101):
        fill, ink = shade(accuracy)
        assert contrast(fill, ink) >= 4.5, accuracy
    figure = draw(grid_of("hidden").accuracy_figure("initializer", "hidden layers"), "accuracy").image
    assert any(ink in figure.content for ink in INKS)  # not a variable of the page, which differs in the dark


# ---- in a browser ----

READ = """
const says = (one) => one.textContent, choices = ["rows", "columns"].map((name) => document.getElementById(`map-${name}`));
const read = () => {
  const map = document.querySelector("#accuracy .heat");
  const panels = [...map.querySelectorAll(":scope > div")].map((panel) => [says(panel.querySelector("p")),
    ...[".row-name", ".column", "b"].map((kind) => [...panel.querySelectorAll(kind)].map(says))]);
  const table = [...document.querySelectorAll("#accuracy details tr")].map((line) => [...line.children].map(says));
  return [panels, table, map.getAttribute("aria-label"), document.querySelector("#accuracy figcaption").textContent,
    choices.map((one) => one.value)];
};
const found = [read()];
for (const pair of arguments[0] || []) {
  pair.forEach((value, i) => { choices[i].value = value; choices[i].dispatchEvent(new Event("change")); });
  found.push(read());
}
return found;
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page of the last grid, with an empty figure."""
    images = {"accuracy": Svg("0 0 9 9", "9%", "")}
    return write_report(GRIDS[-1], images, tmp_path_factory.mktemp("axes") / "report.html")


def test_for_every_pair_of_settings_the_page_shows_the_means_of_python(path, show):
    result, browser = GRIDS[-1], show(path)
    pairs = list(itertools.permutations(result.varying, 2))
    assert len(pairs) == 12
    found = browser.execute_script(READ, pairs)
    for (rows, columns), (panels, table, label, caption, chosen) in zip([result.axes, *pairs], found, strict=True):
        expected = result.panels(rows, columns)
        assert {title for title, *_ in panels} == set(expected) and len(panels) == len(expected)
        for title, names, heads, numbers in panels:
            cells = dict(zip(itertools.product(names, heads), numbers, strict=True))
            means = {(row, column): f"{one:.3f}" for row, some in expected[title].items() for column, one in some.items()}
            assert means and {at: text for at, text in cells.items() if text != "-"} == means
        result.axes = rows, columns
        written = accuracy_table(result)
        assert caption == label == accuracy_caption(result)
        assert sorted(map(sorted, table)) == sorted(map(sorted, [written.header, *written.rows]))
        del result.axes
        assert chosen == [rows, columns]
    assert browser.get_log("browser") == []


def test_the_axes_are_chosen_by_keyboard_and_kept_in_the_address(path, show, browser):
    from selenium.webdriver import ActionChains, Keys

    for hash in ("#rows=nonsense&columns=batch&step=0", "#rows=batch&columns=batch"):  # they name no pair
        assert show(path, hash).execute_script(READ)[0][-1] == ["initializer", "hidden layers"]
    browser.execute_script("document.getElementById('map-rows').focus()")
    ActionChains(browser).send_keys(Keys.ARROW_DOWN).perform()  # to what the columns have: the two change places
    assert browser.execute_script(READ)[0][-1] == ["hidden layers", "initializer"]
    ActionChains(browser).send_keys(Keys.TAB).send_keys(Keys.END).perform()
    before = browser.execute_script(READ)
    assert before[0][-1] == ["hidden layers", "batch"] and "rows=hidden+layers&columns=batch" in browser.current_url
    assert show(path, "#" + browser.current_url.partition("#")[2]).execute_script(READ) == before


def test_without_a_script_the_drawn_figure_stands_and_a_narrow_screen_holds_the_map(path, show, browser):
    assert show(path, width=375).execute_script("return document.documentElement.scrollWidth") <= 375
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    show(path)
    assert browser.find_element("css selector", "#accuracy .plot svg").is_displayed()
    assert not browser.find_element("id", "map-rows").is_displayed()


def test_a_comparison_of_initializers_alone_has_no_axes_to_choose():
    found = made({"He": [0.9], "Xavier": [0.3]})
    assert accuracy_data(found) is None and json.dumps(accuracy_data(grid_of("hidden")))
