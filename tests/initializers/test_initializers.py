"""Every initializer by its law and its size, and what may stand where an initializer is due.

A law is tested by Kolmogorov and Smirnov's test on 100,000 draws of a fixed seed, a size by the error that so many
draws have: the std of n draws is off by about σ √((κ − 1) / 4n), κ the kurtosis of the law.
"""

import math
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy import stats

import scratchnet as sn

SHAPE = (400, 250)  # 100,000 draws
DENSE, CONVOLUTION = sn.Fans(300, 70), sn.Fans(3, 8, (5, 5))

CUT = stats.truncnorm(-2, 2)
LAWS = {  # by their function's name: the law as SciPy has it, of mean 0 and variance 1
    "normal": stats.norm(),
    "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
    "truncated": stats.truncnorm(-2, 2, scale=1 / CUT.std()),
}

# initializer -> its std as the paper or the book gives it, from fan_in and fan_out, and the name of its law
FORMULAS = {
    sn.Normal(0.01): (lambda i, o: 0.01, "normal"),
    sn.Uniform(0.3): (lambda i, o: 0.3 / math.sqrt(3), "uniform"),
    sn.TruncatedNormal(0.02): (lambda i, o: 0.02, "truncated"),
    sn.LeCun(): (lambda i, o: 1 / math.sqrt(i), "normal"),
    sn.LeCun(sn.uniform): (lambda i, o: math.sqrt(3 / i) / math.sqrt(3), "uniform"),
    sn.LeCun(sn.truncated): (lambda i, o: 1 / math.sqrt(i), "truncated"),
    sn.Xavier(): (lambda i, o: math.sqrt(2 / (i + o)), "normal"),
    sn.Xavier(sn.uniform): (lambda i, o: math.sqrt(6 / (i + o)) / math.sqrt(3), "uniform"),
    sn.Xavier(sn.truncated): (lambda i, o: math.sqrt(2 / (i + o)), "truncated"),
    sn.He(): (lambda i, o: math.sqrt(2 / i), "normal"),
    sn.He(sn.uniform): (lambda i, o: math.sqrt(6 / i) / math.sqrt(3), "uniform"),
    sn.He(sn.truncated): (lambda i, o: math.sqrt(2 / i), "truncated"),
    sn.He(slope=0.2): (lambda i, o: math.sqrt(2 / (1.04 * i)), "normal"),
    sn.TorchDefault(): (lambda i, o: 1 / math.sqrt(i) / math.sqrt(3), "uniform"),
    sn.VarianceScaling(): (lambda i, o: 1 / math.sqrt(i), "normal"),
    sn.VarianceScaling(2.0, "out"): (lambda i, o: math.sqrt(2 / o), "normal"),
    sn.VarianceScaling(1.5, "avg", sn.uniform): (lambda i, o: math.sqrt(3 / (i + o)), "uniform"),
    sn.VarianceScaling(1.0, "geometric", sn.truncated): (lambda i, o: (i * o) ** -0.25, "truncated"),
}
CONSTANTS = {sn.Zeros(): 0.0, sn.Ones(): 1.0, sn.Constant(0.25): 0.25, sn.Constant(-3): -3.0}

ROWS = [(init, formula, law) for init, (formula, law) in FORMULAS.items()]
every_draw = pytest.mark.parametrize("init, formula, law", ROWS, ids=[repr(init) for init in FORMULAS])
every_initializer = pytest.mark.parametrize("init", [*FORMULAS, *CONSTANTS], ids=repr)


def draw(init, fans=DENSE, seed=0, shape=SHAPE):
    return init(shape, fans, np.random.default_rng(seed))


def tolerance(std, law):
    """Four standard errors of the std of the draws."""
    kurtosis = 3 + float(LAWS[law].stats("k"))
    return 4 * std * math.sqrt((kurtosis - 1) / (4 * math.prod(SHAPE)))


