"""Something in a reader's file: `my.py:MyLayer`, or `my.py:MyLayer(7, 3)`."""

import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from scratchnet.support.parse_call import parse
from scratchnet.support.validation import InputError, shown

FILES: dict[str, str] = {}  # the file of each module that was imported from one here


class _Fresh(SourceFileLoader):
    """Reads a file as it is now: Python's cache would miss a change within a second, and leave a folder beside the file."""

    def get_code(self, name: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def run_file(file: Path, name: str) -> ModuleType:
    """Run a file as a module of that name."""
    spec = importlib.util.spec_from_file_location(name, file, loader=_Fresh(name, str(file)))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def import_file(file: str | Path) -> ModuleType:
    """The file as a module of its own, once, unless it has changed: its name holds a hash of its path and content."""
    path = Path(file).resolve()
    name = f"{path.stem}_{hashlib.sha256(str(path).encode() + path.read_bytes()).hexdigest()[:16]}"
    if name not in FILES:
        run_file(path, name)
        FILES[name] = str(path)
    return sys.modules[name]


def load(text: str) -> Any:
    """What my.py:MyLayer names, or what the call my.py:MyLayer(7, 3) makes. Arguments are plain values, never evaluated.

    The file is run as Python runs any module. Whatever is wrong is an InputError of one sentence.
    """
    file, found, call = text.rpartition(".py:")
    name = call.partition("(")[0].strip()
    if not found or not name.isidentifier():
        raise InputError(f"{shown(text)} names nothing in a file: write my.py:MyLayer, or my.py:MyLayer(7, 3)")
    path = Path(f"{file}.py")
    try:
        module = import_file(path)
    except BaseException as error:
        raise _not_imported(path, error) from error
    where = _short(path)
    with readers_code(f"{shown(name)} cannot be taken from {where}"):
        if not hasattr(module, name) and hasattr(module, f"{name}_forward"):
            name = f"{name}_forward"  # one of two functions, the other is the one with backward in its name
        if not hasattr(module, name):
            own = [known for known, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__]
            raise InputError(
                f"there is no {_short(name)} in {where}; there are {', '.join(own) or 'no classes and no functions'}"
            )
        thing = getattr(module, name)
    with readers_code(f"{shown(call)} in {where} cannot be made"):
        return parse("subject", call, {name: thing}) if "(" in call else thing


@contextmanager
def readers_code(what: str) -> Iterator[None]:
    """Whatever a reader's code raises within becomes an InputError that starts with `what`: SystemExit too."""
    try:
        yield
    except InputError:
        raise
    except BaseException as error:
        raise InputError(f"{what}: {said(error)}") from error


def said(error: BaseException) -> str:
    """The class and the message of an exception, whose own code may raise another one."""
    message = message_of(error)
    return f"{type(error).__name__}{': ' if message else ''}{message}"


def message_of(error: BaseException) -> str:
    """The message of an exception on one line, without its middle if it is long."""
    try:
        return str(InputError(error))
    except BaseException:
        return ""


def _not_imported(path: Path, error: BaseException) -> InputError:
    """What is wrong with a file that could not be imported."""
    where = _short(path)
    if isinstance(error, OSError) and error.filename == str(path.resolve()):
        if isinstance(error, FileNotFoundError):
            return InputError(f"there is no file {where}: name one that is there, as in my.py:MyLayer")
        return InputError(f"{where} cannot be read ({error.strerror}): name a file of Python, as in my.py:MyLayer")
    if isinstance(error, SyntaxError) and error.lineno:
        return InputError(f"{where} cannot be read: {error.msg}, in line {error.lineno}")
    return InputError(f"{where} cannot be imported: {said(error)}")


def _short(text: str | Path) -> str:
    return str(text) if len(str(text)) < 100 and str(text).isprintable() else shown(str(text))
