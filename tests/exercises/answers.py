"""To each exercise a right solution, what fills the stub's holes in their order, and wrong ones, one bug each.

A wrong answer is the right one with one piece of it replaced; it stands under the diagnosis that it must get.
"""

SOLUTIONS = {
    "01": ["return -np.log(y[np.arange(len(t)), t]).mean()", "return np.log(classes)"],
    "02": [
        "return np.unique(W, axis=1).shape[1]",
        "return 0.1 * rng.choice([-1.0, 1.0], shape)",
    ],
    "03": ["return np.where(self.x > 0, dout, self.slope * dout)"],
    "04": ["return fan_in * var_w * mean_square_x", "return math.sqrt(1 / fans.fan_in)"],
    "05": ["return math.sqrt(2 / (fans.fan_in + fans.fan_out))", "return math.sqrt(6 / (fans.fan_in + fans.fan_out))"],
    "06": ["return (1 + slope**2) / 2", "return math.sqrt(1 / (kept(self.slope) * fans.fan_in))"],
    "07": [
        "z = rng.standard_normal(draws)\nreturn 1 / np.sqrt((phi(z) ** 2).mean())",
        "std = math.sqrt(2 / (1 + a**2)) / math.sqrt(fan_in)\nreturn math.sqrt(3) * std",
    ],
    "08": ["a = np.sqrt(3)\nreturn rng.uniform(-a, a, shape)"],
    "09": [
        "tall = max(shape), min(shape)\n"
        "q, r = np.linalg.qr(rng.standard_normal(tall))\n"
        "q = q * np.sign(np.diag(r))\n"
        "return q if q.shape == shape else q.T"
    ],
    "10": [
        "if not self.training:\n    self.mask = np.ones_like(x)\n    return x\n"
        "kept = self.rng.random(x.shape) >= self.ratio\n"
        "self.mask = (kept / (1 - self.ratio)).astype(x.dtype)\n"
        "return x * self.mask",
        "return dout * self.mask",
        "return math.sqrt(2 * (1 - self.ratio) / fans.fan_in)",
    ],
    "11": [
        "self.dgamma = (dout * self.x_hat).sum(axis=0)\n"
        "self.dbeta = dout.sum(axis=0)\n"
        "if self.training:\n"
        "    dout = dout - dout.mean(axis=0) - self.x_hat * (dout * self.x_hat).mean(axis=0)\n"
        "return self.gamma / self.std * dout"
    ],
    "12": [
        "self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)\n"
        "self.x_hat = (x - x.mean(axis=-1, keepdims=True)) / self.std\n"
        "return self.gamma * self.x_hat + self.beta",
        "self.dgamma = (dout * self.x_hat).sum(axis=0)\n"
        "self.dbeta = dout.sum(axis=0)\n"
        "g = self.gamma * dout\n"
        "mean_g = g.mean(axis=-1, keepdims=True)\n"
        "mean_g_x_hat = (g * self.x_hat).mean(axis=-1, keepdims=True)\n"
        "return (g - mean_g - self.x_hat * mean_g_x_hat) / self.std",
    ],
    "13": ["*window, n_in, n_out = shape\nplaces = math.prod(window)\nreturn places * n_in, places * n_out"],
    "14": [
        "out = layer.forward(x)\n"
        "for _ in range(tries):\n"
        "    if abs(out.var() - 1) < tol:\n"
        "        break\n"
        "    layer.W[...] = layer.W / out.std()\n"
        "    out = layer.forward(x)\n"
        "return out"
    ],
    "15": ["return (1 + ratio) ** blocks", "return blocks ** (-1 / (2 * layers - 2))"],
}

