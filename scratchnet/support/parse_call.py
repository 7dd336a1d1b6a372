"""From text to the object that it names: `He`, `0.01`, `TruncatedNormal(0.02)`, `He(draw=uniform)`.

Python's own parser reads the text, and names are looked up in a table. Nothing is evaluated.
"""

import ast
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from scratchnet.support.validation import InputError, shown, unknown

LONGEST = 1000  # characters
DEEPEST = 10  # brackets in brackets; some versions of Python need twice the time for each further one


def parse(
    kind: str,
    text: str,
    makers: Mapping[str, Callable[..., Any]],
    constants: Mapping[str, Any] | None = None,
    calls: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """The object that `text` names: a number, a name of `makers` (called without arguments), or a call of one.

    `constants` are further names that may be arguments, and `calls` names that an argument may call. `kind` says in an error
    what `text` should name.
    """
    text = text.strip()
    cannot = f"cannot read the {kind} {shown(text)}"
    how = f"write it as a name or a call, such as {next(iter(makers))}()"
    tree = _tree(text, cannot, how)
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, RecursionError):
        pass
    called = tree.func if isinstance(tree, ast.Call) else tree
    if not isinstance(called, ast.Name | ast.Attribute):
        raise InputError(f"{cannot}: {how}")
    name = "".join(str(ast.get_source_segment(text, called)).split())
    by_lower = {known.lower(): maker for known, maker in makers.items()}
    if name.lower() not in by_lower:
        raise unknown(kind, name, makers)
    positional, keywords = [], {}
    if isinstance(tree, ast.Call):
        positional = [_argument(text, node, constants or {}, calls or {}) for node in tree.args]
        for one in tree.keywords:
            if one.arg is None or one.arg in keywords:
                wrong = "** is not allowed" if one.arg is None else f"{shown(one.arg)} is given twice"
                raise InputError(f"{shown(text)} has the wrong arguments: {wrong}")
            keywords[one.arg] = _argument(text, one.value, constants or {}, calls or {})
    try:
        return by_lower[name.lower()](*positional, **keywords)
    except InputError as error:
        raise InputError(f"{shown(text)}: {error}") from error
    except TypeError as error:
        raise InputError(f"{shown(text)} has the wrong arguments: {str(error).replace('.__init__()', '')}") from error


def _tree(text: str, cannot: str, how: str) -> ast.expr:
    """The text as a syntax tree, if it is short and simple enough to be read at once."""
    if len(text) > LONGEST:
        raise InputError(f"{cannot}: it has {len(text):,} characters, but at most {LONGEST:,} are allowed")
    depth = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if depth > DEEPEST:
            raise InputError(f"{cannot}: it has brackets in brackets, more than {DEEPEST} deep")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # about "\\d" or 1if, say
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InputError(f"{cannot}: {how}") from error


def _argument(text: str, node: ast.expr, constants: Mapping[str, Any], calls: Mapping[str, Callable[..., Any]]) -> Any:
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id]
    if calls and isinstance(node, ast.List | ast.Tuple):
        parts = [_argument(text, one, constants, calls) for one in node.elts]
        return parts if isinstance(node, ast.List) else tuple(parts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls:
        positional = [_argument(text, one, constants, calls) for one in node.args]
        keywords = {one.arg: _argument(text, one.value, constants, calls) for one in node.keywords if one.arg}
        try:
            return calls[node.func.id](*positional, **keywords)
        except TypeError as error:
            raise InputError(f"{shown(text)} has the wrong arguments: {error}") from error
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        names = f", or one of {', '.join(constants)}" if constants else ""
        written = shown(ast.get_source_segment(text, node))
        raise InputError(f"cannot read {written} in {shown(text)}: an argument is a plain value{names}") from error
