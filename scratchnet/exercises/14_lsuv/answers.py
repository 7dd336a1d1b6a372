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

# Right in other ways.
RIGHT = [
    {
        0: "while abs((variance := layer.forward(x).var()) - 1) >= tol and tries > 0:\n"
        "    layer.W /= np.sqrt(variance)\n"
        "    tries -= 1\n"
        "return layer.forward(x)"
    },
    {
        0: "for _ in range(tries):\n    out = layer.forward(x)\n    if abs(np.var(out) - 1) <= tol:\n        return out\n"
        "    layer.W *= 1 / math.sqrt(np.var(out) + 1e-8)\nreturn layer.forward(x)"
    },
    {
        0: "out, done = layer.forward(x), 0\nwhile not 1 - tol < out.var(ddof=1) < 1 + tol and done < tries:\n"
        "    np.divide(layer.W, out.std(ddof=1), out=layer.W)\n    out = layer.forward(x)\n    done += 1\nreturn out"
    },
    {
        0: "def off(out):\n    return np.abs(np.mean((out - out.mean()) ** 2) - 1)\n\n"
        "out = layer.forward(x)\nif off(out) < tol or tries == 0:\n    return out\nlayer.W[:] /= np.std(out)\n"
        "return to_unit_variance(layer, x, tol=tol, tries=tries - 1)"
    },
    {
        0: "for i in range(tries):\n    var = layer.forward(x).astype(np.float64).var()\n"
        "    if -tol < var - 1 < tol:\n        break\n"
        "    for row in layer.W:\n        row /= var**0.5\nreturn layer.forward(x)"
    },
    {
        0: "for _ in range(tries):\n    std = layer.forward(x).std()\n    if abs(std**2 - 1) > tol:\n"
        "        layer.W[...] = layer.W / std\nreturn layer.forward(x)"
    },
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("abs-forgotten", "abs(out.var() - 1)", "out.var() - 1"),
    ("abs-forgotten", "abs(out.var() - 1) < tol", "out.var() < 1 + tol"),
    ("abs-forgotten", "abs(out.var() - 1)", "1 - out.var()"),
    ("abs-forgotten", "abs(out.var() - 1) < tol", "not out.var() > 1"),
    (
        "returns-nothing",
        {
            0: "for _ in range(tries):\n    out = layer.forward(x)\n    if abs(out.var() - 1) < tol:\n"
            "        return out\n    layer.W /= out.std()"
        },
    ),
    (
        "stale-outputs",
        {
            0: "for _ in range(tries):\n    out = layer.forward(x)\n    if abs(out.var() - 1) < tol:\n"
            "        break\n    layer.W /= out.std()\nreturn out"
        },
    ),
    (
        "stale-outputs",
        {
            0: "out = layer.forward(x)\nfor _ in range(tries):\n    if abs(layer.forward(x).var() - 1) < tol:\n"
            "        break\n    layer.W /= layer.forward(x).std()\nreturn out"
        },
    ),
    ("divided-outputs", "    return out\n", "    return out / out.std()\n"),
    ("tol-of-another", "out.var() - 1", "out.std() - 1"),
    ("tries-ignored", "range(tries)", "range(tries - 1)"),
    ("tries-ignored", "range(tries)", "range(tries + 1)"),
    (
        "tries-ignored",
        {
            0: "out = layer.forward(x)\nwhile abs(out.var() - 1) > tol:\n    layer.W /= out.std()\n"
            "    out = layer.forward(x)\nreturn out"
        },
    ),
    (
        "once-only",
        {0: "out = layer.forward(x)\nif abs(out.var() - 1) >= tol:\n    layer.W /= out.std()\nreturn layer.forward(x)"},
    ),
    (
        "input-overwritten",
        {
            0: "for _ in range(tries):\n    out = layer.forward(x)\n    if abs(out.var() - 1) < tol:\n"
            "        break\n    x /= out.std()\nreturn layer.forward(x)"
        },
    ),
    ("untouched", "        layer.W[...] = layer.W / out.std()\n", "        W = layer.W / out.std()\n"),
    ("untouched", "        layer.W[...] = layer.W / out.std()\n", "        W = layer.W.copy()\n        W /= out.std()\n"),
    ("within-units", "out.var() - 1", "out.var(axis=0).mean() - 1", "out.std()", "np.sqrt(out.var(axis=0).mean())"),
    ("std-of-the-inputs", "out.std()", "x.std()"),
    (
        "own-forward",
        "out = layer.forward(x)\n    for",
        "out = x @ layer.W + layer.b\n    for",
        "out = layer.forward(x)\n    return",
        "out = x @ layer.W + layer.b\n    return",
    ),
    (
        "own-forward",
        {
            0: "for _ in range(tries):\n    out = x @ layer.W\n    if abs(out.var() - 1) < tol:\n        break\n"
            "    layer.W /= out.std()\nreturn layer.forward(x)"
        },
    ),
    (
        "mean-square-for-variance",
        "out.std()",
        "(np.linalg.norm(out) / np.sqrt(out.size))",
        "out.var()",
        "(out * out).mean()",
    ),
    ("std-of-the-weights", "out.std()", "layer.W.std()"),
    ("returns-weights", "    return out\n", "    return layer.W\n"),
    ("returns-several", "    return out\n", "    return layer, out\n"),
    ("bias-scaled", "layer.W[...] = layer.W / out.std()", "layer.W[...] = layer.W / out.std()\n        layer.b[...] = 0"),
    ("not-in-place", "layer.W[...] = layer.W / out.std()", "layer.W = layer.W / out.std()\n        layer.b = layer.b + 0"),
    ("not-defined: layer.W", "layer.W[...] = layer.W / out.std()", "W /= out.std()"),
    ("unit-by-unit", "out.std()", "out.std(axis=0, keepdims=True)"),
    ("shifted", "layer.W[...] = layer.W / out.std()", "layer.W[...] = (layer.W - layer.W.mean()) / out.std()"),
    (
        "not-one-factor",
        "layer.W[...] = layer.W / out.std()",
        "layer.W[...] = np.random.default_rng(0).standard_normal(layer.W.shape) / out.std()",
    ),
    ("variance-for-std", "layer.W / out.std()", "layer.W / out.std() ** 2"),
    ("tol-ignored", "abs(out.var() - 1) < tol", "np.isclose(out.var(), 1)"),
    ("untouched", "abs(out.var() - 1) < tol", "abs(out.var() - 1) > tol"),
    ("diverged", "layer.W / out.std()", "layer.W - 0.1 * (out.var() - 1) * layer.W"),
    ("wrong-factor", "layer.W / out.std()", "layer.W / np.sqrt(out.var() + 1)"),
]
