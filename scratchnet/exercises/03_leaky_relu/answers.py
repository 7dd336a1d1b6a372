"""03: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return np.where(self.x > 0, dout, self.slope * dout)"]

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
    "accumulated": (
        "return np.where(self.x > 0, dout, self.slope * dout)",
        "self.dx = getattr(self, 'dx', 0) + np.where(self.x > 0, dout, self.slope * dout)\n        return self.dx",
    ),
    "input-overwritten": (
        "return np.where(self.x > 0, dout, self.slope * dout)",
        "dout[self.x <= 0] *= self.slope\n        return dout",
    ),
}

# Right in other ways. float64 numbers from float32 ones are right too, and get a remark.
RIGHT = [
    {0: "dx = dout.copy()\ndx[self.x <= 0] *= self.slope\nreturn dx"},
    {0: "return dout * np.where(self.x > 0, 1, self.slope)"},
    {0: "mask = self.x > 0\nreturn mask * dout + ~mask * self.slope * dout"},
    {
        0: "dx = np.empty_like(dout)\nfor i, x in np.ndenumerate(self.x):\n"
        "    dx[i] = dout[i] if x > 0 else self.slope * dout[i]\nreturn dx"
    },
    {0: "return np.einsum('...,...->...', dout, np.where(self.x >= 0, 1.0, self.slope))"},
    {0: "self.dx = self.slope * dout + (1 - self.slope) * dout * (self.x > 0)\nreturn self.dx"},
    {0: "def slope(x):\n    return 1 if x > 0 else self.slope\n\nreturn dout * np.vectorize(slope, otypes=[float])(self.x)"},
    ("self.x = x\n", "self.mask = x > 0\n", "np.where(self.x > 0, dout", "np.where(self.mask, dout"),
    ("np.where(x > 0, x, self.slope * x)", "np.maximum(x, x * self.slope)"),
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("upstream-ignored", "self.slope * dout", "self.slope"),
    ("upstream-ignored", "> 0, dout,", "> 0, 1,"),
    ("input-overwritten", {0: "dx = dout\ndx[self.x <= 0] = self.slope * dx[self.x <= 0]\nreturn dx"}),
    ("input-overwritten", {0: "self.x[self.x > 0] = 1\nself.x[self.x <= 0] = self.slope\nreturn dout * self.x"}),
    ("returns-nothing: backward", "return np.where(self.x > 0, dout", "dx = np.where(self.x > 0, dout"),
    ("not-defined: self.x", "np.where(self.x > 0, dout", "np.where(x > 0, dout"),
    ("not-defined: self.slope", "self.slope * dout", "slope * dout"),
    ("raises: if", {0: "if self.x > 0:\n    return dout\nreturn self.slope * dout"}),
    ("sign-below", "dout, self.slope * dout", "dout, -self.slope * dout"),
    ("one-minus-slope", "self.slope * dout", "(1 - self.slope) * dout"),
    ("slope-fixed", "self.slope * dout", "0.01 * dout"),
    ("setting-fixed", "self.slope * dout", "0.3 * dout"),
    ("slope-divided", "self.slope * dout", "dout / self.slope"),
    ("added-for-multiplied", "self.slope * dout", "self.slope + dout"),
    ("output-times-upstream", "dout, self.slope * dout", "dout * self.x, self.slope * dout * self.x"),
    ("true-or-false: brackets", "np.where(self.x > 0, dout, self.slope * dout)", "dout * self.x > 0"),
    ("product-for-elementwise", {0: "return dout @ np.where(self.x > 0, 1, self.slope)"}),
    ("product-for-elementwise", {0: "return np.dot(np.where(self.x > 0, 1, self.slope), dout)"}),
    ("wrong-shape", "self.slope * dout)", "self.slope * dout).sum(axis=0)"),
    ("mask-of-upstream", {0: "return self.forward(dout)"}),
    ("input-for-upstream", {0: "return self.forward(self.x)"}),
    ("passed-through", {0: "return dout"}),
    ("all-ones", {0: "return np.ones_like(dout)"}),
    (
        "state-kept",
        "return np.where(self.x > 0, dout",
        "if not hasattr(self, 'mask'):\n            self.mask = self.x > 0\n        return np.where(self.mask, dout",
    ),
    (
        "returns-several",
        "return np.where(self.x > 0, dout, self.slope * dout)",
        "return np.where(self.x > 0, dout, self.slope * dout), None",
    ),
    ("not-saved", "        self.x = x\n", ""),
    ("upstream-below-ignored", "dout, self.slope * dout", "dout, self.slope * self.x"),
    (
        "one-row-only",
        {
            0: "dx = np.zeros_like(dout)\nfor n in range(len(dout)):\n"
            "    dx = np.where(self.x[n] > 0, dout[n], self.slope * dout[n])\nreturn dx"
        },
    ),
    ("zero-above", "> 0, dout, self.slope * dout", "> 0, 0, self.slope * dout"),
    ("not-an-array: list", "self.slope * dout)", "self.slope * dout).tolist()"),
    ("whole-numbers", "self.slope * dout)", "self.slope * dout).astype(int)"),
    ("no-layer", "(sn.Layer)", ""),
    ("wrong-call", "backward(self, dout)", "backward(dout)"),
]
