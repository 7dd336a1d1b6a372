"""The axes of the map of accuracies in a real browser: what is chosen, shown, and kept in the address."""

import itertools

import pytest
from report.test_accuracies import GRIDS

from scratchnet.report import write_report
from scratchnet.report.accuracies import accuracy_caption, accuracy_table
from scratchnet.report.svg import Svg

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
