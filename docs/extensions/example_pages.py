"""The examples as pages of the site: which ones run while it is built, where their figures go, and their titles.

An example saves its figures through `scratchnet.plots.save`, beside the script while sphinx-gallery runs it. The scraper
moves them to the page. An example that takes long is not run: its page has the committed picture and the committed log,
which begins with the command.
"""

import importlib.util
import re
import shutil
from pathlib import Path

from docstrings import as_rst
from docutils import nodes
from sphinx import addnodes

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
FOLDER = ROOT / "examples"  # with the papers' figures in examples/gallery, each a page too
FILES = [*FOLDER.glob("[0-9][0-9]_*.py"), *FOLDER.glob("gallery/*.py")]
EXAMPLES = {file.relative_to(FOLDER).with_suffix("").as_posix() for file in FILES}
# Each takes 26 seconds of CPU at most, all together 165.
QUICK = ("01", "02", "03", "04", "05", "06", "07", "08", "14", "15", "18", "19", "20", "22", "23", "25")
PATTERN = rf"examples/({'|'.join(QUICK)})_"
HEADING = re.compile(r"(?<=\.py:\n\n)(?P<words>.*?)(?=\n\n\.\. GENERATED FROM PYTHON SOURCE)", re.DOTALL)


def saved_figures(block, block_vars, gallery_conf):
    """The scraper: move the PNG files that the example has written to its page, in the order in which it wrote them."""
    folder = Path(block_vars["src_file"]).parent
    written = sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime_ns)
    shown = []
    for path, target in zip(written, block_vars["image_path_iterator"], strict=False):
        shutil.move(path, target)
        path.with_suffix(".svg").unlink(missing_ok=True)
        alt = f"Figure {path.stem}"
        name = Path(target).relative_to(gallery_conf["src_dir"]).as_posix()
        shown.append(f".. image:: /{name}\n   :alt: {alt}\n   :class: sphx-glr-single-img\n")
    return "\n".join(shown)


def committed():
    """{the name of an example: (its pictures in docs, the log of what it printed)}, as studies/figures.py makes them."""
    spec = importlib.util.spec_from_file_location("figures", ROOT / "studies" / "figures.py")
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    found = {}
    for recipe in figures.RECIPES.values():
        for command in recipe.commands:
            if match := re.search(r"examples/([\w/]+)\.py", command):
                found[match[1]] = ([file for file in recipe.files if file.endswith(".png")], recipe.log)
    return found


def _is_run(name):
    return name[:2] in QUICK


def place_thumbnails(app):
    """Before the gallery is made: an example that is not run takes its thumbnail from the committed picture."""
    for name, (pictures, _) in committed().items():
        if not _is_run(name):
            place = DOCS / "auto_examples" / name
            place = place.parent / "images" / f"sphx_glr_{place.name}_001.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(DOCS / pictures[0], place)


def finish_page(app, docname, source):
    """Give an example's page its title and, if it was not run, its picture and its log."""
    name = docname.removeprefix("auto_examples/")
    if docname == "auto_examples/index":  # the papers' figures have an index of their own
        source[0] = source[0].partition("\nGallery\n=======\n")[0]
    if name not in EXAMPLES:
        return
    match = HEADING.search(source[0])
    words = match["words"].strip()
    title = (re.match(r"(?:(?!\n\n).)*?\?", words, re.DOTALL) or re.match(r".*", words))[0]
    rest = as_rst(words[len(title) :].strip())
    heading = title.replace("\n", " ")
    page = f"{heading}\n{'=' * 2 * len(heading)}\n\n{rest}\n"
    if not _is_run(name):
        pictures, log = committed()[name]
        page += "".join(f"\n.. image:: /{picture}\n   :alt: Figure {Path(picture).stem}\n" for picture in pictures)
        page += f"\nThe command, and what it printed:\n\n.. literalinclude:: /{log}\n   :language: none\n"
    source[0] = source[0][: match.start()] + page + source[0][match.end() :]


def link_to_pages(app, doctree):
    """Links that work in the repository lead to pages here: an example's script to its page, the answer to the first."""
    for link in doctree.findall(addnodes.pending_xref):
        if link["reftarget"] == "why_randn":
            link["reftarget"] = "index"
    if app.env.docname.startswith("auto_examples/"):
        return  # there the script is to download
    for link in list(doctree.findall(addnodes.download_reference)):
        name = link["reftarget"].rpartition("examples/")[2].removesuffix(".py")
        if name in EXAMPLES:
            page = addnodes.pending_xref(
                "", refdomain="std", reftype="doc", reftarget=f"/auto_examples/{name}", refexplicit=True, refwarn=True
            )
            page["refdoc"] = app.env.docname
            page += nodes.inline("", "", *[child.deepcopy() for child in link.children])
            link.replace_self(page)


def setup(app):
    app.connect("builder-inited", place_thumbnails, priority=100)
    app.connect("source-read", finish_page)
    app.connect("doctree-read", link_to_pages)
    return {"parallel_read_safe": True}
