"""The stand-alone page: what its digits are, and how the race behaves in a real browser. tests/pages says who learns."""

import json
import re

import numpy as np
import pytest
from browser.axe import violations
from report.markup import Tags
from small import mnist

from scratchnet.report.playground_page import write_playground

SMALL = "#depth=2&batch=16&racers=0,2"  # a race that takes little time


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    return write_playground(mnist()[0], tmp_path_factory.mktemp("playground") / "playground.html")


@pytest.fixture(scope="session")
def text(path):
    return path.read_text(encoding="utf-8")


@pytest.fixture
def page(show, path):
    """Opens the page and waits until its worker has answered; afterwards there is no error in the console."""
    opened = []

    def open_page(hash="", **how):
        browser = show(path, hash, **how)
        browser.execute_async_script("const done = arguments[0]; started.then(done)")
        wait(browser, "return race.spreads !== null")
        opened.append(browser)
        return browser

    yield open_page
    assert not opened or opened[-1].get_log("browser") == []


def wait(browser, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 60, 0.05).until(lambda _: browser.execute_script(condition))


def press(browser, name, inside=""):
    """Clicks where it stands: the page need not scroll there first."""
    browser.execute_script(f"document.querySelector({f'#{name} {inside}'!r}).click()")


def play(browser, until, guess="skipped"):
    """Plays to this step, as a reader does: Play, and a guess where it is asked for."""
    browser.execute_script(f"race.until = {until}")
    press(browser, "play")
    if browser.find_element("id", "guess").is_displayed():
        press(browser, "guesses", f"button[value='{guess}']")
    wait(browser, f"return race.step >= {until} && !race.playing")


def test_the_page_is_whole_small_and_refers_to_nothing_outside(text):
    tags = Tags(text)
    assert not tags.open and len(set(tags.ids)) == len(tags.ids)
    assert len(text.encode()) < 1_000_000
    targets = [value for _, name, value in tags.attributes if name in ("src", "href", "action", "srcset")]
    assert targets and all(target.startswith(("#", "data:")) for target in targets)
    assert not re.search(r"@import|url\((?!#)", text) and "{{" not in text
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy and "worker-src blob:" in policy and "'unsafe-eval'" not in policy


def test_its_digits_are_the_first_of_mnist_to_train_on_and_the_last_to_test_on(page):
    found = page().execute_async_script(
        "const done = arguments[0];"
        "unpackDigits().then(({labels, n}) => done([[...labels], n, [...levels.slice(0, 784 * 3)],"
        " [...levels.slice(784 * 2499)], playground.digits.train, playground.digits.test]))"
    )
    labels, n, first, last, train, test = found
    data = mnist()[0]
    assert (n, train, test) == (784, 2000, 500)
    assert labels == [*data.labels[:2000], *data.labels[-500:]]
    expected = np.rint(data.images[[0, 1, 2, -1]].reshape(4, -1) / 17)
    assert np.array_equal(np.reshape(first + last, (4, -1)), expected)


def test_rewind_and_play_give_the_same_numbers(page):
    browser = page(SMALL)
    play(browser, 20)
    first = browser.execute_script("return race.losses")
    assert np.array(first).shape == (2, 20)  # std 0.01 and He, where the sliders are too
    press(browser, "rewind")
    wait(browser, "return race.step === 0 && race.spreads !== null")
    assert browser.execute_script("return race.losses") == [[], []]
    for _ in range(3):
        press(browser, "one-step")
    wait(browser, "return race.step === 3")
    play(browser, 20)
    assert browser.execute_script("return race.losses") == first
    browser.execute_script("state.seed = 1; restart()")
    wait(browser, "return race.step === 0 && race.spreads !== null")
    play(browser, 3)
    assert browser.execute_script("return race.losses")[1] != first[1][:3]


