"""Make the committed figures anew: every picture in docs/ and the command that makes it. The site's build makes those of
the quick examples itself (docs/extensions/example_pages.py). For the others the log beside the picture has what they print.

    python studies/figures.py                         # all but the slow ones, about five minutes
    python studies/figures.py --list                  # what there is
    python studies/figures.py --only compare lsuv     # these, slow or not
    python studies/figures.py --full                  # the slow ones too, more than an hour
    python studies/figures.py --out DIR               # write there instead of docs/

With the same versions of NumPy and Matplotlib, a figure comes out with the same bytes. The figures of the benchmarks are
measurements, so they differ each time. `report` needs Chromium and selenium, `from_pytorch` the extra `torch`, the
benchmarks the extra `bench`.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@dataclass(frozen=True)
class Recipe:
    """Commands that run one after the other in an empty folder, and the files to take from there.

    `files` says for each file in docs/ how the commands name it. `log` is the file in docs/ that gets what they print.
    """

    commands: tuple[str, ...]
    files: dict[str, str]
    slow: bool = False
    log: str | None = None


def example(script: str, *stems: str, slow: bool = False, words: str = "", log: bool = True) -> Recipe:
    """An example writes each figure under its own name. The log is for those that the site's build does not run."""
    files = {f"{stem}.png": f"{stem}.png" for stem in stems}
    command = f"python {{root}}/examples/{script}.py {words}".strip()
    return Recipe((command,), files, slow, f"{stems[0]}.log" if log else None)


def gallery(name: str) -> Recipe:
    """A file of the gallery in its full setting: the figure, and a log with the command, the numbers and the time."""
    command = f"python {{root}}/examples/gallery/{name}.py full"
    return Recipe((command,), {f"gallery/{name}.png": f"{name}.png"}, slow=True, log=f"gallery/{name}.log")


COMPARE = "python -m scratchnet compare --quiet --out out"
RECIPES = {
    "compare": Recipe(
        (COMPARE,),
        {f"compare_{name}.png": f"out/{name}.png" for name in ("loss", "spread", "update_ratios", "activations")},
    ),
    "report": Recipe(
        (COMPARE, "python {root}/studies/screenshots.py out/report.html ."),
        {f"report_{name}.png": f"report_{name}.png" for name in ("light", "dark", "narrow")},
    ),
    "playground": Recipe(
        ("python {root}/studies/screenshots.py --playground .",), {"playground.webp": "playground.webp"}, slow=True
    ),
    "trainability": Recipe(("python {root}/studies/trainability.py",), {"trainability.png": "trainability.png"}),
    "why_randn": example("01_why_randn", "why_randn", log=False),
    "mean_of_randn": example("02_mean_of_randn", "mean_of_randn", log=False),
    "activations": example(
        "03_weight_init_activation_histogram", "activations_sigmoid", "activations_relu", "activations_tanh", log=False
    ),
    "overfitting": example("09_overfitting", "overfitting"),
    "hyperparameter_search": example("10_hyperparameter_search", "hyperparameter_search", "hyperparameter_search_map"),
    "simple_convnet": example("11_simple_convnet", "simple_convnet", slow=True),
    "deep_convnet": example("12_deep_convnet", "deep_convnet", slow=True),
    "filters": example("13_filters", "filters"),
    "exact_gain": example("16_exact_gain", "exact_gain"),
    "trainable_depth": example("17_trainable_depth", "trainable_depth", slow=True, words="full"),
    "from_pytorch": example("21_from_pytorch", "from_pytorch"),
    "mup": example("24_mup", "mup"),
    "loss_curves": Recipe(
        ("python {root}/studies/loss_curves.py --out .",),
        {f"loss_curves.{ending}": f"loss_curves.{ending}" for ending in ("png", "md")},
        slow=True,
    ),
    "predicted_vs_measured": Recipe(
        ("python {root}/studies/predicted_vs_measured.py --stem predicted_vs_measured",),
        {f"predicted_vs_measured.{ending}": f"predicted_vs_measured.{ending}" for ending in ("png", "md")},
        slow=True,
    ),
    "step": Recipe(
        ("python {root}/benchmarks/step.py --rounds 3 --out out",),
        {f"benchmarks/step.{ending}": f"out/step.{ending}" for ending in ("png", "md", "json")},
        slow=True,
    ),
    "scaling": Recipe(
        ("python {root}/benchmarks/scaling.py --rounds 2 --out out",),
        {f"benchmarks/scaling.{ending}": f"out/scaling.{ending}" for ending in ("png", "md", "json")},
        slow=True,
    ),
    **{f"gallery/{file.stem}": gallery(file.stem) for file in sorted((ROOT / "examples" / "gallery").glob("*.py"))},
}


def make(name: str, out: Path) -> None:
    """Run the recipe's commands in a temporary folder, and move its files to `out`."""
    recipe = RECIPES[name]
    with tempfile.TemporaryDirectory() as folder:
        printed = []
        for command in recipe.commands:
            printed.append(f"$ {command.replace('{root}/', '')}\n")
            words = [sys.executable if word == "python" else word.format(root=ROOT) for word in shlex.split(command)]
            printed.append(subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout)
        if recipe.log:
            (out / recipe.log).parent.mkdir(parents=True, exist_ok=True)
            (out / recipe.log).write_text("".join(printed), encoding="utf-8")
        for target, source in recipe.files.items():
            (out / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(folder, source), out / target)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the figures and their commands, and make nothing")
    parser.add_argument("--only", nargs="+", choices=RECIPES, metavar="NAME", help="make these alone, slow or not")
    parser.add_argument("--full", action="store_true", help="make the slow ones too")
    parser.add_argument("--out", type=Path, default=DOCS, metavar="DIR", help="where to write (docs/)")
    given = parser.parse_args(words)
    if given.list:
        for name, recipe in RECIPES.items():
            print(f"{name}{' (slow)' * recipe.slow}: {', '.join(recipe.files)}")
            print("".join(f"    {command.replace('{root}/', '')}\n" for command in recipe.commands), end="")
        return
    for name in given.only or [name for name, recipe in RECIPES.items() if given.full or not recipe.slow]:
        print(name, flush=True)
        make(name, given.out.resolve())


if __name__ == "__main__":
    main()
