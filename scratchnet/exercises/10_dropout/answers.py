"""10: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "if not self.training:\n    self.mask = np.ones_like(x)\n    return x\n"
    "kept = self.rng.random(x.shape) >= self.ratio\n"
    "self.mask = (kept / (1 - self.ratio)).astype(x.dtype)\n"
    "return x * self.mask",
    "return dout * self.mask",
    "return math.sqrt(2 * (1 - self.ratio) / fans.fan_in)",
]

WRONG = {
    "not-inverted": ("kept / (1 - self.ratio)", "kept / 1"),
    "mask-inverted": (">= self.ratio", "< self.ratio"),
    "divided-by-ratio": ("kept / (1 - self.ratio)", "kept / self.ratio"),
    "multiplied-for-divided": ("kept / (1 - self.ratio)", "kept * (1 - self.ratio)"),
    "one-mask-for-all-rows": ("random(x.shape)", "random(x.shape[1])"),
    "own-generator": ("self.rng.random", "np.random.default_rng().random"),
    "drops-in-evaluation": ("if not self.training:", "if False:"),
    "scaled-in-evaluation": ("        return x\n", "        return x * (1 - self.ratio)\n"),
    "passed-through": ("return dout * self.mask", "return dout"),
    "scale-missing": ("return dout * self.mask", "return dout * (self.mask > 0)"),
    "dropout-forgotten": ("2 * (1 - self.ratio)", "2"),
    "divided-for-multiplied": ("2 * (1 - self.ratio) / fans.fan_in", "2 / (1 - self.ratio) / fans.fan_in"),
    "variance-for-std": ("math.sqrt(2 * (1 - self.ratio) / fans.fan_in)", "2 * (1 - self.ratio) / fans.fan_in"),
}

# Right in other ways. float64 numbers from float32 ones are right too, and get a remark.
RIGHT = [
    {
        0: "self.kept = self.rng.random(x.shape) > self.ratio if self.training else None\n"
        "return x if self.kept is None else np.where(self.kept, x / (1 - self.ratio), 0).astype(x.dtype)",
        1: "return dout if self.kept is None else np.where(self.kept, dout / (1 - self.ratio), 0).astype(dout.dtype)",
        2: "return math.sqrt(2 / fans.fan_in) * math.sqrt(1 - self.ratio)",
    },
    {
        0: "if self.training:\n    self.mask = (self.rng.random(x.shape) >= self.ratio) / (1 - self.ratio)\n"
        "else:\n    self.mask = 1\nreturn x * self.mask",
        2: "return np.sqrt(2 * (1 - self.ratio) / fans.fan_in)",
    },
    {
        0: "keep = 1 - self.ratio\nself.mask = 1.0\nif self.training:\n"
        "    self.mask = self.rng.binomial(1, keep, size=x.shape) / keep\n"
        "return self.mask * x",
        2: "return math.sqrt(1 / (fans.fan_in * 0.5 / (1 - self.ratio)))",
    },
    {
        0: "self.factor = np.ones_like(x)\nif self.training:\n    out = self.rng.uniform(size=x.shape) < self.ratio\n"
        "    self.factor[out] = 0\n    self.factor[~out] /= 1 - self.ratio\nreturn np.multiply(x, self.factor)",
        1: "dx = dout.copy()\ndx *= self.factor\nreturn dx",
    },
    {
        0: "if not self.training:\n    return x\n"
        "self.mask = self.rng.choice([0, 1], x.shape, p=[self.ratio, 1 - self.ratio])\n"
        "return x * self.mask / (1 - self.ratio)",
        1: "if not self.training:\n    return dout\nreturn dout * self.mask / (1 - self.ratio)",
        2: "return ((2 - 2 * self.ratio) / fans.fan_in) ** 0.5",
    },
    {
        0: "self.mask = np.ones(x.shape, np.float32)\nif self.training:\n    for n in range(len(x)):\n"
        "        self.mask[n] = self.rng.random(x.shape[1:]) >= self.ratio\n"
        "    self.mask /= np.float32(1 - self.ratio)\nreturn x * self.mask"
    },
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    (
        "mask-drawn-again",
        "return dout * self.mask",
        "return dout * (self.rng.random(dout.shape) >= self.ratio) / (1 - self.ratio)",
    ),
    ("whole-rows", "random(x.shape)", "random((len(x), 1))"),
    ("one-number", "random(x.shape)", "random()"),
    ("input-overwritten", "return x * self.mask", "x *= self.mask\n        return x"),
    ("upstream-overwritten", "return dout * self.mask", "dout *= self.mask\n        return dout"),
    ("returns-nothing: forward", "return x * self.mask", "x * self.mask"),
    ("returns-nothing: backward", "return dout * self.mask", "self.dx = dout * self.mask"),
    ("ratio-fixed", "random(x.shape) >= self.ratio", "random(x.shape) >= 0.5"),
    ("ratio-fixed", "kept / (1 - self.ratio)", "kept / 0.5"),
    (
        "mask-kept",
        "kept = self.rng.random(x.shape) >= self.ratio",
        "kept = np.random.default_rng(0).random(x.shape) >= self.ratio",
    ),
    (
        "mask-kept",
        "kept = self.rng.random(x.shape) >= self.ratio",
        "if not hasattr(self, 'first'):\n            self.first = self.rng.random(x.shape) >= self.ratio\n"
        "        kept = self.first",
    ),
    (
        "not-saved",
        "        self.mask = (kept / (1 - self.ratio)).astype(x.dtype)\n        return x * self.mask",
        "        mask = (kept / (1 - self.ratio)).astype(x.dtype)\n        return x * mask",
    ),
    (
        "mask-of-input",
        "return dout * self.mask",
        "return dout * (self.x > 0) / (1 - self.ratio)",
        "return x * self.mask",
        "self.x = x\n        return x * self.mask",
    ),
    ("evaluation-as-training", "self.mask = np.ones_like(x)", "self.mask = np.zeros_like(x)"),
    ("evaluation-as-training", "            self.mask = np.ones_like(x)\n", ""),
    ("scaled-twice", "kept / (1 - self.ratio)", "kept / (1 - self.ratio) ** 2"),
    ("training-inverted", "if not self.training", "if self.training"),
    ("evaluation-as-training", "return dout * self.mask", "return dout * self.mask if self.training else dout / 2"),
    ("returns-several", "return x * self.mask", "return x * self.mask, self.mask"),
    ("sign-flipped", "return dout * self.mask", "return -dout * self.mask"),
    ("upstream-ignored", "return dout * self.mask", "return self.mask"),
    ("scaled-twice", "return dout * self.mask", "return dout * self.mask / (1 - self.ratio)"),
    ("added-for-multiplied", "x * self.mask", "x + self.mask"),
    ("not-defined: ratio", "1 - self.ratio)).astype", "1 - ratio)).astype"),
    ("ratio-for-kept", "2 * (1 - self.ratio)", "2 * self.ratio"),
    (
        "variance-for-std-of-dropout",
        "math.sqrt(2 * (1 - self.ratio) / fans.fan_in)",
        "math.sqrt(2 / fans.fan_in) * (1 - self.ratio)",
    ),
    ("ratio-fixed", "2 * (1 - self.ratio)", "2 * (1 - 0.5)"),
    ("root-two", "2 * (1 - self.ratio) / fans", "(1 - self.ratio) / fans"),
    ("fans-swapped", "fans.fan_in)", "fans.fan_out)"),
    ("brackets-missing", "2 * (1 - self.ratio) / fans.fan_in", "2 * 1 - self.ratio / fans.fan_in"),
    ("zero: //", "2 * (1 - self.ratio) / fans", "2 * (1 - self.ratio) // fans"),
]
