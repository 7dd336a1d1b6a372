"""07: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "z = rng.standard_normal(draws)\nreturn 1 / np.sqrt((phi(z) ** 2).mean())",
    "std = math.sqrt(2 / (1 + a**2)) / math.sqrt(fan_in)\nreturn math.sqrt(3) * std",
]

# The same in other ways, which are right too.
OTHER_SOLUTION = [
    "parts = [np.sum(phi(rng.standard_normal(draws // 4)) ** 2) for _ in range(4)]\nreturn (sum(parts) / draws) ** -0.5",
    "return math.sqrt(6 / ((1 + a**2) * fan_in))",
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
