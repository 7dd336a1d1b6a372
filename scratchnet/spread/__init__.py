"""The spread of a network's numbers, layer by layer.

Read `sums`, `arrays`, `steps`, `diagnosis`, `spread`, `overflow`, `jacobian`, `measure`.
"""

from scratchnet.spread.jacobian import measure_jacobians
from scratchnet.spread.measure import measure_spread
from scratchnet.spread.overflow import first_not_finite
from scratchnet.spread.spread import Spread
from scratchnet.spread.steps import is_plain
from scratchnet.spread_values.histogram import Histogram
from scratchnet.spread_values.values import NEAR_BOUND, Jacobian, LayerSpread, root_mean_square, update_ratio

__all__ = [
    "NEAR_BOUND",
    "Histogram",
    "Jacobian",
    "LayerSpread",
    "Spread",
    "first_not_finite",
    "is_plain",
    "measure_jacobians",
    "measure_spread",
    "root_mean_square",
    "update_ratio",
]
