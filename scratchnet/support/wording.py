"""Words in messages."""


def a(noun: str) -> str:
    """The noun after "a" or "an"."""
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"
