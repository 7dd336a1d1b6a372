"""09: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "tall = max(shape), min(shape)\n"
    "q, r = np.linalg.qr(rng.standard_normal(tall))\n"
    "q = q * np.sign(np.diag(r))\n"
    "return q if q.shape == shape else q.T"
]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["u, _, v = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)\nreturn u @ v"]

WRONG = {
    "signs-not-fixed": ("q = q * np.sign(np.diag(r))\n", "pass\n"),
    "wide-not-transposed": ("return q if q.shape == shape else q.T", "return q"),
    "draw-not-normal": ("rng.standard_normal(tall)", "rng.random(tall)"),
    "scaled": ("return q if", "q = q / np.sqrt(len(q))\n    return q if"),
    "normalized-only": (
        "q, r = np.linalg.qr(rng.standard_normal(tall))\n    q = q * np.sign(np.diag(r))\n",
        "q = rng.standard_normal(shape)\n    q = q / np.linalg.norm(q, axis=0)\n",
    ),
    "generator-ignored": ("rng.standard_normal", "np.random.default_rng().standard_normal"),
    "always-one": ("rng.standard_normal", "np.random.default_rng(0).standard_normal"),
}
