"""09: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = [
    "tall = max(shape), min(shape)\n"
    "q, r = np.linalg.qr(rng.standard_normal(tall))\n"
    "q = q * np.sign(np.diag(r))\n"
    "return q if q.shape == shape else q.T"
]

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

# Right in other ways.
RIGHT = [
    {0: "u, _, v = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)\nreturn u @ v"},
    {
        0: "n = max(shape)\nq, r = np.linalg.qr(rng.normal(size=(n, n)))\n"
        "return (q @ np.diag(np.sign(r.diagonal())))[: shape[0], : shape[1]]"
    },
    {
        0: "rows = []\nfor z in rng.standard_normal((min(shape), max(shape))):\n    for row in rows:\n"
        "        z = z - (row @ z) * row\n"
        "    rows.append(z / np.linalg.norm(z))\nW = np.array(rows)\nreturn W.T if shape[0] > shape[1] else W"
    },
    {
        0: "wide = shape[0] < shape[1]\nz = rng.standard_normal(shape[::-1] if wide else shape)\nq, r = np.linalg.qr(z)\n"
        "q *= np.where(np.diag(r) < 0, -1, 1)\nif wide:\n    q = q.T\nreturn q.astype(np.float32)"
    },
    {
        0: "z = rng.standard_normal((max(shape), min(shape)))\nvalues, v = np.linalg.eigh(z.T @ z)\n"
        "W = z @ v @ np.diag(values**-0.5) @ v.T\nreturn W.reshape(shape) if W.shape == tuple(shape) else np.transpose(W)"
    },
    {
        0: "q, _ = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))\nq = q * rng.choice([-1, 1], q.shape[1])\n"
        "return q if shape[0] >= shape[1] else q.T"
    },
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("reshaped-for-transposed", "return q if q.shape == shape else q.T", "return q.reshape(shape)"),
    (
        "reshaped-for-transposed",
        "return q if q.shape == shape else q.T",
        "return q.T.reshape(shape) if shape[0] == shape[1] else q.reshape(shape)",
    ),
    (
        "raises: reshape",
        {0: "q, r = np.linalg.qr(rng.standard_normal(shape))\nreturn (q * np.sign(np.diag(r))).reshape(shape)"},
    ),
    ("wide-not-transposed", {0: "q, r = np.linalg.qr(rng.standard_normal(shape))\nreturn q * np.sign(np.diag(r))"}),
    ("returns-several", {0: "return np.linalg.qr(rng.standard_normal(shape))"}),
    ("r-for-q", {0: "return np.linalg.qr(rng.standard_normal(shape))[1]"}),
    ("wrong-shape", "return q if q.shape == shape else q.T", "return q.T"),
    ("always-one", {0: "return np.eye(*shape)"}),
    ("not-orthogonal", {0: "return rng.standard_normal(shape) / np.sqrt(max(shape))"}),
    ("not-orthogonal", {0: "return rng.standard_normal(shape)"}),
    ("scaled", "return q if", "q = q * np.sqrt(2)\n    return q if"),
    (
        "rotations-only",
        {
            0: "q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))\nq *= np.sign(np.diag(r))\n"
            "if q.shape[0] == q.shape[1] and np.linalg.det(q) < 0:\n    q[:, 0] *= -1\nreturn q if q.shape == shape else q.T"
        },
    ),
    ("draw-not-normal", "rng.standard_normal(tall)", "rng.uniform(-1, 1, tall)"),
    ("draw-not-normal", "rng.standard_normal(tall)", "rng.uniform(0, 1, tall)"),
    ("draw-not-normal", "rng.standard_normal(tall)", "rng.choice([-1.0, 1.0], tall) * rng.uniform(0.5, 1, tall)"),
    ("signs-not-fixed", "np.sign(np.diag(r))", "np.sign(np.diag(q))"),
    ("signs-not-fixed", "np.sign(np.diag(r))", "np.abs(np.sign(np.diag(r)))"),
    ("scaled", "np.sign(np.diag(r))", "np.diag(r)"),
    (
        "permutation-only",
        {
            0: "W = np.eye(*shape)\n"
            "return rng.permutation(W, axis=0 if shape[0] >= shape[1] else 1) * rng.choice([-1, 1], shape[1])"
        },
    ),
    (
        "symmetric-only",
        {0: "n = max(shape)\nz = rng.standard_normal((n, n))\nz = (z + z.T) / 2\nreturn z[: shape[0], : shape[1]]"},
    ),
    ("normalized-only", {0: "z = rng.standard_normal(shape)\nreturn z / np.linalg.norm(z, axis=1, keepdims=True)"}),
    ("returns-nothing", "return q if q.shape == shape else q.T", "q if q.shape == shape else q.T"),
    ("not-finite", {0: "z = rng.standard_normal(shape)\nreturn z / 0"}),
    ("shapes-differ", "q * np.sign(np.diag(r))", "q * np.sign(np.diag(r))[:, None]"),
    ("generator-ignored", "rng.standard_normal(tall)", "np.random.randn(*tall)"),
    ("scaled", "return q if", "q = 0.1 * q\n    return q if"),
    ("not-called", "return q if q.shape == shape else q.T", "return q.transpose"),
    ("not-a-number", "return q if", "q = q.astype(str)\n    return q if"),
    ("rounded", "return q if", "q = q.round(2)\n    return q if"),
    (
        "partly-fixed",
        {
            0: "t = rng.uniform(0, 2 * np.pi)\nW = np.eye(*shape)\n"
            "W[:2, :2] = [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]\nreturn W"
        },
    ),
    (
        "signs-not-fixed: SVD",
        {
            0: "u, _, v = np.linalg.svd(rng.standard_normal((max(shape), min(shape))), full_matrices=False)\n"
            "return u if shape[0] >= shape[1] else u.T"
        },
    ),
    (
        "not-a-number: complex128",
        {0: "return np.linalg.eig(rng.standard_normal((max(shape), max(shape))))[1][: shape[0], : shape[1]]"},
    ),
]