# The same by other ways, which are as right.
OTHERS = {
    "01": [
        "picked = [y[n, k] for n, k in enumerate(t)]\nreturn -sum(np.log(p + 1e-7) for p in picked) / len(t)",
        "return -np.log(1 / classes)",
    ],
    "02": ["return len({tuple(unit) for unit in W.T})", "return np.where(rng.random(shape) < 0.5, -0.1, 0.1)"],
    "03": ["dx = dout.copy()\ndx[self.x <= 0] *= self.slope\nreturn dx"],
    "05": ["return (2 / (fans.fan_in + fans.fan_out)) ** 0.5", "return 3**0.5 * Xavier().std(fans)"],
    "06": ["return 0.5 + 0.5 * slope * slope", "return math.sqrt(2 / fans.fan_in / (1 + self.slope**2))"],
    "07": [
        "parts = [np.sum(phi(rng.standard_normal(draws // 4)) ** 2) for _ in range(4)]\nreturn (sum(parts) / draws) ** -0.5",
        "return math.sqrt(6 / ((1 + a**2) * fan_in))",
    ],
    "08": ["return np.sqrt(12) * (rng.random(shape) - 0.5)"],
    "09": ["u, _, v = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)\nreturn u @ v"],
    "10": [
        "self.kept = self.rng.random(x.shape) > self.ratio if self.training else None\n"
        "return x if self.kept is None else np.where(self.kept, x / (1 - self.ratio), 0).astype(x.dtype)",
        "return dout if self.kept is None else np.where(self.kept, dout / (1 - self.ratio), 0).astype(dout.dtype)",
        "return math.sqrt(2 / fans.fan_in) * math.sqrt(1 - self.ratio)",
    ],
    "11": [
        "self.dbeta, self.dgamma = dout.sum(axis=0), np.einsum('nd,nd->d', dout, self.x_hat)\n"
        "dx_hat = self.gamma * dout\n"
        "if not self.training:\n    return dx_hat / self.std\n"
        "n = len(dout)\n"
        "dvar = (dx_hat * self.x_hat).sum(axis=0) / self.std**2 / -2\n"
        "dmean = -dx_hat.sum(axis=0) / self.std\n"
        "return dx_hat / self.std + dmean / n + dvar * 2 * self.x_hat * self.std / n"
    ],
    "13": ["places = shape[0] * shape[1] if len(shape) == 4 else 1\nreturn [places * shape[-2], places * shape[-1]]"],
    "14": [
        "while abs((variance := layer.forward(x).var()) - 1) >= tol and tries > 0:\n"
        "    layer.W /= np.sqrt(variance)\n"
        "    tries -= 1\n"
        "return layer.forward(x)"
    ],
    "15": [
        "variance = 1.0\nfor _ in range(blocks):\n    variance += ratio * variance\nreturn variance",
        "return (1 / blocks) ** (1 / 2 / (layers - 1))",
    ],
}

