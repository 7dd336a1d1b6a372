"""The words that a reader of the page may not know. Each is a link to a glossary, and explains itself on hover and on focus.

Read next: `page`.
"""

import re

from markupsafe import Markup, escape

# term: how it is found in a text, and what it means
TERMS: dict[str, tuple[str, str]] = {
    "within a unit": (
        r"within a unit|within-unit|\bwithin\b(?= \d)",
        "The std of one unit's output from image to image. Where it is near 0, every image gives the same output, "
        "although the histogram of all units may look healthy.",
    ),
    "step/W": (
        r"step/W",
        "How far one step of the optimizer moves a weight, relative to its size: with SGD, lr · rms(dW) / rms(W). About "
        "10^-3 trains well, and less than 10^-5 hardly at all.",
    ),
    "dead": (
        r"\bdead units\b|\bdead\b(?!-)",
        "A unit is dead if its output is 0 for every image: no gradient passes, so it does not learn.",
    ),
    "saturated": (
        r"\bsaturated\b",
        "An output is saturated if it is at the end of its activation's range, where the slope is nearly 0.",
    ),
    "ξ": (
        r"ξ",
        "The depth scale: after ξ layers, two different images are e times harder to tell apart, or the signal has grown or "
        "shrunk e times.",
    ),
    "He and Xavier": (
        r"He and Xavier",
        "He: a std of √(2/n) for n inputs. ReLU sets half of the numbers to 0, and the 2 makes up for it. Xavier: √(1/n) in "
        "the book; Glorot's own is √(2/(n_in + n_out)).",
    ),
    "loss of a guess": (
        r"loss of a guess",
        "A network that gives each of 10 classes the probability 1/10 pays ln 10 = 2.303.",
    ),
    "init": (r"(?<=\w )init\b", "Short for initializer: what draws the first weights, before any training."),
}


def explained(text: str) -> Markup:
    """Escape a text, raise its exponents, and make the first occurrence of each term a link that explains it."""
    found = str(raised(text))
    for term, (pattern, meaning) in TERMS.items():
        link = (
            f'<a class="term" href="#{name_of(term)}" aria-describedby="{name_of(term)}" '
            f'data-tip="{escape(term)}: {escape(plain_powers(meaning))}">'
        )
        parts = re.split(r"(<[^>]*>)", found)
        for i, part in enumerate(parts):
            inside_link = "<a " in "".join(parts[:i]) and "".join(parts[:i]).rindex("<a ") > "".join(parts[:i]).rfind("</a>")
            if not part.startswith("<") and not inside_link and (match := re.search(pattern, part)):
                parts[i] = f"{part[: match.start()]}{link}{match[0]}</a>{part[match.end() :]}"
                break
        found = "".join(parts)
    return Markup(found)


def name_of(term: str) -> str:
    """The id of a term in the glossary."""
    return "term-" + re.sub(r"\W+", "-", term.lower())


def glossary() -> list[tuple[str, str, str]]:
    """Each term: its id, itself, and what it means."""
    return [(name_of(term), term, meaning) for term, (_, meaning) in TERMS.items()]


def raised(text: str) -> Markup:
    """Escape a text and raise its exponents: 10^-3.6 becomes 10<sup>−3.6</sup>."""
    return Markup(re.sub(r"10\^(-?[\d.]*\d)", lambda match: f"10<sup>{match[1].replace('-', '−')}</sup>", escape(text)))


def plain_powers(text: str) -> str:
    """10^-3 as 10⁻³, for a text without markup."""
    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return re.sub(r"10\^(-?\d+)", lambda match: "10" + match[1].translate(digits), text)
