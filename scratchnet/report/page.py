"""Put the page together: collect the values, and fill them into the template page.html.

The template escapes every value. Marked as safe there are only the SVG figures, the style sheet and the scripts. The page's
security policy names the hash of its script: a browser runs no other, wherever in the page it stands.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from scratchnet import playground
from scratchnet.experiment import Result
from scratchnet.playground.component import SCRIPTS, STYLE, drawn_as
from scratchnet.playground.digits import pack
from scratchnet.report import answer, proposals
from scratchnet.report.accuracies import accuracy_data
from scratchnet.report.figures import page_figures
from scratchnet.report.glance import glance
from scratchnet.report.playground import first_runs, playground_data
from scratchnet.report.snapshots import training_data
from scratchnet.report.svg import Svg
from scratchnet.report.terms import explained, glossary, raised
from scratchnet.support.colours import css_variables
from scratchnet.support.files import as_json, write_whole
from scratchnet.support.validation import a_path
from scratchnet.support.wording import counted

LARGEST = 980_000  # bytes of a page
NO_DIGITS = '"digits": null'  # in the page's data, which come last; a reader's quotes are escaped there


def write_report(result: Result, images: Mapping[str, Svg], path: str | Path) -> Path:
    """Write the page of a comparison and return its path. `images` are its figures by name."""
    path = a_path("the report", path)
    write_whole(path, render(result, images))
    return path


def render(result: Result, images: Mapping[str, Svg]) -> str:
    """A comparison as one HTML page that needs no other file. It can be read without scripts; with them it has sliders."""
    few = result.for_figures
    script = script_of(*SCRIPTS, "page.js", "accuracies.js")
    data: dict[str, Any] = {
        "playground": playground_data(few),
        "training": training_data(few),
        "grid": accuracy_data(result),
        "labels": list(few.by_label),
        "looks": {label: drawn_as(look) for label, look in few.looks.items()},
        "classes": few.classes,
    }
    text = template().render(
        data=data,
        headline=answer.headline(result),
        setting=setting(result),
        winner=answer.winner(result),
        reasons=answer.reasons(result),
        next_steps=proposals.next_steps(result),
        results=result.table(),
        verdicts=result.verdicts(),
        expected={result.subject(label): spread.outlook() for label, spread in result.predicted.items()},
        label_count=len(result.by_label),
        few_count=len(few.by_label),
        figures=page_figures(result, images),
        glance=glance(result),
        glossary=glossary(),
        without_sliders=[run.label for run in first_runs(few) if run.own],
        style=style(),
        script=script,
        script_hash=hash_of(script),
    )
    if not data["playground"]["settings"]:
        return text
    digits = as_json(pack(result.train, LARGEST - len(text.encode())))  # as many as there is room for
    before, _, after = text.rpartition(NO_DIGITS)
    return f'{before}"digits": {digits}{after}'


@cache
def template(name: str = "page.html") -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"explained": explained, "raised": raised}
    environment.policies |= {"json.dumps_function": as_json, "json.dumps_kwargs": {}}  # numbers that are not finite: null
    return environment.get_template(name)


def read(name: str) -> str:
    """The text of a file of the page: in this folder, or in that of the playground."""
    own = files("scratchnet.report") / name
    return own.read_text(encoding="utf-8") if own.is_file() else playground.read(name)


def script_of(*names: str) -> str:
    """The page's one script, from these files."""
    return '"use strict";\n' + "".join(map(read, names))


def hash_of(script: str) -> str:
    """A script's name in the page's security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def style() -> str:
    """The style sheet of all pages, with the colours of the initializers."""
    return css_variables() + read("page.css") + read(STYLE)


def setting(result: Result) -> str:
    """The network and its training in one line: the settings that all runs share."""
    runs = [run.describe() for run in result.runs]
    seeds = len({run.seed for run in result.runs})

    def shared(name: str, words: Callable[[Any], str]) -> str | None:
        values = {json.dumps(run.get(name)) for run in runs}
        return words(runs[0][name]) if len(values) == 1 and name in runs[0] else None

    one_set = len({run.data for run in result.runs}) == 1
    parts = [
        result.network_words or None,
        shared("batch_size", "batches of {}".format),
        shared("steps", lambda steps: counted(steps, "step")),
        counted(seeds, "seed"),
        f"{result.rows:,} training images" if one_set else None,
    ]
    return ", ".join(part for part in parts if part)
