"""The command line: words to one call each of the package. Exit codes: 0 right, 1 it ran and failed, 2 wrong usage, 130
interrupted. Everything but the results goes to stderr."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from scratchnet.check.parametrize import KINDS
from scratchnet.cli.check import check_anything
from scratchnet.cli.compare import compare
from scratchnet.cli.exercises import write_exercises
from scratchnet.cli.initializers import list_initializers
from scratchnet.cli.report import redraw
from scratchnet.cli.spread import show_spread
from scratchnet.support.validation import InputError


class Parser(argparse.ArgumentParser):
    """argparse, whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that `words` (sys.argv, if left out) say; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a code page without ± prints a ? and goes on
    arguments = parser().parse_args(words)
    try:
        return arguments.command(arguments)
    except InputError as error:
        print(f"scratchnet {arguments.verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except MemoryError as error:
        print(
            f"scratchnet {arguments.verb}: there is not enough memory ({error}): ask for fewer or smaller", file=sys.stderr
        )
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f"scratchnet {arguments.verb}: {error.strerror or error}: {error.filename}", file=sys.stderr)
        return 1


def parser() -> Parser:
    top = Parser(prog="scratchnet", description="Why W = randn(n_in, n_out) * std? Train on MNIST, and see.")
    verbs = top.add_subparsers(
        dest="verb", required=True, metavar="compare | spread | initializers | check | exercises | report"
    )
    common = Parser(add_help=False)
    common.add_argument(
        "--init",
        nargs="+",
        metavar="INIT",
        help="initializers: names (He, LeCun, Xavier, book.xavier, TorchDefault, Zeros …), numbers (a std), or calls "
        "such as 'TruncatedNormal(0.02)' or 'He(draw=uniform)'; of your own file my.py:MyInit",
    )
    common.add_argument("--data", metavar="DIR", help="a folder with an IDX set of MNIST's kind (MNIST)")
    common.add_argument("--seed", default="0", metavar="N", help="the first seed (0)")
    common.add_argument("--out", metavar="DIR", help="where to write (runs/<time>)")
    common.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")
    common.add_argument("--quiet", action="store_true", help="no header and no progress")
    common.add_argument("--show", action="store_true", help="open the figures in windows")

    comparison = verbs.add_parser("compare", parents=[common], help="train a network under each initializer and compare")
    # Each takes one value or several; all combinations are run.
    several: dict[str, Any] = {"nargs": "+", "metavar": "…"}
    comparison.add_argument("--bias-init", **several, default=["Zeros"], help="initializers of the biases (Zeros)")
    comparison.add_argument(
        "--activation", **several, default=["ReLU"], help="ReLU (default), Tanh, 'LeakyReLU(0.2)', my.py:MyLayer …"
    )
    comparison.add_argument("--hidden", **several, default=["100x4"], help="widths of a network: 100x4 (default), or 100,50")
    comparison.add_argument("--optimizer", **several, default=["SGD"], help="SGD (default), Momentum, Adam …")
    comparison.add_argument("--lr", **several, help="learning rates (SGD .01, Adam .001)")
    comparison.add_argument("--batch-size", **several, default=["128"], help="images a step (128)")
    length = comparison.add_mutually_exclusive_group()
    length.add_argument("--steps", **several, help="steps of training (2000)")
    length.add_argument("--epochs", **several, help="passes through the training set, in place of --steps")
    comparison.add_argument("--seeds", default="3", metavar="N", help="how many seeds (3)")
    where = comparison.add_mutually_exclusive_group()
    where.add_argument("--jobs", metavar="N", help="processes to share the runs among (as many as cores)")
    where.add_argument("--dask", metavar="ADDRESS", help="do the runs on a Dask cluster, such as tcp://127.0.0.1:8786")
    comparison.add_argument("--resume", action="store_true", help="go on with the runs that --out DIR does not hold yet")
    comparison.set_defaults(command=compare)

    spread = verbs.add_parser("spread", parents=[common], help="will it train? theory and what is there, without training")
    spread.add_argument("--bias-init", default="Zeros", metavar="INIT", help="initializer of the biases (Zeros)")
    spread.add_argument("--activation", metavar="NAME", help="ReLU (default with --input mnist), Sigmoid (with randn) …")
    spread.add_argument("--hidden", metavar="N", help="widths, such as 100,50 (100x4; 100x5 with --input randn)")
    spread.add_argument(
        "--input",
        default="mnist",
        choices=["mnist", "randn"],
        help="mnist: images and labels; randn: the book's histogram experiment, randn(1000, 100) through five layers of 100",
    )
    spread.add_argument("--lr", default="0.01", metavar="X", help="learning rate that step/W is for (.01)")
    spread.set_defaults(command=show_spread)

    report = verbs.add_parser("report", help="draw the figures and the page of a comparison on the disk anew")
    report.add_argument("folder", metavar="DIR", help="the folder that compare has written, such as runs/<time>")
    report.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")
    report.add_argument("--show", action="store_true", help="open the figures in windows")
    report.set_defaults(command=lambda arguments: redraw(arguments, top.parse_args))

    listing = verbs.add_parser("initializers", help="list the initializers, their formulas, and what others call them")
    listing.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")
    listing.set_defaults(command=list_initializers)

    check = verbs.add_parser("check", help="is it right? an exercise, or any layer or initializer of yours: my.py:MyLayer")
    check.add_argument(
        "subject",
        nargs="?",
        metavar="03 | my.py:MyLayer",
        help="an exercise, by number or name (all of them), or what a file of yours holds",
    )
    check.add_argument("--in-shape", metavar="4,7", help="the shape of a batch for a layer, rows first")
    check.add_argument("--as", dest="kind", choices=KINDS, help="what it is, if that is not seen")
    check.add_argument("--dir", default=".", metavar="DIR", help="where your copies of the exercises are (here)")
    check.add_argument("--hint", nargs="?", const="1", metavar="N", help="show a hint: the first, or hint N of three")
    check.add_argument("--watch", action="store_true", help="check again whenever the file is saved")
    check.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")
    check.set_defaults(command=check_anything)

    exercises = verbs.add_parser("exercises", help="write fresh copies of the exercises to a folder; overwrites nothing")
    exercises.add_argument("folder", metavar="DIR", help="the folder to work in")
    exercises.set_defaults(command=write_exercises)
    return top
