"""02: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "return np.unique(W, axis=1).shape[1]",
    "return 0.1 * rng.choice([-1.0, 1.0], shape)",
]

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

# Right in other ways.
RIGHT = [
    {0: "return len({tuple(unit) for unit in W.T})", 1: "return np.where(rng.random(shape) < 0.5, -0.1, 0.1)"},
    {0: "return len(np.unique(W.T, axis=0))", 1: "return 0.1 * np.sign(rng.standard_normal(shape))"},
    {
        0: "seen = []\nfor unit in W.T.tolist():\n    if unit not in seen:\n        seen.append(unit)\nreturn len(seen)",
        1: "return 0.1 * (2 * rng.integers(0, 2, shape) - 1)",
    },
    {
        0: "n = W.shape[1]\nreturn sum(not any((W[:, i] == W[:, j]).all() for i in range(j)) for j in range(n))",
        1: "return (rng.integers(2, size=shape) * 0.2 - 0.1).astype(np.float32)",
    },
    {0: "return float(len(set(map(tuple, W.T))))", 1: "return rng.choice(np.array([0.1, -0.1]), size=shape, replace=True)"},
    {
        0: "alike = (W[:, :, None] == W[:, None, :]).all(axis=0)\nreturn len({row.tobytes() for row in alike})",
        1: "W = np.full(shape, 0.1)\nW[rng.random(shape) < 0.5] *= -1\nreturn W",
    },
    {0: "alike = (W[:, :, None] == W[:, None, :]).all(axis=0)\nreturn round((1 / alike.sum(axis=0)).sum())"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("rank", "np.unique(W, axis=1).shape[1]", "np.linalg.matrix_rank(W)"),
    ("neighbours-compared", "np.unique(W, axis=1).shape[1]", "1 + (np.diff(W, axis=1) != 0).any(axis=0).sum()"),
    ("first-row-compared", "np.unique(W, axis=1).shape[1]", "len(set(W[0]))"),
    ("all-rows", "np.unique(W, axis=1).shape[1]", "len(np.unique(W, axis=1))"),
    ("returns-several", ".shape[1]", ".shape"),
    ("not-counted", "np.unique(W, axis=1).shape[1]", "np.unique(W, axis=1)"),
    ("one-short", ".shape[1]", ".shape[1] - 1"),
    ("norms-compared", "np.unique(W, axis=1).shape[1]", "len(np.unique(np.linalg.norm(W, axis=0).round(9)))"),
    ("sums-compared", "np.unique(W, axis=1).shape[1]", "len(np.unique(W.mean(axis=0)))"),
    ("order-ignored", "np.unique(W, axis=1)", "np.unique(np.sort(W, axis=0), axis=1)"),
    ("sign-ignored", "np.unique(W, axis=1)", "np.unique(np.abs(W), axis=1)"),
    ("rounded", "np.unique(W, axis=1)", "np.unique(W.round(1), axis=1)"),
    ("only-once", {0: "found, counts = np.unique(W, axis=1, return_counts=True)\nreturn (counts == 1).sum()"}),
    ("all-numbers", "np.unique(W, axis=1).shape[1]", "W.size"),
    ("true-or-false", "np.unique(W, axis=1).shape[1]", "bool((W != W[:, :1]).any())"),
    ("input-overwritten", "return np.unique(W", "W.sort(axis=1)\n    return np.unique(W"),
    ("returns-nothing", "return np.unique(W, axis=1).shape[1]", "print(np.unique(W, axis=1).shape[1])"),
    ("not-called", "np.unique(W, axis=1).shape[1]", "np.unique(W, axis=1).sum"),
    ("raises: unhashable", "np.unique(W, axis=1).shape[1]", "len(set(W.T))"),
    ("first-column-compared", "np.unique(W, axis=1).shape[1]", "1 + (W != W[:, :1]).any(axis=0).sum()"),
    ("wrong-size: ±1", "0.1 * rng", "rng"),
    ("zero-for-minus", "rng.choice([-1.0, 1.0], shape)", "rng.integers(-1, 1, shape)"),
    ("zero-for-minus", "rng.choice([-1.0, 1.0], shape)", "rng.integers(-1, 2, shape)"),
    ("zero-for-minus", "rng.choice([-1.0, 1.0], shape)", "(rng.random(shape) > 0.5)"),
    ("wrong-shape", "[-1.0, 1.0], shape)", "[-1.0, 1.0])"),
    ("wrong-shape", "[-1.0, 1.0], shape)", "[-1.0, 1.0], shape[0])"),
    ("wrong-shape", "[-1.0, 1.0], shape)", "[-1.0, 1.0], shape[::-1])"),
    ("global-generator", "rng.choice([-1.0, 1.0], shape)", "np.random.choice([-1.0, 1.0], shape)"),
    ("loaded-coin: positive", "[-1.0, 1.0], shape)", "[-1.0, 1.0], shape, p=[0.3, 0.7])"),
    ("all-equal", "rng.choice([-1.0, 1.0], shape)", "np.sign(rng.random(shape))"),
    ("all-equal", "rng.choice([-1.0, 1.0], shape)", "np.full(shape, rng.choice([-1.0, 1.0]))"),
    ("not-one-size", "0.1 * rng.choice([-1.0, 1.0], shape)", "rng.uniform(-0.1, 0.1, shape)"),
    ("units-alike", "rng.choice([-1.0, 1.0], shape)", "(-1.0) ** np.add.outer(np.arange(shape[0]), np.arange(shape[1]))"),
    ("returns-nothing", "return 0.1 * rng", "W = 0.1 * rng"),
    ("one-number-compared", "np.unique(W, axis=1).shape[1]", "len(np.unique(W.max(axis=0)))"),
    (
        "not-an-array: list",
        "rng.choice([-1.0, 1.0], shape)",
        "rng.choice([-1.0, 1.0], shape)",
        "return 0.1 * rng.choice([-1.0, 1.0], shape)",
        "return (0.1 * rng.choice([-1.0, 1.0], shape)).tolist()",
    ),
    (
        "units-alike",
        {1: "half = rng.choice([-0.1, 0.1], (*shape[:-1], shape[-1] // 2))\nreturn np.concatenate([half, half], axis=-1)"},
    ),
    (
        "units-opposite",
        {1: "half = rng.choice([-0.1, 0.1], (*shape[:-1], shape[-1] // 2))\nreturn np.concatenate([half, -half], axis=-1)"},
    ),
]
