"""How the site reads docstrings: docs/extensions/docstrings.py."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "docs" / "extensions" / "docstrings.py"


@pytest.fixture(scope="module")
def as_rst():
    spec = importlib.util.spec_from_file_location("docstrings", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.as_rst


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "out = x W + b\n\n    dx = dout Wᵀ    db = Σ dout\n\n    one more",
            "::\n\n       dx = dout Wᵀ    db = Σ dout\n\n       one more",
        ),
        (
            "steps    the number made\nepoch    of whole\n         epochs",
            "steps\n   the number made\nepoch\n   of whole epochs",
        ),
        ("a, **b\n        two words\nc       three", "a, \\*\\*b\n   two words\nc\n   three"),
        ("m ← m + 1,   v ← v + 2", "m ← m + 1,   v ← v + 2"),
        ("σ = |gain|, as kaiming_uniform_ has it, w_rms", "σ = \\|gain\\|, as kaiming_uniform\\_ has it, w_rms"),
        ("`He` draws `std * randn(n)`s.", ":py:obj:`He` draws :code:`std * randn(n)`\\ s."),
        ("the `init` and\nthe `bias_init`.", "the :py:obj:`init` and\nthe :py:obj:`bias_init`."),
        ("* one |x|\n* two", "* one \\|x\\|\n* two"),
    ],
)
def test_a_docstring_becomes_restructured_text(text, expected, as_rst):
    assert as_rst(text).endswith(expected)