def test_before_the_first_step_the_dots_are_on_theorys_lines(page):
    browser = page("#racers=0,1,2")
    found = browser.execute_script(
        "return race.starts.map((one, k) => ({ expected: predictStart(one), spread: race.spreads[k] }))"
    )
    rows = browser.execute_script("return playground.inputs.rows")
    for one in found:
        expected, spread = one["expected"], one["spread"]
        np.testing.assert_allclose(spread["std"], [layer["std"] for layer in expected["activations"]], rtol=0.35)
        gradients = np.array(spread["gradients"]) / rows
        np.testing.assert_allclose(gradients, [layer["gradient"] for layer in expected["activations"]], rtol=0.5)
        np.testing.assert_allclose(np.log10(spread["ratios"]), [step["ratio"] for step in expected["steps"]], atol=0.3)
    assert browser.execute_script("return document.querySelectorAll('#std-chart path.live').length") == 3


def test_a_race_asks_for_a_guess_first_and_says_who_learned_first(page):
    browser = page("#depth=1&batch=64&lr=0.3&racers=0,2")
    browser.execute_script("race.until = 40")
    press(browser, "play")
    assert browser.find_element("id", "guess").is_displayed() and browser.execute_script("return race.step") == 0
    press(browser, "guesses", "button[value='std 0.01']")
    wait(browser, "return race.step >= 40 && !race.playing")
    news = browser.find_element("id", "news").text
    assert (
        re.search(r"He learned first, at step \d+", news)
        and "You guessed std 0.01." in news
        and "ends after 40 steps" in news
    )
    assert not browser.find_element("id", "play").is_enabled() and browser.find_element("id", "rewind").is_enabled()
    rows = [row.text for row in browser.find_elements("css selector", "#race-table tbody tr")]
    assert any(row.startswith("He") and re.search(r"step \d", row) for row in rows)


def test_the_sliders_race_too_and_the_hash_brings_all_back(page):
    browser = page(SMALL)
    state = browser.execute_script(
        "const one = $('size'); one.value = 0.3;"
        "for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind));"
        "return { hash: location.hash, labels: race.starts.map((start) => start.label), size: state.size }"
    )
    assert state["labels"] == ["std 0.01", "He", "Your sliders"] and state["size"] == pytest.approx(10**0.3, rel=1e-6)
    again = page(state["hash"]).execute_script("return [race.starts.map((start) => start.label), state.size, state.batch]")
    assert again == [state["labels"], state["size"], 16]
    odd = "#size=nonsense&depth=1e9&law=none&setting=99&racers=7,8,x&lr=-1&batch=0&seed=1.5&activation=-1"
    fresh = page().execute_script("return JSON.stringify(state)")
    assert page(odd).execute_script("return JSON.stringify(state)") == fresh


def test_it_reads_without_script(page, browser, path, show):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    shown = show(path).find_element("tag name", "body").text
    assert "With JavaScript, this part of the page trains the network" in shown and "Rewind" not in shown


def test_it_loads_from_the_disk_without_a_request(page, path):
    browser = page()
    events = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {path.as_uri()}


def guessing(browser):
    press(browser, "play")


def playing(browser):
    browser.execute_script("race.guess = 'skipped'; $('speed').value = 'slow'; race.speed = 'slow'")
    press(browser, "play")
    wait(browser, "return race.step > 0 && race.playing")


def paused(browser):
    playing(browser)
    press(browser, "play")
    wait(browser, "return !race.playing")


def diverged(browser):
    browser.execute_script(
        "Object.assign(state, { activation: 0, law: 'std', size: 20, depth: 18, racers: '0' }); restart()"
    )
    play(browser, 2)
    assert "diverged" in browser.find_element("id", "news").text


def on_the_map(browser):
    browser.execute_script("$('map').focus()")


def in_a_unit(browser):
    browser.execute_script("$('path').children[1].lastChild.click()")
    wait(browser, "return race.look.layer === 1")


