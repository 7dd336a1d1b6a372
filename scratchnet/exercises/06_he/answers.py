"""06: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return (1 + slope**2) / 2", "return math.sqrt(1 / (kept(self.slope) * fans.fan_in))"]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["return 0.5 + 0.5 * slope * slope", "return math.sqrt(2 / fans.fan_in / (1 + self.slope**2))"]

WRONG = {
    "half-missing": ("(1 + slope**2) / 2", "1 + slope**2"),
    "slope-not-squared": ("(1 + slope**2) / 2", "(1 + slope) / 2"),
    "negative-side-whole": ("(1 + slope**2) / 2", "1 / 2 + slope**2"),
    "slope-missing": ("kept(self.slope)", "kept(0)"),
    "half-for-two": ("1 / (kept(self.slope) * fans.fan_in)", "kept(self.slope) / fans.fan_in"),
    "variance-for-std": ("math.sqrt(1 / (kept(self.slope) * fans.fan_in))", "1 / (kept(self.slope) * fans.fan_in)"),
    "lecun-for-he": ("kept(self.slope) * ", ""),
    "fans-swapped": ("fans.fan_in))", "fans.fan_out))"),
    "root-of-two-missing": (
        "math.sqrt(1 / (kept(self.slope) * fans.fan_in))",
        "1 / kept(self.slope) / math.sqrt(fans.fan_in)",
    ),
}