@every_draw
@pytest.mark.parametrize("fans", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
def test_a_draw_follows_its_law(init, formula, law, fans):
    w = draw(init, fans, seed=1).ravel()
    std = formula(fans.fan_in, fans.fan_out)
    assert stats.kstest(w / std, LAWS[law].cdf).pvalue > 1e-3
    assert abs(w.std() - std) < tolerance(std, law)
    assert abs(w.mean()) < 4 * std / math.sqrt(w.size)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("other", LAWS)
def test_the_test_of_laws_tells_them_apart(law, other):
    w = draw(sn.LeCun(getattr(sn, law)), seed=1).ravel() * math.sqrt(300)
    assert (stats.kstest(w, LAWS[other].cdf).pvalue > 1e-3) == (law == other)


@every_draw
def test_std_is_the_papers_formula(init, formula, law):
    assert init.std(DENSE) == pytest.approx(formula(300, 70), rel=1e-14)
    assert init.std(CONVOLUTION) == pytest.approx(formula(3 * 25, 8 * 25), rel=1e-14)


@every_draw
def test_swapped_fans_would_be_noticed(init, formula, law):
    std, swapped = init.std(sn.Fans(300, 70)), init.std(sn.Fans(70, 300))
    if isinstance(init, sn.Normal | sn.Uniform | sn.Xavier) or getattr(init, "mode", "in") in ("avg", "geometric"):
        assert swapped == std  # sizes that do not depend on the fans, or on both alike
    else:
        assert abs(swapped - std) > 10 * tolerance(max(std, swapped), law)


def test_the_fans_of_a_convolution_count_its_window():
    assert (CONVOLUTION.fan_in, CONVOLUTION.fan_out) == (75, 200)


# A convolution's (n_in, n_out, size, groups) -> fan_in and fan_out, which count the window and one group alone.
FANS = {
    (3, 8, 5, 1): (75, 200),
    (8, 3, 5, 1): (200, 75),
    (4, 6, 3, 2): (18, 27),
    (6, 12, 2, 6): (4, 8),
    (7, 2, 1, 1): (7, 2),
}


def convolution(numbers, init, seed=0):
    n_in, n_out, size, groups = numbers
    return sn.Network([sn.Convolution(n_in, n_out, size, groups=groups, init=init)], seed, np.float64).layers[0].W


@every_draw
@pytest.mark.parametrize("numbers", FANS, ids=str)
def test_a_convolution_draws_by_the_fans_of_its_window_and_group(init, formula, law, numbers):
    unit = convolution(numbers, sn.VarianceScaling(math.prod(FANS[numbers][:1]), draw=getattr(init, "draw", sn.normal)))
    np.testing.assert_allclose(convolution(numbers, init), formula(*FANS[numbers]) * unit, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    "init, numbers, std",
    [
        (sn.He(), (3, 80, 5, 1), math.sqrt(2 / 75)),
        (sn.LeCun(sn.uniform), (8, 60, 3, 1), math.sqrt(1 / 72)),
        (sn.Xavier(), (3, 80, 5, 1), math.sqrt(2 / (75 + 2000))),
        (sn.Xavier(sn.truncated), (40, 120, 3, 4), math.sqrt(2 / (90 + 270))),
        (sn.VarianceScaling(1.0, "out"), (3, 80, 5, 1), math.sqrt(1 / 2000)),
        (sn.TorchDefault(), (8, 60, 5, 2), math.sqrt(1 / (3 * 100))),
    ],
    ids=repr,
)
def test_the_weights_of_a_convolution_follow_their_law(init, numbers, std):
    w, law = convolution(numbers, init).ravel(), init.draw.__name__
    assert stats.kstest(w / std, LAWS[law].cdf).pvalue > 1e-3
    assert stats.kstest(w / (1.15 * std), LAWS[law].cdf).pvalue < 1e-3  # so many would tell another size


@pytest.mark.parametrize(
    "named, general",
    [
        (sn.LeCun(), sn.VarianceScaling(1.0, "in")),
        (sn.LeCun(sn.truncated), sn.VarianceScaling(1.0, "in", sn.truncated)),
        (sn.He(), sn.VarianceScaling(2.0, "in")),
        (sn.He(sn.uniform), sn.VarianceScaling(2.0, "in", sn.uniform)),
        (sn.He(slope=math.sqrt(5)), sn.VarianceScaling(1 / 3, "in")),
        (sn.Xavier(), sn.VarianceScaling(1.0, "avg")),
        (sn.TorchDefault(), sn.VarianceScaling(1 / 3, "in", sn.uniform)),
        (sn.TorchDefault(), sn.He(sn.uniform, slope=math.sqrt(5))),  # as PyTorch's source writes it
    ],
    ids=repr,
)
@pytest.mark.parametrize("fans", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
def test_the_family_is_one_law_with_other_numbers(named, general, fans):
    np.testing.assert_allclose(draw(named, fans), draw(general, fans), rtol=1e-15)


def test_he_is_root_2_times_lecun():
    np.testing.assert_allclose(draw(sn.He()), math.sqrt(2) * draw(sn.LeCun()), rtol=1e-15, atol=0)


@pytest.mark.parametrize("init, value", CONSTANTS.items(), ids=map(repr, CONSTANTS))
def test_a_constant_is_exact(init, value):
    w = draw(init, shape=(3, 4))
    np.testing.assert_array_equal(w, np.full((3, 4), value))
    assert init.std(DENSE) == 0


@pytest.mark.parametrize("std", [0.02, 3.0])
def test_a_truncated_normal_ends_at_2_sigma_of_its_parent(std):
    w, bound = draw(sn.TruncatedNormal(std)), 2 * std / 0.8796256610342398
    assert CUT.std() == pytest.approx(0.8796256610342398, rel=1e-14)
    assert 0.999 * bound < np.abs(w).max() <= bound * (1 + 1e-15)
    assert abs(w.std() - std) < tolerance(std, "truncated")  # the std AFTER cutting


@pytest.mark.parametrize("init, limit", [(sn.Uniform(0.3), 0.3), (sn.TorchDefault(), 1 / math.sqrt(300))], ids=repr)
def test_a_uniform_ends_at_its_limit(init, limit):
    assert 0.999 * limit < np.abs(draw(init)).max() <= limit * (1 + 1e-15)


WRITTEN = {
    "Zeros()": sn.Zeros(),
    "Ones()": sn.Ones(),
    "Constant(0.5)": sn.Constant(0.5),
    "Normal(0.01)": sn.Normal(0.01),
    "Uniform(0.3)": sn.Uniform(0.3),
    "TruncatedNormal(0.02)": sn.TruncatedNormal(0.02),
    "LeCun()": sn.LeCun(),
    "Xavier(draw=uniform)": sn.Xavier(sn.uniform),
    "He(slope=0.2)": sn.He(slope=0.2),
    "He(draw=truncated, slope=0.2)": sn.He(sn.truncated, 0.2),
    "TorchDefault()": sn.TorchDefault(),
    "VarianceScaling(scale=2.0, mode='out', draw=uniform)": sn.VarianceScaling(2, "out", sn.uniform),
}


@pytest.mark.parametrize("text, init", WRITTEN.items(), ids=WRITTEN)
def test_an_initializer_prints_as_one_writes_it(text, init):
    assert repr(init) == text


@every_initializer
def test_what_is_printed_is_read_back(init):
    assert sn.initializer(repr(init)) == init


@every_initializer
def test_an_initializer_is_a_value(init):
    again = sn.initializer(repr(init))
    assert again == init
    assert hash(again) == hash(init)
    assert pickle.loads(pickle.dumps(init)) == init
    for name in ("draw", "sigma", "value", "slope", "anything"):
        with pytest.raises(FrozenInstanceError):
            setattr(init, name, 1)


def test_different_initializers_are_not_equal():
    everything = [*FORMULAS, *CONSTANTS]
    assert len(set(everything)) == len(everything)


@every_initializer
def test_a_draw_has_no_memory(init):
    np.testing.assert_array_equal(draw(init, shape=(3, 4)), draw(init, shape=(3, 4)))


@every_initializer
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0,)])
def test_a_shape_of_size_zero_gives_an_empty_array(init, shape):
    assert draw(init, sn.Fans(*shape) if len(shape) == 2 else sn.Fans(0, 0), shape=shape).shape == shape


