"""14: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "out = layer.forward(x)\n"
    "for _ in range(tries):\n"
    "    if abs(out.var() - 1) < tol:\n"
    "        break\n"
    "    layer.W[...] = layer.W / out.std()\n"
    "    out = layer.forward(x)\n"
    "return out"
]

# The same in other ways, which are right too.
OTHER_SOLUTION = [
    "while abs((variance := layer.forward(x).var()) - 1) >= tol and tries > 0:\n"
    "    layer.W /= np.sqrt(variance)\n"
    "    tries -= 1\n"
    "return layer.forward(x)"
]

WRONG = {
    "variance-for-std": ("/ out.std()", "/ out.var()"),
    "multiplied-for-divided": ("layer.W / out.std()", "layer.W * out.std()"),
    "not-in-place": ("layer.W[...] =", "layer.W ="),
    "stale-outputs": (
        "out.std()\n        out = layer.forward(x)",
        "out.std()\n        old, out = out, layer.forward(x)",
        "return out",
        "return old",
    ),
    "unit-by-unit": ("out.std()", "out.std(axis=0)"),
    "once-only": ("range(tries)", "range(1)"),
    "mean-square-for-variance": ("out.std()", "np.sqrt((out**2).mean())", "out.var()", "(out**2).mean()"),
    "returns-nothing": ("    return out\n", ""),
    "tries-ignored": ("range(tries)", "range(10)"),
    "tol-ignored": ("< tol", "< 0.001"),
    "bias-scaled": (
        "        out = layer.forward(x)\n    return",
        "        layer.b[...] = layer.b / out.std()\n        out = layer.forward(x)\n    return",
    ),
}
