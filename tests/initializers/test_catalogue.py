"""`scratchnet initializers`: the list, its formulas held against the numbers, and what it says is left out."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import scratchnet as sn
from scratchnet import cli
from scratchnet.initializers import initializer
from scratchnet.initializers.catalogue import EXAMPLE, as_object, as_table, entries
from scratchnet.initializers.names import DRAWS, KINDS
from scratchnet.initializers.peers import DIFFERS, OUT, PEERS
from scratchnet.layers import ACTIVATIONS

ROWS = list(entries())
BY_NAME = {row["name"]: row for row in ROWS}

# Arguments for those that need some, and a layer for those that are for convolutions only.
CALLS = {
    "Constant(value)": sn.Constant(0.3),
    "Normal(std)": sn.Normal(0.3),
    "Uniform(limit)": sn.Uniform(0.3),
    "UniformBetween(low, high)": sn.UniformBetween(-0.2, 0.7),
    "TruncatedNormal(std)": sn.TruncatedNormal(0.3),
    "ExactGain(activation)": sn.ExactGain(sn.Tanh),
    "Critical(activation)": sn.Critical(sn.Tanh, 0.2),
    "TorchSparse(sparsity)": sn.TorchSparse(0.35, 0.3),
    "Sparse()": sn.Sparse(4, 0.3),
    "He()": sn.He(slope=0.3),
    "Orthogonal()": sn.Orthogonal(-1.5),
    "DeltaOrthogonal()": sn.DeltaOrthogonal(-1.5),
}
BUILT = [name for name in BY_NAME if name in CALLS or re.fullmatch(r"\w+\((draw=\w+)?\)", name)]
WITH_FORMULA = [name for name in BUILT if BY_NAME[name]["std"]]


def object_of(name):
    return CALLS.get(name) or sn.initializer(name)


def value(formula, init, fans):
    """The number that a formula gives, written as it is: √fan_in, √(a / b), |gain|, ⌈x⌉, 3 fan_in, ·, −, ²."""
    names = {"n_in": fans.n_in, "n_out": fans.n_out, "fan_in": fans.fan_in, "fan_out": fans.fan_out, "fan": fans.fan_in}
    names |= {"window": math.prod(fans.window), "std": getattr(init, "sigma", None), "σ": init.std(fans)}
    names |= vars(init)
    names |= {"sqrt": math.sqrt, "sqrt_of_max": lambda *x: math.sqrt(max(x)), "ceil": math.ceil}
    for sign, word in {
        "√max(": "sqrt_of_max(",
        "√(": "sqrt(",
        "⌈": "ceil(",
        "⌉": ")",
        "·": "*",
        "−": "-",
        "²": "**2",
    }.items():
        formula = formula.replace(sign, word)
    formula = formula.replace("Π window", "window")
    for pattern, word in {r"√(\w+)": r"sqrt(\1)", r"\|(\w+)\|": r"abs(\1)", r"(\d) ([a-z])": r"\1 * \2"}.items():
        formula = re.sub(pattern, word, formula)
    return eval(formula, names)


@pytest.mark.parametrize("name", WITH_FORMULA)
@pytest.mark.parametrize("fans", [sn.Fans(30, 7), sn.Fans(7, 30), sn.Fans(5, 9, (3, 2))], ids=str)
def test_the_formula_that_is_printed_is_the_std(name, fans):
    init = object_of(name)
    if not fans.window or name not in ("Identity()", "TorchSparse(sparsity)"):  # which are for matrices only
        assert value(BY_NAME[name]["std"], init, fans) == pytest.approx(init.std(fans), rel=1e-12)


def test_every_initializer_of_peers_and_papers_has_a_formula():
    kinds = {name.split("(")[0] for name in WITH_FORMULA}
    assert kinds >= {
        "Zeros",
        "Ones",
        "Constant",
        "Normal",
        "Uniform",
        "UniformBetween",
        "TruncatedNormal",
        "VarianceScaling",
    }
    assert kinds >= {"LeCun", "Xavier", "He", "TorchDefault", "Orthogonal", "DeltaOrthogonal", "Identity", "Dirac", "Sparse"}


BOUNDED = [name for name in BUILT if BY_NAME[name]["bound"]]


def test_uniform_and_truncated_draws_have_a_bound():
    draws = {name: object_of(name) for name in WITH_FORMULA}
    assert [name for name, init in draws.items() if init.draw in (sn.uniform, sn.truncated)] == BOUNDED


@pytest.mark.parametrize("name", BOUNDED)
def test_the_bound_that_is_printed_is_reached_and_not_passed(name):
    init, fans = object_of(name), sn.Fans(300, 400)
    w, bound = init((300, 400), fans, np.random.default_rng(0)), BY_NAME[name]["bound"]
    low, high = bound.split(" … ") if "…" in bound else ("−" + bound[1:], bound[1:])
    low, high = value(low, init, fans), value(high, init, fans)
    slack = 1e-4 * (high - low)  # .8796 has four digits; 120,000 draws come that near
    assert low - slack < w.min() < low + 10 * slack
    assert high - 10 * slack < w.max() < high + slack


def test_every_initializer_is_listed_under_each_of_its_draws():
    listed = [row["name"].split("(")[0] for row in ROWS]
    assert set(listed) == {kind.__name__ for kind in KINDS.values()}
    for kind in ("VarianceScaling", "LeCun", "Xavier", "He"):
        assert listed.count(kind) == len(DRAWS)


def test_what_is_printed_can_be_written():
    for row in ROWS:
        if row["name"].endswith("()") or "draw=" in row["name"]:
            written = row["name"].replace("activation", "Tanh")
            assert type(initializer(written, ACTIVATIONS)).__name__ == row["name"].split("(")[0]


@pytest.mark.parametrize("peer", PEERS)
def test_every_name_of_theirs_stands_beside_the_object_that_it_gives(peer):
    listed = {name for row in ROWS for name in row[peer]}
    assert all(name in PEERS[peer] and name not in OUT for name in listed)
    makers = [PEERS[peer][name] for name in listed]
    assert all(make in makers or name in OUT for name, make in PEERS[peer].items())  # the others are aliases


@pytest.mark.parametrize(
    "name, theirs",
    [
        ("He()", {"torch": ["torch.kaiming_normal_"], "keras": [], "jax": [], "book": ["book.he", "book.relu"]}),
        ("He(draw=uniform)", {"torch": ["torch.kaiming_uniform_"], "keras": ["keras.HeUniform"]}),
        ("He(draw=truncated)", {"torch": [], "keras": ["keras.HeNormal"], "jax": ["jax.he_normal", "jax.kaiming_normal"]}),
        ("LeCun()", {"torch": [], "keras": [], "jax": [], "book": ["book.xavier", "book.sigmoid"]}),
        ("Xavier()", {"torch": ["torch.xavier_normal_"], "keras": [], "jax": [], "book": []}),
        ("UniformBetween(low, high)", {"torch": ["torch.uniform_"], "jax": ["jax.uniform"]}),
        ("VarianceScaling(draw=truncated)", {"torch": [], "keras": ["keras.VarianceScaling"]}),
    ],
)
def test_names_stand_where_they_belong(name, theirs):
    assert {peer: BY_NAME[name][peer] for peer in theirs} == theirs


def test_the_example_is_a_layer_of_784_to_100():
    assert (EXAMPLE.fan_in, EXAMPLE.fan_out) == (784, 100)
    assert BY_NAME["He()"]["std_784x100"] == pytest.approx(math.sqrt(2 / 784))
    assert BY_NAME["Normal(std)"]["std_784x100"] is None
    assert BY_NAME["Dirac()"]["std_784x100"] is None  # for convolutions only


def test_the_command_prints_one_table_and_what_is_left_out(capsys):
    assert cli.main(["initializers"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert not err and out == f"{as_table()}\n"
    assert lines[0].split("  ")[0] == "initializer" and all(
        word in lines[0] for word in ("PyTorch", "Keras", "JAX", "the book")
    )
    (he,) = (line for line in lines if line.startswith("He(draw=uniform)"))
    assert "√(2 / ((1 + slope²) · fan_in))" in he and "±√3 · σ" in he and "kaiming_uniform_" in he and "0.0505" in he
    for name, reason in (OUT | DIFFERS).items():
        assert f"  {name}: {reason}" in lines


def test_json_is_one_object_and_nothing_else(capsys):
    assert cli.main(["initializers", "--json"]) == 0
    out, err = capsys.readouterr()
    assert not err and json.loads(out) == as_object()
    assert set(json.loads(out)) == {"initializers", "left_out", "not_as_theirs"}


def test_there_is_nothing_else_to_say_to_it(capsys):
    assert cli.main(["initializers", "--init", "He"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_page_on_initializers_names_the_command():
    page = (Path(__file__).parents[2] / "docs/how_to/initializer.md").read_text(encoding="utf-8")
    assert re.search(r"^scratchnet initializers\b", page, re.MULTILINE)
    names = re.findall(r"`\"?((?:torch|keras|jax|book)\.\w+)\"?`", page)
    assert names and all(sn.initializer(name) for name in names)
