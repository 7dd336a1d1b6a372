"""Words in messages."""

from collections.abc import Sequence


def a(noun: str) -> str:
    """The noun after "a" or "an"."""
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def counted(count: int, noun: str) -> str:
    """1 step, or 2,000 steps."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def subject(label: str, initializer: str | None = None) -> str:
    """An initializer's label as the subject of a sentence: "He init", so that nobody takes He for a person.

    In the label of a grid, "He / 100x4", `initializer` is the part that is meant.
    """
    name = label if initializer is None or not label.startswith(initializer) else initializer
    return label if name.lower().endswith("init") else f"{name} init{label[len(name) :]}"


def clipped(text: str, most: int = 60) -> str:
    """A text of at most `most` characters: a longer one without its middle."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half].rstrip()}…{text[-half:].lstrip()}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """A, B and C; of more than `most` names, A, B and 3 others."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
