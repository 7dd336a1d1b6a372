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

# Right in other ways. float64 numbers from float32 ones are right too, and get a remark.
RIGHT = [
    {
        0: "mu, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)\n"
        "self.rstd = (var + self.epsilon) ** -0.5\n"
        "self.x_hat = (x - mu) * self.rstd\nreturn self.x_hat * self.gamma + self.beta",
        1: "n = dout.shape[1]\nself.dgamma, self.dbeta = np.einsum('nd,nd->d', dout, self.x_hat), dout.sum(0)\n"
        "g = dout * self.gamma\n"
        "a, b = g.sum(axis=1, keepdims=True), (g * self.x_hat).sum(axis=1, keepdims=True)\n"
        "return self.rstd / n * (n * g - a - self.x_hat * b)",
    },
    {
        0: "self.std = np.sqrt(x.T.var(axis=0) + self.epsilon)\nself.x_hat = ((x.T - x.T.mean(axis=0)) / self.std).T\n"
        "return self.gamma * self.x_hat + self.beta",
        1: "self.dgamma, self.dbeta = np.sum(dout * self.x_hat, 0), np.sum(dout, 0)\ng = (self.gamma * dout).T\n"
        "x_hat = self.x_hat.T\n"
        "return ((g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / self.std).T",
    },
    {
        0: "self.x_hat, self.stds = np.zeros(x.shape), []\nfor n, row in enumerate(x):\n"
        "    centred = row - row.sum() / len(row)\n"
        "    self.stds.append(math.sqrt((centred**2).mean() + self.epsilon))\n    self.x_hat[n] = centred / self.stds[n]\n"
        "return self.x_hat * self.gamma + self.beta",
        1: "self.dgamma, self.dbeta = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)\nrows = []\n"
        "for d, x, s in zip(dout, self.x_hat, self.stds):\n    n, g = len(x), self.gamma * d\n"
        "    rows.append((np.eye(n) - 1 / n - np.outer(x, x) / n) @ g / s)\nreturn np.array(rows)",
    },
    {
        0: "self.centred = x - x.mean(-1)[:, None]\nself.var = np.mean(self.centred**2, -1)[:, None] + self.epsilon\n"
        "self.x_hat = self.centred / np.sqrt(self.var)\nout = self.gamma * self.x_hat\nout += self.beta\nreturn out",
        1: "self.dgamma = (dout * self.x_hat).sum(axis=0)\nself.dbeta = dout.sum(axis=0)\nn = self.x_hat.shape[-1]\n"
        "dx_hat = dout * self.gamma\ndvar = (dx_hat * self.centred).sum(-1)[:, None] * -0.5 * self.var**-1.5\n"
        "dcentred = dx_hat / np.sqrt(self.var) + dvar * 2 * self.centred / n\nreturn dcentred - dcentred.mean(-1)[:, None]",
    },
    {
        0: "x = x.astype(np.float64)\nmean_square = (x**2).mean(axis=-1, keepdims=True)\n"
        "mean = x.mean(axis=-1, keepdims=True)\n"
        "self.std = np.sqrt(mean_square - mean**2 + self.epsilon)\nself.x_hat = (x - mean) / self.std\n"
        "return self.gamma * self.x_hat + self.beta"
    },
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("keepdims-missing", "x.mean(axis=-1, keepdims=True)", "x.mean(axis=-1)"),
    ("keepdims-missing", "x.var(axis=-1, keepdims=True)", "x.var(axis=-1)"),
    ("keepdims-missing", "g.mean(axis=-1, keepdims=True)", "g.mean(axis=-1)"),
    ("over-everything", "x.mean(axis=-1, keepdims=True)", "x.mean()", "x.var(axis=-1, keepdims=True)", "x.var()"),
    ("over-the-batch", "x.var(axis=-1, keepdims=True)", "x.var(axis=0)", "x.mean(axis=-1, keepdims=True)", "x.mean(axis=0)"),
    ("mean-over-the-batch", "x.mean(axis=-1, keepdims=True)", "x.mean(axis=0)"),
    ("precedence", "(x - x.mean(axis=-1, keepdims=True)) / self.std", "x - x.mean(axis=-1, keepdims=True) / self.std"),
    ("epsilon-missing", "np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)", "x.std(axis=-1, keepdims=True)"),
    (
        "epsilon-outside",
        "np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)",
        "x.std(axis=-1, keepdims=True) + self.epsilon",
    ),
    ("epsilon-fixed", "+ self.epsilon)", "+ 1e-5)"),
    ("gamma-missing", "return self.gamma * self.x_hat + self.beta", "return self.x_hat + self.beta"),
    ("beta-missing", "self.gamma * self.x_hat + self.beta", "self.gamma * self.x_hat"),
    ("parameters-missing", "return self.gamma * self.x_hat + self.beta", "return self.x_hat"),
    ("gamma-and-beta-swapped", "self.gamma * self.x_hat + self.beta", "self.beta * self.x_hat + self.gamma"),
    (
        "not-saved",
        "self.x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std\n        return self.gamma * self.x_hat",
        "x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std\n        return self.gamma * x_hat",
    ),
    ("returns-nothing: forward", "return self.gamma * self.x_hat + self.beta", "out = self.gamma * self.x_hat + self.beta"),
    (
        "input-overwritten",
        "self.x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std",
        "x -= x.mean(axis=-1, keepdims=True)\n        self.x_hat = x / self.std",
    ),
    ("mean-term-missing", "g - mean_g - self", "g - self"),
    ("statistics-constant", "(g - mean_g - self.x_hat * mean_g_x_hat) / self.std", "g / self.std"),
    (
        "over-the-batch",
        "g.mean(axis=-1, keepdims=True)",
        "g.mean(axis=0)",
        "(g * self.x_hat).mean(axis=-1, keepdims=True)",
        "(g * self.x_hat).mean(axis=0)",
    ),
    ("sum-for-mean", "g.mean(axis=-1", "g.sum(axis=-1", "self.x_hat).mean(axis=-1", "self.x_hat).sum(axis=-1"),
    (
        "setting-fixed",
        "g.mean(axis=-1, keepdims=True)",
        "g.sum(axis=-1, keepdims=True) / 4",
        "(g * self.x_hat).mean(axis=-1, keepdims=True)",
        "(g * self.x_hat).sum(axis=-1, keepdims=True) / 4",
    ),
    ("std-missing", "mean_g_x_hat) / self.std", "mean_g_x_hat)"),
    ("variance-term-added", "- self.x_hat * mean_g_x_hat", "+ self.x_hat * mean_g_x_hat"),
    ("mean-for-sum", "dout.sum(axis=0)", "dout.mean(axis=0)"),
    ("not-summed-over-batch", "self.dbeta = dout.sum(axis=0)", "self.dbeta = dout"),
    (
        "gradients-swapped",
        "self.dgamma = (dout * self.x_hat).sum(axis=0)",
        "self.dgamma = dout.sum(axis=0)",
        "self.dbeta = dout.sum(axis=0)",
        "self.dbeta = (dout * self.x_hat).sum(axis=0)",
    ),
    ("returns-nothing: backward", "return (g - mean_g", "dx = (g - mean_g"),
    ("wrong-axis", "(dout * self.x_hat).sum(axis=0)", "(dout * self.x_hat).sum(axis=1)"),
    ("dgamma-unset", "self.dgamma = ", "dgamma = "),
    (
        "two-roots",
        "np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)",
        "x.std(axis=-1, keepdims=True) + np.sqrt(self.epsilon)",
    ),
    ("mean-square-for-variance", "x.var(axis=-1, keepdims=True)", "(x**2).mean(axis=-1, keepdims=True)"),
    ("mean-added", "(x - x.mean", "(x + x.mean"),
    ("product-for-elementwise", "self.gamma * self.x_hat + self.beta", "self.gamma @ self.x_hat + self.beta"),
]
