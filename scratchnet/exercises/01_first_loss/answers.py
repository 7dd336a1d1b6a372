"""01: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return -np.log(y[np.arange(len(t)), t]).mean()", "return np.log(classes)"]

WRONG = {
    "sign-flipped": ("return -np.log(y", "return np.log(y"),
    "sum-for-mean": (".mean()", ".sum()"),
    "all-classes": ("y[np.arange(len(t)), t]", "y[:, t]"),
    "log10-for-ln": ("return -np.log(", "return -np.log10("),
    "log-of-the-mean": ("t]).mean()", "t].mean())"),
    "probability-for-loss": ("return np.log(classes)", "return 1 / classes"),
    "loss-negative": ("return np.log(classes)", "return np.log(1 / classes)"),
    "log2-for-ln": ("return np.log(classes)", "return np.log2(classes)"),
    "always-ten": ("np.log(classes)", "np.log(10)"),
}

# Right in other ways.
RIGHT = [
    {
        0: "picked = [y[n, k] for n, k in enumerate(t)]\nreturn -sum(np.log(p + 1e-7) for p in picked) / len(t)",
        1: "return -np.log(1 / classes)",
    },
    {0: "return -(np.eye(y.shape[1])[t] * np.log(y)).sum() / len(y)", 1: "return math.log(classes)"},
    {0: "return -np.take_along_axis(np.log(y), t[:, None], axis=1).mean()", 1: "return np.float32(np.log(classes))"},
    {
        0: "total = 0\nfor n in range(len(y)):\n    total -= math.log(y[n][t[n]])\nreturn total / len(y)",
        1: "return cross_entropy(np.full((2, classes), 1 / classes), np.array([0, 1]))",
    },
    {
        0: "y = y + 1e-7\nreturn -np.trace(np.log(y[:, t])) / t.size",
        1: "return -np.mean(np.log(np.ones(classes) / classes))",
    },
    {0: "return np.array([-math.log(row[k]) for row, k in zip(y, t)]).mean()", 1: "return -math.log(1 / classes + 1e-7)"},
    {0: "rows = range(y.shape[0])\nreturn np.mean(np.log(1 / y.astype(np.float32)[rows, t]))"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("not-averaged", "t]).mean()", "t])"),
    ("mean-twice", "t]).mean()", "t]).mean() / len(t)"),
    ("mean-over-classes", "t]).mean()", "t]).sum() / y.size"),
    ("last-row-only", {0: "for n in range(len(t)):\n    total = -np.log(y[n, t[n]])\nreturn total / len(t)"}),
    ("last-row-only", {0: "for n, k in enumerate(t):\n    loss = -math.log(y[n, k])\nreturn loss"}),
    (
        "first-row-only",
        {0: "total = 0\nfor n, k in enumerate(t):\n    total -= math.log(y[n, k])\n    return total / len(t)"},
    ),
    ("rows-for-classes", "y[np.arange(len(t)), t]", "y[t]"),
    ("first-row-for-all", "y[np.arange(len(t)), t]", "y[0, t]"),
    ("log-forgotten", "-np.log(y[np.arange(len(t)), t]).mean()", "-y[np.arange(len(t)), t].mean()"),
    ("log-forgotten", "-np.log(y[np.arange(len(t)), t]).mean()", "1 - y[np.arange(len(t)), t].mean()"),
    ("largest-for-right", "y[np.arange(len(t)), t]", "y.max(axis=1)"),
    ("not-called: brackets", ".mean()", ".mean"),
    ("returns-several", "t]).mean()", "t]).mean(), y"),
    (
        "not-a-number",
        "return -np.log(y[np.arange(len(t)), t]).mean()",
        "return str(-np.log(y[np.arange(len(t)), t]).mean())",
    ),
    ("returns-nothing", "return -np", "-np"),
    ("returns-nothing", "return -np.log(y[np.arange(len(t)), t]).mean()", "print(-np.log(y[np.arange(len(t)), t]).mean())"),
    ("not-general", "t]).mean()", "t]).sum() / 5"),
    ("input-overwritten", "return -np", "y += 1e-7\n    return -np"),
    ("shapes-differ: one class number", {0: "return -np.sum(t * np.log(y)) / len(y)"}),
    ("not-defined: numpy", "-np.log(y", "-numpy.log(y"),
    (
        "state-kept",
        "return -np.log(y",
        "return next(iter([])) if calls.append(1) else -len(calls) * np.log(y",
        "def first",
        "calls = []\n\n\ndef first",
    ),
    ("all-classes", {0: "return -np.log(y).sum() / len(y)"}),
    ("log-of-one-minus", "np.log(y[np.arange(len(t)), t])", "np.log(1 - y[np.arange(len(t)), t])"),
    ("wrong-call", "def cross_entropy(y, t)", "def cross_entropy(t)", "y[np.arange(len(t)), t]", "t"),
    ("ignores-its-arguments", "np.log(classes)", "2.303"),
    ("nearly: rounded", "np.log(classes)", "round(math.log(classes), 2)"),
    ("sum-over-classes", "np.log(classes)", "sum(np.log(classes) for _ in range(classes))"),
    ("mean-over-classes", "np.log(classes)", "-(1 / classes) * np.log(1 / classes)"),
    ("always-ten", "np.log(classes)", "-np.log(0.1)"),
    ("other", "np.log(classes)", "np.exp(-classes)"),
    ("probability-for-loss", "np.log(classes)", "1 - 1 / classes"),
    ("plus-one", "np.log(classes)", "np.log1p(classes)"),
    ("other", "np.log(classes)", "math.sqrt(classes)"),
    ("zero: //", "np.log(classes)", "-np.log(1 - 1 // classes)"),
    ("one-class-off", "np.arange(len(t)), t]", "np.arange(len(t)), t - 1]"),
    ("squared-error", {0: "return ((y - np.eye(y.shape[1])[t]) ** 2).mean()"}),
    ("accuracy", {0: "return (y.argmax(axis=1) == t).mean()"}),
    ("softmax-twice", "return -np", "y = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)\n    return -np"),
    ("state-kept: drawn", "np.log(classes)", "np.random.rand()"),
]
