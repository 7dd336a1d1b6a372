"""11: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "self.dgamma = (dout * self.x_hat).sum(axis=0)\n"
    "self.dbeta = dout.sum(axis=0)\n"
    "if self.training:\n"
    "    dout = dout - dout.mean(axis=0) - self.x_hat * (dout * self.x_hat).mean(axis=0)\n"
    "return self.gamma / self.std * dout"
]

WRONG = {
    "statistics-constant": ("if self.training:\n            dout", "if False:\n            dout"),
    "mean-term-missing": (" - dout.mean(axis=0)", ""),
    "variance-term-missing": (" - self.x_hat * (dout * self.x_hat).mean(axis=0)", ""),
    "evaluation-as-training": ("if self.training:\n            dout", "if True:\n            dout"),
    "gamma-missing": ("return self.gamma / self.std", "return 1 / self.std"),
    "variance-for-std": ("return self.gamma / self.std", "return self.gamma / self.std**2"),
    "mean-for-sum": ("dout.sum(axis=0)", "dout.mean(axis=0)"),
    "wrong-axis": ("dout.sum(axis=0)", "dout.sum(axis=1)"),
    "not-summed-over-batch": ("(dout * self.x_hat).sum(axis=0)", "dout * self.x_hat"),
    "gamma-in-dgamma": ("self.dgamma = (dout", "self.dgamma = (self.gamma * dout"),
    "dbeta-unset": ("self.dbeta = ", "dbeta = "),
}

# Right in other ways. float64 numbers from float32 ones are right too, and get a remark.
RIGHT = [
    {
        0: "self.dbeta, self.dgamma = dout.sum(axis=0), np.einsum('nd,nd->d', dout, self.x_hat)\n"
        "dx_hat = self.gamma * dout\n"
        "if not self.training:\n    return dx_hat / self.std\n"
        "n = len(dout)\n"
        "dvar = (dx_hat * self.x_hat).sum(axis=0) / self.std**2 / -2\n"
        "dmean = -dx_hat.sum(axis=0) / self.std\n"
        "return dx_hat / self.std + dmean / n + dvar * 2 * self.x_hat * self.std / n"
    },
    {
        0: "n = dout.shape[0]\nself.dgamma = np.sum(dout * self.x_hat, axis=0)\nself.dbeta = np.ones(n) @ dout\n"
        "if self.training:\n"
        "    return self.gamma / (n * self.std) * (n * dout - self.dbeta - self.x_hat * self.dgamma)\n"
        "return dout * self.gamma / self.std"
    },
    {
        0: "self.dgamma, self.dbeta = np.diag(self.x_hat.T @ dout).copy(), dout.sum(0)\n"
        "dx = np.empty(dout.shape)\nn = len(dout)\n"
        "for j in range(dout.shape[1]):\n    x = self.x_hat[:, j]\n"
        "    J = np.eye(n) - 1 / n - np.outer(x, x) / n if self.training else np.eye(n)\n"
        "    dx[:, j] = J @ dout[:, j] * self.gamma[j] / self.std[j]\nreturn dx"
    },
    {
        0: "self.dgamma, self.dbeta = 0 * self.gamma, 0 * self.beta\nfor d, x in zip(dout, self.x_hat):\n"
        "    self.dgamma += d * x\n    self.dbeta += d\ng = dout * self.gamma\nif self.training:\n"
        "    g = g - np.mean(g, axis=0, keepdims=True) - self.x_hat * np.average(g * self.x_hat, axis=0)\n"
        "return g / self.std"
    },
    {
        0: "dout = dout.astype(np.float64)\nself.dgamma = (dout * self.x_hat).sum(axis=0)\nself.dbeta = dout.sum(axis=0)\n"
        "if not self.training:\n    return self.gamma / self.std * dout\n"
        "def centred(a):\n    return a - a.mean(axis=0)\n\n"
        "return self.gamma / self.std * centred(dout - self.x_hat * (dout * self.x_hat).mean(axis=0))"
    },
    {
        0: "self.dgamma, self.dbeta = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)\ndx = self.gamma / self.std * dout\n"
        "if self.training:\n    dx -= dx.mean(axis=0)\n    dx -= self.x_hat * (dx * self.x_hat).mean(axis=0)\nreturn dx"
    },
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("mean-for-sum", "(dout * self.x_hat).sum(axis=0)", "(dout * self.x_hat).mean(axis=0)"),
    ("gradients-swapped", "self.dgamma = ", "self.dbeta = ", "self.dbeta = dout", "self.dgamma = dout"),
    (
        "input-for-x-hat",
        "self.dgamma = (dout * self.x_hat)",
        "self.dgamma = (dout * self.x)",
        "self.std = ",
        "self.x = x\n        self.std = ",
    ),
    ("dgamma-unset", "self.dgamma = ", "dgamma = "),
    ("not-saved: not +=", "self.dgamma = ", "self.dgamma += "),
    (
        "accumulated",
        "self.dbeta = dout.sum(axis=0)",
        "self.total = getattr(self, 'total', 0) + dout.sum(axis=0)\n        self.dbeta = self.total",
    ),
    (
        "sum-for-mean",
        "dout.mean(axis=0) - self.x_hat * (dout * self.x_hat).mean(axis=0)",
        "dout.sum(axis=0) - self.x_hat * (dout * self.x_hat).sum(axis=0)",
    ),
    ("variance-term-added", "- self.x_hat * (dout", "+ self.x_hat * (dout"),
    ("mean-term-added", "dout - dout.mean(axis=0)", "dout + dout.mean(axis=0)"),
    ("std-missing", "self.gamma / self.std * dout", "self.gamma * dout"),
    ("std-multiplied", "self.gamma / self.std * dout", "self.gamma * self.std * dout"),
    ("gamma-squared", "return self.gamma / self.std", "return self.gamma**2 / self.std"),
    ("returns-nothing: backward", "return self.gamma / self.std * dout", "dx = self.gamma / self.std * dout"),
    (
        "returns-several",
        "return self.gamma / self.std * dout",
        "return self.gamma / self.std * dout, self.dgamma, self.dbeta",
    ),
    ("input-overwritten", "dout = dout - dout.mean(axis=0) - self", "dout -= dout.mean(axis=0) + self"),
    ("over-everything", "- dout.mean(axis=0)", "- dout.mean()"),
    ("over-the-units", "- dout.mean(axis=0)", "- dout.mean(axis=1, keepdims=True)"),
    ("x-hat-missing", "- self.x_hat * (dout * self.x_hat).mean(axis=0)", "- (dout * self.x_hat).mean(axis=0)"),
    ("x-hat-missing", "(dout * self.x_hat).mean(axis=0)", "dout.mean(axis=0)"),
    ("summed-over-all", "dout.sum(axis=0)", "dout.sum()"),
    (
        "size-fixed",
        "dout.mean(axis=0) - self.x_hat * (dout * self.x_hat).mean(axis=0)",
        "dout.sum(axis=0) / 6 - self.x_hat * (dout * self.x_hat).sum(axis=0) / 6",
    ),
    ("statistics-constant", "if self.training:\n            dout", "if not self.training:\n            dout"),
    ("shapes-differ", "- dout.mean(axis=0)", "- dout.mean(axis=1)"),
    ("sign-flipped", "return self.gamma", "return -self.gamma"),
    ("sign-flipped", "self.dbeta = dout", "self.dbeta = -dout"),
    ("other", "dout.mean(axis=0) -", "dout.sum(axis=0) / 100 -"),
    (
        "passed-through",
        "return self.gamma / self.std * dout",
        "return dout",
        "if self.training:\n            dout =",
        "if False:\n            dout =",
    ),
    ("not-defined: self.x_hat", "self.dgamma = (dout * self.x_hat)", "self.dgamma = (dout * x_hat)"),
    ("parameter-overwritten", "return self.gamma", "self.gamma -= 0.01 * self.dgamma\n        return self.gamma"),
    ("wrong-shape", "self.dbeta = dout.sum(axis=0)", "self.dbeta = dout.sum(axis=0, keepdims=True)"),
    ("product-for-elementwise", "(dout * self.x_hat).sum(axis=0)", "dout @ self.x_hat"),
]
