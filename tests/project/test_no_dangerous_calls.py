"""The package evaluates no text, loads no pickle, starts no shell, and opens no connection of its own."""

import ast
from pathlib import Path

import pytest
from project.test_structure import FILES, MODULES, module_name

ROOT = Path(__file__).parents[2]
SOURCES = [*sorted((ROOT / "examples").glob("[0-9][0-9]_*.py")), *sorted((ROOT / "scratchnet").rglob("*.py"))]

CALLS = {"eval", "exec", "compile", "__import__", "execfile", "input", "breakpoint"}
ATTRIBUTES = {"system", "popen", "spawnl", "spawnv", "execv", "execl", "execvp", "fork", "startfile"}
MODULES_REFUSED = {
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "code", "codeop", "runpy", "pty", "ctypes"),
    *("socket", "ssl", "urllib", "http", "ftplib", "smtplib", "telnetlib", "xmlrpc", "requests", "httpx", "aiohttp"),
    *("webbrowser", "socketserver", "asyncio"),
}
# The only places that run code of a file, or another program: the package's own modules by name, a reader's own file, work
# that a process of ours is given by its parent, and `git describe`.
ALLOWED = {
    "scratchnet": {"import_module"},
    "scratchnet.support.readers_file": {"importlib.util", "importlib.machinery", "exec_module"},
    "scratchnet.experiment.store": {"subprocess"},
    "scratchnet.experiment.travel": {"cloudpickle"},
}


def used(tree):
    """Names that are called or imported and could run what a file says, or reach the network."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [str(node.module)]
        else:
            modules = []
        for module in modules:
            if module.split(".")[0] in MODULES_REFUSED | {"subprocess"} or module in (
                "importlib.util",
                "importlib.machinery",
            ):
                yield module
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            yield node.func.id
        if isinstance(node, ast.Attribute) and (node.attr in ATTRIBUTES or node.attr in ("exec_module", "import_module")):
            yield node.attr
        if isinstance(node, ast.keyword) and (node.arg, ast.unparse(node.value)) in (
            ("shell", "True"),
            ("allow_pickle", "True"),
            ("weights_only", "False"),
        ):
            yield f"{node.arg}={ast.unparse(node.value)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load", "torch.load"):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_a_module_runs_no_text_no_shell_no_pickle_and_needs_no_network(file):
    name = module_name(file)
    assert set(used(MODULES[name])) <= ALLOWED.get(name, set())


def test_the_search_finds_what_it_looks_for():
    text = """
import pickle, urllib.request
from socket import socket
eval("1"); exec("1"); os.system("ls"); np.load("x", allow_pickle=True); run("ls", shell=True); importlib.import_module("x")
"""
    found = {"pickle", "urllib.request", "socket", "eval", "exec", "system", "np.load", "allow_pickle=True", "shell=True"}
    assert set(used(ast.parse(text))) == found | {"import_module"}


def test_readers_files_are_run_only_from_where_the_person_names_one():
    """`load` and `import_file` are used by the options, by check, by workers for the files that the options named, and by
    load_result with run_files=True.
    """
    users = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "scratchnet.support.readers_file"
        and {"load", "import_file", "run_file"} & {alias.name for alias in node.names}
    }
    assert users == {
        "scratchnet.cli.check",
        "scratchnet.cli.values",
        "scratchnet.exercises.course",
        "scratchnet.experiment.saved",
        "scratchnet.experiment.travel",
        "scratchnet.gallery",  # the package's own figures, by name
    }


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_source_reaches_for_tricks(file):
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert "sys.path" not in text
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            assert not names & {"*", "pickle", "cPickle", "dill", "joblib"}
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("eval", "exec", "np.load")
            assert ast.unparse(node.func) != "plt.show" or file.parts[-2:] == ("cli", "windows.py")
