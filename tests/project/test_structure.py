"""The package itself: a module imports only those above it, and what it promises of itself holds."""

import ast
import graphlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import scratchnet as sn
from scratchnet.initializers.names import KINDS
from scratchnet.layers import ACTIVATIONS
from scratchnet.optimizers import OPTIMIZERS

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file for file in (ROOT / "scratchnet").rglob("*.py") if file.name not in ("exercise.py", "answers.py")
)  # the stubs are a reader's, and the answers are for the tests
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))

# From the ground up, which is also the order to read in: a room imports only from itself and from rooms that stand on a
# line above its own. `scratchnet` is the package's own __init__.
FLOORS = [
    ["support"],
    ["data", "hooks", "losses", "meanfield", "optimizers", "schedules"],
    ["initializers"],
    ["layers"],
    ["adapters", "convert"],
    ["network"],
    ["spread_values"],
    ["plots"],
    ["spread"],
    ["checkpoint"],
    ["check", "theory", "training"],
    ["exercises", "experiment", "playground"],
    ["report"],
    ["comparison", "gallery", "watching"],
    ["scratchnet"],
    ["classifier", "cli"],
    ["__main__"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def module_name(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


def imports(tree):
    """The names of all modules that are imported, those inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports here are absolute"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in inside if name in MODULES]
            yield from modules
            if len(modules) < len(inside):
                yield str(node.module)


def own_imports(name):
    return {found for found in imports(MODULES[name]) if found.split(".")[0] == "scratchnet" and found != name}


def room(name):
    return name.split(".")[1] if "." in name else name


def test_every_module_has_its_place():
    assert {room(name) for name in MODULES} == set(FLOOR)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_floors_below(name):
    here = room(name)
    assert not [found for found in own_imports(name) if room(found) != here and FLOOR[room(found)] >= FLOOR[here]]


def test_no_module_imports_itself_by_way_of_others():
    list(graphlib.TopologicalSorter({name: own_imports(name) for name in MODULES}).static_order())


# What no name of the package loads before it is used, and what the first line and the help do not load either.
LOADED_WHERE_USED = {"matplotlib", "tqdm", "jinja2", "torch", "onnx", "scipy", "pandas", "IPython"}
LOADED_WHERE_USED |= {"safetensors", "dask", "distributed", "sklearn", "threadpoolctl", "filelock"}
LOADED_LATER = {"concurrent", "multiprocessing"}
LOADED_LATER |= {f"scratchnet.{name}" for name in ("training", "checkpoint", "theory", "plots", "convert", "network.saving")}
LOADED_LATER |= {f"scratchnet.{name}" for name in ("experiment", "comparison", "report", "exercises", "check.gradient")}


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import scratchnet", LOADED_WHERE_USED | LOADED_LATER | {"numpy", "scratchnet.support"}),
        ("from scratchnet.cli import main; main(['--help'])", LOADED_WHERE_USED | LOADED_LATER),
        ("from scratchnet import *", LOADED_WHERE_USED),
    ],
)
def test_no_more_is_loaded_than_is_used(code, never):
    code = f"import sys; {code}; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "scratchnet" in loaded and not loaded & never


def test_each_public_name_is_found_where_the_type_checker_finds_it():
    found = {
        (node.module.removeprefix("scratchnet."), alias.name)
        for node in ast.walk(MODULES["scratchnet"])
        if isinstance(node, ast.ImportFrom) and node.module.startswith("scratchnet.")
        for alias in node.names
    }
    assert found == {(module, name) for module, names in sn._HOMES.items() for name in names.split()}
    assert sorted(name for _, name in found) == sorted(sn.__all__)


def test_a_name_is_found_in_a_new_process_and_an_unknown_one_is_an_attribute_error():
    """In a new one, since a module that any other test has imported is there already."""
    code = "import scratchnet as sn; print(sn.plots.__name__, sn.He(), hasattr(sn, 'nothing'), hasattr(sn, '_nothing'))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "scratchnet.plots He() False False\n"


def test_a_module_is_an_attribute_of_the_package_and_a_wrong_name_is_an_error():
    assert sn.plots.loss_curves and "He" in dir(sn)
    with pytest.raises(AttributeError, match="module 'scratchnet' has no attribute 'Hee'"):
        sn.Hee  # noqa: B018


@pytest.mark.parametrize("file", FILES + EXAMPLES, ids=lambda file: file.stem)
def test_nobody_touches_numpys_global_generator(file):
    allowed = {"Generator", "default_rng", "SeedSequence"}
    tree = ast.parse(file.read_text(encoding="utf-8"))
    used = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random"
    }
    assert used <= allowed
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"numpy.random", "random"}


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_every_module_begins_by_saying_what_it_is(file):
    assert not file.stat().st_size or ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


def test_public_names_are_there_once():
    assert len(set(sn.__all__)) == len(sn.__all__)
    assert all(hasattr(sn, name) for name in sn.__all__)


@pytest.mark.parametrize("name", sn.__all__)
def test_every_public_name_says_what_it_is(name):
    thing = getattr(sn, name)
    assert thing.__doc__ and not thing.__doc__.startswith(f"{name}(")  # the signature that @dataclass would write
    assert vars(thing).get("__doc__", thing.__doc__)


FORMULAS = {*KINDS.values(), *ACTIVATIONS.values(), *OPTIMIZERS.values(), sn.Affine, sn.WeightDecay, sn.ClipNorm}


@pytest.mark.parametrize("kind", sorted(FORMULAS, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_formulas_stand_in_the_docstring(kind):
    own = inspect.cleandoc(vars(kind)["__doc__"])
    assert any(sign in own for sign in "=~←→")


# The chapters in the order to read them in.

CHAPTERS = [
    "initializers",
    "layers",
    "network",
    "optimizers",
    "hooks",
    "schedules",
    "losses",
    "data",
    "spread_values",
    "spread",
    "meanfield",
    "theory",
]
CHAPTERS += ["training", "checkpoint", "experiment", "comparison"]


def read_next(name):
    """The module that a module's docstring sends its reader to: one of the same room, or `scratchnet.…`."""
    found = re.findall(r"Read\s+next:\s+`([\w.]+)`", ast.get_docstring(MODULES[name]) or "")
    assert len(found) == 1, f"{name} names {len(found)} modules to read next"
    target = found[0] if found[0].startswith("scratchnet.") else f"{name.rpartition('.')[0]}.{found[0]}"
    assert target in MODULES, f"{name} sends its reader to {found[0]}, which is no module"
    return target


def test_read_next_leads_through_every_chapter_from_initializers_to_comparison():
    chain = ["scratchnet.initializers.base"]
    while chain[-1] != "scratchnet.comparison":
        following = read_next(chain[-1])
        assert following not in chain, f"{chain[-1]} leads back to {following}"
        chain.append(following)
    assert list(dict.fromkeys(room(name) for name in chain)) == CHAPTERS
    packages = {name for name, file in zip(MODULES, FILES, strict=True) if file.name == "__init__.py"}
    assert set(chain) == {name for name in MODULES if room(name) in CHAPTERS and name not in packages}


def test_architecture_names_every_room_in_the_order_of_the_floors():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    picture = re.search(r"```\n(.*?)```", text, flags=re.DOTALL)[1]
    drawn = [line.split("  ")[0].split() for line in picture.splitlines() if not line.startswith(" ")]
    assert drawn == FLOORS
