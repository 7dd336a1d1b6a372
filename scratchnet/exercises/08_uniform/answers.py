"""08: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["a = np.sqrt(3)\nreturn rng.uniform(-a, a, shape)"]

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

# Right in other ways.
RIGHT = [
    {0: "return np.sqrt(12) * (rng.random(shape) - 0.5)"},
    {0: "return rng.uniform(low=-math.sqrt(3), high=math.sqrt(3), size=shape)"},
    {0: "return (3**0.5 * (2 * rng.random(shape, dtype=np.float32) - 1)).astype(np.float32)"},
    {0: "z = np.empty(shape)\nfor row in z:\n    row[:] = rng.uniform(-1, 1, row.shape) / np.sqrt(1 / 3)\nreturn z"},
    {0: "a = np.sqrt(3)\nreturn rng.uniform(-a, a, np.prod(shape)).reshape(shape)"},
    {0: "a = 3**0.5\nz = rng.random(shape)\nz *= -2 * a\nz += a\nreturn z"},
    {0: "return rng.choice([-1, 1], shape) * rng.uniform(0, np.sqrt(3), shape)"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("scaled-afterwards", {0: "z = rng.uniform(-1, 1, shape)\nreturn z / z.std()"}),
    ("scaled-afterwards", {0: "z = rng.random(shape)\nz -= z.mean()\nz /= z.std()\nreturn z"}),
    ("scaled-afterwards", {0: "z = rng.uniform(-1, 1, shape)\nreturn (z - z.mean()) / z.std(ddof=1)"}),
    ("scaled-afterwards", {0: "z = rng.uniform(-1, 1, shape)\nreturn z / np.abs(z).max() * np.sqrt(3)"}),
    ("mean-subtracted", {0: "z = np.sqrt(12) * rng.random(shape)\nreturn z - z.mean()"}),
    ("scaled-afterwards", {0: "z = rng.uniform(-1, 1, shape)\nreturn z / z.std(axis=0)"}),
    ("divided-for-multiplied", "np.sqrt(3)", "np.sqrt(1 / 3)"),
    ("width-one", "np.sqrt(3)", "0.5"),
    ("mean-not-zero", "rng.uniform(-a, a, shape)", "rng.random(shape)"),
    ("mean-not-zero", "uniform(-a, a", "uniform(0, 2 * a"),
    ("he-twice", "np.sqrt(3)", "np.sqrt(6)"),
    ("fans-inside", "np.sqrt(3)", "np.sqrt(6 / shape[0])"),
    ("fans-inside", "np.sqrt(3)", "np.sqrt(3 / shape[0])"),
    ("fans-inside", "np.sqrt(3)", "np.sqrt(6 / sum(shape))"),
    ("wrong-law", "rng.uniform(-a, a, shape)", "rng.uniform(-a, a, shape) + rng.uniform(-a, a, shape)"),
    ("wrong-law", "rng.uniform(-a, a, shape)", "np.clip(rng.standard_normal(shape), -a, a)"),
    ("law-for-variance", "rng.uniform(-a, a, shape)", "rng.choice([-1.0, 1.0], shape)"),
    ("wrong-law", "rng.uniform(-a, a, shape)", "rng.integers(-1, 2, shape)"),
    ("wrong-law", "rng.uniform(-a, a, shape)", "rng.uniform(-a, a, shape).round()"),
    ("repeated", "rng.uniform(-a, a, shape)", "np.ones(shape) * rng.uniform(-a, a, shape[1])"),
    ("repeated", "rng.uniform(-a, a, shape)", "np.resize(rng.uniform(-a, a, shape[0]), shape)"),
    ("constant", "rng.uniform(-a, a, shape)", "np.full(shape, rng.uniform(-a, a))"),
    ("seed-ignored", "rng.uniform(-a, a, shape)", "np.linspace(-a, a, math.prod(shape)).reshape(shape)"),
    ("wrong-shape", "-a, a, shape)", "-a, a, shape[0])"),
    ("wrong-shape", "-a, a, shape)", "-a, a, shape[::-1])"),
    ("returns-nothing", "return rng", "z = rng"),
    ("seed-ignored", "    a = np.sqrt(3)\n", "    a = np.sqrt(3)\n    rng = np.random.default_rng(42)\n"),
    ("global-generator", "return rng.uniform(-a, a, shape)", "return 2 * a * (np.random.rand(*shape) - 0.5)"),
    ("generator-ignored", "rng.uniform(-a", "np.random.default_rng().uniform(-a"),
    ("root-missing", "np.sqrt(3)", "3.0"),
    ("wrong-size", "np.sqrt(3)", "3 / 2"),
    ("scaled-afterwards", {0: "z = rng.uniform(-1, 1, shape)\nreturn z / np.sqrt((z**2).mean())"}),
    ("not-an-array: list", "rng.uniform(-a, a, shape)", "rng.uniform(-a, a, shape).tolist()"),
]
