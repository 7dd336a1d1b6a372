"""What do the checks say of what people really write? The table of docs/checks.md.

    python studies/checks.py [--out docs/checks.md] [--random 500]

The cases are those of tests/check/corpus: layers, losses, optimizers and initializers, wrong ones with the diagnosis that
each should get, and right ones that look odd; and right layers that are put together at random.
"""

import argparse
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import scratchnet as sn
from scratchnet.support.files import write_whole
from scratchnet.support.tables import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from check.corpus import initializers, losses, optimizers, right_layers, wrong_layers  # noqa: E402
from check.corpus.cases import UNNAMED, Case  # noqa: E402
from check.corpus.random_layers import random_layer  # noqa: E402


def groups(cases: Iterable[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.group, []).append(case)
    return found


def rows_of(kind: str, wrong: list[Case], right: list[Case]) -> tuple[list[list[str]], list[str]]:
    """The rows of one kind, one for each group, and a line for each case that is not called as it should be."""
    rows, told = [], []
    for group, cases in groups(wrong).items():
        words = [case.report().diagnoses[:1] for case in cases]
        caught = [bool(word) for word in words]
        named = [bool(word) and word[0] in case.words for word, case in zip(words, cases, strict=True)]
        other = [{*case.words, *UNNAMED} for case in cases]
        misnamed = [bool(word) and word[0] not in known for word, known in zip(words, other, strict=True)]
        rows.append([kind, group, str(len(cases)), str(sum(caught)), str(sum(named)), str(sum(misnamed)), ""])
        for case, word, good in zip(cases, words, named, strict=True):
            told += [] if good else [f"* {kind}, {group}: {case.what}: {word[0] if word else 'not found'}"]
    for group, cases in groups(right).items():
        alarms = [case for case in cases if not case.report().ok]
        rows.append([kind, f"right: {group}", str(len(cases)), "", "", "", str(len(alarms))])
        told += [f"* {kind}, right: {case.what}: called wrong" for case in alarms]
    return rows, told


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--out", type=Path)
    made.add_argument("--random", type=int, default=500, help="how many random layers")
    args = made.parse_args()
    warnings.simplefilter("ignore")
    tables: list[tuple[str, Any, Any]] = [("layers", wrong_layers, right_layers), ("losses", losses, losses)]
    tables += [("optimizers", optimizers, optimizers), ("initializers", initializers, initializers)]
    rows, told = [], list[str]()
    for kind, wrong, right in tables:
        here, lines = rows_of(kind, wrong.WRONG.cases, right.RIGHT.cases)
        rows += here
        told += lines
    alarms = []
    for seed in range(args.random):
        layer, in_shape = random_layer(seed)
        alarms += [] if sn.check_layer(layer, in_shape, seed=seed).ok else [seed]
    rows.append(["layers", "right: put together at random", str(args.random), "", "", "", str(len(alarms))])
    told += [f"* layers, right: random, seed {seed}: called wrong" for seed in alarms]
    totals = [sum(int(row[column] or 0) for row in rows if bool(row[3]) == (column != 6)) for column in (2, 3, 4, 5, 6)]
    rows.append(["all", "wrong ones; false alarms", *(str(total) for total in totals)])
    head = ["what", "kind", "cases", "found wrong", "named", "misnamed", "false alarms"]
    text = [str(Table(head, rows)), "", "Not named, or not called as they should be:", *(told or ["* none"]), ""]
    print("\n".join(text))
    if args.out:
        opening = [
            "# What the checks say of what people really write",
            "",
            "    python studies/checks.py --out docs/checks.md",
            "",
            "Wrong layers, losses, optimizers and initializers in groups: how many the checks find wrong, and how many get",
            "the diagnosis that names the mistake. One that names another mistake counts as misnamed. Below them are the",
            "right ones that look odd: how many are called wrong.",
            "",
        ]
        write_whole(args.out, "\n".join([*opening, "```", *text, "```", ""]))


if __name__ == "__main__":
    main()
