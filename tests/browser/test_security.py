"""Labels and data that come from strangers reach the page as text, and a browser runs no script but the page's own."""

import re

import pytest
from report.compared import written_to
from small import digits

import scratchnet as sn

LABELS = [
    "<img src=x onerror='window.hacked=1'>",
    '"><script>window.hacked=1</script>',
    "</script><script>window.hacked=1</script><!--",
    "]]></style></svg><svg onload=window.hacked=1>",
    "{{ 7*7 }} ${window.hacked=1} {% raw %}",
    "' onmouseover='window.hacked=1' x='",
    "&lt;b&gt; &amp; &#0; \\u003cb\\u003e",
    "重みの初期値 初期化",
    "\u202eright to left\u202c עברית العربية",
    "bell \x07, escape \x1b[31m, null \x00, \u2028 and \x9b",
    "$x^2$ and \\frac_{a}",
    "https://example.org/?a=1&b=2#javascript:window.hacked=1",
]


@pytest.fixture(scope="module")
def result():
    inits = {label: sn.Normal(0.01 * (i + 1)) for i, label in enumerate(LABELS)}
    data = digits(train=60, test=20)
    return sn.compare(inits, data=data, hidden=[3], steps=2, batch_size=20, seeds=1, jobs=1, progress=False)


@pytest.fixture(scope="module")
def path(result, tmp_path_factory):
    return written_to(tmp_path_factory.mktemp("report"), result)


def test_labels_reach_a_reader_as_text(show, path):
    browser = show(path)
    assert browser.execute_script("return window.hacked") is None
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.querySelectorAll('img, script').length") == 2
    attributes = "return [...document.querySelectorAll('*')].flatMap(one => [...one.attributes].map(a => a.name))"
    assert not [name for name in browser.execute_script(attributes) if name.startswith("on")]
    shown = browser.execute_script("return document.body.textContent")
    for label in LABELS:
        # Characters that move the cursor or turn the direction of writing are shown as escapes.
        for piece in re.split(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e]", label):
            assert piece in shown, label
    assert not set("\x00\x07\x1b\x9b\u202e") & set(shown)


def test_no_other_script_runs_wherever_it_stands(show, path, tmp_path):
    text = path.read_text(encoding="utf-8")
    other = tmp_path / "other.html"
    attack = (
        "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'><a href='javascript:window.hacked=1'>go</a>"
    )
    for place in ("<main>", "</main>", "</body>", '<script type="application/json"'):
        assert place in text
        other.write_text(text.replace(place, attack + place, 1), encoding="utf-8")
        browser = show(other)
        browser.execute_script("document.querySelector('a[href^=javascript]').click()")
        assert browser.execute_script("return window.hacked") is None
        assert browser.execute_script(
            "return !document.getElementById('playground').hidden"
        )  # the page's own script has run
        assert any("Content Security Policy" in line["message"] for line in browser.get_log("browser"))
