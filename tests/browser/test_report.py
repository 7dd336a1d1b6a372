"""The page of a comparison in a real browser: what its script draws, and how a reader moves through it."""

import json
import math
import re

import numpy as np
import pytest
from browser.axe import violations
from report.markup import Chart


def test_it_loads_from_the_disk_without_an_error_or_a_request(page, path):
    browser = page()
    assert browser.execute_script("return !document.getElementById('playground').hidden")
    assert browser.get_log("browser") == []
    events = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {path.as_uri()}


def test_it_reads_without_script(page, browser, result):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    shown = page().find_element("tag name", "body").text
    assert result.ranking[0] in shown and "The results" in shown and "The figures" in shown
    assert "With JavaScript, this part" in shown and "Play" not in shown and "Move through the training" not in shown


def test_the_training_charts_draw_the_losses_and_the_histograms(page, data):
    training, labels = data["training"], data["labels"]
    place = 5
    browser = page(f"#step={place}")
    drawn = Chart(browser, "curve-chart", log=True)
    assert len(drawn.lines) == 2 * len(labels)
    for i, label in enumerate(labels):
        pairs = zip(training["steps"], training["loss"][label], strict=True)
        steps, losses = np.array([(step, loss) for step, loss in pairs if loss is not None]).T
        low, high = (np.polyval(drawn.y_scale, y) for y in (216, 6))  # the pixels of the axis's ends
        assert high < math.log10(3.5 * math.log(data["classes"]))  # an explosion flattens nobody
        inside = (np.log10(losses) > low) & (np.log10(losses) < high)
        for line, upto in ((drawn.lines[2 * i], place), (drawn.lines[2 * i + 1], steps[-1])):
            shown = inside & (steps <= upto)
            cuts = np.diff(np.concatenate([shown[:1], shown & (steps <= upto)])) if line.size else []
            at = {round(x): y for x, y in line if abs(x - round(x)) < 0.01}
            assert len(line) <= shown.sum() + np.count_nonzero(cuts) and (line[:, 1] < high + 0.02).all()
            found = [at[step] for step in steps[shown]]
            np.testing.assert_allclose(found, np.log10(losses[shown]), atol=0.1 * abs(drawn.y_scale[0]) + 1e-9)
    step = training["steps"][place - 1]
    rows = browser.execute_script(
        "return [...document.querySelectorAll('#snapshots .row')].map((row) => [...row.querySelectorAll('svg')].map((svg) =>"
        " [...svg.querySelectorAll('rect')].map((bar) => Number(bar.getAttribute('height')))))"
    )
    for label, histograms in zip(labels, rows, strict=True):
        snapshot = min(training["snapshots"][label], key=lambda one: abs(one["step"] - step))
        for layer, heights in zip(snapshot["layers"], histograms, strict=True):
            shares = np.array([share for share in layer["shares"] if share], float)
            assert len(heights) == len(shares)
            if len(shares):
                np.testing.assert_allclose(np.square(heights) / max(heights) ** 2, shares / shares.max(), atol=1e-3)


def test_sliders_move_the_figures_and_the_hash_brings_them_back(page):
    browser = page()
    charts = ("std-chart", "gradient-chart", "ratio-chart", "curve-chart", "now-chart", "snapshots", "sentence")

    def drawn():
        script = (
            "const one = $(arguments[0]).cloneNode(true); one.querySelectorAll('.live').forEach((mark) => mark.remove())"
        )
        browser.execute_async_script(
            "const done = arguments[0]; const wait = () => race.spreads ? setTimeout(done, 90) : setTimeout(wait, 9); wait()"
        )
        return {name: browser.execute_script(f"{script}; return one.innerHTML", name) for name in charts}

    def move(slider, value):
        browser.execute_script(
            f"const one = document.getElementById({slider!r}); one.value = {value}; one.dispatchEvent(new Event('input'))"
        )

    start = drawn()
    move("size", -0.7)
    sized = drawn()
    assert all(sized[name] != start[name] for name in ("std-chart", "gradient-chart", "ratio-chart", "sentence"))
    assert sized["curve-chart"] == start["curve-chart"]
    move("depth", 17)
    deep = drawn()
    assert all(deep[name] != sized[name] for name in ("std-chart", "gradient-chart", "ratio-chart", "sentence"))
    assert "17 layers" in deep["sentence"]
    move("step", 12)
    trained = drawn()
    assert all(trained[name] != deep[name] for name in ("curve-chart", "now-chart", "snapshots"))
    assert trained["std-chart"] == deep["std-chart"]
    found = browser.current_url.partition("#")[2]
    assert page("#" + found) and drawn() == trained
    assert page("#size=nonsense&depth=1e9&step=-1&law=none&setting=99") and drawn() == start
    assert browser.get_log("browser") == []


