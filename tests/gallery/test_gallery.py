"""The gallery: its files, its claims and the verb. `scratchnet gallery --verify` in `.ci/run` checks every claim."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from scratchnet import gallery, plots
from scratchnet.cli import main
from scratchnet.gallery import Claim, Result
from scratchnet.support.readers_file import run_file
from scratchnet.support.validation import InputError

ROOT = Path(__file__).parents[2]
FILES = {file.stem: file for file in sorted((ROOT / "examples" / "gallery").glob("*.py"))}
CHEAP = ["pennington_2017", "glorot_2010"]  # a second of CPU together


def claims_of(module):
    return [value for value in vars(module).values() if isinstance(value, Claim)]


def test_the_figures_of_the_plan_are_listed_the_books_first(capsys):
    assert set(gallery.names()) == set(FILES) and len(FILES) >= 14
    assert [name.startswith("book") for name in gallery.names()] == sorted(
        (name.startswith("book") for name in FILES), reverse=True
    )
    assert main(["gallery"]) == 0
    listed = capsys.readouterr().out
    assert all(re.search(rf"^{name} +\S.*\?.* \S", listed, re.MULTILINE) for name in FILES)
    assert main(["gallery", "--json"]) == 0
    assert [figure["name"] for figure in json.loads(capsys.readouterr().out)["figures"]] == gallery.names()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_short_and_names_its_source_and_what_differs(name):
    text = FILES[name].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    words = ast.get_docstring(ast.parse(text))
    parts = [part.partition(":")[0] for part in words.split("\n\n")[1:]]
    assert parts[:2] == ["Source", "Same"] and parts[2:] in (["Scaled down"], ["Different"])
    source = words.split("\n\n")[1]
    assert re.search(r"(19|20)\d\d", source) and re.search(r"arXiv:\d{4}\.\d{4,5}|https://|O'Reilly", source)
    assert text.endswith('if __name__ == "__main__":\n    script(main)\n')


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_claims_and_two_settings(name):
    module = run_file(FILES[name], f"looked_at_{name}")
    claims = claims_of(module)
    assert claims and len({claim.text for claim in claims}) == len(claims)
    assert all(claim.why and claim.tolerance >= 0 and claim.relation in "=<>" for claim in claims)
    assert [one.default for one in inspect.signature(module.main).parameters.values()] == [False, 0]  # full, seed


def test_every_result_is_committed_with_command_numbers_and_time():
    logs = {file.stem: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "gallery").glob("*.log")}
    assert set(logs) == set(FILES)
    commands = {
        name: log.partition("\n")[0].removeprefix(f"$ python examples/gallery/{name}.py") for name, log in logs.items()
    }
    assert set(commands.values()) == {" full"}
    for name, log in logs.items():
        assert re.search(rf"saved {name}\.png and {name}\.svg \(\d+ s of CPU, \d+ s in all\)\n$", log)
        for claim in claims_of(run_file(FILES[name], f"logged_{name}")):
            assert re.search(
                re.escape(f"{claim.text}\n    expected {claim.bounds()}, measured ") + r"\S+: (holds|does not)", log
            )
        # What does not hold is a result only where the file says what was tried.
        tried = FILES[name].read_text(encoding="utf-8").count("tried=")
        assert log.count("does not hold") == log.count("Does not reproduce here") == tried


@pytest.mark.parametrize(
    ("relation", "right", "wrong"),
    [("=", [0.9, 1, 1.1], [0.89, 1.11]), (">", [1.2], [1.1, 1, 0]), ("<", [0.8], [0.9, 1, 2])],
)
def test_a_claim_holds_within_its_tolerance(relation, right, wrong):
    claim = Claim("a", 1, 0.1 + 1e-9 * (relation == "="), "seeds", relation)
    known = Claim("a", 1, 0.1 + 1e-9 * (relation == "="), "seeds", relation, tried="everything")
    for value in right:
        assert claim.holds(value) and claim.as_expected(value) and not known.as_expected(value)
    for value in [*wrong, float("nan")]:
        assert not claim.holds(value) and not claim.as_expected(value) and known.as_expected(value)
        assert "does not hold" in claim.sentence(value) and "everything" in known.sentence(value)
    assert "holds" in claim.sentence(right[0])


def test_verify_checks_the_claims_and_says_which_fail(capsys, monkeypatch):
    assert main(["gallery", "--verify", *CHEAP]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in CHEAP) and re.search(r"^(\d+) of \1 claims are as expected$", out, re.MULTILINE)

    wrong, known = Claim("wrong", 1, 0, "seeds"), Claim("known", 1, 0, "seeds", tried="everything")
    result = Result(plots.new_figure(1, 1, None), {wrong: 2.0, known: 2.0})
    monkeypatch.setattr(gallery, "draw", lambda name, full=False: result)
    assert main(["gallery", "--verify", CHEAP[0]]) == 1
    out = capsys.readouterr().out
    assert "does not hold: wrong: 1 ± 0, measured 2" in out and "does not hold (known: it does not reproduce): known" in out
    assert "1 of 2 claims are as expected" in out
    assert main(["gallery", "--verify", CHEAP[0], "--json"]) == 1
    assert [row["as_expected"] for row in json.loads(capsys.readouterr().out)["claims"]] == [False, True]


def test_a_figure_is_drawn_where_it_is_told(capsys, tmp_path):
    assert main(["gallery", "pennington_2017", "--out", str(tmp_path)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["pennington_2017.png"]
    out = capsys.readouterr().out
    assert "Are all directions" in out and "holds" in out and "pennington_2017.png" in out


@pytest.mark.parametrize("options", [[], ["--verify"]])
def test_a_wrong_name_is_one_sentence(options, capsys):
    assert main(["gallery", "glorot_2010", "nonsense", *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "there is no 'nonsense' in the gallery" in err


def test_a_missing_folder_is_one_sentence(capsys, tmp_path, monkeypatch):
    assert main(["gallery", "glorot_2010", "--out", str(tmp_path / "none")]) == 2
    assert "there is no folder" in capsys.readouterr().err
    monkeypatch.setattr(gallery, "__file__", str(tmp_path / "a" / "gallery.py"))
    with pytest.raises(InputError, match="the gallery is missing"):
        gallery.names()


def test_an_installed_package_has_the_files_beside_its_modules(tmp_path, monkeypatch):
    (tmp_path / "gallery_files").mkdir()
    (tmp_path / "gallery_files" / "one_2000.py").write_text('"""Why? One 2000."""')
    monkeypatch.setattr(gallery, "__file__", str(tmp_path / "gallery.py"))
    assert gallery.names() == ["one_2000"] and gallery.title("one_2000") == "Why? One 2000."
    included = '"examples/gallery" = "scratchnet/gallery_files"'
    assert included in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
