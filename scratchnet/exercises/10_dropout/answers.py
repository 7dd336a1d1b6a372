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

# The same in other ways, which are right too.
OTHER_SOLUTION = [
    "self.kept = self.rng.random(x.shape) > self.ratio if self.training else None\n"
    "return x if self.kept is None else np.where(self.kept, x / (1 - self.ratio), 0).astype(x.dtype)",
    "return dout if self.kept is None else np.where(self.kept, dout / (1 - self.ratio), 0).astype(dout.dtype)",
    "return math.sqrt(2 / fans.fan_in) * math.sqrt(1 - self.ratio)",
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
