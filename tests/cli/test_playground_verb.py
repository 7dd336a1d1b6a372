"""scratchnet playground: one page on the disk."""

import json
from pathlib import Path

import pytest
from cli.commands import assert_one_line

from scratchnet.cli.main import main


def test_it_writes_one_page_and_says_where(data, capsys):
    assert main(["playground", "--data", data]) == 0
    page = Path("playground.html").read_text(encoding="utf-8")
    assert "playground.html: open it in a browser" in capsys.readouterr().out
    assert "36–100–100–100–100–4, your own images" in page and "Content-Security-Policy" in page
    assert main(["playground", "--data", data, "--out", "other.html", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": ["other.html"]}
    assert Path("other.html").read_text(encoding="utf-8") == page


WRONG = {
    "a folder": (["--out", "."], "is a folder"),
    "a folder that is missing": (["--out", "gone/page.html"], "there is no folder gone"),
    "no data": (["--data", "gone"], "gone"),
    "an unknown option": (["--colour", "red"], "--colour"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_one_sentence(words, message, capsys):
    assert_one_line(main(["playground", *words]), *capsys.readouterr(), message)
