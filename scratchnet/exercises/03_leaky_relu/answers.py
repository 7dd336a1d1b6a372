"""03: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return np.where(self.x > 0, dout, self.slope * dout)"]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["dx = dout.copy()\ndx[self.x <= 0] *= self.slope\nreturn dx"]

WRONG = {
    "sign-flipped": ("return np", "return -np"),
    "upstream-ignored": ("dout, self.slope * dout", "1.0, self.slope"),
    "slope-missing": ("dout, self.slope * dout", "dout, 0"),
    "mask-inverted": ("return np.where(self.x > 0", "return np.where(self.x < 0"),
    "mask-of-upstream": ("return np.where(self.x > 0", "return np.where(dout > 0"),
    "input-for-upstream": ("dout, self.slope * dout", "self.x, self.slope * self.x"),
    "slope-everywhere": ("return np.where(self.x > 0, dout, self.slope * dout)", "return self.slope * dout"),
    "slope-fixed": ("self.slope * dout", "0.2 * dout"),
    "slope-squared": ("self.slope * dout", "self.slope**2 * dout"),
    "float64-leaked": ("np.where(self.x > 0, dout, self.slope * dout)", "dout * np.where(self.x > 0, 1, self.slope)"),
    "accumulated": (
        "return np.where(self.x > 0, dout, self.slope * dout)",
        "self.dx = getattr(self, 'dx', 0) + np.where(self.x > 0, dout, self.slope * dout)\n        return self.dx",
    ),
    "input-overwritten": (
        "return np.where(self.x > 0, dout, self.slope * dout)",
        "dout[self.x <= 0] *= self.slope\n        return dout",
    ),
}
