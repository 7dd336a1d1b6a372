"""04: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return fan_in * var_w * mean_square_x", "return math.sqrt(1 / fans.fan_in)"]

WRONG = {
    "summed-not-counted": ("fan_in * var_w", "var_w"),
    "mean-for-sum": ("fan_in * var_w * mean_square_x", "var_w * mean_square_x / fan_in"),
    "std-for-variance": ("return fan_in * var_w * mean_square_x", "return math.sqrt(fan_in * var_w * mean_square_x)"),
    "input-squared": ("mean_square_x\n\n", "mean_square_x**2\n\n"),
    "variance-for-std": ("math.sqrt(1 / fans.fan_in)", "1 / fans.fan_in"),
    "fans-swapped": ("fans.fan_in)", "fans.fan_out)"),
    "inverted": ("math.sqrt(1 / fans.fan_in)", "math.sqrt(fans.fan_in)"),
    "he-for-lecun": ("math.sqrt(1 /", "math.sqrt(2 /"),
    "window-forgotten": ("fans.fan_in)", "fans.n_in)"),
    "root-two-too-small": ("math.sqrt(1 /", "math.sqrt(0.5 /"),
}

# Right in other ways.
RIGHT = [
    {0: "return mean_square_x * var_w * fan_in", 1: "return 1 / np.sqrt(fans.fan_in)"},
    {
        0: "total = 0\nfor _ in range(fan_in):\n    total += var_w * mean_square_x\nreturn total",
        1: "return fans.fan_in**-0.5",
    },
    {0: "return np.prod([fan_in, var_w, mean_square_x])", 1: "return math.sqrt(1 / variance_of_sum(fans.fan_in, 1, 1))"},
    {0: "return sum(var_w * mean_square_x for i in range(fan_in))", 1: "return math.exp(-0.5 * math.log(fans.fan_in))"},
    {
        0: "return np.full(fan_in, var_w) @ np.full(fan_in, mean_square_x)",
        1: "return 1 / math.sqrt(fans.n_in * math.prod(fans.window))",
    },
    {1: "var = 1.0 / fans.fan_in\nstd = np.array(var) ** (1 / 2)\nreturn std"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("summed-not-counted", {0: "total = 0\nfor _ in range(fan_in):\n    total = var_w * mean_square_x\nreturn total"}),
    ("summed-not-counted", {0: "total = 0\nfor _ in range(fan_in):\n    total += var_w * mean_square_x\n    return total"}),
    ("one-short", {0: "return sum(var_w * mean_square_x for i in range(1, fan_in))"}),
    ("fan-squared", "fan_in * var_w", "fan_in**2 * var_w"),
    ("fan-rooted", "fan_in * var_w", "math.sqrt(fan_in) * var_w"),
    ("variances-added", "var_w * mean_square_x", "(var_w + mean_square_x)"),
    ("variances-added", "fan_in * var_w * mean_square_x", "fan_in * var_w + mean_square_x"),
    ("input-forgotten", "var_w * mean_square_x", "var_w"),
    ("weight-forgotten", "fan_in * var_w * mean_square_x", "fan_in * mean_square_x"),
    ("weight-squared", "fan_in * var_w", "fan_in * var_w**2"),
    ("weight-rooted", "fan_in * var_w", "fan_in * math.sqrt(var_w)"),
    ("input-rooted", "var_w * mean_square_x", "var_w * mean_square_x**0.5"),
    ("squared", "return fan_in * var_w * mean_square_x", "return (fan_in * var_w * mean_square_x) ** 2"),
    ("returns-nothing", "return fan_in * var_w", "variance = fan_in * var_w"),
    ("variance-for-std", "math.sqrt(1 / fans.fan_in)", "math.sqrt(1) / fans.fan_in"),
    ("xavier-for-lecun", "1 / fans.fan_in", "2 / (fans.fan_in + fans.fan_out)"),
    ("sum-of-fans", "1 / fans.fan_in", "1 / (fans.fan_in + fans.fan_out)"),
    ("root-three", "math.sqrt(1 /", "math.sqrt(3 /"),
    ("zero: //", "1 / fans.fan_in", "1 // fans.fan_in"),
    ("precedence", "math.sqrt(1 / fans.fan_in)", "fans.fan_in ** -1 / 2"),
    ("precedence", "math.sqrt(1 / fans.fan_in)", "1 / fans.fan_in ** 1 / 2"),
    ("inverted", "math.sqrt(1 / fans.fan_in)", "fans.fan_in ** 0.5"),
    ("fan-squared", "math.sqrt(1 / fans.fan_in)", "1 / fans.fan_in**2"),
    ("no-attribute: fans.fan_in", "fans.fan_in)", "self.fan_in)"),
    ("raises: Fans", "fans.fan_in)", "fans)"),
    ("not-defined: fans.fan_in", "fans.fan_in)", "fan_in)"),
    ("ignores-its-arguments", "math.sqrt(1 / fans.fan_in)", "1 / math.sqrt(784)"),
    ("returns-nothing", "return math.sqrt(1", "std = math.sqrt(1"),
    ("window-forgotten", "fans.fan_in)", "(fans.fan_in / math.prod(fans.window)))"),
    ("returns-several", "return math.sqrt(1 / fans.fan_in)", "return 0, math.sqrt(1 / fans.fan_in)"),
    ("other", "math.sqrt(1 / fans.fan_in)", "1 / math.log(fans.fan_in)"),
]
