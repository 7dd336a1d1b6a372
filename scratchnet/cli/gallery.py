"""scratchnet gallery: figures of the book and of papers, drawn anew and checked."""

import argparse
from pathlib import Path

from scratchnet import gallery
from scratchnet.support.files import as_json
from scratchnet.support.tables import short, visible
from scratchnet.support.validation import InputError


def show_gallery(args: argparse.Namespace) -> int:
    """List the figures, draw those that are named, or check what the papers state."""
    if args.verify:
        return verify(args)
    if args.names:
        return draw(args)
    titles = {name: gallery.title(name) for name in gallery.names()}
    if args.json:
        print(as_json({"figures": [{"name": name, "title": title} for name, title in titles.items()]}))
    else:
        width = max(map(len, titles))
        print("".join(f"{name:{width}}  {title}\n" for name, title in titles.items()))
        print("scratchnet gallery NAME draws one, scratchnet gallery --verify checks what the papers state.")
    return 0


def draw(args: argparse.Namespace) -> int:
    """Draw the named figures, and write them to --out."""
    from scratchnet import plots

    out = Path(args.out)
    if not out.is_dir():
        raise InputError(f"there is no folder {out}: make it first, or choose another one with --out")
    for name in args.names:
        gallery.path(name)  # a wrong name ends here, before the first figure
    files, rows = [], []
    for name in args.names:
        result = gallery.draw(name, args.full)
        written = plots.save(result.figure, out / name, args.svg)
        files += [str(file) for file in written]
        rows += gallery.as_rows(name, result)
        if not args.json:
            print(f"{gallery.title(name)}\n{result}\n{', '.join(visible(str(file)) for file in written)}\n")
    if args.json:
        print(as_json({"claims": rows, "files": files}))
    return 0


def verify(args: argparse.Namespace) -> int:
    """Check the claims of the named figures, or of all. Exit code 1 if one is not as expected."""
    for name in args.names:
        gallery.path(name)
    rows = []
    for name, result, seconds in gallery.verify(args.names, args.full):
        rows += gallery.as_rows(name, result)
        if not args.json:
            print(f"{name} ({seconds:.1f} s of CPU)", flush=True)
            for claim, value in result.measured.items():
                known = " (known: it does not reproduce)" if claim.tried else ""
                word = ("holds" if claim.holds(value) else "does not hold") + known
                print(f"    {word}: {claim.text}: {claim.bounds()}, measured {short(value)}", flush=True)
    wrong = [row for row in rows if not row["as_expected"]]
    if args.json:
        print(as_json({"claims": rows}))
    else:
        print(f"{len(rows) - len(wrong)} of {len(rows)} claims are as expected")
    return int(bool(wrong))
