"""05: what fills the holes of exercise.py, in their order, and answers with one mistake each, for the tests.

A wrong answer is the solution with some pieces replaced; its key is the diagnosis that it must get.
"""

SOLUTION = ["return math.sqrt(2 / (fans.fan_in + fans.fan_out))", "return math.sqrt(6 / (fans.fan_in + fans.fan_out))"]

# The same in other ways, which are right too.
OTHER_SOLUTION = ["return (2 / (fans.fan_in + fans.fan_out)) ** 0.5", "return 3**0.5 * Xavier().std(fans)"]

WRONG = {
    "sum-for-mean": ("math.sqrt(2 /", "math.sqrt(1 /"),
    "lecun-for-xavier": ("math.sqrt(2 / (fans.fan_in + fans.fan_out))", "math.sqrt(1 / fans.fan_in)"),
    "geometric-mean": ("2 / (fans.fan_in + fans.fan_out)", "1 / math.sqrt(fans.fan_in * fans.fan_out)"),
    "variance-for-std": ("math.sqrt(2 / (fans.fan_in + fans.fan_out))", "2 / (fans.fan_in + fans.fan_out)"),
    "limit-for-std": ("math.sqrt(2 /", "math.sqrt(6 /"),
    "std-for-limit": ("math.sqrt(6 /", "math.sqrt(2 /"),
    "width-for-limit": ("math.sqrt(6 /", "math.sqrt(24 /"),
    "root-missing": ("math.sqrt(6 /", "math.sqrt(18 /"),
}