def test_without_fans_a_matrix_is_in_by_out():
    for init in (sn.LeCun(), sn.VarianceScaling(1.0, "out"), sn.Xavier()):
        np.testing.assert_array_equal(draw(init, None, shape=(30, 7)), draw(init, sn.Fans(30, 7), shape=(30, 7)))


@pytest.mark.parametrize("shape", [(5, 5, 3, 8), (4, 3, 2), (7,)])
def test_without_fans_other_shapes_say_how_to_give_them(shape):
    with pytest.raises(sn.InputError, match=r"give them, as Fans\(n_in, n_out\) or, for a conv.*window=\(5, 5\)"):
        draw(sn.He(), None, shape=shape)


def test_forgetting_the_generator_is_a_type_error():
    with pytest.raises(TypeError, match="rng") as caught:
        sn.He()((3, 4), DENSE)
    assert not isinstance(caught.value, sn.InputError)


@pytest.mark.parametrize(
    "given, words",
    [
        (sn.He, r"the class He: write He\(\)"),
        ("Hee", "did you mean He?"),
        ("xavir", "did you mean Xavier?"),
        ("Qwertz", "no initializer named 'Qwertz'"),
        ("Normal", "wrong arguments"),
        ("Normal(1, 2)", "wrong arguments"),
        ("Normal(sigma=1)", "wrong arguments"),
        ("Normal('a')", "std is 'a'"),
        ("Normal(-1)", "std is -1"),
        ("Normal(1e999)", "std is inf"),
        ("-0.1", "std is -0.1"),
        ("He(draw='normal')", "draw is 'normal', but it is a function"),
        ("He(uniform, draw=uniform)", "wrong arguments"),
        ("He(uniform", "cannot read"),
        ("He()()", "cannot read"),
        ("", "cannot read"),
        ("He(**{'draw': 1})", "wrong arguments"),
        ("VarianceScaling(mode='fan_in')", 'mode is .fan_in., but there are "in"'),
        ("__import__('os').system('x')", "no initializer named"),
        ("He(__import__('os').system('x'))", "cannot read"),
        ("He(draw=open('x', 'w'))", "cannot read"),
        ("[x for x in 'He']", "cannot read"),
        ("lambda shape, fans, rng: 0", "cannot read"),
        ("He.__class__", "no initializer named"),
        (True, "the initializer is True"),
        (None, "the initializer is None"),
        ([0.1], r"the initializer is \[0\.1\]"),
        (math.nan, "std is nan"),
        (-1, "std is -1"),
    ],
    ids=repr,
)
def test_what_is_no_initializer_is_refused_in_one_sentence(given, words):
    with pytest.raises(sn.InputError, match=words) as caught:
        sn.initializer(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: sn.He("normal"), r"draw is 'normal', but .* sn\.normal, sn\.uniform or sn\.truncated"),
        (lambda: sn.He(0.2), "draw is 0.2"),
        (lambda: sn.He(slope=None), "slope is None"),
        (lambda: sn.Xavier("uniform"), "draw is 'uniform'"),
        (lambda: sn.VarianceScaling(0), "scale is 0"),
        (lambda: sn.VarianceScaling(draw="uniform"), "draw is 'uniform'"),
        (lambda: sn.Uniform(-1), "limit is -1"),
        (lambda: sn.Constant(math.inf), "value is inf"),
        (lambda: sn.TruncatedNormal("0.02"), "std is '0.02'"),
        (lambda: sn.Fans(3.0, 4), "n_in is 3.0"),
        (lambda: sn.Affine(3, 4, init=sn.He), r"write He\(\)"),
    ],
)
def test_wrong_arguments_are_refused_by_name(make, words):
    with pytest.raises(sn.InputError, match=words):
        make()


