"""15: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return (1 + ratio) ** blocks", "return blocks ** (-1 / (2 * layers - 2))"]

# The same in other ways, which are right too.
OTHER_SOLUTION = [
    "variance = 1.0\nfor _ in range(blocks):\n    variance += ratio * variance\nreturn variance",
    "return (1 / blocks) ** (1 / 2 / (layers - 1))",
]

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
