"""From text to the object that it names: `He`, `0.01`, `TruncatedNormal(0.02)`, `He(draw=uniform)`.

Python's own parser reads the text, and names are looked up in a table. Nothing is evaluated.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from scratchnet.support.validation import InputError, unknown


def parse(kind: str, text: str, makers: Mapping[str, Callable[..., Any]], constants: Mapping[str, Any] | None = None) -> Any:
    """The object that `text` names: a number, a name of `makers` (called without arguments), or a call of one.

    `constants` are further names that may be arguments. `kind` says in an error what `text` should name.
    """
    how = f"write it as a name or a call, such as {next(iter(makers))}()"
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InputError(f"cannot read the {kind} {text!r}: {how}") from error
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError):
        pass
    called = tree.func if isinstance(tree, ast.Call) else tree
    if not isinstance(called, ast.Name | ast.Attribute):
        raise InputError(f"cannot read the {kind} {text!r}: {how}")
    name = ast.unparse(called)
    by_lower = {known.lower(): maker for known, maker in makers.items()}
    if name.lower() not in by_lower:
        raise unknown(kind, name, makers)
    positional, keywords = [], {}
    if isinstance(tree, ast.Call):
        positional = [_argument(text, node, constants or {}) for node in tree.args]
        keywords = {str(one.arg): _argument(text, one.value, constants or {}) for one in tree.keywords}
    try:
        return by_lower[name.lower()](*positional, **keywords)
    except InputError as error:
        raise InputError(f"{text!r}: {error}") from error
    except TypeError as error:
        raise InputError(f"{text!r} has the wrong arguments: {str(error).replace('.__init__()', '')}") from error


def _argument(text: str, node: ast.expr, constants: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        names = f", or one of {', '.join(constants)}" if constants else ""
        raise InputError(f"cannot read {ast.unparse(node)} in {text!r}: an argument is a plain value{names}") from error
