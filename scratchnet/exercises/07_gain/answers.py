"""07: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "z = rng.standard_normal(draws)\nreturn 1 / np.sqrt((phi(z) ** 2).mean())",
    "std = math.sqrt(2 / (1 + a**2)) / math.sqrt(fan_in)\nreturn math.sqrt(3) * std",
]

WRONG = {
    "root-forgotten": ("1 / np.sqrt((phi(z) ** 2).mean())", "1 / (phi(z) ** 2).mean()"),
    "inverted": ("1 / np.sqrt(", "np.sqrt("),
    "variance-for-mean-square": ("1 / np.sqrt((phi(z) ** 2).mean())", "1 / phi(z).std()"),
    "mean-size-for-mean-square": ("1 / np.sqrt((phi(z) ** 2).mean())", "1 / np.abs(phi(z)).mean()"),
    "uniform-for-normal": ("rng.standard_normal(draws)", "rng.random(draws)"),
    "draws-ignored": ("rng.standard_normal(draws)", "rng.standard_normal(100_000)"),
    "seed-ignored": ("rng.standard_normal(draws)", "np.random.default_rng(0).standard_normal(draws)"),
    "generator-ignored": ("rng.standard_normal(draws)", "np.random.default_rng().standard_normal(draws)"),
    "std-for-limit": ("return math.sqrt(3) * std", "return std"),
    "slope-not-squared": ("1 + a**2", "1 + a"),
    "slope-ignored": ("1 + a**2", "1"),
    "root-missing": ("return math.sqrt(3) * std", "return 3 * std"),
}

# Right in other ways.
RIGHT = [
    {
        0: "parts = [np.sum(phi(rng.standard_normal(draws // 4)) ** 2) for _ in range(4)]\n"
        "return (sum(parts) / draws) ** -0.5",
        1: "return math.sqrt(6 / ((1 + a**2) * fan_in))",
    },
    {0: "y = phi(rng.normal(size=draws))\nreturn math.sqrt(draws / (y @ y))", 1: "return np.sqrt(6 / (1 + a * a) / fan_in)"},
    {
        0: "y = phi(rng.normal(0, 1, draws))\nreturn 1 / math.sqrt(np.einsum('i,i->', y, y) / len(y))",
        1: "gain = np.sqrt(2 / (1 + a**2))\nreturn gain * (3 / fan_in) ** 0.5",
    },
    {
        0: "z = rng.standard_normal(draws, dtype=np.float32)\nreturn np.mean(np.square(phi(z))) ** -0.5",
        1: "return 6**0.5 / math.hypot(1, a) / fan_in**0.5",
    },
    {0: "z = rng.standard_normal((draws, 1))\nreturn math.sqrt(draws) / np.linalg.norm(phi(z))"},
    {0: "y = phi(rng.standard_normal(draws))\nreturn 1 / np.sqrt(y.var() + y.mean() ** 2)"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("seed-ignored", "z = rng.standard_normal(draws)", "np.random.seed(0)\n    z = np.random.randn(draws)"),
    ("generator-ignored", "rng.standard_normal(draws)", "np.random.randn(draws)"),
    ("one-number", "rng.standard_normal(draws)", "rng.standard_normal()"),
    ("draws-ignored", "rng.standard_normal(draws)", "rng.standard_normal(10)"),
    ("mean-for-mean-square", "(phi(z) ** 2).mean()", "phi(z).mean() ** 2"),
    ("sum-for-mean", "(phi(z) ** 2).mean()", "(phi(z) ** 2).sum()"),
    ("activation-forgotten", "phi(z) ** 2", "z**2"),
    ("square-before-activation", "phi(z) ** 2", "phi(z**2)"),
    ("wrong-shape", "np.sqrt((phi(z) ** 2).mean())", "np.sqrt(phi(z) ** 2)"),
    ("uniform-for-normal", "rng.standard_normal(draws)", "rng.uniform(-1, 1, draws)"),
    ("mean-size-for-mean-square", "1 / np.sqrt((phi(z) ** 2).mean())", "1 / np.mean(np.sqrt(phi(z) ** 2))"),
    ("root-of-mean-size", "(phi(z) ** 2).mean()", "np.abs(phi(z)).mean()"),
    ("mean-square-for-gain", "1 / np.sqrt((phi(z) ** 2).mean())", "(phi(z) ** 2).mean()"),
    ("ignores-its-arguments", "1 / np.sqrt((phi(z) ** 2).mean())", "np.sqrt(2)"),
    ("returns-nothing", "return 1 / np.sqrt", "1 / np.sqrt"),
    ("wrong-std", "rng.standard_normal(draws)", "rng.normal(0, 2, draws)"),
    ("precedence", "1 / np.sqrt((phi(z) ** 2).mean())", "(phi(z) ** 2).mean() ** -1 / 2"),
    ("precedence", "math.sqrt(3) * std", "math.sqrt(6 / (1 + a**2) * fan_in)"),
    ("brackets-missing", "math.sqrt(3) * std", "math.sqrt(6 / (1 + a**2 * fan_in))"),
    ("brackets-missing", "2 / (1 + a**2)", "2 / 1 + a**2"),
    ("sum-squared", "1 + a**2", "(1 + a) ** 2"),
    ("width-for-limit", "math.sqrt(3) * std", "math.sqrt(12) * std"),
    ("fan-not-rooted", "/ math.sqrt(fan_in)\n    return", "/ fan_in\n    return"),
    ("gain-forgotten", "math.sqrt(2 / (1 + a**2)) / math.sqrt(fan_in)\n", "1 / math.sqrt(fan_in)\n"),
    ("gain-not-rooted", "math.sqrt(2 / (1 + a**2)) /", "2 / (1 + a**2) /"),
    ("slope-for-gain", "math.sqrt(2 / (1 + a**2)) /", "a /"),
    ("torch-default-only", "return math.sqrt(3) * std", "return math.sqrt(1 / fan_in)"),
    ("both-bounds", "return math.sqrt(3) * std", "return -math.sqrt(3) * std, math.sqrt(3) * std"),
    ("divided-for-multiplied", "return math.sqrt(3) * std", "return std / math.sqrt(3)"),
    ("root-two", "math.sqrt(2 / (1 + a**2))", "math.sqrt(1 / (1 + a**2))"),
    ("not-defined: std", "std = math", "sigma = math"),
    ("zero: //", "math.sqrt(3) * std", "math.sqrt(6 // ((1 + a**2) * fan_in))"),
    ("mean-for-mean-square", "(phi(z) ** 2).mean()", "phi(z).mean()"),
    ("root-two", "1 / np.sqrt((phi(z) ** 2).mean())", "np.sqrt(2 / (phi(z) ** 2).mean())"),
    ("uniform-for-normal", "rng.standard_normal(draws)", "rng.uniform(-math.sqrt(3), math.sqrt(3), draws)"),
    (
        "draws-ignored",
        {0: "y = [phi(rng.standard_normal()) for _ in range(1000)]\nreturn 1 / np.sqrt(np.mean(np.square(y)))"},
    ),
]
