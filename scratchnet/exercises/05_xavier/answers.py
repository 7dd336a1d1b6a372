"""05: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return math.sqrt(2 / (fans.fan_in + fans.fan_out))", "return math.sqrt(6 / (fans.fan_in + fans.fan_out))"]

WRONG = {
    "sum-for-mean": ("math.sqrt(2 /", "math.sqrt(1 /"),
    "lecun-for-xavier": ("math.sqrt(2 / (fans.fan_in + fans.fan_out))", "math.sqrt(1 / fans.fan_in)"),
    "geometric-mean": ("2 / (fans.fan_in + fans.fan_out)", "1 / math.sqrt(fans.fan_in * fans.fan_out)"),
    "variance-for-std": ("math.sqrt(2 / (fans.fan_in + fans.fan_out))", "2 / (fans.fan_in + fans.fan_out)"),
    "limit-for-std": ("math.sqrt(2 /", "math.sqrt(6 /"),
    "std-for-limit": ("math.sqrt(6 /", "math.sqrt(2 /"),
    "width-for-limit": ("math.sqrt(6 /", "math.sqrt(24 /"),
    "root-missing": ("math.sqrt(6 /", "math.sqrt(18 /"),
}

# Right in other ways.
RIGHT = [
    {0: "return (2 / (fans.fan_in + fans.fan_out)) ** 0.5", 1: "return 3**0.5 * Xavier().std(fans)"},
    {0: "return np.sqrt(2) / np.sqrt(fans.fan_in + fans.fan_out)", 1: "return np.sqrt(6.0 / (fans.fan_out + fans.fan_in))"},
    {
        0: "return 1 / math.sqrt((fans.fan_in + fans.fan_out) / 2)",
        1: "std = Xavier().std(fans)\nreturn math.sqrt(12 * std**2) / 2",
    },
    {
        0: "return np.mean([fans.fan_in, fans.fan_out]) ** -0.5",
        1: "variance = 2 / (fans.fan_in + fans.fan_out)\nreturn (3 * variance) ** (1 / 2)",
    },
    {
        0: "a, b = fans.fan_in, fans.fan_out\nreturn math.sqrt(2 / (a + b))",
        1: "return Xavier.std(Xavier(), fans) / (1 / 3) ** 0.5",
    },
    {0: "return limit(fans) / math.sqrt(3)"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("zero: //", "2 / (fans.fan_in", "2 // (fans.fan_in"),
    (
        "integer-division",
        "math.sqrt(2 / (fans.fan_in + fans.fan_out))",
        "math.sqrt(1 / ((fans.fan_in + fans.fan_out) // 2))",
    ),
    ("brackets-missing", "2 / (fans.fan_in + fans.fan_out)", "2 / fans.fan_in + fans.fan_out"),
    ("brackets-missing", "2 / (fans.fan_in + fans.fan_out)", "2 / fans.fan_in + 2 / fans.fan_out"),
    ("brackets-missing", "2 / (fans.fan_in + fans.fan_out)", "1 / (fans.fan_in + fans.fan_out) / 2"),
    ("root-two", "math.sqrt(2 / (fans.fan_in + fans.fan_out))", "2 / math.sqrt(fans.fan_in + fans.fan_out)"),
    ("brackets-missing", "math.sqrt(2 / (fans.fan_in + fans.fan_out))", "math.sqrt(2) / (fans.fan_in + fans.fan_out)"),
    ("mean-of-variances", "2 / (fans.fan_in + fans.fan_out)", "(1 / fans.fan_in + 1 / fans.fan_out) / 2"),
    ("stds-averaged", "math.sqrt(2 / (fans.fan_in + fans.fan_out))", "(fans.fan_in**-0.5 + fans.fan_out**-0.5) / 2"),
    ("product-for-sum", "fans.fan_in + fans.fan_out))", "fans.fan_in * fans.fan_out))"),
    ("lecun-for-xavier", "fans.fan_in + fans.fan_out))", "fans.fan_in + fans.fan_in))"),
    ("fan-out-alone", "2 / (fans.fan_in + fans.fan_out)", "1 / fans.fan_out"),
    ("he-for-xavier", "2 / (fans.fan_in + fans.fan_out)", "2 / fans.fan_in"),
    ("window-forgotten", "2 / (fans.fan_in + fans.fan_out)", "2 / (fans.n_in + fans.n_out)"),
    ("inverted", "2 / (fans.fan_in + fans.fan_out)", "(fans.fan_in + fans.fan_out) / 2"),
    ("precedence", "math.sqrt(2 / (fans.fan_in + fans.fan_out))", "(2 / (fans.fan_in + fans.fan_out)) ** 1 / 2"),
    ("returns-nothing", "return math.sqrt(2", "std = math.sqrt(2"),
    ("zero: //", "6 / (fans.fan_in", "6 // (fans.fan_in"),
    ("integer-division", "6 / (fans.fan_in + fans.fan_out)", "3 / ((fans.fan_in + fans.fan_out) // 2)"),
    ("brackets-missing", "6 / (fans.fan_in + fans.fan_out)", "6 / fans.fan_in + fans.fan_out"),
    (
        "both-bounds",
        "return math.sqrt(6 / (fans.fan_in + fans.fan_out))",
        "a = math.sqrt(6 / (fans.fan_in + fans.fan_out))\n    return -a, a",
    ),
    ("sign-flipped", "return math.sqrt(6", "return -math.sqrt(6"),
    ("variance-for-std", "math.sqrt(6 / (fans.fan_in + fans.fan_out))", "6 / (fans.fan_in + fans.fan_out)"),
    ("lecun-for-xavier", "6 / (fans.fan_in + fans.fan_out)", "3 / fans.fan_in"),
    ("brackets-missing", "math.sqrt(6 / (fans.fan_in + fans.fan_out))", "math.sqrt(6) / (fans.fan_in + fans.fan_out)"),
    ("divided-for-multiplied", {1: "return Xavier().std(fans) / math.sqrt(3)"}),
    ("halved", {1: "return math.sqrt(12) * Xavier().std(fans) / 4"}),
    ("raises: std", {1: "return math.sqrt(3) * Xavier.std(fans)"}),
    ("not-called", {1: "return Xavier().std"}),
    ("window-forgotten", "6 / (fans.fan_in + fans.fan_out)", "6 / (fans.n_in + fans.n_out)"),
    ("six-outside", "math.sqrt(6 / (fans.fan_in + fans.fan_out))", "6 / math.sqrt(fans.fan_in + fans.fan_out)"),
]
