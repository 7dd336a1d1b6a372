"""15: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return (1 + ratio) ** blocks", "return blocks ** (-1 / (2 * layers - 2))"]

WRONG = {
    "skip-forgotten": ("(1 + ratio) ** blocks", "ratio**blocks"),
    "added-for-multiplied": ("(1 + ratio) ** blocks", "1 + ratio * blocks"),
    "std-for-variance": ("(1 + ratio) ** blocks", "(1 + ratio) ** (blocks / 2)"),
    "stds-added": ("(1 + ratio) ** blocks", "(1 + math.sqrt(ratio)) ** (2 * blocks)"),
    "last-layer-counted": ("2 * layers - 2", "2 * layers"),
    "square-forgotten": ("2 * layers - 2", "layers - 1"),
    "inverted": ("(-1 /", "(1 /"),
    "layers-ignored": ("(-1 / (2 * layers - 2))", "-0.5"),
    "divided-among-layers": ("blocks ** (-1 / (2 * layers - 2))", "blocks**-0.5 / (layers - 1)"),
}

# Right in other ways.
RIGHT = [
    {
        0: "variance = 1.0\nfor _ in range(blocks):\n    variance += ratio * variance\nreturn variance",
        1: "return (1 / blocks) ** (1 / 2 / (layers - 1))",
    },
    {0: "return math.pow(1 + ratio, blocks)", 1: "return math.exp(-math.log(blocks) / (2 * (layers - 1)))"},
    {0: "return np.prod([1 + ratio] * blocks)", 1: "return np.power(float(blocks), -0.5 / (layers - 1))"},
    {0: "return math.exp(blocks * math.log1p(ratio))", 1: "return 1 / math.sqrt(blocks) ** (1 / (layers - 1))"},
    {
        0: "if blocks == 0:\n    return 1\nreturn (1 + ratio) * variance_after(blocks - 1, ratio)",
        1: "return (blocks**-0.5) ** (1 / (layers - 1))",
    },
    {
        0: "return sum(math.comb(blocks, k) * ratio**k for k in range(blocks + 1))",
        1: "m = layers\nreturn np.sqrt(1 / blocks) ** (1 / (m - 1))",
    },
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("skip-forgotten", {0: "variance = 1\nfor _ in range(blocks):\n    variance = ratio * variance\nreturn variance"}),
    ("one-block", {0: "variance = 1\nfor _ in range(blocks):\n    variance += ratio * variance\n    return variance"}),
    ("one-block-short", {0: "variance = 1\nfor _ in range(1, blocks):\n    variance *= 1 + ratio\nreturn variance"}),
    ("one-block-more", {0: "variance = 1\nfor _ in range(blocks + 1):\n    variance *= 1 + ratio\nreturn variance"}),
    ("added-for-multiplied", {0: "variance = 1\nfor _ in range(blocks):\n    variance += ratio\nreturn variance"}),
    ("brackets-missing", "(1 + ratio) ** blocks", "1 + ratio ** blocks"),
    ("blocks-multiplied", "(1 + ratio) ** blocks", "(1 + ratio) * blocks"),
    ("variance-squared", "(1 + ratio) ** blocks", "(1 + ratio) ** (2 * blocks)"),
    ("ratio-squared", "(1 + ratio) ** blocks", "(1 + ratio**2) ** blocks"),
    ("ratio-rooted", "(1 + ratio) ** blocks", "(1 + math.sqrt(ratio)) ** blocks"),
    ("base-and-exponent-swapped", "(1 + ratio) ** blocks", "blocks ** (1 + ratio)"),
    ("growth-alone", "(1 + ratio) ** blocks", "(1 + ratio) ** blocks - 1"),
    ("inverted", "(1 + ratio) ** blocks", "(1 + ratio) ** -blocks"),
    ("exponential", "(1 + ratio) ** blocks", "math.exp(ratio * blocks)"),
    ("returns-nothing", "return (1 + ratio)", "variance = (1 + ratio)"),
    ("sum-for-last", {0: "return sum((1 + ratio) ** k for k in range(blocks))"}),
    ("precedence", "blocks ** (-1 / (2 * layers - 2))", "blocks ** -1 / (2 * layers - 2)"),
    ("precedence", "(-1 / (2 * layers - 2))", "(-1 / 2 * layers - 2)"),
    ("power-for-root", "(-1 / (2 * layers - 2))", "(-1 / 2 * (layers - 1))"),
    ("not-rooted: //", "(-1 / (2", "(-1 // (2"),
    ("depth-ignored", "(-1 / (2", "(1 // (2"),
    ("arguments-swapped", "blocks ** (-1 / (2 * layers - 2))", "layers ** (-1 / (2 * blocks - 2))"),
    ("layers-ignored", "blocks ** (-1 / (2 * layers - 2))", "1 / math.sqrt(blocks)"),
    ("layers-miscounted", "2 * layers - 2", "2 * layers + 2"),
    ("rooted-twice", "(-1 / (2 * layers - 2))", "(-1 / (4 * layers - 4))"),
    ("not-rooted", "blocks ** (-1 / (2 * layers - 2))", "1 / blocks"),
    ("divided-among-layers", "blocks ** (-1 / (2 * layers - 2))", "1 / math.sqrt(blocks) / (layers - 1)"),
    ("layers-miscounted", "2 * layers - 2", "2 * layers - 1"),
    ("returns-nothing", "return blocks **", "factor = blocks **"),
]
