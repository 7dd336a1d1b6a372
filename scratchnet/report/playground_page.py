"""The playground on a page of its own: the book's network on real images, to train in the browser. Read next: `page`."""

from pathlib import Path

from scratchnet.data import Dataset, is_mnist
from scratchnet.playground.book import HIDDEN, book_playground
from scratchnet.playground.component import SCRIPTS
from scratchnet.report.page import hash_of, script_of, style, template
from scratchnet.report.terms import glossary
from scratchnet.support.files import write_whole


def write_playground(train: Dataset, path: Path) -> Path:
    """Write the page with images of `train`, and return its path."""
    data, script = book_playground(train), script_of(*SCRIPTS)
    widths = [data["digits"]["n"], *HIDDEN, train.classes]
    text = template("playground_page.html").render(
        title="Train a network in this page",
        setting=f"{'–'.join(map(str, widths))}, {'digits of MNIST' if is_mnist(train.source) else 'your own images'}",
        data={"playground": data},
        style=style(),
        glossary=glossary(),
        script=script,
        script_hash=hash_of(script),
    )
    write_whole(path, text)
    return path
