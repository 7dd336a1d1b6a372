"""The command line: each verb is one call of the package. Exit codes: 0 right, 1 it ran and failed, 2 wrong usage, 130
interrupted, 143 terminated. Everything but the results goes to stderr. Read next: `values`.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from scratchnet import __version__
from scratchnet.check import KINDS
from scratchnet.cli.output import one_line, outputs, say
from scratchnet.cli.values import (
    activation,
    batch_shape,
    bias_initializer,
    dask_address,
    folder,
    learning_rate,
    network,
    network_initializer,
    optimizer,
    whole_number,
    widths,
)
from scratchnet.support.files import explain
from scratchnet.support.readers_file import FILES, said
from scratchnet.support.validation import InputError

# The default initializers of compare and spread: those of the book's experiments. Its "Xavier" is 1/√n, which others call
# LeCun; Glorot's is --init Xavier.
COMPARED = ("0.01", "book.xavier", "He")
SPREAD = ("1", "0.01", "book.xavier", "He")


class Answered(SystemExit):
    """argparse has printed its help or its error."""


class Parser(argparse.ArgumentParser):
    """argparse, whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, one_line(f"{self.prog}: {message}; see {self.prog} --help") + "\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            sys.stderr.write(message)
        raise Answered(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (sys.argv, if left out) and return the exit code, of --help and of a wrong option too."""
    with outputs() as out:
        code = answer(argv)
    return code or int(out.failed)


def answer(argv: Sequence[str] | None) -> int:
    """Run the command. What goes wrong is one line on standard error."""
    verb = ""
    try:
        args = parser().parse_args(argv)
        verb = args.verb
        return run(args)
    except Answered as end:
        return int(end.code or 0)
    except InputError as error:
        say(verb, str(error))
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except MemoryError as error:
        say(verb, f"there is not enough memory ({error}): ask for fewer or smaller")
        return 1
    except OSError as error:
        say(verb, explain(error))
        return 1
    except (Exception, SystemExit) as error:
        if not FILES:
            raise
        say(verb, f"{', '.join(FILES.values())}: {said(error)}")
        return 1


def run(args: argparse.Namespace) -> int:
    """Run a verb. Its module is imported only here, so that `scratchnet --help` need not wait for the others."""
    match args.verb:
        case "compare":
            from scratchnet.cli.compare import compare

            return compare(args)
        case "spread":
            from scratchnet.cli.spread import show_spread

            return show_spread(args)
        case "report":
            from scratchnet.cli.report import redraw

            return redraw(args)
        case "playground":
            from scratchnet.cli.playground import write_page

            return write_page(args)
        case "gallery":
            from scratchnet.cli.gallery import show_gallery

            return show_gallery(args)
        case "initializers":
            from scratchnet.cli.initializers import list_initializers

            return list_initializers(args)
        case "check":
            from scratchnet.cli.check import check_anything

            return check_anything(args)
        case _:
            from scratchnet.cli.exercises import write_exercises

            return write_exercises(args)


def parser() -> Parser:
    """The parser of all verbs. Its `type=` functions check each value: the verbs get values, not texts."""
    top = Parser(prog="scratchnet", description="Why W = randn(n_in, n_out) * std? Train on MNIST, and see.")
    top.add_argument("--version", action="version", version=f"scratchnet {__version__}")
    verbs = top.add_subparsers(
        dest="verb",
        required=True,
        metavar="compare | spread | initializers | check | exercises | report | playground | gallery",
    )
    add_compare(verbs)
    add_spread(verbs)

    report = verbs.add_parser("report", help="write the figures and the page of finished comparisons again")
    report.add_argument(
        "folders",
        nargs="+",
        type=folder,
        metavar="DIR",
        help="a folder that compare or result.save has written, such as runs/<time>; several make one table and one page",
    )
    report.add_argument(
        "--out", type=folder, metavar="DIR", help="where to write (the same folder; of several, runs/<time>)"
    )
    for axis in ("rows", "columns"):
        words = f"the setting in the {axis} of accuracy.png: init, hidden, lr … (the first that varies)"
        report.add_argument(f"--{axis}", metavar="NAME", help=words)
    report.add_argument("--run-files", action="store_true", help="run the files of Python that the folder's command names")
    add_json(report)
    add_figures(report)

    page = verbs.add_parser(
        "playground", help="write one page for the browser that trains the network itself, on real digits"
    )
    page.add_argument(
        "--out", type=folder, default="playground.html", metavar="FILE", help="the file to write (playground.html)"
    )
    page.add_argument("--data", type=folder, metavar="DIR", help="a folder with an IDX set of MNIST's kind (MNIST)")
    add_json(page)

    add_gallery(verbs)

    listing = verbs.add_parser("initializers", help="list the initializers, their formulas, and what others call them")
    add_json(listing)

    add_check(verbs)

    exercises = verbs.add_parser("exercises", help="copy the exercises into a folder; files that are there already stay")
    exercises.add_argument("folder", type=folder, metavar="DIR", help="the folder to work in")
    return top


def add_json(verb: Parser) -> None:
    verb.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")


def add_figures(verb: Parser) -> None:
    verb.add_argument("--svg", action="store_true", help="write the figures as SVG too (PNG only)")
    verb.add_argument("--show", action="store_true", help="open the figures in windows")


def add_common(verb: Parser, inits: Sequence[str]) -> None:
    """The options of compare and spread, with the verb's own default initializers."""
    verb.add_argument(
        "--init",
        nargs="+",
        type=network_initializer,
        default=[network_initializer(text) for text in inits],
        metavar="INIT",
        help="initializers: names (He, LeCun, Xavier, book.xavier, TorchDefault, Zeros …), numbers (a std), or calls "
        "such as 'TruncatedNormal(0.02)' or 'He(draw=uniform)'; from your own file my.py:MyInit",
    )
    verb.add_argument("--data", type=folder, metavar="DIR", help="a folder with an IDX set of MNIST's kind (MNIST)")
    verb.add_argument("--seed", type=whole_number(least=0, most=10**38), default="0", metavar="N", help="the first seed (0)")
    verb.add_argument("--out", type=folder, metavar="DIR", help="where to write (runs/<time>)")
    verb.add_argument(
        "--network",
        type=network,
        metavar="NAME",
        help="mlp (default), simple_convnet, 'deep_convnet(hidden=20)', or from your own file my.py:make, a function "
        "make(init, seed) that returns a Network",
    )
    add_json(verb)
    verb.add_argument("--quiet", action="store_true", help="no header and no progress")
    add_figures(verb)


def add_compare(verbs: Any) -> None:
    verb = verbs.add_parser("compare", help="train a network under each initializer and compare")
    add_common(verb, COMPARED)

    def add_several(group: Any, flag: str, read: Any, help: str, default: str | None = None) -> None:
        """An option with one value or several; compare runs all combinations."""
        values = None if default is None else [read(default)]
        group.add_argument(flag, nargs="+", type=read, default=values, metavar="…", help=help)

    add_several(verb, "--bias-init", bias_initializer, "initializers of the biases (Zeros)")
    add_several(verb, "--activation", activation, "ReLU (default), Tanh, 'LeakyReLU(0.2)', my.py:MyLayer …")
    add_several(verb, "--hidden", widths, "widths of a network: 100x4 (default), or 100,50")
    add_several(verb, "--optimizer", optimizer, "SGD (default), Momentum, Adam …", "SGD")
    add_several(verb, "--lr", learning_rate, "learning rates (SGD .01, Adam .001)")
    add_several(verb, "--batch-size", whole_number(), "images per step (128)", "128")
    length = verb.add_mutually_exclusive_group()
    add_several(length, "--steps", whole_number(), "steps of training (2000)")
    add_several(length, "--epochs", whole_number(), "passes through the training set, in place of --steps")
    verb.add_argument("--seeds", type=whole_number(most=10_000), default="3", metavar="N", help="how many seeds (3)")
    where = verb.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=whole_number(), metavar="N", help="number of processes (as many as cores)")
    where.add_argument(
        "--dask", type=dask_address, metavar="ADDRESS", help="do the runs on a Dask cluster, such as tcp://127.0.0.1:8786"
    )
    verb.add_argument("--resume", action="store_true", help="go on with the runs that --out DIR does not hold yet")