def test_the_keyboard_alone_reaches_all_and_moves_it(page):
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.support.ui import WebDriverWait

    browser = page()
    wanted = browser.execute_script(
        "window.reached = new Set(); document.addEventListener('focusin', (event) => reached.add(event.target));"
        "window.wanted = [...document.querySelectorAll('a, button, select, input, summary, [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility()); return wanted.length"
    )
    assert wanted > 15
    ActionChains(browser).send_keys(Keys.TAB * (wanted + 2)).perform()
    assert browser.execute_script("return wanted.filter((one) => !reached.has(one)).map((one) => one.outerHTML)") == []
    browser.execute_script("document.getElementById('depth').focus()")
    before = int(browser.find_element("id", "depth-says").text)
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT * 3).perform()
    WebDriverWait(browser, 10).until(  # it is drawn with the next frame
        lambda _: int(browser.find_element("id", "depth-says").text) == before + 3
    )
    browser.execute_script("document.querySelector('#loss summary').focus()")
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    assert browser.find_element("css selector", "#loss table").is_displayed()


def test_the_dark_scheme_and_reduced_motion_are_respected(page):
    style = "return getComputedStyle(document.querySelector({!r})).{}"
    light = page().execute_script(style.format("body", "backgroundColor"))
    moving = page().execute_script(style.format(".bar", "transitionDuration"))
    dark = page(scheme="dark", motion="reduce").execute_script(style.format("body", "backgroundColor"))
    assert sum(map(int, re.findall(r"\d+", light))) > 600 > 150 > sum(map(int, re.findall(r"\d+", dark)))
    assert moving != "0s" and page(motion="reduce").execute_script(style.format(".bar", "transitionDuration")) == "0s"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 360)])
def test_axe_finds_no_violation(page, scheme, width):
    assert violations(page(scheme=scheme, width=width)) == []


def test_a_narrow_screen_cuts_nothing_off(page):
    browser = page(width=360)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (375, 812)])
def test_a_picture_is_on_the_first_screen(page, width, height):
    box = (
        "const box = document.querySelector('.glance svg').getBoundingClientRect(); return [box.top, box.bottom, box.width]"
    )
    top, bottom, wide = page(width=width).execute_script(box)
    assert 0 < top < bottom < height and wide > 200


def test_a_word_explains_itself_on_focus(page):
    browser = page()
    browser.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})  # as a window in front has it
    tip = "window.term = [...document.querySelectorAll('.term')].find((one) => one.checkVisibility()); term.focus();"
    tip += "return [getComputedStyle(term, '::after').content, getComputedStyle(term, '::after').position]"
    meaning, position = browser.execute_script(tip)
    assert len(meaning) > 60 and position == "fixed"  # so that no table cuts it off
    described = browser.execute_script("return document.getElementById(term.getAttribute('aria-describedby')).innerText")
    assert len(described) > 40


def test_a_print_from_the_dark_scheme_is_light_and_whole(page, browser):
    page(scheme="dark", width=700)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    style = "const style = getComputedStyle(document.documentElement);"
    style += "return [style.getPropertyValue('--paper'), style.colorScheme]"
    paper, scheme = browser.execute_script(style)
    cut = (
        "return [...document.querySelectorAll('.scroll, .plot')].filter((one) => one.checkVisibility())"
        ".filter((one) => one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== 'visible').length"
    )
    found = browser.execute_script(cut)
    fits = browser.execute_script("return document.querySelector('.cards table').scrollWidth <= innerWidth")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert (paper.strip(), scheme, found, fits) == ("#ffffff", "light", 0, True)


def test_on_a_phone_the_results_are_read_without_scrolling_sideways(page):
    browser = page(width=375)
    wide = "const one = document.querySelector('.cards'); return [one.scrollWidth, one.clientWidth]"
    scroll, client = browser.execute_script(wide)
    assert scroll <= client
    names = browser.execute_script("return getComputedStyle(document.querySelector('.cards td'), '::before').content")
    assert "test accuracy" in names
