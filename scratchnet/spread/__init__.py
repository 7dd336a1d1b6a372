"""The spread of a network's numbers, layer by layer. Read `values`, `histogram`, `diagnosis`, `spread`, `measure`."""

from scratchnet.spread.histogram import Histogram
from scratchnet.spread.measure import measure_spread
from scratchnet.spread.spread import Spread
from scratchnet.spread.values import NEAR_BOUND, Jacobian, LayerSpread, update_ratio

__all__ = ["NEAR_BOUND", "Histogram", "Jacobian", "LayerSpread", "Spread", "measure_spread", "update_ratio"]