def add_spread(verbs: Any) -> None:
    verb = verbs.add_parser("spread", help="will it train? theory and measurement, without training")
    add_common(verb, SPREAD)
    verb.add_argument("--bias-init", type=bias_initializer, metavar="INIT", help="initializer of the biases (Zeros)")
    verb.add_argument(
        "--activation", type=activation, metavar="NAME", help="ReLU (default with --input mnist), Sigmoid (with randn) …"
    )
    verb.add_argument("--hidden", type=widths, metavar="N", help="widths, such as 100,50 (100x4; 100x5 with --input randn)")
    verb.add_argument(
        "--input",
        default="mnist",
        choices=["mnist", "randn"],
        help="mnist: images and labels; randn: the book's histogram experiment, randn(1000, 100) through five layers of 100",
    )
    verb.add_argument(
        "--lr",
        type=learning_rate,
        default="0.01",
        metavar="X",
        help="learning rate of step/W and the loss (.01)",
    )


def add_gallery(verbs: Any) -> None:
    verb = verbs.add_parser("gallery", help="draw figures of the book and of papers anew, and check what the papers state")
    verb.add_argument("names", nargs="*", metavar="NAME", help="the figures to draw or to check (without: list them)")
    verb.add_argument("--verify", action="store_true", help="check what the papers state (without NAME: all of them)")
    verb.add_argument("--full", action="store_true", help="the full setting, minutes instead of seconds")
    verb.add_argument("--out", type=folder, default=".", metavar="DIR", help="the folder to write the figures to (here)")
    verb.add_argument("--svg", action="store_true", help="write the figures as SVG too (PNG only)")
    add_json(verb)


def add_check(verbs: Any) -> None:
    verb = verbs.add_parser(
        "check", help="is it right? an exercise, or any layer, loss or training step of yours: my.py:MyLayer"
    )
    verb.add_argument(
        "subject",
        nargs="?",
        metavar="03 | my.py:MyLayer",
        help="an exercise, by number or name (default: all), or something in a file of yours: a class, with or without a "
        "base class of scratchnet; affine, for affine_forward and affine_backward; train_step(x, t), which makes one step "
        "on a batch and returns the loss, or a function that takes nothing and returns a Trainer: does it learn ten rows "
        "by heart?",
    )
    verb.add_argument(
        "--in-shape", type=batch_shape, metavar="4,7", help="the shape of a batch for a layer or a training step, rows first"
    )
    verb.add_argument("--as", dest="kind", choices=KINDS, help="what it is, if scratchnet cannot tell")
    verb.add_argument("--dir", type=folder, default=".", metavar="DIR", help="where your copies of the exercises are (here)")
    verb.add_argument(
        "--hint", nargs="?", type=whole_number(), const=1, metavar="N", help="show a hint: the first, or hint N of three"
    )
    verb.add_argument("--watch", action="store_true", help="check again whenever the file is saved")
    add_json(verb)
