"""Example 21, which needs PyTorch: it runs, and what it says in words is what it is there to show."""

import importlib.util
from pathlib import Path

import pytest
from small import digits

import scratchnet as sn

pytest.importorskip("torch", reason='PyTorch is not installed: pip install "scratchnet[torch]"')

EXAMPLE = Path(__file__).parents[2] / "examples" / "21_from_pytorch.py"


def test_a_model_of_pytorch_gets_its_spread_its_words_and_a_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sn, "load_mnist", digits)
    spec = importlib.util.spec_from_file_location("example_21", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(depth=5, width=40, rows=200)
    told = capsys.readouterr().out
    assert (
        told.index("nn.Linear's own start: ")
        < told.index("every input gives nearly the same")
        < told.index("kaiming_normal_:")
    )
    assert "kaiming_normal_: will train well" in told
    assert {path.name for path in tmp_path.iterdir()} == {"from_pytorch.png", "from_pytorch.svg"}
    assert all(path.stat().st_size > 5000 for path in tmp_path.iterdir())
