"""13: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["*window, n_in, n_out = shape\nplaces = math.prod(window)\nreturn places * n_in, places * n_out"]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["places = shape[0] * shape[1] if len(shape) == 4 else 1\nreturn [places * shape[-2], places * shape[-1]]"]

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
