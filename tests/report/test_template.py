"""What goes into the template comes out escaped, in text, in attributes and in the script's data."""

import json
import math
import re

import pytest

from scratchnet.report import page

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 \u2029 & \"'"


def from_template(source, **values):
    return page.template().environment.from_string(source).render(**values)


def test_the_template_escapes_text_and_attributes():
    found = from_template('<p title="{{ text }}">{{ text }}</p>', text="<b> & \"'")
    assert found == '<p title="&lt;b&gt; &amp; &#34;&#39;">&lt;b&gt; &amp; &#34;&#39;</p>'


def test_only_images_style_and_script_are_marked_as_safe():
    expected = {
        "parts.html": ["script_hash", "style", "script", "svg.content"],
        "page.html": [],
        "spread.html": [],
        "playground.html": [],
        "playground_page.html": [],
    }
    for name, safe in expected.items():
        source = page.read(name)
        assert re.findall(r"[\w.]+(?=\s*\|\s*safe)", source) == safe
        assert "autoescape" not in source


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("10^-3.6 of its size", "10<sup>−3.6</sup> of its size"),
        ("from 10^4 to 10^-10.", "from 10<sup>4</sup> to 10<sup>−10</sup>."),
        ("10^x <i>10^2</i>", "10^x &lt;i&gt;10<sup>2</sup>&lt;/i&gt;"),
        ("no power & none raised", "no power &amp; none raised"),
    ],
)
def test_exponents_are_raised_and_all_else_is_escaped(text, markup):
    assert from_template("{{ text|raised }}", text=text) == markup


def test_data_cannot_break_out_of_its_script():
    data = {HOSTILE: [HOSTILE, 1.5, math.nan, math.inf], "order": {"b": 1, "a": 2}}
    found = from_template("{{ data|tojson }}", data=data)
    assert not set("<>&'\u2028\u2029") & set(found)
    read = json.loads(found)
    assert read == {HOSTILE: [HOSTILE, 1.5, None, None], "order": {"b": 1, "a": 2}} and list(read["order"]) == ["b", "a"]