@pytest.mark.parametrize("state", [guessing, playing, paused, diverged, on_the_map, in_a_unit], ids=lambda one: one.__name__)
def test_axe_finds_no_violation_in_any_state(page, state):
    looks = {"guessing": {"scheme": "dark"}, "paused": {"width": 375}, "diverged": {"width": 375, "scheme": "dark"}}
    browser = page(SMALL, **looks.get(state.__name__, {}))
    state(browser)
    assert violations(browser) == []
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_the_map_moves_the_sliders_by_key_and_by_pointer(page):
    from selenium.webdriver import ActionChains, Keys

    browser = page(SMALL)
    browser.execute_script("$('map').focus()")
    before = browser.execute_script("return [state.size, state.depth]")
    ActionChains(browser).send_keys(Keys.ARROW_UP * 2 + Keys.ARROW_RIGHT * 3).perform()
    size, depth = browser.execute_script("return [state.size, state.depth]")
    assert depth == before[1] + 2 and size == pytest.approx(before[0] * 10**0.06, rel=1e-5)
    assert "4 layers" in browser.execute_script("return $('map').getAttribute('aria-valuetext')")
    assert browser.execute_script("return race.starts.at(-1).stds.length") == 5  # the race has followed
    script = """
        const svg = $("map"), box = svg.getBoundingClientRect(), W = widthOf(svg);
        const at = { clientX: box.left + mapX(W, 0) * box.width / W, clientY: box.top + mapY(10) * box.height / MAP.height };
        svg.setPointerCapture = () => {};
        svg.dispatchEvent(new PointerEvent("pointerdown", { ...at, pointerId: 1, cancelable: true }));
        svg.dispatchEvent(new PointerEvent("pointerup", at));
        return [sigmaW(state.law, state.size), state.depth, $("depth").value];
    """
    sigma, depth, slider = browser.execute_script(script)
    assert sigma == pytest.approx(1, rel=0.02) and depth == 10
    wait(browser, "return $('depth').value === '10'")
    assert slider in ("4", "10")


def test_a_unit_shows_the_products_that_make_its_number(page):
    browser = page(SMALL)
    wait(browser, "return race.look && $('path').children.length === 2")
    script = """
        const { pixels, x, y, column, bias, layer, unit } = race.look, inputs = layer ? y[layer - 1] : pixels;
        const sum = [...column].reduce((all, w, i) => all + w * inputs[i], bias);
        return [sum, x[layer][unit], column.length, $("unit-words").textContent, layer, unit];
    """
    first = browser.execute_script(script)
    assert first[0] == pytest.approx(first[1], abs=1e-5) and first[2] == 784 and "784 weights" in first[3]
    browser.execute_script(
        "const one = $('path').children[1].lastChild; one.focus();"
        "for (const key of ['Enter', 'ArrowRight', 'ArrowDown'])"
        " one.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))"
    )
    wait(browser, "return race.look.layer === 1 && race.look.unit === 21 && $('unit-words').textContent.includes('Affine2')")
    second = browser.execute_script(script)
    assert second[0] == pytest.approx(second[1], abs=1e-5) and second[2] == 100 and "22 of Affine2" in second[3]
    bars = browser.execute_script("return [...document.querySelectorAll('#scores output')].map((one) => one.textContent)")
    assert len(bars) == 10 and sum(float(one.removesuffix(" %")) for one in bars) == pytest.approx(100, abs=6)


def test_the_wall_puts_every_layer_of_every_start_on_one_axis(page):
    browser = page("#depth=30&racers=0,2&size=1")
    wait(browser, "return document.querySelectorAll('#wall svg').length === 36 && race.spreads")
    assert "12 of the 30 layers" in browser.find_element("id", "wall-words").get_attribute("textContent")
    labels = browser.execute_script("return [...document.querySelectorAll('#wall svg')].map((one) => one.ariaLabel)")
    assert all(label.startswith("ReLU") and "std" in label for label in labels)
    bins = browser.execute_script("return race.spreads.map((one) => [...one.pooledBins])")
    width = len(bins[0]) // 30
    for start in bins:
        for layer in range(30):
            assert sum(start[layer * width : (layer + 1) * width]) == 100 * 500
    middle = [float(np.average(np.arange(1, width), weights=start[29 * width + 1 :])) for start in bins]
    assert middle[0] < middle[2] < middle[1]  # std 0.01 is left of σ_w = 1, which is left of He


def test_with_reduced_motion_it_is_drawn_twice_a_second(page):
    browser = page(SMALL, motion="reduce")
    browser.execute_script("window.drawn = 0; const draw = PARTS.loss; PARTS.loss = () => { window.drawn++; draw(); }")
    browser.execute_script("race.guess = 'skipped'; race.until = 1e6; play(); setTimeout(pause, 1200)")
    wait(browser, "return !race.playing")
    steps, drawn = browser.execute_script("return [race.step, window.drawn]")
    assert steps > 5 and drawn <= 4
