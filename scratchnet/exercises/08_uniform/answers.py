"""08: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["a = np.sqrt(3)\nreturn rng.uniform(-a, a, shape)"]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["return np.sqrt(12) * (rng.random(shape) - 0.5)"]

WRONG = {
    "limit-for-std": ("a = np.sqrt(3)", "a = 1"),
    "width-for-limit": ("np.sqrt(3)", "np.sqrt(12)"),
    "root-missing": ("np.sqrt(3)", "3"),
    "mean-not-zero": ("uniform(-a, a", "uniform(0, a"),
    "law-for-variance": ("rng.uniform(-a, a, shape)", "rng.standard_normal(shape)"),
    "wrong-shape": ("-a, a, shape)", "-a, a)"),
    "global-generator": ("rng.uniform", "np.random.uniform"),
    "seed-ignored": ("rng.uniform", "np.random.default_rng(0).uniform"),
}
