"""Python's and NumPy's errors in the words of someone who learns. Read next: `course`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from scratchnet.check.report import Finding, Wrong, raised

Members = tuple[str, ...]  # what may stand where only its last part is written: self.x, fans.fan_in
Advice = Mapping[str, Wrong]  # another word and remedy for one of the words here

FANS_MEMBERS: Members = ("fans.fan_in", "fans.fan_out", "fans.n_in", "fans.n_out", "self.slope", "self.ratio")
MODULES = {"np": "import numpy as np", "math": "import math", "sn": "import scratchnet as sn"}
RULES: tuple[tuple[str, str, str], ...] = (  # (pattern of the text, word, what to do)
    (r"unsupported operand .*Fans|must be real number, not Fans", "raises", "fans holds several numbers: take fans.fan_in."),
    (r"missing 1 required positional argument: 'fans'", "raises", "It belongs to an object: write Xavier().std(fans)."),
    (r"truth value of an array", "raises", "if asks for one answer, and there is one for each number: use np.where."),
    (r"cannot reshape", "raises", "reshape keeps all numbers and changes their order: to cut take [:n], to turn .T."),
    (r"broadcast", "shapes-differ", "Compare the two shapes: is an axis wrong, or is keepdims=True missing?"),
    (r"matmul|not aligned", "transposed", "Is a .T missing, or one too many?"),
    (r"index out of range|out of bounds", "raises", "Print the shape, and count from 0."),
    (
        r"'(float|int|bool)' object has no",
        "one-number",
        "That is one number, not an array: is a size missing, as in rng.random(shape)?",
    ),
    (
        r"'(builtin_function_or_method|method|function)'",
        "not-called",
        "A function stands where its answer is needed: call it, with brackets ().",
    ),
    (r"unhashable", "raises", "An array cannot be in a set: make it a tuple first."),
)


def plain_error(name: str, error: BaseException, members: Members = (), advice: Advice = MappingProxyType({})) -> Wrong:
    """What is wrong with an answer that raises."""
    return plain(raised(name, error), members, advice)


def in_plain_words(one: Finding, members: Members = (), advice: Advice = MappingProxyType({})) -> Finding:
    """A finding whose text is Python's or NumPy's error with what it means, and what to do."""
    if one.passed or not one.diagnosis:
        return one
    word, text = plain((one.diagnosis, one.text), members, advice)
    return replace(one, diagnosis=word, text=text)


def plain(wrong: Wrong, members: Members = (), advice: Advice = MappingProxyType({})) -> Wrong:
    word, text = wrong
    if word not in ("raises", "transposed", "keepdims-missing"):
        return wrong
    found = explained(text, members) if "Error" in text else None
    if found is None:
        return wrong
    said = re.sub(r" (Is a \.T missing|An axis was lost).*", "", text)
    word, remedy = advice.get(found[0], found)
    return word, f"{said} {remedy}"


def explained(text: str, members: Members) -> Wrong | None:
    unknown = re.search(r"(?:name|local variable) '(\w+)'", text)
    if unknown:
        name = unknown[1]
        return "not-defined", undefined(name, members)
    lacking = re.search(r"'[A-Z]\w+' object has no attribute '(\w+)'", text)
    if lacking and any(member.startswith("self.") for member in members):
        name = lacking[1]
        if name in ("dgamma", "dbeta"):
            return "not-saved", f"self.{name} has no value yet: write self.{name} = …, not +=."
        if not any(member == f"self.{name}" for member in members):
            return "no-attribute", undefined(name, members)
        return "not-saved", f"backward finds no self.{name}: in forward, keep it there, self.{name} = …."
    if "in line" not in text and re.search(r"positional argument|keyword argument|takes no arguments", text):
        return "wrong-call", "Keep the arguments that it has in the stub."
    for pattern, word, remedy in RULES:
        if re.search(pattern, text):
            return word, remedy
    return None


def undefined(name: str, members: Members) -> str:
    if name == "numpy":
        return "NumPy's name is np here: write np."
    if name in MODULES:
        return f"Write {MODULES[name]} at the top of the file."
    member = next((member for member in members if member.endswith(f".{name}")), None)
    return f"Is it {member}?" if member else f"Give {name} a value first, or compare the spelling."
