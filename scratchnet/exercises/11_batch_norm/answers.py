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

# The same in other ways, which are right too.
OTHER_SOLUTION = [
    "self.dbeta, self.dgamma = dout.sum(axis=0), np.einsum('nd,nd->d', dout, self.x_hat)\n"
    "dx_hat = self.gamma * dout\n"
    "if not self.training:\n    return dx_hat / self.std\n"
    "n = len(dout)\n"
    "dvar = (dx_hat * self.x_hat).sum(axis=0) / self.std**2 / -2\n"
    "dmean = -dx_hat.sum(axis=0) / self.std\n"
    "return dx_hat / self.std + dmean / n + dvar * 2 * self.x_hat * self.std / n"
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