@pytest.mark.parametrize(
    "text, init",
    [
        ("he", sn.He()),
        (" He ", sn.He()),
        ("He(uniform)", sn.He(sn.uniform)),
        ("Glorot", sn.Xavier()),
        ("0.01", sn.Normal(0.01)),
        ("1e-2", sn.Normal(0.01)),
        ("1", sn.Normal(1.0)),
        ("book.he", sn.He()),
    ],
)
def test_an_initializer_has_a_name(text, init):
    assert sn.initializer(text) == init


def test_the_books_xavier_is_lecun():
    assert sn.initializer("book.xavier") == sn.LeCun()
    assert sn.initializer("book.xavier") != sn.initializer("Xavier")
    assert sn.initializer("book.xavier").std(sn.Fans(100, 50)) == 1 / math.sqrt(100)


@pytest.mark.parametrize("number", [0.02, np.float32(0.02), np.float64(0.02), 0, 1, np.int64(1)], ids=repr)
def test_a_number_is_the_std_of_a_normal(number):
    layer = sn.Affine(300, 70, init=number)
    assert abs(layer.W.std() - number) < 6 * number / math.sqrt(2 * layer.W.size) + 1e-12


def in_steps(shape, fans, rng):
    return np.arange(np.prod(shape)).reshape(shape) + fans.fan_in


