"""02: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "return np.unique(W, axis=1).shape[1]",
    "return 0.1 * rng.choice([-1.0, 1.0], shape)",
]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["return len({tuple(unit) for unit in W.T})", "return np.where(rng.random(shape) < 0.5, -0.1, 0.1)"]

WRONG = {
    "rows-for-columns": ("axis=1).shape[1]", "axis=0).shape[0]"),
    "numbers-for-units": ("np.unique(W, axis=1).shape[1]", "len(np.unique(W))"),
    "sums-compared": ("np.unique(W, axis=1).shape[1]", "len(np.unique(W.sum(axis=0)))"),
    "all-columns": ("np.unique(W, axis=1)", "W"),
    "zero-not-counted": ("np.unique(W, axis=1)", "np.unique(W[:, W.any(axis=0)], axis=1)"),
    "all-equal": ("rng.choice([-1.0, 1.0], shape)", "np.ones(shape)"),
    "wrong-size": ("0.1 * rng", "0.01 * rng"),
    "zero-for-minus": ("[-1.0, 1.0]", "[0.0, 1.0]"),
    "one-sign-a-unit": ("rng.choice([-1.0, 1.0], shape)", "rng.choice([-1.0, 1.0], shape[1]) * np.ones(shape)"),
    "one-sign-an-input": ("rng.choice([-1.0, 1.0], shape)", "rng.choice([-1.0, 1.0], (shape[0], 1)) * np.ones(shape)"),
    "generator-ignored": ("rng.choice", "np.random.default_rng().choice"),
    "seed-ignored": ("rng.choice", "np.random.default_rng(0).choice"),
    "not-one-size": ("rng.choice([-1.0, 1.0], shape)", "rng.standard_normal(shape)"),
}