WRONG = {
    "01": {
        "sign-flipped": ("return -np.log(y", "return np.log(y"),
        "sum-for-mean": (".mean()", ".sum()"),
        "all-classes": ("y[np.arange(len(t)), t]", "y[:, t]"),
        "log10-for-ln": ("return -np.log(", "return -np.log10("),
        "log-of-the-mean": ("t]).mean()", "t].mean())"),
        "probability-for-loss": ("return np.log(classes)", "return 1 / classes"),
        "loss-negative": ("return np.log(classes)", "return np.log(1 / classes)"),
        "log2-for-ln": ("return np.log(classes)", "return np.log2(classes)"),
        "always-ten": ("np.log(classes)", "np.log(10)"),
    },
    "02": {
        "rows-for-columns": ("axis=1).shape[1]", "axis=0).shape[0]"),
        "numbers-for-units": ("np.unique(W, axis=1).shape[1]", "len(np.unique(W))"),
        "sums-compared": ("np.unique(W, axis=1).shape[1]", "len(np.unique(W.sum(axis=0)))"),
        "all-columns": ("np.unique(W, axis=1)", "W"),
        "zero-not-counted": ("np.unique(W, axis=1)", "np.unique(W[:, W.any(axis=0)], axis=1)"),
        "all-equal": ("rng.choice([-1.0, 1.0], shape)", "np.ones(shape)"),
        "wrong-size": ("0.1 * rng", "0.01 * rng"),
        "zero-for-minus": ("[-1.0, 1.0]", "[0.0, 1.0]"),
        "one-sign-a-unit": ("rng.choice([-1.0, 1.0], shape)", "rng.choice([-1.0, 1.0], shape[1]) * np.ones(shape)"),
        "one-sign-an-input": ("rng.choice([-1.0, 1.0], shape)", "rng.choice([-1.0, 1.0], (shape[0], 1)) * np.ones(shape)"),
        "generator-ignored": ("rng.choice", "np.random.default_rng().choice"),
        "seed-ignored": ("rng.choice", "np.random.default_rng(0).choice"),
        "not-one-size": ("rng.choice([-1.0, 1.0], shape)", "rng.standard_normal(shape)"),
    },
    "03": {
        "sign-flipped": ("return np", "return -np"),
        "upstream-ignored": ("dout, self.slope * dout", "1.0, self.slope"),
        "slope-missing": ("dout, self.slope * dout", "dout, 0"),
        "mask-inverted": ("return np.where(self.x > 0", "return np.where(self.x < 0"),
        "mask-of-upstream": ("return np.where(self.x > 0", "return np.where(dout > 0"),
        "input-for-upstream": ("dout, self.slope * dout", "self.x, self.slope * self.x"),
        "slope-everywhere": ("return np.where(self.x > 0, dout, self.slope * dout)", "return self.slope * dout"),
        "slope-fixed": ("self.slope * dout", "0.2 * dout"),
        "slope-squared": ("self.slope * dout", "self.slope**2 * dout"),
        "float64-leaked": ("np.where(self.x > 0, dout, self.slope * dout)", "dout * np.where(self.x > 0, 1, self.slope)"),
        "accumulated": (
            "return np.where(self.x > 0, dout, self.slope * dout)",
            "self.dx = getattr(self, 'dx', 0) + np.where(self.x > 0, dout, self.slope * dout)\n        return self.dx",
        ),
        "input-overwritten": (
            "return np.where(self.x > 0, dout, self.slope * dout)",
            "dout[self.x <= 0] *= self.slope\n        return dout",
        ),
    },
    "04": {
        "summed-not-counted": ("fan_in * var_w", "var_w"),
        "mean-for-sum": ("fan_in * var_w * mean_square_x", "var_w * mean_square_x / fan_in"),
        "std-for-variance": ("return fan_in * var_w * mean_square_x", "return math.sqrt(fan_in * var_w * mean_square_x)"),
        "input-squared": ("mean_square_x\n\n", "mean_square_x**2\n\n"),
        "variance-for-std": ("math.sqrt(1 / fans.fan_in)", "1 / fans.fan_in"),
        "fans-swapped": ("fans.fan_in)", "fans.fan_out)"),
        "inverted": ("math.sqrt(1 / fans.fan_in)", "math.sqrt(fans.fan_in)"),
        "he-for-lecun": ("math.sqrt(1 /", "math.sqrt(2 /"),
        "window-forgotten": ("fans.fan_in)", "fans.n_in)"),
        "root-two-too-small": ("math.sqrt(1 /", "math.sqrt(0.5 /"),
    },
    "05": {
        "sum-for-mean": ("math.sqrt(2 /", "math.sqrt(1 /"),
        "lecun-for-xavier": ("math.sqrt(2 / (fans.fan_in + fans.fan_out))", "math.sqrt(1 / fans.fan_in)"),
        "geometric-mean": ("2 / (fans.fan_in + fans.fan_out)", "1 / math.sqrt(fans.fan_in * fans.fan_out)"),
        "variance-for-std": ("math.sqrt(2 / (fans.fan_in + fans.fan_out))", "2 / (fans.fan_in + fans.fan_out)"),
        "limit-for-std": ("math.sqrt(2 /", "math.sqrt(6 /"),
        "std-for-limit": ("math.sqrt(6 /", "math.sqrt(2 /"),
        "width-for-limit": ("math.sqrt(6 /", "math.sqrt(24 /"),
        "root-missing": ("math.sqrt(6 /", "math.sqrt(18 /"),
    },
    "06": {
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
    },
    "07": {
        "root-forgotten": ("1 / np.sqrt((phi(z) ** 2).mean())", "1 / (phi(z) ** 2).mean()"),
        "inverted": ("1 / np.sqrt(", "np.sqrt("),
        "variance-for-mean-square": ("1 / np.sqrt((phi(z) ** 2).mean())", "1 / phi(z).std()"),
        "mean-size-for-mean-square": ("1 / np.sqrt((phi(z) ** 2).mean())", "1 / np.abs(phi(z)).mean()"),
        "uniform-for-normal": ("rng.standard_normal(draws)", "rng.random(draws)"),
        "draws-ignored": ("rng.standard_normal(draws)", "rng.standard_normal(100_000)"),
        "seed-ignored": ("rng.standard_normal(draws)", "np.random.default_rng(0).standard_normal(draws)"),
        "generator-ignored": ("rng.standard_normal(draws)", "np.random.default_rng().standard_normal(draws)"),
        "std-for-limit": ("return math.sqrt(3) * std", "return std"),
        "slope-not-squared": ("1 + a**2", "1 + a"),
        "slope-ignored": ("1 + a**2", "1"),
        "root-missing": ("return math.sqrt(3) * std", "return 3 * std"),
    },
    "08": {
        "limit-for-std": ("a = np.sqrt(3)", "a = 1"),
        "width-for-limit": ("np.sqrt(3)", "np.sqrt(12)"),
        "root-missing": ("np.sqrt(3)", "3"),
        "mean-not-zero": ("uniform(-a, a", "uniform(0, a"),
        "law-for-variance": ("rng.uniform(-a, a, shape)", "rng.standard_normal(shape)"),
        "wrong-shape": ("-a, a, shape)", "-a, a)"),
        "global-generator": ("rng.uniform", "np.random.uniform"),
        "seed-ignored": ("rng.uniform", "np.random.default_rng(0).uniform"),
    },
    "09": {
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
    },
    "10": {
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
    },
    "11": {
        "statistics-constant": ("if self.training:\n            dout", "if False:\n            dout"),
        "mean-term-missing": (" - dout.mean(axis=0)", ""),
        "variance-term-missing": (" - self.x_hat * (dout * self.x_hat).mean(axis=0)", ""),
        "evaluation-as-training": ("if self.training:\n            dout", "if True:\n            dout"),
        "gamma-missing": ("return self.gamma / self.std", "return 1 / self.std"),
        "variance-for-std": ("return self.gamma / self.std", "return self.gamma / self.std**2"),
        "mean-for-sum": ("dout.sum(axis=0)", "dout.mean(axis=0)"),
        "wrong-axis": ("dout.sum(axis=0)", "dout.sum(axis=1)"),
        "not-summed-over-batch": ("(dout * self.x_hat).sum(axis=0)", "dout * self.x_hat"),
        "gamma-in-dgamma": ("self.dgamma = (dout", "self.dgamma = (self.gamma * dout"),
        "dbeta-unset": ("self.dbeta = ", "dbeta = "),
    },
    "12": {
        "over-the-batch": ("x.var(axis=-1", "x.var(axis=0", "x.mean(axis=-1", "x.mean(axis=0"),
        "sample-variance": ("x.var(axis=-1, keepdims=True)", "x.var(axis=-1, keepdims=True, ddof=1)"),
        "epsilon-missing": (" + self.epsilon)", ")"),
        "epsilon-outside": ("keepdims=True) + self.epsilon)", "keepdims=True)) + self.epsilon"),
        "variance-for-std": (
            "np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)",
            "x.var(axis=-1, keepdims=True) + self.epsilon",
        ),
        "mean-kept": ("(x - x.mean(axis=-1, keepdims=True))", "x"),
        "gamma-late": (
            "g = self.gamma * dout",
            "g = dout",
            "return (g - mean_g - self.x_hat * mean_g_x_hat)",
            "return self.gamma * (g - mean_g - self.x_hat * mean_g_x_hat)",
        ),
        "gamma-missing": ("g = self.gamma * dout", "g = dout"),
        "variance-term-missing": (" - self.x_hat * mean_g_x_hat", ""),
        "wrong-axis": ("dout.sum(axis=0)", "dout.sum(axis=-1)"),
    },
    "13": {
        "window-forgotten": ("places = math.prod(window)", "places = 1"),
        "fans-swapped": ("return places * n_in, places * n_out", "return places * n_out, places * n_in"),
        "size-not-squared": ("math.prod(window)", "math.prod(window[:1])"),
        "fan-out-without-window": ("places * n_out", "n_out"),
        "first-two-axes": ("return places * n_in, places * n_out", "return shape[:2]"),
        "channels-first": (
            "*window, n_in, n_out = shape",
            "n_out, n_in, *window = shape if len(shape) > 2 else shape[::-1]",
        ),
    },
    "14": {
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
    },
    "15": {
        "skip-forgotten": ("(1 + ratio) ** blocks", "ratio**blocks"),
        "added-for-multiplied": ("(1 + ratio) ** blocks", "1 + ratio * blocks"),
        "std-for-variance": ("(1 + ratio) ** blocks", "(1 + ratio) ** (blocks / 2)"),
        "stds-added": ("(1 + ratio) ** blocks", "(1 + math.sqrt(ratio)) ** (2 * blocks)"),
        "last-layer-counted": ("2 * layers - 2", "2 * layers"),
        "square-forgotten": ("2 * layers - 2", "layers - 1"),
        "inverted": ("(-1 /", "(1 /"),
        "layers-ignored": ("(-1 / (2 * layers - 2))", "-0.5"),
        "divided-among-layers": ("blocks ** (-1 / (2 * layers - 2))", "blocks**-0.5 / (layers - 1)"),
    },
}
