"""The built site: its links, what it quotes, its reference, and how it looks and behaves in a real browser."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser.axe import violations
from pages.test_answer import BLOCK, ENGLISH, assert_prints_the_same

import scratchnet as sn
from scratchnet import plots

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"
PAGES = sorted(page for page in SITE.rglob("*.html") if "_static" not in page.parts)
READ = ["index", "why_randn.ja", "auto_examples/01_why_randn", "auto_examples/12_deep_convnet", "auto_examples/index"]
READ += ["auto_examples/gallery/index", "auto_examples/gallery/glorot_2010"]
READ += ["reference/initializers", "reference/layers", "reference/commands", "theory", "start"]


class Links(HTMLParser):
    """The ids of a page, what it loads, and where its links lead."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.loaded, self.links = set(), [], []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        for name in ("src", "href"):
            if given.get(name):
                (self.links if tag == "a" else self.loaded).append(given[name])


FOUND = {page: Links(page) for page in PAGES}


def test_the_pages_of_the_plan_are_there():
    names = {str(page.relative_to(SITE)) for page in PAGES}
    assert {f"{name}.html" for name in [*READ, "book", "exercises", "reliability", "benchmarks/README", "search"]} <= names
    assert {f"how_to/{page.stem}.html" for page in (ROOT / "docs" / "how_to").glob("*.md")} <= names
    assert {f"auto_examples/{example.stem}.html" for example in (ROOT / "examples").glob("[0-9]*.py")} <= names
    assert {f"auto_examples/gallery/{file.stem}.html" for file in (ROOT / "examples" / "gallery").glob("*.py")} <= names


def test_nothing_is_loaded_from_elsewhere():
    assert not [(page, target) for page, found in FOUND.items() for target in found.loaded if re.match(r"(\w+:)?//", target)]
    for style in SITE.rglob("*.css"):
        assert not re.findall(r"url\([\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_every_link_inside_leads_to_a_page_and_a_place():
    missing = []
    for page, found in FOUND.items():
        for target in [*found.links, *found.loaded]:
            if re.match(r"(https?|data|mailto):", target):
                continue
            name, _, place = target.partition("#")
            file = (page.parent / unquote(name.partition("?")[0])).resolve() if name else page
            if not file.is_file() or (place and file in FOUND and unquote(place) not in FOUND[file].ids):
                missing.append((str(page.relative_to(SITE)), target))
    assert missing == [] and sum(len(found.links) for found in FOUND.values()) > 1000


def test_every_public_name_is_in_the_reference():
    ids = set().union(*(found.ids for page, found in FOUND.items() if page.parent.name == "reference"))
    assert [name for name in sn.__all__ if f"scratchnet.{name}" not in ids] == []
    figures = [name for name in plots.__all__ if callable(getattr(plots, name))]
    assert len(figures) > 10 and [name for name in figures if f"scratchnet.plots.{name}" not in ids] == []


def test_the_page_of_each_example_has_its_figure_its_output_and_its_notebook():
    for file in [*(ROOT / "examples").glob("[0-9]*.py"), *(ROOT / "examples" / "gallery").glob("*.py")]:
        page = SITE / "auto_examples" / file.relative_to(ROOT / "examples").with_suffix(".html")
        words = page.read_text(encoding="utf-8")
        figures = re.findall(r"<img [^>]*alt=\"Figure (\w+)\"", words)
        outputs = re.findall(r"<pre>.*?</pre>", words, re.DOTALL)
        printed = [stem for output in outputs for stem in re.findall(r"^saved (\w+)\.png and", output, re.MULTILINE)]
        assert figures == printed != [], page
        to_download = {Path(target).name for target in FOUND[page].links if "_downloads" in target}
        assert {file.name, f"{file.stem}.ipynb"} <= to_download, page


def text_of(page):
    return html.unescape(re.sub(r"<[^>]*>", "", (SITE / f"{page}.html").read_text(encoding="utf-8")))


def test_the_answer_quotes_what_the_examples_printed_while_the_site_was_built():
    quoted = {command: output for command, output in BLOCK.findall(ENGLISH) if command.startswith("python examples/")}
    assert len(quoted) == 2
    for command, shown in quoted.items():
        page = text_of(f"auto_examples/{Path(command.split()[1]).stem}")
        printed = page[page.index(shown[:10]) :].partition("saved ")[0]
        assert_prints_the_same(printed.strip(), shown.strip())


def test_the_reference_keeps_equations_and_tables_apart():
    layers, spread = ((SITE / "reference" / f"{name}.html").read_text(encoding="utf-8") for name in ("layers", "spread"))
    assert "dx = dout Wᵀ        dW = xᵀ dout        db = Σₙ doutₙ\n</pre>" in layers
    assert re.search(r"<dt>within_std</dt><dd><p>√ of the mean over units", spread)
    assert "problematic" not in layers + spread  # how docutils marks what it took for a broken reference


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("page", READ)
def test_a_page_opens_from_the_disk(page, width, show):
    browser = show(SITE / f"{page}.html", width=width, scheme="dark" if width < 400 else "light")
    assert browser.get_log("browser") == []
    events = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"}
    assert asked and not [url for url in asked if not url.startswith((SITE.as_uri(), "data:", "blob:"))]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert (
        browser.execute_script("return [...document.images].filter((one) => !one.complete || !one.naturalWidth).length") == 0
    )
    assert violations(browser, preload=False) == []


def test_the_site_is_searched_from_the_disk(show):
    from selenium.webdriver.support.ui import WebDriverWait

    browser = show(SITE / "search.html", "?q=Xavier")
    results = WebDriverWait(browser, 20).until(
        lambda one: one.find_elements("css selector", "#search-results ul.search li a")
    )
    assert any("initializers" in result.get_attribute("href") for result in results)
    assert browser.get_log("browser") == []