@pytest.mark.parametrize(
    "init", [in_steps, lambda shape, fans, rng: in_steps(shape, fans, rng).tolist()], ids=["function", "lambda"]
)
def test_a_function_of_ones_own_is_an_initializer(init):
    layer = sn.Affine(3, 2, init=init, bias_init=lambda shape, fans, rng: np.full(shape, fans.fan_out))
    np.testing.assert_array_equal(layer.W, [[3, 4], [5, 6], [7, 8]])
    np.testing.assert_array_equal(layer.b, [2, 2])
    assert layer.W.dtype == np.float32


@pytest.mark.parametrize(
    "init, words",
    [
        (lambda shape, fans, rng: np.zeros(shape[::-1]), r"shape \(2, 3\), but \(3, 2\) is needed"),
        (lambda shape, fans, rng: 0.0, r"shape \(\), but \(3, 2\) is needed"),
        (lambda shape, fans, rng: np.full(shape, math.nan), "NaN or infinite"),
        (lambda shape, fans, rng: np.full(shape, math.inf), "NaN or infinite"),
        (lambda shape, fans, rng: np.full(shape, "a"), "<U1, but real numbers"),
        (lambda shape, fans, rng: np.full(shape, 1j), "complex128, but real numbers"),
        (lambda shape, fans, rng: None, r"is None, but an array of numbers is needed"),
    ],
    ids=["transposed", "scalar", "nan", "inf", "text", "complex", "none"],
)
def test_a_wrong_function_is_told_which_parameter_it_spoiled(init, words):
    with pytest.raises(sn.InputError, match=rf"^Affine\.W: <lambda> .*{words}") as caught:
        sn.Affine(3, 2, init=init)
    assert "\n" not in str(caught.value)
    net = sn.Network([sn.Affine(3, 2)], seed=0)
    with pytest.raises(sn.InputError, match=rf"^Affine1\.W: <lambda> .*{words}"):
        net.initialize(init)


def test_nothing_touches_numpys_global_generator():
    before = np.random.get_state()  # noqa: NPY002
    net = sn.mlp(20, [30], 10, seed=None)
    for init in [*FORMULAS, *CONSTANTS]:
        net.initialize(init)
    after = np.random.get_state()  # noqa: NPY002
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_the_global_seed_does_not_matter():
    W = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        W.append(sn.mlp(5, [4], 3, seed=0).layers[0].W)
    np.testing.assert_array_equal(*W)
