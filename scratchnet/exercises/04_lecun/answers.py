"""04: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return fan_in * var_w * mean_square_x", "return math.sqrt(1 / fans.fan_in)"]

WRONG = {
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
}
