"""The page of the answer, docs/why_randn.md: what its commands print, its numbers, and the same in Japanese.

The trained accuracies are compared in test_site, with what the example printed while the site was built.
"""

import contextlib
import importlib.util
import io
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from small import draw_nothing

from scratchnet import plots
from scratchnet.cli import main

ROOT = Path(__file__).parents[2]
ENGLISH, JAPANESE = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("why_randn.md", "why_randn.ja.md"))
BLOCK = re.compile(r"```console\n\$ (.*?)\n(.*?)```", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?(?<!,)")
COMMANDS = dict(BLOCK.findall(ENGLISH))
CLOSE = 0.02  # another BLAS rounds differently


def value(number):
    return float(number.replace(",", ""))


def assert_prints_the_same(found, shown):
    """The same words, and the same numbers up to the rounding of another BLAS."""
    assert NUMBER.sub("#", found) == NUMBER.sub("#", shown)
    found, shown = ([value(number) for number in NUMBER.findall(text)] for text in (found, shown))
    assert found == pytest.approx(shown, rel=CLOSE, abs=1e-3)


def printed_by(command, monkeypatch, tmp_path):
    """What the command prints. A training is cut short after five steps, so accuracies are left out."""
    command, _, pattern = command.partition(" | grep ")
    words = shlex.split(command)
    monkeypatch.chdir(tmp_path)
    draw_nothing(monkeypatch.setattr)
    monkeypatch.setattr(plots, "save", lambda *_: [])
    with contextlib.redirect_stdout(io.StringIO()) as out:
        if words[1] == "-c":
            exec(words[2], {})
        elif words[0] == "scratchnet":
            assert main(words[1:]) == 0
        else:
            spec = importlib.util.spec_from_file_location("example", ROOT / words[1])
            example = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(example)
            example.main(**({"steps": 5} if "01_" in words[1] else {}))
    lines = out.getvalue().splitlines()
    if pattern:
        lines = [line for line in lines if any(word in line for word in shlex.split(pattern)[0].split(r"\|"))]
    return "\n".join(line for line in lines if not line.startswith("saved "))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_what_the_page_shows(command, monkeypatch, tmp_path):
    found, shown = (
        re.sub(r"accuracy [\d.]+", "accuracy", text.strip())
        for text in (printed_by(command, monkeypatch, tmp_path), COMMANDS[command])
    )
    assert_prints_the_same(found, shown)


def rounded_to(number, text):
    """Is `text`, as it stands in a sentence, `number` with fewer digits?"""
    digits = text.replace(",", "").lstrip("-0.").replace(".", "")
    significant = len(digits.rstrip("0")) if "." not in text else len(digits)
    return float(f"{number:.{max(significant, 1)}g}") == value(text)


DEFINED = {  # what no command prints: the network, the laws, the experiment and the book's chapter
    *("0", "1", "2", "4", "5", "6", "10", "95", "100", "784", "0.01", "1.96", "11,200"),
}


@pytest.mark.parametrize("page", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_each_number_in_a_sentence_is_printed_by_a_command(page):
    outputs = [value(number) for _, output in BLOCK.findall(page) for number in NUMBER.findall(output.replace("10^", " "))]
    text = re.sub(r"\]\([^)]*\)|`[^`\n]*`|<[^>]*>", "", BLOCK.sub("", page)).replace("10^", " ")
    numbers = set(NUMBER.findall(text)) - DEFINED
    assert len(numbers) > 12
    assert [number for number in numbers if not any(rounded_to(output, number) for output in outputs)] == []


def test_the_numbers_that_are_defined_are_those_of_the_examples():
    first, second = (
        (ROOT / "examples" / name).read_text(encoding="utf-8") for name in ("01_why_randn.py", "02_mean_of_randn.py")
    )
    assert "most: int = 11_200" in second and "np.geomspace(10, most" in second and "1.96 / np.sqrt(sizes)" in second
    assert "hidden: int = 100, depth: int = 4" in first and "sn.mlp(784, [hidden] * depth, 10" in first


def test_both_languages_have_the_same_commands_numbers_and_figures():
    assert BLOCK.findall(ENGLISH) == BLOCK.findall(JAPANESE) and len(COMMANDS) == 4
    for pattern in (r"!\[[^\]]*\]\(([^)]+)\)", r'<iframe class="playground" src="([^"]+)"'):
        assert re.findall(pattern, ENGLISH) == re.findall(pattern, JAPANESE) != []
    english, japanese = (Counter(NUMBER.findall(BLOCK.sub("", page))) for page in (ENGLISH, JAPANESE))
    assert set(english) == set(japanese)
    exact = [number for number in english if not re.fullmatch(r"\d\d?", number)]  # English may write "five"
    assert {number: english[number] for number in exact} == {number: japanese[number] for number in exact}
    assert all(word in JAPANESE for word in ("重みの初期値", "活性化関数", "勾配消失"))
