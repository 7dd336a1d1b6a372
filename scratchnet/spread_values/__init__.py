"""The numbers of a spread, without words and tables. The figures draw them. Read `values`, `histogram`."""

from scratchnet.spread_values.histogram import Histogram
from scratchnet.spread_values.values import (
    NEAR_BOUND,
    Jacobian,
    LayerSpread,
    OptimizerStep,
    SpreadValues,
    root_mean_square,
    unit_of,
    update_ratio,
)

__all__ = [
    "NEAR_BOUND",
    "Histogram",
    "Jacobian",
    "LayerSpread",
    "OptimizerStep",
    "SpreadValues",
    "root_mean_square",
    "unit_of",
    "update_ratio",
]
