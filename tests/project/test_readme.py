"""The README: short, with absolute links that lead somewhere, and with what the package says of itself."""

import re
import tomllib
from pathlib import Path

import scratchnet as sn

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = TABLES["project"]
CITED = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE))
REPOSITORY, SITE = PROJECT["urls"]["Repository"], PROJECT["urls"]["Documentation"]
RAW = REPOSITORY.replace("github.com", "raw.githubusercontent.com")


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


def file_of(address):
    """The file of this repository that an address leads to: for a page of the site, what it is made from."""
    for start in (f"{REPOSITORY}/blob/main/", f"{RAW}/main/"):
        if address.startswith(start):
            return ROOT / address.removeprefix(start)
    page = address.removeprefix(SITE).removesuffix(".html") if address.startswith(SITE) else None
    if page == "auto_examples/gallery/index":
        return ROOT / "examples" / "gallery" / "README.rst"
    if page and page.startswith("auto_examples/"):
        return ROOT / f"examples/{page.removeprefix('auto_examples/')}.py"
    return None if page is None else ROOT / f"docs/{page or 'index'}.md"


def test_links_are_absolute_and_lead_to_what_is_there():
    addresses = re.findall(r"\]\(([^)]+)\)|(?:href|src)=\"([^\"]+)\"", README)
    files = {address: file_of(address) for pair in addresses for address in pair if address}
    assert len(files) > 20
    assert [address for address, file in files.items() if file is None or not file.is_file()] == []


def test_the_addresses_stand_once():
    assert CITED["repository-code"] == f'"{REPOSITORY}"' and CITED["url"] == f'"{SITE}"'
    assert PROJECT["urls"]["Changelog"] == f"{REPOSITORY}/blob/main/CHANGELOG.md"


def test_nothing_is_pinned_so_that_nothing_rots():
    extras = PROJECT["optional-dependencies"].values()
    wanted = [
        *PROJECT["dependencies"],
        *TABLES["build-system"]["requires"],
        *(one for extra in extras for one in extra),
    ]
    assert wanted and all(re.fullmatch(r"[\w-]+>=[\d.]+", one) for one in wanted)


def test_the_version_and_the_licence_to_cite_are_those_of_the_package():
    assert CITED["version"] == sn.__version__
    assert PROJECT["license"].startswith(CITED["license"])
    assert PROJECT["description"] == CITED["abstract"].strip('"')
    assert f"## {sn.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
