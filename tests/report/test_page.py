"""The page: its text and its data against the comparison. tests/browser opens it."""

import math
import re

import numpy as np
import pytest
from report.compared import data_of, two_by_two, written_to
from report.markup import Tags

from scratchnet.comparison import Comparison


@pytest.fixture(scope="module")
def result():
    return two_by_two()


@pytest.fixture(scope="module")
def text(result, tmp_path_factory):
    return written_to(tmp_path_factory.mktemp("report"), result).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data(text):
    return data_of(text)


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
        for panel in result.panels("initializer", "hidden layers").values()
        for cells in panel.values()
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
    first, second = [label for label in result.by_label if label.startswith("He")][:2]
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
                    known = re.search(r"beyond the axis ([\d.]+) %", layer["words"])
                    inside = 0 if "no finite number" in layer["words"] else 1 - float(known[1]) / 100 if known else 1
                    assert sum(layer["shares"]) == pytest.approx(1e5 * inside, abs=300)
