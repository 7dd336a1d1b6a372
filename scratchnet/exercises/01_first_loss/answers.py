"""01: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return -np.log(y[np.arange(len(t)), t]).mean()", "return np.log(classes)"]

# The same in other ways, which are right too.
OTHER_SOLUTION = [
    "picked = [y[n, k] for n, k in enumerate(t)]\nreturn -sum(np.log(p + 1e-7) for p in picked) / len(t)",
    "return -np.log(1 / classes)",
]

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
