"""13: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["*window, n_in, n_out = shape\nplaces = math.prod(window)\nreturn places * n_in, places * n_out"]

WRONG = {
    "window-forgotten": ("places = math.prod(window)", "places = 1"),
    "fans-swapped": ("return places * n_in, places * n_out", "return places * n_out, places * n_in"),
    "size-not-squared": ("math.prod(window)", "math.prod(window[:1])"),
    "fan-out-without-window": ("places * n_out", "n_out"),
    "first-two-axes": ("return places * n_in, places * n_out", "return shape[:2]"),
    "channels-first": (
        "*window, n_in, n_out = shape",
        "n_out, n_in, *window = shape if len(shape) > 2 else shape[::-1]",
    ),
}

# Right in other ways.
RIGHT = [
    {0: "places = shape[0] * shape[1] if len(shape) == 4 else 1\nreturn [places * shape[-2], places * shape[-1]]"},
    {0: "places = np.prod(shape[:-2])\nreturn np.array([places * shape[-2], places * shape[-1]])"},
    {0: "if len(shape) == 2:\n    return shape\nsize, _, n_in, n_out = shape\nreturn size**2 * n_in, size**2 * n_out"},
    {
        0: "fan_in = fan_out = 1\nfor axis in shape[:-1]:\n    fan_in *= axis\n"
        "for axis in (*shape[:-2], shape[-1]):\n    fan_out *= axis\nreturn fan_in, fan_out"
    },
    {0: "return math.prod(shape[:-1]), math.prod(shape) // shape[-2]"},
    {0: "W = np.empty(shape)\nreturn W[..., 0].size, W[..., 0, :].size"},
    {0: "return math.prod(shape) / shape[-1], math.prod(shape) / shape[-2]"},
]

# More that learners write: what its diagnosis and text must be, and the answer.
ALSO_WRONG = [
    ("all-for-fan-in", "return places * n_in,", "return math.prod(shape),"),
    (
        "affine-reversed",
        {
            0: "if len(shape) == 2:\n    return shape[1], shape[0]\n*window, n_in, n_out = shape\n"
            "return math.prod(window) * n_in, math.prod(window) * n_out"
        },
    ),
    ("fans-swapped", "*window, n_in, n_out", "*window, n_out, n_in"),
    ("sum-for-product", "math.prod(window)", "(sum(window) or 1)"),
    ("added-for-multiplied", "places * n_in, places * n_out", "places + n_in, places + n_out"),
    ("only-fan-in", "return places * n_in, places * n_out", "return places * n_in"),
    ("window-fixed", "math.prod(window)", "(25 if window else 1)"),
    ("window-fixed", "math.prod(window)", "(9 if window else 1)"),
    ("size-not-squared", {0: "size = shape[0] if len(shape) == 4 else 1\nreturn size * shape[-2], size * shape[-1]"}),
    ("size-not-squared", "math.prod(window)", "math.sqrt(math.prod(window))"),
    ("window-squared", "math.prod(window)", "math.prod(window) ** 2"),
    ("raises: IndexError", {0: "return shape[0] * shape[1] * shape[2], shape[0] * shape[1] * shape[3]"}),
    ("window-in-affine", "math.prod(window)", "shape[0] * shape[1]"),
    ("returns-nothing", "return places", "fans = places"),
    ("not-a-number", "return places * n_in, places * n_out", "return {'fan_in': places * n_in, 'fan_out': places * n_out}"),
    ("product-of-fans", "return places * n_in, places * n_out", "return places * n_in * n_out, places * n_in * n_out"),
    ("zero", "math.prod(window)", "sum(window[:0])"),
    ("divided-for-multiplied", "return places * n_in, places * n_out", "return n_in / places, n_out / places"),
    ("first-and-last", {0: "return shape[0], shape[-1]"}),
    ("window-forgotten", {0: "return shape[-2:]"}),
    ("fans-swapped", {0: "return math.prod(shape) // shape[-2], math.prod(shape[:-1])"}),
    ("not-defined: n_in", "*window, n_in, n_out", "*window, inputs, n_out"),
    ("ignores-its-arguments", {0: "return 784, 100"}),
]
