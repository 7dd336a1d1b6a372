"""12: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)\n"
    "self.x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std\n"
    "return self.gamma * self.x_hat + self.beta",
    "self.dgamma = (dout * self.x_hat).sum(axis=0)\n"
    "self.dbeta = dout.sum(axis=0)\n"
    "g = self.gamma * dout\n"
    "mean_g = g.mean(axis=-1, keepdims=True)\n"
    "mean_g_x_hat = (g * self.x_hat).mean(axis=-1, keepdims=True)\n"
    "return (g - mean_g - self.x_hat * mean_g_x_hat) / self.std",
]

WRONG = {
    "over-the-batch": ("x.var(axis=-1", "x.var(axis=0", "x.mean(axis=-1", "x.mean(axis=0"),
    "sample-variance": ("x.var(axis=-1, keepdims=True)", "x.var(axis=-1, keepdims=True, ddof=1)"),
    "epsilon-missing": (" + self.epsilon)", ")"),
    "epsilon-outside": ("keepdims=True) + self.epsilon)", "keepdims=True)) + self.epsilon"),
    "variance-for-std": (
        "np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)",
        "x.var(axis=-1, keepdims=True) + self.epsilon",
    ),
    "mean-kept": ("(x - x.mean(axis=-1, keepdims=True))", "x"),
    "gamma-late": (
        "g = self.gamma * dout",
        "g = dout",
        "return (g - mean_g - self.x_hat * mean_g_x_hat)",
        "return self.gamma * (g - mean_g - self.x_hat * mean_g_x_hat)",
    ),
    "gamma-missing": ("g = self.gamma * dout", "g = dout"),
    "variance-term-missing": (" - self.x_hat * mean_g_x_hat", ""),
    "wrong-axis": ("dout.sum(axis=0)", "dout.sum(axis=-1)"),
}
