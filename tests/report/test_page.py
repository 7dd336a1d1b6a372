"""The page: its text against the comparison, its script against the Python theory, and its behaviour in a real browser.

One file, because all tests share one comparison and one browser.
"""

import functools
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest
from report.markup import Chart, Tags

import scratchnet as sn
from scratchnet.comparison import Comparison
from scratchnet.report import write_report
from scratchnet.report.drawn import draw
from scratchnet.report.sliders import step_table

LABEL = "wild & </script><!-- <odd>"
AXE = Path(os.environ.get("AXE_CORE", Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"))
LAWS = {"std": sn.Normal, "fan_in": lambda size: sn.VarianceScaling(size**2, "in")}
LAWS["fan_avg"] = lambda size: sn.VarianceScaling(size**2, "avg")


@pytest.fixture(scope="module")
def result():
    """Two depths and two activations with two initializers, one of which diverges with ReLU; its label would break HTML."""
    return sn.compare(
        {LABEL: sn.Normal(2.0), "He": sn.He()},
        hidden=[[30], [30] * 3],
        activation=[sn.ReLU, sn.Tanh],
        optimizer=sn.SGD(0.05),
        steps=12,
        seeds=2,
        progress=False,
    )


@pytest.fixture(scope="module")
def path(result, tmp_path_factory):
    return written_to(tmp_path_factory.mktemp("report"), result)


def written_to(folder, result):
    images = {name: draw(result.draw(name), name).image for name in result.figure_names}
    return write_report(result, images, folder / "report.html")


@pytest.fixture(scope="module")
def text(path):
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_the_page_is_whole_small_and_refers_to_nothing_outside(text):
    tags = Tags(text)
    assert not tags.open and len(set(tags.ids)) == len(tags.ids)
    assert len(text.encode()) < 1_000_000
    targets = [value for _, name, value in tags.attributes if name in ("src", "href", "xlink:href", "action", "srcset")]
    assert targets and all(target.startswith(("#", "data:")) for target in targets)
    assert not re.search(r"@import|url\((?!#)", text) and "{{" not in text
    assert {target[1:] for target in targets if target.startswith("#")} <= set(tags.ids)


def test_the_page_opens_with_who_won_why_and_what_next(result, text):
    words = re.sub(r"<[^>]*>", "", text[text.index("<body>") : text.index('id="results"')])
    best, second = result.ranking[:2]
    accuracy = np.mean([one.test_accuracy for one in result.by_label[best]])
    assert f"{accuracy:.3f}" in words and best in words and second in words
    assert "Theory said before training" in words and "scratchnet compare --init" in words
    assert "wild &amp; &lt;/script&gt;&lt;!-- &lt;odd&gt;" in text and "<odd>" not in text and "<!-- " not in text


def test_each_figure_has_alternative_words_and_a_table_with_its_numbers(result, text):
    figures = re.findall(r'<figure id="(\w+)">(.*?)</figure>', text, re.DOTALL)
    assert {name for name, _ in figures} == {
        "accuracy",
        "loss",
        "spread",
        "update_ratios",
        "activations",
        "activations_after",
    }
    for name, content in figures:
        assert re.search(r'<svg [^>]*role="img" aria-label="[^"]{40,}"', content)
        assert re.search(r"<details><summary>Show .* as a table</summary>.*<td>[\d.]", content, re.DOTALL), name
    accuracies = dict(figures)["accuracy"]
    assert all(
        f"{one:.4f}" in accuracies
        for cells in result.accuracies("initializer", "hidden layers").values()
        for one in cells.values()
    )


def test_what_is_proposed_next_is_a_command_that_runs(text, tmp_path, monkeypatch, capsys):
    import html
    import shlex

    from scratchnet.cli.main import main

    monkeypatch.chdir(tmp_path)
    command = shlex.split(html.unescape(re.search(r"<code>(scratchnet compare .*?)</code>", text)[1]))
    without_steps = [word for i, word in enumerate(command) if "--steps" not in command[max(i - 1, 0) : i + 1]]
    assert main([*without_steps[1:], "--steps", "1", "--seeds", "1", "--jobs", "1", "--quiet"]) == 0
    assert list(tmp_path.glob("runs/*/report.html"))


def test_a_comparison_stopped_early_has_a_page_too(result, tmp_path):
    """One label has finished seed 0 only, the other seed 1 only."""
    first, second = list(result.by_label)[:2]
    finished = [result.by_label[first][0], result.by_label[second][1]]
    runs = [run for run in result.runs if run.label in (first, second)]
    part = Comparison(runs, finished, result.train, result.predictions)
    written = written_to(tmp_path, part).read_text(encoding="utf-8")
    assert "no finished seed in common" in written
    assert "no finished seed in common" in str(part)


def test_the_data_holds_each_recorded_step_of_the_training(result, data):
    for label, runs in result.by_label.items():
        if label in data["labels"]:
            moments = data["training"]["snapshots"][label]
            assert [moment["step"] for moment in moments] == list(runs[0].spreads)
            for moment in moments:
                stds = [layer.std for layer in runs[0].spreads[moment["step"]].activations]
                found = [math.nan if one is None else one for one in moment["std"]]
                np.testing.assert_allclose(found, [one if math.isfinite(one) else math.nan for one in stds], rtol=1e-4)
                for layer in moment["layers"]:
                    assert sum(layer["shares"]) == pytest.approx(1e5, rel=3e-3) or layer["words"] == "no finite number"


# ---- in a browser ----


@pytest.fixture
def page(show, path):
    """Opens the page of the comparison."""
    return functools.partial(show, path)


def test_it_loads_from_the_disk_without_an_error_or_a_request(page, path):
    browser = page()
    assert browser.execute_script("return !document.getElementById('try').hidden")
    assert browser.get_log("browser") == []
    events = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}


def test_it_reads_without_script(page, browser, result):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    shown = page().find_element("tag name", "body").text
    assert result.ranking[0] in shown and "The results" in shown and "The figures" in shown
    assert "Try it" not in shown and "Move through the training" not in shown


def setting_with(data, activation):
    """The place of the first setting with this activation."""
    names = [one["name"] for one in data["sliders"]["activations"]]
    return [names[one["activation"]] for one in data["sliders"]["settings"]].index(activation)


@pytest.mark.parametrize(
    ("law", "activation", "size", "depth"),
    [
        ("std", "Tanh", 0.1, 4),
        ("std", "ReLU", 0.05, 2),
        ("fan_in", "Tanh", 1.5, 10),
        ("fan_in", "ReLU", 1.0, 3),
        ("fan_avg", "Tanh", 0.5, 1),
        ("fan_avg", "ReLU", 1.5, 8),
    ],
)
def test_its_theory_is_that_of_python(page, data, result, law, activation, size, depth):
    kind = setting_with(data, activation)
    net = sn.mlp(784, [30] * depth, 10, getattr(sn, activation), init=LAWS[law](size), seed=0)
    python = sn.predict_spread(net, *result.train[:1000], data["sliders"]["settings"][kind]["lr"])
    script = page().execute_script(f"return predict(sliders, sliders.settings[{kind}], {law!r}, {size}, {depth})")
    # The page uses pairs of inputs of the mean size, and Python each pair's own sizes. The distance of two inputs
    # accumulates the difference from layer to layer, and so do the steps.
    for key, name, tolerance in (("std", "std", 2e-3), ("gradient", "grad_rms", 1e-2), ("within", "within_std", 0.13)):
        expected = [getattr(layer, name) for layer in python.activations]
        np.testing.assert_allclose([one[key] for one in script["activations"]], expected, rtol=tolerance, err_msg=key)
    ratios = [layer.update_ratio for layer in python.layers if layer.update_ratio is not None]
    np.testing.assert_allclose([one["ratio"] for one in script["steps"]], ratios, atol=0.065)
    assert script["firstLoss"] == pytest.approx(python.first_loss, rel=0.01)
    number = r"Affine\d+|-?[\d.,]+\d"
    assert re.sub(number, "", script["outlook"]) == re.sub(number, "", python.outlook())


@pytest.mark.parametrize("optimizer", [sn.Adam(), sn.Momentum(0.01), sn.RMSprop(0.0005), sn.AdaGrad(0.5)], ids=repr)
def test_its_steps_are_those_of_the_optimizer(page, data, result, optimizer):
    kind = setting_with(data, "ReLU")
    net = sn.mlp(784, [30] * 3, 10, init=LAWS["fan_in"](1.0), seed=0)
    python = sn.predict_spread(net, *result.train[:1000]).with_optimizer(optimizer, net)
    setting = f"{{...sliders.settings[{kind}], lr: {optimizer.lr}, step: {json.dumps(step_table(optimizer))}}}"
    script = page().execute_script(f"return predict(sliders, {setting}, 'fan_in', 1.0, 3)")
    ratios = [layer.update_ratio for layer in python.layers if layer.update_ratio is not None]
    np.testing.assert_allclose([one["ratio"] for one in script["steps"]], ratios, atol=0.065)
    number = r"Affine\d+|-?[\d.,]+\d"
    assert re.sub(number, "", script["outlook"]) == re.sub(number, "", python.outlook())


@pytest.mark.parametrize(("law", "size", "depth"), [("fan_in", 1.5, 10), ("fan_in", 1.3, 3), ("std", 0.05, 6)])
def test_the_charts_draw_the_prediction_and_what_was_measured(page, data, law, size, depth):
    kind = setting_with(data, "ReLU")
    browser = page(f"#setting={kind}&law={law}&size={size}&depth={depth}&step=0")
    expected = browser.execute_script(f"return predict(sliders, sliders.settings[{kind}], {law!r}, {size}, {depth})")
    sliders = data["sliders"]
    labels = [one["label"] for one in sliders["settings"] if one["activation"] == sliders["settings"][kind]["activation"]]
    for chart, keys, measured in (("std", ("within", "std"), "std"), ("gradient", ("gradient",), "grad_rms")):
        drawn = Chart(browser, f"{chart}-chart", log=True)
        assert len(drawn.lines) == len(keys) and len(drawn.marks) == len(labels)
        tolerance = 0.1 * abs(drawn.y_scale[0]) + 1e-9  # paths are written to a tenth of a pixel
        for key, line in zip(keys, drawn.lines, strict=True):
            values = [layer[key] for layer in expected["activations"]]
            np.testing.assert_allclose(line[:, 0], range(1, depth + 1), atol=0.05)
            np.testing.assert_allclose(line[:, 1], np.log10(values), atol=tolerance)
        for label, marks in zip(labels, drawn.marks, strict=True):
            values = [value for value in sliders["measured"][label][measured] if value]
            if 0 < len(marks) == len(values):  # all are inside the limits of the axis, and each shape is one path
                shape = 6 * abs(drawn.y_scale[0])  # a mark begins less than 6 pixels from its middle
                np.testing.assert_allclose(marks[:, 1], np.log10(values), atol=shape)
    ratios = [step["ratio"] for step in expected["steps"]]
    drawn = Chart(browser, "ratio-chart", log=False)
    np.testing.assert_allclose(drawn.lines[0][:, 1], ratios, atol=0.1 * abs(drawn.y_scale[0]) + 1e-9)


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
        return {name: browser.execute_script(f"return document.getElementById({name!r}).innerHTML") for name in charts}

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
    assert int(browser.find_element("id", "depth-says").text) == before + 3
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
    if not AXE.exists():
        pytest.skip("no axe-core: npm install axe-core, or set AXE_CORE to the path of its axe.min.js")
    browser = page(scheme=scheme, width=width)
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script("const done = arguments[0]; axe.run().then((all) => done(all.violations))")
    assert [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def test_a_narrow_screen_cuts_nothing_off(page):
    browser = page(width=360)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
