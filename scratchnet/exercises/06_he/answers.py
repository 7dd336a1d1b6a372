"""06: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return (1 + slope**2) / 2", "return math.sqrt(1 / (kept(self.slope) * fans.fan_in))"]

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

# Right in other ways.
RIGHT = [
    {0: "return 0.5 + 0.5 * slope * slope", 1: "return math.sqrt(2 / fans.fan_in / (1 + self.slope**2))"},
    {0: "return np.mean([1, slope**2])", 1: "return 1 / np.sqrt(fans.fan_in * kept(self.slope))"},
    {0: "return (1 + math.pow(slope, 2)) * 0.5", 1: "return math.sqrt(2 / fans.fan_in) / math.hypot(1, self.slope)"},
    {
        0: "z = np.linspace(-9, 9, 6001)\nphi = np.where(z > 0, z, slope * z)\np = np.exp(-(z**2) / 2)\n"
        "return p @ phi**2 / p.sum()",
        1: "return (kept(slope=self.slope) * fans.fan_in) ** -0.5",
    },
    {0: "positive, negative = 1 / 2, 1 / 2\nreturn positive * 1**2 + negative * slope**2"},
    {1: "gain = np.sqrt(2 / (1 + self.slope**2))\nreturn gain / np.sqrt(fans.fan_in)"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("brackets-missing", "(1 + slope**2) / 2", "1 + slope**2 / 2"),
    ("sum-squared", "(1 + slope**2) / 2", "(1 + slope) ** 2 / 2"),
    ("sign-in-sum", "(1 + slope**2) / 2", "(1 - slope**2) / 2"),
    ("slope-missing", "(1 + slope**2) / 2", "1 / 2"),
    ("positive-side-forgotten", "(1 + slope**2) / 2", "slope**2 / 2"),
    ("inverted", "(1 + slope**2) / 2", "2 / (1 + slope**2)"),
    ("std-for-mean-square", "(1 + slope**2) / 2", "math.sqrt((1 + slope**2) / 2)"),
    ("integer-division", "(1 + slope**2) / 2", "(1 + slope**2) // 2"),
    ("negative-side-whole", "(1 + slope**2) / 2", "slope**2 + 1 / 2"),
    ("mean-for-mean-square", "(1 + slope**2) / 2", "(1 - slope) / math.sqrt(2 * math.pi)"),
    ("variance-for-mean-square", "(1 + slope**2) / 2", "(1 + slope**2) / 2 - (1 - slope) ** 2 / (2 * math.pi)"),
    (
        "nearly",
        {0: "z = np.random.default_rng(0).standard_normal(20000)\nreturn (np.where(z > 0, z, slope * z) ** 2).mean()"},
    ),
    ("returns-nothing", "return (1 + slope**2) / 2", "kept = (1 + slope**2) / 2"),
    ("precedence", "1 / (kept(self.slope) * fans.fan_in)", "1 / kept(self.slope) * fans.fan_in"),
    ("root-two", "1 / (kept(self.slope) * fans.fan_in)", "2 / (kept(self.slope) * fans.fan_in)"),
    ("slope-missing", "1 / (kept(self.slope) * fans.fan_in)", "2 / fans.fan_in"),
    ("slope-missing", "kept(self.slope)", "kept(He.slope)"),
    ("slope-not-squared", "1 / (kept(self.slope) * fans.fan_in)", "2 / ((1 + self.slope) * fans.fan_in)"),
    ("not-defined: self.slope", "kept(self.slope)", "kept(slope)"),
    ("window-forgotten", "fans.fan_in))", "fans.n_in))"),
    ("precedence", "math.sqrt(1 / (kept(self.slope) * fans.fan_in))", "(kept(self.slope) * fans.fan_in) ** -1 / 2"),
    ("xavier-for-he", "1 / (kept(self.slope) * fans.fan_in)", "2 / (fans.fan_in + fans.fan_out)"),
    ("root-three", "1 / (kept(self.slope) * fans.fan_in)", "3 / (kept(self.slope) * fans.fan_in)"),
    ("inverted", "1 / (kept(self.slope) * fans.fan_in)", "kept(self.slope) * fans.fan_in"),
    ("zero: //", "1 / (kept(self.slope) * fans.fan_in)", "1 // (kept(self.slope) * fans.fan_in)"),
    ("brackets-missing", "1 / (kept(self.slope) * fans.fan_in)", "2 / (1 + self.slope**2 * fans.fan_in)"),
    ("slope-fixed", "kept(self.slope)", "kept(0.01)"),
    ("slope-fixed", "kept(self.slope)", "kept(0.2)"),
]
