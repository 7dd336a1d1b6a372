"""Code in a reader's file may raise anything, anywhere: it is one short sentence, with exit code 2."""

from pathlib import Path

import pytest

from scratchnet.cli.main import main
from scratchnet.support.readers_file import FILES

LAYER = """
import scratchnet as sn

class X(sn.Layer):
    def __init__(self):
        super().__init__()
        {init}
    def __repr__(self):
        {repr}
    def forward(self, x):
        {forward}
    def backward(self, dout):
        return dout
"""
FINE = {"init": "pass", "repr": "return 'X'", "forward": "return x"}
RAISED = ["1 / 0", "raise SystemExit(0)", "raise KeyboardInterrupt", "self.__init__()", "raise ValueError('x' * 40_000)"]
INITIALIZER = """
class X:
    {method}
    def __call__(self, shape, fans, rng):
        return rng.standard_normal(shape)
X = X()
"""
FILES_OF_READERS = {
    "no file": None,
    "no Python": b"\x89PNG\r\n\x1a\n\xff",
    "a zero": b"x = 1\0",
    "half a line": b"def (",
    "an error": b"1 / 0",
    "an error of many lines": b"raise ValueError('a\\n\\x1b[31m' * 10_000)",
    "an error without words": b"class E(Exception):\n    def __str__(self):\n        raise SystemExit\nraise E",
    "an InputError": b"import scratchnet as sn\nsn.He(draw=3)",
    "an end": b"import sys\nsys.exit(0)",
    "an interruption": b"raise KeyboardInterrupt",
    "another BaseException": b"class E(BaseException):\n    pass\nraise E('x')",
    "no X": b"Y = 1",
    "an attribute that raises": b"def __getattr__(name):\n    raise SystemExit",
    "a module": b"import os as X",
    "a complex number": b"X = 3j",
    "nothing": b"X = None",
    "a property": b"X = property(lambda self: 1 / 0)",
    "a metaclass": b"class M(type):\n    def __call__(cls):\n        raise SystemExit\nclass X(metaclass=M):\n    pass",
    **{f"__init__: {what}": LAYER.format(**FINE | {"init": what}).encode() for what in RAISED},
    **{f"__repr__: {what}": LAYER.format(**FINE | {"repr": what}).encode() for what in RAISED[:2]},
    "forward": LAYER.format(**FINE | {"forward": "raise SystemExit"}).encode(),
    "__getattr__": INITIALIZER.format(method="def __getattr__(self, name):\n        raise SystemExit").encode(),
    "__class__": INITIALIZER.format(method="__class__ = property(lambda self: 1 / 0)").encode(),
}


@pytest.fixture(autouse=True)
def files_of_readers():
    yield
    FILES.clear()  # worker processes of later tests would run them too


@pytest.mark.parametrize("content", FILES_OF_READERS.values(), ids=list(FILES_OF_READERS))
def test_check_answers_in_one_line(content, capsys):
    if content is not None:
        Path("my.py").write_bytes(content)
    code = main(["check", "my.py:X", *(["--in-shape", "2,3"] if b"Layer" in (content or b"") else [])])
    out, err = capsys.readouterr()
    assert code in (1, 2) and "Traceback" not in out + err
    assert bool(out) == (code == 1) and len(err.splitlines()) == (code == 2)
    assert len(err) < 300 and "\x1b" not in out + err and " a i" not in err


OPTIONS = {
    "__repr__": (INITIALIZER.format(method="def __repr__(self):\n        raise SystemExit"), "--init"),
    "__call__ after a while": (
        "n = []\ndef X(shape, fans, rng):\n    n.append(1)\n    return rng.normal(size=shape) / (len(n) < 9)",
        "--init",
    ),
    "__init__": (LAYER.format(**FINE | {"init": "raise SystemExit(0)"}), "--activation"),
    "__init__ that raises": (LAYER.format(**FINE | {"init": "1 / 0"}), "--activation"),
    "forward": (LAYER.format(**FINE | {"forward": "raise SystemExit(0)"}), "--activation"),
}


@pytest.mark.parametrize("verb", ["compare", "spread"])
@pytest.mark.parametrize(("content", "option"), OPTIONS.values(), ids=list(OPTIONS))
def test_options_answer_in_one_line(content, option, verb, data, capsys):
    Path("my.py").write_text(content)
    more = ["--init", "He"] if option != "--init" else []
    more += ["--steps", "2", "--seeds", "1", "--jobs", "1", "--quiet"] if verb == "compare" else []
    assert main([verb, "--data", data, "--hidden", "3", *more, option, "my.py:X", "--out", "here"]) in (1, 2)
    out, err = capsys.readouterr()
    assert not out and len(err.splitlines()) == 1 and len(err) < 300


def test_the_article_fits_the_word(capsys):
    Path("my.py").write_text("def X(shape, fans, rng):\n    return rng.normal(size=shape)")
    assert main(["check", "my.py:X", "--in-shape", "4,7"]) == 2
    assert "is an initializer" in capsys.readouterr().err
